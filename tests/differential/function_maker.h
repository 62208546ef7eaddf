// Emits one function body for a ModuleShape: see generator.h for how.
#pragma once

#include "tests/differential/choices.h"
#include "tests/differential/generator.h"
#include "tests/differential/module_shape.h"

namespace mote::differential {

class FunctionMaker {
 public:
  FunctionMaker(const ModuleShape& shape, Choices& choices, const GeneratorOptions& options, uint32_t func);

  // Locals and instructions, without the size before them.
  Binary make();

 private:
  using Type = wasm::ValueType;
  struct Label {
    std::vector<Type> types;  // what a branch carries
    bool is_loop = false;
  };
  struct BlockShape {
    std::vector<Type> params;
    std::vector<Type> results;
    uint32_t type = 0;  // index, when it needs one
  };

  // Expressions: leave one value of the type.
  void expression(Type type, Bits bits = Bits::exact);
  void expressions(const std::vector<Type>& types);
  void leaf(Type type);
  void constant(Type type);
  void ref_leaf(Type type);
  void ref_expression(Type type);
  void number_expression(Type type, Bits bits);
  void apply(const Operator& op, Bits bits);
  void operand(const Operator& op, size_t index, uint32_t memory);
  void canonicalize(Type type, Bits shape);
  void address(uint32_t memory, uint32_t access_bytes);
  void table_index(uint32_t table);
  void memarg(const Operator& op, uint32_t memory);
  bool call_with_result(Type type);

  // Statements: leave nothing. pressure.cpp has those that strain a single-pass compiler's registers and stack.
  void hot_loop();
  void hot_step();
  void deep_stack();
  void dead_code();
  void call_unless_null();
  void statements(uint32_t most);
  void statement();
  void consume(const std::vector<Type>& types);
  void store();
  void bulk_memory();
  void bulk_table();
  void call_any();
  void tail_call();
  void branch();
  void branch_table();
  void branch_on_null();
  void assign();

  // Calls: arguments, then the instruction. `tail` makes it a tail call.
  void call_func(uint32_t func, bool tail);

  // Blocks.
  std::vector<Type> block_results();
  BlockShape block_shape(std::vector<Type> results);
  void block(std::vector<Type> results);
  void begin_block(uint8_t opcode, const BlockShape& shape);
  void if_else(std::vector<Type> results);
  void loop(std::vector<Type> results);
  void take_step();

  Type some_ref();
  uint32_t local_of(Type type);
  uint32_t new_local(Type type);
  uint32_t scratch_of(Type type);
  uint32_t some_callee();
  [[nodiscard]] bool is_assignable(Type sub, Type super) const;
  [[nodiscard]] bool is_tired() const { return budget_ <= 0 || depth_ > 12 || choices_.is_over(); }
  void get(uint32_t local) { out_.byte(0x20), out_.u(local); }
  void set(uint32_t local) { out_.byte(0x21), out_.u(local); }
  void i32_const(int32_t value) { out_.byte(0x41), out_.s(value); }
  void address_const(Type type, uint64_t value);

  const ModuleShape& shape_;
  Choices& choices_;
  const GeneratorOptions& options_;
  uint32_t func_;
  Binary out_;
  std::vector<Type> locals_;    // parameters first
  std::vector<bool> reserved_;  // per local: a loop counter or scratch, not to be chosen
  std::vector<Label> labels_;   // outermost first
  int32_t budget_ = 0;
  uint32_t depth_ = 0;
  bool is_hot_ = false;  // mostly locals as leaves
};

// A constant's bits: edges more often than not. `high` only for v128.
struct ConstantBits {
  uint64_t low = 0, high = 0;
};
[[nodiscard]] ConstantBits interesting_constant(Choices& choices, wasm::ValueType type);

}  // namespace mote::differential
