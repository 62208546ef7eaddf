// Link: an isolated component at one worker of the server: its events go to the component's process, which tells what came of them.
//
// The process is not to be trusted, and may die. Whatever it says or does not say, each event is told of once: what was under way
// when it died is lost; an answer that does not come within the event's time is not waited for. One loop's thread. Tested by
// link_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "platform/isolate/channel.h"
#include "platform/observe/metrics.h"
#include "platform/serve/component.h"
#include "platform/trigger/event.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mote::isolate {

// A component that runs in a process of its own, for all workers.
struct CellSettings {
  std::string name = {};
  uint32_t observed = 0;
  uint64_t deadline_ns = 30'000'000'000;
  uint64_t output_size = 16u << 20;  // of an answer
  uint32_t most = 1024;              // events of one worker that are under way
  serve::Crash crash = {};
  std::vector<std::string> arguments = {};  // every event's
  // As of serve::ComponentSettings.
  std::function<void(uint64_t event, std::string_view messages, std::string_view failure)> log = {};
  std::function<void()> is_stuck = {};  // the process does not answer: it is to be ended. From any worker's thread
};
struct Cell {
  explicit Cell(CellSettings its_settings) : settings(std::move(its_settings)), health(settings.crash) {}
  const CellSettings settings;
  mutable serve::Health health;
};

class Link {
 public:
  // Both outlive it.
  Link(io::Loop& loop, observe::Shard& shard, std::shared_ptr<const Cell> cell);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();  // events that are under way are lost

  [[nodiscard]] const std::shared_ptr<const Cell>& cell() const { return cell_; }
  // A process that has said hello; what is under way at the one before is lost.
  [[nodiscard]] Result<void> connect(os::File socket);
  // To run, or refused at once. `entry`: which of the component's functions.
  void dispatch(uint32_t entry, trigger::Event& event);
  [[nodiscard]] bool is_idle() const { return under_way_.empty(); }

 private:
  struct UnderWay {
    trigger::Event* event;
    uint64_t sent_ns;
  };
  [[nodiscard]] bool take(Bytes frame);
  void lose(std::string_view why);
  void finish(const UnderWay& one, const trigger::Outcome& outcome);
  void refuse(trigger::Event& event, const trigger::Outcome& outcome);
  void watch_time();
  void look_at_time();

  io::Loop& loop_;
  observe::Shard& shard_;
  std::shared_ptr<const Cell> cell_;
  std::unique_ptr<Channel> channel_;
  std::unordered_map<uint64_t, UnderWay> under_way_;  // by id
  std::unique_ptr<io::Loop::Wait> timer_;
};

}  // namespace mote::isolate
