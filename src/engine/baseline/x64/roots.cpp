// What the collector is told of a frame (compiler.h).
//
// At a call, every value that is needed afterwards lies in its slot, or is a constant or the name of a local. So a list of slots
// suffices, and nothing need be done for it on the way: for locals one list a function, for operands a chain in which each
// reference points to the one below it. Operands below flushed_ stay where they are until they are popped, so their part of the
// chain is made once: the work at a call does not depend on how many operands lie below it.
// A local's slot holds a reference or null from the prologue on; an operand's holds what the chain says at the calls that name it.
#include "engine/baseline/x64/compiler.h"

namespace mote::baseline::x64 {

// Of all that have a slot which anybody names: those are initialised.
void FuncCompiler::find_reference_locals() {
  reference_locals_ = no_roots;
  reference_homes_ = 0;
  const std::vector<wasm::ValueType>& params = module().func_type(func_).params;
  if (!walker_.has_reference_locals() && std::ranges::none_of(params, &wasm::ValueType::is_ref)) return;
  std::vector<int32_t>& lists = unit_.roots.locals;
  const auto start = static_cast<uint32_t>(lists.size());
  lists.push_back(0);
  for (uint32_t local = 0; local < local_slots_; ++local) {
    const bool is_named =
        local >= Prescan::counted_locals || is_for_debugging_ || !prescan_.is_complete() || prescan_.weight(local) != 0;
    if (!is_named || !is_collected(walker_.local_type(local))) continue;
    lists.push_back(local_slot(local).displacement);
    if (local < Prescan::counted_locals && home_[local] != Reg::none) reference_homes_ |= bit(home_[local]);
  }
  if (lists.size() == start + 1) {
    lists.pop_back();
    return;
  }
  lists[start] = static_cast<int32_t>(lists.size() - start - 1);
  reference_locals_ = start;
}

// Before objects move without a call that puts all registers away: references among the first `kept` operands and in homes.
void FuncCompiler::save_references(uint32_t kept) {
  save_homes(homes_ & state_.valid & reference_homes_);
  for (uint32_t i = flushed_; i < kept; ++i) {
    if (stack_[i].kind == Value::in_reg && is_collected_at(i)) spill(i);
  }
}

bool FuncCompiler::is_collected_at(uint32_t place) const {
  if (place < pending_.first) return is_collected(walker_.operand(place));
  if (pending_.each != nullptr) return is_collected(pending_.each->type);
  const uint32_t index = place - pending_.first;
  return is_collected(pending_.fields.empty() ? pending_.types[index] : pending_.fields[index].type);
}

// Of the first `kept` operands, which lie in slots unless they are constants or names of locals, or no references.
uint32_t FuncCompiler::chain_roots(uint32_t kept) {
  std::vector<RootOperand>& operands = unit_.roots.operands;
  while (!root_operands_.empty() && root_operands_.back().place >= rooted_) root_operands_.pop_back();
  for (uint32_t place = rooted_; place < kept; ++place) {
    if (stack_[place].kind != Value::slot || !is_collected_at(place)) continue;
    const uint32_t below = root_operands_.empty() ? no_roots : root_operands_.back().node;
    root_operands_.push_back({place, static_cast<uint32_t>(operands.size())});
    operands.push_back({operand_slot(place).displacement, below});
  }
  rooted_ = std::min(kept, flushed_);
  return root_operands_.empty() ? no_roots : root_operands_.back().node;
}

// For the return address here.
void FuncCompiler::note_roots(uint32_t kept) {
  const uint32_t operands = chain_roots(kept);
  if (reference_locals_ != no_roots || operands != no_roots)
    unit_.roots.rows.push_back({code_.position(), reference_locals_, operands});
}

}  // namespace mote::baseline::x64
