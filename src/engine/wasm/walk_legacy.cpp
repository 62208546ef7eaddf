// Exception instructions from before WebAssembly 3.0 (try, catch, catch_all, rethrow, delegate), which toolchains still emit: the
// walker checks them by the rules of their time and tells its consumer the standard instructions that do the same. No consumer ever
// meets them.
//
//   try bt … catch a … catch_all … end    is told as    block bt                         its label: where `br` to the try goes
//                                                         block (→ nothing)              one a clause, the last one outermost
//                                                           block (→ a's values)
//                                                             try_table bt (catch a 0) (catch_all 1) … end
//                                                             br 2
//                                                           end … br 1                    the clause of a
//                                                         end …                           the clause of catch_all
//                                                       end
//   rethrow       of an exception that its clause has put away (catch_ref, catch_all_ref) in a local beyond the function's own:
//   throw_ref try … delegate L    a try_table (catch_all_ref) whose label is a block just inside the body of the try that L names,
//   or of the
//                       function; behind that block stands throw_ref
//
// What clauses a try has is known at its end only, so a function that has such instructions is looked through once before: linear
// time, and memory in proportion to its tries. Labels count differently in what is told: see Legacy::Open.
// Spec: the exception handling proposal's document "Exceptions.md" in its legacy form. Tested by walk_test.cpp, tests/spec
// (legacy).
#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/opcode.h"
#include "engine/wasm/read_types.h"
#include "engine/wasm/walk.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mote::wasm {

namespace {

enum LegacyOpcode : uint8_t {
  try_code = 0x06,
  catch_code = 0x07,
  rethrow_code = 0x09,
  delegate_code = 0x18,
  catch_all_code = 0x19
};

bool is_legacy(uint8_t code) {
  return code == try_code || code == catch_code || code == rethrow_code || code == delegate_code || code == catch_all_code;
}

bool holds(Bytes body, uint8_t byte) {
  return std::memchr(body.data(), byte, body.size()) != nullptr;
}

constexpr ValueType exception = ValueType::ref(HeapType::exn, false), kept_exception = ValueType::ref(HeapType::exn, true);
constexpr uint32_t none = UINT32_MAX;

void skip_block_type(Reader& in, uint32_t types) {
  if ((in.peek() & 0xc0) == 0x40 && in.peek() != 0x40) {
    (void)read_value_type(in, types);
  } else {
    (void)in.s33();
  }
}

// What follows an opcode, unchecked: the walker checks it when it comes there.
void skip_immediates(Reader& in, Immediate immediate, uint32_t types) {
  const auto skip = [&](uint32_t numbers) {
    for (uint32_t i = 0; i < numbers; ++i) (void)in.u32();
  };
  const auto memarg = [&] {
    if ((in.u32() & 0x40) != 0) (void)in.u32();
    (void)in.u64();
  };
  switch (immediate) {
    case Immediate::none:
      return;
    case Immediate::block:
      return skip_block_type(in, types);
    case Immediate::try_table:
      skip_block_type(in, types);
      for (uint32_t i = 0, count = in.u32(); i < count && !in.failed(); ++i) skip(in.u8() <= Catch::catch_ref ? 2 : 1);
      return;
    case Immediate::depths:
      for (uint64_t i = 0, count = uint64_t{in.u32()} + 1; i < count && !in.failed(); ++i) skip(1);
      return;
    case Immediate::select_types:
      for (uint32_t i = 0, count = in.u32(); i < count && !in.failed(); ++i) (void)read_value_type(in, types);
      return;
    case Immediate::heap_type:
      (void)read_heap_type(in, types);
      return;
    case Immediate::cast:
      (void)in.u8();
      skip(1);
      (void)read_heap_type(in, types);
      (void)read_heap_type(in, types);
      return;
    case Immediate::i32:
      (void)in.s32();
      return;
    case Immediate::i64:
      (void)in.s64();
      return;
    case Immediate::f32:
      (void)in.fixed<uint32_t>();
      return;
    case Immediate::f64:
      (void)in.fixed<uint64_t>();
      return;
    case Immediate::v128:
    case Immediate::shuffle:
      (void)in.bytes(16);
      return;
    case Immediate::zero_byte:
    case Immediate::lane_2:
    case Immediate::lane_4:
    case Immediate::lane_8:
    case Immediate::lane_16:
      (void)in.u8();
      return;
    case Immediate::memarg_8_lane:
    case Immediate::memarg_16_lane:
    case Immediate::memarg_32_lane:
    case Immediate::memarg_64_lane:
      memarg();
      (void)in.u8();
      return;
    case Immediate::memarg_8:
    case Immediate::memarg_16:
    case Immediate::memarg_32:
    case Immediate::memarg_64:
    case Immediate::memarg_128:
    case Immediate::atomic_8:
    case Immediate::atomic_16:
    case Immediate::atomic_32:
    case Immediate::atomic_64:
      return memarg();
    case Immediate::depth:
    case Immediate::func:
    case Immediate::type:
    case Immediate::local:
    case Immediate::global:
    case Immediate::table:
    case Immediate::elem:
    case Immediate::data:
    case Immediate::memory:
    case Immediate::tag:
      return skip(1);
    case Immediate::type_table:
    case Immediate::table_table:
    case Immediate::elem_table:
    case Immediate::data_memory:
    case Immediate::memory_memory:
    case Immediate::field:
    case Immediate::type_type:
    case Immediate::type_count:
    case Immediate::type_data:
    case Immediate::type_elem:
      return skip(2);
  }
}

}  // namespace

struct Walker::Legacy {
  struct Clause {
    bool takes_all = false;
    bool is_rethrown = false;
    uint32_t local = 0;  // then: where the exception is kept, among the hidden ones
  };
  struct Try {
    uint64_t offset = 0;
    std::vector<Clause> clauses = {};
    std::vector<TagIndex> tags = {};  // by clause
    bool is_delegate = false;
    uint32_t target = none;  // of a delegate: the try, or none: the function
    bool is_target = false;
    uint32_t frame = 0;  // while it is open: in Legacy::open
  };
  // One of the walker's frames: where a branch to it goes in what was told, as the number of told blocks around that label.
  struct Open {
    uint32_t label = 0;
    uint32_t number = none;  // of its Try
    uint32_t clauses = 0;    // begun so far; 0: in the body
    uint32_t delegated = 0;  // of a target: the label of the block that exceptions are delegated to
    bool is_told = false;
  };

  std::vector<Try> tries;  // in the order of the body
  uint32_t next = 0;
  bool is_function_target = false;
  uint32_t function_delegated = 0;
  uint32_t hidden_locals = 0;
  std::vector<Open> open;  // of the frames
  uint32_t told = 0;       // blocks that are open in what was told
  std::deque<std::vector<ValueType>> types;
  std::deque<std::vector<Catch>> catches;
  std::vector<Instruction> queue;
  size_t handed_out = 0;

  void scan(const Module& module, Reader in);

 private:
  struct Scanned {
    uint32_t number = none;
    bool is_in_clause = false;
  };
  void delegate(std::vector<Scanned>& blocks, uint32_t depth);
};

// Ends at nonsense: so will the walker.
void Walker::Legacy::scan(const Module& module, Reader in) {
  const auto type_count = static_cast<uint32_t>(module.types.size());
  std::vector<Scanned> blocks{{}};
  uint32_t open_clauses = 0;
  const auto leave = [&](const Scanned& block) { open_clauses -= block.is_in_clause ? 1 : 0; };
  while (!in.at_end() && !in.failed() && !blocks.empty()) {
    const uint64_t offset = in.offset();
    const uint8_t code = in.peek();
    if (!is_legacy(code)) {
      const auto op = read_opcode(in);
      if (!op) return;
      skip_immediates(in, info(*op).immediate, type_count);
      const bool begins = *op == Opcode::block || *op == Opcode::loop || *op == Opcode::if_ || *op == Opcode::try_table;
      if (begins) blocks.push_back({});
      if (*op == Opcode::end) {
        leave(blocks.back());
        blocks.pop_back();
      }
      continue;
    }
    (void)in.u8();
    Scanned& block = blocks.back();
    if (code == try_code) {
      skip_block_type(in, type_count);
      blocks.push_back({static_cast<uint32_t>(tries.size())});
      tries.push_back({.offset = offset});
    } else if (code == rethrow_code) {
      const uint32_t depth = in.u32();
      if (depth >= blocks.size()) return;
      const Scanned& thrown = blocks[blocks.size() - 1 - depth];
      if (thrown.number == none || !thrown.is_in_clause) return;
      Clause& clause = tries[thrown.number].clauses.back();
      clause.is_rethrown = true;
      hidden_locals = std::max(hidden_locals, clause.local + 1);
    } else if (block.number == none || (code == delegate_code && block.is_in_clause)) {
      return;
    } else if (code == delegate_code) {
      delegate(blocks, in.u32());
    } else {
      if (!block.is_in_clause) ++open_clauses;
      block.is_in_clause = true;
      tries[block.number].clauses.push_back({.takes_all = code == catch_all_code, .local = open_clauses - 1});
      tries[block.number].tags.push_back(code == catch_code ? in.u32() : 0);
    }
  }
}

// The innermost try at the label or around it in whose body that is; the block of the delegate itself is not among them.
void Walker::Legacy::delegate(std::vector<Scanned>& blocks, uint32_t depth) {
  Try& from = tries[blocks.back().number];
  blocks.pop_back();
  from.is_delegate = true;
  for (size_t i = depth < blocks.size() ? blocks.size() - depth : 0; i-- > 0;) {
    if (blocks[i].number == none || blocks[i].is_in_clause) continue;
    from.target = blocks[i].number;
    tries[from.target].is_target = true;
    return;
  }
  is_function_target = true;
}

Walker::Walker(const Module& module)
    : module_(module), has_short_memory_(!module.memories.empty() && module.memories[0].limits.address == AddressType::i32) {}
Walker::~Walker() = default;

void Walker::look_for_legacy(bool may_have_some) {
  if (std::exchange(is_looked_through_, true) || !may_have_some || in_.failed()) return;
  find_legacy();
  if (has_legacy_) open_legacy_frame(true);  // the function's, which is there
}

// A clause needs a tag or is a catch_all: few functions of other modules have the bytes for that.
void Walker::find_legacy() {
  const Bytes body = in_.rest();
  if (body.empty() || !holds(body, try_code)) return;
  if (module_.tags.empty() && !holds(body, catch_all_code) && !holds(body, delegate_code)) return;
  auto found = std::make_unique<Legacy>();
  found->scan(module_, in_);
  if (found->tries.empty()) return;
  legacy_ = std::move(found);
  has_legacy_ = true;
  if (local_count_ + legacy_->hidden_locals > limits::locals) {
    return fail(format("too many locals: {} exceed the limit of {}", local_count_ + legacy_->hidden_locals, limits::locals),
                ErrorKind::limit);
  }
  if (legacy_->hidden_locals != 0) {
    runs_.push_back({local_count_ + legacy_->hidden_locals, kept_exception});
    has_reference_locals_ = true;
  }
}

uint32_t Walker::hidden_locals() const {
  return has_legacy_ ? legacy_->hidden_locals : 0;
}

// The next synthetic instruction, or false when all were told.
bool Walker::take_queued() {
  if (!has_legacy_ || legacy_->handed_out == legacy_->queue.size()) return false;
  instruction_ = legacy_->queue[legacy_->handed_out++];
  if (legacy_->handed_out == legacy_->queue.size()) {
    legacy_->queue.clear();
    legacy_->handed_out = 0;
  }
  told_ = true;
  return true;
}

Instruction& Walker::tell(Opcode op, uint32_t index) {
  has_spans_ = true;
  Instruction told{.op = op};
  told.index = index;
  told.offset = instruction_.offset;
  return legacy_->queue.emplace_back(told);
}

void Walker::tell_block(Opcode op, BlockType type) {
  tell(op, 0).block = type;
  ++legacy_->told;
}
void Walker::tell_end(bool is_reachable) {
  tell(Opcode::end, 0).end_reachable = is_reachable;
  --legacy_->told;
}

void Walker::open_legacy_frame(bool is_told) {
  Legacy& legacy = *legacy_;
  legacy.open.push_back({.label = legacy.told, .is_told = is_told});
  if (is_told) ++legacy.told;
  // Around the whole function: what delegates to its caller.
  if (frames_.size() == 1 && legacy.is_function_target) {
    legacy.function_delegated = legacy.told;
    tell_block(Opcode::block, {{}, Types(&exception, 1)});
  }
}

uint32_t Walker::told_depth(uint32_t depth) const {
  return legacy_->told - 1 - legacy_->open[legacy_->open.size() - 1 - depth].label;
}

bool Walker::legacy_instruction() {
  const uint8_t code = in_.peek();
  if (!is_legacy(code)) return false;
  if (!has_legacy_ && code != try_code) {
    in_.fail(in_.offset(), format("opcode {:02x} without a try", code));
    return true;
  }
  (void)in_.u8();
  if (!has_legacy_) {  // without clauses, in a module that could have none
    instruction_.op = Opcode::block;
    return true;
  }
  instruction_.op = Opcode::nop;  // nothing of it is left to be done
  told_ = false;
  switch (code) {
    case try_code:
      legacy_try();
      break;
    case catch_code:
    case catch_all_code:
      legacy_catch(code == catch_all_code);
      break;
    case rethrow_code:
      legacy_rethrow();
      break;
    default:
      legacy_delegate();
  }
  return true;
}

void Walker::legacy_try() {
  const BlockType type = read_block_type();
  if (in_.failed()) return;
  pop_all(type.params);
  Legacy& legacy = *legacy_;
  if (legacy.next == legacy.tries.size() || legacy.tries[legacy.next].offset != instruction_.offset) {
    return fail("a try that was not found before", ErrorKind::internal);
  }
  const uint32_t number = legacy.next++;
  Legacy::Try& info = legacy.tries[number];
  for (size_t i = 0; i < info.clauses.size(); ++i) {
    if (!info.clauses[i].takes_all) check_index(info.tags[i], module_.tags.size(), "tag");
  }
  if (in_.failed()) return;
  info.frame = static_cast<uint32_t>(legacy.open.size());
  const uint32_t label = legacy.told;
  if (live_) tell_try(info, type);
  const uint32_t delegated = legacy.told;
  if (live_ && info.is_target) {
    const auto& types = legacy.types.emplace_back(1, exception);
    tell_block(Opcode::block, {type.params, types});
  }
  push_frame(Opcode::block, type);
  Legacy::Open& open = legacy.open.back();
  legacy.told -= open.is_told ? 1 : 0;  // counted above
  open.label = label;
  open.number = number;
  open.delegated = delegated;
}

template <class Try>
void Walker::tell_try(const Try& info, BlockType type) {
  Legacy& legacy = *legacy_;
  std::vector<Catch>& clauses = legacy.catches.emplace_back();
  if (info.is_delegate) {
    const uint32_t target = info.target == none ? legacy.function_delegated : delegated_label(info.target);
    clauses.push_back({.kind = Catch::catch_all_ref, .depth = legacy.told - 1 - target});
  } else if (info.clauses.empty()) {
    return tell_block(Opcode::block, type);
  } else {
    tell_block(Opcode::block, type);
    for (size_t i = info.clauses.size(); i-- > 0;) {
      const Legacy::Clause& clause = info.clauses[i];
      std::vector<ValueType>& types = legacy.types.emplace_back();
      const bool has_values = !clause.takes_all && info.tags[i] < module_.tags.size();
      if (has_values) types = module_.types[module_.tags[info.tags[i]].type].func.params;
      if (clause.is_rethrown) types.push_back(exception);
      tell_block(Opcode::block, {type.params, types});
    }
    for (size_t i = 0; i < info.clauses.size(); ++i) {
      const Legacy::Clause& clause = info.clauses[i];
      const auto kind =
          static_cast<Catch::Kind>((clause.takes_all ? Catch::catch_all : Catch::catch_) + (clause.is_rethrown ? 1 : 0));
      clauses.push_back({.kind = kind, .tag = info.tags[i], .depth = static_cast<uint32_t>(i)});
    }
  }
  tell_block(Opcode::try_table, type);
  legacy.queue.back().catches = clauses;
}

uint32_t Walker::delegated_label(uint32_t number) const {
  return legacy_->open[legacy_->tries[number].frame].delegated;
}

// The body of a try ends: with its values on the stack where that is reachable.
template <class Try>
void Walker::tell_end_of_body(const Try& info, bool is_reachable) {
  if (info.is_target) {
    if (is_reachable) tell(Opcode::br, 1);
    tell_end(false);
    tell(Opcode::throw_ref, 0);
    tell_end(false);
  } else {
    tell_end(is_reachable);
  }
}

void Walker::legacy_catch(bool takes_all) {
  Legacy& legacy = *legacy_;
  const TagIndex tag = takes_all ? 0 : read_index(module_.tags.size(), "tag");
  if (in_.failed()) return;
  Legacy::Open& open = legacy.open.back();
  if (open.number == none || legacy.tries[open.number].is_delegate) return fail("catch without try");
  const Legacy::Try& info = legacy.tries[open.number];
  if (open.clauses > 0 && info.clauses[open.clauses - 1].takes_all) return fail("catch behind catch_all");
  Frame& frame = frames_.back();
  const bool is_reachable = !frame.unreachable;
  pop_frame_results();
  const Legacy::Clause& clause = info.clauses[open.clauses];
  if (frame.told) {
    // What follows a block counts as reachable, so the branch is told there in any case.
    if (open.clauses == 0) tell_end_of_body(info, is_reachable);
    if (open.clauses == 0 || is_reachable) tell(Opcode::br, legacy.told - 1 - open.label);
    tell_end(false);
    if (clause.is_rethrown) tell(Opcode::local_set, local_count_ + clause.local).type = kept_exception;
  }
  ++open.clauses;
  frame.unreachable = false;
  live_ = frame.told;
  if (!takes_all) push_all(module_.types[module_.tags[tag].type].func.params);
}

void Walker::legacy_rethrow() {
  const uint32_t depth = in_.u32();
  if (in_.failed()) return;
  if (depth >= frames_.size()) return fail(format("unknown label {}", depth));
  const Legacy::Open& open = legacy_->open[frames_.size() - 1 - depth];
  if (open.number == none || open.clauses == 0) return fail("invalid rethrow label: not of a catch");
  const Legacy::Clause& clause = legacy_->tries[open.number].clauses[open.clauses - 1];
  if (live_) {
    tell(Opcode::local_get, local_count_ + clause.local).type = kept_exception;
    tell(Opcode::throw_ref, 0);
  }
  unreachable();
}

void Walker::legacy_delegate() {
  const uint32_t depth = in_.u32();
  if (in_.failed()) return;
  const Legacy::Open open = legacy_->open.back();
  if (open.number == none || open.clauses != 0) return fail("delegate without try");
  if (depth + uint64_t{1} >= frames_.size()) return fail(format("unknown label {}", depth));
  end_legacy_try();
}

// `end` or delegate of a try.
void Walker::end_legacy_try() {
  Legacy& legacy = *legacy_;
  const Frame frame = frames_.back();
  const Legacy::Open open = legacy.open.back();
  const Legacy::Try& info = legacy.tries[open.number];
  pop_frame_results();
  if (frame.told) {
    if (open.clauses == 0) {
      tell_end_of_body(info, !frame.unreachable);
    } else {
      tell_end(!frame.unreachable);
    }
  }
  frames_.pop_back();
  legacy.open.pop_back();
  live_ = frame.told;
  base_ = frames_.back().height;
  push_all(frame.type.results);
}

// Whether that was all there is to this `end`.
bool Walker::end_legacy() {
  Legacy& legacy = *legacy_;
  if (legacy.open.back().number != none) {
    const Legacy::Try& info = legacy.tries[legacy.open.back().number];
    if (info.is_delegate) {
      fail("END opcode not expected: the try ends with delegate");
    } else {
      end_legacy_try();
    }
    instruction_.op = Opcode::nop;
    told_ = false;
    return true;
  }
  legacy.told -= legacy.open.back().is_told ? 1 : 0;
  legacy.open.pop_back();
  return false;
}

// The function's end was checked: the block around all of it ends first, and behind that, what was delegated is thrown again.
void Walker::end_legacy_function() {
  if (!legacy_->is_function_target) return;
  if (instruction_.end_reachable) tell(Opcode::br, 1);
  tell(Opcode::end, 0).end_reachable = false;
  tell(Opcode::throw_ref, 0);
  tell(Opcode::end, 0).end_reachable = false;
  told_ = false;
}

}  // namespace mote::wasm
