// Timers: the events of [[trigger.timer]], on one worker. A time that comes while the trigger's last event still runs is left out,
// and counted; so are times that a sleeping machine slept through, but for one.
//
// One thread, the worker's. Tested by tests/up.
#pragma once

#include "base/io/loop.h"
#include "platform/trigger/event.h"
#include "platform/wiring/deploy.h"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace mote::wiring {

class Timers {
 public:
  // What came of an event of a trigger. On the worker's thread.
  using Done = std::function<void(const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event,
                                  const trigger::Outcome& outcome)>;
  // Loop and dispatcher outlive it.
  Timers(io::Loop& loop, trigger::Dispatcher& dispatcher, Done done);
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  ~Timers();

  // Those of this version instead of those before; events that have begun end in peace.
  void install(std::shared_ptr<const Version> version);

 private:
  class Timer;
  io::Loop& loop_;
  trigger::Dispatcher& dispatcher_;
  Done done_;
  std::vector<std::shared_ptr<Timer>> timers_;
};

}  // namespace mote::wiring
