// Statements that strain a compiler's registers and its bookkeeping of the operand stack: see function_maker.h.
//
// A single-pass compiler keeps locals in registers over loops, spills around calls and repairs where paths meet; values on its
// operand stack may be aliases of locals that are written before the value is used. Ordinary statements rarely do that.
#include "tests/differential/function_maker.h"

namespace mote::differential {

using wasm::HeapType;
using wasm::ValueType;

namespace {

const std::vector<ValueType> numbers = {wasm::i32, wasm::i64, wasm::f64, wasm::i32, wasm::f32, wasm::v128};

}  // namespace

// local = operator(locals): one instruction deep.
void FunctionMaker::hot_step() {
  const uint32_t depth = depth_;
  depth_ = 11 + choices_.below(2);
  const ValueType type = choices_.pick(numbers);
  if (choices_.below(6) == 5) {
    store();
  } else {
    number_expression(type, Bits::exact);
    const uint32_t kind = choices_.below(6);
    if (kind == 5) {
      out_.byte(0x22), out_.u(local_of(type));  // local.tee
      consume({type});
    } else {
      set(local_of(type));
    }
  }
  depth_ = depth;
}

// A loop over many locals, with calls only where control rarely comes, perhaps with a loop inside.
void FunctionMaker::hot_loop() {
  const bool was_hot = is_hot_;
  is_hot_ = true;
  const uint32_t counter = new_local(wasm::i32);
  reserved_[counter] = true;
  i32_const(static_cast<int32_t>(1 + choices_.below(6)));
  set(counter);
  out_.byte(0x02), out_.byte(0x40);  // block: the way out
  labels_.push_back({{}, false});
  out_.byte(0x03), out_.byte(0x40);
  labels_.push_back({{}, true});
  take_step();
  for (uint32_t steps = 1 + choices_.below(8); steps != 0; --steps) hot_step();
  if (choices_.below(2) != 0) {  // rarely taken, and then all registers are lost
    get(counter);
    i32_const(static_cast<int32_t>(1 + choices_.below(4)));
    out_.byte(0x46);                   // i32.eq
    out_.byte(0x04), out_.byte(0x40);  // if
    labels_.push_back({{}, false});
    call_any();
    hot_step();
    if (choices_.below(3) == 2) out_.byte(0x0c), out_.u(choices_.below(2) + 1);  // br: next repetition, or out
    if (choices_.below(3) == 2) out_.byte(0x05), hot_step();                     // else
    labels_.pop_back();
    out_.byte(0x0b);
  }
  if (choices_.below(4) == 3 && labels_.size() < 12) hot_loop();
  if (choices_.below(4) == 3) expression(wasm::i32), out_.byte(0x0d), out_.u(1);  // br_if: out
  for (uint32_t steps = choices_.below(3); steps != 0; --steps) hot_step();
  get(counter);
  i32_const(1);
  out_.byte(0x6b), out_.byte(0x22), out_.u(counter);  // i32.sub, local.tee
  i32_const(0);
  out_.byte(0x4a), out_.byte(0x0d), out_.u(0);  // i32.gt_s, br_if
  labels_.pop_back();
  out_.byte(0x0b);
  labels_.pop_back();
  out_.byte(0x0b);
  is_hot_ = was_hot;
}

// Many values on the operand stack at once, with statements in between that write the locals they came from.
void FunctionMaker::deep_stack() {
  const bool was_hot = is_hot_;
  is_hot_ = true;
  std::vector<ValueType> types;
  const uint32_t most = choices_.below(4) != 3 ? 12 : options_.is_large ? 300 : 40;
  for (uint32_t count = 2 + choices_.below(most); count != 0; --count) {
    const ValueType type = choices_.below(12) == 11 ? some_ref() : choices_.pick(numbers);
    leaf(type);
    types.push_back(type);
    if (choices_.below(5) == 4) hot_step();
    if (choices_.below(12) == 11) statement();
  }
  consume(types);
  is_hot_ = was_hot;
}

// What is never reached may use operands that are not there.
void FunctionMaker::dead_code() {
  out_.byte(0x02), out_.byte(0x40);  // block
  labels_.push_back({{}, false});
  out_.byte(0x0c), out_.u(0);  // br
  for (uint32_t count = choices_.below(5); count != 0; --count) {
    switch (choices_.below(8)) {
      case 0:
        out_.byte(0x1a);  // drop
        break;
      case 1:
        out_.byte(0x6a), out_.byte(0x1a);  // i32.add, drop
        break;
      case 2:
        out_.byte(0x1b), out_.byte(0x1a);  // select, drop
        break;
      case 3:
        set(local_of(choices_.pick(numbers)));
        break;
      case 4: {
        const uint32_t func = some_callee();
        out_.byte(0x10), out_.u(func);  // call, with no arguments
        for (size_t i = shape_.func_type(func).results.size(); i != 0; --i) out_.byte(0x1a);
        break;
      }
      case 5:  // a block inside
        out_.byte(0x04), out_.byte(0x40);
        labels_.push_back({{}, false});
        hot_step();
        labels_.pop_back();
        out_.byte(0x05), out_.byte(0x0b);
        break;
      case 6:
        out_.byte(0x0e), out_.u(1), out_.u(0), out_.u(0);  // br_table
        break;
      default:
        statement();
    }
  }
  labels_.pop_back();
  out_.byte(0x0b);
}

// Arguments, then a reference: called unless it is null; then the arguments are left behind by a branch.
void FunctionMaker::call_unless_null() {
  const uint32_t type = choices_.below(static_cast<uint32_t>(shape_.types.size()));
  out_.byte(0x02), out_.byte(0x40);  // block
  labels_.push_back({{}, false});
  expressions(shape_.types[type].params);
  expression(ValueType::ref(HeapType::concrete(type), true));
  out_.byte(0xd5), out_.u(0);                   // br_on_null
  if (choices_.below(4) == 3) out_.byte(0xd4);  // ref.as_non_null
  out_.byte(0x14), out_.u(type);                // call_ref
  consume(shape_.types[type].results);
  labels_.pop_back();
  out_.byte(0x0b);
}

}  // namespace mote::differential
