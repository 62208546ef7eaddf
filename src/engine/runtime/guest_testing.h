// Guests for this room's tests: a module's binary put together section by section, with machine code written by hand.
//
// The binary is decoded and the code goes through an artifact as a compiler's would, so the tests run what users run.
#pragma once

#include "engine/code/image.h"
#include "engine/runtime/instantiate.h"
#include "engine/runtime/store.h"
#include "engine/wasm/decode.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::runtime::testing {

using Binary = std::vector<uint8_t>;

inline Binary operator+(Binary left, const Binary& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Binary leb(uint64_t value) {
  Binary out;
  do {
    out.push_back(static_cast<uint8_t>((value & 0x7f) | (value > 0x7f ? 0x80 : 0)));
    value >>= 7;
  } while (value != 0);
  return out;
}
inline Binary name(std::string_view text) {
  return leb(text.size()) + Binary(text.begin(), text.end());
}
inline Binary vec(const std::vector<Binary>& items) {
  Binary out = leb(items.size());
  for (const Binary& item : items) out = out + item;
  return out;
}
inline Binary section(uint8_t id, const std::vector<Binary>& items) {
  const Binary content = vec(items);
  return Binary{id} + leb(content.size()) + content;
}

// What a test module consists of: entries of its sections as they stand in the binary.
struct ModuleText {
  std::vector<Binary> types, imports, funcs, tables, memories, globals, exports, elements, datas;
  std::optional<uint32_t> start;

  [[nodiscard]] Binary binary() const {
    Binary out = {0, 'a', 's', 'm', 1, 0, 0, 0};
    auto add = [&](uint8_t id, const std::vector<Binary>& items) {
      if (!items.empty()) out = out + section(id, items);
    };
    add(1, types);
    add(2, imports);
    add(3, funcs);
    add(4, tables);
    add(5, memories);
    add(6, globals);
    add(7, exports);
    if (start) out = out + Binary{8} + leb(leb(*start).size()) + leb(*start);
    add(9, elements);
    std::vector<Binary> bodies(funcs.size(), Binary{3, 0, 0x00, 0x0b});  // no locals, unreachable, end: never compiled
    add(10, bodies);
    add(11, datas);
    return out;
  }
};

// Machine code of one function.
struct Code {
  const char* begin;
  const char* end;
};
// At file level: declares a function that an asm block defines between the labels guest_NAME and guest_NAME_end.
#define MOTE_GUEST(name) extern "C" const char guest_##name[], guest_##name##_end[]
#define MOTE_GUEST_CODE(name)        \
  ::mote::runtime::testing::Code {   \
    guest_##name, guest_##name##_end \
  }

inline std::shared_ptr<const Module> load(const std::shared_ptr<Engine>& engine, const ModuleText& text,
                                          const std::vector<Code>& codes, code::MemoryMode mode = code::MemoryMode::guard) {
  const Binary binary = text.binary();
  code::ImageParts parts;
  parts.key.memory = mode;
  parts.key.cpu_features = 0;
  for (size_t i = 0; i < text.funcs.size(); ++i) {
    parts.text.resize(align_up(parts.text.size(), 16), 0xcc);
    const auto offset = static_cast<uint32_t>(parts.text.size());
    if (i < codes.size()) parts.text.insert(parts.text.end(), codes[i].begin, codes[i].end);
    if (i >= codes.size()) parts.text.push_back(0xcc);
    parts.funcs.push_back({offset, static_cast<uint32_t>(parts.text.size()) - offset});
    parts.pc_map.push_back({offset, static_cast<uint32_t>(100 + i)});
  }
  parts.rodata_offset = static_cast<uint32_t>(parts.text.size());
  auto bytes = code::write_artifact(binary, std::span(&parts, 1));
  EXPECT_TRUE(bytes) << bytes.error().message;
  auto artifact = code::load_artifact(std::move(*bytes));
  EXPECT_TRUE(artifact) << artifact.error().message;
  auto image = (*artifact)->image(parts.key);
  EXPECT_TRUE(image) << image.error().message;
  auto info = wasm::decode((*artifact)->module_bytes(), wasm::Bodies::elsewhere);
  EXPECT_TRUE(info) << info.error().message;
  auto module = Module::create(engine, std::move(*info), *image, *artifact, "test");
  EXPECT_TRUE(module) << module.error().message;
  return *module;
}

inline Instance& instantiated(Store& store, const std::shared_ptr<const Module>& module, std::vector<ImportValue> imports = {}) {
  auto instance = instantiate(store, module, imports);
  EXPECT_TRUE(instance) << instance.error().message << instance.error().error.message;
  return **instance;
}

// Binary spellings that tests use.
inline constexpr uint8_t i32 = 0x7f, i64 = 0x7e, f64 = 0x7c, funcref = 0x70, externref = 0x6f;
inline Binary func_type(Binary params, Binary results) {
  return Binary{0x60} + leb(params.size()) + params + leb(results.size()) + results;
}
inline Binary export_func(std::string_view as, uint32_t index) {
  return name(as) + Binary{0} + leb(index);
}
inline Binary i32_const(uint32_t value) {  // value below 64
  return {0x41, static_cast<uint8_t>(value), 0x0b};
}

}  // namespace mote::runtime::testing
