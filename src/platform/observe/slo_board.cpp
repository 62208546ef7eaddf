// See slo_board.h.
#include "platform/observe/slo_board.h"

#include "base/core/format.h"

#include <algorithm>
#include <utility>

namespace mote::observe {

void SloBoard::set(const std::vector<Promise>& promises) {
  std::vector<Entry> entries;
  for (const Promise& promise : promises) {
    const auto same = std::ranges::find(entries_, promise, &Entry::promise);
    if (same != entries_.end()) {
      entries.push_back(std::move(*same));
      entries_.erase(same);
      continue;
    }
    const auto index = registry_.component(promise.component);
    if (index) entries.push_back({promise, *index, SloWatch(promise.p999_us, promise.window_ms), {}});
  }
  for (const Entry& gone : entries_) shard_.set(gone.index, Metric::slo_missed, 0);
  entries_ = std::move(entries);
}

void SloBoard::look(uint64_t now_ms) {
  if (entries_.empty()) return;
  const Snapshot snapshot = registry_.snapshot();
  for (Entry& entry : entries_) {
    const Snapshot::Of* const of = snapshot.find(entry.promise.component);
    if (of == nullptr) continue;
    const auto verdict = entry.watch.look(now_ms, of->histogram(Metric::event_duration));
    shard_.set(entry.index, Metric::slo_missed, verdict.is_missed ? 1 : 0);
    const std::string seen = format("99.9 % of {} events took up to {} us, and {} us are promised", verdict.events, verdict.p999_us,
                                    entry.promise.p999_us);
    entry.line = verdict.is_missed ? format("component {}: {}", entry.promise.component, seen) : "";
    if (verdict.has_changed && told_)
      told_(entry.promise.component, verdict.is_missed,
            verdict.is_missed ? "the promised latency is missed: " + seen : "the promised latency is kept again");
  }
}

std::vector<std::string> SloBoard::missed() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) {
    if (!entry.line.empty()) lines.push_back(entry.line);
  }
  return lines;
}

}  // namespace mote::observe
