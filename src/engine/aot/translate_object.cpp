// Structures, arrays and i31 numbers (translator.h). How they lie is code/object_layout.h's; an object's address is made anew from
// its reference wherever it is used, for objects move. Small structures and arrays of few elements are made in place where there is
// room, all else by builtins.
// Spec: core/exec/instructions, "Aggregate Instructions".
#include "engine/aot/spectre.h"
#include "engine/aot/translator.h"

namespace mote::aot {

namespace {

constexpr uint32_t most_inline_bytes = 1024;  // of a structure that is made in place
constexpr uint64_t most_cleared_bytes = 64;   // of one with default values

}  // namespace

bool FuncTranslator::object(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case wasm::Opcode::struct_new:
    case struct_new_default:
      this->struct_new(instruction);
      return true;
    case wasm::Opcode::struct_get:
    case struct_get_s:
    case struct_get_u:
      this->struct_get(instruction);
      return true;
    case wasm::Opcode::struct_set:
      this->struct_set(instruction);
      return true;
    case wasm::Opcode::array_new:
    case array_new_default:
    case array_new_fixed:
    case array_new_data:
    case array_new_elem:
      this->array_new(instruction);
      return true;
    case wasm::Opcode::array_get:
    case array_get_s:
    case array_get_u:
      this->array_get(instruction);
      return true;
    case wasm::Opcode::array_set:
      this->array_set(instruction);
      return true;
    case array_len: {
      llvm::Value* const array = pop_object(instruction.type, code::TrapCode::null_array_reference);
      push(load_plain(ir_.getInt32Ty(), object_at(array, code::array_length_offset), Region::heap, 4));
      return true;
    }
    case array_fill:
    case array_copy:
    case array_init_data:
    case array_init_elem:
      array_bulk(instruction);
      return true;
    case ref_i31:
      push(ir_.CreateOr(ir_.CreateShl(pop(), 1), code::i31_bit));
      return true;
    case i31_get_s:
    case i31_get_u: {
      llvm::Value* const value = pop_object(instruction.type, code::TrapCode::null_i31_reference);
      push(instruction.op == i31_get_s ? ir_.CreateAShr(value, 1) : ir_.CreateLShr(value, 1));
      return true;
    }
    case ref_eq: {
      llvm::Value* const b = pop();
      llvm::Value* const a = pop();
      push(ir_.CreateZExt(ir_.CreateICmpEQ(a, b), ir_.getInt32Ty()));
      return true;
    }
    case any_convert_extern:
    case extern_convert_any:
      return true;  // one representation for both hierarchies
    default:
      return false;
  }
}

llvm::Value* FuncTranslator::object_at(llvm::Value* reference, uint64_t offset) {
  llvm::Value* const base = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, gc_base));
  return at(ir_.CreateGEP(ir_.getInt8Ty(), base, ir_.CreateZExt(reference, ir_.getInt64Ty())), offset);
}

llvm::Value* FuncTranslator::pop_object(wasm::ValueType type, code::TrapCode null) {
  llvm::Value* const reference = pop();
  if (type.is_nullable()) trap_if(ir_.CreateIsNull(reference), null);
  return reference;
}

llvm::Value* FuncTranslator::type_id(wasm::TypeIndex type) {
  llvm::Value* const type_ids = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, type_ids));
  return load_invariant(ir_.getInt32Ty(), type_ids, uint64_t{type} * sizeof(code::TypeId));
}

// The operands stay on the stack until the object is there: the collector may change them.
llvm::Value* FuncTranslator::make(code::Builtin builtin, llvm::ArrayRef<llvm::Value*> arguments) {
  before_safepoint(stack_.size());
  llvm::Value* const made = this->builtin(builtin, arguments);
  after_safepoint();
  return made;
}

// With its header; the fields are the caller's to write.
llvm::Value* FuncTranslator::make_in_place(wasm::TypeIndex type, uint32_t bytes) {
  before_safepoint(stack_.size());
  llvm::Value* const store = load_invariant(ir_.getPtrTy(), vmctx_, offsetof(code::VMContext, store));
  llvm::Value* const bump = at(store, offsetof(code::StoreContext, gc_bump));
  llvm::Value* const place = load_plain(ir_.getInt32Ty(), bump, Region::context, 4);
  llvm::Value* const limit = load_plain(ir_.getInt32Ty(), at(store, offsetof(code::StoreContext, gc_limit)), Region::context, 4);
  llvm::Value* const end = ir_.CreateAdd(place, ir_.getInt32(bytes));
  llvm::BasicBlock* const fast = new_block();
  llvm::BasicBlock* const slow = new_block();
  llvm::BasicBlock* const next = new_block();
  ir_.CreateCondBr(ir_.CreateICmpUGT(end, limit), slow, fast, unit_.unlikely());
  ir_.SetInsertPoint(slow);
  llvm::Value* const made = builtin(code::Builtin::struct_new, {ir_.getInt32(type)});
  ir_.CreateBr(next);
  ir_.SetInsertPoint(fast);
  store_plain(end, bump, Region::context, 4);
  constexpr auto kind = static_cast<uint64_t>(code::ObjectKind::struct_) << 32;
  llvm::Value* const header = ir_.CreateOr(ir_.CreateZExt(type_id(type), ir_.getInt64Ty()), kind);
  store_plain(header, object_at(place, 0), Region::heap, 8);
  ir_.CreateBr(next);
  ir_.SetInsertPoint(next);
  llvm::PHINode* const object = ir_.CreatePHI(ir_.getInt32Ty(), 2);
  object->addIncoming(made, slow);
  object->addIncoming(place, fast);
  after_safepoint();
  return object;
}

void FuncTranslator::struct_new(const wasm::Instruction& instruction) {
  const std::vector<wasm::FieldType>& fields = module().types[instruction.index].struct_.fields;
  const code::ObjectLayouts& layouts = layout().objects();
  const uint32_t bytes = layouts.struct_bytes(instruction.index);
  const bool has_values = instruction.op == wasm::Opcode::struct_new && !fields.empty();
  const bool is_in_place = bytes <= (instruction.op == wasm::Opcode::struct_new ? most_inline_bytes : most_cleared_bytes);
  if (has_values) pending_ = {.first = stack_.size() - fields.size(), .fields = fields};
  llvm::Value* const object =
      is_in_place ? make_in_place(instruction.index, bytes) : make(code::Builtin::struct_new, {ir_.getInt32(instruction.index)});
  pending_ = {};
  for (auto i = static_cast<uint32_t>(has_values ? fields.size() : 0); i-- > 0;) {
    llvm::Value* const value = pop();
    store_field(fields[i], value, object_at(object, layouts.field(instruction.index, i)));
  }
  if (!has_values && is_in_place) {
    for (uint64_t offset = code::struct_fields_offset; offset < bytes; offset += sizeof(uint64_t)) {
      store_plain(ir_.getInt64(0), object_at(object, offset), Region::heap, 8);
    }
  }
  push(object);
}

llvm::Value* FuncTranslator::load_field(const wasm::FieldType& field, bool is_signed, llvm::Value* place) {
  const uint32_t bytes = code::field_bytes(field, code::is_func_ref(module(), field.type));
  if (field.packed == wasm::PackedKind::none) {
    return load_plain(unit_.prototypes().type(field.type), place, Region::heap, std::min(bytes, code::object_alignment));
  }
  llvm::Value* const value = load_plain(ir_.getIntNTy(bytes * 8), place, Region::heap, bytes);
  return is_signed ? ir_.CreateSExt(value, ir_.getInt32Ty()) : ir_.CreateZExt(value, ir_.getInt32Ty());
}

void FuncTranslator::store_field(const wasm::FieldType& field, llvm::Value* value, llvm::Value* place) {
  const uint32_t bytes = code::field_bytes(field, code::is_func_ref(module(), field.type));
  if (field.packed != wasm::PackedKind::none) value = ir_.CreateTrunc(value, ir_.getIntNTy(bytes * 8));
  store_plain(value, place, Region::heap, std::min(bytes, code::object_alignment));
}

void FuncTranslator::struct_get(const wasm::Instruction& instruction) {
  llvm::Value* const object = pop_object(instruction.type, code::TrapCode::null_structure_reference);
  const wasm::FieldType& field = module().types[instruction.index].struct_.fields[instruction.index2];
  push(load_field(field, instruction.op == wasm::Opcode::struct_get_s,
                  object_at(object, layout().objects().field(instruction.index, instruction.index2))));
}

void FuncTranslator::struct_set(const wasm::Instruction& instruction) {
  llvm::Value* const value = pop();
  llvm::Value* const object = pop_object(instruction.type, code::TrapCode::null_structure_reference);
  store_field(module().types[instruction.index].struct_.fields[instruction.index2], value,
              object_at(object, layout().objects().field(instruction.index, instruction.index2)));
}

// A value of any type as the integers that builtins take: its low and high 8 bytes.
std::pair<llvm::Value*, llvm::Value*> FuncTranslator::as_integers(llvm::Value* value) {
  llvm::Type* const type = value->getType();
  llvm::Value* const none = ir_.getInt64(0);
  if (type->isVectorTy()) return {ir_.CreateExtractElement(value, uint64_t{0}), ir_.CreateExtractElement(value, uint64_t{1})};
  if (type->isFloatTy()) value = ir_.CreateBitCast(value, ir_.getInt32Ty());
  if (type->isDoubleTy()) value = ir_.CreateBitCast(value, ir_.getInt64Ty());
  return {ir_.CreateZExtOrTrunc(value, ir_.getInt64Ty()), none};
}

void FuncTranslator::array_new(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  const wasm::FieldType& field = module().types[instruction.index].array.element;
  llvm::Value* const type = ir_.getInt32(instruction.index);
  llvm::Value* const length = instruction.op == array_new_fixed ? ir_.getInt32(instruction.index2) : pop();
  switch (instruction.op) {
    case wasm::Opcode::array_new: {
      const auto [low, high] = as_integers(pop());
      push(make(code::Builtin::array_new_fill, {type, length, low, high}));
      return;
    }
    case array_new_default:
      push(make(code::Builtin::array_new, {type, length}));
      return;
    case array_new_fixed: {
      const uint32_t bytes = layout().objects().element_bytes(instruction.index);
      pending_ = {.first = stack_.size() - instruction.index2, .each = &field};
      llvm::Value* const array = make(code::Builtin::array_new, {type, length});
      pending_ = {};
      for (uint32_t i = instruction.index2; i-- > 0;) {
        llvm::Value* const value = pop();
        store_field(field, value, object_at(array, code::array_elements_offset(bytes) + uint64_t{i} * bytes));
      }
      push(array);
      return;
    }
    default: {
      llvm::Value* const from = pop();
      const auto builtin = instruction.op == array_new_data ? code::Builtin::array_new_data : code::Builtin::array_new_elem;
      push(make(builtin, {type, ir_.getInt32(instruction.index2), from, length}));
    }
  }
}

// The place of an element; traps when there is none.
llvm::Value* FuncTranslator::element(wasm::TypeIndex type, llvm::Value* array, llvm::Value* index) {
  const uint32_t bytes = layout().objects().element_bytes(type);
  llvm::Value* const length = load_plain(ir_.getInt32Ty(), object_at(array, code::array_length_offset), Region::heap, 4);
  trap_if(ir_.CreateICmpUGE(index, length), code::TrapCode::out_of_bounds_array_access);
  llvm::Value* const wide = ir_.CreateZExt(index, ir_.getInt64Ty());
  llvm::Value* const first = object_at(array, code::array_elements_offset(bytes));
  llvm::Value* const place = ir_.CreateGEP(ir_.getInt8Ty(), first, ir_.CreateMul(wide, ir_.getInt64(bytes)));
  return key().spectre != 0 ? null_unless_below(ir_, place, wide, ir_.CreateZExt(length, ir_.getInt64Ty())) : place;
}

void FuncTranslator::array_get(const wasm::Instruction& instruction) {
  llvm::Value* const index = pop();
  llvm::Value* const array = pop_object(instruction.type, code::TrapCode::null_array_reference);
  push(load_field(module().types[instruction.index].array.element, instruction.op == wasm::Opcode::array_get_s,
                  element(instruction.index, array, index)));
}

void FuncTranslator::array_set(const wasm::Instruction& instruction) {
  llvm::Value* const value = pop();
  llvm::Value* const index = pop();
  llvm::Value* const array = pop_object(instruction.type, code::TrapCode::null_array_reference);
  store_field(module().types[instruction.index].array.element, value, element(instruction.index, array, index));
}

void FuncTranslator::array_bulk(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  llvm::Value* const count = pop();
  if (instruction.op == array_fill) {
    const auto [low, high] = as_integers(pop());
    llvm::Value* const from = pop();
    llvm::Value* const array = pop();
    builtin(code::Builtin::array_fill, {array, from, count, low, high});
    return;
  }
  llvm::Value* const from = pop();
  if (instruction.op == array_copy) {
    llvm::Value* const source = pop();
    llvm::Value* const to = pop();
    llvm::Value* const target = pop();
    builtin(code::Builtin::array_copy, {target, to, source, from, count});
    return;
  }
  llvm::Value* const to = pop();
  llvm::Value* const array = pop();
  builtin(instruction.op == array_init_data ? code::Builtin::array_init_data : code::Builtin::array_init_elem,
          {ir_.getInt32(instruction.index2), array, to, from, count});
}

}  // namespace mote::aot
