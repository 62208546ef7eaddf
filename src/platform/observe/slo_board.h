// The promised latencies of all components: looked at together, as once a second, shown as metric, told when they begin to be
// missed and when they are kept again. Tested by slo_test.cpp.
#pragma once

#include "platform/observe/metrics.h"
#include "platform/observe/slo.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::observe {

class SloBoard {
 public:
  struct Promise {
    std::string component;
    uint64_t p999_us = 0, window_ms = 0;
    bool operator==(const Promise&) const = default;
  };
  // `shard` is one that only the caller's thread writes: the registry's last, made for it. Both outlive the board. `told` gets a
  // line for a log.
  using Told = std::function<void(std::string_view component, bool is_missed, std::string_view line)>;
  SloBoard(Registry& registry, Shard& shard, Told told) : registry_(registry), shard_(shard), told_(std::move(told)) {}

  // Of another version. What stays the same goes on; who is not there any more misses nothing.
  void set(const std::vector<Promise>& promises);
  // `now_ms` never goes back.
  void look(uint64_t now_ms);
  // "component telemetry: 99.9 % of 1200 events took up to 1500 us, and 900 us are promised": for readiness.
  [[nodiscard]] std::vector<std::string> missed() const;

 private:
  struct Entry {
    Promise promise;
    uint32_t index = 0;  // in the registry
    SloWatch watch;
    std::string line;  // while it is missed
  };
  Registry& registry_;
  Shard& shard_;
  Told told_;
  std::vector<Entry> entries_;
};

}  // namespace mote::observe
