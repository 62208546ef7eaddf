// See object_function.h: whole bodies and statements.
#include "tests/differential/object_function.h"

#include <algorithm>

namespace mote::differential {

using wasm::CompositeKind;
using wasm::FieldType;
using wasm::HeapType;
using wasm::ValueType;

namespace {

constexpr int32_t function_budget = 90;
enum Clause : uint8_t { catch_tag, catch_tag_ref, catch_all, catch_all_ref };

}  // namespace

Binary ObjectFunction::make() {
  const auto all = static_cast<uint32_t>(shape_.structs.size() + shape_.arrays.size());
  for (uint32_t count = 3 + choices_.below(6); count != 0; --count)
    usable_.push_back(new_local(shape_.some_type(choices_, all, 0)));
  const size_t params = shape_.func_type(func_).params.size();
  budget_ = function_budget;
  labels_ = {false};
  take_step();
  const bool catches = choices_.below(4) != 3;
  begin_empty(0x02);
  if (catches) {
    out_.byte(0x1f), out_.byte(0x40), out_.u(1), out_.byte(catch_all), out_.u(0);
    labels_.push_back(true);
  }
  statements(6);
  if (catches) end();
  end();
  add_to_sum();
  const std::vector<ValueType>& results = shape_.func_type(func_).results;
  std::vector<uint32_t> alike;
  for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
    if (shape_.func_type(i).results == results && i != shape_.digest && is_callee(i)) alike.push_back(i);
  }
  budget_ = std::max(budget_, 10);
  if (!alike.empty() && choices_.below(4) == 3) {
    call(choices_.pick(alike), /*is_tail=*/true);
  } else {
    for (const ValueType result : results) value(result);
  }
  out_.byte(0x0b);
  Binary body;
  body.u(locals_.size() - params);
  for (size_t i = params; i < locals_.size(); ++i) body.u(1), body.type(locals_[i]);
  body.append(out_);
  return body;
}

void ObjectFunction::take_step() {
  op(0x23, {ObjectShape::steps_global}), out_.byte(0x45);
  begin_empty(0x04), out_.byte(0x00), end();
  op(0x23, {ObjectShape::steps_global}), i32_const(1), out_.byte(0x6b), op(0x24, {ObjectShape::steps_global});
}

void ObjectFunction::statements(uint32_t most) {
  for (uint32_t count = 1 + choices_.below(most); count != 0 && !is_tired(); --count) statement();
}

void ObjectFunction::statement() {
  budget_ -= 2;
  if (is_tired()) return;
  ++depth_;
  switch (choices_.below(16)) {
    case 0:
    case 1:
    case 2:
      assign();
      break;
    case 3:
    case 4:
      set_field();
      break;
    case 5:
      set_element();
      break;
    case 6:
    case 7:
      bulk();
      break;
    case 8:
      loop();
      break;
    case 9:
      branch();
      break;
    case 10:
    case 11:
    case 12:
      try_catch();
      break;
    case 13: {
      auto func = choices_.below(static_cast<uint32_t>(shape_.funcs.size()));
      if (!is_callee(func)) func = choices_.below(func_);
      call(func, false);
      const std::vector<ValueType>& results = shape_.func_type(func).results;
      for (size_t i = results.size(); i-- > 0;) consume(results[i]);
      break;
    }
    case 14:  // thrown only sometimes
      value(wasm::i32);
      begin_empty(0x04, false);
      throw_something();
      end();
      break;
    default:
      value(wasm::i32);
      begin_empty(0x04);
      statements(3);
      out_.byte(0x05);
      statements(2);
      end();
  }
  --depth_;
}

// A local, a global or an element of a table.
void ObjectFunction::assign() {
  const uint32_t kind = choices_.below(5);
  if (kind == 3) {
    const uint32_t global =
        ObjectShape::sum_global + 1 + choices_.below(static_cast<uint32_t>(shape_.globals.size()) - ObjectShape::sum_global - 1);
    value(shape_.globals[global].type);
    return op(0x24, {global});
  }
  if (kind == 4) {
    const uint32_t table = choices_.below(static_cast<uint32_t>(shape_.tables.size()));
    small_index(ObjectShape::table_size);
    value(shape_.tables[table]);
    return op(0x26, {table});
  }
  const uint32_t local = choices_.pick(usable_);
  value(locals_[local]);
  set(local);
}

void ObjectFunction::consume(ValueType type) {
  for (const uint32_t local : usable_) {
    if (shape_.is_sub(type, locals_[local]) && choices_.below(2) != 0) return set(local);
  }
  out_.byte(0x1a);
}

void ObjectFunction::set_field() {
  const uint32_t type = choices_.pick(shape_.structs);
  const auto& fields = shape_.types[type].struct_.fields;
  if (fields.empty()) return assign();
  const uint32_t index = choices_.below(static_cast<uint32_t>(fields.size()));
  if (!fields[index].is_mutable) return assign();
  object(type);
  value(fields[index].type);
  gc(5, {type, index});
}

void ObjectFunction::set_element() {
  const uint32_t type = choices_.pick(shape_.arrays);
  const FieldType& element = shape_.types[type].array.element;
  if (!element.is_mutable) return assign();
  const uint32_t kept = new_local(ValueType::ref(HeapType::concrete(type), true)), index = new_local(wasm::i32);
  object(type);
  op(0x22, {kept}), gc(15);
  begin_empty(0x04);
  value(wasm::i32), get(kept), gc(15), out_.byte(0x70), set(index);
  get(kept), get(index), value(element.type);
  gc(14, {type});
  end();
}

// A start or a count.
void ObjectFunction::small() {
  i32_const(static_cast<int32_t>(choices_.below(4)));
}

// array.fill, array.copy, array.init_data, array.init_elem; now and then beyond the end.
void ObjectFunction::bulk() {
  const uint32_t type = choices_.pick(shape_.arrays);
  const FieldType& element = shape_.types[type].array.element;
  if (!element.is_mutable) return assign();
  // Mostly only where the array is long enough.
  const uint32_t kept = new_local(ValueType::ref(HeapType::concrete(type), true));
  object(type);
  op(0x22, {kept}), gc(15);
  i32_const(choices_.below(16) == 15 ? 0 : 6), out_.byte(0x4f);  // i32.ge_u
  begin_empty(0x04);
  get(kept);
  small();
  bulk_operation(type, element);
  end();
}

void ObjectFunction::bulk_operation(uint32_t type, const FieldType& element) {
  switch (choices_.below(3)) {
    case 0:
      value(element.type);
      small();
      return gc(16, {type});
    case 1: {
      uint32_t source = choices_.pick(shape_.arrays);
      const FieldType& from = shape_.types[source].array.element;
      if (from.packed != element.packed || !shape_.is_sub(from.type, element.type)) source = type;
      object(source);
      i32_const(0), i32_const(static_cast<int32_t>(choices_.below(choices_.below(8) == 7 ? 6 : 2)));
      return gc(17, {type, source});
    }
    default:
      break;
  }
  small(), small();
  uint32_t segment = 0;
  while (element.type.is_ref() && segment < shape_.elements.size() && !shape_.is_sub(shape_.elements[segment], element.type))
    ++segment;
  if (!element.type.is_ref()) return gc(18, {type, 0});
  if (segment < shape_.elements.size()) return gc(19, {type, segment});
  for (uint32_t i = 0; i < 4; ++i) out_.byte(0x1a);
}

void ObjectFunction::loop() {
  const uint32_t counter = new_local(wasm::i32);
  i32_const(static_cast<int32_t>(1 + choices_.below(choices_.below(4) == 3 ? 30 : 4))), set(counter);
  begin_empty(0x02);
  begin_empty(0x03, false);
  take_step();
  statements(4);
  get(counter), i32_const(1), out_.byte(0x6b), op(0x22, {counter});
  op(0x0d, {0});
  end();
  end();
}

// Out of some block, and so often out of a try_table.
void ObjectFunction::branch() {
  std::vector<uint32_t> depths;
  for (uint32_t depth = 0; depth < labels_.size(); ++depth) {
    if (labels_[labels_.size() - 1 - depth]) depths.push_back(depth);
  }
  if (depths.empty()) return assign();
  value(wasm::i32);
  op(0x0d, {choices_.pick(depths)});
}

void ObjectFunction::call(uint32_t func, bool is_tail) {
  for (const ValueType param : shape_.func_type(func).params) {
    if (func == shape_.digest && param == wasm::i32) {
      i32_const(2);
    } else {
      value(param);
    }
  }
  switch (choices_.below(3)) {
    case 0:
      return op(is_tail ? 0x12 : 0x10, {func});
    case 1:  // the table may hold another one by now: a trap
      if (choices_.below(2) != 0) {
        i32_const(static_cast<int32_t>(func % ObjectShape::table_size));
        return op(is_tail ? 0x13 : 0x11, {shape_.funcs[func], 0});
      }
      [[fallthrough]];
    default:
      op(0xd2, {func});
      return op(is_tail ? 0x15 : 0x14, {shape_.funcs[func]});
  }
}

// A tag with values, or an exception that was caught before.
void ObjectFunction::throw_something() {
  if (choices_.below(4) == 3 && !is_tired()) {
    value(ValueType::ref(HeapType::exn, choices_.below(16) == 15));
    return out_.byte(0x0a);
  }
  const uint32_t tag = choices_.below(static_cast<uint32_t>(shape_.tags.size()));
  for (const ValueType param : shape_.types[shape_.tags[tag]].func.params) {
    if (is_tired()) {
      leaf(param);
    } else {
      value(param);
    }
  }
  op(0x08, {tag});
}

// A block for each clause, around the try_table; behind each, what its clause gives is used.
void ObjectFunction::try_catch() {
  struct Handler {
    Clause clause;
    uint32_t tag;
  };
  std::vector<Handler> handlers;
  for (uint32_t count = 1 + choices_.below(3); count != 0; --count) {
    handlers.push_back({static_cast<Clause>(choices_.below(4)), choices_.below(static_cast<uint32_t>(shape_.tags.size()))});
  }
  begin_empty(0x02);
  for (size_t i = handlers.size(); i-- > 0;) {
    const auto [clause, tag] = handlers[i];
    if (clause == catch_all) begin_empty(0x02, false);
    if (clause == catch_all_ref) begin(0x02, ValueType::ref(HeapType::exn, false));
    if (clause == catch_tag) begin_typed(0x02, shape_.tag_blocks[tag]);
    if (clause == catch_tag_ref) begin_typed(0x02, shape_.tag_exn_blocks[tag]);
  }
  out_.byte(0x1f), out_.byte(0x40), out_.u(handlers.size());
  for (size_t i = 0; i < handlers.size(); ++i) {
    out_.byte(handlers[i].clause);
    if (handlers[i].clause <= catch_tag_ref) out_.u(handlers[i].tag);
    out_.u(i);
  }
  labels_.push_back(true);
  statements(4);
  if (choices_.below(2) != 0) throw_something();
  end();
  op(0x0c, {handlers.size()});
  for (size_t i = 0; i < handlers.size(); ++i) {
    const auto [clause, tag] = handlers[i];
    end();
    caught(tag, clause <= catch_tag_ref, clause == catch_tag_ref || clause == catch_all_ref);
    if (choices_.below(3) == 2) statement();
    op(0x0c, {handlers.size() - 1 - i});
  }
  end();
}

void ObjectFunction::caught(uint32_t tag, bool has_tag, bool with_exception) {
  if (with_exception) {
    if (choices_.below(6) == 5) {  // thrown on
      out_.byte(0x0a);
      return;
    }
    consume(ValueType::ref(HeapType::exn, false));
  }
  if (!has_tag) return;
  const std::vector<ValueType>& values = shape_.types[shape_.tags[tag]].func.params;
  for (size_t i = values.size(); i-- > 0;) consume(values[i]);
}

}  // namespace mote::differential
