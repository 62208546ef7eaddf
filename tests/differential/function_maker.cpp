// Expressions of generated functions, and their scaffolding; statements are in statements.cpp and pressure.cpp. See
// function_maker.h.
#include "tests/differential/function_maker.h"

#include "base/core/assert.h"
#include "tests/oracle/numeric.h"

namespace mote::differential {

using wasm::HeapType;
using wasm::ValueKind;
using wasm::ValueType;

FunctionMaker::FunctionMaker(const ModuleShape& shape, Choices& choices, const GeneratorOptions& options, uint32_t func)
    : shape_(shape), choices_(choices), options_(options), func_(func) {}

Binary FunctionMaker::make() {
  const wasm::FuncType& type = shape_.func_type(func_);
  locals_ = type.params;
  reserved_.assign(locals_.size(), false);
  uint32_t extra = choices_.below(6);
  if (choices_.below(8) == 7) extra += choices_.below(40);  // more than registers hold
  if (options_.is_large) extra += choices_.below(300);
  for (; extra != 0; --extra) {
    static const std::vector<ValueType> kinds = {wasm::i32, wasm::i64,  wasm::i32, wasm::f32, wasm::f64,
                                                 wasm::i64, wasm::v128, wasm::i32, wasm::f64};
    const uint32_t kind = choices_.below(static_cast<uint32_t>(kinds.size()) + 2);
    new_local(kind < kinds.size() ? kinds[kind] : some_ref());
  }
  budget_ = static_cast<int32_t>(8 + choices_.below(60));
  if (choices_.below(32) == 31) budget_ *= 20;  // as long as the choices last: large frames, many blocks
  if (options_.is_large) budget_ = static_cast<int32_t>(1000 + choices_.below(4000));
  labels_.push_back({type.results, false});
  take_step();
  statements(8);
  for (uint32_t more = options_.is_large ? choices_.below(60) : 0; more != 0; --more) statement();
  expressions(type.results);
  out_.byte(0x0b);

  Binary body;
  body.u(locals_.size() - type.params.size());
  for (size_t i = type.params.size(); i < locals_.size(); ++i) {
    body.u(1);
    body.type(locals_[i]);
  }
  body.append(out_);
  return body;
}

// Every entry and every repetition costs a step; without one left the program traps. So everything ends.
void FunctionMaker::take_step() {
  out_.byte(0x23), out_.u(shape_.steps_global);  // global.get
  out_.byte(0x45);                               // i32.eqz
  out_.byte(0x04), out_.byte(0x40);              // if
  out_.byte(0x00);                               // unreachable
  out_.byte(0x0b);
  out_.byte(0x23), out_.u(shape_.steps_global);
  i32_const(1);
  out_.byte(0x6b);                               // i32.sub
  out_.byte(0x24), out_.u(shape_.steps_global);  // global.set
}

uint32_t FunctionMaker::new_local(ValueType type) {
  locals_.push_back(type);
  reserved_.push_back(false);
  return static_cast<uint32_t>(locals_.size() - 1);
}

ValueType FunctionMaker::some_ref() {
  switch (choices_.below(4)) {
    case 0:
      return wasm::funcref;
    case 1:
      return wasm::externref;
    default:
      return ValueType::ref(HeapType::concrete(choices_.below(static_cast<uint32_t>(shape_.types.size()))), true);
  }
}

// A local of exactly this type, made when there is none.
uint32_t FunctionMaker::local_of(ValueType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (!reserved_[i] && locals_[i] == type) fitting.push_back(i);
  }
  return fitting.empty() ? new_local(type) : choices_.pick(fitting);
}

// A local for canonicalize() alone: it holds bits that nobody else may see.
uint32_t FunctionMaker::scratch_of(ValueType type) {
  for (uint32_t i = 0; i < locals_.size(); ++i) {
    if (reserved_[i] && locals_[i] == type) return i;
  }
  const uint32_t scratch = new_local(type);
  reserved_[scratch] = true;
  return scratch;
}

bool FunctionMaker::is_assignable(ValueType sub, ValueType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref() || (sub.is_nullable() && !super.is_nullable())) return false;
  if (sub.heap() == super.heap()) return true;
  return sub.heap().is_concrete() && super.heap() == HeapType(HeapType::func);
}

void FunctionMaker::expressions(const std::vector<ValueType>& types) {
  for (ValueType type : types) expression(type);
}

void FunctionMaker::address_const(ValueType type, uint64_t value) {
  if (type == wasm::i64) {
    out_.byte(0x42);
    out_.s(static_cast<int64_t>(value));
  } else {
    i32_const(static_cast<int32_t>(value));
  }
}

void FunctionMaker::constant(ValueType type) {
  ConstantBits bits = interesting_constant(choices_, type);
  switch (type.kind()) {
    case ValueKind::i32:
      return i32_const(static_cast<int32_t>(bits.low));
    case ValueKind::i64:
      return out_.byte(0x42), out_.s(static_cast<int64_t>(bits.low));
    case ValueKind::f32:
      return out_.byte(0x43), out_.fixed(bits.low, 4);
    case ValueKind::f64:
      return out_.byte(0x44), out_.fixed(bits.low, 8);
    case ValueKind::v128:
      return out_.byte(0xfd), out_.u(12), out_.fixed(bits.low, 8), out_.fixed(bits.high, 8);
    case ValueKind::ref:
    case ValueKind::bottom:
      ASSERT(false && "a reference has no constant");
  }
}

// Something small: a constant, a local or a global.
void FunctionMaker::leaf(ValueType type) {
  if (type.is_ref()) return ref_leaf(type);
  if (is_hot_ && choices_.below(8) > 1) return get(local_of(type));
  uint32_t kind = choices_.below(5);
  if (kind == 4) {
    std::vector<uint32_t> fitting;
    for (uint32_t i = 0; i < shape_.globals.size(); ++i) {
      if (shape_.globals[i].type.type == type) fitting.push_back(i);
    }
    if (!fitting.empty()) return out_.byte(0x23), out_.u(choices_.pick(fitting));
  }
  if (kind >= 2) return get(local_of(type));
  constant(type);
}

void FunctionMaker::ref_leaf(ValueType type) {
  std::vector<uint32_t> funcs;
  for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
    if (is_assignable(ValueType::ref(HeapType::concrete(shape_.funcs[i]), false), type)) funcs.push_back(i);
  }
  uint32_t kind = choices_.below(3);
  if (type.is_nullable() && (kind == 0 || (funcs.empty() && kind == 1))) {
    out_.byte(0xd0);  // ref.null
    if (type.heap().is_concrete()) return out_.s(type.heap().index());
    return out_.byte(type.heap() == HeapType(HeapType::func) ? 0x70 : 0x6f);
  }
  if (!funcs.empty() && (kind < 2 || !type.is_nullable())) return out_.byte(0xd2), out_.u(choices_.pick(funcs));  // ref.func
  ASSERT(type.is_nullable());
  get(local_of(type));
}

void FunctionMaker::expression(ValueType type, Bits bits) {
  --budget_;
  if (is_tired()) return leaf(type);
  ++depth_;
  switch (choices_.below(16)) {
    case 0:
      leaf(type);
      break;
    case 1:
      block({type});
      break;
    case 2:
      if_else({type});
      break;
    case 3:
      loop({type});
      break;
    case 4:  // select, typed where it must be
      expression(type, bits), expression(type, bits), expression(wasm::i32);
      if (type.is_ref() || choices_.below(3) == 2) {
        out_.byte(0x1c), out_.u(1), out_.type(type);
      } else {
        out_.byte(0x1b);
      }
      break;
    case 5:  // local.tee
      expression(type);
      if (type.is_defaultable()) out_.byte(0x22), out_.u(local_of(type));
      break;
    case 6:
      if (call_with_result(type)) break;
      [[fallthrough]];
    default:
      if (type.is_ref()) {
        ref_expression(type);
      } else {
        number_expression(type, bits);
      }
  }
  --depth_;
}

void FunctionMaker::ref_expression(ValueType type) {
  std::vector<uint32_t> tables;
  for (uint32_t i = 0; i < shape_.tables.size(); ++i) {
    if (is_assignable(shape_.tables[i].element, type)) tables.push_back(i);
  }
  if (tables.empty() || choices_.below(3) == 0) return ref_leaf(type);
  uint32_t table = choices_.pick(tables);
  table_index(table);
  out_.byte(0x25), out_.u(table);  // table.get
}

void FunctionMaker::number_expression(ValueType type, Bits bits) {
  uint32_t kind = choices_.below(24);
  if (type == wasm::i32 && kind == 0) {
    ref_expression(some_ref());
    return out_.byte(0xd1);  // ref.is_null
  }
  for (uint32_t i = 0; kind == 1 && i < shape_.memories.size(); ++i) {
    if (shape_.address_type(shape_.memories[i].limits) != type) continue;
    if (choices_.below(3) == 0) {
      address_const(type, choices_.below(4));
      return out_.byte(0x40), out_.u(i);  // memory.grow
    }
    return out_.byte(0x3f), out_.u(i);  // memory.size
  }
  for (uint32_t i = 0; kind == 2 && i < shape_.tables.size(); ++i) {
    if (shape_.address_type(shape_.tables[i].limits) != type) continue;
    if (choices_.below(3) == 0 && shape_.tables[i].element.is_nullable()) {
      expression(shape_.tables[i].element);
      address_const(type, choices_.below(6));
      return out_.byte(0xfc), out_.u(0x0f), out_.u(i);  // table.grow
    }
    return out_.byte(0xfc), out_.u(0x10), out_.u(i);  // table.size
  }
  const std::vector<Operator>& from = operators().by_result[static_cast<size_t>(type.kind())];
  const Operator* op = &choices_.pick(from);
  if (op->may_trap_often && choices_.below(4) != 0) op = &choices_.pick(from);
  if (wasm::access_log2(op->immediate) && shape_.memories.empty()) return leaf(type);
  apply(*op, bits);
}

void FunctionMaker::apply(const Operator& op, Bits bits) {
  uint32_t memory = shape_.memories.empty() ? 0 : choices_.below(static_cast<uint32_t>(shape_.memories.size()));
  bool is_raw = bits != Bits::exact && bits == op.result;
  for (size_t i = 0; i < op.params.size(); ++i) {
    if (op.passes_bits && !is_raw) {
      expression(op.params[i] == 'f' ? wasm::f32 : op.params[i] == 'F' ? wasm::f64 : wasm::v128);
    } else {
      operand(op, i, memory);
    }
  }
  write_opcode(out_, op);
  using wasm::Immediate;
  auto log2 = wasm::access_log2(op.immediate);
  if (log2) memarg(op, memory);
  if (op.immediate >= Immediate::lane_2 && op.immediate <= Immediate::lane_16) {
    uint32_t lanes = 2u << (static_cast<uint32_t>(op.immediate) - static_cast<uint32_t>(Immediate::lane_2));
    out_.byte(static_cast<uint8_t>(choices_.below(lanes)));
  } else if (op.immediate >= Immediate::memarg_8_lane && op.immediate <= Immediate::memarg_64_lane) {
    out_.byte(static_cast<uint8_t>(choices_.below(16u >> *log2)));
  } else if (op.immediate == Immediate::zero_byte) {
    out_.byte(0);
  } else if (op.immediate == Immediate::shuffle) {
    for (int i = 0; i < 16; ++i) out_.byte(static_cast<uint8_t>(choices_.below(32)));
  }
  if (op.makes_nan && options_.nan_safe && !is_raw) {
    ValueType type = op.result == Bits::raw_scalar ? (op.text.starts_with("f32") ? wasm::f32 : wasm::f64) : wasm::v128;
    canonicalize(type, op.result);
  }
}

void FunctionMaker::operand(const Operator& op, size_t index, uint32_t memory) {
  // Nobody would wake it, so it never waits for ever.
  if (op.is_wait && index == 2) return address_const(wasm::i64, choices_.below(2000));
  switch (op.params[index]) {
    case 'a': {
      const uint32_t bytes = 1u << *wasm::access_log2(op.immediate);
      address(memory, bytes);
      if (!op.is_atomic || bytes == 1 || choices_.below(24) == 23) return;
      const ValueType type = shape_.address_type(shape_.memories[memory].limits);
      address_const(type, -uint64_t{bytes});
      return out_.byte(type == wasm::i64 ? 0x83 : 0x71);  // and: aligned
    }
    case 'i':
      expression(wasm::i32);
      break;
    case 'I':
      expression(wasm::i64);
      break;
    case 'f':
      return expression(wasm::f32, op.operands);
    case 'F':
      return expression(wasm::f64, op.operands);
    case 'v':
      return expression(wasm::v128, op.operands);
    default:
      ASSERT(false && "a letter of opcodes.def that the generator does not know");
  }
  if (op.is_division && index == 1 && choices_.below(4) != 0) {  // mostly not zero
    address_const(op.params[index] == 'I' ? wasm::i64 : wasm::i32, 1);
    out_.byte(op.params[index] == 'I' ? 0x84 : 0x72);  // or
  }
}

// x = x == x ? x : canonical, by lanes for vectors.
void FunctionMaker::canonicalize(ValueType type, Bits shape) {
  const uint32_t x = scratch_of(type);
  set(x);
  if (type == wasm::v128) {
    const uint64_t nan = shape == Bits::raw_f32x4 ? oracle::canonical_nan<float> * 0x1'0000'0001ull : oracle::canonical_nan<double>;
    get(x);
    out_.byte(0xfd), out_.u(12), out_.fixed(nan, 8), out_.fixed(nan, 8);
    get(x), get(x);
    out_.byte(0xfd), out_.u(shape == Bits::raw_f32x4 ? 0x41 : 0x47);  // eq
    return out_.byte(0xfd), out_.u(0x52);                             // v128.bitselect
  }
  get(x);
  out_.byte(type == wasm::f32 ? 0x43 : 0x44);
  if (type == wasm::f32) out_.fixed(oracle::canonical_nan<float>, 4);
  if (type == wasm::f64) out_.fixed(oracle::canonical_nan<double>, 8);
  get(x), get(x);
  out_.byte(type == wasm::f32 ? 0x5b : 0x61);  // eq
  out_.byte(0x1b);                             // select
}

// Mostly inside the memory, often at its edge, sometimes anywhere.
void FunctionMaker::address(uint32_t memory, uint32_t access_bytes) {
  const wasm::Limits& limits = shape_.memories[memory].limits;
  ValueType type = shape_.address_type(limits);
  uint32_t kind = choices_.below(128);
  uint64_t end = limits.min * 65536;
  if (kind < 32 || end == 0) return address_const(type, choices_.below(256));
  if (kind < 46) return address_const(type, end - access_bytes - choices_.below(16));
  if (kind == 46) return address_const(type, end - choices_.below(2 * access_bytes));
  if (kind == 126) {  // where adding an offset wraps, and where 32 bits change their sign
    static const std::vector<uint64_t> corners = {0xffffffff, 0x80000000, 0x7fffffff, 0x100000000, ~uint64_t{0}, uint64_t{1} << 63};
    return address_const(type, choices_.pick(corners) - choices_.below(20));
  }
  expression(type);
  if (kind == 47) return;
  address_const(type, kind < 96 ? 0xff : 0x7fff);
  out_.byte(type == wasm::i64 ? 0x83 : 0x71);  // and
}

void FunctionMaker::memarg(const Operator& op, uint32_t memory) {
  const uint32_t natural = *wasm::access_log2(op.immediate);
  const uint32_t align = op.is_atomic ? natural : choices_.below(natural + 1);
  uint32_t kind = choices_.below(256);
  uint64_t offset = kind < 96 ? 0 : choices_.below(kind < 240 ? 64 : 32768);
  bool is_64 = shape_.memories[memory].limits.address == wasm::AddressType::i64;
  if (kind == 255) offset = is_64 ? ~uint64_t{0} - choices_.below(64) : 0xffffffff - choices_.below(64);
  if (kind == 254) offset = 0x2000000 - choices_.below(64);   // around the guard's size
  if (kind == 253) offset = 0x80000020 - choices_.below(64);  // what a displacement holds
  if (kind == 252 && is_64) offset = 0x100000020 - choices_.below(64);
  if (op.is_atomic && choices_.below(24) != 23) offset &= ~uint64_t{(1u << natural) - 1};
  out_.u(memory == 0 ? align : align | 0x40);
  if (memory != 0) out_.u(memory);
  out_.u(offset);
}

void FunctionMaker::table_index(uint32_t table) {
  const wasm::Limits& limits = shape_.tables[table].limits;
  ValueType type = shape_.address_type(limits);
  uint32_t kind = choices_.below(32);
  if (kind < 26) return address_const(type, choices_.below(static_cast<uint32_t>(std::max<uint64_t>(limits.min, 1))));
  if (kind == 26) return address_const(type, limits.min + choices_.below(3));
  expression(type);
  if (kind == 27) return;
  address_const(type, limits.min > 3 ? 3 : 1);
  out_.byte(type == wasm::i64 ? 0x83 : 0x71);  // and
}

// Mostly later functions, so that calls rarely run in circles.
uint32_t FunctionMaker::some_callee() {
  auto count = static_cast<uint32_t>(shape_.funcs.size());
  if (func_ + 1 < count && choices_.below(8) != 0) return func_ + 1 + choices_.below(count - func_ - 1);
  return choices_.below(count);
}

bool FunctionMaker::call_with_result(ValueType type) {
  std::vector<uint32_t> fitting;
  for (uint32_t i = 0; i < shape_.funcs.size(); ++i) {
    const std::vector<ValueType>& results = shape_.func_type(i).results;
    if (results.size() == 1 && results[0] == type && (i < shape_.imported_funcs || i > func_)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  call_func(choices_.pick(fitting), false);
  return true;
}

// Directly, through a reference or through a table that holds the function's type.
void FunctionMaker::call_func(uint32_t func, bool tail) {
  uint32_t type = shape_.funcs[func];
  expressions(shape_.types[type].params);
  uint32_t kind = choices_.below(6);
  if (kind == 4 && choices_.below(3) == 0) {
    expression(ValueType::ref(HeapType::concrete(type), true));
    return out_.byte(tail ? 0x15 : 0x14), out_.u(type);  // call_ref
  }
  if (kind == 3 || kind == 4) {
    out_.byte(0xd2), out_.u(func);  // ref.func
    return out_.byte(tail ? 0x15 : 0x14), out_.u(type);
  }
  std::vector<uint32_t> tables;
  for (uint32_t i = 0; i < shape_.tables.size(); ++i) {
    if (is_assignable(shape_.tables[i].element, wasm::funcref)) tables.push_back(i);
  }
  if (kind == 5 && !tables.empty()) {
    const bool is_known = shape_.unchanged_table != UINT32_MAX && choices_.below(2) == 0;
    uint32_t table = is_known ? shape_.unchanged_table : choices_.pick(tables);
    const std::vector<uint32_t> places = is_known ? shape_.known_places(type) : std::vector<uint32_t>();
    if (places.empty() || choices_.below(4) == 0) {
      table_index(table);
    } else {
      address_const(shape_.address_type(shape_.tables[table].limits), choices_.pick(places));
    }
    return out_.byte(tail ? 0x13 : 0x11), out_.u(type), out_.u(table);  // call_indirect
  }
  out_.byte(tail ? 0x12 : 0x10), out_.u(func);
}

}  // namespace mote::differential
