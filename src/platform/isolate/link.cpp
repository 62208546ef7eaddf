// See link.h.
#include "platform/isolate/link.h"

#include "base/os/clock.h"
#include "platform/isolate/limits.h"
#include "platform/serve/counting.h"

#include <algorithm>
#include <utility>

namespace mote::isolate {

using trigger::Outcome;

namespace {

constexpr uint64_t ns_per_ms = 1'000'000, ns_per_s = 1'000'000'000;

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}

}  // namespace

Link::Link(io::Loop& loop, observe::Shard& shard, std::shared_ptr<const Cell> cell)
    : loop_(loop), shard_(shard), cell_(std::move(cell)) {}

Link::~Link() {
  lose("the server ends");
}

Result<void> Link::connect(os::File socket) {
  channel_.reset();
  lose("its process was replaced");
  channel_ = TRY(Channel::open(loop_, std::move(socket), cell_->settings.output_size + limits::beside_bytes.hard,
                               {.frame = [this](Bytes frame) { return take(frame); },
                                .ended =
                                    [this] {
                                      channel_.reset();
                                      lose("its process ended");
                                    }}));
  return {};
}

void Link::refuse(trigger::Event& event, const Outcome& outcome) {
  serve::count(shard_, cell_->settings.observed, event, outcome, 0);
  event.done(outcome);
}

void Link::dispatch(uint32_t entry, trigger::Event& event) {
  const uint64_t now = now_ns();
  Outcome refused{.kind = Outcome::Kind::unavailable, .retry_after_s = 1};
  if (const uint64_t wait = cell_->health.refused_for_ns(now); wait != 0) {
    refused.text = "it failed too often in a row", refused.retry_after_s = wait / ns_per_s + 1;
    return refuse(event, refused);
  }
  if (!channel_) {
    refused.text = "its process is not there";
    return refuse(event, refused);
  }
  const uint64_t unsent = channel_->unsent();
  if (under_way_.size() >= cell_->settings.most || (unsent != 0 && unsent + event.input().size() > limits::unsent.hard)) {
    refused.kind = Outcome::Kind::busy, refused.text = "too many events wait";
    return refuse(event, refused);
  }
  EventFrame frame{.id = event.id, .kind = event.kind, .entry = entry, .arguments = cell_->settings.arguments};
  {
    trigger::Variables variables(frame.arguments, frame.environment, 0);
    trigger::describe(event, variables);
  }
  frame.input = event.input();
  under_way_.emplace(event.id, UnderWay{&event, now});
  shard_.add(cell_->settings.observed, observe::Metric::active);
  channel_->send([&frame](Frame& into) { encode(frame, into); });
  if (timer_ == nullptr) watch_time();
}

bool Link::take(Bytes frame) {
  const auto decoded = decode_outcome(frame);
  if (!decoded) return false;
  const auto found = under_way_.find(decoded->id);
  if (found == under_way_.end()) return true;  // its time was over before
  const UnderWay one = found->second;
  under_way_.erase(found);
  finish(one, decoded->outcome);
  return true;
}

void Link::finish(const UnderWay& one, const Outcome& outcome) {
  const CellSettings& settings = cell_->settings;
  shard_.add(settings.observed, observe::Metric::active, -1);
  const uint64_t now = now_ns();
  serve::count(shard_, settings.observed, *one.event, outcome, now - one.sent_ns);
  const std::string_view messages(reinterpret_cast<const char*>(outcome.messages.data()), outcome.messages.size());
  if (settings.log && (!messages.empty() || !outcome.text.empty())) settings.log(one.event->id, messages, outcome.text);
  if (outcome.kind == Outcome::Kind::answered) {
    cell_->health.succeeded();
  } else if (outcome.kind != Outcome::Kind::lost && !outcome.is_refusal()) {
    cell_->health.failed(now);
  }
  one.event->done(outcome);
}

// One death is one failure, however many events it took along.
void Link::lose(std::string_view why) {
  if (under_way_.empty()) return;
  cell_->health.failed(now_ns());
  const auto lost = std::exchange(under_way_, {});
  for (const auto& [id, one] : lost) finish(one, {.kind = Outcome::Kind::lost, .text = why});
}

void Link::watch_time() {
  timer_.reset();
  if (under_way_.empty()) return;
  uint64_t first = UINT64_MAX;
  for (const auto& [id, one] : under_way_) first = std::min(first, one.sent_ns);
  const uint64_t time = std::min(cell_->settings.deadline_ns, UINT64_MAX / 4) + limits::silence.hard * ns_per_ms;
  auto wait = loop_.wait({}, first + time, [this] { look_at_time(); });
  if (wait) timer_ = *std::move(wait);
}

// The process ends its events in time; one that does not is stuck, or not ours any more.
void Link::look_at_time() {
  const uint64_t now = now_ns();
  const uint64_t time = std::min(cell_->settings.deadline_ns, UINT64_MAX / 4) + limits::silence.hard * ns_per_ms;
  const auto is_late = [&](const auto& one) { return one.second.sent_ns + time <= now; };
  if (std::ranges::any_of(under_way_, is_late)) {
    channel_.reset();
    lose("its process did not answer in time");
    if (cell_->settings.is_stuck) cell_->settings.is_stuck();
  }
  watch_time();
}

}  // namespace mote::isolate
