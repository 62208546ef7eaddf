// What a server counts. Each worker owns a Shard and is its only writer: to count is a load and a store, without locks and without
// sharing cache lines with other workers. Who reads sums all shards.
//
// Components are told to the registry before their first event, and stay: counters never go back while the process lives, also
// across changes of the manifest. names.def has every metric. Tested by metrics_test.cpp.
#pragma once

#include "platform/observe/histogram.h"
#include "platform/observe/limits.h"

#include <mote/result.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::observe {

enum class Metric : uint8_t {
#define MOTE_METRIC(scope, kind, id, dotted, unit, text, label, values, label2, values2, help) id,
#include "platform/observe/names.def"
#undef MOTE_METRIC
  count_  // how many there are
};
inline constexpr size_t metric_count = static_cast<size_t>(Metric::count_);

enum class Scope : uint8_t { component, server };
enum class MetricKind : uint8_t { counter, gauge, histogram };

// Values of labels, in the order of names.def.
enum class TriggerLabel : uint8_t { http, mqtt, timer, command };
enum class Outcome : uint8_t { answered, failed, trapped, timed_out, refused, limited, unready };

struct MetricInfo {
  Scope scope;
  MetricKind kind;
  std::string_view dotted, unit, text;
  std::string_view label, values, label2, values2;
  std::string_view help;
  uint32_t values_count, values2_count;  // at least 1
  uint32_t first;                        // of its cells, or its histogram, among those of its scope
};
[[nodiscard]] std::span<const MetricInfo, metric_count> metrics();
[[nodiscard]] const MetricInfo& info(Metric metric);

inline constexpr uint32_t server_scope = 0;  // in place of a component

// One worker's. All but reading is for its one thread.
class Shard {
 public:
  Shard();
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Counters, and gauges that go up and down. `component` as the registry gave it, or server_scope.
  void add(uint32_t component, Metric metric, int64_t amount = 1, unsigned value = 0, unsigned value2 = 0);
  // Gauges of what one worker knows alone; the sum over workers is what is shown.
  void set(uint32_t component, Metric metric, uint64_t value);
  void record(uint32_t component, Metric histogram, uint64_t ns);

  void event(uint32_t component, TriggerLabel trigger, Outcome outcome) {
    add(component, Metric::events, 1, static_cast<unsigned>(trigger), static_cast<unsigned>(outcome));
  }

 private:
  friend class Registry;
  struct Cells;
  [[nodiscard]] Cells* cells(uint32_t component) const;
  void make(uint32_t component);

  static constexpr size_t chunk = 64;
  struct Chunk {
    std::array<std::atomic<Cells*>, chunk> cells = {};
  };
  std::array<std::atomic<Chunk*>, (limits::components.hard + chunk) / chunk + 1> chunks_ = {};
};

// What everything held when somebody looked.
struct Snapshot {
  struct Of {
    std::string component;  // empty: the server
    std::vector<uint64_t> cells;
    std::vector<Distribution> histograms;
    [[nodiscard]] uint64_t value(Metric metric, unsigned value = 0, unsigned value2 = 0) const;
    [[nodiscard]] uint64_t sum(Metric metric) const;  // over all values of its labels
    [[nodiscard]] const Distribution& histogram(Metric metric) const;
  };
  std::vector<Of> all;  // the server first
  [[nodiscard]] const Of* find(std::string_view component) const;
};

class Registry {
 public:
  explicit Registry(size_t workers);

  // The index of a component; the same for the same name. From any thread. Fails with the limit's name.
  [[nodiscard]] Result<uint32_t> component(std::string_view name);
  [[nodiscard]] Shard& shard(size_t worker) { return *shards_[worker]; }
  [[nodiscard]] size_t workers() const { return shards_.size(); }
  [[nodiscard]] Snapshot snapshot() const;

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
  mutable std::mutex mutex_;  // of the names alone
  std::vector<std::string> names_;
};

}  // namespace mote::observe
