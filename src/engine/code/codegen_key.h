// CodegenKey: every choice that changes machine code. Part of an artifact's head and of the cache key; two images with equal
// module hash, key and ABI version hold equal code.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <string>

namespace mote::code {

enum class Tier : uint8_t { baseline, optimizing };
enum class MemoryMode : uint8_t { guard, dense };  // bounds by guard pages, or by compare and branch

// CPU features that compiled code may use, as bits. The x86-64-v3 set and x86-64-v2 set are the two that mote-aot targets by name.
enum CpuFeature : uint16_t {
  cpu_sse42 = 1,
  cpu_popcnt = 2,
  cpu_avx = 4,
  cpu_avx2 = 8,
  cpu_bmi1 = 16,
  cpu_bmi2 = 32,
  cpu_lzcnt = 64,
  cpu_fma = 128,
  cpu_f16c = 256,
  cpu_movbe = 512,
};
inline constexpr uint32_t cpu_v2 = cpu_sse42 | cpu_popcnt;
inline constexpr uint32_t cpu_v3 = cpu_v2 | cpu_avx | cpu_avx2 | cpu_bmi1 | cpu_bmi2 | cpu_lzcnt | cpu_fma | cpu_f16c | cpu_movbe;
[[nodiscard]] uint32_t host_cpu_features();  // what this machine has, of the bits above
[[nodiscard]] std::string text(uint32_t cpu_features);

struct CodegenKey {
  Tier tier = Tier::optimizing;
  MemoryMode memory = MemoryMode::guard;
  uint8_t opt_level = 2;       // 0–3; see engine/aot
  uint8_t canonical_nans = 0;  // every observable NaN is the canonical one
  uint8_t deterministic_relaxed_simd = 0;
  uint8_t fuel = 0;                // count wasm instructions
  uint8_t epochs = 0;              // poll VMContext::epoch
  uint8_t spectre = 1;             // mask indices against speculation past their check
  uint32_t cpu_features = cpu_v3;  // required of the machine
  uint8_t debug_info = 0;          // baseline: every local and operand lies in its slot at each instruction
  uint8_t reserved[3] = {};

  bool operator==(const CodegenKey&) const = default;
};
// "optimizing guard opt-level=2 cpu=x86-64-v3": for messages and `mote inspect`.
[[nodiscard]] std::string text(const CodegenKey& key);
// What differs, in words a user can act on: "compiled for dense memory, this run wants guard (-C memory=dense)". Empty when equal.
[[nodiscard]] std::string difference(const CodegenKey& image, const CodegenKey& wanted);

}  // namespace mote::code
