// FuncCompiler: the walker's consumer that turns one function into x86-64 machine code while it is validated.
//
// Where values live:
//   locals     each has a slot in the frame; the most used ones (prescan.h) also have a *home*: a register that is theirs for the
//              whole function. A home may hold the value, the slot may, or both: two bit sets (State) say so at each point, and
//              that is all that paths which merge must agree on.
//   operands   on a compile-time stack: a constant, the name of a local (read when used), a temporary register, or the operand's
//              own slot. Operands below a block are in slots or constants.
//   r12        the vmctx, rbx the base of memory 0: like homes whose slot is always good.
//   r11, xmm14, xmm15  scratch within one instruction.
// Every register dies at a call; references also wherever an object may be made, for that may move all others: they are read again
// from their slots, which tables tell the collector (roots.cpp). Frame: [rbp] caller's rbp, [rbp - 8] vmctx, locals, operands; rsp
// is constant in the body. The convention is code/convention.h; traps and builtins code/abi.h. Rules and reasons:
// docs/internals/baseline-tier.md. It is told valid, reachable instructions only. By subject: compiler.cpp (function, dispatch),
// values.cpp, control.cpp, calls.cpp, exceptions.cpp, roots.cpp, objects.cpp, casts.cpp, memory.cpp, tables.cpp, integer.cpp,
// float.cpp, convert.cpp, vector_*.cpp, atomic.cpp. Tested by tests/spec, tests/differential and tests/code.
#pragma once

#include "engine/baseline/prescan.h"
#include "engine/baseline/unit.h"
#include "engine/baseline/x64/assembler.h"
#include "engine/baseline/x64/prologue.h"
#include "engine/baseline/x64/registers.h"
#include "engine/code/abi.h"
#include "engine/code/convention.h"
#include "engine/wasm/walk.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

namespace mote::baseline::x64 {

enum class Type : uint8_t { i32, i64, f32, f64, v128 };
[[nodiscard]] constexpr bool is_vector(Type type) {
  return type >= Type::f32;
}
[[nodiscard]] constexpr bool is_wide(Type type) {  // needs 64-bit integer instructions
  return type == Type::i64;
}

// Conditions that two flags decide: equality of floating-point numbers.
enum class Test : uint8_t { o, no, b, ae, e, ne, be, a, s, ns, p, np, l, ge, le, g, float_eq, float_ne };
[[nodiscard]] constexpr Test invert(Test test) {
  return static_cast<Test>(static_cast<uint8_t>(test) ^ 1);
}

// One operand.
struct Value {
  enum Kind : uint8_t { slot, in_reg, local, constant, flags } kind = slot;
  Type type = Type::i32;
  Reg reg = Reg::none;        // in_reg
  bool is_dirty_i32 = false;  // in_reg, i32: the upper half of the register is not known to be zero
  uint32_t index = 0;         // local; slot: place on the operand stack; flags: the Test
  uint64_t bits = 0;          // constant
};

// Which homes hold their local's value, and which slots do. Bits are register numbers; at least one of both is set.
struct State {
  uint32_t valid = 0, saved = 0;
};

class FuncCompiler {
 public:
  // `code` and `unit` are shared by the functions of a batch.
  FuncCompiler(const Source& source, wasm::Walker& walker, Assembler& code, Unit& unit);

  // After walker.start(func).
  void begin(wasm::FuncIndex func);
  template <wasm::Step step>
  void instruction(const wasm::Instruction& instruction);
  // After the last instruction.
  void finish();

 private:
  static constexpr uint32_t nobody = UINT32_MAX;  // owns a temporary that an instruction in progress holds
  // Operands that may be other than slots or constants: bounds the search for a local's aliases.
  static constexpr uint32_t most_unflushed = 64;
  // Locals beyond the counted ones share a bucket.
  [[nodiscard]] static uint32_t bucket(uint32_t local) { return std::min(local, Prescan::counted_locals); }

  static constexpr uint32_t nothing = UINT32_MAX;
  // A try_table, and what its landing pad does, which is written behind the body.
  struct Try {
    uint32_t outer = nothing;  // the try_table around it
    uint32_t first_clause = 0, clause_count = 0;
    bool is_used = false;  // something in it may throw
    Position pass_on = 0;  // the jump to the pad around it
    Position pad = 0;
  };
  struct Clause {
    wasm::Catch::Kind kind;
    wasm::TagIndex tag;
    bool returns = false;  // its label is the function's
    bool is_in_register = false;
    uint32_t height = 0;                          // of the label
    std::span<const wasm::ValueType> types = {};  // of the label, which lives as long as the walk
    State fix = {};                               // to be loaded on the way
    Position target = 0;
    uint32_t next = nothing;
  };
  struct Control {
    enum class Kind : uint8_t { block, loop, if_, else_, function } kind;
    bool has_state = false;
    uint32_t height = 0;  // of the operand stack below the parameters
    wasm::BlockType type;
    Position target = 0;  // loop
    Position link = 0;    // forward jumps to the end, chained through their displacements
    State state = {};     // at the target
    Position else_link = 0;
    State else_state = {};
    Position stub = 0;           // br_table: entries that go by way of code which repairs the state
    uint32_t clause = nothing;   // catch clauses that come here: the first, chained through Clause::next
    uint32_t handler = nothing;  // try_table: index in tries_
    [[nodiscard]] std::span<const wasm::ValueType> label() const { return kind == Kind::loop ? type.params : type.results; }
  };
  struct Move {
    Reg to;
    Value from;
  };
  struct TrapSite {
    Position jump;
    code::TrapCode code;
    uint32_t wasm_offset;
  };
  // Code off the likely path, written behind the body.
  struct Detour {
    enum class Kind : uint8_t { resolve_entry, type_mismatch, truncate, poll, make_struct } kind;
    bool flag = false;  // by kind
    Reg a = Reg::none, b = Reg::none;
    wasm::Opcode op{};
    uint32_t number = 0;
    uint32_t wasm_offset = 0;
    Position jump = 0, back = 0;
    uint32_t homes = 0;            // make_struct: to be loaded again; likewise:
    uint32_t operands = no_roots;  // roots of the call
  };
  struct Memory {  // an address, and the temporaries that are held for it
    Mem mem;
    uint32_t held = 0;
  };

  // compiler.cpp
  void choose_homes();
  template <class Items>
  void claim_parameter_homes(const Items& integers, const Items& vectors);
  void claim_home(uint32_t local, std::span<const Reg> pool);
  void give_home(uint32_t local, Reg reg);
  void receive_parameters();
  void clear_locals();
  void clear_slots(uint32_t first, uint32_t last);
  void dispatch(const wasm::Instruction& instruction);
  void numeric(const wasm::Instruction& instruction);
  void load_or_store(const wasm::Instruction& instruction);
  void patch_frame();
  void write_traps();
  void write_detours();
  void row() { unit_.row(code_.position(), offset_); }  // the pc map: code from here on is of the current instruction
  void charge_fuel(const wasm::Instruction& instruction);
  void poll();
  void call_stub(code::Builtin builtin, uint32_t root_operands = no_roots);

  // values.cpp: operands, temporaries, homes
  [[nodiscard]] Type type_of(wasm::ValueType type) const {
    static_assert(static_cast<int>(Type::v128) == static_cast<int>(wasm::ValueKind::v128));
    if (type.kind() <= wasm::ValueKind::v128) return static_cast<Type>(type.kind());
    return !type.is_ref() || code::is_func_ref(module(), type) ? Type::i64 : Type::i32;
  }
  [[nodiscard]] Mem local_slot(uint32_t local) const {
    return {Reg::rbp, -static_cast<int32_t>(frame_header_bytes + (local + 1) * slot_bytes_)};
  }
  [[nodiscard]] Mem operand_slot(uint32_t index) {
    if (index >= deepest_slot_) deepest_slot_ = index + 1;
    return local_slot(local_slots_ + index);
  }
  [[nodiscard]] Value pop() {
    Value value = stack_[--height_];
    if (value.kind == Value::in_reg) {
      if (is_temporary(value.reg)) owner_[static_cast<size_t>(value.reg)] = nobody;
    } else if (value.kind == Value::local) {
      --aliases_[bucket(value.index)];
    } else if (value.kind == Value::slot) {
      value.index = height();
    }
    if (flushed_ > height()) {
      flushed_ = height();
      rooted_ = std::min(rooted_, flushed_);
    }
    return value;
  }
  [[gnu::always_inline]] void push(Value value) {
    if (height() - flushed_ >= most_unflushed) [[unlikely]]
      flush();
    if (value.kind == Value::in_reg) {
      if (is_temporary(value.reg)) owner_[static_cast<size_t>(value.reg)] = height();
    } else if (value.kind == Value::local) {
      ++aliases_[bucket(value.index)];
    } else if (value.kind == Value::slot) {
      value.index = height();
      (void)operand_slot(height());
    }
    if (height_ == stack_.size()) [[unlikely]]
      stack_.resize(size_t{2} * height_);
    stack_[height_++] = value;
  }
  // An i32 constant, for a builtin's argument.
  [[nodiscard]] static Value number(uint32_t value) { return {.kind = Value::constant, .type = Type::i32, .bits = value}; }
  // Pops an operand whose upper half must be zero when it is an i32.
  [[nodiscard]] Value pop_extended() {
    Value value = pop();
    if (value.kind == Value::in_reg || value.kind == Value::local) (void)use_extended(value);
    return value;
  }
  void push_reg(Type type, Reg reg) { push({.kind = Value::in_reg, .type = type, .reg = reg}); }
  void push_constant(Type type, uint64_t bits) { push({.kind = Value::constant, .type = type, .bits = bits}); }
  [[nodiscard]] Reg take(bool is_vector_reg);  // a temporary; spills one when there is none
  [[nodiscard]] Reg take_gpr() { return take(false); }
  [[nodiscard]] Reg take_xmm() { return take(true); }
  void claim(Reg reg);  // makes this temporary free and takes it
  void release(Reg reg);
  void release(const Value& value);
  [[nodiscard]] bool is_temporary(Reg reg) const { return (temporaries_ & bit(reg)) != 0; }
  [[nodiscard]] bool is_owned(const Value& value) const { return value.kind == Value::in_reg && is_temporary(value.reg); }
  void spill(uint32_t index);
  void spill_registers(uint32_t below);     // all temporaries of operands below this place
  void flush(bool with_constants = false);  // everything on the stack to slots
  [[nodiscard]] Reg home_of(const Value& value) const;
  // The register that holds the value, loaded when it is in none; not to be written. 32-bit integers zero-extended on request.
  [[nodiscard]] Reg use(Value& value);
  [[nodiscard]] Reg use_extended(Value& value);
  // The same in a temporary that the caller may write.
  [[nodiscard]] Reg own(Value& value);
  // Copies the value into a register, reading only.
  void copy(Reg to, const Value& value);
  void store_value(const Mem& to, const Value& value);
  [[nodiscard]] bool is_in_memory(const Value& value) const;
  [[nodiscard]] Mem memory_of(const Value& value);
  [[nodiscard]] bool reads(const Value& value, Reg reg) const;
  // Calls `with` with a Reg or a Mem that holds the value.
  template <class With>
  void with_operand(Value& value, With with);
  // Where the result may go: the home of the local that the next instruction sets, unless `value` reads it …; else none.
  [[nodiscard]] Reg next_home(bool is_vector_reg) const;
  // … else a temporary: the one of `reusable` when it is owned, else a new one.
  [[nodiscard]] Reg destination(bool is_vector_reg, const Value& reusable);
  void make_valid(Reg reg);  // a home, r12 or rbx
  void load_home(Reg reg);
  void save_home(Reg reg);
  void save_homes(uint32_t homes);
  [[nodiscard]] Reg vmctx() {
    make_valid(Reg::r12);
    return Reg::r12;
  }
  void local_get(uint32_t index, wasm::ValueType type) { push({.kind = Value::local, .type = type_of(type), .index = index}); }
  void local_set(uint32_t index, bool keeps);
  void materialize_aliases(uint32_t local);
  void move_register(Type type, Reg to, Reg from);
  void load_register(Type type, Reg to, const Mem& from);
  void store_register(Type type, const Mem& to, Reg from);
  void load_constant(Type type, Reg to, uint64_t bits);
  void parallel_move(std::span<Move> moves);

  // control.cpp
  bool control(const wasm::Instruction& instruction);
  void begin_block(const wasm::Instruction& instruction, Control::Kind kind);
  void begin_loop(const wasm::Instruction& instruction);
  void settle_loop_state(const Prescan::Loop* loop);
  void begin_if(const wasm::Instruction& instruction);
  void begin_else(const wasm::Instruction& instruction);
  void end(const wasm::Instruction& instruction);
  void end_without_else(Control& control, bool is_reachable);
  void branch(uint32_t depth);
  void branch_if(uint32_t depth, Test test);
  void branch_table(std::span<const uint32_t> depths);
  void write_table_entry(Control& control);
  void write_table_stub(Control& control);
  void branch_on_null(uint32_t depth);
  void branch_on_non_null(uint32_t depth);
  [[nodiscard]] Test pop_condition();
  void jump_when(Test test, Position& link);  // chained through the displacements
  void jump(Position& link);
  void bind(Position& link);  // all jumps of the chain come here
  [[nodiscard]] Control& target(uint32_t depth) { return controls_[controls_.size() - 1 - depth]; }
  [[nodiscard]] static bool is_in_register(const Control& control);  // the label's values: one, in the result register
  void bring(Control& control);                                      // the label's values to where it expects them
  void bring_one();
  [[nodiscard]] bool is_in_place(const Control& control) const;
  void copy_to_slots(const Control& control);
  [[nodiscard]] State reconcile(Control& control);  // what must be loaded (valid) and stored (saved) to go there from here
  void repair(State fix);                           // changes registers and slots, not state_
  void go(Control& control);                        // the values are in place and the state is
  void arrive(Control& control);                    // the code that follows is the label's
  void forget_state();
  void truncate_stack(uint32_t height);
  void push_slots(std::span<const wasm::ValueType> types);
  void emit_return();
  void select(const wasm::Instruction& instruction);
  void select_by_jump(Test test, Value a, Value b);

  // calls.cpp
  bool call(const wasm::Instruction& instruction);
  void direct_call(wasm::FuncIndex func, bool is_tail);
  void indirect_call(const wasm::Instruction& instruction, bool is_tail);
  void reference_call(const wasm::Instruction& instruction, bool is_tail);
  void place_arguments(const wasm::FuncType& type);
  void finish_call(const wasm::FuncType& type);
  void tail_jump(wasm::FuncIndex own_func);
  template <class Target>
  void tail_jump_indirect(const Target& target);
  void builtin(code::Builtin builtin, std::span<Value> arguments);
  void note_call(uint32_t kept);  // right behind a call that may move objects or throw; `kept` operands stay

  // exceptions.cpp
  bool exception(const wasm::Instruction& instruction);
  void begin_try(const wasm::Instruction& instruction);
  void throw_tag(wasm::TagIndex tag);
  void throw_reference(Value exception);
  void write_pads();
  void write_pad(Try& handler);
  void write_clause(const Clause& clause);
  void load_payload(const Clause& clause);
  void write_handlers(uint32_t frame_bytes);

  // roots.cpp
  void find_reference_locals();
  void save_references(uint32_t kept);
  void note_roots(uint32_t kept);
  [[nodiscard]] uint32_t chain_roots(uint32_t kept);
  [[nodiscard]] bool is_collected_at(uint32_t place) const;
  [[nodiscard]] bool is_collected(wasm::ValueType type) const { return code::is_collected(module(), type); }

  // objects.cpp
  bool object(const wasm::Instruction& instruction);
  void struct_new(const wasm::Instruction& instruction);
  [[nodiscard]] Reg make_in_place(wasm::TypeIndex type, uint32_t bytes);
  void struct_get(const wasm::Instruction& instruction);
  void struct_set(const wasm::Instruction& instruction);
  void array_new(const wasm::Instruction& instruction);
  void array_get(const wasm::Instruction& instruction);
  void array_set(const wasm::Instruction& instruction);
  void array_bulk(const wasm::Instruction& instruction);
  void make(code::Builtin builtin, std::span<Value> arguments);  // the reference is in rax, taken
  [[nodiscard]] Reg heap_base();                                 // r11
  [[nodiscard]] Reg pop_object(wasm::ValueType type, code::TrapCode null, Value& object);
  [[nodiscard]] Mem element(uint32_t bytes, Reg array, Reg index);
  void load_field(const wasm::FieldType& field, bool is_signed, const Mem& from);
  void store_field(const wasm::FieldType& field, const Mem& to, Value& value);
  void as_integers(Value& value, Value& high);

  // casts.cpp
  bool cast(const wasm::Instruction& instruction);
  template <class Fail>
  void match(Reg reference, wasm::ValueType target, wasm::ValueType source, Fail fail_if);
  template <class Fail>
  void match_concrete(Reg type, wasm::TypeIndex target, std::vector<Position>& pass, Fail fail_if);
  [[nodiscard]] Reg match_to_register(Reg reference, wasm::ValueType target, wasm::ValueType source);
  [[nodiscard]] Reg xbuf_to_r11();

  // memory.cpp
  bool memory(const wasm::Instruction& instruction);
  void scalar_load(const wasm::Instruction& instruction);
  void scalar_store(const wasm::Instruction& instruction);
  [[nodiscard]] Memory address(const wasm::MemArg& memarg, uint32_t size);  // pops the index; traps where it must
  [[nodiscard]] Memory checked_address(const wasm::MemArg& memarg, uint32_t size, Value index);
  [[nodiscard]] Reg base(wasm::MemoryIndex memory);           // rbx, or r11
  [[nodiscard]] Mem memory_length(wasm::MemoryIndex memory);  // through r11 for an imported one
  [[nodiscard]] bool is_memory64(wasm::MemoryIndex memory) const;
  void release(const Memory& memory) { free_ |= memory.held; }
  void bulk(const wasm::Instruction& instruction);

  // tables.cpp: tables, globals, references
  bool table(const wasm::Instruction& instruction);
  void table_get(const wasm::Instruction& instruction);
  void table_set(const wasm::Instruction& instruction);
  [[nodiscard]] Reg table_entry(wasm::TableIndex table, code::TrapCode trap_code, Reg& index);
  [[nodiscard]] Mem table_length(wasm::TableIndex table);
  void global_get(const wasm::Instruction& instruction);
  void global_set(const wasm::Instruction& instruction);
  [[nodiscard]] Mem global_address(wasm::GlobalIndex index);
  bool reference(const wasm::Instruction& instruction);
  void resolve_entry(wasm::TableIndex table, Reg entry, Reg index, bool traps_on_null);

  // integer.cpp
  bool integer(const wasm::Instruction& instruction);
  void alu(Alu op, bool w, bool is_commutative);
  void add(bool w);
  void multiply(bool w);
  void compare(Test test, bool w);
  void equals_zero(bool w);
  void finish_test(Test test);
  void set_register(Test test, Reg to);
  void divide(bool w, bool is_signed, bool wants_remainder);
  [[nodiscard]] bool divide_by_constant(bool w, bool is_signed, bool wants_remainder);
  void shift(Shift op, bool w);
  void count_bits(wasm::Opcode op, bool w);
  void sign_extend(wasm::Opcode op);
  void wrap();
  void extend(bool is_signed);

  // float.cpp, convert.cpp
  bool floating(const wasm::Instruction& instruction);
  void float_binary(Op op, Type type);
  void float_compare(wasm::Opcode op, Type type);
  void float_min_max(bool is_min, Type type);
  void float_unary(wasm::Opcode op, Type type);
  void float_sign(uint32_t constant, Op op, Type type);
  void float_copysign(Type type);
  void canonicalize(Type type, Reg reg);
  bool convert(const wasm::Instruction& instruction);
  void truncate(const wasm::Instruction& instruction);
  void to_float(wasm::Opcode op);
  void change_precision(Type from_type, Type to_type);
  void reinterpret(Type type);
  void finish_truncation(const Detour& detour);

  // vector_*.cpp, atomic.cpp
  bool vector(const wasm::Instruction& instruction);
  bool atomic(const wasm::Instruction& instruction);

  // Shared.
  void trap_if(Condition condition, code::TrapCode code);
  void trap(code::TrapCode code);
  // Three-operand vector instructions, in either encoding. `to` may be `a`; it may be `b` where AVX is used.
  void vector_op(Op op, Reg to, Reg a, Reg b);
  void vector_op(Op op, Reg to, Reg a, const Mem& b);
  void vector_move(Op op, Reg to, Reg from);  // two-operand ones
  void vector_constant_op(Op op, Reg to, Reg a, uint32_t constant);
  void constant_operand(Position behind, uint32_t constant, uint32_t trailing = 0) {
    unit_.relocations.push_back({behind, Relocation::constant(constant, trailing)});
  }
  [[nodiscard]] const wasm::Module& module() const { return source_.module; }
  [[nodiscard]] const code::InstanceLayout& layout() const { return source_.layout; }
  [[nodiscard]] const code::CodegenKey& key() const { return source_.key; }
  [[nodiscard]] uint32_t height() const { return height_; }
  [[nodiscard]] const Value& top() const { return stack_[height_ - 1]; }

  const Source& source_;
  wasm::Walker& walker_;
  Assembler& code_;
  Unit& unit_;
  Prescan prescan_;
  const bool has_avx_, has_bmi2_, has_lzcnt_;
  const bool has_fuel_, is_for_debugging_;

  // Of the current function.
  wasm::FuncIndex func_ = 0;
  uint32_t offset_ = 0;  // of the current instruction
  Position start_ = 0, frame_patch_ = 0;
  uint32_t temporaries_ = 0;  // registers that are no homes
  uint32_t free_ = 0;         // temporaries that hold nothing
  uint32_t homes_ = 0;
  State state_;
  uint32_t slot_bytes_ = 8;
  uint32_t local_slots_ = 0;
  uint32_t deepest_slot_ = 0;             // of operands
  uint32_t flushed_ = 0;                  // operands below are in slots or constants
  uint32_t rooted_ = 0;                   // at most flushed_: operands below are in root_operands_ if they are references
  uint32_t reference_homes_ = 0;          // of homes_, those of references
  uint32_t reference_locals_ = no_roots;  // in Unit::roots.locals
  struct RootedOperand {
    uint32_t place, node;  // on the stack, in Unit::roots.operands
  };
  std::vector<RootedOperand> root_operands_;
  // Operands from `first` on belong to the instruction that makes an object of them: the walker knows their types no more.
  struct Pending {
    uint32_t first = nothing;
    std::span<const wasm::FieldType> fields = {};
    std::span<const wasm::ValueType> types = {};
    const wasm::FieldType* each = nullptr;
  };
  Pending pending_;
  std::vector<Try> tries_;
  std::vector<Clause> clauses_;
  struct Thrower {
    Position behind;
    uint32_t handler;
  };
  std::vector<Thrower> throwers_;
  uint32_t try_ = nothing;  // the innermost open one
  uint32_t next_loop_ = 0;
  uint32_t body_start_ = 0;  // what the offsets of prescan_ count from
  uint32_t pending_fuel_ = 0;
  std::array<Reg, Prescan::counted_locals> home_{};  // of a local
  std::array<uint32_t, 32> local_of_{};              // of a home
  std::array<Type, 32> home_type_{};
  std::array<uint32_t, 32> owner_{};                             // of a temporary: place on the stack, or nobody
  std::array<uint16_t, Prescan::counted_locals + 1> aliases_{};  // operands that name the local; the last: all locals beyond
  std::vector<Value> stack_ = std::vector<Value>(256);           // operands are the first height_
  uint32_t height_ = 0;
  std::vector<Control> controls_;
  std::vector<TrapSite> traps_;
  std::vector<Detour> detours_;
  std::vector<Move> moves_;
};

template <wasm::Step step>
[[gnu::always_inline]] inline void FuncCompiler::instruction(const wasm::Instruction& instruction) {
  using enum wasm::Step;
  offset_ = static_cast<uint32_t>(instruction.offset);
  // What only names an operand has no code, and needs no row.
  constexpr bool is_name = step == local_get || step == i32_const || step == i64_const;
  if (!is_name || has_fuel_ || is_for_debugging_) {
    row();
    if (has_fuel_) charge_fuel(instruction);
  }
  if constexpr (step == local_get) {
    this->local_get(instruction.index, instruction.type);
  } else if constexpr (step == i32_const || step == i64_const) {
    push_constant(step == i32_const ? Type::i32 : Type::i64, instruction.low);
  } else if constexpr (step == local_set || step == local_tee) {
    this->local_set(instruction.index, step == local_tee);
  } else if constexpr (step == fixed) {
    numeric(instruction);
  } else if constexpr (step == access) {
    load_or_store(instruction);
  } else {
    dispatch(instruction);
  }
  if (is_for_debugging_) flush(true);
}

}  // namespace mote::baseline::x64
