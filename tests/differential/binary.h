// Writes the binary format: just enough for generated modules.
#pragma once

#include "engine/wasm/types.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace mote::differential {

class Binary {
 public:
  void byte(uint8_t value) { bytes_.push_back(value); }
  void u(uint64_t value) {  // unsigned LEB128
    do {
      uint8_t low = value & 0x7f;
      value >>= 7;
      byte(value != 0 ? low | 0x80 : low);
    } while (value != 0);
  }
  void s(int64_t value) {  // signed LEB128
    for (;;) {
      uint8_t low = value & 0x7f;
      value >>= 7;
      bool is_last = (value == 0 && (low & 0x40) == 0) || (value == -1 && (low & 0x40) != 0);
      byte(is_last ? low : low | 0x80);
      if (is_last) return;
    }
  }
  void fixed(uint64_t value, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) byte(static_cast<uint8_t>(value >> (8 * i)));
  }
  void name(std::string_view text) {
    u(text.size());
    bytes_.insert(bytes_.end(), text.begin(), text.end());
  }
  void type(wasm::ValueType type);
  void heap_type(wasm::HeapType heap);
  void limits(const wasm::Limits& limits);
  void append(const Binary& other) { bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end()); }
  // With its size before it: sections and bodies.
  void sized(const Binary& other) {
    u(other.bytes_.size());
    append(other);
  }
  void section(uint8_t id, const Binary& content) {
    byte(id);
    sized(content);
  }
  [[nodiscard]] size_t size() const { return bytes_.size(); }
  [[nodiscard]] const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

inline void Binary::type(wasm::ValueType type) {
  using wasm::ValueKind;
  switch (type.kind()) {
    case ValueKind::i32:
      return byte(0x7f);
    case ValueKind::i64:
      return byte(0x7e);
    case ValueKind::f32:
      return byte(0x7d);
    case ValueKind::f64:
      return byte(0x7c);
    case ValueKind::v128:
      return byte(0x7b);
    case ValueKind::bottom:
      return;
    case ValueKind::ref:
      break;
  }
  byte(type.is_nullable() ? 0x63 : 0x64);
  heap_type(type.heap());
}

inline void Binary::heap_type(wasm::HeapType heap) {
  // In the order of HeapType::Abstract.
  static constexpr uint8_t codes[] = {0x70, 0x6f, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x69, 0x71, 0x73, 0x72, 0x74};
  if (heap.is_concrete()) return s(heap.index());
  byte(codes[heap.abstract() - wasm::HeapType::func]);
}

inline void Binary::limits(const wasm::Limits& limits) {
  byte(
      static_cast<uint8_t>((limits.address == wasm::AddressType::i64 ? 4 : 0) | (limits.is_shared ? 2 : 0) | (limits.max ? 1 : 0)));
  u(limits.min);
  if (limits.max) u(*limits.max);
}

}  // namespace mote::differential
