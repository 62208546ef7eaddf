// See event.h.
#include "host/sandbox/event.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <algorithm>
#include <utility>

namespace mote::sandbox {

Outcome<uint64_t> EventInput::read(MutableBytes into) {
  const size_t size = std::min(into.size(), rest_.size());
  std::copy_n(rest_.begin(), size, into.begin());
  rest_ = rest_.subspan(size);
  return size;
}

Outcome<uint64_t> EventOutput::write(Bytes from) {
  const uint64_t size = std::min<uint64_t>(from.size(), most_ - written_.size());
  if (size < from.size()) is_cut_ = true;
  if (size == 0 && !from.empty()) {
    denials_.note({.kind = "limit",
                   .thing = "write more to " + what_,
                   .rule = format("{}={}", limits::output_size.name, most_),
                   .would_grant = format("a larger {}", limits::output_size.name)});
    return std::unexpected(Refusal::no_space);
  }
  written_.insert(written_.end(), from.begin(), from.begin() + static_cast<ptrdiff_t>(size));
  return size;
}

EventProcess::EventProcess(Clocks& clocks, Random& random, const EventLimits& limits)
    : process_(clocks, random),
      input_(open<EventInput>(true)),
      output_(open<EventOutput>(false, std::min(limits.output_bytes, limits::output_size.hard), "stdout", process_.denials)),
      errors_(open<EventOutput>(false, std::min(limits.output_bytes, limits::output_size.hard), "stderr", process_.denials)) {
  process_.limit_host_call_bytes(std::min(limits.host_call_bytes, limits::host_call_bytes.hard));
  process_.descriptors_most = std::min(limits.descriptors, limits::descriptors.hard);
  process_.descriptors_rule = limits::descriptors.name;
}

template <class S, class... Args>
S& EventProcess::open(bool is_readable, Args&&... args) {
  auto made = std::make_unique<S>(std::forward<Args>(args)...);
  S& stream = *made;
  const auto number = process_.open({.stream = std::move(made), .is_readable = is_readable, .is_writable = !is_readable});
  ASSERT(number.has_value());  // the first three of the default's thousand
  return stream;
}

}  // namespace mote::sandbox
