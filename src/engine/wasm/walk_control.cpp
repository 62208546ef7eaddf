// Blocks, branches, calls and exceptions: the walker's rules for control instructions.
// Spec: core/valid/instructions, "Control Instructions"; appendix/algorithm. Tested by walk_test.cpp and tests/spec.
#include "base/core/format.h"
#include "engine/wasm/read_types.h"
#include "engine/wasm/walk.h"

#include <mote/limits.h>

namespace mote::wasm {

namespace {

constexpr ValueType exn_ref = ValueType::ref(HeapType::exn, false);
// Block types of one number or vector borrow from here.
constexpr ValueType single_types[] = {i32, i64, f32, f64, v128};

// What is left of a reference after a cast to `target` failed.
ValueType difference(ValueType source, ValueType target) {
  return target.is_nullable() ? source.as_non_null() : source;
}

}  // namespace

void Walker::push_frame(Opcode op, BlockType type) {
  if (frames_.size() >= limits::block_depth)
    return fail(format("blocks nest deeper than the limit of {}", limits::block_depth), ErrorKind::limit);
  frames_.push_back({.type = type,
                     .height = static_cast<uint32_t>(top_),
                     .set_locals = static_cast<uint32_t>(tracks_locals_ ? set_.size() : 0),
                     .op = op,
                     .told = live_});
  base_ = top_;
  push_all(type.params);
  if (has_legacy_) [[unlikely]]
    open_legacy_frame(live_);
}

BlockType Walker::read_block_type() {
  const uint8_t first = in_.peek();
  if (first == 0x40) {
    in_.u8();
    return {};
  }
  const bool is_value_type = (first & 0xc0) == 0x40;  // a negative number of one byte
  if (is_value_type) {
    const ValueType type = read_value_type(in_, static_cast<uint32_t>(module_.types.size()));
    if (!type.is_ref()) return {{}, Types(&single_types[static_cast<size_t>(type.kind())], 1)};
    return {{}, Types(&block_results_.emplace_back(type), 1)};
  }
  const int64_t index = in_.s33();
  if (in_.failed()) return {};
  if (index < 0) {
    fail("malformed block type");
  } else if (static_cast<uint64_t>(index) >= module_.types.size()) {
    fail(format("unknown type {}", index));
  } else if (const SubType& type = module_.types[static_cast<size_t>(index)]; type.kind != CompositeKind::func) {
    mismatch(format("type {} is not a function type", index));
  } else {
    return {type.func.params, type.func.results};
  }
  return {};
}

void Walker::block(Opcode op) {
  has_spans_ = true;
  instruction_.block = read_block_type();
  if (op == Opcode::if_) pop(i32);
  pop_all(instruction_.block.params);
  push_frame(op, instruction_.block);
}

// The results of the innermost block are on the stack, and nothing else of it. They are popped.
void Walker::pop_frame_results() {
  const Frame& frame = frames_.back();
  pop_all(frame.type.results);
  if (top_ != base_) mismatch(format("{} values remain on the stack at the end of the block", top_ - base_));
  if (!tracks_locals_) return;
  for (; set_.size() > frame.set_locals; set_.pop_back()) is_set_[set_.back()] = false;
}

void Walker::begin_else() {
  Frame& frame = frames_.back();
  if (frame.op != Opcode::if_) return fail("END opcode expected: else without if");
  told_ = frame.told;
  instruction_.end_reachable = !frame.unreachable;
  pop_frame_results();
  frame.op = Opcode::else_;
  frame.unreachable = false;
  live_ = frame.told;
  push_all(frame.type.params);
}

void Walker::end() {
  if (has_legacy_) [[unlikely]] {
    if (end_legacy()) return;
  }
  const Frame frame = frames_.back();
  told_ = frame.told;
  instruction_.end_reachable = !frame.unreachable;
  pop_frame_results();
  if (frame.op == Opcode::if_) {
    // The missing `else` passes the parameters on.
    const auto [params, results] = frame.type;
    bool passes = params.size() == results.size();
    for (size_t i = 0; passes && i < params.size(); ++i) passes = module_.matches(params[i], results[i]);
    if (!passes) mismatch(format("if without else must leave its parameters: {} -> {}", text(params), text(results)));
  }
  frames_.pop_back();
  live_ = frame.told;
  base_ = frames_.empty() ? 0 : frames_.back().height;
  push_all(frame.type.results);
  if (has_legacy_ && frames_.empty()) [[unlikely]]
    end_legacy_function();
  if (frames_.empty() && !in_.at_end()) [[unlikely]]
    in_.fail(in_.offset(), format("section size mismatch: {} bytes after the end of the body", in_.remaining()));
}

void Walker::unreachable() {
  frames_.back().unreachable = true;
  top_ = base_;
  live_ = false;
}

const Walker::Frame& Walker::read_label() {
  const uint32_t depth = in_.u32();
  if (depth >= frames_.size()) {
    fail(format("unknown label {}", depth));
    return frames_.back();
  }
  instruction_.index = has_legacy_ ? told_depth(depth) : depth;
  return frames_[frames_.size() - 1 - depth];
}

// The stack ends with these types (or, in unreachable code, may). They stay.
void Walker::check_top(Types types) {
  for (size_t i = types.size(), at = top_; i-- > 0;) {
    if (at == base_) {
      if (!frames_.back().unreachable) mismatch(format("expected {}, found nothing", text(types[i])));
      return;
    }
    if (const ValueType found = stack_[--at]; !module_.matches(found, types[i])) return mismatch(types[i], found);
  }
}

void Walker::br() {
  pop_all(read_label().label_types());
  unreachable();
}

void Walker::br_if() {
  const Types types = read_label().label_types();
  pop(i32);
  pop_all(types);
  push_all(types);
}

void Walker::br_table() {
  const uint32_t count = in_.count(limits::br_table_targets, "branch targets");
  targets_.clear();
  targets_.reserve(count + 1);
  pop(i32);
  Types checked;
  for (uint32_t i = 0; i <= count && !in_.failed(); ++i) {
    const Types types = read_label().label_types();
    targets_.push_back(instruction_.index);
    if (i != 0 && types.size() != checked.size())
      mismatch(format("branch targets with {} and {} values", checked.size(), types.size()));
    if (i == 0 || types.data() != checked.data()) check_top(types);
    checked = types;
  }
  has_spans_ = true;
  instruction_.index = 0;
  instruction_.targets = targets_;
  unreachable();
}

void Walker::br_on_null() {
  const Types types = read_label().label_types();
  const ValueType operand = pop_ref();
  instruction_.type = operand;
  pop_all(types);
  push_all(types);
  push(operand.as_non_null());
}

void Walker::br_on_non_null() {
  const Types types = read_label().label_types();
  if (types.empty() || !types.back().is_ref()) return mismatch("the label must take a reference");
  const ValueType operand = pop_ref();
  instruction_.type = operand;
  push(operand.as_non_null());
  pop_all(types);
  push_all(types.first(types.size() - 1));
}

void Walker::br_on_cast(bool on_fail) {
  const uint8_t flags = in_.u8();
  if (flags > 3) return fail(format("malformed cast flags 0x{:02x}", flags));
  const Types types = read_label().label_types();
  const auto type_count = static_cast<uint32_t>(module_.types.size());
  const ValueType source = ValueType::ref(read_heap_type(in_, type_count), (flags & 1) != 0);
  const ValueType target = ValueType::ref(read_heap_type(in_, type_count), (flags & 2) != 0);
  if (in_.failed()) return;
  instruction_.type = target;
  instruction_.type2 = source;
  if (!module_.matches(target, source)) return mismatch(format("cast from {} to {}", text(source), text(target)));
  if (types.empty()) return mismatch("the label must take a reference");
  const ValueType taken = on_fail ? difference(source, target) : target;
  const ValueType kept = on_fail ? target : difference(source, target);
  pop(source);
  push(taken);
  pop_all(types);
  push_all(types.first(types.size() - 1));
  push(kept);
}

void Walker::return_all() {
  pop_all(frames_.front().type.results);
  unreachable();
}

void Walker::finish_call(const FuncType& type, bool is_tail) {
  pop_all(type.params);
  if (!is_tail) return push_all(type.results);
  const Types results = frames_.front().type.results;
  bool fits = results.size() == type.results.size();
  for (size_t i = 0; fits && i < results.size(); ++i) fits = module_.matches(type.results[i], results[i]);
  if (!fits) mismatch(format("a tail call returns {}, the function {}", text(type.results), text(results)));
  unreachable();
}

void Walker::call() {
  instruction_.index = read_index(module_.funcs.size(), "function");
  if (in_.failed()) return;
  finish_call(module_.func_type(instruction_.index), instruction_.op == Opcode::return_call);
}

void Walker::call_indirect() {
  const SubType* type = read_type(CompositeKind::func);
  instruction_.index2 = instruction_.index;
  instruction_.index = read_index(module_.tables.size(), "table");
  if (in_.failed()) return;
  const TableType& table = module_.tables[instruction_.index].type;
  if (!module_.matches(table.element, funcref)) return mismatch(format("call_indirect through a table of {}", text(table.element)));
  pop(address_type(table.limits.address));
  finish_call(type->func, instruction_.op == Opcode::return_call_indirect);
}

void Walker::call_ref() {
  const SubType* type = read_type(CompositeKind::func);
  if (in_.failed()) return;
  pop(ValueType::ref(HeapType::concrete(instruction_.index), true));
  finish_call(type->func, instruction_.op == Opcode::return_call_ref);
}

void Walker::throw_tag() {
  instruction_.index = read_index(module_.tags.size(), "tag");
  if (in_.failed()) return;
  pop_all(module_.types[module_.tags[instruction_.index].type].func.params);
  unreachable();
}

void Walker::try_table() {
  has_spans_ = true;
  instruction_.block = read_block_type();
  const uint32_t count = in_.count(limits::function_body_bytes, "catch clauses");
  catches_.clear();
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    const uint8_t kind = in_.u8();
    if (kind > Catch::catch_all_ref) return fail(format("malformed catch clause 0x{:02x}", kind));
    Catch clause{.kind = static_cast<Catch::Kind>(kind)};
    if (clause.kind <= Catch::catch_ref) clause.tag = read_index(module_.tags.size(), "tag");
    if (in_.failed()) return;
    const Types label = read_label().label_types();
    clause.depth = instruction_.index;
    check_catch(clause, label);
    catches_.push_back(clause);
  }
  instruction_.index = 0;
  instruction_.catches = catches_;
  pop_all(instruction_.block.params);
  push_frame(Opcode::try_table, instruction_.block);
}

// The label takes the tag's parameters, and the exception where the clause asks for it.
void Walker::check_catch(const Catch& clause, Types label) {
  if (in_.failed()) return;
  Types values;
  if (clause.kind <= Catch::catch_ref) values = module_.types[module_.tags[clause.tag].type].func.params;
  const bool with_exn = clause.kind == Catch::catch_ref || clause.kind == Catch::catch_all_ref;
  bool fits = label.size() == values.size() + (with_exn ? 1 : 0);
  for (size_t i = 0; fits && i < values.size(); ++i) fits = module_.matches(values[i], label[i]);
  if (fits && with_exn) fits = module_.matches(exn_ref, label.back());
  if (!fits)
    mismatch(format("a catch clause gives {}{}, its label takes {}", text(values), with_exn ? " and (ref exn)" : "", text(label)));
}

}  // namespace mote::wasm
