// poll_oneoff: waits until at least one of a list of subscriptions (a clock, a stream or file to read or write) has something to
// report.
//
// A subscription that can never come true (bad clock, bad descriptor) is reported at once with its error. Times on the realtime
// clock follow steps of that clock when they are waited for alone, which is how a guest sleeps.
#include "host/wasi_p1/clock.h"
#include "host/wasi_p1/functions.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

namespace mote::wasi_p1 {
namespace {

struct Subscription {
  uint64_t userdata;
  Event type;
  Errno error = Errno::success;
  sandbox::ClockId clock = {};
  uint64_t deadline_ns = 0;
  const sandbox::Descriptor* descriptor = nullptr;
};

Subscription read_clock(const uint8_t* from, Subscription subscription, Guest& guest) {
  sandbox::Process& process = guest.process;
  const auto clock = clock_id(load_le<uint32_t>(from + guest.layout.clock_at));
  if (!clock) {
    subscription.error = clock.error();
    return subscription;
  }
  subscription.clock = *clock;
  subscription.deadline_ns = load_le<uint64_t>(from + guest.layout.clock_at + 8);
  const bool is_absolute = (load_le<uint16_t>(from + guest.layout.clock_at + 24) & subclock_abstime) != 0;
  if (is_absolute && !may_read_clock(guest)) subscription.error = Errno::notcapable;
  if (!is_absolute) {
    const uint64_t now = process.now_ns(*clock);
    subscription.deadline_ns = std::min(subscription.deadline_ns, std::numeric_limits<uint64_t>::max() - now) + now;
  }
  return subscription;
}

Answer<Subscription> read_subscription(const uint8_t* from, Guest& guest) {
  if (from[8] > static_cast<uint8_t>(Event::fd_write)) return std::unexpected(Errno::inval);
  Subscription subscription{.userdata = load_le<uint64_t>(from), .type = static_cast<Event>(from[8])};
  if (subscription.type == Event::clock) return read_clock(from, subscription, guest);
  subscription.descriptor = guest.process.find(load_le<uint32_t>(from + 16));
  if (subscription.descriptor == nullptr) {
    subscription.error = Errno::badf;
  } else if (subscription.descriptor->folder == nullptr && !has_rights(*subscription.descriptor, rights::poll_fd_readwrite)) {
    subscription.error = Errno::notcapable;
  } else if (!(subscription.type == Event::fd_write ? subscription.descriptor->is_writable
                                                    : subscription.descriptor->is_readable)) {
    subscription.error = Errno::badf;
  }
  return subscription;
}

// Writes the event of a subscription that has something to report; false when it has not.
bool report(const Subscription& subscription, sandbox::Process& process, uint8_t* event) {
  sandbox::Readiness ready = {.is_ready = true};
  if (subscription.error == Errno::success) {
    if (subscription.type == Event::clock) {
      ready.is_ready = process.now_ns(subscription.clock) >= subscription.deadline_ns;
    } else {
      const sandbox::Descriptor& descriptor = *subscription.descriptor;
      const bool for_writing = subscription.type == Event::fd_write;
      ready = descriptor.file != nullptr ? descriptor.file->readiness(for_writing) : descriptor.stream->readiness(for_writing);
    }
  }
  if (!ready.is_ready) return false;
  std::memset(event, 0, size::event);
  store_le(event, subscription.userdata);
  store_le(event + 8, static_cast<uint16_t>(subscription.error));
  event[10] = static_cast<uint8_t>(subscription.type);
  store_le(event + 16, ready.bytes);
  store_le(event + 24, static_cast<uint16_t>(ready.is_hung_up ? event_hangup : 0));
  return true;
}

// False: the guest is to end.
bool wait(std::span<const Subscription> subscriptions, sandbox::Process& process) {
  if (subscriptions.size() == 1 && subscriptions[0].type == Event::clock) {
    return process.sleep_until(subscriptions[0].clock, subscriptions[0].deadline_ns);
  }
  std::optional<uint64_t> timeout;
  std::vector<sandbox::Wanted> streams;
  for (const Subscription& subscription : subscriptions) {
    if (subscription.type == Event::clock) {
      const uint64_t now = process.now_ns(subscription.clock);
      const uint64_t left = subscription.deadline_ns > now ? subscription.deadline_ns - now : 0;
      timeout = std::min(timeout.value_or(left), left);
    } else {
      streams.push_back({subscription.descriptor->stream.get(), subscription.type == Event::fd_write});
    }
  }
  return process.wait_for(streams, timeout);
}

}  // namespace

Errno poll_oneoff(Guest& guest, uint32_t in, uint32_t out, uint32_t count, uint32_t count_out) {
  if (count == 0 || count > subscriptions_limit) return Errno::inval;
  const Bytes list = NEED(guest.bytes(in, uint64_t{count} * guest.layout.subscription_size));
  NEED(guest.check(out, uint64_t{count} * size::event));
  NEED(guest.check(count_out, 4));
  // Copied out whole before the first event is written: the two arrays may overlap. Events are copied in at the end: a wait may
  // move the guest's memory.
  std::vector<Subscription> subscriptions;
  subscriptions.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    subscriptions.push_back(NEED(read_subscription(list.data() + uint64_t{i} * guest.layout.subscription_size, guest)));
  }
  std::vector<uint8_t> events(uint64_t{count} * size::event);
  uint32_t reported = 0;
  for (;;) {
    for (const Subscription& subscription : subscriptions) {
      if (report(subscription, guest.process, events.data() + uint64_t{reported} * size::event)) ++reported;
    }
    if (reported > 0) break;
    if (!wait(subscriptions, guest.process)) return Errno::intr;
  }
  guest.find_memory_again();
  events.resize(uint64_t{reported} * size::event);
  std::ranges::copy(events, NEED(guest.out(out, events.size())).begin());
  store_le(NEED(guest.out(count_out, 4)).data(), reported);
  return Errno::success;
}

}  // namespace mote::wasi_p1
