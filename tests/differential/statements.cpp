// Statements and blocks of generated functions: see function_maker.h.
#include "base/core/assert.h"
#include "tests/differential/function_maker.h"

namespace mote::differential {

using wasm::ValueType;

void FunctionMaker::statements(uint32_t most) {
  for (uint32_t count = choices_.below(most + 1); count != 0 && budget_ > 0; --count) statement();
}

void FunctionMaker::statement() {
  --budget_;
  if (is_tired()) return;
  ++depth_;
  switch (choices_.below(26)) {
    case 0:
      out_.byte(0x01);
      break;  // nop
    case 1:
    case 2:
    case 3: {
      const std::vector<ValueType> results = block_results();
      const uint32_t kind = choices_.below(3);
      if (kind == 0) block(results);
      if (kind == 1) if_else(results);
      if (kind == 2) loop(results);
      consume(results);
      break;
    }
    case 4:
      branch();
      break;
    case 5:
      branch_table();
      break;
    case 6:
      branch_on_null();
      break;
    case 7:
    case 8:
      call_any();
      break;
    case 9:
      tail_call();
      break;
    case 10:
      bulk_memory();
      break;
    case 11:
      bulk_table();
      break;
    case 12:
    case 13:
    case 14:
    case 15:
      store();
      break;
    case 16:
    case 17:
      hot_loop();
      break;
    case 18:
      deep_stack();
      break;
    case 19:
      dead_code();
      break;
    case 20:
      call_unless_null();
      break;
    default:
      assign();
  }
  --depth_;
}

// Puts the values on the stack somewhere; the last type lies topmost.
void FunctionMaker::consume(const std::vector<ValueType>& types) {
  for (size_t i = types.size(); i-- > 0;) {
    std::vector<uint32_t> globals;
    for (uint32_t g = 0; g < shape_.globals.size(); ++g) {
      const GlobalShape& global = shape_.globals[g];
      if (global.type.is_mutable && !global.is_steps && is_assignable(types[i], global.type.type)) globals.push_back(g);
    }
    uint32_t kind = choices_.below(8);
    if (kind >= 4 && !globals.empty()) {
      out_.byte(0x24), out_.u(choices_.pick(globals));
    } else if (kind == 0 || !types[i].is_defaultable()) {
      out_.byte(0x1a);  // drop
    } else {
      set(local_of(types[i]));
    }
  }
}

void FunctionMaker::assign() {
  static const std::vector<ValueType> types = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128, wasm::v128};
  const uint32_t kind = choices_.below(8);
  const ValueType type = kind < types.size() ? types[kind] : some_ref();
  expression(type);
  consume({type});
}

void FunctionMaker::store() {
  if (shape_.memories.empty()) return assign();
  apply(choices_.pick(operators().stores), Bits::exact);
}

void FunctionMaker::bulk_memory() {
  if (shape_.memories.empty()) return;
  auto some_memory = [&] { return choices_.below(static_cast<uint32_t>(shape_.memories.size())); };
  auto type_of = [&](uint32_t memory) { return shape_.address_type(shape_.memories[memory].limits); };
  uint32_t to = some_memory();
  uint32_t kind = choices_.below(8);
  if (kind < 3) {  // memory.fill
    address(to, 32), expression(wasm::i32), address_const(type_of(to), choices_.below(kind == 0 ? 4096 : 20));
    return out_.byte(0xfc), out_.u(0x0b), out_.u(to);
  }
  if (kind < 6) {  // memory.copy
    uint32_t from = some_memory();
    address(to, 32), address(from, 32);
    bool is_short = type_of(to) == wasm::i32 || type_of(from) == wasm::i32;
    address_const(is_short ? wasm::i32 : wasm::i64, choices_.below(kind == 3 ? 4096 : 20));
    return out_.byte(0xfc), out_.u(0x0a), out_.u(to), out_.u(from);
  }
  if (shape_.datas.empty()) return;
  uint32_t data = choices_.below(static_cast<uint32_t>(shape_.datas.size()));
  if (kind == 7 && choices_.below(3) == 0) return out_.byte(0xfc), out_.u(9), out_.u(data);  // data.drop
  uint32_t from = choices_.below(4);
  bool is_passive = shape_.datas[data].mode == wasm::SegmentMode::passive;
  address(to, 32), i32_const(static_cast<int32_t>(is_passive ? from : 0));
  i32_const(static_cast<int32_t>(is_passive ? choices_.below(shape_.datas[data].size + 1) : choices_.below(2)));
  out_.byte(0xfc), out_.u(8), out_.u(data), out_.u(to);  // memory.init
}

void FunctionMaker::bulk_table() {
  if (shape_.tables.empty()) return;
  uint32_t to = choices_.below(static_cast<uint32_t>(shape_.tables.size()));
  if (to == shape_.unchanged_table) return;
  ValueType type = shape_.address_type(shape_.tables[to].limits);
  ValueType element = shape_.tables[to].element;
  switch (choices_.below(6)) {
    case 0:
    case 1:  // table.set
      table_index(to), expression(element);
      return out_.byte(0x26), out_.u(to);
    case 2:  // table.fill
      table_index(to), expression(element), address_const(type, choices_.below(3));
      return out_.byte(0xfc), out_.u(0x11), out_.u(to);
    case 3: {  // table.copy
      std::vector<uint32_t> sources;
      for (uint32_t i = 0; i < shape_.tables.size(); ++i) {
        if (is_assignable(shape_.tables[i].element, element)) sources.push_back(i);
      }
      uint32_t from = choices_.pick(sources);
      table_index(to), table_index(from);
      bool is_short = type == wasm::i32 || shape_.address_type(shape_.tables[from].limits) == wasm::i32;
      address_const(is_short ? wasm::i32 : wasm::i64, choices_.below(5));
      return out_.byte(0xfc), out_.u(0x0e), out_.u(to), out_.u(from);
    }
    default:
      break;
  }
  std::vector<uint32_t> segments;
  for (uint32_t i = 0; i < shape_.elements.size(); ++i) {
    if (is_assignable(shape_.elements[i].type, element)) segments.push_back(i);
  }
  if (segments.empty()) return;
  uint32_t segment = choices_.pick(segments);
  if (choices_.below(6) == 5) return out_.byte(0xfc), out_.u(0x0d), out_.u(segment);  // elem.drop
  bool is_passive = shape_.elements[segment].mode == wasm::SegmentMode::passive;
  auto size = static_cast<uint32_t>(shape_.elements[segment].funcs.size());
  table_index(to), i32_const(static_cast<int32_t>(choices_.below(2)));
  i32_const(static_cast<int32_t>(is_passive ? choices_.below(size + 1) : choices_.below(2)));
  out_.byte(0xfc), out_.u(0x0c), out_.u(segment), out_.u(to);  // table.init
}

void FunctionMaker::call_any() {
  uint32_t func = some_callee();
  call_func(func, false);
  consume(shape_.func_type(func).results);
}

void FunctionMaker::tail_call() {
  std::vector<uint32_t> fitting;
  const std::vector<ValueType>& results = labels_.front().types;
  for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
    if (shape_.func_type(i).results == results && (i < shape_.imported_funcs || i > func_ || choices_.below(4) == 0))
      fitting.push_back(i);
  }
  if (fitting.empty() || choices_.below(2) == 0) return;
  expression(wasm::i32);  // mostly under a condition, so that what follows is not always dead
  out_.byte(0x04), out_.byte(0x40);
  labels_.push_back({{}, false});
  call_func(choices_.pick(fitting), true);
  labels_.pop_back();
  out_.byte(0x0b);
}

void FunctionMaker::branch() {
  auto count = static_cast<uint32_t>(labels_.size());
  uint32_t depth = choices_.below(count);
  if (labels_[count - 1 - depth].is_loop) depth = choices_.below(count);
  const std::vector<ValueType> types = labels_[count - 1 - depth].types;
  switch (choices_.below(12)) {
    case 0:
      expressions(types);
      return out_.byte(0x0c), out_.u(depth);  // br
    case 1:
      expressions(labels_.front().types);
      return out_.byte(0x0f);  // return
    case 2:
      if (choices_.below(4) == 0) return out_.byte(0x00);  // unreachable
      [[fallthrough]];
    default:
      expressions(types), expression(wasm::i32);
      out_.byte(0x0d), out_.u(depth);  // br_if
      consume(types);
  }
}

void FunctionMaker::branch_table() {
  auto count = static_cast<uint32_t>(labels_.size());
  const std::vector<ValueType> types = labels_[choices_.below(count)].types;
  std::vector<uint32_t> depths;
  for (uint32_t depth = 0; depth < count; ++depth) {
    if (labels_[count - 1 - depth].types == types) depths.push_back(depth);
  }
  expression(wasm::i32);
  out_.byte(0x04), out_.byte(0x40);  // if: what follows stays reachable
  labels_.push_back({{}, false});
  expressions(types), expression(wasm::i32);
  labels_.pop_back();
  out_.byte(0x0e);
  uint32_t targets = choices_.below(6);
  if (choices_.below(8) == 7) targets += choices_.below(70);
  out_.u(targets);
  for (uint32_t i = 0; i <= targets; ++i) out_.u(choices_.pick(depths) + 1);  // + 1: out of the `if`
  out_.byte(0x0b);
}

void FunctionMaker::branch_on_null() {
  auto count = static_cast<uint32_t>(labels_.size());
  uint32_t depth = choices_.below(count);
  const std::vector<ValueType> types = labels_[count - 1 - depth].types;
  const ValueType ref = some_ref();
  bool carries_ref = !types.empty() && types.back().is_ref() && is_assignable(ref.as_non_null(), types.back());
  if (carries_ref) {  // br_on_non_null: the label takes the reference as its last value
    std::vector<ValueType> others(types.begin(), types.end() - 1);
    expressions(others), expression(ref);
    out_.byte(0xd6), out_.u(depth);
    return consume(others);
  }
  expressions(types), expression(ref);
  out_.byte(0xd5), out_.u(depth);               // br_on_null
  if (choices_.below(2) != 0) out_.byte(0xd4);  // ref.as_non_null, which changes nothing
  out_.byte(0x1a);
  consume(types);
}

// Of a block that is a statement: mostly none, else what some declared type gives.
std::vector<ValueType> FunctionMaker::block_results() {
  if (choices_.below(3) != 2) return {};
  return choices_.pick(shape_.types).results;
}

// With parameters where a declared type happens to give the wanted results.
FunctionMaker::BlockShape FunctionMaker::block_shape(std::vector<ValueType> results) {
  BlockShape shape;
  shape.results = std::move(results);
  std::vector<uint32_t> fitting;
  const bool needs_type = shape.results.size() > 1;
  for (uint32_t i = 0; i < shape_.types.size(); ++i) {
    if (shape_.types[i].results == shape.results && (shape_.types[i].params.size() <= 4 || needs_type)) fitting.push_back(i);
  }
  if (!needs_type && (fitting.empty() || choices_.below(3) == 0)) {
    shape.type = UINT32_MAX;
    return shape;
  }
  shape.type = choices_.pick(fitting);
  shape.params = shape_.types[shape.type].params;
  return shape;
}

void FunctionMaker::begin_block(uint8_t opcode, const BlockShape& shape) {
  out_.byte(opcode);
  if (shape.type != UINT32_MAX) {
    out_.s(shape.type);
  } else if (shape.results.empty()) {
    out_.byte(0x40);
  } else {
    out_.type(shape.results[0]);
  }
}

void FunctionMaker::block(std::vector<ValueType> results) {
  BlockShape shape = block_shape(std::move(results));
  expressions(shape.params);
  begin_block(0x02, shape);
  labels_.push_back({shape.results, false});
  consume(shape.params);
  statements(4);
  expressions(shape.results);
  labels_.pop_back();
  out_.byte(0x0b);
}

void FunctionMaker::if_else(std::vector<ValueType> results) {
  BlockShape shape = block_shape(std::move(results));
  expressions(shape.params);
  expression(wasm::i32);
  begin_block(0x04, shape);
  labels_.push_back({shape.results, false});
  consume(shape.params);
  statements(3);
  expressions(shape.results);
  if (!shape.results.empty() || !shape.params.empty() || choices_.below(2) != 0) {
    out_.byte(0x05);
    consume(shape.params);
    statements(3);
    expressions(shape.results);
  }
  labels_.pop_back();
  out_.byte(0x0b);
}

// Repeats while a counter of its own lasts; other branches to it may repeat it as well.
void FunctionMaker::loop(std::vector<ValueType> results) {
  BlockShape shape = block_shape(std::move(results));
  uint32_t counter = new_local(wasm::i32);
  reserved_[counter] = true;
  i32_const(static_cast<int32_t>(choices_.below(6)));
  set(counter);
  expressions(shape.params);
  begin_block(0x03, shape);
  labels_.push_back({shape.params, true});
  take_step();
  consume(shape.params);
  statements(4);
  expressions(shape.params);
  get(counter);
  i32_const(1);
  out_.byte(0x6b);                   // i32.sub
  out_.byte(0x22), out_.u(counter);  // local.tee
  i32_const(0);
  out_.byte(0x4a);             // i32.gt_s
  out_.byte(0x0d), out_.u(0);  // br_if
  consume(shape.params);
  expressions(shape.results);
  labels_.pop_back();
  out_.byte(0x0b);
}

}  // namespace mote::differential
