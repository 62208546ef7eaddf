// Calls: direct, imported, indirect, by reference, their tail forms, and builtins (compiler.h).
//
// A call leaves no register standing: temporaries of operands that stay are spilled, homes that changed are saved, and everything
// is loaded again when it is used. A reference to be called waits in rbx, which is no argument register. Conventions:
// code/convention.h; builtins follow the C ABI with the vmctx first.
#include "base/core/assert.h"
#include "engine/baseline/x64/compiler.h"
#include "engine/baseline/x64/operands.h"
#include "engine/baseline/x64/registers.h"

namespace mote::baseline::x64 {

namespace {

constexpr Reg c_arguments[] = {Reg::rdi, Reg::rsi, Reg::rdx, Reg::rcx, Reg::r8, Reg::r9};
constexpr bool has_result[] = {
#define MOTE_BUILTIN(name, result, ...) code::BuiltinType::result != code::BuiltinType::none,
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN
};

}  // namespace

bool FuncCompiler::call(const wasm::Instruction& instruction) {
  using enum wasm::Opcode;
  switch (instruction.op) {
    case wasm::Opcode::call:
      direct_call(instruction.index, false);
      return true;
    case return_call:
      direct_call(instruction.index, true);
      return true;
    case call_indirect:
      indirect_call(instruction, false);
      return true;
    case return_call_indirect:
      indirect_call(instruction, true);
      return true;
    case call_ref:
      reference_call(instruction, false);
      return true;
    case return_call_ref:
      reference_call(instruction, true);
      return true;
    default:
      return false;
  }
}

void FuncCompiler::direct_call(wasm::FuncIndex func, bool is_tail) {
  const wasm::FuncType& type = module().func_type(func);
  place_arguments(type);
  (void)vmctx();
  if (module().is_imported(func)) {
    const auto import = static_cast<int32_t>(layout().func_import(func));
    code_.load(true, Reg::r11, {Reg::r12, import + static_cast<int32_t>(offsetof(code::FuncImport, code))});
    code_.load(true, Reg::r12, {Reg::r12, import + static_cast<int32_t>(offsetof(code::FuncImport, ctx))});
    is_tail ? tail_jump_indirect(Reg::r11) : code_.call_indirect(Reg::r11);
  } else if (is_tail) {
    tail_jump(func - module().imported_funcs);
  } else {
    unit_.relocations.push_back({code_.call(), func - module().imported_funcs});
  }
  if (!is_tail) finish_call(type);
}

void FuncCompiler::indirect_call(const wasm::Instruction& instruction, bool is_tail) {
  const wasm::TableIndex table = instruction.index;
  const wasm::TypeIndex type = instruction.index2;
  Reg index = Reg::none;
  const Reg entry = table_entry(table, code::TrapCode::undefined_element, index);
  code_.load(true, entry, {entry, 0, index, 3});
  resolve_entry(table, entry, index, true);
  release(index);
  // Equal types; else, where subtypes may stand, a builtin decides.
  code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, type_ids)});
  code_.load(false, Reg::r11, {Reg::r11, static_cast<int32_t>(type * sizeof(code::TypeId))});
  code_.alu(Alu::cmp, false, Reg::r11, Mem{entry, offsetof(code::FuncRef, type)});
  const Position mismatch = code_.jcc(Condition::ne);
  detours_.push_back({.kind = Detour::Kind::type_mismatch,
                      .flag = module().types[type].is_final,
                      .a = entry,
                      .wasm_offset = offset_,
                      .jump = mismatch,
                      .back = code_.position()});
  code_.mov(true, Reg::rbx, entry);
  release(entry);
  const wasm::FuncType& func_type = module().types[type].func;
  state_.valid &= ~bit(Reg::rbx);
  place_arguments(func_type);
  code_.load(true, Reg::r12, {Reg::rbx, offsetof(code::FuncRef, ctx)});
  const Mem code = {Reg::rbx, offsetof(code::FuncRef, code)};
  is_tail ? tail_jump_indirect(code) : code_.call_indirect(code);
  if (!is_tail) finish_call(func_type);
}

void FuncCompiler::reference_call(const wasm::Instruction& instruction, bool is_tail) {
  Value reference = pop();
  copy(Reg::rbx, reference);
  release(reference);
  state_.valid &= ~bit(Reg::rbx);
  code_.test(true, Reg::rbx, Reg::rbx);
  trap_if(Condition::e, code::TrapCode::null_function_reference);
  const wasm::FuncType& type = module().types[instruction.index].func;
  place_arguments(type);
  code_.load(true, Reg::r12, {Reg::rbx, offsetof(code::FuncRef, ctx)});
  const Mem code = {Reg::rbx, offsetof(code::FuncRef, code)};
  is_tail ? tail_jump_indirect(code) : code_.call_indirect(code);
  if (!is_tail) finish_call(type);
}

// Between `leave` and the jump the frame is the caller's: the frame table says so.
void FuncCompiler::tail_jump(wasm::FuncIndex own_func) {
  code_.leave();
  const Position start = code_.position();
  unit_.relocations.push_back({code_.jmp(), own_func});
  unit_.frames.push_back({start, code_.position() - start, 0, code::FrameRow::fp_in_register});
}
template <class Target>
void FuncCompiler::tail_jump_indirect(const Target& target) {
  code_.leave();
  const Position start = code_.position();
  code_.jmp_indirect(target);
  unit_.frames.push_back({start, code_.position() - start, 0, code::FrameRow::fp_in_register});
}

// Pops the arguments into their places. Afterwards no register holds an operand, and every home is saved.
void FuncCompiler::place_arguments(const wasm::FuncType& type) {
  const auto count = static_cast<uint32_t>(type.params.size());
  const uint32_t first = height() - count;
  spill_registers(first);
  save_homes(homes_ & state_.valid);
  auto places = code::PlaceAssigner::arguments();
  moves_.clear();
  bool has_xbuf = false;
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = stack_[first + i];
    const code::Place place = places.next(type.params[i]);
    if (place.kind == code::Place::xbuf) {
      const Reg buffer = has_xbuf ? Reg::r11 : xbuf_to_r11();
      has_xbuf = true;
      store_value({buffer, static_cast<int32_t>(place.index * sizeof(code::Value16))}, value);
    } else {
      moves_.push_back({place.kind == code::Place::vector ? vector_argument(place.index) : argument_registers[place.index], value});
    }
  }
  parallel_move(moves_);
  truncate_stack(first);
  state_.valid &= context_registers;
}

void FuncCompiler::finish_call(const wasm::FuncType& type) {
  note_call(height());
  state_ = {0, homes_ | context_registers};
  auto places = code::PlaceAssigner::results();
  bool has_xbuf = false;
  for (const wasm::ValueType result : type.results) {  // the registers first: reading the buffer may take none of them
    const code::Place place = places.next(result);
    if (place.kind != code::Place::xbuf)
      free_ &= ~bit(place.kind == code::Place::vector ? vector_result(place.index) : result_registers[place.index]);
  }
  places = code::PlaceAssigner::results();
  for (const wasm::ValueType result : type.results) {
    const code::Place place = places.next(result);
    const Type kind = type_of(result);
    if (place.kind != code::Place::xbuf) {
      const Reg reg = place.kind == code::Place::vector ? vector_result(place.index) : result_registers[place.index];
      push({.kind = Value::in_reg, .type = kind, .reg = reg, .is_dirty_i32 = kind == Type::i32});
      continue;
    }
    const Reg buffer = has_xbuf ? Reg::r11 : xbuf_to_r11();
    has_xbuf = true;
    load_register(Type::v128, scratch_vector, {buffer, static_cast<int32_t>(place.index * sizeof(code::Value16))});
    push({.kind = Value::slot, .type = kind});
    const Type through = kind == Type::v128 ? Type::v128 : kind == Type::i32 || kind == Type::f32 ? Type::f32 : Type::f64;
    store_register(through, operand_slot(height() - 1), scratch_vector);
  }
}

void FuncCompiler::note_call(uint32_t kept) {
  note_roots(kept);
  if (try_ == nothing) return;
  tries_[try_].is_used = true;
  throwers_.push_back({code_.position(), try_});
}

// The exchange buffer of the stack this runs on. Changes nothing that is known about registers.
Reg FuncCompiler::xbuf_to_r11() {
  Reg context = Reg::r12;
  if ((state_.valid & bit(context)) == 0) {
    context = Reg::r11;
    code_.load(true, context, {Reg::rbp, vmctx_slot});
  }
  code_.load(true, Reg::r11, {context, offsetof(code::VMContext, store)});
  code_.load(true, Reg::r11, {Reg::r11, offsetof(code::StoreContext, xbuf)});
  return Reg::r11;
}

// Arguments were popped by the caller. The result is in rax, taken, when the builtin has one.
void FuncCompiler::builtin(code::Builtin builtin, std::span<Value> arguments) {
  ASSERT(arguments.size() < std::size(c_arguments));
  const bool moves_objects = code::may_collect(builtin), throws = builtin == code::Builtin::throw_ref;
  spill_registers(height());
  save_homes(homes_ & state_.valid & (~preserved_by_c | (moves_objects ? reference_homes_ : throws ? homes_ : 0)));
  moves_.clear();
  for (size_t i = 0; i < arguments.size(); ++i) moves_.push_back({c_arguments[i + 1], arguments[i]});
  (void)vmctx();
  parallel_move(moves_);
  for (const Value& argument : arguments) release(argument);
  code_.mov(true, Reg::rdi, Reg::r12);
  code_.load(true, Reg::rax, {Reg::r12, offsetof(code::VMContext, builtins)});
  code_.call_indirect(Mem{Reg::rax, static_cast<int32_t>(static_cast<size_t>(builtin) * sizeof(void*))});
  if (moves_objects || throws) note_call(height());
  state_.valid &= preserved_by_c & ~(moves_objects ? reference_homes_ : 0);
  if (has_result[static_cast<size_t>(builtin)]) claim(Reg::rax);
}

}  // namespace mote::baseline::x64
