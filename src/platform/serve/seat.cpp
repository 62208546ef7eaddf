// See seat.h.
#include "platform/serve/seat.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/os/clock.h"
#include "platform/serve/counting.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mote::serve {

using trigger::Outcome;

namespace {

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}
std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void Health::failed(uint64_t now) {
  if (crash_.failures == 0 || in_a_row_.fetch_add(1, std::memory_order_relaxed) + 1 < crash_.failures) return;
  if (refused_for_ns(now) != 0) return;  // an event that had begun before
  const uint32_t times = std::min(times_.fetch_add(1, std::memory_order_relaxed), 20u);
  refused_until_ns_.store(now + std::min(crash_.back_off_ns << times, crash_.longest_ns), std::memory_order_relaxed);
}

// What one event needs, kept for the next: a context with its process, and while an event runs a sandbox and a task.
struct Seat::Guest {
  std::unique_ptr<Context> context;
  std::vector<std::string> arguments;  // every event's
  size_t environment = 0;              // entries of every event

  // The event's own arguments and variables, when the guest asks for them.
  void describe() {
    if (variables) return;
    sandbox::Process& process = context->events().process();
    variables.emplace(process.arguments, process.environment, environment);
    trigger::describe(*event, *variables);
  }
  void forget() {
    if (!variables) return;
    variables.reset();
    context->events().process().arguments = arguments;
  }

  trigger::Event* event = nullptr;
  uint64_t arrived_ns = 0, begun_ns = 0, ran_ns = 0, cpu_ns = 0;
  std::optional<Pool::Lease> lease = {};
  std::optional<trigger::Variables> variables = {};
  std::optional<Task> task = {};
  GuestResult<void> result = {};
  bool is_waiting = false;
  bool is_over_time = false, is_over_cpu = false;
};

Seat::Seat(std::shared_ptr<const Component> component, Place place)
    : component_(std::move(component)),
      place_(place),
      worker_(component_->pool.worker()),
      admission_(component_->settings.deadline_ns, component_->settings.most_waiting),
      most_running_(std::max(component_->settings.most_running, 1u)) {}

Seat::~Seat() {
  ASSERT(is_idle());
  place_.turns.forget(*this);
}

Result<void> Seat::arm(uint32_t count) {
  TRY(worker_.arm(std::min(count, most_running_)));
  while (guests_.size() < std::min(count, most_running_)) {
    guests_.push_back(TRY(free_guest()));
    free_.push_back(guests_.back().get());
  }
  return {};
}

void Seat::tend() {
  worker_.tend();
}

uint64_t Seat::deadline_of(uint64_t arrived_ns) const {
  const uint64_t time = component_->settings.deadline_ns;
  return time < UINT64_MAX - arrived_ns ? arrived_ns + time : UINT64_MAX;
}

bool Seat::turns_away(trigger::Kind kind) {
  if (!admission_.is_full(fresh_.size())) [[likely]]
    return false;
  serve::count_refused(place_.shard, component_->settings.observed, kind);
  return true;
}

void Seat::dispatch(trigger::Event& event) {
  const uint64_t now = now_ns();
  if (const uint64_t wait = component_->health.refused_for_ns(now); wait != 0) [[unlikely]] {
    return refuse(
        event,
        {.kind = Outcome::Kind::unavailable, .text = "it failed too often in a row", .retry_after_s = wait / 1'000'000'000 + 1});
  }
  if (admission_.is_full(fresh_.size())) [[unlikely]]
    return refuse(event, {.kind = Outcome::Kind::busy, .text = "too many events wait", .retry_after_s = 1});
  fresh_.push_back({&event, now});
  add(observe::Metric::waiting);
  if (is_ready()) place_.turns.became_ready(*this);
}

void Seat::refuse(trigger::Event& event, const Outcome& outcome) {
  count(event, outcome, outcome.queued_ns);
  event.done(outcome);
}

void Seat::count(const trigger::Event& event, const Outcome& outcome, uint64_t took_ns) {
  serve::count(place_.shard, component_->settings.observed, event, outcome, took_ns);
}

void Seat::take_turn() {
  const bool may_begin = !fresh_.empty() && running_ < most_running_;
  if (may_begin && (ready_.empty() || is_fresh_next_)) {
    is_fresh_next_ = false;
    const Fresh fresh = fresh_.front();
    fresh_.pop_front();
    add(observe::Metric::waiting, -1);
    return begin(fresh, now_ns());
  }
  is_fresh_next_ = true;
  Guest& guest = *ready_.front();
  ready_.pop_front();
  resume(guest);
}

Result<std::unique_ptr<Seat::Guest>> Seat::free_guest() {
  auto guest = std::make_unique<Guest>();
  guest->context = TRY(component_->settings.make_context(*this));
  sandbox::Process& process = guest->context->events().process();
  guest->arguments = process.arguments;
  guest->environment = process.environment.size();
  process.complete = [guest = guest.get()] { guest->describe(); };
  return guest;
}

void Seat::begin(Fresh fresh, uint64_t now) {
  Outcome refused{.kind = Outcome::Kind::busy, .queued_ns = now - fresh.arrived_ns};
  if (admission_.is_too_late(refused.queued_ns)) {
    refused.text = "its time was over before its turn came", refused.retry_after_s = 1;
    return refuse(*fresh.event, refused);
  }
  admission_.began(now, !fresh_.empty());
  refused.kind = Outcome::Kind::unavailable;
  if (free_.empty()) {
    auto made = free_guest();
    if (!made) {
      const std::string text = made.error().text();
      refused.text = text;
      return refuse(*fresh.event, refused);
    }
    guests_.push_back(*std::move(made));
    free_.push_back(guests_.back().get());
  }
  auto lease = worker_.acquire();
  if (!lease) {
    const std::string text = lease.error().text();
    refused.text = text;
    return refuse(*fresh.event, refused);
  }
  Guest& guest = *free_.back();
  free_.pop_back();
  ++running_;
  add(observe::Metric::active);
  guest.event = fresh.event;
  guest.arrived_ns = fresh.arrived_ns, guest.begun_ns = now, guest.ran_ns = guest.cpu_ns = 0;
  guest.is_over_time = guest.is_over_cpu = false;
  guest.result = {};
  guest.lease.emplace(*std::move(lease));
  sandbox::EventProcess& events = guest.context->events();
  guest.context->begin(fresh.event->id);
  events.begin(fresh.event->input());
  guest.lease->store().set_data(&events.process());
  guest.task.emplace(guest.lease->store(), [this, &guest] { guest.result = component_->start.in(*guest.lease)(); });
  resume(guest);
}

// What waits for its first turn is like those before it; what was preempted has shown that it is not. Where many wait, who came
// last has no use for an answer a little sooner, and to look at connections less often leaves more time for guests.
uint64_t Seat::patience_ns() const {
  constexpr uint64_t quick_ns = 50'000, crowd_ns = 20'000'000;
  const uint64_t usual_ns = admission_.usual_ns();
  if (!ready_.empty() || usual_ns == 0) return 0;
  if (fresh_.size() * usual_ns > crowd_ns) return 1'000'000;
  return usual_ns <= quick_ns ? 250'000 : 0;
}

void Seat::resume(Guest& guest) {
  const uint64_t begin = now_ns(), deadline = deadline_of(guest.arrived_ns), cpu = component_->settings.cpu_ns;
  guest.is_over_time = begin >= deadline;
  guest.is_over_cpu = guest.cpu_ns >= cpu;
  if (guest.is_over_time || guest.is_over_cpu) return finish(guest);
  const bool counts_cpu = cpu != UINT64_MAX;
  const uint64_t cpu_begin = counts_cpu ? os::now_ns(os::Clock::thread_cpu) : 0;
  place_.line.begin(guest.lease->stopper(),
                    {.wall_ns = deadline - begin, .cpu_ns = std::min(slice_ns, cpu - guest.cpu_ns), .preempts = true});
  current_ = &guest;
  const auto step = guest.task->resume();
  current_ = nullptr;
  if (place_.line.end()) add(observe::Metric::preempted);
  guest.ran_ns += now_ns() - begin;
  if (counts_cpu) guest.cpu_ns += os::now_ns(os::Clock::thread_cpu) - cpu_begin;
  if (step && *step == Task::Step::parked && guest.is_waiting) return;
  if (step && *step != Task::Step::ended) return make_ready(guest);
  if (!step) guest.result = std::unexpected(Failure(step.error()));
  finish(guest);
}

void Seat::make_ready(Guest& guest) {
  guest.is_waiting = false;
  ready_.push_back(&guest);
  place_.turns.became_ready(*this);
}

// Its time may be over while it waits: then it is woken to be ended.
bool Seat::wait(std::span<const io::Interest> descriptors, std::optional<uint64_t> until_ns) {
  if (current_ == nullptr) return io::blocking().wait(descriptors, until_ns);
  Guest& guest = *current_;
  guest.is_waiting = true;
  const auto wait =
      place_.loop.wait(descriptors, std::min(until_ns.value_or(UINT64_MAX), deadline_of(guest.arrived_ns)), [this, &guest] {
        if (guest.is_waiting) make_ready(guest);
      });
  if (!wait) {
    guest.is_waiting = false;
    return io::blocking().wait(descriptors, until_ns);
  }
  const bool goes_on = guest.task->park();
  guest.is_waiting = false;
  return goes_on;
}

Outcome Seat::outcome_of(const Guest& guest, std::string& text) const {
  Outcome outcome;
  if (guest.is_over_time || guest.is_over_cpu) {
    outcome.kind = Outcome::Kind::timed_out;
    text = guest.is_over_time ? "its time was over" : "it took more CPU time than it may";
  } else if (!guest.result) {
    const Failure& failure = guest.result.error();
    outcome.exit_code = failure.exit_code;
    const bool is_exit = failure.kind == Failure::Kind::exit;
    outcome.kind = !is_exit ? Outcome::Kind::trapped : failure.exit_code == 0 ? Outcome::Kind::answered : Outcome::Kind::exited;
    if (outcome.kind != Outcome::Kind::answered) text = failure.text();
  }
  outcome.text = text;
  return outcome;
}

// A task that has not ended ends here: its guest is stopped, its host functions return.
void Seat::finish(Guest& guest) {
  if (!guest.task->has_ended()) {
    current_ = &guest;
    guest.task.reset();
    current_ = nullptr;
  }
  const sandbox::EventProcess& events = guest.context->events();
  std::string text;
  Outcome outcome = outcome_of(guest, text);
  guest.context->end(text.empty() ? "returned" : std::string_view(text).substr(0, text.find('\n')));
  outcome.answer = events.answer(), outcome.messages = events.messages(), outcome.is_cut = events.is_cut();
  outcome.queued_ns = guest.begun_ns - guest.arrived_ns, outcome.ran_ns = guest.ran_ns;
  admission_.ended(outcome.ran_ns, guest.is_over_time);
  const uint64_t now = now_ns();
  count(*guest.event, outcome, now - guest.arrived_ns);
  if (component_->settings.log && (!outcome.messages.empty() || !text.empty()))
    component_->settings.log(guest.event->id, as_text(outcome.messages), text);
  outcome.kind == Outcome::Kind::answered ? component_->health.succeeded() : component_->health.failed(now);
  guest.event->done(outcome);
  give_back(guest);
}

// The answer is out: now the sandbox is brought back, while its pages are in the cache.
void Seat::give_back(Guest& guest) {
  guest.event = nullptr;
  guest.task.reset();
  guest.lease.reset();
  guest.forget();
  guest.context->events().reset();
  free_.push_back(&guest);
  --running_;
  add(observe::Metric::active, -1);
  if (is_ready()) place_.turns.became_ready(*this);
}

}  // namespace mote::serve
