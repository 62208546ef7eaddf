// Phis that are extended become 64-bit phis of the same values; others stay. Innermost loops without calls
// get a base of their own. What the code computes is tested by tests/spec and tests/differential.
#include "engine/aot/widen.h"

#include <gtest/gtest.h>
#include <llvm/AsmParser/Parser.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/SourceMgr.h>

#include <memory>

namespace mote::aot {
namespace {

// A pointer that two nested loops hand to each other, a counter that nobody extends, and an argument and a constant to begin with.
constexpr const char* nested_loops = R"(
define i32 @f(i32 %start, ptr %base) {
entry:
  br label %outer
outer:
  %p = phi i32 [ %start, %entry ], [ %r, %outer_end ]
  %n = phi i32 [ 10, %entry ], [ %m, %outer_end ]
  br label %inner
inner:
  %q = phi i32 [ %p, %outer ], [ %r, %inner ]
  %c = phi i32 [ 64, %outer ], [ %d, %inner ]
  %wide = zext i32 %q to i64
  %at = getelementptr i8, ptr %base, i64 %wide
  store i32 %q, ptr %at
  %r = add i32 %q, 4294967292
  %c_wide = zext i32 %c to i64
  %c_at = getelementptr i8, ptr %base, i64 %c_wide
  store i8 1, ptr %c_at
  %d = add i32 %c, 1
  %again = icmp ult i32 %r, 100
  br i1 %again, label %inner, label %outer_end
outer_end:
  %m = add i32 %n, -1
  %more = icmp ne i32 %m, 0
  br i1 %more, label %outer, label %done
done:
  ret i32 %p
}
)";

struct Counts {
  int narrow_phis = 0, wide_phis = 0, extended_phis = 0;
};
Counts counts(llvm::Function& function) {
  Counts counts;
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    if (llvm::isa<llvm::PHINode>(instruction)) ++(instruction.getType()->isIntegerTy(32) ? counts.narrow_phis : counts.wide_phis);
    if (llvm::isa<llvm::ZExtInst>(instruction) && llvm::isa<llvm::PHINode>(instruction.getOperand(0))) ++counts.extended_phis;
  }
  return counts;
}

TEST(Widen, PhisThatAreExtendedAndThoseTheyComeFrom) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic error;
  const std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(nested_loops, error, context);
  ASSERT_TRUE(module) << error.getMessage().str();
  llvm::Function& function = *module->getFunction("f");
  EXPECT_TRUE(widen_phis(function));
  EXPECT_FALSE(llvm::verifyFunction(function, &llvm::errs()));
  const Counts after = counts(function);
  EXPECT_EQ(after.wide_phis, 3);    // p, q and c
  EXPECT_EQ(after.narrow_phis, 1);  // n
  EXPECT_EQ(after.extended_phis, 0);
  EXPECT_FALSE(widen_phis(function));
}

// An invoke ends its block: an extension of its result cannot follow it there.
TEST(Widen, NotPhisThatTheResultOfAnInvokeComesInto) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic error;
  const std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(R"(
declare i32 @g()
declare i32 @personality(...)
define i64 @f(i1 %first) personality ptr @personality {
entry:
  br i1 %first, label %calling, label %merge
calling:
  %a = invoke i32 @g() to label %merge unwind label %pad
merge:
  %p = phi i32 [ 1, %entry ], [ %a, %calling ]
  br label %next
next:
  %q = phi i32 [ %p, %merge ]
  %wide = zext i32 %q to i64
  ret i64 %wide
pad:
  %landed = landingpad { ptr, i32 } cleanup
  unreachable
}
)",
                                                                         error, context);
  ASSERT_TRUE(module) << error.getMessage().str();
  llvm::Function& function = *module->getFunction("f");
  EXPECT_FALSE(widen_phis(function));
  EXPECT_FALSE(llvm::verifyFunction(function, &llvm::errs()));
}

// The base has uses in two innermost loops, one of which calls, and behind them.
TEST(Pin, GivesInnermostLoopsWithoutCallsABaseOfTheirOwn) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic error;
  const std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(R"(
declare void @g()
define void @f(ptr %context) {
entry:
  %base = load ptr, ptr %context, !invariant.load !0
  br label %quiet
quiet:
  %i = phi i64 [ 0, %entry ], [ %j, %quiet ]
  %at = getelementptr i8, ptr %base, i64 %i
  store i8 1, ptr %at
  %other = getelementptr i8, ptr %base, i64 8
  store i8 2, ptr %other
  %j = add i64 %i, 1
  %again = icmp ult i64 %j, 100
  br i1 %again, label %quiet, label %between
between:
  br label %calling
calling:
  call void @g()
  store i8 3, ptr %base
  br i1 %again, label %calling, label %done
done:
  store i8 4, ptr %base
  ret void
}
!0 = !{}
)",
                                                                         error, context);
  ASSERT_TRUE(module) << error.getMessage().str();
  llvm::Function& function = *module->getFunction("f");
  llvm::DominatorTree tree(function);
  EXPECT_TRUE(pin_bases(function, llvm::LoopInfo(tree)));
  EXPECT_FALSE(llvm::verifyFunction(function, &llvm::errs()));
  const llvm::Instruction& base = function.getEntryBlock().front();
  EXPECT_EQ(base.getNumUses(), 3u);  // the copy, the calling loop, the end
  const llvm::Instruction* const copy = base.getNextNode();
  EXPECT_TRUE(llvm::isa<llvm::CallInst>(copy));
  EXPECT_EQ(copy->getNumUses(), 2u);
}

TEST(Widen, LeavesOtherPhisAlone) {
  llvm::LLVMContext context;
  llvm::SMDiagnostic error;
  const std::unique_ptr<llvm::Module> module = llvm::parseAssemblyString(R"(
define i32 @f(i1 %which, i32 %a, i32 %b) {
  br i1 %which, label %left, label %end
left:
  br label %end
end:
  %p = phi i32 [ %a, %0 ], [ %b, %left ]
  ret i32 %p
}
)",
                                                                         error, context);
  ASSERT_TRUE(module) << error.getMessage().str();
  EXPECT_FALSE(widen_phis(*module->getFunction("f")));
}

}  // namespace
}  // namespace mote::aot
