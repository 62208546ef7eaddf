// What each relaxed vector instruction does, of the behaviours that the specification allows: one choice per operation and set
// of CPU features, read by every tier and by the oracle, so that all agree bit for bit on one machine.
//
// Fields are the specification's global parameters R_x (core/exec/numerics, "Relaxed Operations"); their values index its
// `relaxed(R_x)[…]` lists. The deterministic profile is 0 everywhere. The other choices are the single x86-64 instruction where
// there is one; unsigned truncation has none before AVX-512, and the saturating sequence is as short as any allowed one.
// Tested by engine/aot/lower_test.cpp, tests/spec (relaxed-simd) and the differential runs.
#pragma once

#include "engine/code/codegen_key.h"

#include <cstdint>

namespace mote::code {

struct RelaxedSimd {
  uint8_t fmadd = 0;       // 0: multiply and add each round; 1: fused. 1 with FMA3; never a library call without
  uint8_t fmin = 0;        // 0: as f*.min; 2: second operand on NaN or opposite zeros (minps)
  uint8_t fmax = 0;        // 0: as f*.max; 2: likewise (maxps)
  uint8_t idot = 0;        // 0: signed × signed; 1: second operand unsigned (pmaddubsw). Pairs add with saturation in both
  uint8_t iq15mulr = 0;    // 0: INT16_MIN × INT16_MIN saturates; 1: it is INT16_MIN (pmulhrsw)
  uint8_t trunc_u = 0;     // 0: saturates, NaN is 0
  uint8_t trunc_s = 0;     // 0: saturates, NaN is 0; 1: INT32_MIN for all that does not fit (cvttps2dq)
  uint8_t swizzle = 0;     // indices 16–127: 0: give zero; 1: modulo 16 (pshufb)
  uint8_t laneselect = 0;  // 0: bit by bit; 1: by the lane's top bit (pblendvb, blendvps, blendvpd; 16-bit lanes as well)
};

[[nodiscard]] constexpr RelaxedSimd relaxed_simd(const CodegenKey& key) {
  if (key.deterministic_relaxed_simd != 0) return {};
  return {.fmadd = (key.cpu_features & cpu_fma) != 0,
          .fmin = 2,
          .fmax = 2,
          .idot = 1,
          .iq15mulr = 1,
          .trunc_u = 0,
          .trunc_s = 1,
          .swizzle = 1,
          .laneselect = 1};
}

}  // namespace mote::code
