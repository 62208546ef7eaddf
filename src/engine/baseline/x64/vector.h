// VectorAssembler: each vector instruction as one or a few machine instructions, from registers to registers.
//
// It knows both encodings: the three-operand form where the CPU has AVX, else the form that overwrites its first operand (and
// aligned memory operands, so that only constants are read directly). It knows no operands: vector_operands.cpp finds registers
// and says which. The scratch registers xmm14, xmm15 and r11 are its own. What relaxed instructions do is code/relaxed_simd.h's to
// choose; sequences are those of the optimising tier (engine/aot/simd_*.cpp) where the choice is visible.
// By subject: vector_integer.cpp, vector_float.cpp, vector_lanes.cpp, vector_memory.cpp, vector_relaxed.cpp.
// Tested by vector_test.cpp, tests/spec (simd, relaxed-simd) and tests/differential, with and without AVX.
#pragma once

#include "engine/baseline/unit.h"
#include "engine/baseline/x64/assembler.h"
#include "engine/baseline/x64/prologue.h"
#include "engine/baseline/x64/registers.h"
#include "engine/code/codegen_key.h"
#include "engine/wasm/instruction.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace mote::baseline::x64 {

class VectorAssembler {
 public:
  VectorAssembler(Assembler& code, std::vector<Relocation>& relocations, const code::CodegenKey& key)
      : code_(code),
        relocations_(relocations),
        key_(key),
        has_avx_((key.cpu_features & code::cpu_avx) != 0),
        has_avx2_((key.cpu_features & code::cpu_avx2) != 0) {}

  // The machine instruction that a binary instruction is, if it is one, with the operands in their order.
  [[nodiscard]] static std::optional<Op> single(wasm::Opcode op);
  // Any registers may coincide.
  void binary(Op op, Reg to, Reg a, Reg b);
  void binary(Op op, Reg to, Reg a, const Mem& b);  // with AVX only

  // `to` may be the first operand; it is none of the others.
  void constant(Reg to, uint64_t low, uint64_t high);
  void unary(wasm::Opcode op, Reg to, Reg from);
  void binary(wasm::Opcode op, Reg to, Reg a, Reg b);
  void ternary(wasm::Opcode op, Reg to, Reg a, Reg b, Reg c);
  void shuffle(Reg to, Reg a, Reg b, uint64_t low, uint64_t high);
  void shift(wasm::Opcode op, Reg to, Reg from, Reg count);  // the count in an integer register, which is kept
  void shift(wasm::Opcode op, Reg to, Reg from, uint32_t count);
  void splat(wasm::Opcode op, Reg to, Reg from);
  void extract(wasm::Opcode op, Reg to, Reg from, uint32_t lane);
  void replace(wasm::Opcode op, Reg to, Reg vector, Reg scalar, uint32_t lane);
  // Leaves Condition::e or ne for what holds, and says which.
  [[nodiscard]] Condition test(wasm::Opcode op, Reg from);
  void bitmask(wasm::Opcode op, Reg to, Reg from);
  void load(wasm::Opcode op, Reg to, const Mem& from);
  void load_lane(wasm::Opcode op, Reg to, Reg vector, const Mem& from, uint32_t lane);
  void store(wasm::Opcode op, const Mem& to, Reg from, uint32_t lane);

 private:
  enum class Half : uint8_t { low, high };

  // Encodings.
  void move(Reg to, Reg from);
  void binary(Op op, Reg to, Reg a, Reg b, uint8_t immediate);
  void unary(Op op, Reg to, Reg from) {
    has_avx_ ? code_.emit_vex(op, false, to, Reg::none, from) : code_.emit(op, false, to, from);
  }
  void unary(Op op, Reg to, Reg from, uint8_t immediate) {
    unary(op, to, from);
    code_.imm8(immediate);
  }
  // Between a vector register (in the reg field) and an integer register or memory.
  template <class Place>
  void transfer(Op op, bool w, Reg vector, const Place& place) {
    has_avx_ ? code_.emit_vex(op, w, vector, Reg::none, place) : code_.emit(op, w, vector, place);
  }
  template <class Place>
  void insert(Op op, bool w, Reg to, Reg vector, const Place& place, uint8_t lane);
  void shift_immediate(Op op, uint8_t extension, Reg to, Reg from, uint8_t count);
  void with_constant(Op op, Reg to, Reg a, uint32_t constant);
  void load_constant(Reg to, uint32_t constant);
  void zero(Reg to) { binary(Op{0x66, 1, 0xef}, to, to, to); }  // pxor
  void ones(Reg to) { binary(Op{0x66, 1, 0x76}, to, to, to); }  // pcmpeqd
  void invert(Reg to, Reg from);                                // through xmm14
  void select_bits(Reg to, Reg a, Reg b, Reg mask);             // bits of a where the mask has ones

  // vector_integer.cpp
  bool integer_unary(wasm::Opcode op, Reg to, Reg from);
  bool integer_binary(wasm::Opcode op, Reg to, Reg a, Reg b);
  void compare_unsigned(Op extremum, Op equal, bool is_inverted, Reg to, Reg a, Reg b);
  void count_ones(Reg to, Reg from);
  void extend_high(Reg to, Reg from, Op extension);
  void multiply_extended(Op extension, Half half, Reg to, Reg a, Reg b);
  void multiply_extended_words(bool is_signed, Half half, Reg to, Reg a, Reg b);
  void multiply_extended_doublewords(bool is_signed, Half half, Reg to, Reg a, Reg b);
  void multiply_quadwords(Reg to, Reg a, Reg b);
  void q15_multiply(Reg to, Reg a, Reg b);
  void shift_bytes(wasm::Opcode op, Reg to, Reg from);  // the count, of the byte or (shr_s) the word, in xmm15
  void shift_lanes(wasm::Opcode op, Reg to, Reg from);  // the count in xmm15

  // vector_float.cpp
  bool float_unary(wasm::Opcode op, Reg to, Reg from);
  bool float_binary(wasm::Opcode op, Reg to, Reg a, Reg b);
  void extremum(bool is_min, bool is_f64, Reg to, Reg a, Reg b);
  void round(bool is_f64, uint8_t mode, Reg to, Reg from);
  void truncate_f32(bool is_signed, Reg to, Reg from);
  void truncate_f64(bool is_signed, Reg to, Reg from);
  void convert_unsigned(Reg to, Reg from);
  void canonicalize(bool is_f64, Reg reg);  // where NaNs are to be canonical

  // vector_lanes.cpp
  void swizzle(Reg to, Reg vector, Reg indices);
  using Lanes = std::array<uint8_t, 16>;
  bool shuffle_one(Reg to, Reg from, const Lanes& lanes);
  bool shuffle_two(Reg to, Reg a, Reg b, const Lanes& lanes);

  // vector_relaxed.cpp
  bool relaxed_unary(wasm::Opcode op, Reg to, Reg from);
  bool relaxed_binary(wasm::Opcode op, Reg to, Reg a, Reg b);
  void multiply_add(bool is_f64, bool is_negated, Reg to, Reg a, Reg b, Reg c);
  void fused_multiply_add(bool is_f64, bool is_negated, Reg to, Reg a, Reg b, Reg c);
  void select_lanes(wasm::Opcode op, Reg to, Reg a, Reg b, Reg mask);
  void dot_bytes(Reg to, Reg a, Reg b);

  Assembler& code_;
  std::vector<Relocation>& relocations_;
  const code::CodegenKey& key_;
  const bool has_avx_, has_avx2_;
};

template <class Place>
void VectorAssembler::insert(Op op, bool w, Reg to, Reg vector, const Place& place, uint8_t lane) {
  if (has_avx_) {
    code_.emit_vex(op, w, to, vector, place);
  } else {
    move(to, vector);
    code_.emit(op, w, to, place);
  }
  code_.imm8(lane);
}

}  // namespace mote::baseline::x64
