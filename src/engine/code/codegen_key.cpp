// What this machine can run, and keys as text for people.
//
// Features are read with cpuid; those of the AVX family count only when the kernel saves their registers (OSXSAVE and XCR0), as
// the manuals of both vendors demand. The flags named in difference() are those of docs/reference/cli.md.
// Tested by codegen_key_test.cpp.
#include "engine/code/codegen_key.h"

#include "base/core/format.h"

#include <cpuid.h>

namespace mote::code {

namespace {

struct FeatureName {
  uint32_t bit;
  const char* name;
};
constexpr FeatureName feature_names[] = {
    {cpu_sse42, "sse4.2"}, {cpu_popcnt, "popcnt"}, {cpu_avx, "avx"}, {cpu_avx2, "avx2"}, {cpu_bmi1, "bmi1"},
    {cpu_bmi2, "bmi2"},    {cpu_lzcnt, "lzcnt"},   {cpu_fma, "fma"}, {cpu_f16c, "f16c"}, {cpu_movbe, "movbe"},
};

constexpr uint32_t known_features = cpu_v3;

// Whether the kernel saves xmm and ymm registers: bits 1 and 2 of XCR0.
bool kernel_saves_avx() {
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 6) == 6;
}

const char* name(Tier tier) {
  return tier == Tier::baseline ? "baseline" : "optimizing";
}
const char* name(MemoryMode mode) {
  return mode == MemoryMode::guard ? "guard" : "dense";
}

std::string cpu_text(uint32_t features) {
  if (features == cpu_v3) return "x86-64-v3";
  if (features == cpu_v2) return "x86-64-v2";
  return features == 0 ? "x86-64" : text(features);
}

// "compiled with fuel, this run wants it off (-W fuel=…)" for a choice that is on or off.
void add_switch(std::string& out, uint8_t image, uint8_t wanted, const char* what, const char* flag_on, const char* flag_off) {
  if (image == wanted) return;
  if (!out.empty()) out += "; ";
  out += image != 0 ? format("compiled with {}, this run wants it off ({})", what, flag_on)
                    : format("compiled without {}, this run wants it on ({})", what, flag_off);
}

// Plain __cpuid: each one leaves a virtual machine (3.5 µs seen), and __get_cpuid would double them.
uint32_t read_features() {
  uint32_t a, b, c, d, features = 0;
  auto add = [&](uint32_t reg, uint32_t bit, uint32_t feature) { features |= (reg & bit) != 0 ? feature : 0; };
  __cpuid(1, a, b, c, d);
  add(c, bit_SSE4_2, cpu_sse42);
  add(c, bit_POPCNT, cpu_popcnt);
  add(c, bit_MOVBE, cpu_movbe);
  bool avx = (c & bit_OSXSAVE) != 0 && kernel_saves_avx();
  if (avx) {
    add(c, bit_AVX, cpu_avx);
    add(c, bit_FMA, cpu_fma);
    add(c, bit_F16C, cpu_f16c);
  }
  __cpuid(0, a, b, c, d);
  if (a >= 7) {
    __cpuid_count(7, 0, a, b, c, d);
    add(b, bit_BMI, cpu_bmi1);
    add(b, bit_BMI2, cpu_bmi2);
    if (avx) add(b, bit_AVX2, cpu_avx2);
  }
  __cpuid(0x8000'0001, a, b, c, d);  // always there: long mode itself is one of its bits
  add(c, bit_LZCNT, cpu_lzcnt);
  return features;
}

}  // namespace

uint32_t host_cpu_features() {
  static const uint32_t features = read_features();
  return features;
}

std::string text(uint32_t cpu_features) {
  std::string out;
  for (const FeatureName& feature : feature_names) {
    if ((cpu_features & feature.bit) == 0) continue;
    if (!out.empty()) out += ' ';
    out += feature.name;
  }
  if (uint32_t unknown = cpu_features & ~known_features; unknown != 0) {
    if (!out.empty()) out += ' ';
    out += format("unknown features {:#x}", unknown);
  }
  return out;
}

std::string text(const CodegenKey& key) {
  std::string out =
      format("{} {} opt-level={} cpu={}", name(key.tier), name(key.memory), key.opt_level, cpu_text(key.cpu_features));
  if (key.canonical_nans != 0) out += " canonical-nans";
  if (key.deterministic_relaxed_simd != 0) out += " deterministic-relaxed-simd";
  if (key.fuel != 0) out += " fuel";
  if (key.epochs != 0) out += " epochs";
  if (key.spectre == 0) out += " no-spectre-masks";
  return out;
}

std::string difference(const CodegenKey& image, const CodegenKey& wanted) {
  std::string out;
  auto add = [&](const std::string& words) { out += (out.empty() ? "" : "; ") + words; };
  if (image.memory != wanted.memory) {
    add(format("compiled for {} memory, this run wants {} (-C memory={})", name(image.memory), name(wanted.memory),
               name(image.memory)));
  }
  if (image.tier != wanted.tier) {
    add(format("compiled by the {} tier, this run wants the {} one (compile again)", name(image.tier), name(wanted.tier)));
  }
  if (image.opt_level != wanted.opt_level) {
    add(format("compiled at optimisation level {}, this run wants {} (-O opt-level={})", image.opt_level, wanted.opt_level,
               image.opt_level));
  }
  add_switch(out, image.canonical_nans, wanted.canonical_nans, "canonical NaNs", "-W nan-canonicalization=y",
             "-W nan-canonicalization=n");
  add_switch(out, image.deterministic_relaxed_simd, wanted.deterministic_relaxed_simd, "deterministic relaxed SIMD",
             "-W relaxed-simd-deterministic=y", "-W relaxed-simd-deterministic=n");
  add_switch(out, image.debug_info, wanted.debug_info, "debug information", "-D debug-info=y", "-D debug-info=n");
  add_switch(out, image.fuel, wanted.fuel, "fuel", "-W fuel=N", "leave out -W fuel");
  add_switch(out, image.epochs, wanted.epochs, "epochs", "CodegenOptions::epochs = true", "CodegenOptions::epochs = false");
  add_switch(out, image.spectre, wanted.spectre, "masks against speculation", "-C spectre=y", "-C spectre=n");
  if (image.cpu_features != wanted.cpu_features) {
    add(format("compiled for {}, this run wants {} (compile again on this machine)", cpu_text(image.cpu_features),
               cpu_text(wanted.cpu_features)));
  }
  if (out.empty() && !(image == wanted)) add("made by another version (compile again)");
  return out;
}

}  // namespace mote::code
