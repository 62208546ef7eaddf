// The interpreter: one step at a time over read_code()'s steps, with explicit stacks of values, labels and frames as in the
// specification (core/exec/instructions). Calls do not recurse in C++, and a tail call replaces its frame.
//
// Frames keep locals at the bottom of their part of the value stack. A label remembers how high the stack was when its block began
// and how many values a branch to it carries. Traps are made where they happen, with the frames of that moment.
// Proved by oracle_spec.cpp (the specification's scripts); judges the compilers in tests/differential.
#include "tests/oracle/interpret.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/code/fuel.h"
#include "tests/oracle/code.h"
#include "tests/oracle/numeric.h"

#include <mote/result.h>

namespace mote::oracle {
namespace {

using wasm::Opcode;
using Done = Outcome<void>;

struct Label {
  uint32_t arity = 0;   // values that a branch carries
  size_t height = 0;    // of the value stack below the block's parameters
  uint32_t target = 0;  // the step where a branch goes on: behind the block's `end`, or at `loop`, which makes the label anew
};
struct Frame {
  Func* func = nullptr;
  const Code* code = nullptr;
  uint32_t at = 0;    // the step that runs now
  size_t locals = 0;  // index of local 0 in the value stack
  size_t labels = 0;  // index of this frame's first label
};

class Interpreter {
 public:
  explicit Interpreter(Store& store) : store_(store) {}

  Outcome<std::vector<Value>> run(Func& func, std::span<const Value> args) {
    values_.assign(args.begin(), args.end());
    TRY(call(func));
    while (!frames_.empty()) TRY(step());
    return std::move(values_);
  }

 private:
  [[nodiscard]] std::unexpected<Stop> trap(TrapKind kind) const {
    OracleTrap trap{kind, {}};
    for (size_t i = frames_.size(); i-- > 0;) {
      const Frame& frame = frames_[i];
      trap.frames.push_back({frame.func->index, frame.code->steps[frame.at].instruction.offset});
    }
    return std::unexpected(Stop{std::move(trap)});
  }

  // Values.
  void push(Value value) { values_.push_back(value); }
  Value pop() {
    ASSERT(!values_.empty());
    Value value = values_.back();
    values_.pop_back();
    return value;
  }
  // Keeps the topmost `count` values and removes those below them down to `height`.
  void unwind(size_t height, size_t count) {
    ASSERT(values_.size() >= height + count);
    std::move(values_.end() - static_cast<ptrdiff_t>(count), values_.end(), values_.begin() + static_cast<ptrdiff_t>(height));
    values_.resize(height + count);
  }
  void push_address(bool is_64, uint64_t value) { push({is_64 ? value : static_cast<uint32_t>(value)}); }

  Instance& instance() { return *frames_.back().func->instance; }

  // Fuel (engine/code/fuel.h): costs gather in pending_ and are charged where a run ends.
  void charge(Opcode op) {
    pending_ += code::fuel_cost(op);
    if (!code::ends_fuel_run(op)) return;
    store_.fuel -= pending_;
    pending_ = 0;
  }
  [[nodiscard]] bool is_out_of_fuel() const { return store_.config.fuel && store_.fuel < 0; }

  // Calls and branches.
  Done call(Func& func);
  Done tail_call(Func& func);
  Done enter(Func& func);
  void leave();
  void resume();
  void drop_frame(size_t count);
  void branch(uint32_t depth);
  Outcome<Func*> callee(const wasm::Instruction& instruction);

  Done step();
  Done control(const Step& step);
  Done begin_block(const Step& step);
  Done plain(const wasm::Instruction& instruction);
  Done variable(const wasm::Instruction& instruction);
  Done table_access(const wasm::Instruction& instruction);
  Done bulk(const wasm::Instruction& instruction);
  Done memory_access(const wasm::Instruction& instruction);
  Done numeric(const wasm::Instruction& instruction);
  Done atomic(const wasm::Instruction& instruction);
  template <class T>
  Done atomic_access(const wasm::Instruction& instruction, uint32_t row);
  Done wait_or_notify(const wasm::Instruction& instruction);

  // Memory accesses: the bytes that the instruction means, or a trap.
  Outcome<uint8_t*> locate(const wasm::MemArg& memarg, uint64_t address, uint64_t size);
  template <class T>
  Outcome<T> read(const wasm::Instruction& instruction, uint64_t address) {
    return load_le<T>(TRY(locate(instruction.memarg, address, sizeof(T))));
  }
  template <class T>
  Done write(const wasm::Instruction& instruction, uint64_t address, T value) {
    store_le<T>(TRY(locate(instruction.memarg, address, sizeof(T))), value);
    return {};
  }
  template <class From, class To>
  Done load(const wasm::Instruction& instruction) {
    push(put(static_cast<To>(TRY(read<From>(instruction, pop().low)))));
    return {};
  }
  template <class T>
  Done store(const wasm::Instruction& instruction) {
    Value value = pop();
    return write<T>(instruction, pop().low, get<T>(value));
  }
  template <class Narrow, class Wide>
  Done load_extend(const wasm::Instruction& instruction);
  template <class T>
  Done load_splat(const wasm::Instruction& instruction);
  template <class T>
  Done load_lane(const wasm::Instruction& instruction);
  template <class T>
  Done store_lane(const wasm::Instruction& instruction);

  Store& store_;
  std::vector<Value> values_;
  std::vector<Label> labels_;
  std::vector<Frame> frames_;
  int64_t pending_ = 0;
};

// The arguments lie on the value stack. A wasm callee runs in a new frame while the caller stays at its call, so that traps show
// it; leave() moves the caller on. A host function is done when this returns.
Done Interpreter::call(Func& func) {
  if (func.instance != nullptr) return enter(func);
  const wasm::FuncType& type = store_.types.func_type(func.type);
  std::vector<Value> args(values_.end() - static_cast<ptrdiff_t>(type.params.size()), values_.end());
  values_.resize(values_.size() - args.size());
  auto results = func.host(args);
  if (!results) return trap(results.error());
  ASSERT(results->size() == type.results.size());
  values_.insert(values_.end(), results->begin(), results->end());
  resume();
  return {};
}

Done Interpreter::enter(Func& func) {
  if (frames_.size() >= max_frames || values_.size() >= max_values) return trap(TrapKind::call_stack_exhausted);
  if (func.code == nullptr) {
    auto code = read_code(func.instance->module, func.index);
    if (!code) return std::unexpected(Stop{code.error()});
    func.code = std::make_unique<Code>(std::move(*code));
  }
  const Code& code = *func.code;
  size_t locals = values_.size() - code.params;
  values_.resize(locals + code.locals.size());  // zero is the default value of every type
  labels_.push_back({.arity = code.results, .height = values_.size(), .target = static_cast<uint32_t>(code.steps.size()) - 1});
  frames_.push_back({&func, &code, 0, locals, labels_.size() - 1});
  if (!is_out_of_fuel()) return {};
  auto stop = trap(TrapKind::out_of_fuel);
  std::get<OracleTrap>(stop.error()).frames.front().offset = code.offset;  // before the first instruction
  return stop;
}

// Removes the frame; its results are the topmost values.
void Interpreter::leave() {
  drop_frame(frames_.back().code->results);
  resume();
}

// The caller goes on behind its call.
void Interpreter::resume() {
  if (!frames_.empty()) ++frames_.back().at;
}

// Removes the frame, with all its values but the topmost `count`.
void Interpreter::drop_frame(size_t count) {
  Frame frame = frames_.back();
  frames_.pop_back();
  labels_.resize(frame.labels);
  unwind(frame.locals, count);
}

Done Interpreter::tail_call(Func& func) {
  drop_frame(store_.types.func_type(func.type).params.size());
  return call(func);
}

// To the label `depth` blocks out; the outermost one is the function's own.
void Interpreter::branch(uint32_t depth) {
  Frame& frame = frames_.back();
  size_t index = labels_.size() - 1 - depth;
  ASSERT(index >= frame.labels);
  Label label = labels_[index];
  unwind(label.height, label.arity);
  labels_.resize(index);
  frame.at = label.target;
  if (index == frame.labels) labels_.push_back(label);  // the function's `end` wants its label
}

Done Interpreter::begin_block(const Step& step) {
  bool is_loop = step.instruction.op == Opcode::loop;
  Frame& frame = frames_.back();
  bool skips = step.instruction.op == Opcode::if_ && get<uint32_t>(pop()) == 0;
  labels_.push_back({.arity = is_loop ? step.params : step.results,
                     .height = values_.size() - step.params,
                     .target = is_loop ? frame.at : step.end_at + 1});
  if (is_loop && is_out_of_fuel()) return trap(TrapKind::out_of_fuel);
  frame.at = skips ? step.else_at : frame.at + 1;
  return {};
}

// The function that call_ref or call_indirect names by the value on the stack.
Outcome<Func*> Interpreter::callee(const wasm::Instruction& instruction) {
  Opcode op = instruction.op;
  if (op == Opcode::call || op == Opcode::return_call) return instance().funcs[instruction.index];
  uint64_t operand = pop().low;
  if (op == Opcode::call_ref || op == Opcode::return_call_ref) {
    if (operand == 0) return trap(TrapKind::null_function_reference);
    return func_of(operand);
  }
  const Table& from = *instance().tables[instruction.index];
  if (!from.has(operand, 1)) return trap(TrapKind::undefined_element);
  if (from.elements[operand] == 0) return trap(TrapKind::uninitialized_element);
  Func* func = func_of(from.elements[operand]);
  if (!store_.types.matches(func->type, instance().types[instruction.index2])) return trap(TrapKind::indirect_call_type_mismatch);
  return func;
}

Done Interpreter::control(const Step& step) {
  const wasm::Instruction& instruction = step.instruction;
  Frame& frame = frames_.back();
  switch (instruction.op) {
    case Opcode::unreachable:
      return trap(TrapKind::unreachable);
    case Opcode::nop:
      break;
    case Opcode::block:
    case Opcode::loop:
    case Opcode::if_:
      return begin_block(step);
    case Opcode::else_:
      return frame.at = step.end_at, Done{};
    case Opcode::end:
      if (frame.at + 1 == frame.code->steps.size()) return leave(), Done{};
      labels_.pop_back();
      break;
    case Opcode::br:
      return branch(instruction.index), Done{};
    case Opcode::br_if:
      if (get<uint32_t>(pop()) != 0) return branch(instruction.index), Done{};
      break;
    case Opcode::br_table: {
      size_t index = std::min<size_t>(get<uint32_t>(pop()), step.targets.size() - 1);
      return branch(step.targets[index]), Done{};
    }
    case Opcode::br_on_null:
      if (values_.back().low == 0) return pop(), branch(instruction.index), Done{};
      break;
    case Opcode::br_on_non_null:
      if (values_.back().low != 0) return branch(instruction.index), Done{};
      pop();
      break;
    case Opcode::return_:
      return branch(static_cast<uint32_t>(labels_.size() - 1 - frame.labels)), Done{};
    case Opcode::call:
    case Opcode::call_indirect:
    case Opcode::call_ref:
      return call(*TRY(callee(instruction)));
    case Opcode::return_call:
    case Opcode::return_call_indirect:
    case Opcode::return_call_ref:
      return tail_call(*TRY(callee(instruction)));
    default:
      ASSERT(false && "not a control instruction");
  }
  ++frame.at;
  return {};
}

Done Interpreter::variable(const wasm::Instruction& instruction) {
  auto local = [&]() -> Value& { return values_[frames_.back().locals + instruction.index]; };
  switch (instruction.op) {
    case Opcode::drop:
      pop();
      break;
    case Opcode::select:
    case Opcode::select_t: {
      bool first = get<uint32_t>(pop()) != 0;
      Value second = pop();
      if (!first) values_.back() = second;
      break;
    }
    case Opcode::local_get:
      push(local());
      break;
    case Opcode::local_set:
      local() = pop();
      break;
    case Opcode::local_tee:
      local() = values_.back();
      break;
    case Opcode::global_get:
      push(instance().globals[instruction.index]->value);
      break;
    case Opcode::global_set:
      instance().globals[instruction.index]->value = pop();
      break;
    case Opcode::ref_null:
      push({});
      break;
    case Opcode::ref_is_null:
      push(put<uint32_t>(pop().low == 0));
      break;
    case Opcode::ref_func:
      push({oracle::reference(instance().funcs[instruction.index])});
      break;
    case Opcode::ref_as_non_null:
      if (values_.back().low == 0) return trap(TrapKind::null_reference);
      break;
    default:
      ASSERT(false && "not a variable, parametric or reference instruction");
  }
  return {};
}

Done Interpreter::table_access(const wasm::Instruction& instruction) {
  Table& table = *instance().tables[instruction.index];
  switch (instruction.op) {
    case Opcode::table_get: {
      uint64_t at = pop().low;
      if (!table.has(at, 1)) return trap(TrapKind::out_of_bounds_table_access);
      push({table.elements[at]});
      break;
    }
    case Opcode::table_set: {
      uint64_t value = pop().low, at = pop().low;
      if (!table.has(at, 1)) return trap(TrapKind::out_of_bounds_table_access);
      table.elements[at] = value;
      break;
    }
    case Opcode::table_size:
      push_address(table.is_64(), table.elements.size());
      break;
    case Opcode::table_grow: {
      uint64_t count = pop().low, value = pop().low, size = table.elements.size();
      uint64_t most = std::min(table.type.limits.max.value_or(UINT32_MAX), store_.config.table_limit);
      bool fits = count <= most && size <= most - count;
      if (fits) table.elements.resize(size + count, value);
      push_address(table.is_64(), fits ? size : ~uint64_t{0});
      break;
    }
    case Opcode::table_fill: {
      uint64_t count = pop().low, value = pop().low, at = pop().low;
      if (!table.has(at, count)) return trap(TrapKind::out_of_bounds_table_access);
      std::fill_n(table.elements.begin() + static_cast<ptrdiff_t>(at), count, value);
      break;
    }
    case Opcode::table_copy: {
      const Table& source = *instance().tables[instruction.index2];
      uint64_t count = pop().low, from = pop().low, to = pop().low;
      if (!table.has(to, count) || !source.has(from, count)) return trap(TrapKind::out_of_bounds_table_access);
      std::vector<uint64_t> moved(source.elements.begin() + static_cast<ptrdiff_t>(from),
                                  source.elements.begin() + static_cast<ptrdiff_t>(from + count));
      std::copy(moved.begin(), moved.end(), table.elements.begin() + static_cast<ptrdiff_t>(to));
      break;
    }
    default:
      ASSERT(false && "not a table instruction");
  }
  return {};
}

// The instructions that name a segment or work on a range of memory.
Done Interpreter::bulk(const wasm::Instruction& instruction) {
  switch (instruction.op) {
    case Opcode::memory_size: {
      Memory& memory = *instance().memories[instruction.index];
      push_address(memory.is_64(), memory.pages());
      break;
    }
    case Opcode::memory_grow: {
      Memory& memory = *instance().memories[instruction.index];
      push_address(memory.is_64(), memory.grow(pop().low, store_.config.memory_limit_bytes).value_or(~uint64_t{0}));
      break;
    }
    case Opcode::memory_fill: {
      Memory& memory = *instance().memories[instruction.index];
      uint64_t count = pop().low;
      auto value = get<uint8_t>(pop());
      uint64_t at = pop().low;
      if (!memory.has(at, count)) return trap(TrapKind::out_of_bounds_memory_access);
      std::memset(memory.data() + at, value, count);
      break;
    }
    case Opcode::memory_copy: {
      Memory &target = *instance().memories[instruction.index], &source = *instance().memories[instruction.index2];
      uint64_t count = pop().low, from = pop().low, to = pop().low;
      if (!target.has(to, count) || !source.has(from, count)) return trap(TrapKind::out_of_bounds_memory_access);
      std::memmove(target.data() + to, source.data() + from, count);
      break;
    }
    case Opcode::memory_init: {
      Instance& owner = instance();
      Bytes segment = owner.data_dropped[instruction.index] ? Bytes{} : owner.module.datas[instruction.index].bytes;
      uint64_t count = pop().low, from = pop().low, to = pop().low;
      if (!memory_init(*owner.memories[instruction.index2], segment, to, from, count)) {
        return trap(TrapKind::out_of_bounds_memory_access);
      }
      break;
    }
    case Opcode::table_init: {
      uint64_t count = pop().low, from = pop().low, to = pop().low;
      if (!table_init(*instance().tables[instruction.index2], instance().elements[instruction.index], to, from, count)) {
        return trap(TrapKind::out_of_bounds_table_access);
      }
      break;
    }
    case Opcode::data_drop:
      instance().data_dropped[instruction.index] = true;
      break;
    case Opcode::elem_drop:
      instance().elements[instruction.index].clear();
      break;
    default:
      ASSERT(false && "not a bulk instruction");
  }
  return {};
}

Outcome<uint8_t*> Interpreter::locate(const wasm::MemArg& memarg, uint64_t address, uint64_t size) {
  Memory& memory = *instance().memories[memarg.memory];
  uint64_t at = 0;
  if (__builtin_add_overflow(address, memarg.offset, &at) || !memory.has(at, size))
    return trap(TrapKind::out_of_bounds_memory_access);
  return memory.data() + at;
}

// v128.load8x8_s and its like: eight bytes, widened lane by lane.
template <class Narrow, class Wide>
Done Interpreter::load_extend(const wasm::Instruction& instruction) {
  auto narrow = std::bit_cast<std::array<Narrow, 8 / sizeof(Narrow)>>(TRY(read<uint64_t>(instruction, pop().low)));
  Lanes<Wide> wide;
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<Wide>(narrow[i]);
  push(put(wide));
  return {};
}
template <class T>
Done Interpreter::load_splat(const wasm::Instruction& instruction) {
  Lanes<T> lanes;
  lanes.fill(TRY(read<T>(instruction, pop().low)));
  push(put(lanes));
  return {};
}
template <class T>
Done Interpreter::load_lane(const wasm::Instruction& instruction) {
  auto lanes = get<Lanes<T>>(pop());
  lanes[instruction.index] = TRY(read<T>(instruction, pop().low));
  push(put(lanes));
  return {};
}
template <class T>
Done Interpreter::store_lane(const wasm::Instruction& instruction) {
  auto lanes = get<Lanes<T>>(pop());
  return write<T>(instruction, pop().low, lanes[instruction.index]);
}

Done Interpreter::memory_access(const wasm::Instruction& instruction) {
  switch (instruction.op) {
    case Opcode::i32_load:
    case Opcode::f32_load:
    case Opcode::v128_load32_zero:
      return load<uint32_t, uint32_t>(instruction);
    case Opcode::i64_load:
    case Opcode::f64_load:
    case Opcode::v128_load64_zero:
      return load<uint64_t, uint64_t>(instruction);
    case Opcode::i32_load8_s:
      return load<int8_t, int32_t>(instruction);
    case Opcode::i32_load8_u:
      return load<uint8_t, uint32_t>(instruction);
    case Opcode::i32_load16_s:
      return load<int16_t, int32_t>(instruction);
    case Opcode::i32_load16_u:
      return load<uint16_t, uint32_t>(instruction);
    case Opcode::i64_load8_s:
      return load<int8_t, int64_t>(instruction);
    case Opcode::i64_load8_u:
      return load<uint8_t, uint64_t>(instruction);
    case Opcode::i64_load16_s:
      return load<int16_t, int64_t>(instruction);
    case Opcode::i64_load16_u:
      return load<uint16_t, uint64_t>(instruction);
    case Opcode::i64_load32_s:
      return load<int32_t, int64_t>(instruction);
    case Opcode::i64_load32_u:
      return load<uint32_t, uint64_t>(instruction);
    case Opcode::i32_store:
    case Opcode::f32_store:
    case Opcode::i64_store32:
      return store<uint32_t>(instruction);
    case Opcode::i64_store:
    case Opcode::f64_store:
      return store<uint64_t>(instruction);
    case Opcode::i32_store8:
    case Opcode::i64_store8:
      return store<uint8_t>(instruction);
    case Opcode::i32_store16:
    case Opcode::i64_store16:
      return store<uint16_t>(instruction);
    case Opcode::v128_load:
      return load<Value, Value>(instruction);
    case Opcode::v128_store:
      return store<Value>(instruction);
    case Opcode::v128_load8x8_s:
      return load_extend<int8_t, int16_t>(instruction);
    case Opcode::v128_load8x8_u:
      return load_extend<uint8_t, uint16_t>(instruction);
    case Opcode::v128_load16x4_s:
      return load_extend<int16_t, int32_t>(instruction);
    case Opcode::v128_load16x4_u:
      return load_extend<uint16_t, uint32_t>(instruction);
    case Opcode::v128_load32x2_s:
      return load_extend<int32_t, int64_t>(instruction);
    case Opcode::v128_load32x2_u:
      return load_extend<uint32_t, uint64_t>(instruction);
    case Opcode::v128_load8_splat:
      return load_splat<uint8_t>(instruction);
    case Opcode::v128_load16_splat:
      return load_splat<uint16_t>(instruction);
    case Opcode::v128_load32_splat:
      return load_splat<uint32_t>(instruction);
    case Opcode::v128_load64_splat:
      return load_splat<uint64_t>(instruction);
    case Opcode::v128_load8_lane:
      return load_lane<uint8_t>(instruction);
    case Opcode::v128_load16_lane:
      return load_lane<uint16_t>(instruction);
    case Opcode::v128_load32_lane:
      return load_lane<uint32_t>(instruction);
    case Opcode::v128_load64_lane:
      return load_lane<uint64_t>(instruction);
    case Opcode::v128_store8_lane:
      return store_lane<uint8_t>(instruction);
    case Opcode::v128_store16_lane:
      return store_lane<uint16_t>(instruction);
    case Opcode::v128_store32_lane:
      return store_lane<uint32_t>(instruction);
    case Opcode::v128_store64_lane:
      return store_lane<uint64_t>(instruction);
    default:
      ASSERT(false && "not a memory access");
      return {};
  }
}

// The oracle runs on one thread, so an access is atomic as it is. An address must be a multiple of the size, then in bounds.
//
// The table of opcodes has atomic accesses in rows of seven: full width of i32 and i64, then i32 with 8 and 16 bits, i64 with 8, 16
// and 32. The rows: load, store, add, sub, and, or, xor, xchg, cmpxchg.
Done Interpreter::atomic(const wasm::Instruction& instruction) {
  if (instruction.op == Opcode::atomic_fence) return {};
  if (static_cast<uint32_t>(instruction.op) < static_cast<uint32_t>(Opcode::i32_atomic_load)) return wait_or_notify(instruction);
  uint32_t row = (static_cast<uint32_t>(instruction.op) - static_cast<uint32_t>(Opcode::i32_atomic_load)) / 7;
  switch (*wasm::access_log2(wasm::info(instruction.op).immediate)) {
    case 0:
      return atomic_access<uint8_t>(instruction, row);
    case 1:
      return atomic_access<uint16_t>(instruction, row);
    case 2:
      return atomic_access<uint32_t>(instruction, row);
    default:
      return atomic_access<uint64_t>(instruction, row);
  }
}

// The old value comes back, zero-extended; of every operand as many bits count as the access has.
template <class T>
Done Interpreter::atomic_access(const wasm::Instruction& instruction, uint32_t row) {
  enum Row : uint8_t { load, store, add, sub, and_, or_, xor_, xchg, cmpxchg };
  T operand = row == load ? T{} : get<T>(pop());
  T expected = row == cmpxchg ? get<T>(pop()) : T{};
  uint64_t address = pop().low;
  if ((address + instruction.memarg.offset) % sizeof(T) != 0) return trap(TrapKind::unaligned_atomic);
  uint8_t* place = TRY(locate(instruction.memarg, address, sizeof(T)));
  T old = load_le<T>(place);
  T results[] = {old,
                 operand,
                 static_cast<T>(old + operand),
                 static_cast<T>(old - operand),
                 static_cast<T>(old & operand),
                 static_cast<T>(old | operand),
                 static_cast<T>(old ^ operand),
                 operand,
                 old == expected ? operand : old};
  store_le<T>(place, results[row]);
  if (row != store) push(put(static_cast<uint64_t>(old)));
  return {};
}

// Nobody else runs: nobody waits, and a wait that would sleep ends by its timeout. One without would hang; it is an error.
Done Interpreter::wait_or_notify(const wasm::Instruction& instruction) {
  const bool is_wait = instruction.op != Opcode::memory_atomic_notify;
  const uint64_t size = instruction.op == Opcode::memory_atomic_wait64 ? 8 : 4;
  int64_t timeout = is_wait ? static_cast<int64_t>(pop().low) : 0;
  uint64_t operand = pop().low, address = pop().low;
  if ((address + instruction.memarg.offset) % size != 0) return trap(TrapKind::unaligned_atomic);
  const bool is_shared = instance().memories[instruction.memarg.memory]->type().limits.is_shared;
  if (is_wait && !is_shared) return trap(TrapKind::expected_shared_memory);
  const uint8_t* place = TRY(locate(instruction.memarg, address, size));
  if (!is_wait) return push(put<uint32_t>(0)), Done{};
  const bool is_equal =
      size == 8 ? load_le<uint64_t>(place) == operand : load_le<uint32_t>(place) == static_cast<uint32_t>(operand);
  if (is_equal && timeout < 0) return std::unexpected(Stop{Error{ErrorKind::limit, "the oracle would wait for ever"}});
  push(put<uint32_t>(is_equal ? 2 : 1));
  return {};
}

Done Interpreter::numeric(const wasm::Instruction& instruction) {
  size_t count = operand_count(instruction.op);
  ASSERT(values_.size() >= count);
  const Value* operands = values_.data() + values_.size() - count;
  Value result;
  if (is_vector(instruction.op)) {
    result = vector(instruction, operands, store_.config.rules);
  } else {
    auto outcome = scalar(instruction, operands, store_.config.rules);
    if (!outcome) return trap(outcome.error());
    result = *outcome;
  }
  values_.resize(values_.size() - count);
  push(result);
  return {};
}

// Everything that goes on with the next step.
Done Interpreter::plain(const wasm::Instruction& instruction) {
  if (wasm::group(instruction.op) == wasm::Group::threads) return atomic(instruction);
  if (wasm::access_log2(wasm::info(instruction.op).immediate)) return memory_access(instruction);
  if (is_scalar(instruction.op) || is_vector(instruction.op)) return numeric(instruction);
  switch (instruction.op) {
    case Opcode::table_get:
    case Opcode::table_set:
    case Opcode::table_size:
    case Opcode::table_grow:
    case Opcode::table_fill:
    case Opcode::table_copy:
      return table_access(instruction);
    default:
      break;
  }
  switch (wasm::group(instruction.op)) {
    case wasm::Group::memory:
    case wasm::Group::bulk_memory:
      return bulk(instruction);
    default:
      return variable(instruction);
  }
}

Done Interpreter::step() {
  const Step& step = frames_.back().code->steps[frames_.back().at];
  Opcode op = step.instruction.op;
  if (++store_.steps > store_.config.step_limit) {
    return std::unexpected(Stop{Error{ErrorKind::limit, "the oracle's step limit is reached"}});
  }
  if (store_.config.fuel) charge(op);
  wasm::Group group = wasm::group(op);
  bool is_control = group == wasm::Group::control || group == wasm::Group::tail_call || group == wasm::Group::function_references;
  if (is_control && op != Opcode::ref_as_non_null) return control(step);
  TRY(plain(step.instruction));
  ++frames_.back().at;
  return {};
}

}  // namespace

Outcome<std::vector<Value>> interpret(Store& store, Func& func, std::span<const Value> args) {
  return Interpreter(store).run(func, args);
}

}  // namespace mote::oracle
