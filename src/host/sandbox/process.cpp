// The descriptors, clocks and randomness of one guest: see process.h.
#include "host/sandbox/process.h"

#include "base/core/format.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mote::sandbox {

Outcome<uint32_t> Process::open(Descriptor descriptor, uint32_t least) {
  if (auto has_room = room(); !has_room) return std::unexpected(has_room.error());
  uint32_t number = least;
  while (number < descriptors_.size() && descriptors_[number].is_open()) ++number;
  if (number >= descriptors_.size()) descriptors_.resize(number + 1);
  descriptors_[number] = std::move(descriptor);
  return number;
}

Outcome<void> Process::room() {
  if (static_cast<uint64_t>(std::ranges::count_if(descriptors_, &Descriptor::is_open)) < descriptors_most) return {};
  denials.note({.kind = "limit",
                .thing = "have one more descriptor open",
                .rule = format("{}={}", descriptors_rule, descriptors_most),
                .would_grant = "a larger " + descriptors_rule});
  return std::unexpected(Refusal::too_many_open);
}

bool Process::has_granted_folder() const {
  return std::ranges::any_of(descriptors_, [](const Descriptor& one) { return one.folder != nullptr && !one.granted_as.empty(); });
}

Descriptor* Process::find(uint32_t number) {
  if (number >= descriptors_.size() || !descriptors_[number].is_open()) return nullptr;
  return &descriptors_[number];
}

Outcome<void> Process::close(uint32_t number) {
  Descriptor* descriptor = find(number);
  if (descriptor == nullptr) return std::unexpected(Refusal::bad_descriptor);
  *descriptor = {};
  return {};
}

Outcome<void> Process::renumber(uint32_t from, uint32_t to) {
  Descriptor* source = find(from);
  Descriptor* target = find(to);
  if (source == nullptr || target == nullptr) return std::unexpected(Refusal::bad_descriptor);
  if (source != target) *target = std::exchange(*source, {});
  return {};
}

bool Process::permits(const Permission& permission, std::string_view kind, std::string_view thing) {
  if (permission.is_granted) [[likely]]
    return true;
  denials.note({.kind = kind,
                .thing = std::string(thing),
                .rule = permission.rule,
                .would_grant = permission.would_grant,
                .is_let_through = permission.lets_through});
  return permission.lets_through;
}

bool Process::parks(uint32_t number) {
  const Descriptor* descriptor = find(number);
  return descriptor != nullptr && descriptor->stream != nullptr && descriptor->may_wait && descriptor->stream->parks();
}

Outcome<bool> Process::wait_until_ready(uint32_t number, bool for_writing) {
  if (!parks(number)) return false;
  return find(number)->stream->wait_until_ready(for_writing);
}

Outcome<uint64_t> Process::read(uint32_t number, MutableBytes into) {
  Descriptor* descriptor = find(number);
  if (descriptor == nullptr || descriptor->stream == nullptr || !descriptor->is_readable)
    return std::unexpected(Refusal::bad_descriptor);
  if (!descriptor->may_wait && !descriptor->stream->readiness(false).is_ready) return std::unexpected(Refusal::would_block);
  return descriptor->stream->read(into);
}

Outcome<uint64_t> Process::write(uint32_t number, Bytes from) {
  Descriptor* descriptor = find(number);
  if (descriptor == nullptr || descriptor->stream == nullptr || !descriptor->is_writable)
    return std::unexpected(Refusal::bad_descriptor);
  if (!descriptor->may_wait && !descriptor->stream->readiness(true).is_ready) return std::unexpected(Refusal::would_block);
  return descriptor->stream->write(from);
}

uint64_t Process::now_ns(ClockId clock) {
  const uint64_t now = clocks_.now_ns(clock);
  return clock == ClockId::monotonic ? now - monotonic_base_ : now;
}

bool Process::sleep_until(ClockId clock, uint64_t time_ns) {
  const uint64_t base = clock == ClockId::monotonic ? monotonic_base_ : 0;
  constexpr uint64_t latest = std::numeric_limits<int64_t>::max();  // 292 years
  return clocks_.sleep_until(clock, time_ns < latest - base ? base + time_ns : latest);
}

Outcome<void> Process::fill_random(MutableBytes into) {
  constexpr size_t piece = 64 << 10;
  if (!permits(random, "random", "ask for random numbers")) return std::unexpected(Refusal::not_granted);
  while (!into.empty()) {
    const MutableBytes next = into.first(std::min(piece, into.size()));
    if (auto filled = random_.fill(next); !filled) return filled;
    into = into.subspan(next.size());
  }
  return {};
}

}  // namespace mote::sandbox
