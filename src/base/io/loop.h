// Loop: one thread's events: descriptors that became ready, times that came, work that other threads posted. Over epoll
// (docs/rationale/event-loop.md).
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
  ~Loop();  // after its waits and watches

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

  // For a descriptor of one's own that is used for long, as a server's connections are: told to the kernel once, and no call and
  // no allocation for each event. It stays open until the watch ends, and has one watch at a time.
  struct Change {
    bool can_read = false;   // something came, or the end did
    bool can_write = false;  // there is room again
    bool has_ended = false;  // the peer will send no more
    bool is_broken = false;  // nothing will get through any more
  };
  enum class Watching : uint8_t {
    changes,   // calls once for each change: whoever was told reads until nothing is left, writes until there is no room
    listener,  // calls as long as connections wait; of several loops that watch one listener, the kernel wakes one
  };
  class Watch {
   public:
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();  // also from within its own call

   private:
    friend class Loop;
    struct State;
    explicit Watch(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
  };
  [[nodiscard]] Result<std::unique_ptr<Watch>> watch(int descriptor, Watching how, std::function<void(Change)> call);

  // Something that the loop's thread does again and again, after what it is doing now: each ask() has run_once() make the call, one
  // for any number of asks before it. No lock and no allocation, as post() has.
  class Turn {
   public:
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();  // also from within its own call
    void ask();

   private:
    friend class Loop;
    struct State;
    explicit Turn(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
  };
  [[nodiscard]] std::unique_ptr<Turn> turn(std::function<void()> call);

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
