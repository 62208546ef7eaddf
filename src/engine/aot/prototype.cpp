// Prototypes of MoteCC, and values into and out of them (prototype.h).
//
// Which register or slot a value takes is code::place_arguments' and place_results' decision alone; here the places become LLVM
// types and instructions. What must hold: typed and uniform prototypes of one type use the same registers (tests/abi).
#include "engine/aot/prototype.h"

#include "engine/code/instance_layout.h"

namespace mote::aot {

namespace {

llvm::Value* slot(llvm::IRBuilder<>& ir, llvm::Value* xbuf, uint16_t index) {
  return ir.CreateConstGEP1_64(ir.getInt8Ty(), xbuf, uint64_t{index} * sizeof(code::Value16));
}
// Overflow values are exchanged by ordinary accesses: calls read and write memory, so none moves over one.
void store_slot(llvm::IRBuilder<>& ir, llvm::Value* xbuf, uint16_t index, llvm::Value* value) {
  ir.CreateAlignedStore(value, slot(ir, xbuf, index), llvm::Align(8));
}
llvm::Value* load_slot(llvm::IRBuilder<>& ir, llvm::Value* xbuf, uint16_t index, llvm::Type* type) {
  return ir.CreateAlignedLoad(type, slot(ir, xbuf, index), llvm::Align(8));
}

}  // namespace

Prototypes::Prototypes(llvm::LLVMContext& context, const wasm::Module& module)
    : module_(module),
      i32_(llvm::Type::getInt32Ty(context)),
      i64_(llvm::Type::getInt64Ty(context)),
      f32_(llvm::Type::getFloatTy(context)),
      f64_(llvm::Type::getDoubleTy(context)),
      v128_(llvm::FixedVectorType::get(i64_, 2)),
      ptr_(llvm::PointerType::get(context, 0)) {}

llvm::Type* Prototypes::type(wasm::ValueType type) const {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
      return i32_;
    case wasm::ValueKind::i64:
      return i64_;
    case wasm::ValueKind::f32:
      return f32_;
    case wasm::ValueKind::f64:
      return f64_;
    case wasm::ValueKind::v128:
      return v128_;
    case wasm::ValueKind::ref:
    case wasm::ValueKind::bottom:
      break;
  }
  return code::is_func_ref(module_, type) ? i64_ : i32_;
}

// The values that come back in registers: nothing, the value itself, or a struct of at most 3 integers and 2 vectors. (A third
// scalar float would come back in x87's st(0), and a fourth integer makes LLVM return everything through memory.)
llvm::Type* Prototypes::return_type(const Signature& signature) const {
  std::vector<llvm::Type*> members;
  for (size_t i = 0; i < signature.results.size(); ++i) {
    if (signature.results[i].kind != code::Place::xbuf) members.push_back(signature.result_types[i]);
  }
  if (members.empty()) return llvm::Type::getVoidTy(ptr_->getContext());
  return members.size() == 1 ? members[0] : llvm::StructType::get(ptr_->getContext(), members);
}

const Signature& Prototypes::signature(wasm::TypeIndex index) {
  std::unique_ptr<Signature>& entry = signatures_[module_.canonical[index]];
  if (entry) return *entry;
  const wasm::FuncType& func = module_.types[index].func;
  entry = std::make_unique<Signature>();
  for (const wasm::ValueType param : func.params) entry->param_types.push_back(type(param));
  for (const wasm::ValueType result : func.results) entry->result_types.push_back(type(result));
  entry->params = code::place_arguments(func.params);
  entry->results = code::place_results(func.results);

  std::vector<llvm::Type*> typed{ptr_}, uniform{ptr_};
  for (const code::Place::Kind kind : {code::Place::integer, code::Place::vector}) {
    for (size_t i = 0; i < entry->params.size(); ++i) {
      if (entry->params[i].kind == kind) typed.push_back(entry->param_types[i]);
    }
  }
  uniform.insert(uniform.end(), code::argument_integers, i64_);
  uniform.insert(uniform.end(), code::argument_vectors, v128_);
  llvm::Type* const result = return_type(*entry);
  entry->typed = llvm::FunctionType::get(result, typed, false);
  entry->uniform = llvm::FunctionType::get(result, uniform, false);
  return *entry;
}

// Into the type that its class has in the uniform prototype. Upper parts are unspecified by the convention.
llvm::Value* Prototypes::widen(llvm::IRBuilder<>& ir, llvm::Value* value) const {
  if (value->getType() == i32_) return ir.CreateZExt(value, i64_);
  if (value->getType() != f32_ && value->getType() != f64_) return value;
  auto* const lanes = llvm::FixedVectorType::get(value->getType(), value->getType() == f32_ ? 4 : 2);
  return ir.CreateBitCast(ir.CreateInsertElement(llvm::PoisonValue::get(lanes), value, uint64_t{0}), v128_);
}

llvm::Value* Prototypes::narrow(llvm::IRBuilder<>& ir, llvm::Value* value, llvm::Type* type) const {
  if (type == i32_) return ir.CreateTrunc(value, i32_);
  if (type != f32_ && type != f64_) return value;
  auto* const lanes = llvm::FixedVectorType::get(type, type == f32_ ? 4 : 2);
  return ir.CreateExtractElement(ir.CreateBitCast(value, lanes), uint64_t{0});
}

std::vector<llvm::Value*> Prototypes::pack(llvm::IRBuilder<>& ir, const Signature& signature, bool is_uniform, llvm::Value* context,
                                           llvm::ArrayRef<llvm::Value*> values, llvm::function_ref<llvm::Value*()> xbuf) const {
  std::vector<llvm::Value*> arguments{context};
  llvm::Value* buffer = nullptr;
  for (size_t i = 0; i < values.size(); ++i) {
    if (signature.params[i].kind != code::Place::xbuf) continue;
    if (!buffer) buffer = xbuf();
    store_slot(ir, buffer, signature.params[i].index, values[i]);
  }
  for (const code::Place::Kind kind : {code::Place::integer, code::Place::vector}) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (signature.params[i].kind == kind) arguments.push_back(is_uniform ? widen(ir, values[i]) : values[i]);
    }
    if (!is_uniform) continue;
    const bool is_integer = kind == code::Place::integer;
    const size_t full = 1 + code::argument_integers + (is_integer ? 0 : code::argument_vectors);
    arguments.resize(full, llvm::PoisonValue::get(is_integer ? i64_ : v128_));
  }
  return arguments;
}

std::vector<llvm::Value*> Prototypes::unpack(llvm::IRBuilder<>& ir, const Signature& signature, bool is_uniform,
                                             llvm::Function& function, llvm::function_ref<llvm::Value*()> xbuf) const {
  std::vector<llvm::Value*> values(signature.params.size());
  llvm::Value* buffer = nullptr;
  unsigned integers = 0;
  for (const code::Place place : signature.params) integers += place.kind == code::Place::integer;
  const unsigned first_vector = 1 + (is_uniform ? code::argument_integers : integers);
  for (size_t i = 0; i < values.size(); ++i) {
    const code::Place place = signature.params[i];
    llvm::Type* const type = signature.param_types[i];
    if (place.kind == code::Place::xbuf) {
      if (!buffer) buffer = xbuf();
      values[i] = load_slot(ir, buffer, place.index, type);
      continue;
    }
    llvm::Value* const argument =
        function.getArg(place.kind == code::Place::integer ? 1u + place.index : first_vector + place.index);
    values[i] = is_uniform ? narrow(ir, argument, type) : argument;
  }
  return values;
}

void Prototypes::emit_return(llvm::IRBuilder<>& ir, const Signature& signature, llvm::ArrayRef<llvm::Value*> values,
                             llvm::function_ref<llvm::Value*()> xbuf) const {
  llvm::Type* const type = signature.typed->getReturnType();
  llvm::Value* returned = type->isVoidTy() ? nullptr : llvm::PoisonValue::get(type);
  llvm::Value* buffer = nullptr;
  unsigned member = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (signature.results[i].kind == code::Place::xbuf) {
      if (!buffer) buffer = xbuf();
      store_slot(ir, buffer, signature.results[i].index, values[i]);
    } else {
      returned = type->isStructTy() ? ir.CreateInsertValue(returned, values[i], member++) : values[i];
    }
  }
  if (returned) {
    ir.CreateRet(returned);
  } else {
    ir.CreateRetVoid();
  }
}

std::vector<llvm::Value*> Prototypes::unpack_results(llvm::IRBuilder<>& ir, const Signature& signature, llvm::Value* returned,
                                                     llvm::function_ref<llvm::Value*()> xbuf) const {
  std::vector<llvm::Value*> values(signature.results.size());
  llvm::Value* buffer = nullptr;
  unsigned member = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (signature.results[i].kind == code::Place::xbuf) {
      if (!buffer) buffer = xbuf();
      values[i] = load_slot(ir, buffer, signature.results[i].index, signature.result_types[i]);
    } else {
      values[i] = returned->getType()->isStructTy() ? ir.CreateExtractValue(returned, member++) : returned;
    }
  }
  return values;
}

}  // namespace mote::aot
