// See object_function.h: expressions, and `digest`. Statements are in object_statements.cpp.
#include "tests/differential/object_function.h"

#include "tests/differential/function_maker.h"

namespace mote::differential {

using wasm::CompositeKind;
using wasm::FieldType;
using wasm::HeapType;
using wasm::ValueType;

namespace {

constexpr ValueType any = ValueType::ref(HeapType::any, true), exn = ValueType::ref(HeapType::exn, true);
constexpr uint32_t digest_depth = 3, digest_elements = 3;

}  // namespace

ObjectFunction::ObjectFunction(const ObjectShape& shape, Choices& choices, uint32_t func)
    : shape_(shape), choices_(choices), func_(func), locals_(shape.func_type(func).params) {
  for (uint32_t i = 0; i < locals_.size(); ++i) usable_.push_back(i);
}

void ObjectFunction::op(uint8_t code, std::initializer_list<uint64_t> immediates) {
  out_.byte(code);
  for (const uint64_t immediate : immediates) out_.u(immediate);
}
void ObjectFunction::gc(uint32_t code, std::initializer_list<uint64_t> immediates) {
  out_.byte(0xfb), out_.u(code);
  for (const uint64_t immediate : immediates) out_.u(immediate);
}
void ObjectFunction::null(HeapType heap) {
  out_.byte(0xd0);
  out_.heap_type(heap);
}
void ObjectFunction::begin(uint8_t code, ValueType result) {
  out_.byte(code), out_.type(result);
  labels_.push_back(false);
}
void ObjectFunction::begin_empty(uint8_t code, bool is_target) {
  out_.byte(code), out_.byte(0x40);
  labels_.push_back(is_target);
}
void ObjectFunction::begin_typed(uint8_t code, uint32_t type) {
  out_.byte(code), out_.s(type);
  labels_.push_back(false);
}
void ObjectFunction::end() {
  out_.byte(0x0b);
  labels_.pop_back();
}
void ObjectFunction::cast_branch(bool on_fail, uint32_t depth, ValueType source, ValueType target) {
  gc(on_fail ? 25 : 24);
  out_.byte(static_cast<uint8_t>((source.is_nullable() ? 1 : 0) | (target.is_nullable() ? 2 : 0)));
  out_.u(depth);
  out_.heap_type(source.heap());
  out_.heap_type(target.heap());
}
uint32_t ObjectFunction::new_local(ValueType type) {
  locals_.push_back(type);
  return static_cast<uint32_t>(locals_.size() - 1);
}

void ObjectFunction::get_field(uint32_t type, uint32_t index) {
  const bool is_packed = shape_.types[type].struct_.fields[index].packed != wasm::PackedKind::none;
  gc(is_packed ? 3 + choices_.below(2) : 2, {type, index});
}
void ObjectFunction::get_element(uint32_t type) {
  gc(shape_.types[type].array.element.packed != wasm::PackedKind::none ? 12 + choices_.below(2) : 11, {type});
}

void ObjectFunction::value(ValueType type) {
  --budget_;
  if (is_tired() || choices_.below(4) == 0) return leaf(type);
  ++depth_;
  if (choices_.below(16) == 15) {
    from_try(type);
  } else if (choices_.below(12) == 11) {
    value(wasm::i32);
    begin(0x04, type);
    value(type);
    out_.byte(0x05);
    value(type);
    end();
  } else if (type.is_ref()) {
    reference(type);
  } else {
    number(type);
  }
  --depth_;
}

void ObjectFunction::leaf(ValueType type) {
  std::vector<uint32_t> fitting;
  for (const uint32_t local : usable_) {
    if (shape_.is_sub(locals_[local], type)) fitting.push_back(local);
  }
  if (!fitting.empty() && choices_.below(4) != 3) return get(choices_.pick(fitting));
  if (!type.is_ref()) return constant(type);
  if (type.is_nullable() && (choices_.is_over() || choices_.below(4) == 3)) return null(type.heap());
  fresh(type.heap());
}

void ObjectFunction::constant(ValueType type) {
  const ConstantBits bits = interesting_constant(choices_, type);
  if (type == wasm::i32) return i32_const(static_cast<int32_t>(bits.low));
  if (type == wasm::i64) return i64_const(static_cast<int64_t>(bits.low));
  if (type == wasm::f32) return out_.byte(0x43), out_.fixed(bits.low, 4);
  if (type == wasm::f64) return out_.byte(0x44), out_.fixed(bits.low, 8);
  out_.byte(0xfd), out_.u(12), out_.fixed(bits.low, 8), out_.fixed(bits.high, 8);
}

void ObjectFunction::number(ValueType type) {
  if (choices_.below(3) == 0 && (from_field(type) || from_element(type))) return;
  if (choices_.below(6) == 0 && (from_call(type) || from_global(type))) return;
  if (type == wasm::i32) {
    if (choices_.below(3) != 0) return number_of_objects();
    value(type), value(type);
    static constexpr uint8_t codes[] = {0x6a, 0x6b, 0x6c, 0x73, 0x71, 0x46, 0x48};
    return out_.byte(codes[choices_.below(7)]);
  }
  value(wasm::i32);
  if (type == wasm::f32) return out_.byte(0xb2);  // converted: no NaN comes to be
  if (type == wasm::f64) return out_.byte(0xb7);
  out_.byte(0xac);  // i64.extend_i32_s
  if (choices_.below(2) != 0) value(wasm::i64), out_.byte(choices_.below(2) != 0 ? 0x7c : 0x7e);
  if (type == wasm::v128) out_.byte(0xfd), out_.u(18);
}

// An i32 that says something of references.
void ObjectFunction::number_of_objects() {
  const ValueType i31 = ValueType::ref(HeapType::i31, true), eq = ValueType::ref(HeapType::eq, true);
  switch (choices_.below(6)) {
    case 0: {
      static constexpr HeapType::Abstract tops[] = {HeapType::any, HeapType::extern_, HeapType::func, HeapType::exn};
      value(ValueType::ref(tops[choices_.below(4)], true));
      return out_.byte(0xd1);
    }
    case 1:
      value(eq), value(eq);
      return out_.byte(0xd3);
    case 2:
      value(any);
      gc(20 + choices_.below(2));
      if (choices_.below(4) == 0) return out_.heap_type(choices_.below(2) != 0 ? HeapType::i31 : HeapType::eq);
      return out_.heap_type(
          HeapType::concrete(choices_.below(static_cast<uint32_t>(shape_.structs.size() + shape_.arrays.size()))));
    case 3:
      value(choices_.below(32) == 31 ? i31 : i31.as_non_null());
      return gc(29 + choices_.below(2));
    case 4:
      value(ValueType::ref(HeapType::array, choices_.below(32) == 31));
      return gc(15);
    default: {  // br_on_null: whether it is
      begin(0x02, wasm::i32);
      i32_const(1);
      value(ValueType::ref(HeapType::eq, true));
      op(0xd5, {0});
      out_.byte(0x1a), out_.byte(0x45);  // drop, i32.eqz
      return end();
    }
  }
}

void ObjectFunction::reference(ValueType type) {
  const uint32_t kind = choices_.below(10);
  if (kind < 2 && from_field(type)) return;
  if (kind == 2 && from_element(type)) return;
  if (kind == 3 && from_global(type)) return;
  if (kind == 4 && from_call(type)) return;
  if (kind <= 6 && from_cast(type)) return;
  if (kind == 7) {  // select
    value(type), value(type), value(wasm::i32);
    out_.byte(0x1c), out_.u(1), out_.type(type);
    return;
  }
  if (kind == 8) {  // what is not null, or something new
    begin(0x02, type.as_non_null());
    value(type.as_nullable());
    op(0xd6, {0});  // br_on_non_null
    fresh(type.heap());
    return end();
  }
  if (kind == 9 && !type.is_nullable() && choices_.below(6) == 5) {
    value(type.as_nullable());
    return out_.byte(0xd4);  // ref.as_non_null
  }
  if (type == any && choices_.below(2) != 0) return value(wasm::externref), gc(26);
  if (type == wasm::externref && choices_.below(2) != 0) return value(any), gc(27);
  if (choices_.below(2) != 0) return fresh(type.heap());
  leaf(type);
}

// In what is made on the way, deep things are small.
void ObjectFunction::field_value(ValueType type) {
  if (depth_ < 4 && !is_tired()) return value(type);
  if (type.is_ref() && !type.is_nullable()) return fresh(type.heap());
  if (type.is_ref()) return null(type.heap());
  constant(type);
}

void ObjectFunction::fresh(HeapType heap) {
  if (heap.is_concrete()) {
    if (shape_.types[heap.index()].kind == CompositeKind::array) return fresh_array(heap.index());
    return fresh_struct(heap.index());
  }
  switch (heap.abstract()) {
    case HeapType::func:
      return op(0xd2, {choices_.below(static_cast<uint32_t>(shape_.funcs.size()))});
    case HeapType::extern_:
      fresh(HeapType::any);
      return gc(27);
    case HeapType::exn:
      return fresh_exception();
    case HeapType::struct_:
      return fresh_struct(choices_.pick(shape_.structs));
    case HeapType::array:
      return fresh_array(choices_.pick(shape_.arrays));
    case HeapType::any:
    case HeapType::eq:
      if (choices_.below(3) == 1) return fresh_struct(choices_.pick(shape_.structs));
      if (choices_.below(3) == 1) return fresh_array(choices_.pick(shape_.arrays));
      break;
    default:
      break;
  }
  constant(wasm::i32);
  gc(28);  // ref.i31
}

void ObjectFunction::fresh_struct(uint32_t type) {
  ++depth_, --budget_;
  if (shape_.is_default(type) && (is_tired() || choices_.below(3) == 2)) {
    gc(1, {type});
  } else {
    for (const FieldType& field : shape_.types[type].struct_.fields) field_value(field.type);
    gc(0, {type});
  }
  --depth_;
}

// Mostly short; one in sixteen is as long as it takes to fill a young heap soon.
void ObjectFunction::array_length() {
  i32_const(static_cast<int32_t>(choices_.below(16) == 15 ? 1000 + choices_.below(2000) : choices_.below(12)));
}

void ObjectFunction::fresh_array(uint32_t type) {
  ++depth_, --budget_;
  const ValueType element = shape_.types[type].array.element.type;
  const uint32_t kind = choices_.below(5);
  if (kind == 1 && !element.is_ref()) {  // array.new_data
    i32_const(static_cast<int32_t>(choices_.below(8)));
    i32_const(static_cast<int32_t>(choices_.below(choices_.below(16) == 15 ? 12 : 4)));
    gc(9, {type, 0});
  } else if (kind == 2 && element.is_ref() && element.is_nullable()) {  // array.new_elem
    uint32_t segment = 0;
    while (segment < shape_.elements.size() && !shape_.is_sub(shape_.elements[segment], element)) ++segment;
    i32_const(static_cast<int32_t>(choices_.below(3))), i32_const(static_cast<int32_t>(choices_.below(5)));
    gc(10, {type, segment});
  } else if (kind <= 3 && element.is_defaultable()) {
    array_length();
    gc(7, {type});
  } else if (kind == 4) {
    const uint32_t count = choices_.below(5);
    for (uint32_t i = 0; i < count; ++i) field_value(element);
    gc(8, {type, count});
  } else {
    field_value(element);
    array_length();
    gc(6, {type});
  }
  --depth_;
}

void ObjectFunction::fresh_exception() {
  begin(0x02, exn.as_non_null());
  out_.byte(0x1f), out_.byte(0x40), out_.u(1), out_.byte(3), out_.u(0);  // try_table (catch_all_ref 0)
  labels_.push_back(false);
  ++depth_;
  throw_something();
  --depth_;
  end();
  out_.byte(0x00);
  end();
}

// Mostly one that is not null.
void ObjectFunction::object(uint32_t type) {
  value(ValueType::ref(HeapType::concrete(type), choices_.below(40) == 39));
}

bool ObjectFunction::from_field(ValueType type) {
  std::vector<std::pair<uint32_t, uint32_t>> fitting;
  for (const uint32_t owner : shape_.structs) {
    const auto& fields = shape_.types[owner].struct_.fields;
    for (uint32_t i = 0; i < fields.size(); ++i) {
      if (shape_.is_sub(fields[i].type, type)) fitting.emplace_back(owner, i);
    }
  }
  if (fitting.empty()) return false;
  const auto [owner, index] = choices_.pick(fitting);
  object(owner);
  get_field(owner, index);
  return true;
}

void ObjectFunction::small_index(uint32_t bound) {
  value(wasm::i32);
  i32_const(static_cast<int32_t>(bound)), out_.byte(0x70);  // i32.rem_u
}

bool ObjectFunction::from_element(ValueType type) {
  std::vector<uint32_t> fitting;
  for (const uint32_t array : shape_.arrays) {
    if (shape_.is_sub(shape_.types[array].array.element.type, type)) fitting.push_back(array);
  }
  if (fitting.empty()) return false;
  const uint32_t array = choices_.pick(fitting);
  const uint32_t kept = new_local(ValueType::ref(HeapType::concrete(array), true));
  object(array);
  if (choices_.below(32) == 31) {
    small_index(8);
    get_element(array);
    return true;
  }
  op(0x22, {kept}), gc(15);  // its length: is there any element?
  begin(0x04, type);
  const uint32_t index = new_local(wasm::i32);
  value(wasm::i32), get(kept), gc(15), out_.byte(0x70), set(index);
  get(kept), get(index), get_element(array);
  out_.byte(0x05);
  if (type.is_ref()) {
    fresh(type.heap());
  } else {
    constant(type);
  }
  end();
  return true;
}

bool ObjectFunction::from_global(ValueType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = ObjectShape::sum_global + 1; i < shape_.globals.size(); ++i) {
    if (shape_.is_sub(shape_.globals[i].type, type)) fitting.push_back(i);
  }
  for (uint32_t i = 0; i < shape_.tables.size(); ++i) {
    if (shape_.is_sub(shape_.tables[i], type)) fitting.push_back(1000 + i);
  }
  if (fitting.empty()) return false;
  const uint32_t chosen = choices_.pick(fitting);
  if (chosen < 1000) return op(0x23, {chosen}), true;
  small_index(ObjectShape::table_size);
  op(0x25, {chosen - 1000});
  return true;
}

// Mostly an earlier one: calls of any would go on until the steps are over.
bool ObjectFunction::is_callee(uint32_t func) {
  return func < func_ || choices_.below(16) == 15;
}

bool ObjectFunction::from_call(ValueType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
    const auto& results = shape_.func_type(i).results;
    if (is_callee(i) && results.size() == 1 && shape_.is_sub(results[0], type)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  call(choices_.pick(fitting), false);
  return true;
}

// Something of a wider type, if it happens to be one of these.
bool ObjectFunction::from_cast(ValueType type) {
  if (!shape_.is_any(type)) return false;
  const ValueType source = type.heap() != HeapType::eq && choices_.below(2) != 0 ? ValueType::ref(HeapType::eq, true) : any;
  if (!shape_.is_sub(type, source)) return false;
  switch (choices_.below(12)) {
    case 11:  // ref.cast
      value(source);
      gc(type.is_nullable() ? 23 : 22);
      out_.heap_type(type.heap());
      return true;
    case 1: {  // br_on_cast_fail
      const uint32_t kept = new_local(type.as_nullable());
      begin_empty(0x02, false);
      begin(0x02, source);
      value(source);
      cast_branch(true, 0, source, type);
      set(kept);
      op(0x0c, {1});
      end();
      out_.byte(0x1a);
      leaf(type), set(kept);
      end();
      get(kept);
      if (!type.is_nullable()) out_.byte(0xd4);
      return true;
    }
    default:
      begin(0x02, type);
      value(source);
      cast_branch(false, 0, source, type);
      out_.byte(0x1a);
      leaf(type);
      end();
      return true;
  }
}

// What the body leaves, or, when it throws, something else.
void ObjectFunction::from_try(ValueType type) {
  begin(0x02, type);
  begin_empty(0x02, false);
  out_.byte(0x1f), out_.type(type), out_.u(1), out_.byte(2), out_.u(0);  // try_table (catch_all 0)
  labels_.push_back(false);
  if (choices_.below(2) != 0) statement();
  value(type);
  end();
  op(0x0c, {1});
  end();
  leaf(type);
  end();
}

// digest(object, depth): a number made of what can be reached from an object in so many steps.
Binary ObjectFunction::make_digest() {
  labels_ = {false};
  const uint32_t sum = new_local(wasm::i64);
  get(1), out_.byte(0x45), begin_empty(0x04), i64_const(7), out_.byte(0x0f), end();  // no depth left
  get(0), out_.byte(0xd1), begin_empty(0x04), i64_const(3), out_.byte(0x0f), end();  // null
  for (auto type = static_cast<uint32_t>(shape_.structs.size() + shape_.arrays.size()); type-- > 0;) {
    const ValueType wanted = ValueType::ref(HeapType::concrete(type), false);
    const uint32_t local = new_local(wanted.as_nullable());
    begin(0x02, any);
    get(0), cast_branch(true, 0, any, wanted), set(local);
    i64_const(type + 11), set(sum);
    if (shape_.types[type].kind == CompositeKind::array) {
      digest_array(type, local);
    } else {
      digest_struct(type, local);
    }
    get(sum), out_.byte(0x0f);
    end(), out_.byte(0x1a);
  }
  begin(0x02, any);
  get(0), cast_branch(true, 0, any, ValueType::ref(HeapType::i31, false)), gc(29), out_.byte(0xac), out_.byte(0x0f);
  end(), out_.byte(0x1a);
  i64_const(5);  // the host's
  out_.byte(0x0b);
  Binary body;
  body.u(locals_.size() - 2);
  for (size_t i = 2; i < locals_.size(); ++i) body.u(1), body.type(locals_[i]);
  body.append(out_);
  return body;
}

// The value on the stack goes into the sum.
void ObjectFunction::mix(ValueType type) {
  constexpr uint32_t depth = 1, sum = 2;
  if (type == wasm::i32) out_.byte(0xac);
  if (type == wasm::f32) out_.byte(0xbc), out_.byte(0xac);
  if (type == wasm::f64) out_.byte(0xbd);
  if (type == wasm::v128) out_.byte(0xfd), out_.u(29), out_.byte(1);
  if (type.is_ref() && shape_.is_sub(type.heap(), HeapType::extern_)) gc(26), type = any;
  if (type.is_ref() && shape_.is_any(type)) {
    get(depth), i32_const(1), out_.byte(0x6b), op(0x10, {shape_.digest});
  } else if (type.is_ref()) {
    out_.byte(0xd1), out_.byte(0xac);
  }
  get(sum), i64_const(0x100000001b3), out_.byte(0x7e), out_.byte(0x85), set(sum);
}

void ObjectFunction::digest_struct(uint32_t type, uint32_t local) {
  const auto& fields = shape_.types[type].struct_.fields;
  for (uint32_t i = 0; i < fields.size(); ++i) get(local), get_field(type, i), mix(fields[i].type);
}

void ObjectFunction::digest_array(uint32_t type, uint32_t local) {
  get(local), gc(15), mix(wasm::i32);
  for (int32_t i = 0; i < static_cast<int32_t>(digest_elements); ++i) {
    get(local), gc(15), i32_const(i), out_.byte(0x4b), begin_empty(0x04);
    get(local), i32_const(i), get_element(type), mix(shape_.types[type].array.element.type);
    end();
  }
  // The last one, too: the end of a large array is copied by another way.
  get(local), gc(15), begin_empty(0x04);
  get(local), get(local), gc(15), i32_const(1), out_.byte(0x6b), get_element(type), mix(shape_.types[type].array.element.type);
  end();
}

void ObjectFunction::add_to_sum() {
  for (uint32_t i = ObjectShape::sum_global + 1; i < shape_.globals.size(); ++i) {
    if (!shape_.is_any(shape_.globals[i].type)) continue;
    op(0x23, {i}), i32_const(digest_depth), op(0x10, {shape_.digest});
    op(0x23, {ObjectShape::sum_global}), i64_const(31), out_.byte(0x7e), out_.byte(0x85), op(0x24, {ObjectShape::sum_global});
  }
}

}  // namespace mote::differential
