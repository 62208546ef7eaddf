// Loop: one thread's events: descriptors that became ready, times that came, work that other threads posted. Over Boost.Asio, which
// only this room includes (docs/rationale/asio.md).
//
// One thread uses it, apart from post(). Making one opens three descriptors. Tested by loop_test.cpp.
#pragma once

#include "base/io/waiting.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace mote::io {

class Loop {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Loop>> create();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();  // after its waits

  // Something waited for; its end takes it back. A descriptor may be waited for any number of times, and closed meanwhile.
  class Wait {
   public:
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait();

   private:
    friend class Loop;
    struct State;
    explicit Wait(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
  };
  // Calls `wake` from run_once(), at most once: when a descriptor is ready or broken, or cannot be waited for (a file is always
  // ready), or when the monotonic clock shows the time. Fails when there are no descriptors left to watch with.
  [[nodiscard]] Result<std::unique_ptr<Wait>> wait(std::span<const Interest> descriptors, std::optional<uint64_t> until_ns,
                                                   std::function<void()> wake);
  // From any thread: has run_once() call `work`.
  void post(std::function<void()> work);

  void run_once();  // waits until there is something to do, and does it
  void poll();      // does what there is to do now

 private:
  struct State;
  explicit Loop(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::io
