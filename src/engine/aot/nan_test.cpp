// NaN canonicalisation: what must be canonical is, what must keep its bits does, and nothing is done where nobody looks.
#include "engine/aot/nan.h"

#include "engine/aot/jit_test.h"

#include <gtest/gtest.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

#include <bit>
#include <limits>

namespace mote::aot {
namespace {

using wasm::Opcode;

constexpr uint64_t canonical_64 = 0x7ff8'0000'0000'0000, odd_64 = 0xfff8'0000'0000'1234, signalling_64 = 0x7ff0'0000'0000'0001;
constexpr uint64_t canonical_32x2 = 0x7fc0'0000'7fc0'0000, odd_32x2 = 0xffc0'0123'ffc0'0123;

llvm::Value* lower(const Lowering& lowering, Opcode op, llvm::ArrayRef<llvm::Value*> operands) {
  wasm::Instruction instruction;
  instruction.op = op;
  return lower_numeric(lowering, instruction, operands);
}

class NanTest : public testing::Test {
 protected:
  NanTest() : jit_({.canonical_nans = 1, .cpu_features = code::cpu_v2}) {}

  void build(const JitModule::Body& body) {
    jit_.add("f", body);
    ASSERT_EQ(jit_.optimize(), "");
  }
  Bits run(Bits a, Bits b = {}, Bits c = {}) {
    if (function_ == nullptr) {
      EXPECT_EQ(jit_.compile(), "");
      function_ = jit_.get("f");
    }
    Bits in[] = {a, b, c}, out{};
    EXPECT_EQ(function_(in, &out), 0u);
    return out;
  }
  // Tests for NaN in the optimised function: the canonicalisations. In loops only, if asked.
  size_t canonicalizations() {
    size_t count = 0;
    for (llvm::Instruction& instruction : llvm::instructions(*jit_.module().getFunction("f"))) {
      auto* compare = llvm::dyn_cast<llvm::FCmpInst>(&instruction);
      if (compare != nullptr &&
          (compare->getPredicate() == llvm::CmpInst::FCMP_UNO || compare->getPredicate() == llvm::CmpInst::FCMP_ORD))
        ++count;
    }
    return count;
  }
  static bool in_loop(const llvm::BasicBlock* block) {
    const auto* branch = llvm::dyn_cast<llvm::BranchInst>(block->getTerminator());
    return branch != nullptr && llvm::is_contained(branch->successors(), block);
  }
  size_t canonicalizations_in_loops() {
    size_t count = 0;
    for (llvm::BasicBlock& block : *jit_.module().getFunction("f")) {
      if (!in_loop(&block)) continue;
      for (llvm::Instruction& instruction : block) {
        auto* compare = llvm::dyn_cast<llvm::FCmpInst>(&instruction);
        if (compare != nullptr && compare->isFPPredicate() && compare->getPredicate() >= llvm::CmpInst::FCMP_ORD &&
            compare->getPredicate() <= llvm::CmpInst::FCMP_UNO) {
          ++count;
        }
      }
    }
    return count;
  }

  // A loop of `count` rounds: `round` makes the next value of a phi that starts as `start`. Returns the last value.
  static llvm::Value* loop(const Lowering& lowering, llvm::Value* start, llvm::Value* count,
                           llvm::function_ref<llvm::Value*(llvm::Value*)> round) {
    llvm::IRBuilder<>& ir = lowering.ir;
    llvm::BasicBlock* entry = ir.GetInsertBlock();
    auto* body = llvm::BasicBlock::Create(ir.getContext(), "loop", entry->getParent());
    auto* after = llvm::BasicBlock::Create(ir.getContext(), "after", entry->getParent());
    ir.CreateBr(body);
    ir.SetInsertPoint(body);
    llvm::PHINode* value = ir.CreatePHI(start->getType(), 2);
    llvm::PHINode* left = ir.CreatePHI(count->getType(), 2);
    llvm::Value* next = round(value);
    llvm::Value* next_left = ir.CreateSub(left, llvm::ConstantInt::get(count->getType(), 1));
    value->addIncoming(start, entry);
    value->addIncoming(next, body);
    left->addIncoming(count, entry);
    left->addIncoming(next_left, body);
    ir.CreateCondBr(ir.CreateIsNotNull(next_left), body, after);
    ir.SetInsertPoint(after);
    return next;
  }

  JitModule jit_;
  Compiled function_ = nullptr;
};

TEST_F(NanTest, AChainOfArithmeticIsCanonicalizedOnceWhereItIsStored) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* type = lowering.ir.getDoubleTy();
    llvm::Value* a = JitModule::load(lowering, in, 0, type);
    llvm::Value* b = JitModule::load(lowering, in, 1, type);
    llvm::Value* product = lower(lowering, Opcode::f64_mul, {a, b});
    llvm::Value* sum = lower(lowering, Opcode::f64_add, {lower(lowering, Opcode::f64_min, {product, b}), a});
    JitModule::store(lowering, out, 0, lower(lowering, Opcode::f64_sqrt, {sum}));
  });
  EXPECT_EQ(canonicalizations(), 2u);  // at the store, and the one that is part of min
  EXPECT_EQ(run({odd_64}, {odd_64}).low, canonical_64);
  EXPECT_EQ(run({signalling_64}, {0}).low, canonical_64);
  EXPECT_EQ(run({std::bit_cast<uint64_t>(2.0)}, {std::bit_cast<uint64_t>(7.0)}).low, std::bit_cast<uint64_t>(3.0));
}

// A find of the differential runs: with llvm.minimum, LLVM 19 crashed on min(min(x, y), copysign(x, y)) or ran out of memory.
TEST_F(NanTest, AMinimumOfAMinimumAndAnotherOperationOnTheSameOperands) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* type = lowering.ir.getDoubleTy();
    llvm::Value* a = JitModule::load(lowering, in, 0, type);
    llvm::Value* b = JitModule::load(lowering, in, 1, type);
    llvm::Value* smaller = lower(lowering, Opcode::f64_min, {a, b});
    JitModule::store(lowering, out, 0, lower(lowering, Opcode::f64_min, {smaller, lower(lowering, Opcode::f64_copysign, {a, b})}));
  });
  EXPECT_EQ(run({odd_64}, {odd_64}).low, canonical_64);
  EXPECT_EQ(run({std::bit_cast<uint64_t>(2.0)}, {std::bit_cast<uint64_t>(-1.0)}).low, std::bit_cast<uint64_t>(-2.0));
}

TEST_F(NanTest, AnAccumulatorIsCanonicalizedAfterTheLoop) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Value* step = JitModule::load(lowering, in, 0, lowering.ir.getDoubleTy());
    llvm::Value* count = JitModule::load(lowering, in, 1, lowering.ir.getInt32Ty());
    llvm::Value* zero = llvm::ConstantFP::get(lowering.ir.getDoubleTy(), 0.0);
    JitModule::store(lowering, out, 0, loop(lowering, zero, count, [&](llvm::Value* sum) {
                       return lower(lowering, Opcode::f64_add, {lower(lowering, Opcode::f64_mul, {sum, step}), step});
                     }));
  });
  EXPECT_EQ(canonicalizations(), 1u);
  EXPECT_EQ(canonicalizations_in_loops(), 0u);
  EXPECT_EQ(run({odd_64}, {3}).low, canonical_64);
  EXPECT_EQ(run({std::bit_cast<uint64_t>(2.0)}, {3}).low, std::bit_cast<uint64_t>(14.0));
}

// v128 travels as two i64 through phis: the casts on the way do not count as looking.
TEST_F(NanTest, AVectorAccumulatorIsCanonicalizedAfterTheLoop) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* v128 = llvm::FixedVectorType::get(lowering.ir.getInt64Ty(), 2);
    llvm::Value* step = JitModule::load(lowering, in, 0, v128);
    llvm::Value* count = JitModule::load(lowering, in, 1, lowering.ir.getInt32Ty());
    JitModule::store(lowering, out, 0, loop(lowering, llvm::Constant::getNullValue(v128), count, [&](llvm::Value* sum) {
                       return lower(lowering, Opcode::f32x4_mul, {lower(lowering, Opcode::f32x4_add, {sum, step}), step});
                     }));
  });
  EXPECT_EQ(canonicalizations_in_loops(), 0u);
  uint64_t twos = std::bit_cast<uint32_t>(2.0F) * 0x1'0000'0001;
  uint64_t twelves = std::bit_cast<uint32_t>(12.0F) * 0x1'0000'0001;
  EXPECT_EQ(run({odd_32x2, twos}, {2}), (Bits{canonical_32x2, twelves}));
}

// A raw NaN keeps its bits where it meets an arithmetic one.
TEST_F(NanTest, RawValuesKeepTheirBits) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* type = lowering.ir.getDoubleTy();
    llvm::Value* raw = JitModule::load(lowering, in, 0, type);
    llvm::Value* made = lower(lowering, Opcode::f64_add, {raw, JitModule::load(lowering, in, 1, type)});
    llvm::Value* is_raw = lowering.ir.CreateIsNotNull(JitModule::load(lowering, in, 2, lowering.ir.getInt32Ty()));
    JitModule::store(lowering, out, 0, lowering.ir.CreateSelect(is_raw, raw, made));
  });
  EXPECT_EQ(run({odd_64}, {0}, {1}).low, odd_64);
  EXPECT_EQ(run({signalling_64}, {0}, {1}).low, signalling_64);
  EXPECT_EQ(run({odd_64}, {0}, {0}).low, canonical_64);
}

TEST_F(NanTest, ComparisonsAndConversionsDoNotLook) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* type = lowering.ir.getDoubleTy();
    llvm::Value* a = JitModule::load(lowering, in, 0, type);
    llvm::Value* b = JitModule::load(lowering, in, 1, type);
    llvm::Value* made = lower(lowering, Opcode::f64_add, {a, b});
    llvm::Value* either =
        lowering.ir.CreateSelect(lowering.ir.CreateIsNotNull(JitModule::load(lowering, in, 2, lowering.ir.getInt32Ty())), a, made);
    JitModule::store(lowering, out, 0,
                     lower(lowering, Opcode::i32_add,
                           {lower(lowering, Opcode::f64_lt, {either, b}), lower(lowering, Opcode::i32_trunc_sat_f64_s, {made})}));
  });
  EXPECT_EQ(canonicalizations(), 0u);
  EXPECT_EQ(run({std::bit_cast<uint64_t>(3.0)}, {std::bit_cast<uint64_t>(4.0)}, {1}).low, 8u);
  EXPECT_EQ(run({odd_64}, {0}, {0}).low, 0u);
}

TEST_F(NanTest, SignOperationsAndReinterpretationSeeTheCanonicalNan) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* type = lowering.ir.getDoubleTy();
    llvm::Value* a = JitModule::load(lowering, in, 0, type);
    llvm::Value* made = lower(lowering, Opcode::f64_div, {a, JitModule::load(lowering, in, 1, type)});
    llvm::Value* negative = lower(lowering, Opcode::i64_reinterpret_f64, {lower(lowering, Opcode::f64_neg, {made})});
    llvm::Value* bits = lower(lowering, Opcode::i64_reinterpret_f64, {made});
    JitModule::store(lowering, out, 0, lower(lowering, Opcode::i64_xor, {negative, bits}));
  });
  EXPECT_EQ(run({odd_64}, {0}).low, 0x8000'0000'0000'0000);
  EXPECT_EQ(run({0}, {0}).low, 0x8000'0000'0000'0000);  // x86-64's own NaN is negative
}

// Lanes of f32 read as f64: the width differs, so the bits matter to arithmetic too.
TEST_F(NanTest, AnotherLaneWidthLooks) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Type* v128 = llvm::FixedVectorType::get(lowering.ir.getInt64Ty(), 2);
    llvm::Value* a = JitModule::load(lowering, in, 0, v128);
    llvm::Value* made = lower(lowering, Opcode::f32x4_add, {a, a});
    JitModule::store(lowering, out, 0, lower(lowering, Opcode::f64x2_add, {made, llvm::Constant::getNullValue(v128)}));
  });
  EXPECT_EQ(run({odd_32x2, 0}), (Bits{canonical_32x2, 0}));  // as f64 a number, so its bits come through
}

TEST_F(NanTest, NoMarkRemains) {
  build([](const Lowering& lowering, llvm::Value* in, llvm::Value* out) {
    llvm::Value* a = JitModule::load(lowering, in, 0, lowering.ir.getFloatTy());
    JitModule::store(lowering, out, 0, lower(lowering, Opcode::f32_add, {a, a}));
    (void)lower(lowering, Opcode::f32_mul, {a, a});
  });
  for (llvm::Instruction& instruction : llvm::instructions(*jit_.module().getFunction("f"))) {
    auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
    EXPECT_TRUE(call == nullptr || call->getCalledFunction()->isIntrinsic());
  }
}

}  // namespace
}  // namespace mote::aot
