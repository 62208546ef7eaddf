// Linear memory: loads, stores, size, growth, bulk operations (translator.h).
//
// Three kinds of access. Guard mode, 32-bit addresses: the guard region catches everything whose offset plus size is at most its
// size, so there is no test, and the access is volatile, for its fault is the trap. Offsets beyond that, dense mode and 64-bit
// addresses: compare with the length, which is loaded again each time (another instance may have grown it), and access plainly.
// Accesses to shared memories are volatile in all cases: what other threads see and write must be what the program says.
// Spec: core/exec/instructions, "Memory Instructions".
#include "engine/aot/lower.h"
#include "engine/aot/spectre.h"
#include "engine/aot/translator.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::aot {

namespace {

constexpr uint64_t guard_bytes = 32 << 20;  // behind the 4 GiB of a guard-mode memory

}  // namespace

bool FuncTranslator::is_memory64(wasm::MemoryIndex index) const {
  return module().memories[index].limits.address == wasm::AddressType::i64;
}

bool FuncTranslator::may_fault(wasm::MemoryIndex index) const {
  return key().memory == code::MemoryMode::guard && !is_memory64(index);
}

// Bases never move, so each is loaded at most once per call, in the entry block.
llvm::Value* FuncTranslator::memory_base(wasm::MemoryIndex index) {
  llvm::Value*& base = memory_bases_[index];
  if (!base) {
    const llvm::IRBuilder<>::InsertPointGuard guard(ir_);
    ir_.SetInsertPoint(entry_end_);
    base = load_invariant(ir_.getPtrTy(), vmctx_, index == 0 ? offsetof(code::VMContext, mem0.base) : layout().memory(index));
  }
  return base;
}

llvm::Value* FuncTranslator::memory_length(wasm::MemoryIndex index) {
  constexpr uint64_t length = offsetof(code::MemoryDef, length);
  if (index >= module().imported_memories && !is_shared(index)) {
    return load_plain(ir_.getInt64Ty(), at(vmctx_, layout().memory_def(index) + length), Region::context, 8);
  }
  llvm::Value* const def = load_invariant(ir_.getPtrTy(), vmctx_, layout().memory(index) + offsetof(code::MemoryImport, def));
  llvm::Value* const value = load_plain(ir_.getInt64Ty(), at(def, length), Region::context, 8);
  if (is_shared(index))
    llvm::cast<llvm::LoadInst>(value)->setAtomic(llvm::AtomicOrdering::Monotonic);  // another thread may grow it
  return value;
}

// Traps unless index + offset + size <= length, without wrapping. Returns what was compared: each first is at most its second.
FuncTranslator::Comparisons FuncTranslator::check_bounds(const wasm::MemArg& memarg, llvm::Value* index, uint32_t size) {
  const wasm::MemoryType& memory = module().memories[memarg.memory];
  const uint64_t end = memarg.offset + size;
  if (end < size || end > limits::memory64_reservation.hard) {  // beyond what any memory can have
    trap_if(ir_.getTrue(), code::TrapCode::out_of_bounds_memory_access);
    return {};
  }
  llvm::Value* const length = memory_length(memarg.memory);
  const uint64_t least = std::min(memory.limits.min, limits::memory64_pages) * limits::page_size_bytes;
  Comparisons comparisons;
  if (end <= least) {  // length - end cannot wrap, and leaves a loop that does not change the length
    comparisons.emplace_back(index, ir_.CreateSub(length, ir_.getInt64(end)));
  } else {
    llvm::Value* const last = ir_.CreateAdd(index, ir_.getInt64(end));
    comparisons.emplace_back(last, length);
    if (is_memory64(memarg.memory)) comparisons.emplace_back(index, last);
  }
  llvm::Value* is_outside = nullptr;
  for (const auto& [value, limit] : comparisons) {
    llvm::Value* const is_above = ir_.CreateICmpUGT(value, limit);
    is_outside = is_outside ? ir_.CreateOr(is_outside, is_above) : is_above;
  }
  trap_if(is_outside, code::TrapCode::out_of_bounds_memory_access);
  return comparisons;
}

// The address of an access. No inbounds: an index near 2^32 leaves every object that LLVM could think of.
llvm::Value* FuncTranslator::address(const wasm::MemArg& memarg, llvm::Value* index, uint32_t size) {
  const bool is_64 = is_memory64(memarg.memory);
  const bool is_guarded = key().memory == code::MemoryMode::guard && !is_64 && memarg.offset + size <= guard_bytes;
  const Comparisons comparisons = is_guarded ? Comparisons() : check_bounds(memarg, index, size);
  llvm::Value* place = index;
  if (memarg.offset != 0) {
    llvm::Value* const offset = ir_.getInt64(memarg.offset);
    place = is_64 ? ir_.CreateAdd(index, offset) : ir_.CreateNUWAdd(index, offset);
  }
  llvm::Value* pointer = ir_.CreateGEP(ir_.getInt8Ty(), memory_base(memarg.memory), place);
  if (key().spectre == 0) return pointer;
  for (const auto& [value, limit] : comparisons) pointer = null_if_above(ir_, pointer, value, limit);
  return pointer;
}

llvm::Value* FuncTranslator::load(const wasm::MemArg& memarg, llvm::Type* type) {
  const auto size = static_cast<uint32_t>(type->getPrimitiveSizeInBits() / 8);
  llvm::Value* const pointer = address(memarg, pop_address(is_memory64(memarg.memory)), size);
  const bool is_volatile = may_fault(memarg.memory) || is_shared(memarg.memory);
  llvm::LoadInst* const load = locate(ir_.CreateAlignedLoad(type, pointer, llvm::Align(1), is_volatile));
  load->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(Region::memory));
  return load;
}

void FuncTranslator::store(const wasm::MemArg& memarg, llvm::Value* value) {
  const auto size = static_cast<uint32_t>(value->getType()->getPrimitiveSizeInBits() / 8);
  llvm::Value* const pointer = address(memarg, pop_address(is_memory64(memarg.memory)), size);
  const bool is_volatile = unit_.has_volatile_state() || is_shared(memarg.memory);
  llvm::StoreInst* const store = locate(ir_.CreateAlignedStore(value, pointer, llvm::Align(1), is_volatile));
  store->setMetadata(llvm::LLVMContext::MD_tbaa, unit_.region(Region::memory));
}

bool FuncTranslator::memory(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  if (wasm::access_log2(wasm::info(instruction.op).immediate)) {
    return scalar_load(instruction) || scalar_store(instruction) || vector_access(instruction);
  }
  const wasm::MemoryIndex index = instruction.index;
  switch (instruction.op) {
    case memory_size: {
      llvm::Value* const pages = ir_.CreateLShr(memory_length(index), 16);
      push(is_memory64(index) ? pages : ir_.CreateTrunc(pages, ir_.getInt32Ty()));
      return true;
    }
    case memory_grow: {
      llvm::Value* const delta = pop_address(is_memory64(index));
      llvm::Value* const before = builtin(code::Builtin::memory_grow, {ir_.getInt32(index), delta});
      push(is_memory64(index) ? before : ir_.CreateTrunc(before, ir_.getInt32Ty()));
      return true;
    }
    case memory_copy: {
      const wasm::MemoryIndex source = instruction.index2;
      llvm::Value* const bytes = pop_address(is_memory64(index) && is_memory64(source));
      llvm::Value* const from = pop_address(is_memory64(source));
      llvm::Value* const to = pop_address(is_memory64(index));
      builtin(code::Builtin::memory_copy, {ir_.getInt32(index), ir_.getInt32(source), to, from, bytes});
      return true;
    }
    case memory_fill: {
      llvm::Value* const bytes = pop_address(is_memory64(index));
      llvm::Value* const value = pop();
      llvm::Value* const to = pop_address(is_memory64(index));
      builtin(code::Builtin::memory_fill, {ir_.getInt32(index), to, value, bytes});
      return true;
    }
    case memory_init: {
      llvm::Value* const bytes = pop();
      llvm::Value* const from = pop();
      llvm::Value* const to = pop_address(is_memory64(instruction.index2));
      builtin(code::Builtin::memory_init, {ir_.getInt32(instruction.index2), ir_.getInt32(index), to, from, bytes});
      return true;
    }
    case data_drop:
      builtin(code::Builtin::data_drop, {ir_.getInt32(index)});
      return true;
    default:
      return false;
  }
}

bool FuncTranslator::scalar_load(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  llvm::Type* const i8 = ir_.getInt8Ty();
  llvm::Type* const i16 = ir_.getInt16Ty();
  llvm::Type* const i32 = ir_.getInt32Ty();
  llvm::Type* const i64 = ir_.getInt64Ty();
  const auto loaded = [&](llvm::Type* type) { return load(instruction.memarg, type); };
  switch (instruction.op) {
    case i32_load:
      push(loaded(i32));
      return true;
    case i64_load:
      push(loaded(i64));
      return true;
    case f32_load:
      push(loaded(ir_.getFloatTy()));
      return true;
    case f64_load:
      push(loaded(ir_.getDoubleTy()));
      return true;
    case i32_load8_s:
      push(ir_.CreateSExt(loaded(i8), i32));
      return true;
    case i32_load8_u:
      push(ir_.CreateZExt(loaded(i8), i32));
      return true;
    case i32_load16_s:
      push(ir_.CreateSExt(loaded(i16), i32));
      return true;
    case i32_load16_u:
      push(ir_.CreateZExt(loaded(i16), i32));
      return true;
    case i64_load8_s:
      push(ir_.CreateSExt(loaded(i8), i64));
      return true;
    case i64_load8_u:
      push(ir_.CreateZExt(loaded(i8), i64));
      return true;
    case i64_load16_s:
      push(ir_.CreateSExt(loaded(i16), i64));
      return true;
    case i64_load16_u:
      push(ir_.CreateZExt(loaded(i16), i64));
      return true;
    case i64_load32_s:
      push(ir_.CreateSExt(loaded(i32), i64));
      return true;
    case i64_load32_u:
      push(ir_.CreateZExt(loaded(i32), i64));
      return true;
    default:
      return false;
  }
}

bool FuncTranslator::scalar_store(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  llvm::Type* narrow = nullptr;
  switch (instruction.op) {
    case i32_store:
    case i64_store:
    case f32_store:
    case f64_store:
      break;
    case i32_store8:
    case i64_store8:
      narrow = ir_.getInt8Ty();
      break;
    case i32_store16:
    case i64_store16:
      narrow = ir_.getInt16Ty();
      break;
    case i64_store32:
      narrow = ir_.getInt32Ty();
      break;
    default:
      return false;
  }
  llvm::Value* const value = pop();
  store(instruction.memarg, narrow ? ir_.CreateTrunc(value, narrow) : value);
  return true;
}

// The part in registers is lower.h's. Eight bytes that become lanes are loaded as one integer: a volatile access of a vector type
// that is not the machine's would be split into its lanes.
bool FuncTranslator::vector_access(const wasm::Instruction& instruction) {
  if (!is_simd_memory(instruction.op)) return false;
  const auto trap_on = [this](llvm::Value* condition, code::TrapCode code) { trap_if(condition, code); };
  const Lowering lowering{ir_, key(), trap_on};
  if (is_simd_store(instruction.op)) {
    store(instruction.memarg, simd_value_to_store(lowering, instruction, pop()));
    return true;
  }
  llvm::Value* const vector = is_simd_lane_load(instruction.op) ? pop() : nullptr;
  llvm::Type* const type = simd_memory_type(ir_, instruction.op);
  const bool is_half = type->isVectorTy() && type->getPrimitiveSizeInBits() == 64;
  llvm::Value* const loaded = load(instruction.memarg, is_half ? ir_.getInt64Ty() : type);
  push(finish_simd_load(lowering, instruction, is_half ? ir_.CreateBitCast(loaded, type) : loaded, vector));
  return true;
}

}  // namespace mote::aot
