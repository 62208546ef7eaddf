// See house.h.
#include "platform/isolate/house.h"

#include "base/io/loop.h"
#include "base/io/thread.h"
#include "host/running/event_watchdog.h"
#include "platform/isolate/channel.h"
#include "platform/isolate/limits.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace mote::isolate {
namespace {

// Events of one channel.
class Floor {
 public:
  Floor(io::Loop& loop, running::EventWatchdog& watchdog, observe::Shard& shard) : worker_(loop, watchdog, shard, 0, 1) {}

  Result<void> open(io::Loop& loop, const HouseSettings& settings, os::File socket) {
    entries_ = settings.deployment.components.size();
    TRY(worker_.install(settings.deployment));
    channel_ = TRY(Channel::open(loop, std::move(socket), settings.most_event + limits::beside_bytes.hard,
                                 {.frame = [this](Bytes frame) { return take(frame); }, .ended = [this] { worker_.end(); }}));
    return {};
  }
  void run() { worker_.run(); }

 private:
  class Guest final : public trigger::Event {
   public:
    Guest(Floor& floor, EventFrame event)
        : Event(event.kind), floor_(floor), event_(std::move(event)), input_(event_.input.begin(), event_.input.end()) {
      id = event_.id;
    }
    [[nodiscard]] Bytes input() const override { return input_; }
    void describe(trigger::Variables& variables) override {
      variables.arguments() = event_.arguments;
      for (const std::string& entry : event_.environment) {
        const size_t equals = std::min(entry.find('='), entry.size());
        variables.add(std::string_view(entry).substr(0, equals),
                      std::string_view(entry).substr(std::min(equals + 1, entry.size())));
      }
    }
    void done(const trigger::Outcome& outcome) override {
      const std::unique_ptr<Guest> self(this);
      floor_.channel_->send([&](Frame& into) { encode(OutcomeFrame{.id = id, .outcome = outcome}, into); });
    }

   private:
    Floor& floor_;
    const EventFrame event_;
    const std::vector<uint8_t> input_;
  };

  bool take(Bytes frame) {
    auto event = decode_event(frame);
    if (!event || event->entry >= entries_) return false;
    const uint32_t entry = event->entry;
    worker_.take(entry, *new Guest(*this, *std::move(event)));  // ends itself
    return true;
  }

  serve::Worker worker_;
  std::unique_ptr<Channel> channel_;
  size_t entries_ = 0;
};

Result<void> serve_channel(const HouseSettings& settings, running::EventWatchdog& watchdog, size_t number, os::File socket) {
  const auto loop = TRY(io::Loop::create());
  Floor floor(*loop, watchdog, settings.registry.shard(number));
  TRY(floor.open(*loop, settings, std::move(socket)));
  floor.run();
  return {};
}

}  // namespace

Result<void> keep_house(HouseSettings settings, std::vector<os::File> channels) {
  running::EventWatchdog watchdog;
  std::vector<Result<void>> results(channels.size());
  {
    const auto dog = TRY(io::Thread::start([&watchdog] { watchdog.run(); }));
    {
      std::vector<io::Thread> threads;
      for (size_t i = 1; i < channels.size(); ++i) {
        auto thread = io::Thread::start([&, i] { results[i] = serve_channel(settings, watchdog, i, std::move(channels[i])); });
        if (!thread) {  // its events are refused; the server is told by the end of its channel
          results[i] = std::unexpected(thread.error());
          channels[i] = {};
          continue;
        }
        threads.push_back(*std::move(thread));
      }
      results[0] = serve_channel(settings, watchdog, 0, std::move(channels[0]));
    }
    watchdog.end();
  }
  for (Result<void>& result : results) TRY(std::move(result));
  return {};
}

}  // namespace mote::isolate
