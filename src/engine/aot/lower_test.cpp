// Every numeric and vector opcode, compiled and run, against the plain C++ of lower_reference.h: on all pairs of awkward operands
// and on random ones, for each CPU level and profile; with operands in memory, with the same operand twice, and with constant
// operands, so that the optimiser's folding is tested too.
#include "engine/aot/lower.h"

#include "engine/aot/jit_test.h"
#include "engine/aot/lower_reference.h"
#include "engine/code/relaxed_simd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <random>

namespace mote::aot {
namespace {

using wasm::Opcode;
using wasm::Operand;

struct Case {
  std::string name;
  wasm::Instruction instruction;
  std::vector<std::vector<Bits>> constants;  // tuples that get a function of their own
};

std::string describe(const Bits& bits) {
  char text[40];
  snprintf(text, sizeof text, "%016lx'%016lx", static_cast<unsigned long>(bits.high), static_cast<unsigned long>(bits.low));
  return text;
}

// Operands.

template <class U>
std::vector<U> awkward_integers() {
  std::vector<U> values;
  for (int bit : {0, 1, 3, 7, 8, 15, 16, 31, 32, 63}) {
    if (bit >= static_cast<int>(sizeof(U) * 8)) continue;
    U power = static_cast<U>(U{1} << bit);
    for (U value :
         {power, static_cast<U>(power - 1), static_cast<U>(power + 1), static_cast<U>(0 - power), static_cast<U>(~power)}) {
      values.push_back(value);
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

template <class F>
std::vector<F> awkward_floats() {
  using L = std::numeric_limits<F>;
  using U = std::conditional_t<sizeof(F) == 4, uint32_t, uint64_t>;
  constexpr U infinity = std::bit_cast<U>(L::infinity());
  std::vector<F> positive = {0,
                             L::denorm_min(),
                             L::min() - L::denorm_min(),
                             L::min(),
                             F(0.25),
                             F(0.5),
                             F(0.75),
                             1,
                             F(1.5),
                             F(2.5),
                             3,
                             F(1) + L::epsilon(),
                             F(1.042),
                             127,
                             128,
                             F(8388607.5),
                             F(16777217.0),
                             F(4503599627370495.5),
                             L::max(),
                             L::infinity()};
  for (int power : {7, 15, 31, 32, 52, 63, 64}) {
    F edge = std::ldexp(F{1}, power);
    for (F value :
         {edge, std::nextafter(edge, F{0}), std::nextafter(edge, L::max()), edge - 1, edge + 1, edge - F(0.5), edge + F(0.5)}) {
      positive.push_back(value);
    }
  }
  for (U payload :
       {U{1}, U{0x1234}, static_cast<U>(infinity & (0 - infinity)) >> 1, (static_cast<U>(infinity & (0 - infinity)) >> 1) + 5}) {
    positive.push_back(std::bit_cast<F>(static_cast<U>(infinity | payload)));  // signalling, signalling, canonical, quiet
  }
  std::vector<F> values = positive;
  for (F value : positive) values.push_back(-value);
  return values;
}

class Source {
 public:
  // Operands whose lanes are as the name of the opcode suggests.
  Source(Opcode op, uint32_t seed) : random_(seed) {
    std::string name = wasm::text(op);
    lane_bits_ = name.find("8x16") != name.npos ? 8 : name.find("16x8") != name.npos ? 16 : name.find("x2") != name.npos ? 64 : 32;
    if (name.starts_with("i16x8.ext") || name.starts_with("i16x8.relaxed_dot")) lane_bits_ = 8;
    if (name.starts_with("i32x4.ext") || name.starts_with("i32x4.dot") || name.find("narrow_i16x8") != name.npos) lane_bits_ = 16;
    if (name.starts_with("i64x2.ext") || name.find("narrow_i32x4") != name.npos || name.find("low_") != name.npos) lane_bits_ = 32;
    is_float_ = name.find("f32") != name.npos || name.find("f64") != name.npos;
    if (name.find("f64x2") != name.npos && !name.starts_with("f64x2.convert") && !name.starts_with("f64x2.promote"))
      lane_bits_ = 64;
  }

  Bits next(Operand type) {
    switch (type) {
      case Operand::i32:
      case Operand::address:
        return {static_cast<uint32_t>(integer(32)), 0};
      case Operand::i64:
        return {integer(64), 0};
      case Operand::f32:
        return {floating(32), 0};
      case Operand::f64:
        return {floating(64), 0};
      case Operand::v128:
        break;
    }
    Bits bits;
    bool is_raw = random_() % 8 == 0;
    for (uint32_t at = 0; at < 128; at += lane_bits_) {
      uint64_t lane = is_raw ? random_() : is_float_ ? floating(lane_bits_) : integer(lane_bits_);
      if (lane_bits_ < 64) lane &= (uint64_t{1} << lane_bits_) - 1;
      (at < 64 ? bits.low : bits.high) |= lane << at % 64;
    }
    return bits;
  }

 private:
  uint64_t integer(uint32_t bits) {
    static const auto words = awkward_integers<uint32_t>();
    static const auto doubles = awkward_integers<uint64_t>();
    if (random_() % 4 == 0) return random_() >> random_() % 64;
    return bits == 64 ? doubles[random_() % doubles.size()] : words[random_() % words.size()];
  }
  uint64_t floating(uint32_t bits) {
    static const auto singles = awkward_floats<float>();
    static const auto doubles = awkward_floats<double>();
    uint64_t roll = random_() % 8;
    if (roll == 0) return bits == 32 ? random_() >> 32 : random_();
    if (roll == 1) {  // numbers of moderate size, which round and fit integers
      double number = (static_cast<double>(random_() >> 11) / 0x1p53 - 0.5) * std::ldexp(1.0, static_cast<int>(random_() % 70));
      return bits == 32 ? std::bit_cast<uint32_t>(static_cast<float>(number)) : std::bit_cast<uint64_t>(number);
    }
    return bits == 32 ? std::bit_cast<uint32_t>(singles[random_() % singles.size()])
                      : std::bit_cast<uint64_t>(doubles[random_() % doubles.size()]);
  }

  std::mt19937_64 random_;
  uint32_t lane_bits_ = 32;
  bool is_float_ = false;
};

// Tuples of operands: all pairs of awkward ones for scalars, then random ones.
std::vector<std::vector<Bits>> tuples(const wasm::OpcodeInfo& info, Opcode op) {
  std::vector<std::vector<Bits>> all;
  std::vector<std::vector<Bits>> choices(info.param_count);
  for (uint32_t at = 0; at < info.param_count; ++at) {
    if (info.params[at] == Operand::i32)
      for (uint32_t value : awkward_integers<uint32_t>()) choices[at].push_back({value, 0});
    if (info.params[at] == Operand::i64)
      for (uint64_t value : awkward_integers<uint64_t>()) choices[at].push_back({value, 0});
    if (info.params[at] == Operand::f32)
      for (float value : awkward_floats<float>()) choices[at].push_back({std::bit_cast<uint32_t>(value), 0});
    if (info.params[at] == Operand::f64)
      for (double value : awkward_floats<double>()) choices[at].push_back({std::bit_cast<uint64_t>(value), 0});
  }
  if (info.param_count == 1)
    for (const Bits& a : choices[0]) all.push_back({a});
  if (info.param_count == 2)
    for (const Bits& a : choices[0])
      for (const Bits& b : choices[1]) all.push_back({a, b});
  Source source(op, 1 + static_cast<uint32_t>(op));
  for (int at = 0; at < 1500; ++at) {
    std::vector<Bits> tuple;
    tuple.reserve(info.param_count);
    for (uint32_t operand = 0; operand < info.param_count; ++operand) tuple.push_back(source.next(info.params[operand]));
    all.push_back(tuple);
  }
  return all;
}

// Programs.

llvm::Type* type_of(llvm::IRBuilder<>& ir, Operand operand) {
  switch (operand) {
    case Operand::i32:
    case Operand::address:
      return ir.getInt32Ty();
    case Operand::i64:
      return ir.getInt64Ty();
    case Operand::f32:
      return ir.getFloatTy();
    case Operand::f64:
      return ir.getDoubleTy();
    case Operand::v128:
      break;
  }
  return llvm::FixedVectorType::get(ir.getInt64Ty(), 2);
}

llvm::Value* constant(const Lowering& lowering, Operand operand, const Bits& bits) {
  wasm::Instruction instruction;
  instruction.low = bits.low;
  instruction.high = bits.high;
  switch (operand) {
    case Operand::i32:
    case Operand::address:
      instruction.op = Opcode::i32_const;
      break;
    case Operand::i64:
      instruction.op = Opcode::i64_const;
      break;
    case Operand::f32:
      instruction.op = Opcode::f32_const;
      break;
    case Operand::f64:
      instruction.op = Opcode::f64_const;
      break;
    case Operand::v128:
      instruction.op = Opcode::v128_const;
      break;
  }
  return lower_numeric(lowering, instruction, {});
}

uint32_t lane_count(wasm::Immediate immediate) {
  switch (immediate) {
    case wasm::Immediate::lane_2:
      return 2;
    case wasm::Immediate::lane_4:
      return 4;
    case wasm::Immediate::lane_8:
      return 8;
    case wasm::Immediate::lane_16:
      return 16;
    default:
      return 1;
  }
}

// Whether the profile of the key makes a difference to the opcode, or the key has none.
bool matters(const code::CodegenKey& key, Opcode op) {
  if (key.deterministic_relaxed_simd != 0) return wasm::group(op) == wasm::Group::relaxed_simd;
  return key.canonical_nans == 0 || std::string_view(wasm::text(op)).find_first_of('f') != std::string_view::npos;
}

std::vector<Case> cases(const code::CodegenKey& key) {
  std::vector<Case> all;
  std::mt19937_64 random(7);
  for (uint32_t code = 0; code < wasm::opcode_count; ++code) {
    auto op = static_cast<Opcode>(code);
    if (!is_numeric(op) || !matters(key, op)) continue;
    const wasm::OpcodeInfo& info = wasm::info(op);
    uint32_t variants = op == Opcode::i8x16_shuffle ? 24 : lane_count(info.immediate);
    if (info.param_count == 0) variants = 8;
    for (uint32_t variant = 0; variant < variants; ++variant) {
      Case made{.name = std::string(wasm::text(op)) + "#" + std::to_string(variant), .instruction = {}, .constants = {}};
      made.instruction.op = op;
      made.instruction.index = variant;
      if (op == Opcode::i8x16_shuffle) {
        for (int lane = 0; lane < 16; ++lane) {
          uint64_t index = variant == 0   ? lane
                           : variant == 1 ? 15 - lane
                           : variant == 2 ? lane / 2 + (lane % 2) * 16
                                          : random() % 32;
          (lane < 8 ? made.instruction.low : made.instruction.high) |= index << lane % 8 * 8;
        }
      } else if (info.param_count == 0) {
        Bits bits = Source(op, variant).next(info.result);
        made.instruction.low = bits.low;
        made.instruction.high = bits.high;
      }
      Source source(op, 99);
      for (int tuple = 0; tuple < (variant == 0 ? 5 : 1); ++tuple) {
        made.constants.emplace_back();
        for (uint32_t at = 0; at < info.param_count; ++at) made.constants.back().push_back(source.next(info.params[at]));
      }
      all.push_back(made);
    }
  }
  return all;
}

// A function with constants for some operands: for all, for the last, for the first.
struct Folded {
  std::string name;
  std::vector<Bits> constants;
  uint32_t mask = 0;
  [[nodiscard]] bool is_constant(uint32_t operand) const { return (mask >> operand & 1) != 0; }
};

std::vector<Folded> folded_variants(const Case& made) {
  uint32_t count = wasm::info(made.instruction.op).param_count;
  std::vector<uint32_t> masks = {(1u << count) - 1};
  if (count > 1) masks.insert(masks.end(), {1u << (count - 1), 1u});
  std::vector<Folded> all;
  for (size_t tuple = 0; tuple < made.constants.size(); ++tuple) {
    for (uint32_t mask : masks) {
      all.push_back({made.name + "/constant" + std::to_string(tuple) + "/" + std::to_string(mask), made.constants[tuple], mask});
    }
  }
  return all;
}

void build(JitModule& jit, const Case& made) {
  const wasm::OpcodeInfo& info = wasm::info(made.instruction.op);
  auto finish = [&](const Lowering& lowering, std::span<llvm::Value* const> operands, llvm::Value* results) {
    JitModule::store(lowering, results, 0, lower_numeric(lowering, made.instruction, {operands.data(), operands.size()}));
  };
  jit.add(made.name, [&](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    std::vector<llvm::Value*> operands;
    operands.reserve(info.param_count);
    for (uint32_t at = 0; at < info.param_count; ++at) {
      operands.push_back(JitModule::load(lowering, in, at, type_of(lowering.ir, info.params[at])));
    }
    finish(lowering, operands, out);
  });
  jit.add(made.name + "/same", [&](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    std::vector<llvm::Value*> operands;
    operands.reserve(info.param_count);
    for (uint32_t at = 0; at < info.param_count; ++at) {
      bool repeats = at > 0 && info.params[at] == info.params[0];
      operands.push_back(repeats ? operands[0] : JitModule::load(lowering, in, at, type_of(lowering.ir, info.params[at])));
    }
    finish(lowering, operands, out);
  });
  for (const Folded& folded : folded_variants(made)) {
    jit.add(folded.name, [&](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
      std::vector<llvm::Value*> operands;
      operands.reserve(info.param_count);
      for (uint32_t at = 0; at < info.param_count; ++at) {
        operands.push_back(folded.is_constant(at) ? constant(lowering, info.params[at], folded.constants[at])
                                                  : JitModule::load(lowering, in, at, type_of(lowering.ir, info.params[at])));
      }
      finish(lowering, operands, out);
    });
  }
}

// Checks.

template <class U>
bool lanes_agree(const Bits& expected, const Bits& got, bool is_canonical) {
  constexpr U exponent = sizeof(U) == 4 ? U{0x7f80'0000} : static_cast<U>(0x7ff0'0000'0000'0000);
  constexpr U quiet = (exponent & (0 - exponent)) >> 1;
  auto e = std::bit_cast<std::array<U, 16 / sizeof(U)>>(expected), g = std::bit_cast<std::array<U, 16 / sizeof(U)>>(got);
  for (size_t lane = 0; lane < e.size(); ++lane) {
    bool is_nan = static_cast<U>(e[lane] << 1) > static_cast<U>(exponent << 1);
    if (!is_nan && e[lane] != g[lane]) return false;
    if (is_nan && is_canonical && g[lane] != (exponent | quiet)) return false;
    if (is_nan && (g[lane] & (exponent | quiet)) != (exponent | quiet)) return false;
  }
  return true;
}

bool is_relaxed_extremum(Opcode op) {
  return op == Opcode::f32x4_relaxed_min || op == Opcode::f32x4_relaxed_max || op == Opcode::f64x2_relaxed_min ||
         op == Opcode::f64x2_relaxed_max;
}

void check(const code::CodegenKey& key, const Case& made, Compiled function, const std::vector<Bits>& operands,
           const std::string& name) {
  Expected expected = reference(key, made.instruction, operands);
  uint32_t lanes = expected.arithmetic_lanes;
  if (key.canonical_nans != 0 && is_relaxed_extremum(made.instruction.op))
    lanes = wasm::text(made.instruction.op)[1] == '3' ? 32 : 64;
  Bits in[3] = {}, out[1] = {};
  std::copy(operands.begin(), operands.end(), in);
  uint32_t trap = function(in, out);
  std::string where = name + " of";
  for (const Bits& operand : operands) where += " " + describe(operand);
  EXPECT_EQ(trap, expected.trap ? static_cast<uint32_t>(*expected.trap) : 0) << where;
  if (expected.trap || trap != 0) return;
  bool agrees = lanes == 32   ? lanes_agree<uint32_t>(expected.bits, out[0], key.canonical_nans != 0)
                : lanes == 64 ? lanes_agree<uint64_t>(expected.bits, out[0], key.canonical_nans != 0)
                              : expected.bits == out[0];
  EXPECT_TRUE(agrees) << where << ": " << describe(out[0]) << ", expected " << describe(expected.bits);
}

void check_all(const code::CodegenKey& key, JitModule& jit, const Case& made) {
  const wasm::OpcodeInfo& info = wasm::info(made.instruction.op);
  std::vector<std::vector<Bits>> all = tuples(info, made.instruction.op);
  Compiled plain = jit.get(made.name), same = jit.get(made.name + "/same");
  size_t step = key.opt_level == 0 ? 7 : 1;  // without optimisation, what can go wrong is instruction selection
  for (size_t at = 0; at < all.size(); at += step) {
    const std::vector<Bits>& operands = all[at];
    check(key, made, plain, operands, made.name);
    std::vector<Bits> repeated = operands;
    for (uint32_t operand = 1; operand < info.param_count; ++operand) {
      if (info.params[operand] == info.params[0]) repeated[operand] = repeated[0];
    }
    check(key, made, same, repeated, made.name + "/same");
    if (testing::Test::HasFailure()) return;
  }
  for (const Folded& folded : folded_variants(made)) {
    Compiled function = jit.get(folded.name);
    for (size_t at = 0; at < all.size(); at += 1 + all.size() / 300) {
      std::vector<Bits> operands = all[at];
      for (uint32_t operand = 0; operand < info.param_count; ++operand) {
        if (folded.is_constant(operand)) operands[operand] = folded.constants[operand];
      }
      check(key, made, function, operands, folded.name);
    }
  }
}

class LowerTest : public testing::TestWithParam<code::CodegenKey> {};

TEST_P(LowerTest, EveryOpcodeComputesWhatTheSpecificationSays) {
  std::vector<Case> all = cases(GetParam());
  // Opcodes and variants of lanes and shuffles. A smaller number would mean that some are no longer tested.
  EXPECT_EQ(all.size(), GetParam().deterministic_relaxed_simd != 0 ? 20u : GetParam().canonical_nans != 0 ? 188u : 514u);
  JitModule jit(GetParam());
  for (const Case& made : all) build(jit, made);
  ASSERT_EQ(jit.optimize(), "");
  ASSERT_EQ(jit.compile(), "");
  for (const Case& made : all) {
    check_all(GetParam(), jit, made);
    if (HasFailure()) return;
  }
}

size_t access_bytes(Opcode op) {
  return size_t{1} << wasm::access_log2(wasm::info(op).immediate).value_or(0);
}

// What the vector memory instruction leaves behind: its result, or the bytes it stores.
Bits expected_access(const wasm::Instruction& instruction, const Bits& in_memory, const Bits& operand) {
  std::string_view name = wasm::text(instruction.op);
  const auto memory = std::bit_cast<std::array<uint8_t, 16>>(in_memory);
  auto result = std::bit_cast<std::array<uint8_t, 16>>(operand);
  size_t bytes = access_bytes(instruction.op), at_lane = instruction.index * bytes;
  if (name == "v128.load") return in_memory;
  if (name == "v128.store") return operand;
  if (name.starts_with("v128.load") && name.ends_with("_lane")) {
    std::memcpy(result.data() + at_lane, memory.data(), bytes);
    return std::bit_cast<Bits>(result);
  }
  const auto vector = result;
  result = {};
  if (name.ends_with("_splat")) {
    for (size_t at = 0; at < 16; ++at) result[at] = memory[at % bytes];
  } else if (name.starts_with("v128.store")) {
    std::memcpy(result.data(), vector.data() + at_lane, bytes);
  } else if (name.ends_with("_zero")) {
    std::memcpy(result.data(), memory.data(), bytes);
  } else {  // v128.load8x8_s and its like
    char digit = name[std::string_view("v128.load").size()];
    size_t width = digit == '8' ? 1 : digit == '1' ? 2 : 4;
    for (size_t from = 0; from < 8; from += width) {
      bool is_negative = name.ends_with("_s") && memory[from + width - 1] >= 0x80;
      std::memset(result.data() + from * 2, is_negative ? 0xff : 0, width * 2);
      std::memcpy(result.data() + from * 2, memory.data() + from, width);
    }
  }
  return std::bit_cast<Bits>(result);
}

// Vector loads and stores: 16 bytes of memory at operand 0, a vector at operand 1.
TEST_P(LowerTest, VectorMemoryInstructionsMoveTheRightLanes) {
  JitModule jit(GetParam());
  struct Access {
    std::string name;
    wasm::Instruction instruction;
  };
  std::vector<Access> all;
  for (uint32_t code = 0; code < wasm::opcode_count; ++code) {
    auto op = static_cast<Opcode>(code);
    if (!is_simd_memory(op)) continue;
    size_t lanes = wasm::info(op).immediate >= wasm::Immediate::memarg_8_lane ? 16 / access_bytes(op) : 1;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      Access made{std::string(wasm::text(op)) + "#" + std::to_string(lane), {}};
      made.instruction.op = op;
      made.instruction.index = lane;
      all.push_back(made);
    }
  }
  EXPECT_EQ(all.size(), 74u);
  for (const Access& made : all) {
    jit.add(made.name, [&](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
      llvm::Value* vector = JitModule::load(lowering, in, 1, type_of(lowering.ir, Operand::v128));
      if (is_simd_store(made.instruction.op)) {
        JitModule::store(lowering, out, 0, simd_value_to_store(lowering, made.instruction, vector));
      } else {
        llvm::Value* loaded = JitModule::load(lowering, in, 0, simd_memory_type(lowering.ir, made.instruction.op));
        JitModule::store(
            lowering, out, 0,
            finish_simd_load(lowering, made.instruction, loaded, is_simd_lane_load(made.instruction.op) ? vector : nullptr));
      }
    });
  }
  ASSERT_EQ(jit.optimize(), "");
  ASSERT_EQ(jit.compile(), "");
  const Bits in[2] = {{0x8877'6655'4433'2211, 0xffee'ddcc'bbaa'9988}, {0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908}};
  for (const Access& made : all) {
    Bits out{}, expected = expected_access(made.instruction, in[0], in[1]);
    EXPECT_EQ(jit.get(made.name)(in, &out), 0u);
    EXPECT_EQ(out, expected) << made.name << ": " << describe(out) << ", expected " << describe(expected);
  }
}

std::string key_name(const testing::TestParamInfo<code::CodegenKey>& info) {
  std::string name = (info.param.cpu_features & code::cpu_avx2) != 0 ? "v3" : "v2";
  if (info.param.deterministic_relaxed_simd != 0) name += "_deterministic";
  if (info.param.canonical_nans != 0) name += "_canonical_nans";
  return info.param.opt_level == 0 ? name + "_unoptimized" : name;
}

INSTANTIATE_TEST_SUITE_P(Keys, LowerTest, testing::ValuesIn(test_keys()), key_name);

}  // namespace
}  // namespace mote::aot
