// The client against mosquitto, in both versions of the protocol: what another implementation of the specification makes of it.
#include "base/tls/certificates_testing.h"
#include "base/tls/context.h"
#include "tests/mqtt/mosquitto.h"

#include <algorithm>
#include <set>

namespace mote::mqtt::testing {
namespace {

using Lines = std::vector<std::string>;

class BrokerTest : public ::testing::TestWithParam<Version> {
 protected:
  void SetUp() override {
    if (mosquitto_path().empty()) GTEST_SKIP() << "no mosquitto: scripts/setup test";
  }
  [[nodiscard]] Settings settings(const Mosquitto& broker, const std::string& id,
                                  std::vector<Subscription> subscriptions = {}) const {
    Settings made{.host = "localhost", .port = broker.port};
    made.version = GetParam();
    made.client_id = id;
    made.subscriptions = std::move(subscriptions);
    made.back_off_ms = 10;
    made.most_back_off_ms = 100;
    return made;
  }
  bool until(const std::function<bool()>& holds) { return testing::until(*loop, holds); }
  std::unique_ptr<io::Loop> loop = *io::Loop::create();
};

INSTANTIATE_TEST_SUITE_P(Versions, BrokerTest, ::testing::Values(Version::v3_1_1, Version::v5),
                         [](const auto& info) { return info.param == Version::v5 ? "v5" : "v3_1_1"; });

TEST_P(BrokerTest, EveryQualityArrivesOnceAndInOrder) {
  const Mosquitto broker;
  Peer to(*loop, settings(broker, "to", {{"a/#", 2}})), from(*loop, settings(broker, "from"));
  ASSERT_TRUE(to.connect() && from.connect());
  Lines expected[3];
  for (int i = 0; i < 600; ++i) {
    from.publish("a/" + std::to_string(i % 3), std::to_string(i), static_cast<uint8_t>(i % 3));
    expected[i % 3].push_back("a/" + std::to_string(i % 3) + " " + std::to_string(i));
  }
  ASSERT_TRUE(until([&] { return from.published == 600 && to.messages.size() >= 600; })) << to.messages.size();
  ASSERT_TRUE(to.settle());
  Lines found[3];
  for (size_t i = 0; i < to.messages.size(); ++i) found[to.qualities[i]].push_back(to.messages[i]);
  for (int qos = 0; qos < 3; ++qos) EXPECT_EQ(found[qos], expected[qos]) << qos;
  EXPECT_EQ(to.reasons.size() + from.reasons.size() + from.failed, 0u);
}

TEST_P(BrokerTest, ASessionIsKeptWhileWeAreAway) {
  const Mosquitto broker;
  Peer from(*loop, settings(broker, "from"));
  const Settings mine = settings(broker, "to", {{"a", 1}});
  {
    Peer to(*loop, mine);
    ASSERT_TRUE(to.connect() && from.connect());
    to.stop();
  }
  for (int i = 0; i < 50; ++i) from.publish("a", std::to_string(i), 1);
  ASSERT_TRUE(until([&] { return from.published == 50; }));
  Peer to(*loop, mine);
  ASSERT_TRUE(until([&] { return to.messages.size() >= 50; }));
  ASSERT_TRUE(to.settle());
  ASSERT_EQ(to.messages.size(), 50u);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(to.messages[i].substr(0, to.messages[i].find(" again")), "a " + std::to_string(i));
}

TEST_P(BrokerTest, WhatIsNotAcknowledgedComesAgain) {
  const Mosquitto broker;
  Peer from(*loop, settings(broker, "from"));
  Peer to(*loop, settings(broker, "to", {{"a", 2}}));
  ASSERT_TRUE(to.connect() && from.connect());
  std::set<std::string> left;
  to.on_delivery = [&](Delivery delivery) {
    const std::string payload(delivery.message.payload.begin(), delivery.message.payload.end());
    if ((payload == "1" || payload == "2") && left.insert(payload).second) return;
    delivery.acknowledge();
  };
  for (int i = 0; i < 4; ++i) from.publish("a", std::to_string(i), static_cast<uint8_t>(1 + i % 2));
  const auto times = [&](const std::string& payload) {
    return std::ranges::count(to.messages, "a " + payload) + std::ranges::count(to.messages, "a " + payload + " again");
  };
  ASSERT_TRUE(until([&] { return times("1") == 2 && times("2") == 2; })) << ::testing::PrintToString(to.messages);
  ASSERT_TRUE(to.settle());
  EXPECT_EQ(times("0"), 1);
  EXPECT_EQ(times("3"), 1);  // of quality of service 2: acknowledged behind one that was left, and yet not twice
  EXPECT_EQ(to.client->counts().left, 2u);
}

TEST_P(BrokerTest, SharedSubscriptionsShare) {
  const Mosquitto broker;
  Peer one(*loop, settings(broker, "one", {{"$share/group/a/#", 1}})),
      two(*loop, settings(broker, "two", {{"$share/group/a/#", 1}}));
  Peer from(*loop, settings(broker, "from"));
  ASSERT_TRUE(one.connect() && two.connect() && from.connect());
  for (int i = 0; i < 100; ++i) from.publish("a/b", std::to_string(i), 1);
  ASSERT_TRUE(until([&] { return one.messages.size() + two.messages.size() >= 100; }));
  ASSERT_TRUE(one.settle() && two.settle());
  EXPECT_EQ(one.messages.size() + two.messages.size(), 100u);
  EXPECT_GT(one.messages.size(), 0u);
  EXPECT_GT(two.messages.size(), 0u);
}

TEST_P(BrokerTest, RetainedMessagesAndWills) {
  const Mosquitto broker;
  Settings mortal = settings(broker, "from");
  mortal.will = Message{.topic = "a/will", .payload = {'x'}, .qos = 1};
  Peer to(*loop, settings(broker, "to", {{"a/#", 1}}));
  ASSERT_TRUE(to.connect());
  {
    Peer from(*loop, mortal);
    ASSERT_TRUE(from.connect());
    from.publish("a/kept", "y", 1, true);
    ASSERT_TRUE(until([&] { return from.published == 1; }));
  }  // without a word
  ASSERT_TRUE(until([&] { return to.messages.size() == 2; }));
  EXPECT_EQ(to.messages, (Lines{"a/kept y", "a/will x"}));
  Peer late(*loop, settings(broker, "late", {{"a/kept", 0}}));
  ASSERT_TRUE(until([&] { return late.messages.size() == 1; }));
  Peer polite(*loop, mortal);
  ASSERT_TRUE(polite.connect());
  polite.stop();
  ASSERT_TRUE(to.settle());
  EXPECT_EQ(to.messages.size(), 2u);
}

TEST_P(BrokerTest, Properties) {
  if (GetParam() != Version::v5) GTEST_SKIP() << "MQTT 3.1.1 has none";
  const Mosquitto broker;
  Peer to(*loop, settings(broker, "to", {{"a", 1}})), from(*loop, settings(broker, "from"));
  std::optional<Message> found;
  to.on_delivery = [&](Delivery delivery) {
    found = delivery.message;
    delivery.acknowledge();
  };
  ASSERT_TRUE(to.connect() && from.connect());
  Message message{.topic = "a", .payload = {'x'}, .qos = 1, .expiry_s = 100, .is_text = true, .content_type = "text/plain"};
  message.response_topic = "answers/1";
  message.correlation_data = {0, 255};
  message.user_properties = {{"k", "1"}, {"k", "2"}};
  ASSERT_TRUE(from.client->publish(message, nullptr));
  ASSERT_TRUE(until([&] { return found.has_value(); }));
  EXPECT_TRUE(found->expiry_s && *found->expiry_s <= 100);
  EXPECT_TRUE(found->is_text);
  EXPECT_EQ(found->content_type, message.content_type);
  EXPECT_EQ(found->response_topic, message.response_topic);
  EXPECT_EQ(found->correlation_data, message.correlation_data);
  EXPECT_EQ(found->user_properties, message.user_properties);
}

TEST_P(BrokerTest, PasswordsAndTls) {
  const tls::TestCertificates certificates;
  const std::string folder = *os::make_temporary_folder("mote-mqtt-password-");
  const std::string passwords = folder + "/passwords";
  ASSERT_EQ(std::system(format("mosquitto_passwd -b -c {} edge right >/dev/null 2>&1", passwords).c_str()), 0);
  const Mosquitto broker(format("allow_anonymous false\npassword_file {}\ncertfile {}\nkeyfile {}\n", passwords,
                                certificates.certificate, certificates.key));
  Settings mine = settings(broker, "me");
  mine.tls = *tls::Context::client(certificates.certificate);
  mine.user_name = "edge";
  mine.password = "right";
  Peer right(*loop, mine);
  ASSERT_TRUE(right.connect()) << (right.reasons.empty() ? "" : right.reasons[0]);
  mine.client_id = "other";
  mine.password = "wrong";
  const Peer wrong(*loop, mine);
  ASSERT_TRUE(until([&] { return !wrong.reasons.empty() && wrong.reasons.back().find("refuses") != std::string::npos; }));
  EXPECT_NE(wrong.reasons.back().find("the broker refuses the connection: not authorized"), std::string::npos)
      << wrong.reasons.back();
  mine.tls = nullptr;
  const Peer plain(*loop, mine);
  ASSERT_TRUE(until([&] { return !plain.reasons.empty(); }));
  mine.tls = *tls::Context::client(std::nullopt);
  const Peer mistrusting(*loop, mine);
  ASSERT_TRUE(
      until([&] { return !mistrusting.reasons.empty() && mistrusting.reasons.back().find("certificate") != std::string::npos; }));
  EXPECT_TRUE(os::remove_folder(folder));
}

// Killed while messages are under way, and started again: whatever it had not acknowledged is sent again.
TEST_P(BrokerTest, ABrokerThatIsKilled) {
  Mosquitto broker(saving);
  Peer from(*loop, settings(broker, "from"));
  ASSERT_TRUE(from.connect());
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 60; ++i) from.publish("a", std::to_string(i), static_cast<uint8_t>(1 + i % 2));
    ASSERT_TRUE(until([&] { return from.published > (round - 1) * 60u + 10; }));
    broker.end(SIGKILL);
    ASSERT_TRUE(until([&] { return from.client->state() != State::connected; }));
    broker.start();
    ASSERT_TRUE(until([&] { return from.published == round * 60u; })) << from.published;
  }
  EXPECT_EQ(from.failed, 0u);
}

}  // namespace
}  // namespace mote::mqtt::testing
