// Metrics in the Prometheus text format (version 0.0.4), for /metrics. Tested by prometheus_test.cpp.
#pragma once

#include "platform/observe/metrics.h"

#include <string>
#include <string_view>

namespace mote::observe {

// What the kernel knows of this process; from whoever may ask it.
struct ProcessFacts {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0, virtual_bytes = 0, open_files = 0, most_files = 0;
  double started = 0;  // seconds since 1970
};

inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

// Histograms have the buckets that are powers of two of nanoseconds, 16 us to 34 s, so that their counts are exact; besides them
// each has the quantiles 0.5, 0.99 and 0.999 since the start, as a gauge NAME_quantile.
[[nodiscard]] std::string prometheus_text(const Snapshot& snapshot, const ProcessFacts& process, std::string_view version);

// docs/reference/metrics.md, from the table.
[[nodiscard]] std::string metrics_page();

}  // namespace mote::observe
