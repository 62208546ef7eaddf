// Threads' instructions: atomic accesses inline, wait and notify by builtin (translator.h).
//
// All are sequentially consistent. The tests of an access come in this order: alignment of the effective address, bounds. Where the
// guard region tests the bounds, the access itself is the second test: it is volatile and located, as plain ones are. LLVM knows
// only loads to be folded into other instructions, so what extends a loaded value has the location too. Spec: threads proposal,
// core/exec/instructions. Tested by tests/spec (group 16), translate_atomic_test.cpp.
#include "engine/aot/translator.h"

#include <array>

namespace mote::aot {

namespace {

using wasm::Opcode;
using Operation = llvm::AtomicRMWInst::BinOp;

constexpr auto order = llvm::AtomicOrdering::SequentiallyConsistent;

constexpr uint32_t number(Opcode op) {
  return static_cast<uint32_t>(op);
}
constexpr bool is_between(Opcode op, Opcode first, Opcode last) {
  return number(op) >= number(first) && number(op) <= number(last);
}

// The table has the forms of each operation (two full widths, five narrow ones) in one run, one operation behind the other.
constexpr uint32_t forms = 7;
constexpr std::array operations{Operation::Add, Operation::Sub, Operation::And, Operation::Or, Operation::Xor, Operation::Xchg};
static_assert(number(Opcode::i32_atomic_rmw_sub) == number(Opcode::i32_atomic_rmw_add) + forms &&
              number(Opcode::i32_atomic_rmw_cmpxchg) == number(Opcode::i32_atomic_rmw_add) + forms * operations.size());

}  // namespace

// Both tests; the pointer's alignment is known afterwards.
llvm::Value* FuncTranslator::atomic_address(const wasm::MemArg& memarg, uint32_t size) {
  llvm::Value* const index = pop_address(is_memory64(memarg.memory));
  if (size > 1) {
    const uint64_t low = memarg.offset % size;  // of the sum's low bits, only these of the offset matter
    llvm::Value* const sum = low == 0 ? index : ir_.CreateAdd(index, ir_.getInt64(low));
    trap_if(ir_.CreateICmpNE(ir_.CreateAnd(sum, size - 1), ir_.getInt64(0)), code::TrapCode::unaligned_atomic);
  }
  return address(memarg, index, size);
}

bool FuncTranslator::atomic(const wasm::Instruction& instruction) {
  const Opcode op = instruction.op;
  if (wasm::group(op) != wasm::Group::threads) return false;
  switch (op) {
    case Opcode::atomic_fence:
      ir_.CreateFence(order);
      return true;
    case Opcode::memory_atomic_notify:
    case Opcode::memory_atomic_wait32:
    case Opcode::memory_atomic_wait64:
      wait_or_notify(instruction);
      return true;
    default:
      break;
  }
  if (is_between(op, Opcode::i32_atomic_load, Opcode::i64_atomic_load32_u)) {
    atomic_load(instruction);
  } else if (is_between(op, Opcode::i32_atomic_store, Opcode::i64_atomic_store32)) {
    atomic_store(instruction);
  } else if (number(op) < number(Opcode::i32_atomic_rmw_cmpxchg)) {
    atomic_update(instruction);
  } else {
    atomic_exchange_if_equal(instruction);
  }
  return true;
}

namespace {

uint32_t access_size(const wasm::Instruction& instruction) {
  return 1u << wasm::access_log2(wasm::info(instruction.op).immediate).value_or(0);
}

}  // namespace

// What a narrow access read, in the result's width.
void FuncTranslator::push_extended(const wasm::Instruction& instruction, llvm::Value* value) {
  llvm::Type* const type = wasm::info(instruction.op).result == wasm::Operand::i32 ? ir_.getInt32Ty() : ir_.getInt64Ty();
  if (value->getType() != type) value = locate(llvm::cast<llvm::Instruction>(ir_.CreateZExt(value, type)));
  push(value);
}

void FuncTranslator::atomic_load(const wasm::Instruction& instruction) {
  const uint32_t size = access_size(instruction);
  llvm::Value* const pointer = atomic_address(instruction.memarg, size);
  llvm::LoadInst* const load =
      locate(ir_.CreateAlignedLoad(ir_.getIntNTy(size * 8), pointer, llvm::Align(size), /*isVolatile=*/true));
  load->setAtomic(order);
  push_extended(instruction, load);
}

void FuncTranslator::atomic_store(const wasm::Instruction& instruction) {
  const uint32_t size = access_size(instruction);
  llvm::Value* const value = ir_.CreateTrunc(pop(), ir_.getIntNTy(size * 8));
  llvm::Value* const pointer = atomic_address(instruction.memarg, size);
  locate(ir_.CreateAlignedStore(value, pointer, llvm::Align(size), /*isVolatile=*/true))->setAtomic(order);
}

void FuncTranslator::atomic_update(const wasm::Instruction& instruction) {
  const uint32_t size = access_size(instruction);
  const Operation operation = operations[(number(instruction.op) - number(Opcode::i32_atomic_rmw_add)) / forms];
  llvm::Value* const value = ir_.CreateTrunc(pop(), ir_.getIntNTy(size * 8));
  llvm::Value* const pointer = atomic_address(instruction.memarg, size);
  llvm::AtomicRMWInst* const update = locate(ir_.CreateAtomicRMW(operation, pointer, value, llvm::Align(size), order));
  update->setVolatile(true);
  push_extended(instruction, update);
}

// A narrow form compares the low bits of `expected`, as current scripts have it.
void FuncTranslator::atomic_exchange_if_equal(const wasm::Instruction& instruction) {
  const uint32_t size = access_size(instruction);
  llvm::Type* const type = ir_.getIntNTy(size * 8);
  llvm::Value* const replacement = ir_.CreateTrunc(pop(), type);
  llvm::Value* const expected = ir_.CreateTrunc(pop(), type);
  llvm::Value* const pointer = atomic_address(instruction.memarg, size);
  llvm::AtomicCmpXchgInst* const exchange =
      locate(ir_.CreateAtomicCmpXchg(pointer, expected, replacement, llvm::Align(size), order, order));
  exchange->setVolatile(true);
  push_extended(instruction, ir_.CreateExtractValue(exchange, 0));
}

// The builtins make all tests themselves.
void FuncTranslator::wait_or_notify(const wasm::Instruction& instruction) {
  const wasm::MemArg& memarg = instruction.memarg;
  llvm::Value* const timeout = instruction.op == Opcode::memory_atomic_notify ? nullptr : pop();
  llvm::Value* const operand = pop();  // the expected value, or how many to wake
  llvm::Value* const index = pop_address(is_memory64(memarg.memory));
  llvm::SmallVector<llvm::Value*, 5> arguments{ir_.getInt32(memarg.memory), index, ir_.getInt64(memarg.offset), operand};
  if (timeout) arguments.push_back(timeout);
  const code::Builtin which = instruction.op == Opcode::memory_atomic_notify   ? code::Builtin::memory_atomic_notify
                              : instruction.op == Opcode::memory_atomic_wait32 ? code::Builtin::memory_atomic_wait32
                                                                               : code::Builtin::memory_atomic_wait64;
  push(builtin(which, arguments));
}

}  // namespace mote::aot
