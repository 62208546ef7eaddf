// See read_types.h. Shared types and exact types belong to other proposals: their bytes are malformed here.
#include "engine/wasm/read_types.h"

#include "base/core/format.h"

#include <optional>

namespace mote::wasm {

namespace {

std::optional<HeapType> abstract_heap_type(uint8_t byte) {
  switch (byte) {
    case 0x69:
      return HeapType::exn;
    case 0x6a:
      return HeapType::array;
    case 0x6b:
      return HeapType::struct_;
    case 0x6c:
      return HeapType::i31;
    case 0x6d:
      return HeapType::eq;
    case 0x6e:
      return HeapType::any;
    case 0x6f:
      return HeapType::extern_;
    case 0x70:
      return HeapType::func;
    case 0x71:
      return HeapType::none;
    case 0x72:
      return HeapType::noextern;
    case 0x73:
      return HeapType::nofunc;
    case 0x74:
      return HeapType::noexn;
    default:
      return std::nullopt;
  }
}

}  // namespace

HeapType read_heap_type(Reader& in, uint32_t types) {
  const uint64_t start = in.offset();
  const uint8_t byte = in.peek();
  if (const auto heap = abstract_heap_type(byte)) {
    in.u8();
    return *heap;
  }
  const int64_t index = in.s33();
  if (in.failed()) return HeapType::func;
  if (index < 0) {
    in.fail(start, format("malformed heap type 0x{:02x}", byte));
  } else if (index >= types) {
    in.fail(start, format("unknown type {}", index));
  } else {
    return HeapType::concrete(static_cast<TypeIndex>(index));
  }
  return HeapType::func;
}

ValueType read_ref_type(Reader& in, uint32_t types) {
  const uint64_t start = in.offset();
  const uint8_t byte = in.u8();
  if (byte == 0x63 || byte == 0x64) return ValueType::ref(read_heap_type(in, types), byte == 0x63);
  if (const auto heap = abstract_heap_type(byte)) return ValueType::ref(*heap, true);
  in.fail(start, format("malformed reference type 0x{:02x}", byte));
  return funcref;
}

ValueType read_value_type(Reader& in, uint32_t types) {
  switch (in.peek()) {
    case 0x7f:
      in.u8();
      return i32;
    case 0x7e:
      in.u8();
      return i64;
    case 0x7d:
      in.u8();
      return f32;
    case 0x7c:
      in.u8();
      return f64;
    case 0x7b:
      in.u8();
      return v128;
    default:
      return read_ref_type(in, types);
  }
}

}  // namespace mote::wasm
