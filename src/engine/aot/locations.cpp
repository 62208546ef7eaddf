// Locations as annotations of memory operands (locations.h).
//
// The annotation is a !tbaa.struct, which alias analysis reads on calls that copy memory only, so on loads and stores it is free.
#include "engine/aot/locations.h"

#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstr.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>

namespace mote::aot {

namespace {

class LocationPass final : public llvm::MachineFunctionPass {
 public:
  static char id;
  LocationPass() : MachineFunctionPass(id) {}
  [[nodiscard]] llvm::StringRef getPassName() const override { return "locations of accesses that may fault"; }
  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.setPreservesAll();
    MachineFunctionPass::getAnalysisUsage(usage);
  }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    bool is_changed = false;
    for (llvm::MachineBasicBlock& block : function) {
      for (llvm::MachineInstr& instruction : block.instrs()) is_changed |= place(instruction);
    }
    return is_changed;
  }

 private:
  // An instruction that reads and writes the same place (add [mem], reg) has two: the read comes first, and its fault too.
  static bool place(llvm::MachineInstr& instruction) {
    for (const bool wants_load : {true, false}) {
      for (const llvm::MachineMemOperand* const access : instruction.memoperands()) {
        if (access->isLoad() != wants_load) continue;
        const auto* const location = llvm::dyn_cast_or_null<llvm::DILocation>(access->getAAInfo().TBAAStruct);
        if (!location) continue;
        instruction.setDebugLoc(llvm::DebugLoc(location));
        return true;
      }
    }
    return false;
  }
};

char LocationPass::id = 0;

}  // namespace

void annotate_locations(llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
    const bool is_access = llvm::isa<llvm::LoadInst>(instruction) || llvm::isa<llvm::StoreInst>(instruction);
    if (!is_access || !instruction.isVolatile() || !instruction.getDebugLoc()) continue;
    instruction.setMetadata(llvm::LLVMContext::MD_tbaa_struct, instruction.getDebugLoc().get());
  }
}

llvm::FunctionPass* make_location_pass() {
  return new LocationPass;
}

}  // namespace mote::aot
