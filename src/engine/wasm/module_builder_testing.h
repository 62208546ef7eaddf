// Builds small binary modules for tests: entries are given as bytes, sections are counted, measured and put in order here.
//
//   ModuleBuilder m;
//   const auto type = m.func_type({0x7f}, {0x7f});           // (i32) -> (i32)
//   m.func(type, {0x20, 0x00, 0x0b});                        // local.get 0, end
//   const std::vector<uint8_t> wasm = m.build();
//
// It checks nothing: tests use it for broken modules too.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace mote::wasm {

using Buffer = std::vector<uint8_t>;

inline void append(Buffer& to, const Buffer& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
inline void append_leb(Buffer& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<uint8_t>(value | 0x80));
  to.push_back(static_cast<uint8_t>(value));
}
inline Buffer leb(uint64_t value) {
  Buffer bytes;
  append_leb(bytes, value);
  return bytes;
}
// A vector of bytes: a name, a data segment's content.
inline Buffer sized(const Buffer& bytes) {
  Buffer out = leb(bytes.size());
  append(out, bytes);
  return out;
}
inline Buffer sized(std::string_view text) {
  return sized(Buffer(text.begin(), text.end()));
}
inline Buffer join(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) append(out, part);
  return out;
}

class ModuleBuilder {
 public:
  // Adds an entry to a section that is a vector; returns its index in the section.
  uint32_t add(uint8_t section, const Buffer& entry) {
    append(entries_[section], entry);
    return counts_[section]++;
  }
  uint32_t type(const Buffer& definition) { return add(1, definition); }
  uint32_t func_type(const Buffer& params, const Buffer& results) { return type(join({{0x60}, sized(params), sized(results)})); }
  void import(std::string_view module, std::string_view name, const Buffer& description) {
    add(2, join({sized(module), sized(name), description}));
  }
  // A function whose body is `code`, `end` included; `locals` is the vector of declarations.
  uint32_t func(uint32_t type, const Buffer& code, const Buffer& locals = {0}) {
    add(10, sized(join({locals, code})));
    return add(3, leb(type));
  }
  uint32_t table(const Buffer& type) { return add(4, type); }
  uint32_t memory(const Buffer& limits) { return add(5, limits); }
  uint32_t global(const Buffer& type_and_init) { return add(6, type_and_init); }
  void export_(std::string_view name, uint8_t kind, uint32_t index) { add(7, join({sized(name), {kind}, leb(index)})); }
  void start(uint32_t func) { raw(8, leb(func)); }
  uint32_t element(const Buffer& segment) { return add(9, segment); }
  uint32_t data(const Buffer& segment) { return add(11, segment); }
  void data_count(uint32_t count) { raw(12, leb(count)); }
  uint32_t tag(uint32_t type) { return add(13, join({{0}, leb(type)})); }
  // Custom sections come last.
  void custom(std::string_view name, const Buffer& content) {
    append(customs_, {0});
    append(customs_, sized(join({sized(name), content})));
  }

  [[nodiscard]] Buffer build() const {
    Buffer out = {0, 'a', 's', 'm', 1, 0, 0, 0};
    for (const uint8_t id : {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11}) {
      if (counts_[id] == 0) continue;
      out.push_back(id);
      const bool is_vector = id != 8 && id != 12;
      append(out, sized(is_vector ? join({leb(counts_[id]), entries_[id]}) : entries_[id]));
    }
    append(out, customs_);
    return out;
  }

 private:
  void raw(uint8_t section, const Buffer& content) {
    entries_[section] = content;
    counts_[section] = 1;
  }

  std::array<Buffer, 14> entries_;
  std::array<uint32_t, 14> counts_{};
  Buffer customs_;
};

}  // namespace mote::wasm
