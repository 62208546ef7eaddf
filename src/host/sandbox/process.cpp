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
  has_changed_descriptors_ = true;
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

Descriptor* Process::change(uint32_t number) {
  if (find(number) == nullptr) return nullptr;
  has_changed_descriptors_ = true;
  return &descriptors_[number];
}

Outcome<void> Process::close(uint32_t number) {
  Descriptor* descriptor = change(number);
  if (descriptor == nullptr) return std::unexpected(Refusal::bad_descriptor);
  vacate(*descriptor);
  return {};
}

Outcome<void> Process::renumber(uint32_t from, uint32_t to) {
  Descriptor* source = change(from);
  Descriptor* target = change(to);
  if (source == nullptr || target == nullptr) return std::unexpected(Refusal::bad_descriptor);
  if (source == target) return {};
  vacate(*target);
  *target = std::exchange(*source, {});
  return {};
}

// What every event finds is kept for the next.
void Process::vacate(Descriptor& descriptor) {
  Descriptor gone = std::exchange(descriptor, {});
  if (gone.home != Descriptor::of_the_event) put_away_[gone.home] = std::move(gone);
}

void Process::arm() {
  originals_.assign(descriptors_.size(), {});
  put_away_.clear();
  put_away_.resize(descriptors_.size());
  for (uint32_t number = 0; number < descriptors_.size(); ++number) {
    Descriptor& one = descriptors_[number];
    if (!one.is_open()) continue;
    one.home = number;
    originals_[number] = {.is_open = true,
                          .may_wait = one.may_wait,
                          .is_appending = one.is_appending,
                          .dropped_rights = one.dropped_rights,
                          .dropped_inheriting = one.dropped_inheriting,
                          .standing = one.file != nullptr ? one.file->standing() : File::Standing{}};
    has_files_ = has_files_ || one.file != nullptr;
  }
  has_used_clock_ = has_drawn_ = has_changed_descriptors_ = true;
  reset();
}

void Process::reset() {
  if (has_changed_descriptors_ || has_files_) put_back_descriptors();
  if (has_used_clock_) clocks_.begin_event();
  if (has_drawn_) random_.begin_event();
  has_used_clock_ = has_drawn_ = missed_folders = has_moved_too_much_ = false;
  monotonic_base_.reset();
  movable_ = host_call_bytes_most;
  if (denials.count() != 0) denials.forget();
}

// First everything to its home or away, as one may stand where another belongs.
void Process::put_back_descriptors() {
  for (Descriptor& one : descriptors_) vacate(one);
  descriptors_.resize(originals_.size());
  for (uint32_t number = 0; number < originals_.size(); ++number) {
    if (originals_[number].is_open) put_back(number);
  }
  has_changed_descriptors_ = false;
}

void Process::put_back(uint32_t number) {
  const Original& original = originals_[number];
  Descriptor& one = descriptors_[number];
  one = std::move(put_away_[number]);
  one.may_wait = original.may_wait;
  one.is_appending = original.is_appending;
  one.dropped_rights = original.dropped_rights;
  one.dropped_inheriting = original.dropped_inheriting;
  if (one.file != nullptr) one.file->stand(original.standing);
}

std::string Process::limit_text() const {
  return format("{}={}: host calls were to move more bytes in and out of the guest's memory", limits::host_call_bytes.name,
                host_call_bytes_most);
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
  const Descriptor* descriptor = find(number);
  if (descriptor == nullptr || descriptor->stream == nullptr || !descriptor->is_readable)
    return std::unexpected(Refusal::bad_descriptor);
  if (!descriptor->may_wait && !descriptor->stream->readiness(false).is_ready) return std::unexpected(Refusal::would_block);
  return descriptor->stream->read(into);
}

Outcome<uint64_t> Process::write(uint32_t number, Bytes from) {
  const Descriptor* descriptor = find(number);
  if (descriptor == nullptr || descriptor->stream == nullptr || !descriptor->is_writable)
    return std::unexpected(Refusal::bad_descriptor);
  if (!descriptor->may_wait && !descriptor->stream->readiness(true).is_ready) return std::unexpected(Refusal::would_block);
  return descriptor->stream->write(from);
}

uint64_t Process::monotonic_base() {
  if (!monotonic_base_) monotonic_base_ = clocks_.now_ns(ClockId::monotonic);
  return *monotonic_base_;
}

uint64_t Process::now_ns(ClockId clock) {
  has_used_clock_ = true;
  const uint64_t now = clocks_.now_ns(clock);
  if (clock != ClockId::monotonic) return now;
  if (!monotonic_base_) monotonic_base_ = now;
  return now - *monotonic_base_;
}

bool Process::sleep_until(ClockId clock, uint64_t time_ns) {
  has_used_clock_ = true;
  const uint64_t base = clock == ClockId::monotonic ? monotonic_base() : 0;
  constexpr uint64_t latest = std::numeric_limits<int64_t>::max();  // 292 years
  return clocks_.sleep_until(clock, time_ns < latest - base ? base + time_ns : latest);
}

Outcome<void> Process::fill_random(MutableBytes into) {
  constexpr size_t piece = 64 << 10;
  if (!permits(random, "random", "ask for random numbers")) return std::unexpected(Refusal::not_granted);
  has_drawn_ = true;
  while (!into.empty()) {
    const MutableBytes next = into.first(std::min(piece, into.size()));
    if (auto filled = random_.fill(next); !filled) return filled;
    into = into.subspan(next.size());
  }
  return {};
}

}  // namespace mote::sandbox
