// See otlp.h. Numbers are those of opentelemetry-proto 1.x: collector/*/v1, trace/v1, metrics/v1, logs/v1, common/v1.
#include "platform/observe/otlp.h"

#include "platform/observe/protobuf.h"

#include <algorithm>
#include <bit>

namespace mote::observe {
namespace {

constexpr unsigned first_bucket = 14, last_bucket = 35;  // as in the Prometheus text: powers of two of nanoseconds
constexpr double ns_per_s = 1e9;

std::string_view word(std::string_view words, uint32_t n) {
  while (n-- > 0) words.remove_prefix(words.find('|') + 1);
  return words.substr(0, words.find('|'));
}

void write_text_attribute(ProtobufWriter& out, uint32_t field, std::string_view name, std::string_view value) {
  out.message(field, [&](ProtobufWriter& pair) {
    pair.text(1, name);
    pair.message(2, [&](ProtobufWriter& any) { any.text(1, value); });
  });
}

void write_attribute(ProtobufWriter& out, uint32_t field, const Attribute& attribute) {
  out.message(field, [&](ProtobufWriter& pair) {
    pair.text(1, attribute.name);
    pair.message(2, [&](ProtobufWriter& any) {
      if (const auto* text = std::get_if<std::string>(&attribute.value))
        any.text(1, std::string_view(*text).substr(0, limits::attribute.standard));
      if (const auto* boolean = std::get_if<bool>(&attribute.value)) any.varint(2, *boolean ? 1 : 0);
      if (const auto* integer = std::get_if<int64_t>(&attribute.value)) any.varint(3, static_cast<uint64_t>(*integer));
      if (const auto* real = std::get_if<double>(&attribute.value)) any.real(4, *real);
    });
  });
}

// Export…Request { Resource…  = 1 { resource = 1, scope_… = 2 { scope = 1, what is sent = 2 } } }: the same in all three.
template <class Write>
std::string envelope(const OtlpSettings& settings, std::string_view version, Write write) {
  ProtobufWriter request;
  request.message(1, [&](ProtobufWriter& resource_part) {
    resource_part.message(1, [&](ProtobufWriter& resource) {
      for (const auto& [name, value] : settings.resource) write_text_attribute(resource, 1, name, value);
    });
    resource_part.message(2, [&](ProtobufWriter& scope_part) {
      scope_part.message(1, [&](ProtobufWriter& scope) {
        scope.text(1, "mote");
        scope.text(2, version);
      });
      write(scope_part);
    });
  });
  return request.out();
}

void write_span(ProtobufWriter& out, const Span& span) {
  out.bytes(1, span.context.trace);
  out.bytes(2, span.context.span);
  if (!span.context.state.empty()) out.text(3, span.context.state);
  const bool has_parent = std::ranges::any_of(span.parent, [](uint8_t byte) { return byte != 0; });
  if (has_parent) out.bytes(4, span.parent);
  out.text(5, span.name);
  out.varint(6, static_cast<uint64_t>(span.kind));
  out.fixed64(7, span.start_ns);
  out.fixed64(8, span.end_ns);
  for (const Attribute& attribute : span.attributes) write_attribute(out, 9, attribute);
  if (span.has_failed) {
    out.message(15, [&](ProtobufWriter& status) {
      if (!span.failure.empty()) status.text(2, span.failure);
      status.varint(3, 2);  // error
    });
  }
}

struct Times {
  uint64_t start_ns, now_ns;
};

void write_number(ProtobufWriter& out, const MetricInfo& about, const Snapshot::Of& of, uint32_t i, uint32_t j, Times times) {
  const uint64_t value = of.cells[about.first + i * about.values2_count + j];
  out.message(1, [&](ProtobufWriter& point) {
    point.fixed64(2, times.start_ns);
    point.fixed64(3, times.now_ns);
    if (about.unit == "s")
      point.real(4, static_cast<double>(value) / ns_per_s);
    else
      point.fixed64(6, value);
    if (!of.component.empty()) write_text_attribute(point, 7, "component", of.component);
    if (!about.label.empty()) write_text_attribute(point, 7, about.label, word(about.values, i));
    if (!about.label2.empty()) write_text_attribute(point, 7, about.label2, word(about.values2, j));
  });
}

void write_histogram(ProtobufWriter& out, const Distribution& held, const std::string& component, Times times) {
  out.message(1, [&](ProtobufWriter& point) {
    point.fixed64(2, times.start_ns);
    point.fixed64(3, times.now_ns);
    point.fixed64(4, held.total);
    point.real(5, static_cast<double>(held.sum_ns) / ns_per_s);
    point.message(6, [&](ProtobufWriter& counts) {
      uint64_t before = 0;
      for (const uint64_t below : held.below_powers(first_bucket, last_bucket)) {
        counts.raw(below - before);
        before = below;
      }
      counts.raw(held.total - before);
    });
    point.message(7, [&](ProtobufWriter& bounds) {
      for (unsigned power = first_bucket; power <= last_bucket; ++power)
        bounds.raw(std::bit_cast<uint64_t>(static_cast<double>(uint64_t{1} << power) / ns_per_s));
    });
    if (!component.empty()) write_text_attribute(point, 9, "component", component);
  });
}

void write_points(ProtobufWriter& out, const MetricInfo& about, const Snapshot& snapshot, Times times) {
  for (const Snapshot::Of& of : snapshot.all) {
    if (of.component.empty() != (about.scope == Scope::server)) continue;
    if (about.kind == MetricKind::histogram) {
      write_histogram(out, of.histograms[about.first], of.component, times);
      continue;
    }
    for (uint32_t i = 0; i < about.values_count; ++i) {
      for (uint32_t j = 0; j < about.values2_count; ++j) {
        const bool is_empty_pair = !about.label2.empty() && of.cells[about.first + i * about.values2_count + j] == 0;
        if (!is_empty_pair) write_number(out, about, of, i, j, times);
      }
    }
  }
}

void write_metric(ProtobufWriter& out, const MetricInfo& about, const Snapshot& snapshot, Times times) {
  constexpr uint64_t cumulative = 2;
  out.text(1, about.dotted);
  out.text(2, about.help);
  out.text(3, about.unit);
  const uint32_t field = about.kind == MetricKind::gauge ? 5 : about.kind == MetricKind::counter ? 7 : 9;
  out.message(field, [&](ProtobufWriter& points) {
    write_points(points, about, snapshot, times);
    if (about.kind != MetricKind::gauge) points.varint(2, cumulative);
    if (about.kind == MetricKind::counter) points.varint(3, 1);  // monotonic
  });
}

void write_line(ProtobufWriter& out, const LogLine& line) {
  const auto time = static_cast<uint64_t>(std::max<int64_t>(line.time_ns, 0));
  out.fixed64(1, time);
  constexpr uint64_t numbers[] = {5, 9, 13, 17};
  out.varint(2, numbers[static_cast<size_t>(line.level)]);
  out.text(3, name(line.level));
  out.message(5, [&](ProtobufWriter& any) { any.text(1, line.text); });
  if (!line.component.empty()) write_text_attribute(out, 6, "component", line.component);
  if (!line.event.empty()) write_text_attribute(out, 6, "event", line.event);
  write_text_attribute(out, 6, "log.iostream", name(line.stream));
  if (const auto context = TraceContext::parse("00-" + line.trace + "-0000000000000001-00")) out.bytes(9, context->trace);
  out.fixed64(11, time);
}

}  // namespace

void ProtobufWriter::real(uint32_t field, double value) {
  fixed64(field, std::bit_cast<uint64_t>(value));
}

void ProtobufWriter::raw(uint64_t value) {
  char bytes[sizeof value];
  store_le(bytes, value);
  out_.append(bytes, sizeof bytes);
}

void ProtobufWriter::plain(uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
  out_ += static_cast<char>(value);
}

std::string encode_spans(const OtlpSettings& settings, std::string_view version, std::span<const Span> spans) {
  return envelope(settings, version, [&](ProtobufWriter& out) {
    for (const Span& span : spans) out.message(2, [&](ProtobufWriter& inner) { write_span(inner, span); });
  });
}

std::string encode_metrics(const OtlpSettings& settings, std::string_view version, const Snapshot& snapshot, uint64_t start_ns,
                           uint64_t now_ns) {
  return envelope(settings, version, [&](ProtobufWriter& out) {
    for (const MetricInfo& about : metrics())
      out.message(2, [&](ProtobufWriter& inner) { write_metric(inner, about, snapshot, {start_ns, now_ns}); });
  });
}

std::string encode_logs(const OtlpSettings& settings, std::string_view version, std::span<const LogLine> lines) {
  return envelope(settings, version, [&](ProtobufWriter& out) {
    for (const LogLine& line : lines) out.message(2, [&](ProtobufWriter& inner) { write_line(inner, line); });
  });
}

void OtlpExporter::add(Span span) {
  if (settings_.traces.empty() || !span.context.is_sampled()) return;
  const std::lock_guard lock(mutex_);
  if (spans_.size() >= limits::spans.standard)
    ++dropped_;
  else
    spans_.push_back(std::move(span));
}

void OtlpExporter::add(const LogLine& line) {
  if (settings_.logs.empty()) return;
  const std::lock_guard lock(mutex_);
  if (lines_.size() >= limits::log_records.standard)
    ++dropped_;
  else
    lines_.push_back(line);
}

Result<void> OtlpExporter::send(const std::string& url, std::string body) const {
  return send_({.url = url, .body = std::move(body), .headers = settings_.headers, .timeout_ms = settings_.timeout_ms});
}

OtlpExporter::Failures OtlpExporter::flush() {
  constexpr size_t batch = 512;
  Failures failures;
  // Takes a batch, sends it without the lock, and puts it back where it failed and there is room.
  const auto drain = [&](auto& queue, const std::string& url, uint64_t most, auto encode) -> std::optional<Error> {
    for (;;) {
      std::unique_lock lock(mutex_);
      const size_t size = std::min(queue.size(), batch);
      std::vector taken(std::make_move_iterator(queue.begin()),
                        std::make_move_iterator(queue.begin() + static_cast<ptrdiff_t>(size)));
      queue.erase(queue.begin(), queue.begin() + static_cast<ptrdiff_t>(size));
      lock.unlock();
      if (taken.empty()) return std::nullopt;
      auto sent = send(url, encode(taken));
      if (sent) continue;
      lock.lock();
      while (!taken.empty() && queue.size() < most) {
        queue.push_front(std::move(taken.back()));
        taken.pop_back();
      }
      dropped_ += taken.size();
      return std::move(sent.error());
    }
  };
  failures.traces = drain(spans_, settings_.traces, limits::spans.standard,
                          [&](const std::vector<Span>& spans) { return encode_spans(settings_, version_, spans); });
  failures.logs = drain(lines_, settings_.logs, limits::log_records.standard,
                        [&](const std::vector<LogLine>& lines) { return encode_logs(settings_, version_, lines); });
  return failures;
}

OtlpExporter::Failures OtlpExporter::send_metrics(const Snapshot& snapshot, uint64_t start_ns, uint64_t now_ns) {
  Failures failures;
  if (settings_.metrics.empty()) return failures;
  auto sent = send(settings_.metrics, encode_metrics(settings_, version_, snapshot, start_ns, now_ns));
  if (!sent) failures.metrics = std::move(sent.error());
  return failures;
}

uint64_t OtlpExporter::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace mote::observe
