// See values.h.
#include "base/toml/values.h"

#include "base/core/format.h"

#include <algorithm>
#include <charconv>

namespace mote::toml {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

std::string shown(std::string_view text) {
  return quoted(text.substr(0, 64));
}

}  // namespace

std::optional<Measure> read_measure(std::string_view text) {
  Measure measure;
  const char *const begin = text.data(), *const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, measure.number);
  if (error != std::errc() || rest == begin) return std::nullopt;
  measure.unit = {rest, end};
  return measure;
}

Result<uint64_t> read_size(const Node& value) {
  if (value.kind == Node::Kind::integer && value.integer >= 0) return static_cast<uint64_t>(value.integer);
  if (value.kind == Node::Kind::integer) return refuse("is at least 0 bytes");
  if (value.kind != Node::Kind::text)
    return refuse(format("is a number of bytes, or a text like \"64K\", not {}", words(value.kind)));
  const auto measure = read_measure(value.text);
  const std::string_view unit = measure ? measure->unit : std::string_view("?");
  const int shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (shift < 0) return refuse(format("is a number of bytes (K, M, G may follow), not {}", shown(value.text)));
  if (measure->number > static_cast<uint64_t>(INT64_MAX) >> shift) return refuse("is too large");
  return measure->number << shift;
}

Result<uint64_t> read_duration_ms(const Node& value) {
  const auto wrong = [&] {
    return refuse(format("is a time like \"500ms\", \"2s\", \"5m\" or \"1h\", not {}",
                         value.kind == Node::Kind::text ? shown(value.text) : std::string(words(value.kind))));
  };
  if (value.kind != Node::Kind::text) return wrong();
  const auto measure = read_measure(value.text);
  if (!measure) return wrong();
  const uint64_t unit = measure->unit == "ms"  ? 1
                        : measure->unit == "s" ? 1000
                        : measure->unit == "m" ? 60'000
                        : measure->unit == "h" ? 3'600'000
                                               : 0;
  if (unit == 0) return wrong();
  if (measure->number > static_cast<uint64_t>(INT64_MAX) / unit) return refuse("is too long");
  return measure->number * unit;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f)
      out += format("\\u{:04x}", static_cast<uint32_t>(static_cast<uint8_t>(c)));
    else
      out += c;
  }
  return out + "\"";
}

std::vector<std::string_view> split_choices(std::string_view values) {
  std::vector<std::string_view> choices;
  while (!values.empty()) {
    const size_t bar = std::min(values.find('|'), values.size());
    choices.push_back(values.substr(0, bar));
    values.remove_prefix(std::min(bar + 1, values.size()));
  }
  return choices;
}

}  // namespace mote::toml
