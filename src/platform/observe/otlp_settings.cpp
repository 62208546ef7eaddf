// The standard environment variables of OpenTelemetry. See otlp.h.
#include "base/core/format.h"
#include "platform/observe/otlp.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace mote::observe {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    if (is_escape) i += 2;
    out += is_escape ? static_cast<char>(byte) : text[i];
  }
  return out;
}

// "key=value,key=value", values percent-encoded.
Result<Pairs> read_pairs(std::string_view variable, std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (trimmed(one).empty()) continue;
    const size_t equals = one.find('=');
    if (equals == one.npos || trimmed(one.substr(0, equals)).empty())
      return refuse(format("{} is \"key=value,key=value\", and \"{}\" is no such pair", variable, one));
    const std::string value = percent_decoded(trimmed(one.substr(equals + 1)));
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos)
      return refuse(format("{}: the value of {} has control characters", variable, trimmed(one.substr(0, equals))));
    pairs.emplace_back(trimmed(one.substr(0, equals)), value);
  }
  return pairs;
}

class Reader {
 public:
  explicit Reader(const OtlpSettings::Lookup& environment) : environment_(environment) {}

  // An empty variable is as one that is not set.
  [[nodiscard]] std::string text(std::string_view name) const { return environment_(name).value_or(""); }

  Result<void> number(std::string_view name, uint64_t& out) const {
    const std::string said = text(name);
    if (said.empty()) return {};
    const auto [rest, error] = std::from_chars(said.data(), said.data() + said.size(), out);
    if (error != std::errc() || rest != said.data() + said.size() || out == 0 || out > 86'400'000)
      return refuse(format("{} is a number of milliseconds, at most a day, not \"{}\"", name, said));
    return {};
  }

  Result<std::string> endpoint(std::string_view signal, std::string_view path) const {
    const std::string exporter = text(format("OTEL_{}_EXPORTER", signal));
    if (exporter == "none") return std::string();
    if (!exporter.empty() && exporter != "otlp")
      return refuse(format("OTEL_{}_EXPORTER is otlp or none, not \"{}\"", signal, exporter));
    const std::string own_name = format("OTEL_EXPORTER_OTLP_{}_ENDPOINT", signal);
    std::string url = text(own_name);
    const bool is_own = !url.empty();
    if (!is_own) url = text("OTEL_EXPORTER_OTLP_ENDPOINT");
    if (url.empty()) return url;
    if (!url.starts_with("http://") && !url.starts_with("https://"))
      return refuse(
          format("{} is \"http://…\" or \"https://…\", not \"{}\"", is_own ? own_name : "OTEL_EXPORTER_OTLP_ENDPOINT", url));
    TRY(protocol(signal));
    if (is_own) return url;
    while (url.ends_with('/')) url.pop_back();
    return url + std::string(path);
  }

  Result<Sampler> sampler() const {
    std::string said = text("OTEL_TRACES_SAMPLER");
    Sampler sampler;
    if (said.empty()) return sampler;
    constexpr std::string_view by_parent = "parentbased_";
    sampler.follows_parent = said.starts_with(by_parent);
    if (sampler.follows_parent) said.erase(0, by_parent.size());
    if (said == "always_on") return sampler;
    sampler.kind = said == "always_off" ? Sampler::Kind::never : Sampler::Kind::ratio;
    if (said == "always_off") return sampler;
    if (said != "traceidratio")
      return refuse(
          format("OTEL_TRACES_SAMPLER is always_on, always_off or traceidratio, with or without parentbased_ before it, not \"{}\"",
                 text("OTEL_TRACES_SAMPLER")));
    const std::string ratio = text("OTEL_TRACES_SAMPLER_ARG");
    if (ratio.empty()) return sampler;
    char* end = nullptr;
    sampler.ratio = std::strtod(ratio.c_str(), &end);
    if (*end != '\0' || !(sampler.ratio >= 0 && sampler.ratio <= 1))
      return refuse(format("OTEL_TRACES_SAMPLER_ARG is a number from 0 to 1, not \"{}\"", ratio));
    return sampler;
  }

 private:
  Result<void> protocol(std::string_view signal) const {
    for (const std::string& name : {format("OTEL_EXPORTER_OTLP_{}_PROTOCOL", signal), std::string("OTEL_EXPORTER_OTLP_PROTOCOL")}) {
      const std::string said = text(name);
      if (said == "http/protobuf") return {};
      if (!said.empty()) return refuse(format("{} is http/protobuf, the only one that Mote speaks, not \"{}\"", name, said));
    }
    return {};
  }

  const OtlpSettings::Lookup& environment_;
};

}  // namespace

bool Sampler::samples(const TraceContext& context, bool has_parent) const {
  if (follows_parent && has_parent) return context.is_sampled();
  switch (kind) {
    case Kind::always:
      return true;
    case Kind::never:
      return false;
    case Kind::ratio:
      break;
  }
  // By the trace's last 8 bytes, so that all who take part decide alike.
  uint64_t bits = 0;
  for (size_t i = 8; i < context.trace.size(); ++i) bits = bits << 8 | context.trace[i];
  return static_cast<double>(bits >> 11) * 0x1p-53 < ratio;
}

Result<OtlpSettings> OtlpSettings::read(const Lookup& environment, std::string_view service_name) {
  const Reader reader(environment);
  OtlpSettings settings;
  std::string disabled = reader.text("OTEL_SDK_DISABLED");
  for (char& c : disabled) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (disabled == "true") return settings;
  settings.traces = TRY(reader.endpoint("TRACES", "/v1/traces"));
  settings.metrics = TRY(reader.endpoint("METRICS", "/v1/metrics"));
  settings.logs = TRY(reader.endpoint("LOGS", "/v1/logs"));
  settings.headers = TRY(read_pairs("OTEL_EXPORTER_OTLP_HEADERS", reader.text("OTEL_EXPORTER_OTLP_HEADERS")));
  settings.resource = TRY(read_pairs("OTEL_RESOURCE_ATTRIBUTES", reader.text("OTEL_RESOURCE_ATTRIBUTES")));
  std::string service = reader.text("OTEL_SERVICE_NAME");
  const auto said = std::ranges::find(settings.resource, "service.name", &Pairs::value_type::first);
  if (said == settings.resource.end())
    settings.resource.emplace_back("service.name", service.empty() ? std::string(service_name) : service);
  else if (!service.empty())
    said->second = service;
  settings.certificate = reader.text("OTEL_EXPORTER_OTLP_CERTIFICATE");
  TRY(reader.number("OTEL_EXPORTER_OTLP_TIMEOUT", settings.timeout_ms));
  TRY(reader.number("OTEL_METRIC_EXPORT_INTERVAL", settings.metrics_interval_ms));
  TRY(reader.number("OTEL_BSP_SCHEDULE_DELAY", settings.batch_delay_ms));
  settings.sampler = TRY(reader.sampler());
  return settings;
}

}  // namespace mote::observe
