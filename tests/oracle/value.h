// Values of the oracle, and the choices that the specification leaves to an engine.
//
// A Value has no type: validation knew it. Numbers are bits, zero-extended; a reference is a Func* (function references) or an
// embedder's number plus one (external references); null is 0.
#pragma once

#include "engine/code/relaxed_simd.h"

#include <mote/trap.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>

namespace mote::oracle {

struct Value {
  uint64_t low = 0;
  uint64_t high = 0;
  bool operator==(const Value&) const = default;
};

template <class T>
[[nodiscard]] T get(Value value) {
  T result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}
template <class T>
[[nodiscard]] Value put(T from) {
  Value value;
  std::memcpy(static_cast<void*>(&value), &from, sizeof from);
  return value;
}
// A v128 as lanes, lane 0 first, and back.
template <class T>
using Lanes = std::array<T, 16 / sizeof(T)>;

// What the oracle must decide as the engine under test does, since the specification allows several results.
struct Rules {
  bool canonical_nans = false;  // every NaN that an arithmetic instruction makes is the positive canonical one
  code::RelaxedSimd relaxed = {};
};

}  // namespace mote::oracle
