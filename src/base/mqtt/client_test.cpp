// The client on a loop, against a broker of the test's own: connections that break at every point, brokers that are away, silent or
// nonsense, messages that are left, TLS.
#include "base/mqtt/client.h"

#include "base/mqtt/broker_testing.h"
#include "base/tls/certificates_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mote::mqtt {
namespace {

using testing::Buffer;
using testing::FakeBroker;
using testing::operator+;
using Lines = std::vector<std::string>;

std::string id_of(const std::string& line) {
  const size_t at = line.find('#');
  return line.substr(at + 1, line.find(' ', at) - at - 1);
}

// A broker that does all that is right.
void answer_well(FakeBroker& broker, const std::string& line) {
  if (line.starts_with("CONNECT")) broker.say(broker.write.connack());
  if (line.starts_with("SUBSCRIBE")) broker.say(broker.write.suback(std::stoi(id_of(line)), {1}));
  if (line.starts_with("PUBLISH out q1")) broker.say(broker.write.puback(std::stoi(id_of(line))));
  if (line.starts_with("PUBLISH out q2")) broker.say(broker.write.pubrec(std::stoi(id_of(line))));
  if (line.starts_with("PUBREL")) broker.say(broker.write.pubcomp(std::stoi(id_of(line))));
  if (line.starts_with("PINGREQ")) broker.say(broker.write.pingresp());
}

class ClientTest : public ::testing::TestWithParam<Version>, protected Listener {
 protected:
  ClientTest() {
    settings.host = "127.0.0.1";
    settings.client_id = "me";
    settings.version = GetParam();
    settings.subscriptions = {{"a/#", 1}};
    settings.back_off_ms = 2;
    settings.most_back_off_ms = 10;
  }
  void on_message(Delivery delivery) override {
    messages.push_back(delivery.message.topic + (delivery.is_duplicate ? " again" : ""));
    last_size = delivery.message.payload.size();
    if (takes) deliveries.push_back(std::move(delivery));
  }
  void on_state(State state, const Error* reason) override {
    if (state == State::away) reasons.push_back(reason != nullptr ? reason->message : "");
  }
  void on_refused(const Error& error) override { refusals.push_back(error.message); }

  [[nodiscard]] bool is_v5() const { return GetParam() == Version::v5; }
  std::unique_ptr<Client> start(uint16_t port) {
    settings.port = port;
    auto client = Client::create(*loop, settings, *this);
    EXPECT_TRUE(client) << client.error().message;
    (*client)->start();
    return *std::move(client);
  }
  bool until(const std::function<bool()>& holds) { return testing::until(*loop, holds); }
  void publish(Client& client, const std::string& payload, uint8_t qos) {
    EXPECT_TRUE(client.publish(
        {.topic = "out", .payload = {payload.begin(), payload.end()}, .qos = qos},
        [this, payload](Result<void> result) { done.push_back(payload + (result ? "" : ": " + result.error().message)); }));
  }

  std::unique_ptr<io::Loop> loop = *io::Loop::create();
  Settings settings;
  Lines messages, reasons, refusals, done;
  std::vector<Delivery> deliveries;
  uint64_t last_size = 0;
  bool takes = true;
};

INSTANTIATE_TEST_SUITE_P(Versions, ClientTest, ::testing::Values(Version::v3_1_1, Version::v5),
                         [](const auto& info) { return info.param == Version::v5 ? "v5" : "v3_1_1"; });

TEST_P(ClientTest, ReceivesAcknowledgesPublishesAndStops) {
  FakeBroker broker(*loop, is_v5(), answer_well);
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.count("SUBSCRIBE") == 1; }));
  EXPECT_EQ(client->state(), State::connected);
  broker.say(broker.write.publish("a/b", "hello", 1, 17));
  ASSERT_TRUE(until([&] { return deliveries.size() == 1; }));
  EXPECT_EQ(broker.count("PUBACK"), 0u);
  publish(*client, "zero", 0);
  publish(*client, "one", 1);
  publish(*client, "two", 2);
  ASSERT_TRUE(until([&] { return done.size() == 3; }));
  deliveries[0].acknowledge();
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #17") == 1; }));
  bool has_stopped = false;
  client->stop([&] { has_stopped = true; });
  ASSERT_TRUE(until([&] { return has_stopped && broker.count("DISCONNECT") == 1; }));
  EXPECT_EQ(client->state(), State::away);
  const Counts counts = client->counts();
  EXPECT_EQ(counts.connections, 1u);
  EXPECT_EQ(counts.received, 1u);
  EXPECT_EQ(counts.acknowledged, 1u);
  EXPECT_EQ(counts.published, 3u);
  EXPECT_EQ(counts.waiting + counts.deliveries + counts.failures, 0u);
}

// Hangs up once at each kind of packet, then does what is right: every message gets through, and is told of once.
TEST_P(ClientTest, ConnectionsThatBreakAtEveryPoint) {
  for (const char* point : {"accept", "CONNECT", "SUBSCRIBE", "PUBLISH out q0", "PUBLISH out q1", "PUBLISH out q2", "PUBREL"}) {
    bool has_broken = false;
    std::string last;
    FakeBroker broker(*loop, is_v5(), [&](FakeBroker& self, const std::string& line) {
      if (!has_broken && line.starts_with(point)) {
        has_broken = true;
        return self.hang_up();
      }
      if (line.starts_with("CONNECT") && self.connections > 1)
        return self.say(self.write.connack(has_broken && self.count("SUBSCRIBE") > 0));
      answer_well(self, line);
    });
    broker.on_accept = [&] {
      if (std::string_view(point) == "accept" && !std::exchange(has_broken, true)) broker.hang_up();
    };
    done.clear();
    const auto client = start(broker.port());
    publish(*client, "one", 1);
    publish(*client, "two", 2);
    publish(*client, "zero", 0);
    ASSERT_TRUE(until([&] { return done.size() == 3; })) << point;
    EXPECT_TRUE(has_broken) << point;
    EXPECT_EQ(broker.connections, 2) << point;
    EXPECT_EQ(std::ranges::count(done, "one"), 1) << point;
    EXPECT_EQ(std::ranges::count(done, "two"), 1) << point;
    EXPECT_EQ(client->counts().failures, 1u) << point;
  }
}

TEST_P(ClientTest, ABrokerThatIsAwayIsTriedAgain) {
  uint16_t port = 0;
  {
    const FakeBroker broker(*loop, is_v5(), answer_well);
    port = broker.port();
  }
  const auto client = start(port);
  ASSERT_TRUE(until([&] { return reasons.size() >= 3; }));
  EXPECT_NE(reasons[0].find(format("broker 127.0.0.1:{}: cannot connect to 127.0.0.1:{}: Connection refused", port, port)),
            std::string::npos)
      << reasons[0];
  publish(*client, "early", 1);
  FakeBroker broker(*loop, is_v5(), answer_well, port);
  ASSERT_TRUE(until([&] { return done.size() == 1; }));
  EXPECT_EQ(done[0], "early");
}

TEST_P(ClientTest, ABrokerThatSaysNothingIsGivenUp) {
  settings.connect_time_ms = 30;
  FakeBroker broker(*loop, is_v5(), [](FakeBroker&, const std::string&) {});
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.connections >= 2; }));
  EXPECT_NE(reasons[0].find("no answer to CONNECT within 30 ms"), std::string::npos) << reasons[0];
}

TEST_P(ClientTest, ABrokerThatStopsToAnswerIsGivenUp) {
  settings.keep_alive_ms = 40;
  settings.answer_time_ms = 30;
  FakeBroker broker(*loop, is_v5(), [](FakeBroker& self, const std::string& line) {
    if (!line.starts_with("PINGREQ")) answer_well(self, line);
  });
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.connections >= 2; }));
  EXPECT_NE(reasons[0].find("did not answer a ping"), std::string::npos) << reasons[0];
  EXPECT_GE(broker.count("PINGREQ"), 1u);
}

TEST_P(ClientTest, PingsKeepAConnection) {
  settings.keep_alive_ms = 20;
  FakeBroker broker(*loop, is_v5(), answer_well);
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.count("PINGREQ") >= 3; }));
  EXPECT_EQ(broker.connections, 1);
}

TEST_P(ClientTest, NonsenseInsteadOfABroker) {
  FakeBroker broker(*loop, is_v5(),
                    [](FakeBroker& self, const std::string&) { self.say(testing::plain("HTTP/1.1 400 Bad Request\r\n\r\n")); });
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return !reasons.empty(); }));
  EXPECT_NE(reasons[0].find("what answers there is no broker of MQTT: it begins with 0x48"), std::string::npos) << reasons[0];
  EXPECT_EQ(client->counts().connections, 0u);
}

TEST_P(ClientTest, RefusedByTheBroker) {
  FakeBroker broker(*loop, is_v5(), [this](FakeBroker& self, const std::string& line) {
    if (line.starts_with("CONNECT")) self.say(self.write.connack(false, is_v5() ? 0x87 : 5));
  });
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return reasons.size() >= 2; }));
  EXPECT_NE(reasons[0].find("the broker refuses the connection: not authorized (0x87)"), std::string::npos) << reasons[0];
}

TEST_P(ClientTest, WhatIsLeftComesAgain) {
  FakeBroker broker(*loop, is_v5(), [](FakeBroker& self, const std::string& line) {
    if (!line.starts_with("CONNECT")) return answer_well(self, line);
    self.say(self.write.connack(self.connections > 1));
    if (self.count("PUBACK") == 0) self.say(self.write.publish("a/b", "x", 1, 9, self.connections > 1));
  });
  takes = false;  // deliveries end at once
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return messages.size() >= 3; }));
  EXPECT_EQ(messages[0], "a/b");
  EXPECT_EQ(messages[2], "a/b again");
  EXPECT_GE(broker.count("DISCONNECT"), 2u);
  EXPECT_EQ(reasons, Lines{});  // nothing went wrong
  takes = true;
  ASSERT_TRUE(until([&] { return !deliveries.empty(); }));
  deliveries[0].acknowledge();
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #9") == 1; }));
}

TEST_P(ClientTest, DeliveriesOutliveConnectionsAndClients) {
  FakeBroker broker(*loop, is_v5(), answer_well);
  auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.count("SUBSCRIBE") == 1; }));
  broker.say(broker.write.publish("a/b", "x", 1, 1) + broker.write.publish("a/c", "x", 1, 2));
  ASSERT_TRUE(until([&] { return deliveries.size() == 2; }));
  broker.hang_up();
  ASSERT_TRUE(until([&] { return broker.connections == 2 && client->state() == State::connected; }));
  deliveries[0].acknowledge();
  publish(*client, "after", 1);
  ASSERT_TRUE(until([&] { return done.size() == 1; }));
  EXPECT_EQ(broker.count("PUBACK"), 0u);
  client.reset();
  deliveries[1].acknowledge();
  deliveries.clear();
}

TEST_P(ClientTest, LargeMessagesBothWays) {
  constexpr uint64_t size = 5 << 20;
  FakeBroker broker(*loop, is_v5(), answer_well);
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return broker.count("SUBSCRIBE") == 1; }));
  publish(*client, std::string(size, 'x'), 1);
  publish(*client, "behind", 1);
  broker.say(broker.write.publish("a/large", std::string(size, 'y'), 1, 1));
  ASSERT_TRUE(until([&] { return done.size() == 2 && !deliveries.empty(); }));
  EXPECT_EQ(last_size, size);
  EXPECT_EQ(broker.lines.back(), "PUBLISH out q1 d0 #3 behind");
}

TEST_P(ClientTest, ManyMessages) {
  FakeBroker broker(*loop, is_v5(), answer_well);
  const auto client = start(broker.port());
  for (int i = 0; i < 3000; ++i) publish(*client, std::to_string(i), static_cast<uint8_t>(i % 3));
  ASSERT_TRUE(until([&] { return done.size() == 3000; }));
  EXPECT_EQ(broker.count("PUBLISH"), 3000u);
}

TEST_P(ClientTest, StoppingEndsWhateverItDoes) {
  for (const bool has_broker : {true, false}) {
    FakeBroker broker(*loop, is_v5(), [](FakeBroker&, const std::string&) {});
    done.clear();
    const auto client = start(broker.port());
    publish(*client, "lost", 1);
    if (has_broker) ASSERT_TRUE(until([&] { return broker.count("CONNECT") == 1; }));
    bool has_stopped = false;
    client->stop([&] { has_stopped = true; });
    ASSERT_TRUE(until([&] { return has_stopped; }));
    EXPECT_EQ(done, Lines{"lost: the client of the broker was stopped"});
  }
}

TEST_P(ClientTest, Tls) {
  const tls::TestCertificates certificates;
  const auto server = tls::Context::server({certificates.certificate, certificates.key});
  ASSERT_TRUE(server) << server.error().message;
  FakeBroker broker(*loop, is_v5(), answer_well, 0, server->get());
  settings.host = "localhost";
  settings.tls = *tls::Context::client(certificates.certificate);
  {
    const auto client = start(broker.port());
    ASSERT_TRUE(until([&] { return broker.count("SUBSCRIBE") == 1; })) << (reasons.empty() ? "" : reasons[0]);
    broker.say(broker.write.publish("a/large", std::string(1 << 20, 'y'), 1, 1));
    publish(*client, std::string(1 << 20, 'x'), 1);
    ASSERT_TRUE(until([&] { return done.size() == 1 && !deliveries.empty(); }));
    bool has_stopped = false;
    client->stop([&] { has_stopped = true; });
    ASSERT_TRUE(until([&] { return has_stopped && broker.count("DISCONNECT") == 1; }));
  }
  reasons.clear();
  settings.tls = *tls::Context::client(std::nullopt);  // whom the machine believes
  const auto client = start(broker.port());
  ASSERT_TRUE(until([&] { return !reasons.empty(); }));
  EXPECT_NE(reasons[0].find("certificate"), std::string::npos) << reasons[0];
  EXPECT_EQ(client->counts().connections, 0u);
}

TEST_P(ClientTest, AHostThatIsNotThere) {
  settings.host = "no such name";
  const auto client = start(1883);
  ASSERT_TRUE(until([&] { return !reasons.empty(); }));
  EXPECT_NE(reasons[0].find("no such name"), std::string::npos) << reasons[0];
}

}  // namespace
}  // namespace mote::mqtt
