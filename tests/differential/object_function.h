// Emits one function body of object_program.h: typed expressions and statements, as in function_maker.h.
#pragma once

#include "tests/differential/binary.h"
#include "tests/differential/choices.h"
#include "tests/differential/object_shape.h"

#include <initializer_list>

namespace mote::differential {

class ObjectFunction {
 public:
  ObjectFunction(const ObjectShape& shape, Choices& choices, uint32_t func);

  // Locals and instructions, without the size before them.
  Binary make();
  // The function `digest` of the module.
  Binary make_digest();

 private:
  using Type = wasm::ValueType;
  using Heap = wasm::HeapType;

  // Expressions: leave one value of the type. fresh(): of a type that is not nullable, in a bounded number of steps.
  void value(Type type);
  void leaf(Type type);
  void number(Type type);
  void number_of_objects();
  void constant(Type type);
  void reference(Type type);
  void fresh(Heap heap);
  void fresh_struct(uint32_t type);
  void fresh_array(uint32_t type);
  void fresh_exception();
  void field_value(Type type);
  bool from_field(Type type);
  bool from_element(Type type);
  bool from_global(Type type);
  bool from_call(Type type);
  bool is_callee(uint32_t func);
  bool from_cast(Type type);
  void from_try(Type type);
  void object(uint32_t type);
  void small_index(uint32_t bound);
  void array_length();

  // Statements: leave nothing.
  void statements(uint32_t most);
  void statement();
  void assign();
  void set_field();
  void set_element();
  void bulk();
  void small();
  void bulk_operation(uint32_t type, const wasm::FieldType& element);
  void loop();
  void branch();
  void try_catch();
  void caught(uint32_t tag, bool has_tag, bool with_exception);
  void throw_something();
  void call(uint32_t func, bool is_tail);
  void consume(Type type);
  void take_step();
  void add_to_sum();

  // digest
  void mix(Type type);
  void digest_struct(uint32_t type, uint32_t local);
  void digest_array(uint32_t type, uint32_t local);

  // Writing.
  void op(uint8_t code, std::initializer_list<uint64_t> immediates = {});
  void gc(uint32_t code, std::initializer_list<uint64_t> immediates = {});
  void get(uint32_t local) { op(0x20, {local}); }
  void set(uint32_t local) { op(0x21, {local}); }
  void i32_const(int32_t value) { out_.byte(0x41), out_.s(value); }
  void i64_const(int64_t value) { out_.byte(0x42), out_.s(value); }
  void null(Heap heap);
  void get_field(uint32_t type, uint32_t index);
  void get_element(uint32_t type);
  void begin(uint8_t code, Type result);  // block, if, try_table's beginning
  void begin_empty(uint8_t code, bool is_target = true);
  void begin_typed(uint8_t code, uint32_t type);
  void end();
  void cast_branch(bool on_fail, uint32_t depth, Type source, Type target);

  uint32_t new_local(Type type);
  [[nodiscard]] bool is_tired() const { return budget_ <= 0 || depth_ > 10 || choices_.is_over(); }

  const ObjectShape& shape_;
  Choices& choices_;
  uint32_t func_;
  Binary out_;
  std::vector<Type> locals_;      // parameters first
  std::vector<uint32_t> usable_;  // locals to be chosen
  std::vector<bool> labels_;      // outermost first: whether a branch needs nothing
  int32_t budget_ = 0;
  uint32_t depth_ = 0;
};

}  // namespace mote::differential
