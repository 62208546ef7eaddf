// LLVM documents preserve_none as unstable. What the runtime's trampolines and the baseline tier rely on is the table in
// engine/code/convention.h and, register by register, engine/baseline/x64/registers.h; this test compiles probes with LLVM and
// reads the registers back from the assembly, so it fails when another LLVM assigns others. Calls between the tiers, with random
// signatures, are run by `./test differential` (tests/differential/abi_program.h).
#include "base/core/format.h"
#include "engine/aot/prototype.h"
#include "engine/baseline/x64/registers.h"

#include <gtest/gtest.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>

#include <array>
#include <random>
#include <string>

namespace mote::aot {
namespace {

using wasm::ValueType;

// As the assembly has it: what the baseline tier uses.
std::string name(baseline::x64::Reg reg) {
  constexpr std::array<const char*, 16> integers{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                                 "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
  if (baseline::x64::is_vector(reg)) return format("xmm{}", baseline::x64::number(reg));
  return integers[baseline::x64::number(reg)];
}

// A module with one function type.
wasm::Module module_with(std::vector<ValueType> params, std::vector<ValueType> results) {
  wasm::Module module;
  wasm::SubType type;
  type.func = {std::move(params), std::move(results)};
  module.types.push_back(type);
  module.canonical.push_back(0);
  module.funcs.push_back(0);
  return module;
}

std::string assembly(llvm::Module& module) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  std::string error;
  const char* const triple = "x86_64-unknown-linux-gnu";
  const llvm::Target* const target = llvm::TargetRegistry::lookupTarget(triple, error);
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(triple, "x86-64-v2", "", {}, llvm::Reloc::PIC_, llvm::CodeModel::Small));
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  EXPECT_FALSE(machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile));
  passes.run(module);
  return std::string(text);
}

// Every register, with its names by width: "r13" is also r13d.
std::string low_half(const std::string& name) {
  if (name == "r8" || name.starts_with("r1")) return name + "d";
  return "e" + name.substr(1);
}

// A function that stores parameter i to context + 16 * i and does nothing else.
std::string store_params(const wasm::Module& module, bool is_uniform) {
  llvm::LLVMContext context;
  llvm::Module llvm_module("probe", context);
  Prototypes prototypes(context, module);
  const Signature& signature = prototypes.signature(0);
  llvm::Function* const function =
      llvm::Function::Create(signature.prototype(is_uniform), llvm::GlobalValue::ExternalLinkage, "probe", llvm_module);
  function->setCallingConv(llvm::CallingConv::PreserveNone);
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context, "", function));
  llvm::Value* const xbuf_field = ir.CreateConstGEP1_64(ir.getInt8Ty(), function->getArg(0), 0x8000);
  const std::vector<llvm::Value*> params = prototypes.unpack(ir, signature, is_uniform, *function, [&] { return xbuf_field; });
  for (size_t i = 0; i < params.size(); ++i) {
    ir.CreateAlignedStore(params[i], ir.CreateConstGEP1_64(ir.getInt8Ty(), function->getArg(0), 16 * i), llvm::Align(1), true);
  }
  if (signature.typed->getReturnType()->isVoidTy()) {
    ir.CreateRetVoid();
  } else {
    ir.CreateRet(llvm::PoisonValue::get(signature.typed->getReturnType()));
  }
  EXPECT_FALSE(llvm::verifyModule(llvm_module, &llvm::errs()));
  return assembly(llvm_module);
}

std::string place(uint64_t offset) {
  return offset == 0 ? "(%r12)" : format("{}(%r12)", offset);
}

// "%r13d, 16(%r12)": the value comes straight from the register that the convention's table names, by whichever move.
std::string expected_store(ValueType type, code::Place at, uint64_t offset) {
  if (at.kind == code::Place::vector) return format("\t%{}, {}", name(baseline::x64::vector_argument(at.index)), place(offset));
  const std::string whole = name(baseline::x64::argument_registers[at.index]);
  return format("\t%{}, {}", type.kind() == wasm::ValueKind::i64 ? whole : low_half(whole), place(offset));
}

TEST(Convention, HasAsManyRegistersInBothTiers) {
  EXPECT_EQ(std::size(baseline::x64::argument_registers), code::argument_integers);
  EXPECT_EQ(std::size(baseline::x64::result_registers), code::result_integers);
}

TEST(Convention, PassesEveryParameterInTheRegisterOfTheTable) {
  const std::array<ValueType, 6> types{wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128, wasm::externref};
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<ValueType> params;
    for (uint32_t count = random() % 24; count > 0; --count) params.push_back(types[random() % types.size()]);
    const wasm::Module module = module_with(params, {});
    const std::vector<code::Place> places = code::place_arguments(params);
    for (const bool is_uniform : {false, true}) {
      const std::string text = store_params(module, is_uniform);
      for (size_t i = 0; i < params.size(); ++i) {
        if (places[i].kind == code::Place::xbuf) {
          EXPECT_NE(text.find(format("{}(%r12)", 0x8000 + 16 * places[i].index)), std::string::npos) << text;
          continue;
        }
        const std::string line = expected_store(params[i], places[i], 16 * i);
        EXPECT_NE(text.find(line), std::string::npos) << line << "\nnot in\n" << text;
      }
    }
  }
}

// A function that returns what it loads from context + 16 * i: each result arrives in its register.
TEST(Convention, ReturnsInTheRegistersOfTheTable) {
  const std::vector<ValueType> results{wasm::i64, wasm::f64, wasm::i32, wasm::v128, wasm::i64, wasm::f32, wasm::i64};
  const wasm::Module module = module_with({}, results);
  llvm::LLVMContext context;
  llvm::Module llvm_module("probe", context);
  Prototypes prototypes(context, module);
  const Signature& signature = prototypes.signature(0);
  llvm::Function* const function =
      llvm::Function::Create(signature.typed, llvm::GlobalValue::ExternalLinkage, "probe", llvm_module);
  function->setCallingConv(llvm::CallingConv::PreserveNone);
  llvm::IRBuilder<> ir(llvm::BasicBlock::Create(context, "", function));
  std::vector<llvm::Value*> values;
  for (size_t i = 0; i < results.size(); ++i) {
    llvm::Value* const from = ir.CreateConstGEP1_64(ir.getInt8Ty(), function->getArg(0), 16 * i);
    values.push_back(ir.CreateAlignedLoad(signature.result_types[i], from, llvm::Align(1), true));
  }
  prototypes.emit_return(ir, signature, values, [&] { return ir.CreateConstGEP1_64(ir.getInt8Ty(), function->getArg(0), 0x8000); });
  ASSERT_FALSE(llvm::verifyModule(llvm_module, &llvm::errs()));
  const std::string text = assembly(llvm_module);
  using baseline::x64::result_registers, baseline::x64::vector_result;
  for (const std::string& line :
       {"movq\t(%r12), %" + name(result_registers[0]), "movl\t32(%r12), %" + low_half(name(result_registers[1])),
        "movq\t64(%r12), %" + name(result_registers[2]), "16(%r12), %" + name(vector_result(0)),
        "48(%r12), %" + name(vector_result(1))}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nnot in\n" << text;
  }
  EXPECT_NE(text.find("32768(%r12)"), std::string::npos) << text;  // the third vector-class result: slot 0
  EXPECT_NE(text.find("32784(%r12)"), std::string::npos) << text;  // the fourth integer: slot 1
}

}  // namespace
}  // namespace mote::aot
