// Takes a module apart for an artifact (artifact_module.h).
//
// The decoder says that the module is one and counts its imports; the sections are then copied as they are, because what `run`
// decodes later must be what was compiled. The name section is not validated by anyone: names are taken as far as they can be read.
// Spec: core/binary/modules, core/appendix/custom (name section). Tested by artifact_test.cpp.
#include "engine/code/artifact_module.h"

#include "engine/wasm/decode.h"

#include <mote/limits.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace mote::code {

namespace {

constexpr uint8_t custom_section = 0, code_section = 10, function_names = 1;
constexpr size_t preamble_size = 8;

std::optional<uint32_t> take_u32(Bytes& bytes) {
  uint32_t value = 0;
  for (uint32_t i = 0, shift = 0; i < bytes.size() && shift < 35; i++, shift += 7) {
    value |= static_cast<uint32_t>(bytes[i] & 0x7f) << shift;
    if (bytes[i] < 0x80) {
      bytes = bytes.subspan(i + 1);
      return value;
    }
  }
  return {};
}

std::optional<Bytes> take_sized(Bytes& bytes) {
  std::optional<uint32_t> size = take_u32(bytes);
  if (!size || *size > bytes.size()) return {};
  Bytes content = bytes.first(*size);
  bytes = bytes.subspan(*size);
  return content;
}

// Function names of a name section, as far as they ascend (the specification asks for that) and are functions.
void read_names(Bytes section, uint32_t func_count, StrippedModule& out) {
  while (!section.empty()) {
    uint8_t kind = section[0];
    section = section.subspan(1);
    std::optional<Bytes> content = take_sized(section);
    if (!content) return;
    if (kind != function_names) continue;
    Bytes names = *content;
    std::optional<uint32_t> count = take_u32(names);
    for (uint32_t i = 0; i < count.value_or(0); i++) {
      std::optional<uint32_t> func = take_u32(names);
      std::optional<Bytes> name = func ? take_sized(names) : std::nullopt;
      if (!name || *func >= func_count || *func + 1 < out.name_starts.size()) return;
      if (name->empty() || out.names.size() + name->size() >= UINT32_MAX) continue;
      out.name_starts.resize(*func + 1ull, static_cast<uint32_t>(out.names.size()));
      out.names.insert(out.names.end(), name->begin(), name->end());
      out.names.push_back(0);
      out.name_starts.push_back(static_cast<uint32_t>(out.names.size()));
    }
    return;
  }
}

}  // namespace

Result<StrippedModule> strip_module(Bytes wasm) {
  wasm::Module module = TRY(wasm::decode(wasm));
  StrippedModule out;
  out.code_section_offset = module.code_section.offset;
  out.imported_funcs = module.imported_funcs;
  out.bytes.assign(wasm.begin(), wasm.begin() + preamble_size);
  for (Bytes rest = wasm.subspan(preamble_size); !rest.empty();) {
    Bytes section = rest;
    rest = rest.subspan(1);
    std::optional<Bytes> content = take_sized(rest);
    if (!content) return fail(ErrorKind::internal, "a decoded module does not consist of sections");
    if (section[0] == custom_section || section[0] == code_section) continue;
    out.bytes.insert(out.bytes.end(), section.begin(), section.end() - static_cast<int64_t>(rest.size()));
  }
  for (const wasm::CustomSection& custom : module.customs) {
    if (custom.name != "name") continue;
    read_names(wasm.subspan(custom.content.offset, custom.content.size), static_cast<uint32_t>(module.funcs.size()), out);
    break;
  }
  return out;
}

}  // namespace mote::code
