// The register half of vector loads and stores: what is in memory, and how it becomes a v128 or comes from one.
// Spec: core/exec/instructions, "v128.load…", "v128.store…". Tested by lower_test.cpp.
#include "base/core/assert.h"
#include "engine/aot/simd.h"

namespace mote::aot {
namespace {

using wasm::Opcode;

enum class Kind : uint8_t { none, whole, extend_s, extend_u, splat, zero, load_lane, store_lane };
struct Access {
  Kind kind = Kind::none;
  bool is_store = false;
  uint32_t bits = 0;  // of one lane in memory
};

Access access(Opcode op) {
  using enum Opcode;
  // clang-format off
  switch (op) {
    case v128_load: return {Kind::whole, false, 64};
    case v128_store: return {Kind::whole, true, 64};
    case v128_load8x8_s: return {Kind::extend_s, false, 8};
    case v128_load8x8_u: return {Kind::extend_u, false, 8};
    case v128_load16x4_s: return {Kind::extend_s, false, 16};
    case v128_load16x4_u: return {Kind::extend_u, false, 16};
    case v128_load32x2_s: return {Kind::extend_s, false, 32};
    case v128_load32x2_u: return {Kind::extend_u, false, 32};
    case v128_load8_splat: return {Kind::splat, false, 8};
    case v128_load16_splat: return {Kind::splat, false, 16};
    case v128_load32_splat: return {Kind::splat, false, 32};
    case v128_load64_splat: return {Kind::splat, false, 64};
    case v128_load32_zero: return {Kind::zero, false, 32};
    case v128_load64_zero: return {Kind::zero, false, 64};
    case v128_load8_lane: return {Kind::load_lane, false, 8};
    case v128_load16_lane: return {Kind::load_lane, false, 16};
    case v128_load32_lane: return {Kind::load_lane, false, 32};
    case v128_load64_lane: return {Kind::load_lane, false, 64};
    case v128_store8_lane: return {Kind::store_lane, true, 8};
    case v128_store16_lane: return {Kind::store_lane, true, 16};
    case v128_store32_lane: return {Kind::store_lane, true, 32};
    case v128_store64_lane: return {Kind::store_lane, true, 64};
    default: return {};
  }
  // clang-format on
}

}  // namespace

bool is_simd_memory(Opcode op) {
  return access(op).kind != Kind::none;
}
bool is_simd_store(Opcode op) {
  return access(op).is_store;
}
bool is_simd_lane_load(Opcode op) {
  return access(op).kind == Kind::load_lane;
}

llvm::Type* simd_memory_type(llvm::IRBuilder<>& ir, Opcode op) {
  Access of = access(op);
  switch (of.kind) {
    case Kind::none:
      break;
    case Kind::whole:
      return v128_type(ir);
    case Kind::extend_s:
    case Kind::extend_u:
      return llvm::FixedVectorType::get(ir.getIntNTy(of.bits), 64 / of.bits);
    case Kind::splat:
    case Kind::zero:
    case Kind::load_lane:
    case Kind::store_lane:
      return ir.getIntNTy(of.bits);
  }
  ASSERT(of.kind != Kind::none);
  return nullptr;
}

llvm::Value* finish_simd_load(const Lowering& lowering, const wasm::Instruction& instruction, llvm::Value* loaded,
                              llvm::Value* vector) {
  llvm::IRBuilder<>& ir = lowering.ir;
  Access of = access(instruction.op);
  llvm::FixedVectorType* lanes = integer_lanes(ir, of.bits);
  switch (of.kind) {
    case Kind::whole:
      return loaded;
    case Kind::extend_s:
      return as_v128(lowering, ir.CreateSExt(loaded, integer_lanes(ir, of.bits * 2)));
    case Kind::extend_u:
      return as_v128(lowering, ir.CreateZExt(loaded, integer_lanes(ir, of.bits * 2)));
    case Kind::splat:
      return as_v128(lowering, splat(lowering, lanes, loaded));
    case Kind::zero:
      return as_v128(lowering, ir.CreateInsertElement(llvm::Constant::getNullValue(lanes), loaded, uint64_t{0}));
    case Kind::load_lane:
      return as_v128(lowering, ir.CreateInsertElement(ir.CreateBitCast(vector, lanes), loaded, uint64_t{instruction.index}));
    case Kind::none:
    case Kind::store_lane:
      break;
  }
  ASSERT(of.kind != Kind::none && !of.is_store);
  return nullptr;
}

llvm::Value* simd_value_to_store(const Lowering& lowering, const wasm::Instruction& instruction, llvm::Value* vector) {
  llvm::IRBuilder<>& ir = lowering.ir;
  Access of = access(instruction.op);
  ASSERT(of.is_store);
  if (of.kind == Kind::whole) return vector;
  return ir.CreateExtractElement(ir.CreateBitCast(vector, integer_lanes(ir, of.bits)), uint64_t{instruction.index});
}

}  // namespace mote::aot
