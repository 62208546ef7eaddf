// The walker: the one traversal that decodes and validates a function body and tells a consumer each instruction.
//
// A consumer is any class with
//     void instruction(const Instruction& instruction);
// or, where it is worth code of its own for each step (opcode.h), with
//     template <Step step> void instruction(const Instruction& instruction);
// where Step::rule stands for any instruction: what legacy ones are told as comes with that.
// It is told only what is reachable: after br, return, unreachable, … nothing until the `else` or `end` of the innermost block
// that it knows. A block that starts in unreachable code is never told, nor anything inside it; for every block that was told,
// `else` (if written) and `end` are told too, with `end_reachable`. The function's own final `end` is told last.
// Exception instructions from before WebAssembly 3.0 are told as the standard ones (walk_legacy.cpp); they may add locals.
// Types are known: operands were checked, so a consumer keeps no error paths and never sees an invalid *instruction*. What it
// has made of a body is to be thrown away when walk() returns an error.
//
// walk() validates everything that the specification asks of the body (locals included) and returns its first error, with the
// offset in the module and the specification's words. Bounded: memory in proportion to the body, no recursion, no allocation
// per instruction. The rules do not depend on the consumer and are compiled once; the template at the end is what nearly every
// instruction needs, inlined into the loop.
// Spec: core/valid/instructions, appendix/algorithm. Tested by walk_test.cpp, tests/spec, fuzz/validate.cpp.
#pragma once

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/reader.h"

#include <mote/result.h>

#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace mote::wasm {

// Reads the locals of a body: parameters first, then declared ones. Fails like walk().
[[nodiscard]] Result<std::vector<ValueType>> read_locals(const Module& module, FuncIndex func);

// The state of a walk, kept from function to function so that its buffers are allocated once. Use walk().
class Walker {
 public:
  explicit Walker(const Module& module);
  ~Walker();
  Walker(const Walker&) = delete;
  Walker& operator=(const Walker&) = delete;

  void start(FuncIndex func);
  // After start(): prepares for exception instructions from before WebAssembly 3.0, which may add locals. Whoever knows that the
  // body has none says so, and saves the search. Where nobody calls it, next() and take_locals() do.
  void look_for_legacy(bool may_have_some = true);
  // Decodes and checks one instruction; false at the end of the body or at an error, which finish() tells apart.
  [[nodiscard]] bool next();
  // The same, and tells the consumer. Inlined: for the one loop of whoever walks.
  template <class Consumer>
  [[nodiscard]] bool next(Consumer& consumer);
  [[nodiscard]] Result<void> finish();
  // After start(), instead of next(): the types of all locals.
  [[nodiscard]] Result<std::vector<ValueType>> take_locals();
  // What the last next() has read.
  [[nodiscard]] const Instruction& instruction() const { return instruction_; }
  // The operand at this place, 0 the deepest, as the last next() left the stack: for consumers that must know the types of what
  // lies below the instruction's own operands.
  [[nodiscard]] ValueType operand(size_t place) const { return stack_[place]; }
  // What follows it in the body, not decoded yet: for consumers that look ahead. After start(): what follows the locals.
  [[nodiscard]] Bytes rest() const { return in_.rest(); }
  // Parameters and declared locals, and those that the translation of legacy instructions adds: behind look_for_legacy().
  [[nodiscard]] uint32_t local_count() const { return local_count_ + hidden_locals(); }
  [[nodiscard]] ValueType local_type(uint32_t index) const;
  [[nodiscard]] bool has_vector_locals() const { return has_vector_locals_; }
  [[nodiscard]] bool has_reference_locals() const { return has_reference_locals_; }  // parameters are not looked at

 private:
  using Types = std::span<const ValueType>;
  template <Step step, class Consumer>
  [[nodiscard]] bool tell(Consumer& consumer);
  struct Frame {  // a block, with what it needs at its `else` and `end`
    BlockType type;
    uint32_t height = 0;  // of the operand stack below its parameters
    uint32_t set_locals = 0;
    Opcode op = Opcode::block;
    bool unreachable = false;  // the rest of the block is not reachable
    bool told = false;         // the consumer knows it
    [[nodiscard]] Types label_types() const { return op == Opcode::loop ? type.params : type.results; }
  };
  struct LocalRun {  // locals below `end` that no earlier run has
    uint32_t end;
    ValueType type;
  };

  // walk.cpp
  void read_local_runs();
  void local_get();
  void local_set(bool keeps_operand);
  [[nodiscard]] bool read_local();
  void fixed(const PlainOpcode& opcode);
  [[nodiscard]] bool read_short_memarg(uint32_t natural_log2);
  [[gnu::noinline]] void fixed_with_immediate();
  [[gnu::noinline]] void check_operands(ValueType address);
  [[nodiscard, gnu::noinline]] ValueType read_fixed_immediate(Immediate immediate);
  [[nodiscard]] ValueType read_memarg(Immediate immediate);
  [[nodiscard]] uint32_t read_lane(uint32_t lanes);
  // An index below `size`, else "unknown WHAT INDEX"; look at failed() before it is used.
  [[nodiscard]] uint32_t read_index(size_t size, const char* what) {
    const uint32_t index = in_.u32();
    check_index(index, size, what);
    return index;
  }
  void check_index(uint32_t index, size_t size, const char* what) {
    if (index >= size) [[unlikely]]
      unknown_index(index, what);
  }
  [[gnu::cold, gnu::noinline]] void unknown_index(uint32_t index, const char* what);
  [[gnu::noinline]] void rule(Opcode op);
  [[gnu::noinline]] bool begin_slowly();
  [[gnu::noinline]] bool next_long();
  [[gnu::cold, gnu::noinline]] bool end_body();
  [[gnu::noinline]] bool far_local(uint32_t index);
  [[gnu::noinline]] void note_set(uint32_t index);
  [[gnu::cold, gnu::noinline]] void uninitialized(uint32_t index);

  // walk_control.cpp
  void block(Opcode op);
  void begin_else();
  void end();
  void br();
  void br_if();
  void br_table();
  void br_on_null();
  void br_on_non_null();
  void br_on_cast(bool on_fail);
  void return_all();
  void call();
  void call_indirect();
  void call_ref();
  void finish_call(const FuncType& type, bool is_tail);
  void throw_tag();
  void try_table();
  void check_catch(const Catch& clause, Types label);
  [[nodiscard]] BlockType read_block_type();
  [[nodiscard]] const Frame& read_label();
  void push_frame(Opcode op, BlockType type);
  void pop_frame_results();
  void unreachable();
  void check_top(Types types);

  // walk_data.cpp: globals, references, tables, memories as wholes
  void drop();
  void select();
  void select_t();
  void global_get();
  void global_set();
  void table_op(Opcode op);
  void table_copy();
  void memory_copy();
  void ref_op(Opcode op);
  void ref_func();
  void ref_test(Opcode op);
  [[nodiscard]] ValueType read_table_init();
  void check_data(DataIndex index);
  void check_element(ElementIndex index);

  // walk_gc.cpp: structures, arrays, i31
  void struct_op(Opcode op);
  void array_op(Opcode op);
  void array_new(Opcode op, const FieldType& element);
  void array_copy(const FieldType& element);
  void check_get(const FieldType& field, bool extends);
  void convert(HeapType from, HeapType to);
  [[nodiscard]] const SubType* read_type(CompositeKind kind);
  void check_segment(bool is_data, const FieldType& element);

  // walk_legacy.cpp: exception instructions from before WebAssembly 3.0, told as the standard ones
  struct Legacy;
  void find_legacy();
  [[nodiscard]] bool legacy_instruction();  // false: it is none
  void legacy_try();
  void legacy_catch(bool takes_all);
  void legacy_rethrow();
  void legacy_delegate();
  void end_legacy_try();
  [[nodiscard]] bool end_legacy();
  void end_legacy_function();
  void open_legacy_frame(bool is_told);
  [[nodiscard]] uint32_t told_depth(uint32_t depth) const;
  [[nodiscard]] bool take_queued();
  Instruction& tell(Opcode op, uint32_t index);
  void tell_block(Opcode op, BlockType type);
  void tell_end(bool is_reachable);
  template <class Try>
  void tell_try(const Try& info, BlockType type);
  template <class Try>
  void tell_end_of_body(const Try& info, bool is_reachable);
  [[nodiscard]] uint32_t delegated_label(uint32_t number) const;
  [[nodiscard]] uint32_t hidden_locals() const;

  // The operand stack. Types of the innermost block start at base_.
  void push(ValueType type) {
    if (top_ == capacity_) [[unlikely]]
      grow(1);
    stack_[top_++] = type;
  }
  void pop(ValueType expected) {
    if (top_ > base_ && stack_[top_ - 1] == expected) {
      --top_;
    } else {
      pop_slowly(expected);
    }
  }
  // The type of the reference `depth` below the top, before it is popped: what instruction_.type tells consumers of an operand.
  [[nodiscard]] ValueType peek(size_t depth = 0) const { return top_ > base_ + depth ? stack_[top_ - 1 - depth] : bottom; }
  void push_all(Types types);
  void pop_all(Types types);
  ValueType pop_any();
  ValueType pop_ref();
  [[gnu::noinline]] void pop_slowly(ValueType expected);
  [[gnu::cold, gnu::noinline]] void grow(size_t more);

  [[gnu::cold, gnu::noinline]] void fail(std::string message, ErrorKind kind = ErrorKind::bad_input);
  [[gnu::cold, gnu::noinline]] void mismatch(ValueType expected, ValueType found);
  [[gnu::cold, gnu::noinline]] void mismatch(const std::string& what);
  [[nodiscard]] ValueType address_type(AddressType address) const { return address == AddressType::i64 ? i64 : i32; }

  const Module& module_;
  const bool has_short_memory_;  // memory 0 is there, and has 32-bit addresses
  FuncIndex func_ = 0;
  Reader in_;
  Instruction instruction_;
  bool told_ = false;
  bool live_ = false;       // the next instruction is reachable, in a block that was told
  bool has_spans_ = false;  // instruction_ has some, or nothing was read yet

  std::unique_ptr<ValueType[]> stack_memory_;
  ValueType* stack_ = nullptr;  // behind two further ones, so that the two topmost types can always be read
  size_t top_ = 0, base_ = 0, capacity_ = 0;
  std::vector<Frame> frames_;
  std::deque<ValueType> block_results_;  // types that block types of one result point to
  std::vector<uint32_t> targets_;
  std::vector<Catch> catches_;

  std::vector<ValueType> locals_;  // the first ones, spelt out
  std::vector<LocalRun> runs_;     // all of them
  uint32_t local_count_ = 0;
  bool has_vector_locals_ = false;  // a declared one; parameters are not looked at
  bool has_reference_locals_ = false;
  std::unique_ptr<Legacy> legacy_;
  bool is_looked_through_ = false;  // for legacy instructions
  bool has_legacy_ = false;         // there are some, and legacy_ is about them
  bool tracks_locals_ = false;      // there are locals without default value
  std::vector<bool> is_set_;        // then: per local, whether it has a value here
  std::vector<LocalIndex> set_;     // … and in which order they got one
};

template <class Consumer>
concept KnowsSteps =
    requires(Consumer& consumer, const Instruction& instruction) { consumer.template instruction<Step::rule>(instruction); };

template <Step step, class Consumer>
[[gnu::always_inline]] inline bool Walker::tell(Consumer& consumer) {
  if (in_.failed()) [[unlikely]]
    return false;
  if (told_) {
    if constexpr (KnowsSteps<Consumer>) {
      consumer.template instruction<step>(instruction_);
    } else {
      consumer.instruction(instruction_);
    }
  }
  return true;
}

// Each step tells by itself, so that what the consumer does with it follows without another look at the opcode.
template <class Consumer>
[[gnu::always_inline]] inline bool Walker::next(Consumer& consumer) {
  if (has_spans_) [[unlikely]] {
    if (begin_slowly()) return tell<Step::rule>(consumer);
  }
  if (in_.at_end()) [[unlikely]]
    return end_body();
  instruction_.offset = in_.offset();
  told_ = live_;
  const PlainOpcode& opcode = plain_opcodes[in_.peek()];
  if (opcode.step == Step::other) [[unlikely]]
    return next_long() && tell<Step::rule>(consumer);
  (void)in_.u8();
  instruction_.op = opcode.op;
  switch (opcode.step) {
    case Step::local_get:
      local_get();
      return tell<Step::local_get>(consumer);
    case Step::local_set:
      local_set(false);
      return tell<Step::local_set>(consumer);
    case Step::local_tee:
      local_set(true);
      return tell<Step::local_tee>(consumer);
    case Step::i32_const:
      instruction_.low = static_cast<uint32_t>(in_.s32());
      push(i32);
      return tell<Step::i32_const>(consumer);
    case Step::i64_const:
      instruction_.low = static_cast<uint64_t>(in_.s64());
      push(i64);
      return tell<Step::i64_const>(consumer);
    case Step::fixed:
      fixed(opcode);
      return tell<Step::fixed>(consumer);
    case Step::access:
      read_short_memarg(opcode.natural_log2) ? fixed(opcode) : fixed_with_immediate();
      return tell<Step::access>(consumer);
    case Step::constant:
      fixed_with_immediate();
      return tell<Step::rule>(consumer);
    case Step::rule:
    case Step::other:
      break;
  }
  rule(opcode.op);
  return tell<Step::rule>(consumer);
}

[[gnu::always_inline]] inline bool Walker::read_local() {
  const uint32_t index = instruction_.index = in_.u32();
  if (index >= locals_.size()) [[unlikely]]
    return far_local(index);
  instruction_.type = locals_[index];
  return true;
}

[[gnu::always_inline]] inline void Walker::local_get() {
  if (!read_local()) return;
  if (tracks_locals_ && !is_set_[instruction_.index]) [[unlikely]]
    return uninitialized(instruction_.index);
  push(instruction_.type);
}

[[gnu::always_inline]] inline void Walker::local_set(bool keeps_operand) {
  if (!read_local()) return;
  pop(instruction_.type);
  if (keeps_operand) push(instruction_.type);
  if (tracks_locals_) [[unlikely]]
    note_set(instruction_.index);
}

// The operands are of the very types: nearly always.
[[gnu::always_inline]] inline void Walker::fixed(const PlainOpcode& opcode) {
  if (top_ == capacity_) [[unlikely]]
    grow(1);
  ValueType* const top = stack_ + top_;
  uint64_t topmost = 0;
  std::memcpy(&topmost, top - 2, sizeof topmost);
  if (((topmost ^ opcode.expected) & opcode.mask) == 0 && top_ - base_ >= opcode.param_count) {
    *(top - opcode.param_count) = opcode.result;
    top_ += static_cast<size_t>(static_cast<ptrdiff_t>(opcode.growth));
  } else {
    check_operands(i32);
  }
}

// Of memory 0, where alignment and offset are short; otherwise nothing is read.
[[gnu::always_inline]] inline bool Walker::read_short_memarg(uint32_t natural_log2) {
  const Bytes rest = in_.rest();
  if (rest.size() < 2 || rest[0] > natural_log2 || rest[1] >= 0x80 || !has_short_memory_) return false;
  instruction_.memarg = {.align_log2 = in_.u8(), .memory = 0, .offset = in_.u8()};
  return true;
}

// Walks one body. `Consumer` is a template parameter, so that its calls inline.
template <class Consumer>
[[nodiscard]] Result<void> walk(Walker& walker, FuncIndex func, Consumer& consumer) {
  walker.start(func);
  while (walker.next(consumer)) {
  }
  return walker.finish();
}
template <class Consumer>
[[nodiscard]] Result<void> walk(const Module& module, FuncIndex func, Consumer& consumer) {
  Walker walker(module);
  return walk(walker, func, consumer);
}

struct NullConsumer {
  void instruction(const Instruction&) {}
};

}  // namespace mote::wasm
