// Turns: who has a worker's thread next. Those who want it have shares; whose guests have had the least time goes first, so one
// component that computes a lot, or has many events, delays another's by no more than one turn.
//
// One thread. Tested by seat_test.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace mote::serve {

class Share {
 public:
  virtual ~Share() = default;

 private:
  friend class Turns;
  virtual void take_turn() = 0;  // when is_ready()
  [[nodiscard]] virtual bool is_ready() const = 0;
  // For so long answers to others may lie here before it has its next turn: none where that may take long.
  [[nodiscard]] virtual uint64_t patience_ns() const = 0;

  uint64_t used_ns_ = 0;  // by the clock of Turns
  bool is_listed_ = false;
};

class Turns {
 public:
  void became_ready(Share& share);  // or still is
  void forget(Share& share);
  // Gives a turn, and more until nobody is ready or whoever is next has no patience for more. Whether somebody is ready.
  bool run();

 private:
  [[nodiscard]] Share& next() const;
  std::vector<Share*> ready_;  // few: components, not events
  // What the share that had the last turn had used before. Nobody who was away may have less: time not used is not saved up.
  uint64_t floor_ns_ = 0;
};

}  // namespace mote::serve
