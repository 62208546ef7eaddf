// The session against a broker that the test plays, packet by packet: what is sent when, what is owed after a lost connection, and
// brokers that do not keep to the protocol.
#include "base/mqtt/session.h"

#include "base/mqtt/packets_testing.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::mqtt {
namespace {

using testing::Broker;
using testing::Buffer;
using testing::operator+;
using Lines = std::vector<std::string>;

constexpr uint64_t second = 1'000'000'000;

class SessionTest : public ::testing::TestWithParam<Version>, protected Receiver {
 protected:
  SessionTest() {
    settings.host = "localhost";
    settings.client_id = "me";
    settings.version = GetParam();
    settings.subscriptions = {{"a/#", 1}};
    settings.deliveries = 4;
    broker.is_v5 = GetParam() == Version::v5;
  }
  void opened() override { ++times_opened; }
  void came(Message message, bool is_duplicate, uint64_t key) override {
    lines.push_back(message.topic + " " + std::string(message.payload.begin(), message.payload.end()) +
                    (is_duplicate ? " again" : ""));
    keys.push_back(key);
    last = std::move(message);
  }
  void refused(Error error) override { lines.push_back(error.message); }

  // What the session sent since.
  Lines told() {
    const Bytes output = session.output();
    Buffer sent(output.begin(), output.end());
    session.sent(sent.size(), now);
    Lines made = testing::take_packets(sent, broker.is_v5);
    EXPECT_TRUE(sent.empty());
    return made;
  }
  Lines seen() { return std::exchange(lines, {}); }
  void say(const Buffer& bytes) {
    const auto used = session.receive(bytes, now);
    ASSERT_TRUE(used) << used.error().text();
    EXPECT_EQ(*used, bytes.size());
  }
  std::string say_wrong(const Buffer& bytes) {
    const auto used = session.receive(bytes, now);
    return used ? "accepted" : used.error().message;
  }
  // A connection that is open, and subscribed.
  void open(bool has_session = false, const Buffer& properties = {}) {
    session.begin(now);
    told();
    say(broker.connack(has_session, 0, broker.is_v5 ? properties : Buffer{}));
    for (const std::string& line : told())
      if (line.starts_with("SUBSCRIBE")) say(broker.suback(std::stoi(line.substr(11)), {1}));
  }
  void publish(const std::string& payload, uint8_t qos) {
    const auto taken = session.publish(
        {.topic = "out", .payload = {payload.begin(), payload.end()}, .qos = qos},
        [this, payload](Result<void> result) { done.push_back(payload + (result ? "" : ": " + result.error().message)); });
    EXPECT_TRUE(taken) << taken.error().message;
  }

  Broker broker;
  Settings settings;
  Session session{settings, *this};
  Lines lines, done;
  std::vector<uint64_t> keys;
  Message last;
  int times_opened = 0;
  uint64_t now = 100 * second;
};

INSTANTIATE_TEST_SUITE_P(Versions, SessionTest, ::testing::Values(Version::v3_1_1, Version::v5),
                         [](const auto& info) { return info.param == Version::v5 ? "v5" : "v3_1_1"; });

TEST_P(SessionTest, ConnectsAndSubscribes) {
  settings.user_name = "user";
  settings.password = "secret";
  settings.will = Message{.topic = "will", .payload = {'x'}, .qos = 1, .is_retained = true};
  session.begin(now);
  EXPECT_EQ(told(), Lines{format("CONNECT v{} clean=0 id=me will=will,x user=user password=secret", broker.is_v5 ? 5 : 4)});
  EXPECT_FALSE(session.is_open());
  say(broker.connack());
  EXPECT_TRUE(session.is_open());
  EXPECT_EQ(told(), Lines{"SUBSCRIBE #1 a/# 1"});
  say(broker.suback(1, {1}));
  EXPECT_EQ(times_opened, 1);
  session.lost();
  open(true);
  EXPECT_EQ(told(), Lines{});  // the session has the subscription
}

TEST_P(SessionTest, ASessionOfAnotherTimeIsSubscribedAgain) {
  session.begin(now);
  told();
  say(broker.connack(true));
  EXPECT_EQ(told(), Lines{"SUBSCRIBE #1 a/# 1"});
}

TEST_P(SessionTest, RefusalsAreTold) {
  session.begin(now);
  EXPECT_NE(say_wrong(broker.connack(false, broker.is_v5 ? 0x86 : 4)).find("wrong user name or password"), std::string::npos);
  session.lost();
  session.begin(now);
  told();
  say(broker.connack());
  say(broker.suback(1, {broker.is_v5 ? uint8_t{0x87} : uint8_t{0x80}}));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("the broker refuses the subscription to \"a/#\""), std::string::npos);
}

TEST_P(SessionTest, MessagesComeInPieces) {
  open();
  const Buffer bytes = broker.publish("a/b", "hello", 0) + broker.publish("a/c", "", 0);
  Buffer waiting;
  for (const uint8_t byte : bytes) {
    waiting.push_back(byte);
    const auto used = session.receive(waiting, now);
    ASSERT_TRUE(used);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<int64_t>(*used));
  }
  EXPECT_EQ(seen(), (Lines{"a/b hello", "a/c "}));
  EXPECT_EQ(keys, (std::vector<uint64_t>{0, 0}));
}

TEST_P(SessionTest, AcknowledgesLateAndInOrder) {
  open();
  say(broker.publish("a/1", "x", 1, 11) + broker.publish("a/2", "x", 1, 12) + broker.publish("a/3", "x", 1, 13));
  EXPECT_EQ(told(), Lines{});
  session.acknowledge(keys[1]);
  EXPECT_EQ(told(), Lines{});  // after the first
  session.acknowledge(keys[0]);
  EXPECT_EQ(told(), (Lines{"PUBACK #11", "PUBACK #12"}));
  session.acknowledge(keys[0]);
  session.acknowledge(9999);
  EXPECT_EQ(told(), Lines{});
  session.acknowledge(keys[2]);
  EXPECT_EQ(told(), Lines{"PUBACK #13"});
  EXPECT_EQ(session.deliveries(), 0u);
}

TEST_P(SessionTest, QualityTwoComesOnce) {
  open();
  say(broker.publish("a/1", "x", 2, 7));
  EXPECT_EQ(told(), Lines{});
  session.acknowledge(keys[0]);
  EXPECT_EQ(told(), Lines{"PUBREC #7"});
  session.lost();
  open(true);
  say(broker.publish("a/1", "x", 2, 7, true));  // it did not see our answer
  EXPECT_EQ(seen(), Lines{"a/1 x"});
  EXPECT_EQ(told(), Lines{"PUBREC #7"});
  say(broker.pubrel(7));
  EXPECT_EQ(told(), Lines{"PUBCOMP #7"});
  say(broker.pubrel(7));
  EXPECT_EQ(told(), Lines{broker.is_v5 ? "PUBCOMP #7 0x92" : "PUBCOMP #7"});
  say(broker.publish("a/1", "y", 2, 7));  // another
  EXPECT_EQ(seen(), Lines{"a/1 y"});
}

TEST_P(SessionTest, WhatWasNotAcknowledgedIsForgottenWithItsConnection) {
  open();
  say(broker.publish("a/1", "x", 1, 7));
  const uint64_t early = keys[0];
  session.lost();
  open(true);
  session.acknowledge(early);
  EXPECT_EQ(told(), Lines{});
  say(broker.publish("a/1", "x", 1, 7, true));
  EXPECT_EQ(seen(), (Lines{"a/1 x", "a/1 x again"}));
  session.acknowledge(early);
  EXPECT_EQ(told(), Lines{});
  session.acknowledge(keys[1]);
  EXPECT_EQ(told(), Lines{"PUBACK #7"});
}

TEST_P(SessionTest, WhatIsLeftWantsANewConnection) {
  open();
  say(broker.publish("a/1", "x", 1, 7) + broker.publish("a/2", "x", 1, 8));
  session.acknowledge(keys[1]);
  EXPECT_FALSE(session.wants_renewal());
  session.leave(keys[0]);
  EXPECT_TRUE(session.wants_renewal());
  EXPECT_EQ(told(), Lines{});
  session.say_goodbye();
  EXPECT_EQ(told(), Lines{"DISCONNECT"});
  session.lost();
  EXPECT_FALSE(session.wants_renewal());
}

TEST_P(SessionTest, WithoutASessionToKeepLeavingAcknowledges) {
  settings.session_expiry_ms = 0;
  open();
  say(broker.publish("a/1", "x", 1, 7));
  session.leave(keys[0]);
  EXPECT_FALSE(session.wants_renewal());
  EXPECT_EQ(told(), Lines{"PUBACK #7"});
  session.lost();
  session.begin(now);
  EXPECT_EQ(told(), Lines{format("CONNECT v{} clean=1 id=me", broker.is_v5 ? 5 : 4)});
  EXPECT_NE(say_wrong(broker.connack(true)), "accepted");
}

TEST_P(SessionTest, PublishesByQuality) {
  publish("early", 1);
  EXPECT_EQ(told(), Lines{});
  open();  // sent behind SUBSCRIBE
  publish("zero", 0);
  publish("one", 1);
  publish("two", 2);
  EXPECT_EQ(done, Lines{});
  EXPECT_EQ(told(), (Lines{"PUBLISH out q0 d0 zero", "PUBLISH out q1 d0 #3 one", "PUBLISH out q2 d0 #4 two"}));
  EXPECT_EQ(done, Lines{"zero"});
  say(broker.puback(3) + broker.pubrec(4) + broker.puback(2));
  EXPECT_EQ(told(), Lines{"PUBREL #4"});
  say(broker.pubcomp(4));
  EXPECT_EQ(done, (Lines{"zero", "one", "early", "two"}));
  EXPECT_EQ(session.waiting(), 0u);
}

TEST_P(SessionTest, SendsAgainAfterALostConnection) {
  open();
  publish("one", 1);
  publish("two", 2);
  publish("three", 2);
  told();
  say(broker.pubrec(4));
  EXPECT_EQ(told(), Lines{"PUBREL #4"});
  session.lost();
  publish("meanwhile", 1);
  session.begin(now);
  told();
  say(broker.connack(true));
  EXPECT_EQ(told(), (Lines{"PUBLISH out q1 d1 #2 one", "PUBLISH out q2 d1 #3 two", "PUBREL #4", "PUBLISH out q1 d0 #5 meanwhile"}));
  say(broker.puback(2) + broker.pubrec(3) + broker.pubcomp(4) + broker.pubcomp(3) + broker.puback(5));
  EXPECT_EQ(done, (Lines{"one", "three", "two", "meanwhile"}));
}

TEST_P(SessionTest, ALostSessionLosesNothing) {
  open();
  publish("one", 1);
  publish("two", 2);
  publish("three", 2);
  told();
  say(broker.pubrec(4));
  told();
  session.lost();
  session.begin(now);
  told();
  say(broker.connack(false));
  EXPECT_EQ(done, Lines{"three"});  // the broker had said that it has it
  EXPECT_EQ(told(), (Lines{"SUBSCRIBE #5 a/# 1", "PUBLISH out q1 d0 #2 one", "PUBLISH out q2 d0 #3 two"}));
}

TEST_P(SessionTest, NoMoreInFlightThanAllowed) {
  settings.in_flight = 2;
  open();
  for (const char* payload : {"1", "2", "3", "4"}) publish(payload, 1);
  EXPECT_EQ(told(), (Lines{"PUBLISH out q1 d0 #2 1", "PUBLISH out q1 d0 #3 2"}));
  say(broker.puback(2));
  EXPECT_EQ(told(), Lines{"PUBLISH out q1 d0 #4 3"});
  session.lost();
  session.begin(now);
  told();
  say(broker.connack(true));
  EXPECT_EQ(told(), (Lines{"PUBLISH out q1 d1 #3 2", "PUBLISH out q1 d1 #4 3"}));
  say(broker.puback(4) + broker.puback(3));
  EXPECT_EQ(told(), Lines{"PUBLISH out q1 d0 #5 4"});
}

TEST_P(SessionTest, BrokersThatCannotSayHowManyTheyTakeGetFew) {
  open();
  for (int i = 0; i < 30; ++i) publish("x", 1);
  EXPECT_EQ(told().size(), broker.is_v5 ? 30u : 20u);
}

TEST_P(SessionTest, TooMuchThatWaitsIsRefused) {
  settings.waiting = 2;
  publish("1", 1);
  publish("2", 0);
  const auto refused = session.publish({.topic = "out"}, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  settings.waiting = 100;
  settings.waiting_size = 10'000;
  const auto large = session.publish({.topic = "out", .payload = std::vector<uint8_t>(10'000)}, nullptr);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::limit);
  session.give_up({ErrorKind::unavailable, "over"});
  EXPECT_EQ(done, (Lines{"1: over", "2: over"}));
}

TEST_P(SessionTest, WhatWasNotSentFailsAtQualityZero) {
  open();
  publish("zero", 0);
  session.lost();
  ASSERT_EQ(done.size(), 1u);
  EXPECT_NE(done[0].find("ended before the message was sent"), std::string::npos);
}

TEST_P(SessionTest, Pings) {
  open();
  EXPECT_EQ(session.deadline_ns(), now + 45 * second);
  now += 45 * second;
  EXPECT_TRUE(session.tick(now));
  EXPECT_EQ(told(), Lines{"PINGREQ"});
  now += 5 * second;
  say(broker.pingresp());
  EXPECT_EQ(session.deadline_ns(), now + 40 * second);
  now += 40 * second;
  EXPECT_TRUE(session.tick(now));
  told();
  now += 10 * second;
  const auto silent = session.tick(now);
  ASSERT_FALSE(silent);
  EXPECT_NE(silent.error().message.find("did not answer a ping"), std::string::npos);
}

TEST_P(SessionTest, DuplicatesOfWhatIsBeingWorkedOnArePassedOver) {
  open();
  say(broker.publish("a/1", "x", 1, 7) + broker.publish("a/1", "x", 1, 7, true));
  EXPECT_EQ(seen(), Lines{"a/1 x"});
}

TEST_P(SessionTest, DeliveriesThatTakeTooMuchEndTheConnection) {
  settings.deliveries_size = 10'000;
  open();
  for (int id = 1; id <= 8; ++id) say(broker.publish("a", std::string(500, 'x'), id % 2 + 1, id));
  EXPECT_NE(say_wrong(broker.publish("a", std::string(8000, 'x'), 1, 9)).find("take more than 10000 bytes (mqtt-deliveries-size)"),
            std::string::npos);
  EXPECT_EQ(told(), broker.is_v5 ? Lines{"DISCONNECT 0x93"} : Lines{});
}

TEST_P(SessionTest, WrongBrokersAreToldWhatIsWrong) {
  const struct {
    Buffer bytes;
    const char* words;
  } rows[] = {
      {broker.connack(), "CONNACK twice"},
      {{0x00, 0x00}, "type 0"},
      {{0x10, 0x00}, "CONNECT: nothing that a broker sends"},
      {{0x82, 0x00}, "SUBSCRIBE: nothing that a broker sends"},
      {{0x41, 0x02, 0, 1}, "PUBACK: flags 0x1"},
      {{0x60, 0x02, 0, 1}, "PUBREL: flags 0x0"},
      {{0x40, 0x02, 0, 0}, "identifier of 0"},
      {{0x40, 0x01, 0}, "the packet ends"},
      {{0x30, 0xff, 0xff, 0xff, 0xff, 0x01}, "more than four bytes"},
      {{0x30, 0xff, 0xff, 0xff, 0x7f}, "are allowed (mqtt-packet-size)"},
      {testing::packet(0x36, testing::text("a") + testing::number(1)), "quality of service of 3"},
      {testing::packet(0x38, testing::text("a")), "a duplicate with a quality of service of 0"},
      {broker.publish("a/+", "x"), "are for filters"},
      {broker.publish("", "x"), "the topic is empty"},
      {broker.publish("a\xff", "x"), "not UTF-8"},
      {broker.publish("a", "x", 1, 0), "identifier of 0"},
      {broker.publish("a", "x", 1, 5) + broker.publish("a", "x", 2, 5), "identifier 5 is in use"},
      {broker.suback(77, {0}), "was not subscribed"},
      {{0xd0, 0x01, 0}, "1 bytes too many"},
      {{0xf0, 0x00}, "AUTH: nothing that a broker sends"},
  };
  for (const auto& row : rows) {
    open();
    const std::string words = say_wrong(row.bytes);
    EXPECT_NE(words.find(row.words), std::string::npos) << words << " instead of " << row.words;
    const Lines last_word = told();
    if (broker.is_v5) {
      ASSERT_EQ(last_word.size(), 1u) << words;
      EXPECT_TRUE(last_word[0].starts_with("DISCONNECT 0x")) << last_word[0];
    }
    session.lost();
  }
}

TEST_P(SessionTest, AnswersOutOfPlace) {
  open();
  say(broker.puback(999) + broker.pubcomp(999));
  EXPECT_EQ(told(), Lines{});
  say(broker.pubrec(999));
  EXPECT_EQ(told().size(), 1u);  // PUBREL, so that the broker may forget
  publish("one", 1);
  told();
  EXPECT_NE(say_wrong(broker.pubrec(2)).find("PUBREC for a message that awaits PUBACK"), std::string::npos);
  session.lost();
  open(true);
  EXPECT_EQ(session.waiting(), 1u);
}

class Session5Test : public SessionTest {};
INSTANTIATE_TEST_SUITE_P(Versions, Session5Test, ::testing::Values(Version::v5), [](const auto&) { return "v5"; });

TEST_P(Session5Test, PropertiesArrive) {
  open();
  const Buffer properties = Buffer{1, 1, 2, 0, 0, 0, 9, 3} + testing::text("text/plain") + Buffer{8} + testing::text("answers") +
                            Buffer{9} + testing::text("id") + Buffer{11, 0x80, 1, 38} + testing::text("n") + testing::text("1") +
                            Buffer{38} + testing::text("n") + testing::text("2");
  say(broker.publish("a", "x", 0, 0, false, properties));
  EXPECT_TRUE(last.is_text);
  EXPECT_EQ(last.expiry_s, 9u);
  EXPECT_EQ(last.content_type, "text/plain");
  EXPECT_EQ(last.response_topic, "answers");
  EXPECT_EQ(std::string(last.correlation_data.begin(), last.correlation_data.end()), "id");
  ASSERT_EQ(last.user_properties.size(), 2u);
  EXPECT_EQ(last.user_properties[1].second, "2");
}

TEST_P(Session5Test, PropertiesAreWrittenAsTheyAreRead) {
  open();
  Message message{
      .topic = "a/x", .payload = {1, 2}, .qos = 1, .expiry_s = 70'000, .is_text = true, .content_type = "c", .response_topic = "r"};
  message.correlation_data = {0, 255};
  message.user_properties = {{"k", "v"}, {"k", ""}};
  ASSERT_TRUE(session.publish(message, nullptr));
  const Bytes output = session.output();
  Buffer echo(output.begin(), output.end());
  EXPECT_EQ(echo.size(), size_of_publish(message, Version::v5));
  say(echo);
  EXPECT_EQ(last.payload, message.payload);
  EXPECT_EQ(last.expiry_s, message.expiry_s);
  EXPECT_EQ(last.is_text, true);
  EXPECT_EQ(last.content_type, "c");
  EXPECT_EQ(last.response_topic, "r");
  EXPECT_EQ(last.correlation_data, message.correlation_data);
  EXPECT_EQ(last.user_properties, message.user_properties);
}

TEST_P(Session5Test, WrongPropertiesEndTheConnection) {
  const struct {
    Buffer properties;
    const char* words;
  } rows[] = {
      {{35, 0, 1}, "topic alias"},
      {{1, 2}, "payload_format_indicator is 2"},
      {{2, 0, 0, 0, 1, 2, 0, 0, 0, 1}, "message_expiry_interval is there twice"},
      {{11, 0}, "subscription_identifier is 0"},
      {{17, 0, 0, 0, 1}, "session_expiry_interval has no place"},
      {{99}, "a property 99 is not known"},
      {{2, 0, 0}, "the packet ends"},
      {{8, 0, 1, '#'}, "are for filters"},
      {{3, 0, 2, 0xc3, 0x28}, "not UTF-8"},
      {{0x80, 0x80, 0x80, 0x80, 1}, "more than four bytes"},
  };
  for (const auto& row : rows) {
    open();
    const std::string words = say_wrong(broker.publish("a", "x", 0, 0, false, row.properties));
    EXPECT_NE(words.find(row.words), std::string::npos) << words << " instead of " << row.words;
    told();
    session.lost();
  }
}

TEST_P(Session5Test, LimitsOfTheBrokerHold) {
  // receive maximum 1, packets of 40 bytes, quality of service 1, nothing retained, keep-alive of 8 s
  open(false, Buffer{33, 0, 1, 39, 0, 0, 0, 40, 36, 1, 37, 0, 19, 0, 8});
  publish("1", 1);
  publish("2", 1);
  EXPECT_EQ(told(), Lines{"PUBLISH out q1 d0 #2 1"});
  say(broker.puback(2));
  told();
  say(broker.puback(3));
  publish(std::string(40, 'x'), 1);
  publish("two", 2);
  EXPECT_TRUE(session.publish({.topic = "out", .is_retained = true},
                              [this](Result<void> result) { done.push_back(result.error().message); }));
  ASSERT_EQ(done.size(), 5u);
  EXPECT_NE(done[2].find("the broker takes 40"), std::string::npos);
  EXPECT_NE(done[3].find("a quality of service of 1 at most"), std::string::npos);
  EXPECT_NE(done[4].find("does not retain"), std::string::npos);
  EXPECT_EQ(told(), Lines{});
  EXPECT_EQ(session.deadline_ns(), now + 6 * second);
}

TEST_P(Session5Test, RefusedMessagesFail) {
  open();
  publish("one", 1);
  publish("two", 2);
  publish("three", 1);
  told();
  say(broker.puback(2, 0x87) + broker.pubrec(3, 0x97) + broker.puback(4, 0x10));  // 0x10: nobody subscribed, which is fine
  ASSERT_EQ(done.size(), 3u);
  EXPECT_EQ(done[0], "one: the broker refuses a message to \"out\": not authorized (0x87)");
  EXPECT_EQ(done[1], "two: the broker refuses a message to \"out\": a quota is used up (0x97)");
  EXPECT_EQ(done[2], "three");
}

TEST_P(Session5Test, TheBrokersLastWordIsTold) {
  open();
  EXPECT_NE(say_wrong(broker.disconnect(0x8e)).find("two have one client identifier (0x8e)"), std::string::npos);
  EXPECT_EQ(told(), Lines{});
}

TEST_P(Session5Test, ABrokerOf311SaysThatItIsOne) {
  session.begin(now);
  told();
  EXPECT_NE(say_wrong({0x20, 2, 0, 1}).find("does not speak this version"), std::string::npos);
}

}  // namespace
}  // namespace mote::mqtt
