// See slo.h.
#include "platform/observe/slo.h"

#include <utility>

namespace mote::observe {

SloWatch::Verdict SloWatch::look(uint64_t now_ms, Distribution held) {
  // Before the first look nothing is known: the window begins with it.
  const Distribution in_window = looks_.empty() ? Distribution() : held.since(looks_.front().held);
  Verdict verdict{.p999_us = in_window.quantile(0.999) / 1000, .events = in_window.total};
  verdict.is_missed = in_window.total != 0 && in_window.quantile(0.999) > p999_ns_;
  verdict.has_changed = std::exchange(is_missed_, verdict.is_missed) != verdict.is_missed;
  if (looks_.empty() || now_ms - looks_.back().at_ms >= window_ms_ / slices) looks_.push_back({now_ms, std::move(held)});
  while (looks_.size() > 1 && now_ms - looks_[1].at_ms >= window_ms_) looks_.pop_front();
  return verdict;
}

}  // namespace mote::observe
