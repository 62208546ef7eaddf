// See metrics.h.
#include "platform/observe/metrics.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <algorithm>

namespace mote::observe {
namespace {

constexpr uint32_t count_values(std::string_view values) {
  return static_cast<uint32_t>(std::ranges::count(values, '|')) + 1;
}

constexpr auto table = [] {
  using enum Scope;
  using enum MetricKind;
  std::array<MetricInfo, metric_count> all = {{
#define MOTE_METRIC(scope, kind, id, dotted, unit, text, label, values, label2, values2, help) \
  {scope, kind, dotted, unit, text, label, values, label2, values2, help, count_values(values), count_values(values2), 0},
#include "platform/observe/names.def"
#undef MOTE_METRIC
  }};
  uint32_t cells[2] = {}, histograms[2] = {};
  for (MetricInfo& one : all) {
    const auto scope = static_cast<size_t>(one.scope);
    uint32_t& next = one.kind == histogram ? histograms[scope] : cells[scope];
    one.first = next;
    next += one.kind == histogram ? 1 : one.values_count * one.values2_count;
  }
  return all;
}();

constexpr uint32_t total(Scope scope, bool is_histogram) {
  uint32_t sum = 0;
  for (const MetricInfo& one : table) {
    if (one.scope != scope || (one.kind == MetricKind::histogram) != is_histogram) continue;
    sum += is_histogram ? 1 : one.values_count * one.values2_count;
  }
  return sum;
}

constexpr uint32_t cell_count(Scope scope) {
  return total(scope, false);
}
constexpr uint32_t histogram_count(Scope scope) {
  return total(scope, true);
}
constexpr Scope scope_of(uint32_t component) {
  return component == server_scope ? Scope::server : Scope::component;
}

}  // namespace

std::span<const MetricInfo, metric_count> metrics() {
  return table;
}
const MetricInfo& info(Metric metric) {
  return table[static_cast<size_t>(metric)];
}

// Made by the registry before a worker can see it; a cache line of its own at least. Histograms are made by the worker, when
// something falls into them.
struct alignas(64) Shard::Cells {
  explicit Cells(Scope scope) : values(cell_count(scope)), histograms(histogram_count(scope)) {}
  ~Cells() {
    for (auto& one : histograms) const std::unique_ptr<Histogram> gone(one.load(std::memory_order_relaxed));
  }
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;
  std::vector<std::atomic<uint64_t>> values;
  std::vector<std::atomic<Histogram*>> histograms;
};

Shard::Shard() {
  make(server_scope);
}

Shard::~Shard() {
  for (auto& one : chunks_) {
    Chunk* const held = one.load(std::memory_order_relaxed);
    if (held == nullptr) continue;
    const std::unique_ptr<Chunk> owned(held);
    for (auto& cells : owned->cells) const std::unique_ptr<Cells> gone(cells.load(std::memory_order_relaxed));
  }
}

Shard::Cells* Shard::cells(uint32_t component) const {
  const Chunk* const held = chunks_[component / chunk].load(std::memory_order_acquire);
  ASSERT(held != nullptr);
  Cells* const cells = held->cells[component % chunk].load(std::memory_order_acquire);
  ASSERT(cells != nullptr);
  return cells;
}

void Shard::make(uint32_t component) {
  auto& place = chunks_[component / chunk];
  if (place.load(std::memory_order_relaxed) == nullptr) place.store(std::make_unique<Chunk>().release(), std::memory_order_release);
  Chunk& held = *place.load(std::memory_order_relaxed);
  held.cells[component % chunk].store(std::make_unique<Cells>(scope_of(component)).release(), std::memory_order_release);
}

void Shard::add(uint32_t component, Metric metric, int64_t amount, unsigned value, unsigned value2) {
  const MetricInfo& about = info(metric);
  ASSERT(about.kind != MetricKind::histogram && about.scope == scope_of(component) && value < about.values_count &&
         value2 < about.values2_count);
  auto& cell = cells(component)->values[about.first + value * about.values2_count + value2];
  cell.store(cell.load(std::memory_order_relaxed) + static_cast<uint64_t>(amount), std::memory_order_relaxed);
}

void Shard::set(uint32_t component, Metric metric, uint64_t value) {
  const MetricInfo& about = info(metric);
  ASSERT(about.kind == MetricKind::gauge && about.scope == scope_of(component));
  cells(component)->values[about.first].store(value, std::memory_order_relaxed);
}

void Shard::record(uint32_t component, Metric histogram, uint64_t ns) {
  const MetricInfo& about = info(histogram);
  ASSERT(about.kind == MetricKind::histogram && about.scope == scope_of(component));
  auto& place = cells(component)->histograms[about.first];
  Histogram* held = place.load(std::memory_order_relaxed);
  if (held == nullptr) {
    held = std::make_unique<Histogram>().release();
    place.store(held, std::memory_order_release);
  }
  held->record(ns);
}

uint64_t Snapshot::Of::value(Metric metric, unsigned value, unsigned value2) const {
  const MetricInfo& about = info(metric);
  return cells[about.first + value * about.values2_count + value2];
}

uint64_t Snapshot::Of::sum(Metric metric) const {
  const MetricInfo& about = info(metric);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < about.values_count * about.values2_count; ++i) sum += cells[about.first + i];
  return sum;
}

const Distribution& Snapshot::Of::histogram(Metric metric) const {
  return histograms[info(metric).first];
}

const Snapshot::Of* Snapshot::find(std::string_view component) const {
  const auto found = std::ranges::find(all, component, &Of::component);
  return found == all.end() ? nullptr : &*found;
}

Registry::Registry(size_t workers) {
  for (size_t i = 0; i < workers; ++i) shards_.push_back(std::make_unique<Shard>());
}

Result<uint32_t> Registry::component(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(names_, name);
  const auto index = static_cast<uint32_t>(found - names_.begin()) + 1;  // 0 is the server
  if (found != names_.end()) return index;
  if (names_.size() >= limits::components.hard) {
    return fail(ErrorKind::limit, format("{} components were observed in this process; it can be {} ({}): restart it",
                                         names_.size(), limits::components.hard, limits::components.name));
  }
  for (const auto& shard : shards_) shard->make(index);
  names_.emplace_back(name);
  return index;
}

Snapshot Registry::snapshot() const {
  Snapshot snapshot;
  {
    const std::lock_guard lock(mutex_);
    snapshot.all.resize(names_.size() + 1);
    for (size_t i = 0; i < names_.size(); ++i) snapshot.all[i + 1].component = names_[i];
  }
  for (uint32_t i = 0; i < snapshot.all.size(); ++i) {
    Snapshot::Of& of = snapshot.all[i];
    of.cells.resize(cell_count(scope_of(i)));
    of.histograms.resize(histogram_count(scope_of(i)));
    for (const auto& shard : shards_) {
      const Shard::Cells& cells = *shard->cells(i);
      for (size_t j = 0; j < of.cells.size(); ++j) of.cells[j] += cells.values[j].load(std::memory_order_relaxed);
      for (size_t j = 0; j < of.histograms.size(); ++j) {
        const Histogram* const held = cells.histograms[j].load(std::memory_order_acquire);
        if (held != nullptr) held->add_to(of.histograms[j]);
      }
    }
  }
  return snapshot;
}

}  // namespace mote::observe
