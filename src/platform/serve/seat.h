// Seat: a component at one worker: its events wait, run as tasks in sandboxes of its own, and are told what came of them.
//
// Each event gets a sandbox and a context when its first turn comes, and a slice of time for each turn; then the watchdog preempts
// it and it is the last of its component's row. Its time over, it is ended. A guest that waits leaves the thread. One thread, the
// worker's. Tested by seat_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "host/running/event_watchdog.h"
#include "platform/observe/metrics.h"
#include "platform/serve/admission.h"
#include "platform/serve/component.h"
#include "platform/serve/turns.h"
#include "platform/trigger/event.h"

#include <mote/task.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace mote::serve {

class Seat final : public Share, private io::Waiting {
 public:
  // All outlive it.
  struct Place {
    io::Loop& loop;
    Turns& turns;
    running::EventWatchdog::Line& line;
    observe::Shard& shard;
  };
  Seat(std::shared_ptr<const Component> component, Place place);
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() override;  // when is_idle()

  // To run, or refused at once.
  void dispatch(trigger::Event& event);
  // trigger::Dispatcher.
  [[nodiscard]] bool turns_away(trigger::Kind kind);
  [[nodiscard]] bool is_idle() const { return running_ == 0 && fresh_.empty(); }
  [[nodiscard]] const Component& component() const { return *component_; }
  // Has `count` sandboxes and contexts ready.
  [[nodiscard]] Result<void> arm(uint32_t count);
  void tend();  // in idle moments

 private:
  struct Fresh {
    trigger::Event* event;
    uint64_t arrived_ns;
  };
  struct Guest;  // an event that has begun; one after another
  static constexpr uint64_t slice_ns = 1'000'000;

  void take_turn() override;
  [[nodiscard]] bool is_ready() const override { return !ready_.empty() || (!fresh_.empty() && running_ < most_running_); }
  [[nodiscard]] uint64_t patience_ns() const override;
  // io::Waiting, called on the guest's task.
  [[nodiscard]] bool wait(std::span<const io::Interest> descriptors, std::optional<uint64_t> until_ns) override;
  [[nodiscard]] bool parks() const override { return current_ != nullptr; }

  [[nodiscard]] uint64_t deadline_of(uint64_t arrived_ns) const;
  void begin(Fresh fresh, uint64_t now);
  [[nodiscard]] Result<std::unique_ptr<Guest>> free_guest();
  void resume(Guest& guest);
  void make_ready(Guest& guest);
  void finish(Guest& guest);
  [[nodiscard]] trigger::Outcome outcome_of(const Guest& guest, std::string& text) const;
  void refuse(trigger::Event& event, const trigger::Outcome& outcome);
  void count(const trigger::Event& event, const trigger::Outcome& outcome, uint64_t took_ns);
  void add(observe::Metric metric, int64_t amount = 1, unsigned value = 0) {
    place_.shard.add(component_->settings.observed, metric, amount, value);
  }
  void give_back(Guest& guest);

  std::shared_ptr<const Component> component_;
  Place place_;
  Pool::Worker worker_;
  Admission admission_;
  const uint32_t most_running_;
  std::deque<Fresh> fresh_;
  std::deque<Guest*> ready_;                    // have begun, and can go on
  uint32_t running_ = 0;                        // have begun, wherever they are
  std::vector<std::unique_ptr<Guest>> guests_;  // all
  std::vector<Guest*> free_;                    // have no event
  Guest* current_ = nullptr;
  bool is_fresh_next_ = true;  // they take turns with those that have begun
};

}  // namespace mote::serve
