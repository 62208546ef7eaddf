// Worker: one thread that serves events: an event loop, the seats of a deployment's components, and turns for their guests.
//
// Workers share nothing that changes but counters. A new deployment takes the place of the one before at once; the events of the
// old one end in peace. Tested by seat_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "host/running/event_watchdog.h"
#include "platform/serve/component.h"
#include "platform/serve/seat.h"
#include "platform/serve/turns.h"
#include "platform/trigger/event.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace mote::serve {

// One version of an application.
struct Deployment {
  std::vector<std::shared_ptr<const Component>> components;
};

class Worker final : public trigger::Dispatcher {
 public:
  // All outlive it. Events get the ids from `first_id` on, in steps of `id_step`.
  Worker(io::Loop& loop, running::EventWatchdog& watchdog, observe::Shard& shard, uint64_t first_id, uint64_t id_step);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override;  // when is_idle()

  // All that follows by the worker's thread; other threads use the loop's post().
  //
  // Events are dispatched to its components from now on. Components that the one before had too keep their seats. Fails, with the
  // one before in place, when sandboxes cannot be made.
  [[nodiscard]] Result<void> install(const Deployment& deployment);
  void dispatch(size_t component, trigger::Event& event) override;
  [[nodiscard]] bool turns_away(size_t component, trigger::Kind kind) override;
  void take(size_t component, trigger::Event& event);  // an event that has its id already
  [[nodiscard]] uint64_t next_id();                    // for an event that goes elsewhere
  void run();                                          // until end()
  void run_ready();                                    // what there is to do now
  void end();                                          // after the events that there are
  [[nodiscard]] bool is_idle() const;

 private:
  void drop_idle_leavers();
  void tend();
  [[nodiscard]] Result<std::shared_ptr<Seat>> seat_for(const std::shared_ptr<const Component>& component);

  io::Loop& loop_;
  observe::Shard& shard_;
  std::unique_ptr<running::EventWatchdog::Line> line_;
  Turns turns_;
  std::vector<std::shared_ptr<Seat>> seats_;    // of the deployment
  std::vector<std::shared_ptr<Seat>> leaving_;  // of those before
  uint64_t next_id_;
  const uint64_t id_step_;
  std::unique_ptr<io::Loop::Wait> tending_;
  uint64_t dispatched_ = 0, dispatched_before_ = 0;  // now, and when it last tended
  bool is_ending_ = false;
};

}  // namespace mote::serve
