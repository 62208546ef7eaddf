// See uplink.h.
#include "platform/trigger_mqtt/uplink.h"

#include "base/os/clock.h"

#include <utility>

namespace mote::trigger_mqtt {

namespace {

constexpr uint64_t batch = 100;               // messages out of the outbox at once
constexpr uint64_t pause_ns = 1'000'000'000;  // after the broker or the disk refused

}  // namespace

Uplink::Uplink(io::Loop& loop, outbox::Outbox* outbox, Complain complain)
    : loop_(loop), outbox_(outbox), complain_(std::move(complain)), turn_(loop.turn([this] { drain(); })) {
  if (outbox_ != nullptr) appender_ = std::make_unique<outbox::Appender>(*outbox_, loop);
}

// Behind what is in the outbox, or will be.
void Uplink::publish(mqtt::Message message, uint8_t priority, mqtt::Done done) {
  const bool goes_at_once =
      client_->state() == mqtt::State::connected && (outbox_ == nullptr || (appending_ == 0 && outbox_->is_empty()));
  if (outbox_ != nullptr && !goes_at_once) return spool(std::move(message), priority, std::move(done));
  // It is kept for the outbox, in case it was to be sent without an acknowledgement and the connection broke.
  auto copy = outbox_ != nullptr && message.qos == 0 ? std::make_shared<mqtt::Message>(message) : nullptr;
  auto shared = std::make_shared<mqtt::Done>(std::move(done));
  auto taken = client_->publish(std::move(message), [this, copy, priority, shared](Result<void> result) {
    if (!result && result.error().kind == ErrorKind::unavailable && copy)
      return spool(std::move(*copy), priority, std::move(*shared));
    (*shared)(std::move(result));
  });
  if (!taken) (*shared)(std::move(taken));
}

void Uplink::spool(mqtt::Message message, uint8_t priority, mqtt::Done done) {
  ++appending_;
  appender_->append({.message = std::move(message), .priority = priority}, [this, done = std::move(done)](Result<void> result) {
    --appending_;
    turn_->ask();
    done(std::move(result));
  });
}

void Uplink::drain() {
  if (outbox_ == nullptr || client_ == nullptr) return;
  if (!removable_.empty()) {
    if (auto removed = outbox_->remove(removable_); !removed) complain_(removed.error().message);
    removable_.clear();  // what could not be removed stays lent: it is not sent twice by this process
  }
  outbox_->give_back(std::exchange(returned_, {}));
  if (pauses_ || client_->state() != mqtt::State::connected || draining_ >= batch) return;
  auto taken = outbox_->take(batch - draining_);
  if (!taken) return complain_(taken.error().message);
  for (outbox::Taken& one : *taken) {
    ++draining_;
    auto begun = client_->publish(std::move(one.message), [this, id = one.id](const Result<void>& result) { sent(id, result); });
    if (!begun) sent(one.id, begun);
  }
}

// What the broker will never take is dropped, and told; anything else is tried again after a while.
void Uplink::sent(int64_t id, const Result<void>& result) {
  --draining_;
  const bool is_hopeless =
      !result && (result.error().kind == ErrorKind::bad_input || result.error().kind == ErrorKind::unsupported);
  if (is_hopeless) complain_("a message of the outbox is dropped: " + result.error().message);
  if (result || is_hopeless) {
    removable_.push_back(id);
  } else {
    returned_.push_back(id);
    if (!std::exchange(pauses_, true)) {
      complain_(result.error().message);
      auto waiting = loop_.wait({}, os::now_ns(os::Clock::monotonic) + pause_ns, [this] {
        pauses_ = false;
        turn_->ask();
      });
      if (waiting) pause_ = *std::move(waiting);
    }
  }
  turn_->ask();
}

}  // namespace mote::trigger_mqtt
