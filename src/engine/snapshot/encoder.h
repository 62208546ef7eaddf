// Encoder: writes the binary format's atoms, types and constant expressions, in their shortest form.
//
// The opposite of engine/wasm's reader. Spec: core/binary/values, core/binary/types, core/binary/instructions. Tested by
// encoder_test.cpp.
#pragma once

#include "engine/wasm/module.h"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::snapshot {

class Encoder {
 public:
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] std::vector<uint8_t> take() { return std::move(bytes_); }
  void reserve(uint64_t size) { bytes_.reserve(size); }

  void u8(uint8_t byte) { bytes_.push_back(byte); }
  void u32(uint32_t value) { u64(value); }
  void u64(uint64_t value);
  void s32(int32_t value) { s64(value); }
  void s64(int64_t value);
  void raw(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void sized(Bytes bytes);  // a vector of bytes
  void name(std::string_view name);

  void heap_type(wasm::HeapType heap);
  void value_type(wasm::ValueType type);
  void limits(const wasm::Limits& limits);
  // With the `end` behind it.
  void const_expr(const wasm::ConstExpr& expr);
  void end() { u8(0x0b); }
  void i32_const(uint32_t value);
  void i64_const(uint64_t value);
  void address_const(wasm::AddressType address, uint64_t value);
  void f32_const(uint32_t bits);
  void f64_const(uint64_t bits);
  void v128_const(uint64_t low, uint64_t high);
  void ref_null(wasm::HeapType heap);
  void ref_func(wasm::FuncIndex func);

 private:
  void const_op(const wasm::ConstOp& op);
  template <class T>
  void fixed(T value);
  void gc_op(uint8_t code);

  std::vector<uint8_t> bytes_;
};

}  // namespace mote::snapshot
