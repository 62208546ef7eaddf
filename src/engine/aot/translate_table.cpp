// Tables: get, set, size, growth, bulk operations (translator.h).
//
// Elements of the func hierarchy are FuncRef pointers with two special values: 0 is null *or not yet resolved* (builtin
// table_get_func decides), and VMContext::null_funcref stands for a null that was stored explicitly. Outside of tables null is 0.
// Spec: core/exec/instructions, "Table Instructions".
#include "engine/aot/spectre.h"
#include "engine/aot/translator.h"

namespace mote::aot {

bool FuncTranslator::is_table64(wasm::TableIndex index) const {
  return module().tables[index].type.limits.address == wasm::AddressType::i64;
}

FuncTranslator::Extent FuncTranslator::table_extent(wasm::TableIndex index) {
  constexpr uint64_t base = offsetof(code::TableDef, base);
  constexpr uint64_t length = offsetof(code::TableDef, length);
  const std::optional<uint64_t> fixed = unit_.source().survey.fixed_lengths[index];
  const auto extent = [&](llvm::Value* def, uint64_t offset) -> Extent {
    llvm::Value* const elements = fixed ? static_cast<llvm::Value*>(ir_.getInt64(*fixed))
                                        : load_plain(ir_.getInt64Ty(), at(def, offset + length), Region::context, 8);
    return {load_invariant(ir_.getPtrTy(), def, offset + base), elements};
  };
  if (index >= module().imported_tables) return extent(vmctx_, layout().table_def(index));
  return extent(load_invariant(ir_.getPtrTy(), vmctx_, layout().table(index)), 0);
}

// The place of an element; traps when there is none.
llvm::Value* FuncTranslator::table_element(wasm::TableIndex table, llvm::Value* index, code::TrapCode otherwise) {
  const Extent extent = table_extent(table);
  trap_if(ir_.CreateICmpUGE(index, extent.length), otherwise);
  llvm::Value* const place = ir_.CreateGEP(unit_.prototypes().type(module().tables[table].type.element), extent.base, index);
  return key().spectre != 0 ? null_unless_below(ir_, place, index, extent.length) : place;
}

// An entry as it stands in a func table, with 0 only where it is null. `inspect` sees what the builtin says of a 0, in its block.
llvm::Value* FuncTranslator::resolve(wasm::TableIndex table, llvm::Value* index, llvm::Value* entry,
                                     llvm::function_ref<void(llvm::Value*)> inspect) {
  llvm::BasicBlock* const before = ir_.GetInsertBlock();
  llvm::BasicBlock* taken = nullptr;
  llvm::Value* resolved = nullptr;
  if_unlikely(ir_.CreateIsNull(entry), [&] {
    resolved = builtin(code::Builtin::table_get_func, {ir_.getInt32(table), index});
    inspect(resolved);
    taken = ir_.GetInsertBlock();
  });
  llvm::PHINode* const merged = ir_.CreatePHI(ir_.getInt64Ty(), 2);
  merged->addIncoming(entry, before);
  merged->addIncoming(resolved, taken);
  return merged;
}

llvm::Value* FuncTranslator::null_funcref() {
  return load_invariant(ir_.getInt64Ty(), vmctx_, offsetof(code::VMContext, null_funcref));
}

bool FuncTranslator::table(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const wasm::TableIndex index = instruction.index;
  const auto reference = [this] {  // as builtins take it
    llvm::Value* const value = pop();
    return ir_.CreateZExt(value, ir_.getInt64Ty());
  };
  const auto size = [&](llvm::Value* elements) {
    return is_table64(index) ? elements : ir_.CreateTrunc(elements, ir_.getInt32Ty());
  };
  switch (instruction.op) {
    case table_get: {
      const wasm::ValueType element = module().tables[index].type.element;
      llvm::Value* const at_index = pop_address(is_table64(index));
      llvm::Value* const place = table_element(index, at_index, code::TrapCode::out_of_bounds_table_access);
      const bool is_func = code::is_func_ref(module(), element);
      llvm::Value* entry = load_plain(unit_.prototypes().type(element), place, Region::table, is_func ? 8 : 4);
      if (is_func) {
        entry = resolve(index, at_index, entry, [](llvm::Value*) {});
        entry = ir_.CreateSelect(ir_.CreateICmpEQ(entry, null_funcref()), ir_.getInt64(0), entry);
      }
      push(entry);
      return true;
    }
    case table_set: {
      llvm::Value* value = pop();
      llvm::Value* const at_index = pop_address(is_table64(index));
      llvm::Value* const place = table_element(index, at_index, code::TrapCode::out_of_bounds_table_access);
      const bool is_func = code::is_func_ref(module(), module().tables[index].type.element);
      if (is_func) value = ir_.CreateSelect(ir_.CreateIsNull(value), null_funcref(), value);
      store_plain(value, place, Region::table, is_func ? 8 : 4);
      return true;
    }
    case table_size:
      push(size(table_extent(index).length));
      return true;
    case table_grow: {
      llvm::Value* const delta = pop_address(is_table64(index));
      llvm::Value* const initial = reference();
      push(size(builtin(code::Builtin::table_grow, {ir_.getInt32(index), initial, delta})));
      return true;
    }
    case table_fill: {
      llvm::Value* const count = pop_address(is_table64(index));
      llvm::Value* const value = reference();
      llvm::Value* const to = pop_address(is_table64(index));
      builtin(code::Builtin::table_fill, {ir_.getInt32(index), to, value, count});
      return true;
    }
    case table_copy: {
      const wasm::TableIndex source = instruction.index2;
      llvm::Value* const count = pop_address(is_table64(index) && is_table64(source));
      llvm::Value* const from = pop_address(is_table64(source));
      llvm::Value* const to = pop_address(is_table64(index));
      builtin(code::Builtin::table_copy, {ir_.getInt32(index), ir_.getInt32(source), to, from, count});
      return true;
    }
    case table_init: {
      llvm::Value* const count = pop();
      llvm::Value* const from = pop();
      llvm::Value* const to = pop_address(is_table64(instruction.index2));
      builtin(code::Builtin::table_init, {ir_.getInt32(instruction.index2), ir_.getInt32(index), to, from, count});
      return true;
    }
    case elem_drop:
      builtin(code::Builtin::elem_drop, {ir_.getInt32(index)});
      return true;
    default:
      return false;
  }
}

}  // namespace mote::aot
