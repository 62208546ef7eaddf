// See encoder.h.
#include "engine/snapshot/encoder.h"

#include "base/core/assert.h"

namespace mote::snapshot {

namespace {

uint8_t code_of(wasm::HeapType::Abstract heap) {
  using wasm::HeapType;
  switch (heap) {
    case HeapType::exn:
      return 0x69;
    case HeapType::array:
      return 0x6a;
    case HeapType::struct_:
      return 0x6b;
    case HeapType::i31:
      return 0x6c;
    case HeapType::eq:
      return 0x6d;
    case HeapType::any:
      return 0x6e;
    case HeapType::extern_:
      return 0x6f;
    case HeapType::func:
      return 0x70;
    case HeapType::none:
      return 0x71;
    case HeapType::noextern:
      return 0x72;
    case HeapType::nofunc:
      return 0x73;
    case HeapType::noexn:
      return 0x74;
    case HeapType::bot:
      break;
  }
  ASSERT(!"no type of a module");
  return 0;
}

}  // namespace

void Encoder::u64(uint64_t value) {
  for (; value >= 0x80; value >>= 7) u8(static_cast<uint8_t>(value | 0x80));
  u8(static_cast<uint8_t>(value));
}

void Encoder::s64(int64_t value) {
  // The last byte's bit 6 is the sign.
  for (; value < -0x40 || value >= 0x40; value >>= 7) u8(static_cast<uint8_t>(value | 0x80));
  u8(static_cast<uint8_t>(value & 0x7f));
}

template <class T>
void Encoder::fixed(T value) {
  uint8_t to[sizeof value];
  store_le(to, value);
  raw(to);
}

void Encoder::sized(Bytes bytes) {
  u64(bytes.size());
  raw(bytes);
}

void Encoder::name(std::string_view name) {
  sized({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
}

void Encoder::heap_type(wasm::HeapType heap) {
  if (heap.is_concrete()) {
    s64(heap.index());  // a positive s33
  } else {
    u8(code_of(heap.abstract()));
  }
}

void Encoder::value_type(wasm::ValueType type) {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
      return u8(0x7f);
    case wasm::ValueKind::i64:
      return u8(0x7e);
    case wasm::ValueKind::f32:
      return u8(0x7d);
    case wasm::ValueKind::f64:
      return u8(0x7c);
    case wasm::ValueKind::v128:
      return u8(0x7b);
    case wasm::ValueKind::ref:
      // A nullable abstract type has a short form, which older readers know too.
      if (!type.is_nullable() || type.heap().is_concrete()) u8(type.is_nullable() ? 0x63 : 0x64);
      return heap_type(type.heap());
    case wasm::ValueKind::bottom:
      break;
  }
  ASSERT(!"no type of a module");
}

void Encoder::limits(const wasm::Limits& limits) {
  u8(static_cast<uint8_t>((limits.max ? 1 : 0) | (limits.is_shared ? 2 : 0) | (limits.address == wasm::AddressType::i64 ? 4 : 0)));
  u64(limits.min);
  if (limits.max) u64(*limits.max);
}

void Encoder::i32_const(uint32_t value) {
  u8(0x41);
  s32(static_cast<int32_t>(value));
}
void Encoder::i64_const(uint64_t value) {
  u8(0x42);
  s64(static_cast<int64_t>(value));
}
void Encoder::address_const(wasm::AddressType address, uint64_t value) {
  if (address == wasm::AddressType::i64) return i64_const(value);
  i32_const(static_cast<uint32_t>(value));
}
void Encoder::f32_const(uint32_t bits) {
  u8(0x43);
  fixed(bits);
}
void Encoder::f64_const(uint64_t bits) {
  u8(0x44);
  fixed(bits);
}
void Encoder::v128_const(uint64_t low, uint64_t high) {
  u8(0xfd);
  u32(12);
  fixed(low);
  fixed(high);
}
void Encoder::ref_null(wasm::HeapType heap) {
  u8(0xd0);
  heap_type(heap);
}
void Encoder::ref_func(wasm::FuncIndex func) {
  u8(0xd2);
  u32(func);
}

void Encoder::const_expr(const wasm::ConstExpr& expr) {
  for (const wasm::ConstOp& op : expr) const_op(op);
  end();
}

void Encoder::gc_op(uint8_t code) {
  u8(0xfb);
  u8(code);
}

void Encoder::const_op(const wasm::ConstOp& op) {
  using Op = wasm::ConstOp;
  switch (op.kind) {
    case Op::i32_const:
      return i32_const(static_cast<uint32_t>(op.low));
    case Op::i64_const:
      return i64_const(op.low);
    case Op::f32_const:
      return f32_const(static_cast<uint32_t>(op.low));
    case Op::f64_const:
      return f64_const(op.low);
    case Op::v128_const:
      return v128_const(op.low, op.high);
    case Op::global_get:
      u8(0x23);
      return u32(op.index);
    case Op::ref_null:
      return ref_null(wasm::HeapType::from_bits(op.index));
    case Op::ref_func:
      return ref_func(op.index);
    case Op::i32_add:
      return u8(0x6a);
    case Op::i32_sub:
      return u8(0x6b);
    case Op::i32_mul:
      return u8(0x6c);
    case Op::i64_add:
      return u8(0x7c);
    case Op::i64_sub:
      return u8(0x7d);
    case Op::i64_mul:
      return u8(0x7e);
    case Op::struct_new:
      gc_op(0);
      return u32(op.index);
    case Op::struct_new_default:
      gc_op(1);
      return u32(op.index);
    case Op::array_new:
      gc_op(6);
      return u32(op.index);
    case Op::array_new_default:
      gc_op(7);
      return u32(op.index);
    case Op::array_new_fixed:
      gc_op(8);
      u32(op.index);
      return u32(op.count);
    case Op::any_convert_extern:
      return gc_op(26);
    case Op::extern_convert_any:
      return gc_op(27);
    case Op::ref_i31:
      return gc_op(28);
  }
}

}  // namespace mote::snapshot
