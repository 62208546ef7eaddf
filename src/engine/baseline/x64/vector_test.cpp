// Vector instructions in both encodings (vector.h): the same bits whatever registers are chosen, nothing else changed, and NaNs
// canonical where they must be. What the bits should be is checked by tests/spec; here each encoding checks the other.
#include "engine/baseline/x64/vector.h"

#include "base/os/memory_map.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

namespace mote::baseline::x64 {
namespace {

using V128 = std::array<uint8_t, 16>;

// What the code under test reads and leaves: xmm0 to xmm13, rcx (the integer operand), rdx (the integer result), memory.
struct State {
  std::array<V128, 14> vectors;
  uint64_t integer, result;
  V128 memory;
  bool operator==(const State&) const = default;
};

struct Row {
  uint64_t low, high;
};
constexpr Row rows[] = {
#define MOTE_CONSTANT(name, low, high) {low, high},
#include "engine/baseline/x64/constants.def"
#undef MOTE_CONSTANT
};

code::CodegenKey key(bool has_avx, bool is_canonical, bool is_deterministic) {
  code::CodegenKey out;
  out.cpu_features = has_avx ? code::cpu_v3 & ~uint32_t{code::cpu_fma} : code::cpu_v2;  // fused, results would differ
  out.canonical_nans = is_canonical;
  out.deterministic_relaxed_simd = is_deterministic;
  return out;
}

struct Choice {
  Reg to, a, b, c;
};

// Emits one instruction; false when it is none of vectors.
bool emit(VectorAssembler& vectors, Assembler& code, wasm::Opcode op, const Choice& r, uint32_t lane, uint32_t count) {
  using enum wasm::Operand;
  const wasm::OpcodeInfo& info = wasm::info(op);
  const Mem memory = {Reg::rdi, offsetof(State, memory)};
  if (op == wasm::Opcode::v128_const || op == wasm::Opcode::i8x16_shuffle) return false;  // below
  const bool has_lane = info.immediate >= wasm::Immediate::lane_2 && info.immediate <= wasm::Immediate::lane_16;
  if (has_lane) lane %= 2u << (static_cast<uint32_t>(info.immediate) - static_cast<uint32_t>(wasm::Immediate::lane_2));
  const bool is_float = info.result == f32 || info.result == f64;
  if (info.params[0] == address) {
    const uint32_t lanes = 16u >> *wasm::access_log2(info.immediate);
    if (info.param_count == 1) {
      vectors.load(op, r.to, memory);
    } else if (info.result_count == 0) {
      vectors.store(op, memory, r.a, lane % lanes);
    } else {
      vectors.load_lane(op, r.to, r.a, memory, lane % lanes);
    }
  } else if (info.params[0] != v128) {
    vectors.splat(op, r.to, info.params[0] == f32 || info.params[0] == f64 ? r.a : Reg::rcx);
  } else if (has_lane && info.param_count == 1) {
    vectors.extract(op, is_float ? r.to : Reg::rdx, r.a, lane);
  } else if (has_lane) {
    vectors.replace(op, r.to, r.a, info.params[1] == f32 || info.params[1] == f64 ? r.b : Reg::rcx, lane);
  } else if (info.param_count == 1 && info.result == v128) {
    vectors.unary(op, r.to, r.a);
  } else if (info.param_count == 1 && std::string_view(wasm::text(op)).ends_with("bitmask")) {
    vectors.bitmask(op, Reg::rdx, r.a);
  } else if (info.param_count == 1) {
    const Condition condition = vectors.test(op, r.a);
    code.mov_imm(Reg::rdx, 0);
    code.setcc(condition, Reg::rdx);
  } else if (info.params[1] != v128) {
    count == UINT32_MAX ? vectors.shift(op, r.to, r.a, Reg::rcx) : vectors.shift(op, r.to, r.a, count);
  } else if (info.param_count == 2) {
    vectors.binary(op, r.to, r.a, r.b);
  } else {
    vectors.ternary(op, r.to, r.a, r.b, r.c);
  }
  return true;
}

// Numbers that instructions treat in different ways, as lanes of every width.
class Numbers {
 public:
  V128 operator()() {
    V128 out;
    const uint32_t kind = random_() % 4;
    for (uint32_t i = 0; i < 16; i += kind < 2 ? 4 : 8) {
      static constexpr float singles[] = {0,    -0.0f, 1, -1.5f, 2.5f, 1e-40f, INFINITY, -INFINITY, 2147483648.0f, 4294967296.0f,
                                          -3e9f};
      static constexpr double doubles[] = {0, -0.0, 1, -2.5, 1e-310, INFINITY, -INFINITY, 2147483647.5, 4294967295.5, -3e9, 1e300};
      static constexpr uint32_t nans[] = {0x7fc00000, 0xffc00001, 0x7fa00000, 0xff812345};
      uint32_t bits = random_();
      uint64_t wide = uint64_t{bits} << 32 | random_();
      if (kind == 0) std::memcpy(&bits, &singles[random_() % std::size(singles)], 4);
      if (kind == 0 && random_() % 5 == 0) bits = nans[random_() % 4];
      if (kind == 2) std::memcpy(&wide, &doubles[random_() % std::size(doubles)], 8);
      if (kind == 2 && random_() % 5 == 0) wide = uint64_t{nans[random_() % 4] | 0x00300000} << 32 | (random_() & 1);
      if (kind == 1 && random_() % 2 == 0) bits = random_() % 2 == 0 ? 0x80008000 : 0x007f80ff;
      kind < 2 ? std::memcpy(&out[i], &bits, 4) : std::memcpy(&out[i], &wide, 8);
    }
    return out;
  }
  uint32_t below(uint32_t count) { return random_() % count; }

 private:
  std::mt19937 random_{1};
};

class VectorEncodingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if ((code::host_cpu_features() & code::cpu_v3) != code::cpu_v3) GTEST_SKIP() << "this machine has no AVX2";
  }

  // Runs what `write` emits on a copy of the state.
  template <class Write>
  static State run(const code::CodegenKey& key, State state, Write write) {
    auto mapping = os::Mapping::anonymous(os::page_size);
    EXPECT_TRUE(mapping);
    Assembler code(mapping->data(), mapping->data() + mapping->size());
    for (const Row& row : rows) {
      for (const uint64_t half : {row.low, row.high}) {
        code.word32(static_cast<uint32_t>(half));
        code.word32(static_cast<uint32_t>(half >> 32));
      }
    }
    const Position start = code.position();
    const auto vector_place = [](uint32_t i) { return Mem{Reg::rdi, static_cast<int32_t>(16 * i)}; };
    for (uint32_t i = 0; i < 14; ++i) code.emit({0, 1, 0x10}, false, static_cast<Reg>(16 + i), vector_place(i));
    code.load(true, Reg::rcx, {Reg::rdi, offsetof(State, integer)});
    code.load(true, Reg::rdx, {Reg::rdi, offsetof(State, result)});
    std::vector<Relocation> relocations;
    VectorAssembler vectors(code, relocations, key);
    write(vectors, code);
    for (uint32_t i = 0; i < 14; ++i) code.emit({0, 1, 0x11}, false, static_cast<Reg>(16 + i), vector_place(i));
    code.store(true, {Reg::rdi, offsetof(State, integer)}, Reg::rcx);
    code.store(true, {Reg::rdi, offsetof(State, result)}, Reg::rdx);
    code.ret();
    for (const Relocation& relocation : relocations) code.patch(relocation.behind, relocation.target & ~Relocation::is_prologue);
    EXPECT_FALSE(code.overflowed());
    EXPECT_TRUE(mapping->protect(0, mapping->size(), os::Access::read_execute));
    reinterpret_cast<void (*)(State*)>(mapping->data() + start)(&state);
    return state;
  }

  State any_state() {
    State state;
    for (V128& vector : state.vectors) vector = numbers_();
    std::memcpy(&state.integer, numbers_().data(), 8);
    state.result = 0;
    state.memory = numbers_();
    return state;
  }

  Reg vector(uint32_t i) { return static_cast<Reg>(16 + i); }
  // Registers as the compiler may choose them: the result may be the first operand and is none of the others; or any is free.
  Choice choose(bool may_overwrite_any) {
    Choice r = {vector(numbers_.below(14)), vector(numbers_.below(14)), vector(numbers_.below(14)), vector(numbers_.below(14))};
    if (numbers_.below(3) == 0) r.to = r.a;
    if (numbers_.below(4) == 0) r.b = r.a;
    if (numbers_.below(4) == 0) r.c = r.a;
    while (!may_overwrite_any && (r.to == r.b || r.to == r.c)) r.to = vector(numbers_.below(14));
    return r;
  }

  Numbers numbers_;
};

V128& at(State& state, Reg reg) {
  return state.vectors[number(reg)];
}

// The same operands in registers of their own, without AVX: what all others must agree with.
template <class Run>
void expect_same(const State& state, const Choice& r, Run run, const char* name) {
  State apart = state;
  at(apart, vector_argument(1)) = state.vectors[number(r.a)];
  at(apart, vector_argument(2)) = state.vectors[number(r.b)];
  at(apart, vector_argument(3)) = state.vectors[number(r.c)];
  at(apart, vector_argument(0)) = state.vectors[number(r.to)];
  State expected = run(false, apart, Choice{vector_argument(0), vector_argument(1), vector_argument(2), vector_argument(3)});
  for (const bool has_avx : {false, true}) {
    State got = run(has_avx, state, r);
    EXPECT_EQ(at(got, r.to), at(expected, vector_argument(0))) << name << (has_avx ? " with AVX" : "");
    EXPECT_EQ(got.result, expected.result) << name << (has_avx ? " with AVX" : "");
    EXPECT_EQ(got.memory, expected.memory) << name << (has_avx ? " with AVX" : "");
    EXPECT_EQ(got.integer, state.integer) << name;
    at(got, r.to) = state.vectors[number(r.to)];
    EXPECT_EQ(got.vectors, state.vectors) << name << " changed other registers";
  }
}

TEST_F(VectorEncodingTest, BothAgreeForEveryChoiceOfRegisters) {
  for (uint32_t number = 0; number < wasm::opcode_count && !HasFailure(); ++number) {
    const auto op = static_cast<wasm::Opcode>(number);
    const wasm::Group group = wasm::group(op);
    if (group != wasm::Group::simd && group != wasm::Group::relaxed_simd) continue;
    for (uint32_t turn = 0; turn < 12; ++turn) {
      const State state = any_state();
      const Choice choice = choose(false);
      const uint32_t lane = numbers_.below(16), count = turn % 2 == 0 ? UINT32_MAX : numbers_.below(70);
      const bool is_canonical = turn % 3 == 0, is_deterministic = turn % 4 == 0;
      const auto run_one = [&](bool has_avx, const State& from, const Choice& r) {
        return run(key(has_avx, is_canonical, is_deterministic), from,
                   [&](VectorAssembler& vectors, Assembler& code) { emit(vectors, code, op, r, lane, count); });
      };
      expect_same(state, choice, run_one, wasm::text(op));
    }
  }
}

TEST_F(VectorEncodingTest, SingleInstructionsMayOverwriteAnyOperand) {
  for (uint32_t number = 0; number < wasm::opcode_count && !HasFailure(); ++number) {
    const auto op = static_cast<wasm::Opcode>(number);
    const std::optional<Op> single = VectorAssembler::single(op);
    if (!single) continue;
    for (uint32_t turn = 0; turn < 6; ++turn) {
      const auto run_one = [&](bool has_avx, const State& from, const Choice& r) {
        return run(key(has_avx, false, false), from,
                   [&](VectorAssembler& vectors, Assembler&) { vectors.binary(*single, r.to, r.a, r.b); });
      };
      Choice choice = choose(true);
      if (turn % 2 == 0) choice.to = choice.b;
      expect_same(any_state(), choice, run_one, wasm::text(op));
    }
  }
}

// Masks of all the shapes that have an instruction of their own, and others, against the definition.
TEST_F(VectorEncodingTest, ShufflesTakeTheBytesThatTheyName) {
  for (uint32_t turn = 0; turn < 600 && !HasFailure(); ++turn) {
    V128 lanes;
    const uint32_t shape = turn % 6, size = 1u << numbers_.below(4), first = numbers_.below(32);
    for (uint32_t i = 0; i < 16; ++i) {
      const bool is_second = i / size % 2 != 0;
      const uint32_t unpacked = (first & 8) + i / (2 * size) * size + i % size + (is_second != (first % 2 != 0) ? 16 : 0);
      const uint32_t picked = (i % size == 0 ? numbers_.below(32 / size) : lanes[i - 1] / size) * size + i % size;
      const uint32_t values[] = {numbers_.below(32), first + i, (first + i) % 16, unpacked, picked, picked % 16};
      lanes[i] = static_cast<uint8_t>(values[shape] & 31);
    }
    uint64_t low = 0, high = 0;
    std::memcpy(&low, lanes.data(), 8);
    std::memcpy(&high, lanes.data() + 8, 8);
    const State state = any_state();
    const Choice r = choose(false);
    V128 expected;
    for (uint32_t i = 0; i < 16; ++i) expected[i] = state.vectors[number(lanes[i] < 16 ? r.a : r.b)][lanes[i] & 15];
    for (const bool has_avx : {false, true}) {
      State got = run(key(has_avx, false, false), state,
                      [&](VectorAssembler& vectors, Assembler&) { vectors.shuffle(r.to, r.a, r.b, low, high); });
      EXPECT_EQ(at(got, r.to), expected) << ::testing::PrintToString(lanes);
      at(got, r.to) = state.vectors[number(r.to)];
      EXPECT_EQ(got.vectors, state.vectors);
    }
  }
}

TEST_F(VectorEncodingTest, ConstantsAreWhatTheySay) {
  const uint64_t halves[] = {0, UINT64_MAX, 1, 0x0123'4567'89ab'cdef, 0xffff'ffff'8000'0000};
  for (const uint64_t low : halves) {
    for (const uint64_t high : halves) {
      for (const bool has_avx : {false, true}) {
        State got = run(key(has_avx, false, false), any_state(),
                        [&](VectorAssembler& vectors, Assembler&) { vectors.constant(Reg::xmm9, low, high); });
        uint64_t lanes[2];
        std::memcpy(lanes, at(got, Reg::xmm9).data(), 16);
        EXPECT_EQ(lanes[0], low);
        EXPECT_EQ(lanes[1], high);
      }
    }
  }
}

// Every lane that arithmetic makes is a number or the canonical NaN.
TEST_F(VectorEncodingTest, NaNsAreCanonicalWhereTheyMustBe) {
  using enum wasm::Opcode;
  const wasm::Opcode arithmetic[] = {f32x4_add,          f32x4_sub,           f32x4_mul,         f32x4_div,
                                     f32x4_min,          f32x4_max,           f32x4_sqrt,        f32x4_ceil,
                                     f32x4_floor,        f32x4_trunc,         f32x4_nearest,     f32x4_demote_f64x2_zero,
                                     f32x4_relaxed_madd, f32x4_relaxed_nmadd, f32x4_relaxed_min, f32x4_relaxed_max,
                                     f64x2_add,          f64x2_sub,           f64x2_mul,         f64x2_div,
                                     f64x2_min,          f64x2_max,           f64x2_sqrt,        f64x2_ceil,
                                     f64x2_floor,        f64x2_trunc,         f64x2_nearest,     f64x2_promote_low_f32x4,
                                     f64x2_relaxed_madd, f64x2_relaxed_nmadd, f64x2_relaxed_min, f64x2_relaxed_max};
  uint32_t nans = 0;
  for (const wasm::Opcode op : arithmetic) {
    const bool is_f64 = std::string_view(wasm::text(op)).starts_with("f64");
    for (uint32_t turn = 0; turn < 20; ++turn) {
      const State state = any_state();
      const Choice r = choose(false);
      code::CodegenKey with_nans = key(turn % 2 == 0, true, turn % 3 == 0);
      if (turn % 4 == 0) with_nans.cpu_features |= code::cpu_fma;
      State got = run(with_nans, state, [&](VectorAssembler& vectors, Assembler& code) { emit(vectors, code, op, r, 0, 0); });
      for (uint32_t i = 0; i < 16; i += is_f64 ? 8 : 4) {
        uint64_t bits = 0;
        std::memcpy(&bits, &at(got, r.to)[i], is_f64 ? 8 : 4);
        const uint64_t magnitude = bits & (is_f64 ? INT64_MAX : INT32_MAX);
        const bool is_nan = magnitude > (is_f64 ? 0x7ff0'0000'0000'0000u : 0x7f80'0000u);
        if (!is_nan) continue;
        ++nans;
        EXPECT_EQ(bits, is_f64 ? 0x7ff8'0000'0000'0000u : 0x7fc0'0000u) << wasm::text(op);
      }
    }
  }
  EXPECT_GT(nans, 100u);
}

}  // namespace
}  // namespace mote::baseline::x64
