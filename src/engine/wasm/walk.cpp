// The walker's frame: starting and ending a body, the operand stack, and every instruction whose signature the opcode table fixes.
//
// The rules of the others are in walk_control.cpp, walk_data.cpp and walk_gc.cpp. Errors go to the reader, which then is at its
// end, so that next() stops after the instruction at hand; the first error counts. What an instruction nearly always needs is
// inlined into the loop of whoever walks (the end of walk.h): a baseline compile spends a quarter of its
// instructions here (docs/internals/performance.md).
#include "engine/wasm/walk.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/read_types.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstring>

namespace mote::wasm {

namespace {

// Locals that are spelt out one by one. Behind them the runs are searched: a three-byte declaration can announce 50,000
// locals, and a million such functions must not cost more than they weigh.
constexpr uint32_t plain_locals = 1024;

}  // namespace

Result<std::vector<ValueType>> read_locals(const Module& module, FuncIndex func) {
  Walker walker(module);
  walker.start(func);
  return walker.take_locals();
}

Result<std::vector<ValueType>> Walker::take_locals() {
  look_for_legacy();
  if (in_.failed()) return std::unexpected(std::move(finish().error()));
  std::vector<ValueType> locals = std::move(locals_);
  for (const LocalRun& run : runs_) locals.resize(std::max<size_t>(locals.size(), run.end), run.type);
  return locals;
}

Result<void> validate_bodies(const Module& module) {
  Walker walker(module);
  NullConsumer nobody;
  for (FuncIndex i = module.imported_funcs; i < module.funcs.size() && !module.bodies.empty(); ++i) TRY(walk(walker, i, nobody));
  return {};
}

void Walker::start(FuncIndex func) {
  ASSERT(func >= module_.imported_funcs && func - module_.imported_funcs < module_.bodies.size());
  const Body& body = module_.bodies[func - module_.imported_funcs];
  func_ = func;
  in_ = Reader(module_.bytes, {body.offset, body.size});
  instruction_ = Instruction{.offset = body.offset};
  has_spans_ = true;  // next() begins with what is rare
  is_looked_through_ = has_legacy_ = false;
  live_ = true;
  top_ = base_ = 0;
  frames_.clear();
  block_results_.clear();
  read_local_runs();
  push_frame(Opcode::block, {{}, module_.func_type(func).results});
}

void Walker::read_local_runs() {
  const std::vector<ValueType>& params = module_.func_type(func_).params;
  locals_.assign(params.begin(), params.end());
  runs_.clear();
  local_count_ = static_cast<uint32_t>(params.size());
  tracks_locals_ = has_vector_locals_ = has_reference_locals_ = false;
  const uint32_t groups = in_.count(limits::function_body_bytes, "groups of locals");
  uint64_t announced = 0;
  for (uint32_t i = 0; i < groups && !in_.failed(); ++i) {
    const uint64_t at = in_.offset();
    const uint32_t count = in_.u32();
    announced += count;
    if (announced > UINT32_MAX) in_.fail(at, format("too many locals: {}", announced));
    const ValueType type = read_value_type(in_, static_cast<uint32_t>(module_.types.size()));
    if (in_.failed()) return;
    if (count == 0 || params.size() + announced > limits::locals) continue;
    local_count_ += count;
    runs_.push_back({local_count_, type});
    if (locals_.size() < plain_locals) locals_.resize(std::min(local_count_, plain_locals), type);
    tracks_locals_ |= !type.is_defaultable();
    has_vector_locals_ |= type.is_vector();
    has_reference_locals_ |= type.is_ref();
  }
  if (params.size() + announced > limits::locals) {
    return fail(format("too many locals: {} exceed the limit of {}", params.size() + announced, limits::locals), ErrorKind::limit);
  }
  if (!tracks_locals_) return;
  is_set_.assign(local_count_, true);
  set_.clear();
  uint32_t start = static_cast<uint32_t>(params.size());
  for (const LocalRun& run : runs_) {
    if (!run.type.is_defaultable()) std::fill(is_set_.begin() + start, is_set_.begin() + run.end, false);
    start = run.end;
  }
}

ValueType Walker::local_type(uint32_t index) const {
  if (index < locals_.size()) return locals_[index];
  return std::ranges::upper_bound(runs_, index, {}, &LocalRun::end)->type;
}

// Behind the locals that are spelt out.
bool Walker::far_local(uint32_t index) {
  check_index(index, local_count_, "local");
  if (in_.failed()) return false;
  instruction_.type = local_type(index);
  return true;
}

void Walker::note_set(uint32_t index) {
  if (in_.failed() || is_set_[index]) return;
  is_set_[index] = true;
  set_.push_back(index);
}

void Walker::uninitialized(uint32_t index) {
  if (!in_.failed()) fail(format("uninitialized local: {}", index));
}

// What a block or a table of branches has left behind, and what is told before anything is read; true: there is something.
bool Walker::begin_slowly() {
  look_for_legacy();
  if (take_queued()) return true;
  has_spans_ = false;
  instruction_.block = {};
  instruction_.targets = {};
  instruction_.catches = {};
  return false;
}

// Opcodes with a prefix, and those from before WebAssembly 3.0.
bool Walker::next_long() {
  if (legacy_instruction()) {
    if (instruction_.op == Opcode::block && !in_.failed()) block(Opcode::block);
    return !in_.failed();
  }
  const auto op = read_opcode(in_);
  if (!op) return false;
  instruction_.op = *op;
  if (opcode_infos[static_cast<size_t>(*op)].is_fixed) {
    fixed_with_immediate();
  } else {
    rule(*op);
  }
  return !in_.failed();
}

bool Walker::next() {
  NullConsumer nobody;
  return next(nobody);
}

// False, as next() is at its end.
bool Walker::end_body() {
  if (!in_.failed() && !frames_.empty()) in_.fail(in_.offset(), "END opcode expected: the body ends inside a block");
  return false;
}

Result<void> Walker::finish() {
  if (!in_.failed()) return {};
  Error error = in_.take_error();
  error.message += format(" (in function {})", func_);
  return std::unexpected(std::move(error));
}

void Walker::fixed_with_immediate() {
  check_operands(read_fixed_immediate(opcode_infos[static_cast<size_t>(instruction_.op)].immediate));
}

// One by one: some may be missing where the code cannot be reached.
void Walker::check_operands(ValueType address) {
  const OpcodeInfo& info = opcode_infos[static_cast<size_t>(instruction_.op)];
  for (size_t i = info.param_count; i-- > 0;) pop(value_type(info.params[i], address));
  if (info.result_count != 0) push(value_type(info.result, address));
}

// Reads the immediate; returns the address type of the memory or table that it names.
ValueType Walker::read_fixed_immediate(Immediate immediate) {
  switch (immediate) {
    case Immediate::none:
      return i32;
    case Immediate::i32:
      instruction_.low = static_cast<uint32_t>(in_.s32());
      return i32;
    case Immediate::i64:
      instruction_.low = static_cast<uint64_t>(in_.s64());
      return i32;
    case Immediate::f32:
      instruction_.low = in_.fixed<uint32_t>();
      return i32;
    case Immediate::f64:
      instruction_.low = in_.fixed<uint64_t>();
      return i32;
    case Immediate::v128:
      instruction_.low = in_.fixed<uint64_t>();
      instruction_.high = in_.fixed<uint64_t>();
      return i32;
    case Immediate::shuffle:
      instruction_.low = in_.fixed<uint64_t>();
      instruction_.high = in_.fixed<uint64_t>();
      // Lanes are bytes below 32.
      if (((instruction_.low | instruction_.high) & 0xe0e0'e0e0'e0e0'e0e0) != 0)
        fail("invalid lane index: i8x16.shuffle has 32 lanes");
      return i32;
    case Immediate::lane_2:
      instruction_.index = read_lane(2);
      return i32;
    case Immediate::lane_4:
      instruction_.index = read_lane(4);
      return i32;
    case Immediate::lane_8:
      instruction_.index = read_lane(8);
      return i32;
    case Immediate::lane_16:
      instruction_.index = read_lane(16);
      return i32;
    case Immediate::memarg_8:
    case Immediate::memarg_16:
    case Immediate::memarg_32:
    case Immediate::memarg_64:
    case Immediate::memarg_128:
    case Immediate::atomic_8:
    case Immediate::atomic_16:
    case Immediate::atomic_32:
    case Immediate::atomic_64:
      return read_memarg(immediate);
    case Immediate::memarg_8_lane:
    case Immediate::memarg_16_lane:
    case Immediate::memarg_32_lane:
    case Immediate::memarg_64_lane: {
      const ValueType address = read_memarg(immediate);
      instruction_.index = read_lane(16u >> access_log2(immediate).value_or(0));
      return address;
    }
    case Immediate::memory: {
      instruction_.index = read_index(module_.memories.size(), "memory");
      return in_.failed() ? i32 : address_type(module_.memories[instruction_.index].limits.address);
    }
    case Immediate::data_memory: {
      instruction_.index = in_.u32();
      instruction_.index2 = read_index(module_.memories.size(), "memory");
      check_data(instruction_.index);
      return in_.failed() ? i32 : address_type(module_.memories[instruction_.index2].limits.address);
    }
    case Immediate::data:
      check_data(instruction_.index = in_.u32());
      return i32;
    case Immediate::table: {
      instruction_.index = read_index(module_.tables.size(), "table");
      if (in_.failed()) return i32;
      instruction_.type = module_.tables[instruction_.index].type.element;
      return address_type(module_.tables[instruction_.index].type.limits.address);
    }
    case Immediate::elem_table:
      return read_table_init();
    case Immediate::elem:
      check_element(instruction_.index = in_.u32());
      return i32;
    case Immediate::zero_byte:
      if (in_.u8() != 0) fail("zero byte expected");
      return i32;
    // The immediates of instructions without a fixed signature: their rules read them.
    case Immediate::block:
    case Immediate::try_table:
    case Immediate::depth:
    case Immediate::depths:
    case Immediate::func:
    case Immediate::type:
    case Immediate::type_table:
    case Immediate::select_types:
    case Immediate::local:
    case Immediate::global:
    case Immediate::table_table:
    case Immediate::memory_memory:
    case Immediate::heap_type:
    case Immediate::cast:
    case Immediate::field:
    case Immediate::type_type:
    case Immediate::type_count:
    case Immediate::type_data:
    case Immediate::type_elem:
    case Immediate::tag:
      break;
  }
  ASSERT(false);
  return i32;
}

uint32_t Walker::read_lane(uint32_t lanes) {
  const uint8_t lane = in_.u8();
  if (lane >= lanes) fail(format("invalid lane index: {} of {} lanes", lane, lanes));
  return lane;
}

// Alignment, a memory index if bit 6 of it is set, an offset.
ValueType Walker::read_memarg(Immediate immediate) {
  const uint32_t flags = in_.u32();
  if (flags >= 0x80) {
    fail(format("malformed memop flags 0x{:x}", flags));
    return i32;
  }
  MemArg& memarg = instruction_.memarg;
  memarg.align_log2 = flags & 0x3f;
  memarg.memory = (flags & 0x40) != 0 ? in_.u32() : 0;
  memarg.offset = in_.u64();
  if (in_.failed()) return i32;
  if (memarg.memory >= module_.memories.size()) {
    fail(format("unknown memory {}", memarg.memory));
    return i32;
  }
  const uint32_t natural = access_log2(immediate).value_or(0);
  if (immediate >= Immediate::atomic_8) {
    if (memarg.align_log2 != natural) fail(format("atomic alignment must be natural: 2^{} bytes", natural));
  } else if (memarg.align_log2 > natural) {
    fail(format("alignment must not be larger than natural: 2^{} > 2^{} bytes", memarg.align_log2, natural));
  }
  const AddressType address = module_.memories[memarg.memory].limits.address;
  if (address == AddressType::i32 && memarg.offset > UINT32_MAX) fail("offset out of range: a 32-bit memory");
  return address_type(address);
}

void Walker::unknown_index(uint32_t index, const char* what) {
  if (!in_.failed()) fail(format("unknown {} {}", what, index));
}

// Instructions whose types depend on more than their opcode.
void Walker::rule(Opcode op) {
  switch (op) {
    case Opcode::unreachable:
      return unreachable();
    case Opcode::block:
    case Opcode::loop:
    case Opcode::if_:
      return block(op);
    case Opcode::else_:
      return begin_else();
    case Opcode::end:
      return end();
    case Opcode::try_table:
      return try_table();
    case Opcode::throw_:
      return throw_tag();
    case Opcode::throw_ref:
      pop(ValueType::ref(HeapType::exn, true));
      return unreachable();
    case Opcode::br:
      return br();
    case Opcode::br_if:
      return br_if();
    case Opcode::br_table:
      return br_table();
    case Opcode::br_on_null:
      return br_on_null();
    case Opcode::br_on_non_null:
      return br_on_non_null();
    case Opcode::br_on_cast:
      return br_on_cast(false);
    case Opcode::br_on_cast_fail:
      return br_on_cast(true);
    case Opcode::return_:
      return return_all();
    case Opcode::call:
    case Opcode::return_call:
      return call();
    case Opcode::call_indirect:
    case Opcode::return_call_indirect:
      return call_indirect();
    case Opcode::call_ref:
    case Opcode::return_call_ref:
      return call_ref();
    case Opcode::drop:
      return drop();
    case Opcode::select:
      return select();
    case Opcode::select_t:
      return select_t();
    case Opcode::global_get:
      return global_get();
    case Opcode::global_set:
      return global_set();
    case Opcode::table_get:
    case Opcode::table_set:
    case Opcode::table_grow:
    case Opcode::table_fill:
      return table_op(op);
    case Opcode::table_copy:
      return table_copy();
    case Opcode::memory_copy:
      return memory_copy();
    case Opcode::ref_func:
      return ref_func();
    case Opcode::ref_null:
    case Opcode::ref_is_null:
    case Opcode::ref_as_non_null:
    case Opcode::ref_eq:
    case Opcode::ref_i31:
    case Opcode::i31_get_s:
    case Opcode::i31_get_u:
      return ref_op(op);
    case Opcode::ref_test:
    case Opcode::ref_test_null:
    case Opcode::ref_cast:
    case Opcode::ref_cast_null:
      return ref_test(op);
    case Opcode::any_convert_extern:
      return convert(HeapType::extern_, HeapType::any);
    case Opcode::extern_convert_any:
      return convert(HeapType::any, HeapType::extern_);
    case Opcode::struct_new:
    case Opcode::struct_new_default:
    case Opcode::struct_get:
    case Opcode::struct_get_s:
    case Opcode::struct_get_u:
    case Opcode::struct_set:
      return struct_op(op);
    case Opcode::array_len:
      instruction_.type = peek();
      pop(ValueType::ref(HeapType::array, true));
      return push(i32);
    case Opcode::array_new:
    case Opcode::array_new_default:
    case Opcode::array_new_fixed:
    case Opcode::array_new_data:
    case Opcode::array_new_elem:
    case Opcode::array_get:
    case Opcode::array_get_s:
    case Opcode::array_get_u:
    case Opcode::array_set:
    case Opcode::array_fill:
    case Opcode::array_copy:
    case Opcode::array_init_data:
    case Opcode::array_init_elem:
      return array_op(op);
    default:
      ASSERT(false);  // has a fixed signature
  }
}

void Walker::grow(size_t more) {
  const size_t capacity = std::max<size_t>(64, std::max(capacity_ * 2, top_ + more));
  constexpr size_t spare = 2;
  auto memory = std::make_unique<ValueType[]>(spare + capacity);
  std::copy_n(stack_, top_, memory.get() + spare);
  stack_memory_ = std::move(memory);
  stack_ = stack_memory_.get() + spare;
  capacity_ = capacity;
}

void Walker::push_all(Types types) {
  if (capacity_ - top_ < types.size()) grow(types.size());
  std::ranges::copy(types, stack_ + top_);
  top_ += types.size();
}

void Walker::pop_all(Types types) {
  // Long lists at once: 4 million calls with a thousand parameters each fit into one body.
  if (types.size() > 8 && top_ - base_ >= types.size() &&
      std::memcmp(&stack_[top_ - types.size()], types.data(), types.size_bytes()) == 0) {
    top_ -= types.size();
    return;
  }
  for (size_t i = types.size(); i-- > 0 && !in_.failed();) pop(types[i]);
}

ValueType Walker::pop_any() {
  if (top_ > base_) return stack_[--top_];
  if (!frames_.back().unreachable) mismatch("expected an operand, found nothing");
  return bottom;
}

ValueType Walker::pop_ref() {
  const ValueType type = pop_any();
  if (type.is_ref()) return type;
  if (type.kind() != ValueKind::bottom) mismatch(format("expected a reference, found {}", text(type)));
  return ValueType::ref(HeapType::bot, false);
}

void Walker::pop_slowly(ValueType expected) {
  if (top_ == base_) {
    if (!frames_.back().unreachable) mismatch(format("expected {}, found nothing", text(expected)));
    return;
  }
  const ValueType found = stack_[--top_];
  if (!module_.matches(found, expected)) mismatch(expected, found);
}

void Walker::fail(std::string message, ErrorKind kind) {
  in_.fail(instruction_.offset, std::move(message), kind);
}
void Walker::mismatch(ValueType expected, ValueType found) {
  mismatch(format("expected {}, found {}", text(expected), text(found)));
}
void Walker::mismatch(const std::string& what) {
  fail("type mismatch: " + what);
}

}  // namespace mote::wasm
