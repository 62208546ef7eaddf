// Waiting by poll (waiting.h).
#include "base/io/waiting.h"

#include "base/os/clock.h"

namespace mote::io {
namespace {

class Blocking : public Waiting {
 public:
  bool wait(std::span<const Interest> descriptors, std::optional<uint64_t> until_ns) override {
    std::optional<uint64_t> left;
    if (until_ns) {
      const uint64_t now = os::now_ns(os::Clock::monotonic);
      left = *until_ns > now ? *until_ns - now : 0;
    }
    os::wait_for(descriptors, left);
    return true;
  }
  bool parks() const override { return false; }
};

}  // namespace

Waiting& blocking() {
  static Blocking one;
  return one;
}

}  // namespace mote::io
