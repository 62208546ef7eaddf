// Component: what serves events of one kind: a pool of sandboxes, the function that each event calls, and what it may take.
//
// Made once for a version of an application, used by all workers. Tested by seat_test.cpp.
#pragma once

#include "base/io/waiting.h"
#include "host/sandbox/event.h"

#include <mote/limits.h>
#include <mote/pool.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::serve {

// What an event's guest finds: its process with all that was granted, and the effects that it uses.
class Context {
 public:
  virtual ~Context() = default;
  [[nodiscard]] virtual sandbox::EventProcess& events() = 0;  // armed
  // For whoever looks at guests: which event's it is from now on, and how that ended ("returned", "unreachable", …).
  virtual void begin(uint64_t) {}
  virtual void end(std::string_view) {}
};

// What is done about a component that fails: after so many failures without an answer between, its events are refused for a time,
// which doubles from one such time to the next until an answer comes.
struct Crash {
  uint32_t failures = 0;  // 0: never
  uint64_t back_off_ns = 1'000'000'000, longest_ns = 60'000'000'000;
};

struct ComponentSettings {
  std::string name = {};
  uint32_t observed = 0;                  // its number among what is counted (observe::Registry)
  uint64_t deadline_ns = 30'000'000'000;  // an event's, from its arrival on
  uint64_t cpu_ns = UINT64_MAX;           // in its turns
  uint32_t most_running = 64;             // events that have begun and not ended, of each worker
  uint32_t most_waiting = 1024;           // that have not begun
  Crash crash = {};
  // A context for one of the events that run at once; `waiting` parks them. Called by workers' threads.
  std::function<Result<std::unique_ptr<Context>>(io::Waiting& waiting)> make_context = {};
  // What a guest wrote to stderr, and how it failed. From any worker's thread; empty: nobody wants to know.
  std::function<void(uint64_t event, std::string_view messages, std::string_view failure)> log = {};
};

// Whether its events are served, after failures.
class Health {
 public:
  explicit Health(Crash crash) : crash_(crash) {}
  // How long events are refused from now on; 0: not. When a time of refusal is over one event may try: the next failure begins
  // another.
  [[nodiscard]] uint64_t refused_for_ns(uint64_t now) const {
    const uint64_t until = refused_until_ns_.load(std::memory_order_relaxed);
    return until > now ? until - now : 0;
  }
  void succeeded() {
    if (in_a_row_.load(std::memory_order_relaxed) == 0) [[likely]]
      return;
    in_a_row_.store(0, std::memory_order_relaxed), times_.store(0, std::memory_order_relaxed);
  }
  void failed(uint64_t now);

 private:
  const Crash crash_;
  std::atomic<uint64_t> refused_until_ns_ = 0;
  std::atomic<uint32_t> in_a_row_ = 0, times_ = 0;
};

struct Component {
  Component(ComponentSettings its_settings, Pool its_pool, PoolFunc<void()> its_start)
      : settings(std::move(its_settings)), pool(std::move(its_pool)), start(its_start), health(settings.crash) {}
  ComponentSettings settings;
  Pool pool;
  PoolFunc<void()> start;
  mutable Health health;
};

}  // namespace mote::serve
