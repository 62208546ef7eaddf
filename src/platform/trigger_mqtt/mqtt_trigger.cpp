// See mqtt_trigger.h.
#include "platform/trigger_mqtt/mqtt_trigger.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/clock.h"
#include "platform/trigger_mqtt/answer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mote::trigger_mqtt {

namespace {

constexpr uint64_t ns_per_ms = 1'000'000, ms_per_s = 1000;
constexpr uint64_t first_pause_ms = 100, most_pause_ms = 10'000;  // before an event is tried again

std::string_view text_of(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// "device-id" as part of a variable's name: DEVICE_ID.
std::string variable_part(std::string_view name) {
  std::string made;
  for (const char letter : name) {
    const bool is_lower = letter >= 'a' && letter <= 'z';
    const bool is_fit = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
    made.push_back(is_lower ? static_cast<char>(letter - ('a' - 'A')) : is_fit ? letter : '_');
  }
  return made;
}

}  // namespace

// One message for one trigger. Other triggers' events of the same message share the delivery, which is acknowledged by the last.
class MqttTrigger::Call final : public trigger::Event {
 public:
  using Shared = std::shared_ptr<std::pair<mqtt::Delivery, uint32_t>>;  // with how many events are not over

  Call(MqttTrigger& owner, std::shared_ptr<const Routes> routes, const Target& target, Shared shared)
      : Event(trigger::Kind::mqtt), owner_(owner), routes_(std::move(routes)), target_(&target), shared_(std::move(shared)) {}

  void begin() {
    if (message().payload.size() <= target_->event_most) return dispatch();
    complain(format("a message to {} of {} bytes; events may have {}", json_string(message().topic), message().payload.size(),
                    target_->event_most));
    over();
  }

  [[nodiscard]] bool is_waiting() const { return is_waiting_; }
  [[nodiscard]] Bytes input() const override { return message().payload; }
  void describe(trigger::Variables& variables) override;
  void done(const trigger::Outcome& outcome) override;
  [[nodiscard]] Caller caller() const override { return {property("traceparent"), property("tracestate")}; }
  void introduce(trigger::Trace& into) const override;

 private:
  [[nodiscard]] std::string_view property(std::string_view name) const {
    const auto& all = message().user_properties;
    const auto found = std::ranges::find(all, name, &std::pair<std::string, std::string>::first);
    return found == all.end() ? std::string_view() : std::string_view(found->second);
  }
  [[nodiscard]] const mqtt::Message& message() const { return shared_->first.message; }
  void complain(std::string_view text) { owner_.observer_.complain(target_, id, text); }
  void dispatch();
  void settle(const trigger::Outcome& outcome);
  void failed(std::string_view text);
  void answer(Bytes bytes, bool is_guests);
  void publish();
  void again(uint64_t pause_ms, void (Call::*what)());
  void over();  // ends this

  MqttTrigger& owner_;
  std::shared_ptr<const Routes> routes_;
  const Target* target_;
  Shared shared_;
  mqtt::Message answer_;
  uint32_t attempts_ = 0;
  uint64_t pause_ms_ = first_pause_ms;
  std::unique_ptr<io::Loop::Wait> wait_;
  bool is_waiting_ = false;  // to be tried again
};

void MqttTrigger::Call::describe(trigger::Variables& variables) {
  const mqtt::Message& its = message();
  variables.add("TRIGGER", "mqtt");
  variables.add("TRIGGER_ID", target_->id);
  variables.add("MQTT_TOPIC", its.topic);
  variables.add("MQTT_QOS", std::to_string(its.qos));
  variables.add("MQTT_RETAIN", its.is_retained ? "1" : "0");
  variables.add("MQTT_DUPLICATE", shared_->first.is_duplicate || attempts_ > 0 ? "1" : "0");
  if (!its.content_type.empty()) variables.add("CONTENT_TYPE", its.content_type);
  if (!its.response_topic.empty()) variables.add("MQTT_RESPONSE_TOPIC", its.response_topic);
  if (!its.correlation_data.empty()) variables.add("MQTT_CORRELATION_DATA", text_of(its.correlation_data));
  for (const auto& [name, value] : its.user_properties) variables.add("MQTT_PROPERTY_" + variable_part(name), value);
}

// https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/: named by the filter, of which there are few.
void MqttTrigger::Call::introduce(trigger::Trace& into) const {
  into.name(format("process {}", target_->filter));
  into.note("messaging.system", "mqtt");
  into.note("messaging.operation.type", "process");
  into.note("messaging.destination.template", target_->filter);
  into.note("messaging.destination.name", message().topic);
  into.note("messaging.message.body.size", static_cast<int64_t>(message().payload.size()));
  into.note("mote.component", target_->component_name);
}

// Of the routes that there are now: an event that is tried again may be of a version whose components are gone. Where its trigger
// is gone too, the broker sends the message again, to nobody.
void MqttTrigger::Call::dispatch() {
  if (routes_ != owner_.routes_) {
    const auto& targets = owner_.routes_->targets;
    const auto found = std::ranges::find(targets, target_->id, &Target::id);
    if (found == targets.end()) return owner_.over(*this);
    target_ = &*found;
    routes_ = owner_.routes_;
  }
  ++owner_.running_;
  owner_.dispatcher_.dispatch(target_->component, *this);
}

void MqttTrigger::Call::done(const trigger::Outcome& outcome) {
  --owner_.running_;
  MqttTrigger& owner = owner_;  // this may be over then
  if (trace) trace->end(outcome);
  settle(outcome);
  if (owner.is_stopping_) owner.stop_if_idle();
}

void MqttTrigger::Call::settle(const trigger::Outcome& outcome) {
  using enum trigger::Outcome::Kind;
  switch (outcome.kind) {
    case answered:
      if (outcome.is_cut) return failed("the guest wrote more than it may");
      return answer(outcome.answer, true);
    case exited:
      return failed(format("the guest exited with status {}", outcome.exit_code));
    case trapped:
    case timed_out:
    case lost:
      return failed(outcome.text);
    case unavailable:
      if (target_->fails_open) return answer(message().payload, false);
      [[fallthrough]];
    case busy:
      if (message().qos == 0) {
        complain(format("a message to {} of quality of service 0 is dropped: {}", json_string(message().topic),
                        trigger::word(outcome.kind)));
        return over();
      }
      return again(std::max(outcome.retry_after_s * ms_per_s, first_pause_ms), &Call::dispatch);
  }
}

// What went wrong in the guest is in the log of its component; here it is said what becomes of the message.
void MqttTrigger::Call::failed(std::string_view text) {
  ++attempts_;
  if (message().qos != 0 && attempts_ < target_->attempts) return again(pause_ms_, &Call::dispatch);
  complain(format("a message to {} is given up after {} attempts: {}", json_string(message().topic), attempts_, text));
  over();
}

void MqttTrigger::Call::answer(Bytes bytes, bool is_guests) {
  answer_ = {.qos = target_->qos, .is_retained = target_->publishing.is_retained, .correlation_data = message().correlation_data};
  if (target_->publishing.expiry_ms != 0)
    answer_.expiry_s =
        static_cast<uint32_t>(std::min<uint64_t>((target_->publishing.expiry_ms + ms_per_s - 1) / ms_per_s, UINT32_MAX));
  if (!target_->reply.empty()) {
    auto topic = target_->reply.render([this](std::string_view name) -> std::optional<std::string> {
      if (name == "topic") return message().topic;
      return routes_->values ? routes_->values(name) : std::nullopt;
    });
    if (!topic) return failed(topic.error().message);
    answer_.topic = *std::move(topic);
  }
  if (is_guests && target_->executor.kind == manifest::Executor::Kind::wagi) {
    if (auto taken = take_wagi(bytes, answer_); !taken) return failed(taken.error().message);
  } else {
    if (bytes.empty()) return over();  // nothing to say
    answer_.payload.assign(bytes.begin(), bytes.end());
    answer_.content_type = is_guests ? target_->executor.content_type : message().content_type;
  }
  if (answer_.topic.empty()) {
    owner_.observer_.answered(*target_, id, answer_.payload);
    return over();
  }
  if (trace) {
    answer_.user_properties.emplace_back("traceparent", trace->parent());
    if (!trace->state().empty()) answer_.user_properties.emplace_back("tracestate", trace->state());
  }
  if (auto checked = check(answer_); !checked) return failed(checked.error().message);
  pause_ms_ = first_pause_ms;
  publish();
}

// Whatever stands in the way, the answer is kept until it is safe; unless the broker refuses it for what it is.
void MqttTrigger::Call::publish() {
  owner_.uplink_.publish(answer_, target_->publishing.priority, [this](const Result<void>& result) {
    if (result) return over();
    const ErrorKind kind = result.error().kind;
    const bool is_hopeless = kind == ErrorKind::bad_input || kind == ErrorKind::unsupported || kind == ErrorKind::denied;
    if (is_hopeless) return failed(result.error().message);
    if (owner_.is_stopping_) return owner_.over(*this);  // not acknowledged
    complain(format("an answer cannot be kept, and its message is not acknowledged: {}", result.error().message));
    again(pause_ms_, &Call::publish);
  });
}

void MqttTrigger::Call::again(uint64_t pause_ms, void (Call::*what)()) {
  if (owner_.is_stopping_) return owner_.over(*this);
  pause_ms_ = std::min(pause_ms_ * 2, most_pause_ms);
  auto waiting = owner_.loop_.wait({}, os::now_ns(os::Clock::monotonic) + pause_ms * ns_per_ms, [this, what] {
    is_waiting_ = false;
    (this->*what)();
  });
  is_waiting_ = waiting.has_value();
  if (waiting) wait_ = *std::move(waiting);
}

void MqttTrigger::Call::over() {
  if (--shared_->second == 0) shared_->first.acknowledge();
  owner_.over(*this);
}

Result<std::unique_ptr<MqttTrigger>> MqttTrigger::create(io::Loop& loop, trigger::Dispatcher& dispatcher, Observer& observer,
                                                         mqtt::Settings settings, outbox::Outbox* outbox) {
  std::unique_ptr<MqttTrigger> made(new MqttTrigger(loop, dispatcher, observer, outbox));
  made->client_ = TRY(mqtt::Client::create(loop, std::move(settings), *made));
  made->uplink_.set_client(*made->client_);
  return made;
}

MqttTrigger::MqttTrigger(io::Loop& loop, trigger::Dispatcher& dispatcher, Observer& observer, outbox::Outbox* outbox)
    : loop_(loop),
      dispatcher_(dispatcher),
      observer_(observer),
      uplink_(loop, outbox, [this](const std::string& text) { observer_.complain(nullptr, 0, text); }) {}
MqttTrigger::~MqttTrigger() = default;

void MqttTrigger::on_message(mqtt::Delivery delivery) {
  if (is_stopping_) return held_.push_back(std::move(delivery));
  std::vector<const Target*> chosen;
  for (const Target& one : routes_->targets)
    if (mqtt::matches(one.filter, delivery.message.topic)) chosen.push_back(&one);
  if (chosen.empty()) {
    observer_.complain(
        nullptr, 0,
        format("a message to {}, which no trigger wants: a subscription of an earlier manifest is left in the broker's session",
               json_string(delivery.message.topic)));
    return delivery.acknowledge();
  }
  const auto shared =
      std::make_shared<std::pair<mqtt::Delivery, uint32_t>>(std::move(delivery), static_cast<uint32_t>(chosen.size()));
  std::vector<Call*> calls;  // all are there before the first can end
  for (const Target* one : chosen) {
    auto call = std::make_unique<Call>(*this, routes_, *one, shared);
    calls.push_back(call.get());
    calls_.emplace(call.get(), std::move(call));
  }
  for (Call* one : calls) one->begin();
}

void MqttTrigger::on_state(mqtt::State state, const Error* reason) {
  if (state == mqtt::State::connected) uplink_.connected();
  if (state == mqtt::State::away && is_stopping_) stop_if_idle();
  observer_.changed(state, reason);
}

void MqttTrigger::on_refused(const Error& error) {
  observer_.complain(nullptr, 0, error.message);
}

void MqttTrigger::over(const Call& call) {
  calls_.erase(&call);
  if (is_stopping_) stop_if_idle();
}

void MqttTrigger::stop(std::function<void()> done) {
  is_stopping_ = true;
  stopped_ = std::move(done);
  std::erase_if(calls_, [](const auto& one) { return one.second->is_waiting(); });
  stop_if_idle();
}

// Answers that are under way to a broker that is there get through; with the client's end all others fail, and their events with
// them.
void MqttTrigger::stop_if_idle() {
  if (!stopped_ || running_ > 0) return;
  if (!calls_.empty() && client_->state() == mqtt::State::connected) return;
  client_->stop([this, done = std::exchange(stopped_, nullptr)] {
    held_.clear();
    done();
  });
}

}  // namespace mote::trigger_mqtt
