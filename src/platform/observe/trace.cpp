// See trace.h.
#include "platform/observe/trace.h"

#include "base/core/bytes.h"
#include "base/core/hash.h"

#include <algorithm>

namespace mote::observe {
namespace {

constexpr size_t state_size_most = 512, state_members_most = 32;  // section 3.3

// Lower case only, as the specification has it.
bool read_hex(std::string_view text, std::span<uint8_t> into) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (text.size() != 2 * into.size()) return false;
  for (size_t i = 0; i < into.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

bool is_zero(std::span<const uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](uint8_t byte) { return byte == 0; });
}

bool is_state(std::string_view state) {
  if (state.empty() || state.size() > state_size_most ||
      std::ranges::count(state, ',') >= static_cast<ptrdiff_t>(state_members_most))
    return false;
  return std::ranges::all_of(state, [](char c) { return c >= 0x20 && c < 0x7f; }) && state.find('=') != state.npos;
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view traceparent, std::string_view tracestate) {
  // version-trace-span-flags; of a later version more may follow, behind a '-'.
  constexpr size_t size = 55;
  std::array<uint8_t, 1> version = {}, flags = {};
  if (traceparent.size() < size || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return std::nullopt;
  TraceContext context;
  const bool is_good = read_hex(traceparent.substr(0, 2), version) && read_hex(traceparent.substr(3, 32), context.trace) &&
                       read_hex(traceparent.substr(36, 16), context.span) && read_hex(traceparent.substr(53, 2), flags);
  if (!is_good || version[0] == 0xff || is_zero(context.trace) || is_zero(context.span)) return std::nullopt;
  if (traceparent.size() > size && (version[0] == 0 || traceparent[size] != '-')) return std::nullopt;
  context.flags = flags[0] & 1;
  if (is_state(tracestate)) context.state = tracestate;
  return context;
}

std::string TraceContext::traceparent() const {
  const uint8_t shown = flags & 1;
  return "00-" + hex(trace) + "-" + hex(span) + "-" + hex(Bytes(&shown, 1));
}

TraceContext begin_trace(const RandomSource& random, bool is_sampled) {
  TraceContext context;
  random(context.trace);
  if (is_zero(context.trace)) context.trace.back() = 1;
  context.flags = is_sampled ? 1 : 0;
  return context;
}

std::array<uint8_t, 8> new_span_id(const RandomSource& random) {
  std::array<uint8_t, 8> id = {};
  random(id);
  if (is_zero(id)) id.back() = 1;
  return id;
}

}  // namespace mote::observe
