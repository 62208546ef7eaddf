// See turns.h.
#include "platform/serve/turns.h"

#include "base/core/assert.h"
#include "base/os/clock.h"

#include <algorithm>
#include <utility>

namespace mote::serve {

namespace {

// Of one turn, which is to be no longer: the rest was other programs' time.
constexpr uint64_t most_charged_ns = 2'000'000;

}  // namespace

void Turns::became_ready(Share& share) {
  if (share.is_listed_) return;
  share.is_listed_ = true;
  share.used_ns_ = std::max(share.used_ns_, floor_ns_);
  ready_.push_back(&share);
}

void Turns::forget(Share& share) {
  std::erase(ready_, &share);
  share.is_listed_ = false;
}

Share& Turns::next() const {
  return **std::ranges::min_element(ready_, {}, [](const Share* share) { return share->used_ns_; });
}

bool Turns::run() {
  uint64_t now = os::now_ns(os::Clock::monotonic);
  for (const uint64_t begin = now; !ready_.empty();) {
    Share& share = next();
    ASSERT(share.is_ready());
    if (now != begin && now - begin >= share.patience_ns()) break;
    floor_ns_ = share.used_ns_;
    share.take_turn();
    const uint64_t then = std::exchange(now, os::now_ns(os::Clock::monotonic));
    share.used_ns_ += std::min(now - then, most_charged_ns);
    if (!share.is_ready()) forget(share);
  }
  return !ready_.empty();
}

}  // namespace mote::serve
