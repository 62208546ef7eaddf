// See cycles.h.
#include "tests/differential/cycles.h"

#include "base/core/format.h"
#include "engine/runtime/task.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace mote::differential {
namespace {

enum class Way : uint8_t { straight, preempted, killed };

// Of every 16 events one is killed and one preempted.
Way way_of(uint64_t number) {
  const uint64_t part = number & 15;
  return part == 0 ? Way::killed : part == 1 ? Way::preempted : Way::straight;
}

constexpr uint64_t compared_each = 32;    // of so many events one is compared byte for byte
constexpr uint64_t most_delay_log2 = 10;  // turns that the other thread waits before it gives an order; a guest takes some hundred
constexpr uint64_t turns_between = 1000;  // orders to preempt

// The other thread. Between orders it spins for a while, then sleeps.
class Interrupter {
 public:
  Interrupter() : thread_([this](const std::stop_token& ended) { run(ended); }) {}

  // While an event runs. The second waits until no order is on its way.
  void begin(std::shared_ptr<runtime::StopControl> control, Way way, uint64_t delay) {
    control_ = std::move(control), way_ = way, delay_ = delay;
    state_.store(State::asked, std::memory_order_release);
    state_.notify_one();
    while (state_.load(std::memory_order_acquire) == State::asked) pause();  // until it is awake
  }
  void end() {
    State running = State::running;
    (void)state_.compare_exchange_strong(running, State::ending, std::memory_order_acq_rel);
    while (state_.load(std::memory_order_acquire) != State::idle) pause();
    control_.reset();
  }

 private:
  enum class State : uint8_t { idle, asked, running, ending, leaving };
  static void pause() { __builtin_ia32_pause(); }

  void run(const std::stop_token& ended) {
    const std::stop_callback wake(ended, [this] {
      state_.store(State::leaving);
      state_.notify_one();
    });
    while (!ended.stop_requested()) {
      for (int turn = 0; turn < 20'000 && state_.load(std::memory_order_relaxed) == State::idle; ++turn) pause();
      state_.wait(State::idle);
      if (state_.load() != State::asked) return;
      state_.store(State::running, std::memory_order_release);
      give_orders();
      if (ended.stop_requested()) return;
      state_.store(State::idle, std::memory_order_release);
    }
  }
  [[nodiscard]] bool is_running() const { return state_.load(std::memory_order_acquire) == State::running; }
  void give_orders() {
    for (uint64_t turn = 0; turn < delay_ && is_running(); ++turn) pause();
    if (way_ == Way::killed) (void)control_->stop("at random", std::chrono::milliseconds(0));
    while (is_running()) {
      if (way_ == Way::preempted) control_->preempt();
      if (way_ == Way::killed) (void)control_->stop("at random", std::chrono::milliseconds(1));
      for (uint64_t turn = 0; turn < turns_between && is_running(); ++turn) pause();
    }
  }

  std::atomic<State> state_ = State::idle;
  std::shared_ptr<runtime::StopControl> control_;
  Way way_ = Way::killed;
  uint64_t delay_ = 0;
  std::jthread thread_;
};

class Cycles {
 public:
  Cycles(pool::ResetPlan& plan, size_t calls, const std::function<Result<Journal>(size_t call)>& event)
      : plan_(plan), store_(plan.store()), event_(event), firsts_(calls) {}

  Result<CycleCounts> run(uint64_t events) {
    for (size_t call = 0; call < firsts_.size(); ++call) {
      firsts_[call] = TRY(event_(call));
      TRY(reset(true));
    }
    for (uint64_t number = 0; number < events; ++number) {
      const size_t call = next_random() % firsts_.size();
      const Way way = way_of(number);
      const Journal did = TRY(make(call, way));
      if (way != Way::killed && !(did == firsts_[call])) return fail(ErrorKind::internal, difference(number, call, did));
      TRY(reset(number % compared_each == 0));
      ++counts_.events;
    }
    return counts_;
  }

 private:
  Result<Journal> make(size_t call, Way way) {
    if (way == Way::straight) return event_(call);
    interrupter_.begin(store_.stop_control(), way, next_random() % (1u << next_random() % most_delay_log2));
    auto did = way == Way::killed ? event_(call) : make_as_task(call);
    counts_.killed += way == Way::killed && did && !(*did == firsts_[call]);
    interrupter_.end();
    if (store_.stop_control()->was_touched()) store_.renew_stop_control();
    return did;
  }
  Result<Journal> make_as_task(size_t call) {
    std::optional<Result<Journal>> did;
    runtime::Task task(store_, [&] { did = event_(call); });
    while (!task.has_ended()) {
      if (TRY(task.resume()) == runtime::Task::Step::preempted) ++counts_.preempted;
    }
    return *std::move(did);
  }
  Result<void> reset(bool is_compared) {
    if (!plan_.restore()) return fail(ErrorKind::internal, "a store could not be reset");
    if (!is_compared) return {};
    if (const auto difference = plan_.difference()) return fail(ErrorKind::internal, "after an event and a reset " + *difference);
    return {};
  }
  [[nodiscard]] std::string difference(uint64_t number, size_t call, const Journal& did) const {
    return format("event {} is not what the first call of {} was: {}", number, call,
                  Journal::difference(firsts_[call], did).value_or("?"));
  }
  uint64_t next_random() {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return random_ >> 33;
  }

  pool::ResetPlan& plan_;
  runtime::Store& store_;
  const std::function<Result<Journal>(size_t call)>& event_;
  std::vector<Journal> firsts_;
  CycleCounts counts_;
  uint64_t random_ = 1;
  Interrupter interrupter_;
};

}  // namespace

Result<CycleCounts> run_cycles(pool::ResetPlan& plan, uint64_t events, size_t calls,
                               const std::function<Result<Journal>(size_t call)>& event) {
  return Cycles(plan, calls, event).run(events);
}

}  // namespace mote::differential
