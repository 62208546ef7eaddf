// Messages of quality of service 1 through mosquitto, a relay with an outbox, and mosquitto again, while the relay and the broker
// are killed (SIGKILL) at random moments: each is answered.
//
// mosquitto acknowledges a message before it saves it, so what it acknowledged just before it was killed it may not know any more:
// whoever published it publishes it again, as far as it is not answered. What was acknowledged earlier must not be lost, and
// whatever was lost on the relay's side would be: its answer never comes.
//
// MOTE_MQTT_MESSAGES and MOTE_MQTT_ROUNDS make it a campaign (tests/mqtt/campaign); MOTE_MQTT_MOTE puts `mote up` in the relay's
// place, with the module MOTE_MQTT_HANDLER.
#include "tests/mqtt/mosquitto.h"

#include <cstdlib>
#include <map>
#include <random>
#include <set>

namespace mote::mqtt::testing {
namespace {

uint64_t wanted(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint64_t unsaved_ns = 1000 * ns_per_ms;  // long after mosquitto saved what it acknowledged

struct Sent {
  uint64_t acknowledged_ns = 0;  // 0: not yet
  bool is_answered = false;
  int copies = 1, answers = 0;
};

class KillTest : public ::testing::TestWithParam<Version> {
 protected:
  void SetUp() override {
    if (mosquitto_path().empty()) GTEST_SKIP() << "no mosquitto: scripts/setup test";
  }
  [[nodiscard]] Settings settings(const std::string& id, std::vector<Subscription> subscriptions) const {
    Settings made{.host = "127.0.0.1", .port = broker_->port};
    made.version = GetParam();
    made.client_id = id;
    made.subscriptions = std::move(subscriptions);
    made.back_off_ms = 10;
    made.most_back_off_ms = 100;
    made.in_flight = 20;
    return made;
  }
  void start_relay() {
    std::vector<std::string> words = {MOTE_RELAY, std::to_string(broker_->port), broker_->folder + "/outbox.db", version()};
    if (const char* const mote = std::getenv("MOTE_MQTT_MOTE")) {
      broker_->write("mote.toml", manifest());
      words = {mote, "up", "-f", broker_->folder + "/mote.toml", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"};
    }
    relay_ = std::make_unique<Running>(words, broker_->folder + "/relay.log");
  }
  [[nodiscard]] std::string version() const { return GetParam() == Version::v5 ? "5" : "4"; }
  // A component that answers with what it got (tests/up/guests/handler.wat).
  [[nodiscard]] std::string manifest() const {
    const char* const handler = std::getenv("MOTE_MQTT_HANDLER");
    return format(R"([application.trigger.mqtt]
address = "mqtt://127.0.0.1:{}"
version = {}
client_id = "relay"
[server]
workers = 1
[server.outbox]
path = "outbox.db"
[[trigger.mqtt]]
topic = "in/#"
qos = 1
reply = "out/{{{{ topic }}}}"
component = "handler"
[component.handler]
source = "{}"
)",
                  broker_->port, version(), handler != nullptr ? handler : "handler.wasm");
  }
  void send(uint64_t number) {
    const std::string payload = std::to_string(number);
    const auto taken =
        from_->client->publish({.topic = "in/" + std::to_string(number % 5), .payload = {payload.begin(), payload.end()}, .qos = 1},
                               [this, number](const Result<void>& result) {
                                 const auto found = sent_.find(number);
                                 if (result && found != sent_.end())
                                   found->second.acknowledged_ns = os::now_ns(os::Clock::monotonic);
                               });
    ASSERT_TRUE(taken);
  }
  void kill_broker() {
    const uint64_t connections = from_->client->counts().connections;
    broker_->end(SIGKILL);
    killed_ns_ = os::now_ns(os::Clock::monotonic);
    broker_->start();
    // Acknowledgements that it sent may still have to be read.
    EXPECT_TRUE(testing::until(*loop_, [&] { return from_->client->counts().connections > connections; }));
    // What it may have forgotten.
    for (auto& [number, one] : sent_) {
      if (one.is_answered || one.acknowledged_ns == 0 || one.acknowledged_ns + unsaved_ns < killed_ns_) continue;
      one.acknowledged_ns = 0;
      ++one.copies;
      send(number);
    }
  }
  // It has subscribed: what nobody subscribed to is lost by right.
  [[nodiscard]] bool relay_is_there() {
    for (int attempt = 0; attempt < 500 && !has_answered_; ++attempt) {
      from_->publish("in/probe", "probe", 1);
      (void)testing::until(*loop_, [&] { return has_answered_; }, 50);
    }
    return has_answered_;
  }
  void receive(Delivery delivery) {
    if (delivery.message.topic.ends_with("/probe")) {
      has_answered_ = true;
      return delivery.acknowledge();
    }
    const uint64_t number =
        std::strtoull(std::string(delivery.message.payload.begin(), delivery.message.payload.end()).c_str(), nullptr, 10);
    delivery.acknowledge();
    const auto found = sent_.find(number);
    if (found == sent_.end()) return;  // of an earlier round, once more
    ++found->second.answers;
    if (!std::exchange(found->second.is_answered, true)) ++answered_;
  }

  std::unique_ptr<io::Loop> loop_ = *io::Loop::create();
  std::unique_ptr<Mosquitto> broker_ = mosquitto_path().empty() ? nullptr : std::make_unique<Mosquitto>(saving);
  std::unique_ptr<Peer> from_, to_;
  std::unique_ptr<Running> relay_;
  std::map<uint64_t, Sent> sent_;
  uint64_t answered_ = 0, killed_ns_ = 0;
  bool has_answered_ = false;
};

INSTANTIATE_TEST_SUITE_P(Versions, KillTest, ::testing::Values(Version::v3_1_1, Version::v5),
                         [](const auto& info) { return info.param == Version::v5 ? "v5" : "v3_1_1"; });

TEST_P(KillTest, NothingIsLost) {
  const uint64_t messages = wanted("MOTE_MQTT_MESSAGES", 1000), rounds = wanted("MOTE_MQTT_ROUNDS", 1);
  std::mt19937_64 random(wanted("MOTE_MQTT_SEED", 1));
  uint64_t kills_of_relay = 0, kills_of_broker = 0, answers = 0;
  from_ = std::make_unique<Peer>(*loop_, settings("from", {}));
  to_ = std::make_unique<Peer>(*loop_, settings("to", {{"out/#", 1}}));
  to_->on_delivery = [this](Delivery delivery) { receive(std::move(delivery)); };
  start_relay();
  ASSERT_TRUE(from_->connect() && to_->connect() && relay_is_there());
  for (uint64_t round = 0; round < rounds; ++round) {
    sent_.clear();
    answered_ = 0;
    const uint64_t first = round * messages;
    uint64_t next = 0, kill_at = 50 + random() % 150;
    while (answered_ < messages) {
      for (; next < messages && next < answered_ + 200; ++next) {
        sent_[first + next] = {};
        send(first + next);
      }
      const uint64_t before = answered_;
      ASSERT_TRUE(until(
          *loop_, [&] { return answered_ >= std::min(before + 5, messages); }, 60'000))
          << answered_ << " of " << messages << " answered, " << kills_of_relay << " kills of the relay, " << kills_of_broker
          << " of the broker";
      if (answered_ < kill_at) continue;
      kill_at = answered_ + 50 + random() % (messages / 4);
      testing::until(*loop_, [] { return false; }, random() % 30);
      if (random() % 2 == 0) {
        relay_->end(SIGKILL);
        start_relay();
        ++kills_of_relay;
      } else {
        kill_broker();
        ++kills_of_broker;
      }
    }
    for (const auto& [number, one] : sent_) {
      EXPECT_TRUE(one.is_answered) << number;
      answers += static_cast<uint64_t>(one.answers);
    }
  }
  std::printf("%llu messages, %llu answers; killed: the relay %llu times, the broker %llu times\n",
              static_cast<unsigned long long>(messages * rounds), static_cast<unsigned long long>(answers),
              static_cast<unsigned long long>(kills_of_relay), static_cast<unsigned long long>(kills_of_broker));
  EXPECT_GT(kills_of_relay + kills_of_broker, 0u);
}

}  // namespace
}  // namespace mote::mqtt::testing
