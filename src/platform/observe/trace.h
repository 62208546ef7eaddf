// W3C Trace Context (https://www.w3.org/TR/trace-context/, level 1): who calls whom in which trace, and spans as plain data.
// Tested by trace_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mote::observe {

struct TraceContext {
  std::array<uint8_t, 16> trace = {};
  std::array<uint8_t, 8> span = {};  // of whoever called
  uint8_t flags = 0;
  std::string state;  // tracestate, handed on as it came

  [[nodiscard]] bool is_sampled() const { return (flags & 1) != 0; }
  // From the headers traceparent and tracestate. Nothing for what is malformed: then a new trace begins, as the specification wants
  // it. A malformed or overlong tracestate is left out. Of a version to come, what is known of it is read.
  [[nodiscard]] static std::optional<TraceContext> parse(std::string_view traceparent, std::string_view tracestate = {});
  [[nodiscard]] std::string traceparent() const;  // "00-…-…-01"
};

// Fills bytes with random ones.
using RandomSource = std::function<void(std::span<uint8_t> into)>;

// A trace that begins here. Never zero, which means "none".
[[nodiscard]] TraceContext begin_trace(const RandomSource& random, bool is_sampled);
[[nodiscard]] std::array<uint8_t, 8> new_span_id(const RandomSource& random);

using AttributeValue = std::variant<std::string, int64_t, double, bool>;
struct Attribute {
  std::string name;  // "http.route"
  AttributeValue value;
};

struct Span {
  enum class Kind : uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };  // as in OTLP
  TraceContext context;                // trace, flags, state; `span` is this span's own
  std::array<uint8_t, 8> parent = {};  // zero: none
  std::string name;
  Kind kind = Kind::server;
  uint64_t start_ns = 0, end_ns = 0;  // since 1970
  std::vector<Attribute> attributes;
  bool has_failed = false;
  std::string failure;
};

}  // namespace mote::observe
