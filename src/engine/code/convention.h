// MoteCC, the calling convention of compiled code: LLVM's preserve_none with at most 8 integer and 8 vector arguments in
// registers, never on the stack; whatever does not fit goes through the store's exchange buffer (StoreContext::xbuf).
//
//                     x86-64
//   context           r12   (vmctx of the callee, or its HostBinding)
//   integers 1–8      r13 r14 r15 rdi rsi rdx rcx r8      i32, i64, references (the upper half of a 32-bit value is unspecified)
//   vectors 1–8       xmm0–7                              f32, f64, v128 (upper lanes unspecified)
//   results           rax rdx rcx | xmm0 xmm1             at most 3 integers + 2 vectors
//   preserved         rsp rbp                             everything else is clobbered, r12 too
//
// Values beyond the registers take xbuf slots of 16 bytes, numbered from 0 in order of appearance over both classes, arguments
// and results each from 0. The callee reads its overflow arguments before anything that can call; the caller reads overflow
// results right after the call. Rationale and measurements: docs/rationale/calling-convention.md.
#pragma once

#include "engine/wasm/types.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mote::code {

inline constexpr uint32_t argument_integers = 8, argument_vectors = 8, result_integers = 3, result_vectors = 2;
inline constexpr uint32_t xbuf_slots = 1024;  // 1000 values and slack; 16 bytes each

struct Place {
  enum Kind : uint8_t { integer, vector, xbuf } kind;
  uint16_t index;  // register number of its class, or slot
};

[[nodiscard]] constexpr bool is_vector_class(wasm::ValueType type) {
  return type.kind() == wasm::ValueKind::f32 || type.kind() == wasm::ValueKind::f64 || type.kind() == wasm::ValueKind::v128;
}
// Gives places one after the other, without a list: for the runtime's calls.
class PlaceAssigner {
 public:
  static constexpr PlaceAssigner arguments() { return {argument_integers, argument_vectors}; }
  static constexpr PlaceAssigner results() { return {result_integers, result_vectors}; }
  constexpr Place next(wasm::ValueType type) {
    if (is_vector_class(type))
      return used_vectors_ < vectors_ ? Place{Place::vector, used_vectors_++} : Place{Place::xbuf, used_slots_++};
    return used_integers_ < integers_ ? Place{Place::integer, used_integers_++} : Place{Place::xbuf, used_slots_++};
  }

 private:
  constexpr PlaceAssigner(uint32_t integers, uint32_t vectors) : integers_(integers), vectors_(vectors) {}
  uint32_t integers_, vectors_;
  uint16_t used_integers_ = 0, used_vectors_ = 0, used_slots_ = 0;
};
[[nodiscard]] std::vector<Place> place_arguments(std::span<const wasm::ValueType> types);
[[nodiscard]] std::vector<Place> place_results(std::span<const wasm::ValueType> types);

}  // namespace mote::code
