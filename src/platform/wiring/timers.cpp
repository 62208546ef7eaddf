// See timers.h.
#include "platform/wiring/timers.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/core/time.h"
#include "base/os/clock.h"

#include <algorithm>
#include <utility>

namespace mote::wiring {
namespace {

constexpr int64_t ns_per_s = 1'000'000'000;
constexpr uint64_t ns_per_ms = 1'000'000;

int64_t real_ns() {
  return static_cast<int64_t>(os::now_ns(os::Clock::realtime));
}

}  // namespace

// One trigger. It is its own event, one after another, and keeps itself while that runs.
class Timers::Timer final : public trigger::Event, public std::enable_shared_from_this<Timer> {
 public:
  Timer(Timers& timers, std::shared_ptr<const Version> version, size_t index)
      : Event(trigger::Kind::timer),
        timers_(timers),
        version_(std::move(version)),
        trigger_(version_->manifest.timers[index]),
        place_(version_->place(Version::TriggerKind::timer, index)) {}

  void schedule() {
    const int64_t now = real_ns();
    if (trigger_.every_ms != 0) {
      const auto period = static_cast<int64_t>(trigger_.every_ms * ns_per_ms);
      next_ns_ = next_ns_ == 0 ? now + period : next_ns_ + period;
      if (next_ns_ <= now) next_ns_ += (now - next_ns_) / period * period + period;  // slept through
    } else {
      const auto next = trigger_.cron->next(std::max(now, next_ns_) / ns_per_s);
      if (!next) return;
      next_ns_ = *next * ns_per_s;
    }
    wait();
  }
  void stop() { wait_.reset(); }

  [[nodiscard]] Bytes input() const override { return {reinterpret_cast<const uint8_t*>(input_.data()), input_.size()}; }
  void describe(trigger::Variables& variables) override {
    variables.add("TRIGGER", "timer");
    variables.add("TRIGGER_ID", trigger_.id);
  }
  void introduce(trigger::Trace& into) const override {
    into.name(format("timer {}", trigger_.id));
    into.note("faas.trigger", "timer");
    into.note("mote.component", version_->manifest.components[trigger_.component].id);
  }
  void done(const trigger::Outcome& outcome) override {
    const auto self = std::exchange(running_, nullptr);
    if (const auto ended = std::move(trace)) ended->end(outcome);
    if (timers_.done_) timers_.done_(trigger_, version_->manifest.components[trigger_.component].id, id, outcome);
  }

 private:
  // The clock on the wall may be set meanwhile: it is looked at again at least so often.
  static constexpr int64_t longest_wait_ns = 10 * ns_per_s;

  void wait() {
    const int64_t left = std::clamp<int64_t>(next_ns_ - real_ns(), 0, longest_wait_ns);
    auto wait = timers_.loop_.wait({}, os::now_ns(os::Clock::monotonic) + static_cast<uint64_t>(left), [this] { wake(); });
    if (wait) wait_ = *std::move(wait);
  }
  void wake() {
    if (real_ns() < next_ns_) return wait();
    const int64_t scheduled = next_ns_;
    schedule();
    if (running_ != nullptr) return;
    running_ = shared_from_this();
    JsonWriter json;
    json.begin('{');
    json.member("trigger", json_string(trigger_.id));
    json.member("scheduled", json_string(utc_text(scheduled, 3)));
    json.member("now", json_string(utc_text(real_ns(), 3)));
    json.end('}');
    input_ = json.text() + "\n";
    timers_.dispatcher_.dispatch(place_, *this);
  }

  Timers& timers_;
  std::shared_ptr<const Version> version_;
  const manifest::TimerTrigger& trigger_;
  const size_t place_;
  int64_t next_ns_ = 0;
  std::string input_;
  std::unique_ptr<io::Loop::Wait> wait_;
  std::shared_ptr<Timer> running_;
};

Timers::Timers(io::Loop& loop, trigger::Dispatcher& dispatcher, Done done)
    : loop_(loop), dispatcher_(dispatcher), done_(std::move(done)) {}
Timers::~Timers() {
  for (const auto& timer : timers_) timer->stop();
}

void Timers::install(std::shared_ptr<const Version> version) {
  for (const auto& timer : timers_) timer->stop();
  timers_.clear();
  for (size_t i = 0; i < version->manifest.timers.size(); ++i) {
    timers_.push_back(std::make_shared<Timer>(*this, version, i));
    timers_.back()->schedule();
  }
}

}  // namespace mote::wiring
