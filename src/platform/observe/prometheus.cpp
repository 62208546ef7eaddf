// See prometheus.h.
#include "platform/observe/prometheus.h"

#include "base/core/format.h"

#include <algorithm>

namespace mote::observe {
namespace {

constexpr unsigned first_bucket = 14, last_bucket = 35;  // powers of two of nanoseconds
constexpr double ns_per_s = 1e9;

// The nth word between '|'.
std::string_view word(std::string_view words, uint32_t n) {
  while (n-- > 0) words.remove_prefix(words.find('|') + 1);
  return words.substr(0, words.find('|'));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"')
      out += {'\\', c};
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

bool is_seconds(const MetricInfo& about) {
  return about.kind == MetricKind::counter && about.unit == "s";
}

class Writer {
 public:
  explicit Writer(const Snapshot& snapshot) : snapshot_(snapshot) {}

  void metric(const MetricInfo& about) {
    const std::string name = about.kind == MetricKind::counter ? format("{}_total", about.text) : std::string(about.text);
    const std::string_view type = about.kind == MetricKind::counter ? "counter"
                                  : about.kind == MetricKind::gauge ? "gauge"
                                                                    : "histogram";
    head(name, about.help, type);
    for (const Snapshot::Of& of : snapshot_.all) {
      if (of.component.empty() != (about.scope == Scope::server)) continue;
      if (about.kind == MetricKind::histogram)
        histogram(name, about, of);
      else
        cells(name, about, of);
    }
    if (about.kind == MetricKind::histogram) quantiles(name, about);
  }

  void head(std::string_view name, std::string_view help, std::string_view type) {
    text_ += format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  void line(std::string_view name, std::string_view labels, std::string_view value) {
    text_ += labels.empty() ? format("{} {}\n", name, value) : format("{}{{{}}} {}\n", name, labels, value);
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string labels(const Snapshot::Of& of, std::string_view more = {}) {
    std::string text = of.component.empty() ? "" : format("component=\"{}\"", escaped(of.component));
    if (!more.empty()) text += (text.empty() ? "" : ",") + std::string(more);
    return text;
  }

  void cells(std::string_view name, const MetricInfo& about, const Snapshot::Of& of) {
    for (uint32_t i = 0; i < about.values_count; ++i) {
      for (uint32_t j = 0; j < about.values2_count; ++j) {
        const uint64_t value = of.cells[about.first + i * about.values2_count + j];
        std::string more = about.label.empty() ? "" : format("{}=\"{}\"", about.label, word(about.values, i));
        if (!about.label2.empty()) {
          if (value == 0) continue;  // of pairs, only what there was: most never are
          more += format(",{}=\"{}\"", about.label2, word(about.values2, j));
        }
        const std::string shown = is_seconds(about)                 ? format("{:.9f}", static_cast<double>(value) / ns_per_s)
                                  : about.kind == MetricKind::gauge ? format("{}", static_cast<int64_t>(value))
                                                                    : format("{}", value);
        line(name, labels(of, more), shown);
      }
    }
  }

  void histogram(std::string_view name, const MetricInfo& about, const Snapshot::Of& of) {
    const Distribution& held = of.histograms[about.first];
    const auto below = held.below_powers(first_bucket, last_bucket);
    for (unsigned power = first_bucket; power <= last_bucket; ++power) {
      const double bound = static_cast<double>(uint64_t{1} << power) / ns_per_s;
      line(format("{}_bucket", name), labels(of, format("le=\"{:.9f}\"", bound)), format("{}", below[power - first_bucket]));
    }
    line(format("{}_bucket", name), labels(of, "le=\"+Inf\""), format("{}", held.total));
    line(format("{}_sum", name), labels(of), format("{:.9f}", static_cast<double>(held.sum_ns) / ns_per_s));
    line(format("{}_count", name), labels(of), format("{}", held.total));
  }

  void quantiles(std::string_view name, const MetricInfo& about) {
    const std::string own = format("{}_quantile", name);
    head(own, format("{}: quantiles since the start, to 0.8 %", about.help), "gauge");
    for (const Snapshot::Of& of : snapshot_.all) {
      if (of.component.empty() != (about.scope == Scope::server)) continue;
      const Distribution& held = of.histograms[about.first];
      if (held.total == 0) continue;
      for (const double share : {0.5, 0.99, 0.999}) {
        line(own, labels(of, format("quantile=\"{}\"", share)),
             format("{:.9f}", static_cast<double>(held.quantile(share)) / ns_per_s));
      }
    }
  }

  const Snapshot& snapshot_;
  std::string text_;
};

void process(Writer& writer, const ProcessFacts& facts) {
  const auto one = [&](std::string_view name, std::string_view help, std::string_view type, const std::string& value) {
    writer.head(name, help, type);
    writer.line(name, "", value);
  };
  one("process_cpu_seconds_total", "CPU time of this process", "counter", format("{:.6f}", facts.cpu_seconds));
  one("process_resident_memory_bytes", "resident memory of this process", "gauge", format("{}", facts.resident_bytes));
  one("process_virtual_memory_bytes", "address space of this process", "gauge", format("{}", facts.virtual_bytes));
  one("process_open_fds", "open descriptors", "gauge", format("{}", facts.open_files));
  one("process_max_fds", "descriptors that it may have open", "gauge", format("{}", facts.most_files));
  one("process_start_time_seconds", "when it started, since 1970", "gauge", format("{:.3f}", facts.started));
}

}  // namespace

std::string prometheus_text(const Snapshot& snapshot, const ProcessFacts& facts, std::string_view version) {
  Writer writer(snapshot);
  writer.head("mote_build_info", "this build", "gauge");
  writer.line("mote_build_info", format("version=\"{}\"", escaped(version)), "1");
  for (const MetricInfo& about : metrics()) writer.metric(about);
  process(writer, facts);
  return writer.take();
}

std::string metrics_page() {
  std::string text =
      "# Metrics\n\nFor whoever watches a server. `/metrics` at the admin address has them as Prometheus text; OTLP as in the "
      "second column. Made from\n"
      "`src/platform/observe/names.def`. Those of a component have the label `component`. Histograms have buckets at powers of two "
      "of nanoseconds and a gauge\n"
      "`NAME_quantile` with the quantiles 0.5, 0.99 and 0.999 since the start, to 0.8 %. Of metrics with two labels only pairs "
      "that occurred are shown.\n"
      "Besides these: `mote_build_info`, `process_*`.\n\n"
      "| Prometheus | OTLP | kind | of | labels | means |\n|---|---|---|---|---|---|\n";
  const auto label = [](std::string_view name, std::string_view values) {
    std::string list;
    for (const char c : values) list += c == '|' ? std::string("`, `") : std::string(1, c);
    return name.empty() ? std::string() : format("`{}`: `{}`", name, list);
  };
  for (const MetricInfo& one : metrics()) {
    const std::string second = label(one.label2, one.values2);
    text += format("| `{}{}` | `{}` ({}) | {} | {} | {}{}{} | {} |\n", one.text, one.kind == MetricKind::counter ? "_total" : "",
                   one.dotted, one.unit,
                   one.kind == MetricKind::counter ? "counter"
                   : one.kind == MetricKind::gauge ? "gauge"
                                                   : "histogram",
                   one.scope == Scope::server ? "the server" : "a component", label(one.label, one.values),
                   second.empty() ? "" : "; ", second, one.help);
  }
  return text;
}

}  // namespace mote::observe
