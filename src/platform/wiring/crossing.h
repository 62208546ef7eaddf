// Crossing: where a worker's events go: to a component in this process, or to one in a process of its own. Tested by tests/up.
#pragma once

#include "base/io/loop.h"
#include "platform/isolate/link.h"
#include "platform/serve/worker.h"
#include "platform/trigger/event.h"
#include "platform/wiring/deploy.h"
#include "platform/wiring/tracer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace mote::wiring {

class Crossing final : public trigger::Dispatcher {
 public:
  // All outlive it. `number`: the worker's. `tracer` may be null.
  Crossing(io::Loop& loop, serve::Worker& worker, observe::Shard& shard, uint32_t number, Tracer* tracer)
      : loop_(loop), worker_(worker), shard_(shard), number_(number), tracer_(tracer) {}
  Crossing(const Crossing&) = delete;
  Crossing& operator=(const Crossing&) = delete;

  void dispatch(size_t place, trigger::Event& event) override;
  [[nodiscard]] bool turns_away(size_t place, trigger::Kind kind) override;
  // Events go to this version from now on; what is under way at the one before ends in peace.
  [[nodiscard]] Result<void> install(const Version& version);
  // Another process for a component whose one before ended.
  void connect(const isolate::Cell& cell, os::File channel);
  // Calls it when nothing is under way any more.
  void when_idle(std::function<void()> call);

 private:
  [[nodiscard]] std::shared_ptr<isolate::Link> find(const isolate::Cell* cell) const;
  [[nodiscard]] bool is_idle() const;
  void look();

  io::Loop& loop_;
  serve::Worker& worker_;
  observe::Shard& shard_;
  const uint32_t number_;
  Tracer* const tracer_;
  std::vector<std::shared_ptr<isolate::Link>> links_, leaving_;
  std::function<void()> when_idle_;
  std::unique_ptr<io::Loop::Wait> looking_;
};

}  // namespace mote::wiring
