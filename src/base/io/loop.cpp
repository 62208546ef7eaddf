// The loop (loop.h) over epoll: one set of descriptors, among them a timer for the earliest time and an alarm that post() sets off.
//
// Events carry the address of what is told. What ends while a batch of events is worked off stays in memory until the batch is
// done (State::gone), so that no event leads to something that is no more.
#include "base/io/loop.h"

#include "base/os/clock.h"
#include "base/os/file.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace mote::io {

namespace {

// What an event is for.
struct Source {
  virtual ~Source() = default;
  virtual void happened(uint32_t events) = 0;
};

// A descriptor of the loop's own that counts: what it counted is of no interest.
struct Counter : Source {
  os::File file;
  void happened(uint32_t) override {
    uint64_t count = 0;
    (void)!read(file.descriptor(), &count, sizeof count);
  }
};

constexpr uint64_t never_ns = UINT64_MAX;

}  // namespace

struct Loop::State {
  os::File epoll;
  Counter timer, alarm;
  uint64_t timer_set_to_ns = never_ns;
  std::multimap<uint64_t, std::shared_ptr<Wait::State>> times;
  std::vector<std::shared_ptr<Wait::State>> ready;  // without anything to wait for: files
  std::vector<std::shared_ptr<Turn::State>> asked, turning;
  std::vector<std::shared_ptr<Source>> gone;
  std::mutex mutex;
  std::vector<std::function<void()>> posted;  // by others: under the mutex
  std::vector<std::function<void()>> working;

  [[nodiscard]] Result<void> open();
  [[nodiscard]] bool round(bool waits);
  [[nodiscard]] bool has_work();
  void set_timer();
  uint64_t wake_those_whose_time_came();
  bool take_turns();
};

// Descriptors are duplicated for each wait: the kernel knows one registration for each, and a guest may close its own meanwhile.
struct Loop::Wait::State : Source {
  Loop::State* loop = nullptr;
  std::function<void()> wake;  // empty: woken, or taken back
  std::vector<os::File> descriptors;
  std::optional<std::multimap<uint64_t, std::shared_ptr<State>>::iterator> time;

  void happened(uint32_t) override {
    if (wake) std::exchange(wake, nullptr)();
  }
};

struct Loop::Watch::State : Source {
  Loop::State* loop = nullptr;
  int descriptor = -1;
  bool has_ended = false;
  std::function<void(Change)> call;

  void happened(uint32_t events) override {
    if (has_ended) return;
    const bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
    call({.can_read = (events & (EPOLLIN | EPOLLRDHUP)) != 0 || is_broken,
          .can_write = (events & EPOLLOUT) != 0 || is_broken,
          .has_ended = (events & EPOLLRDHUP) != 0 || is_broken,
          .is_broken = is_broken});
  }
};

struct Loop::Turn::State {
  Loop::State* loop = nullptr;
  bool is_asked = false, has_ended = false;
  std::function<void()> call;
};

Result<void> Loop::State::open() {
  epoll = os::File(epoll_create1(EPOLL_CLOEXEC));
  if (epoll) timer.file = os::File(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (timer.file) alarm.file = os::File(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  bool is_made = static_cast<bool>(alarm.file);
  for (Counter* counter : {&timer, &alarm}) {
    epoll_event event = {.events = EPOLLIN, .data = {.ptr = static_cast<Source*>(counter)}};
    is_made = is_made && epoll_ctl(epoll.descriptor(), EPOLL_CTL_ADD, counter->file.descriptor(), &event) == 0;
  }
  if (!is_made) return os::fail_errno(errno, "cannot make an event loop");
  return {};
}

Result<std::unique_ptr<Loop>> Loop::create() {
  auto state = std::make_unique<State>();
  TRY(state->open());
  return std::unique_ptr<Loop>(new Loop(std::move(state)));
}

Loop::Loop(std::unique_ptr<State> state) : state_(std::move(state)) {}
Loop::~Loop() = default;

Loop::Wait::Wait(std::shared_ptr<State> state) : state_(std::move(state)) {}
Loop::Wait::~Wait() {
  Loop::State& loop = *state_->loop;
  state_->wake = nullptr;
  if (const auto time = std::exchange(state_->time, std::nullopt)) loop.times.erase(*time);
  // By hand: closing a duplicate does not, as long as the original is open.
  for (const os::File& file : state_->descriptors)
    (void)epoll_ctl(loop.epoll.descriptor(), EPOLL_CTL_DEL, file.descriptor(), nullptr);
  state_->descriptors.clear();
  loop.gone.push_back(std::move(state_));
}

Result<std::unique_ptr<Loop::Wait>> Loop::wait(std::span<const Interest> descriptors, std::optional<uint64_t> until_ns,
                                               std::function<void()> wake) {
  auto state = std::make_shared<Wait::State>();
  state->loop = state_.get();
  state->wake = std::move(wake);
  std::unique_ptr<Wait> wait(new Wait(state));
  state->descriptors.reserve(descriptors.size());
  for (const Interest& one : descriptors) {
    os::File copy(fcntl(one.descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy) return os::fail_errno(errno, "cannot wait for a descriptor");
    epoll_event event = {.events = (one.for_writing ? EPOLLOUT : EPOLLIN) | static_cast<uint32_t>(EPOLLONESHOT),
                         .data = {.ptr = static_cast<Source*>(state.get())}};
    if (epoll_ctl(state_->epoll.descriptor(), EPOLL_CTL_ADD, copy.descriptor(), &event) == 0) {
      state->descriptors.push_back(std::move(copy));
    } else if (errno == EPERM) {
      state_->ready.push_back(state);
    } else {
      return os::fail_errno(errno, "cannot wait for a descriptor");
    }
  }
  if (until_ns) state->time = state_->times.emplace(*until_ns, state);
  return wait;
}

Loop::Watch::Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}
Loop::Watch::~Watch() {
  Loop::State& loop = *state_->loop;
  state_->has_ended = true;
  (void)epoll_ctl(loop.epoll.descriptor(), EPOLL_CTL_DEL, state_->descriptor, nullptr);
  loop.gone.push_back(std::move(state_));
}

Result<std::unique_ptr<Loop::Watch>> Loop::watch(int descriptor, Watching how, std::function<void(Change)> call) {
  auto state = std::make_shared<Watch::State>();
  state->loop = state_.get();
  state->descriptor = descriptor;
  state->call = std::move(call);
  const uint32_t events = how == Watching::changes ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<uint32_t>(EPOLLET)
                                                   : EPOLLIN | static_cast<uint32_t>(EPOLLEXCLUSIVE);
  epoll_event event = {.events = events, .data = {.ptr = static_cast<Source*>(state.get())}};
  if (epoll_ctl(state_->epoll.descriptor(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    return os::fail_errno(errno, "cannot watch a descriptor");
  }
  return std::unique_ptr<Watch>(new Watch(std::move(state)));
}

Loop::Turn::Turn(std::shared_ptr<State> state) : state_(std::move(state)) {}
Loop::Turn::~Turn() {
  state_->has_ended = true;
}

void Loop::Turn::ask() {
  if (!std::exchange(state_->is_asked, true)) state_->loop->asked.push_back(state_);
}

std::unique_ptr<Loop::Turn> Loop::turn(std::function<void()> call) {
  auto state = std::make_shared<Turn::State>();
  state->loop = state_.get();
  state->call = std::move(call);
  return std::unique_ptr<Turn>(new Turn(std::move(state)));
}

void Loop::post(std::function<void()> work) {
  bool is_first = false;
  {
    const std::lock_guard lock(state_->mutex);
    is_first = state_->posted.empty();
    state_->posted.push_back(std::move(work));
  }
  const uint64_t one = 1;
  if (is_first) (void)!write(state_->alarm.file.descriptor(), &one, sizeof one);
}

bool Loop::State::has_work() {
  if (!ready.empty() || !asked.empty()) return true;
  if (!times.empty() && times.begin()->first <= os::now_ns(os::Clock::monotonic)) return true;
  const std::lock_guard lock(mutex);
  return !posted.empty();
}

// Set before a wait, not whenever the earliest time changes: most are taken back before they come.
void Loop::State::set_timer() {
  const uint64_t earliest_ns = times.empty() ? never_ns : times.begin()->first;
  if (earliest_ns == timer_set_to_ns || earliest_ns == never_ns) return;
  constexpr uint64_t latest_ns = INT64_MAX, second_ns = 1'000'000'000;
  const uint64_t at_ns = std::min(earliest_ns, latest_ns);
  itimerspec at = {};
  at.it_value = {.tv_sec = static_cast<time_t>(at_ns / second_ns), .tv_nsec = static_cast<long>(at_ns % second_ns)};
  (void)timerfd_settime(timer.file.descriptor(), TFD_TIMER_ABSTIME, &at, nullptr);
  timer_set_to_ns = earliest_ns;
}

// Taken out first: who is woken may wait again, for a time that has come.
uint64_t Loop::State::wake_those_whose_time_came() {
  if (times.empty()) return 0;
  const auto end = times.upper_bound(os::now_ns(os::Clock::monotonic));
  std::vector<std::shared_ptr<Wait::State>> due;
  for (auto one = times.begin(); one != end; one = times.erase(one)) {
    one->second->time.reset();
    due.push_back(std::move(one->second));
  }
  for (const auto& one : due) one->happened(0);
  return due.size();
}

// Whether there were any. One that asks again meanwhile has its turn the next time.
bool Loop::State::take_turns() {
  if (asked.empty()) return false;
  std::swap(asked, turning);
  for (const auto& turn : turning) {
    turn->is_asked = false;
    if (!turn->has_ended) turn->call();
  }
  turning.clear();
  return true;
}

// One batch; whether there was something to do. What was asked for between rounds comes first (answers go out before new requests
// are looked at); then what is asked for meanwhile has its turn in the next round.
bool Loop::State::round(bool waits) {
  const bool has_turned = take_turns();
  bool has_done = has_turned;
  const bool is_waiting = waits && !has_done && !has_work();
  if (is_waiting) set_timer();
  std::array<epoll_event, 128> events;
  const int count = epoll_wait(epoll.descriptor(), events.data(), static_cast<int>(events.size()), is_waiting ? -1 : 0);
  for (int i = 0; i < count; ++i) {
    auto* const source = static_cast<Source*>(events[i].data.ptr);
    has_done |= source != &timer && source != &alarm;
    if (source == &timer) timer_set_to_ns = never_ns;
    source->happened(events[i].events);
  }
  const auto files = std::exchange(ready, {});
  for (const auto& one : files) one->happened(0);
  has_done |= !files.empty();
  has_done |= wake_those_whose_time_came() > 0;
  {
    const std::lock_guard lock(mutex);
    std::swap(posted, working);
  }
  for (auto& work : working) work();
  has_done |= !working.empty();
  working.clear();
  if (!has_turned) has_done |= take_turns();
  gone.clear();
  return has_done;
}

void Loop::run_once() {
  while (!state_->round(true)) {
  }
}

void Loop::poll() {
  (void)state_->round(false);
}

}  // namespace mote::io
