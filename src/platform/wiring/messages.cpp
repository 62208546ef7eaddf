// See messages.h.
#include "platform/wiring/messages.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "platform/trigger_mqtt/broker.h"

#include <algorithm>
#include <utility>

namespace mote::wiring {
namespace {

std::shared_ptr<const trigger_mqtt::Routes> routes_of(const Version& version) {
  auto routes = std::make_shared<trigger_mqtt::Routes>();
  routes->values = version.values;
  for (size_t i = 0; i < version.manifest.mqtt.size(); ++i) {
    const manifest::MqttTrigger& trigger = version.manifest.mqtt[i];
    const manifest::Component& component = version.manifest.components[trigger.component];
    routes->targets.push_back({.id = trigger.id,
                               .filter = trigger.topic,
                               .component = version.place(Version::TriggerKind::mqtt, i),
                               .component_name = component.id,
                               .executor = trigger.executor,
                               .reply = trigger.reply,
                               .publishing = trigger.publishing,
                               .qos = trigger.qos,
                               .event_most = component.event_size,
                               .fails_open = component.crash.fail == manifest::Crash::Fail::open});
  }
  return routes;
}

// Whether a connection by one serves the other.
bool are_equal(const mqtt::Settings& one, const mqtt::Settings& other) {
  const auto is_equal = [](const mqtt::Subscription& a, const mqtt::Subscription& b) {
    return a.filter == b.filter && a.qos == b.qos;
  };
  return one.host == other.host && one.port == other.port && (one.tls == nullptr) == (other.tls == nullptr) &&
         one.version == other.version && one.client_id == other.client_id && one.user_name == other.user_name &&
         one.password == other.password && one.session_expiry_ms == other.session_expiry_ms &&
         one.keep_alive_ms == other.keep_alive_ms && std::ranges::equal(one.subscriptions, other.subscriptions, is_equal);
}

}  // namespace

Messages::Messages(io::Loop& loop, trigger::Dispatcher& dispatcher, observe::Shard& shard, Told told)
    : loop_(loop), dispatcher_(dispatcher), shard_(shard), told_(std::move(told)), left_(loop.turn([this] { start_next(); })) {}
Messages::~Messages() = default;

Result<void> Messages::open_outbox(const manifest::Manifest& manifest) {
  const auto& wanted = manifest.server.outbox;
  const std::string path = wanted ? manifest.path(wanted->path) : "";
  if (path == outbox_path_) return {};
  if (version_ != nullptr || !wanted)
    return fail(ErrorKind::unsupported, format("{}: server.outbox changed: that needs a restart", manifest.file));
  outbox_ = TRY(outbox::Outbox::open({.path = path, .most_size = wanted->most_size}));
  outbox_path_ = path;
  if (!outbox_->notice().empty()) told_.say(true, outbox_->notice());
  return {};
}

Result<void> Messages::install(const std::shared_ptr<const Version>& version) {
  const manifest::Manifest& manifest = version->manifest;
  if (!manifest.broker) {
    version_ = version;
    exchange(nullptr);
    return {};
  }
  auto settings = TRY(trigger_mqtt::client_settings(manifest, version->values));
  TRY(open_outbox(manifest));
  auto routes = routes_of(*version);
  if (trigger_ && are_equal(settings, settings_)) {
    trigger_->install(std::move(routes));
  } else {
    auto made = TRY(trigger_mqtt::MqttTrigger::create(loop_, dispatcher_, *this, settings, outbox_.get()));
    made->install(std::move(routes));
    settings_ = std::move(settings);
    told_.away("the broker is not connected yet");
    exchange(std::move(made));
  }
  version_ = version;
  return {};
}

void Messages::exchange(std::unique_ptr<trigger_mqtt::MqttTrigger> next) {
  measure();
  counted_ = {};
  if (!leaving_) leaving_ = std::exchange(trigger_, nullptr);
  trigger_ = std::move(next);  // one between that never started is of no use
  if (!leaving_) return start_next();
  leaving_->stop([this] {
    has_left_ = true;
    left_->ask();  // it cannot end within its own call
  });
}

// What the one before had taken out of the outbox and not sent is for the next.
void Messages::start_next() {
  if (has_left_) {
    has_left_ = false;
    leaving_.reset();
    if (outbox_) outbox_->give_back();
  }
  if (leaving_) return;
  if (is_stopping_) {
    if (const auto call = std::exchange(stopped_, nullptr)) call();
    return;
  }
  if (!trigger_) return told_.away("");
  trigger_->start();
  measure_again();
}

// What changed since it was last told.
void Messages::measure() {
  using observe::Metric;
  const auto add = [&](Metric metric, uint64_t now, uint64_t before, unsigned value = 0, unsigned value2 = 0) {
    if (now != before) shard_.add(observe::server_scope, metric, static_cast<int64_t>(now - before), value, value2);
  };
  const mqtt::Counts now = trigger_ ? trigger_->counts() : mqtt::Counts();
  if (trigger_) {
    constexpr unsigned in = 0, out = 1, connected = 0, failed = 1;  // by names.def
    for (unsigned qos = 0; qos < now.received_by_qos.size(); ++qos) {
      add(Metric::mqtt_messages, now.received_by_qos[qos], counted_.received_by_qos[qos], in, qos);
      add(Metric::mqtt_messages, now.published_by_qos[qos], counted_.published_by_qos[qos], out, qos);
    }
    add(Metric::mqtt_connects, now.connections, counted_.connections, connected);
    add(Metric::mqtt_connects, now.failures, counted_.failures, failed);
    counted_ = now;
  }
  shard_.set(observe::server_scope, Metric::mqtt_connected, trigger_ && trigger_->state() == mqtt::State::connected ? 1 : 0);
  if (!outbox_) return;
  const outbox::Counts held = outbox_->counts();
  shard_.set(observe::server_scope, Metric::outbox_messages, held.messages);
  shard_.set(observe::server_scope, Metric::outbox_size, held.size);
  add(Metric::outbox_expired, held.expired, expired_);
  expired_ = held.expired;
}

// Now and then: counting for each message would cost more than anybody looks.
void Messages::measure_again() {
  constexpr uint64_t period_ns = 1'000'000'000;
  measure();
  if (!trigger_ || is_stopping_) return measuring_.reset();
  auto wait = loop_.wait({}, os::now_ns(os::Clock::monotonic) + period_ns, [this] { measure_again(); });
  if (wait) measuring_ = *std::move(wait);
}

void Messages::publish(const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event, Bytes answer) {
  const auto wrong = [this, component = std::string(component), event](const std::string& text) {
    told_.log(component, event, {}, format("its answer is not published: {}", text));
  };
  auto topic = trigger.reply.render(version_->values);
  if (!topic) return wrong(topic.error().message);
  if (!trigger_) return wrong("there is no broker");
  mqtt::Message message{.topic = *std::move(topic), .payload = {answer.begin(), answer.end()}, .qos = trigger.qos};
  message.is_retained = trigger.publishing.is_retained;
  message.content_type = trigger.executor.content_type;
  constexpr uint64_t ms_per_s = 1000;
  if (trigger.publishing.expiry_ms != 0)
    message.expiry_s =
        static_cast<uint32_t>(std::min<uint64_t>((trigger.publishing.expiry_ms + ms_per_s - 1) / ms_per_s, UINT32_MAX));
  trigger_->publish(std::move(message), trigger.publishing.priority, [wrong](const Result<void>& result) {
    if (!result) wrong(result.error().message);
  });
}

void Messages::stop(std::function<void()> done) {
  is_stopping_ = true;
  stopped_ = std::move(done);
  exchange(nullptr);
}

void Messages::complain(const trigger_mqtt::Target* target, uint64_t event, std::string_view text) {
  if (target == nullptr) return told_.say(true, std::string(text));
  told_.log(target->component_name, event, {}, text);
}

void Messages::answered(const trigger_mqtt::Target& target, uint64_t event, Bytes answer) {
  told_.answer(target.component_name, event, {reinterpret_cast<const char*>(answer.data()), answer.size()});
}

// A broker that is away is told of once for each reason, not for each attempt.
void Messages::changed(mqtt::State state, const Error* reason) {
  if (state == mqtt::State::connecting) return;
  const bool is_there = state == mqtt::State::connected;
  const std::string text = is_there            ? format("broker {}:{}: connected", settings_.host, settings_.port)
                           : reason != nullptr ? reason->message
                                               : "";
  told_.away(is_there ? "" : text);
  measure();
  if (text.empty() || text == last_said_) return;
  last_said_ = text;
  told_.say(!is_there, text);
}

}  // namespace mote::wiring
