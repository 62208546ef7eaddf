// Which features of WebAssembly a module uses beyond version 1.0: what `mote inspect` lists.
//
// Found from declarations and from every instruction, dead code included; the `target_features` section, which is a claim of the
// producer, plays no part. Names are those of tool-conventions where they exist. Tested by features_test.cpp.
#pragma once

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <cstdint>

namespace mote::wasm {

// clang-format off
enum class Feature : uint8_t {
  mutable_globals, sign_extension, saturating, multi_value, bulk_memory, reference_types, simd, relaxed_simd, tail_calls,
  extended_const, multi_memory, memory64, function_references, exceptions, gc, threads,
};
// clang-format on
inline constexpr uint32_t feature_count = static_cast<uint32_t>(Feature::threads) + 1;
[[nodiscard]] const char* name(Feature feature);  // "sign-ext", "bulk-memory", "simd128", …

class FeatureSet {
 public:
  void add(Feature feature) { bits_ |= 1u << static_cast<uint32_t>(feature); }
  [[nodiscard]] bool has(Feature feature) const { return (bits_ >> static_cast<uint32_t>(feature) & 1) != 0; }
  bool operator==(const FeatureSet&) const = default;

 private:
  uint32_t bits_ = 0;
};

// Walks all bodies; fails as validate_bodies() does.
[[nodiscard]] Result<FeatureSet> features(const Module& module);

}  // namespace mote::wasm
