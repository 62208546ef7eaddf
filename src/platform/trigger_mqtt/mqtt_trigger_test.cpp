// Messages of a broker of the test's own, events that the test answers: what is acknowledged when.
#include "platform/trigger_mqtt/mqtt_trigger.h"

#include "base/mqtt/broker_testing.h"
#include "platform/trigger_mqtt/answer.h"
#include "platform/trigger_mqtt/broker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace mote::trigger_mqtt {
namespace {

using mqtt::testing::FakeBroker;
using mqtt::testing::operator+;
using trigger::Outcome;
using Lines = std::vector<std::string>;

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}
int id_of(const std::string& line) {
  return std::stoi(line.substr(line.find('#') + 1));
}

class MqttTriggerTest : public ::testing::Test, protected trigger::Dispatcher, protected Observer {
 protected:
  ~MqttTriggerTest() override { EXPECT_TRUE(os::remove_folder(folder)); }

  // Answers all but the publications of answers, unless it is to.
  void answer(FakeBroker& self, const std::string& line) {
    if (line.starts_with("CONNECT")) self.say(self.write.connack(self.count("SUBSCRIBE") > 0));
    if (line.starts_with("SUBSCRIBE")) self.say(self.write.suback(id_of(line), {1}));
    if (line.starts_with("PUBLISH") && takes_answers) self.say(self.write.puback(id_of(line)));
  }
  void dispatch(size_t component, trigger::Event& event) override {
    event.id = ++events;
    inputs.push_back(std::to_string(component) + " " + text(event.input()));
    waiting.push_back(&event);
    if (reply) reply(event);
  }
  void complain(const Target*, uint64_t, std::string_view words) override { complaints.emplace_back(words); }
  void answered(const Target& target, uint64_t, Bytes answer) override { logged.push_back(target.id + " " + text(answer)); }
  void changed(mqtt::State, const Error*) override {}

  static Target target(const std::string& filter, const std::string& to) {
    Target made{
        .id = filter, .filter = filter, .reply = *manifest::Template::parse(to), .qos = 1, .event_most = 100, .attempts = 3};
    made.executor.content_type = "text/plain";
    return made;
  }
  void start(std::vector<Target> targets, bool has_outbox = false, uint64_t outbox_size = 1 << 20) {
    if (has_outbox) box = *outbox::Outbox::open({.path = folder + "/outbox.db", .most_size = outbox_size});
    mqtt::Settings settings{.host = "127.0.0.1", .port = broker.port()};
    settings.client_id = "me";
    settings.subscriptions = {{"in/#", 1}};
    settings.back_off_ms = 2;
    settings.most_back_off_ms = 10;
    trigger = *MqttTrigger::create(*loop, *this, *this, settings, box.get());
    auto routes = std::make_shared<Routes>();
    routes->targets = std::move(targets);
    trigger->install(std::move(routes));
    trigger->start();
    ASSERT_TRUE(until([&] { return broker.count("SUBSCRIBE") == 1; }));
  }
  bool until(const std::function<bool()>& holds) { return mqtt::testing::until(*loop, holds); }
  void pass_some_turns() {
    int turns = 0;
    (void)until([&] { return ++turns > 20; });
  }
  void say(const std::string& topic, const std::string& payload, int qos, int id, bool is_duplicate = false) {
    const size_t before = inputs.size();
    broker.say(broker.write.publish(topic, payload, qos, id, is_duplicate));
    ASSERT_TRUE(until([&] { return inputs.size() > before; }));
  }
  void end(Outcome outcome) {
    trigger::Event* const event = waiting.front();
    waiting.erase(waiting.begin());
    event->done(outcome);
  }
  void end(std::string_view answer) { end({.answer = bytes(answer)}); }

  std::string folder = *os::make_temporary_folder("mote-trigger-mqtt-");
  std::unique_ptr<io::Loop> loop = *io::Loop::create();
  FakeBroker broker{*loop, true, [this](FakeBroker& self, const std::string& line) { answer(self, line); }};
  std::unique_ptr<outbox::Outbox> box;
  std::unique_ptr<MqttTrigger> trigger;
  std::function<void(trigger::Event&)> reply;
  std::vector<trigger::Event*> waiting;
  Lines inputs, complaints, logged;
  uint64_t events = 0;
  bool takes_answers = true;
};

TEST_F(MqttTriggerTest, AcknowledgesWhenTheBrokerHasTheAnswer) {
  takes_answers = false;
  start({target("in/#", "out/{{ topic }}")});
  say("in/1", "hello", 1, 11);
  std::vector<std::string> arguments, environment;
  {
    trigger::Variables variables(arguments, environment, 0);
    waiting[0]->describe(variables);
    for (const char* one :
         {"TRIGGER=mqtt", "MQTT_TOPIC=in/1", "MQTT_QOS=1", "MQTT_RETAIN=0", "MQTT_DUPLICATE=0", "TRIGGER_ID=in/#"})
      EXPECT_EQ(std::ranges::count(environment, one), 1) << one;
  }
  end("world");
  ASSERT_TRUE(until([&] { return broker.count("PUBLISH out/in/1 q1 d0 #2 world") == 1; }));
  pass_some_turns();
  EXPECT_EQ(broker.count("PUBACK"), 0u);
  broker.say(broker.write.puback(2));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #11") == 1; }));
  EXPECT_EQ(trigger->events(), 0u);
  EXPECT_EQ(complaints, Lines{});
}

TEST_F(MqttTriggerTest, AnswersWithoutATopicAreLoggedAndNothingIsNothing) {
  start({target("in/#", "")});
  say("in/1", "a", 1, 1);
  end("for the log");
  say("in/1", "a", 1, 2);
  end("");
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #2") == 1; }));
  EXPECT_EQ(logged, Lines{"in/# for the log"});
  EXPECT_EQ(broker.count("PUBLISH"), 0u);
}

TEST_F(MqttTriggerTest, EachTriggerThatWantsAMessageGetsIt) {
  Target second = target("in/+", "two");
  second.component = 1;
  start({target("in/#", "one"), second});
  say("in/1", "a", 1, 1);
  EXPECT_EQ(inputs, (Lines{"0 a", "1 a"}));
  end("x");
  ASSERT_TRUE(until([&] { return broker.count("PUBLISH one") == 1; }));
  pass_some_turns();
  EXPECT_EQ(broker.count("PUBACK"), 0u);
  end("y");
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  say("in/1/2", "b", 1, 2);
  EXPECT_EQ(inputs.size(), 3u);
  broker.say(broker.write.publish("left/over", "", 1, 3));
  ASSERT_TRUE(until([&] { return complaints.size() == 1; }));
  EXPECT_NE(complaints[0].find("which no trigger wants"), std::string::npos);
}

TEST_F(MqttTriggerTest, EventsThatFailAreTriedAgainAndGivenUp) {
  start({target("in/#", "out")});
  reply = [this](trigger::Event&) { end({.kind = Outcome::Kind::trapped, .text = "unreachable"}); };
  broker.say(broker.write.publish("in/1", "bad", 1, 1));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(inputs.size(), 3u);
  EXPECT_EQ(complaints, Lines{"a message to \"in/1\" is given up after 3 attempts: unreachable"});
  int attempts = 0;
  reply = [&](trigger::Event&) {
    if (++attempts == 1) return end({.kind = Outcome::Kind::exited, .exit_code = 3});
    end("good");
  };
  broker.say(broker.write.publish("in/1", "better", 1, 2));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #2") == 1; }));
  EXPECT_EQ(broker.count("PUBLISH out"), 1u);
  broker.say(broker.write.publish("in/1", "once", 0));
  attempts = 0;
  ASSERT_TRUE(until([&] { return complaints.size() == 2; }));
  EXPECT_NE(complaints[1].find("after 1 attempts: the guest exited with status 3"), std::string::npos);
}

TEST_F(MqttTriggerTest, RefusedEventsWait) {
  start({target("in/#", "out")});
  int attempts = 0;
  reply = [&](trigger::Event&) {
    if (++attempts < 3) return end({.kind = attempts == 1 ? Outcome::Kind::busy : Outcome::Kind::unavailable});
    end("at last");
  };
  broker.say(broker.write.publish("in/1", "x", 1, 1));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(broker.count("PUBLISH out q1 d0 #2 at last"), 1u);
  attempts = 0;
  broker.say(broker.write.publish("in/1", "y", 0));
  ASSERT_TRUE(until([&] { return !complaints.empty(); }));
  EXPECT_NE(complaints[0].find("of quality of service 0 is dropped: busy"), std::string::npos);
}

TEST_F(MqttTriggerTest, WhatIsTriedAgainIsOfTheVersionThatIsThere) {
  start({target("in/#", "out")});
  const auto install = [&](std::vector<Target> targets) {
    auto routes = std::make_shared<Routes>();
    routes->targets = std::move(targets);
    trigger->install(std::move(routes));
  };
  reply = [&](trigger::Event&) {
    if (events > 1) return end("new");
    Target moved = target("in/#", "elsewhere");
    moved.component = 7;
    install({moved});
    end({.kind = Outcome::Kind::busy});
  };
  broker.say(broker.write.publish("in/1", "x", 1, 1));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(inputs, (Lines{"0 x", "7 x"}));
  EXPECT_EQ(broker.count("PUBLISH elsewhere q1 d0 #2 new"), 1u);
  reply = [&](trigger::Event&) {
    install({});
    end({.kind = Outcome::Kind::busy});
  };
  broker.say(broker.write.publish("in/1", "y", 1, 2));
  ASSERT_TRUE(until([&] { return inputs.size() == 3 && trigger->events() == 0; }));
  EXPECT_EQ(broker.count("PUBACK #2"), 0u);
}

TEST_F(MqttTriggerTest, FailingOpenPassesTheMessage) {
  Target open = target("in/#", "out");
  open.fails_open = true;
  start({open});
  reply = [this](trigger::Event&) { end({.kind = Outcome::Kind::unavailable}); };
  broker.say(broker.write.publish("in/1", "unchanged", 1, 1));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(broker.count("PUBLISH out q1 d0 #2 unchanged"), 1u);
}

TEST_F(MqttTriggerTest, MessagesThatAreTooLargeAreNoEvents) {
  start({target("in/#", "out")});
  broker.say(broker.write.publish("in/1", std::string(101, 'x'), 1, 1));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(inputs, Lines{});
  EXPECT_NE(complaints.at(0).find("of 101 bytes; events may have 100"), std::string::npos);
}

TEST_F(MqttTriggerTest, WhileTheLinkIsDownAnswersWaitInTheOutbox) {
  start({target("in/#", "out")}, true);
  say("in/1", "x", 1, 1);
  broker.hang_up();
  ASSERT_TRUE(until([&] { return trigger->state() != mqtt::State::connected; }));
  end("spooled");
  ASSERT_TRUE(until([&] { return broker.count("PUBLISH out q1 d0 #2 spooled") == 1 && box->is_empty(); }));
  // The broker does not know that it was dealt with.
  say("in/1", "x", 1, 1, true);
  end("again");
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
  EXPECT_EQ(trigger->counts().duplicates, 1u);
}

TEST_F(MqttTriggerTest, ABrokerThatTakesNoAnswersFillsTheOutboxInOrder) {
  start({target("in/#", "out")}, true);
  bool is_done = false;
  ASSERT_TRUE(box->append(outbox::Entry{.message = {.topic = "out", .payload = {'0'}, .qos = 1}}));
  say("in/1", "x", 1, 1);
  end("1");  // behind the one that is in the outbox
  trigger->publish({.topic = "out", .payload = {'2'}, .qos = 1}, 0,
                   [&](const Result<void>& result) { is_done = result.has_value(); });
  ASSERT_TRUE(until([&] { return is_done && broker.count("PUBACK #1") == 1 && box->is_empty(); }));
  Lines published;
  for (const std::string& line : broker.lines)
    if (line.starts_with("PUBLISH")) published.push_back(line.substr(line.size() - 1));
  EXPECT_EQ(published, (Lines{"0", "1", "2"}));
}

TEST_F(MqttTriggerTest, AFullOutboxAcknowledgesNothing) {
  takes_answers = false;
  start({target("in/#", "out")}, true, 300);
  ASSERT_TRUE(box->append(outbox::Entry{.message = {.topic = "out", .payload = {'0'}, .qos = 1}}));
  say("in/1", "x", 1, 1);
  end("much more than there is room for, as what waits is not taken by the broker, and more, and more, and more, and more, and "
      "more, and more");
  ASSERT_TRUE(until([&] { return !complaints.empty(); }));
  EXPECT_NE(complaints[0].find("an answer cannot be kept, and its message is not acknowledged"), std::string::npos)
      << complaints[0];
  EXPECT_EQ(broker.count("PUBACK"), 0u);
  takes_answers = true;
  for (const std::string& line : broker.lines)
    if (line.starts_with("PUBLISH")) broker.say(broker.write.puback(id_of(line)));
  ASSERT_TRUE(until([&] { return broker.count("PUBACK #1") == 1; }));
}

TEST_F(MqttTriggerTest, StopsWhenEventsHaveEnded) {
  start({target("in/#", "out")});
  say("in/1", "x", 1, 1);
  bool has_stopped = false;
  trigger->stop([&] { has_stopped = true; });
  broker.say(broker.write.publish("in/2", "late", 1, 2));
  pass_some_turns();
  EXPECT_FALSE(has_stopped);
  EXPECT_EQ(inputs.size(), 1u);
  end("done");
  ASSERT_TRUE(until([&] { return has_stopped && broker.count("DISCONNECT") == 1; }));
  EXPECT_EQ(broker.count("PUBACK #1"), 1u);
  EXPECT_EQ(broker.count("PUBACK #2"), 0u);
}

TEST_F(MqttTriggerTest, EventsThatFailWhileItStopsAreNotAcknowledged) {
  start({target("in/#", "out")});
  say("in/1", "x", 1, 1);
  bool has_stopped = false;
  trigger->stop([&] { has_stopped = true; });
  end({.kind = Outcome::Kind::trapped, .text = "unreachable"});
  ASSERT_TRUE(until([&] { return has_stopped; }));
  EXPECT_EQ(broker.count("PUBACK"), 0u);
}

TEST_F(MqttTriggerTest, StopsThoughAnswersCannotGetThrough) {
  takes_answers = false;
  start({target("in/#", "out")});
  say("in/1", "x", 1, 1);
  end("answer");
  reply = [this](trigger::Event&) { end({.kind = Outcome::Kind::busy, .retry_after_s = 1000}); };
  broker.say(broker.write.publish("in/2", "waits", 1, 2));
  ASSERT_TRUE(until([&] { return broker.count("PUBLISH out") == 1 && trigger->events() == 2; }));
  bool has_stopped = false;
  trigger->stop([&] { has_stopped = true; });
  pass_some_turns();
  EXPECT_FALSE(has_stopped);
  EXPECT_EQ(trigger->events(), 1u);
  broker.hang_up();
  ASSERT_TRUE(until([&] { return has_stopped; }));
  EXPECT_EQ(trigger->events(), 0u);
  EXPECT_EQ(broker.count("PUBACK"), 0u);
}

TEST(WagiAnswerTest, HeadersChangeTheMessage) {
  mqtt::Message answer{.topic = "reply"};
  ASSERT_TRUE(take_wagi(bytes("Topic: other/topic\r\ncontent-type: text/plain\nX-Device: 7\n\nbody\n\n"), answer));
  EXPECT_EQ(answer.topic, "other/topic");
  EXPECT_EQ(answer.content_type, "text/plain");
  EXPECT_EQ(answer.user_properties, (std::vector<std::pair<std::string, std::string>>{{"X-Device", "7"}}));
  EXPECT_EQ(text(answer.payload), "body\n\n");
  for (const char* bad : {"", "no headers", "Topic: a\n", ": x\n\n", "nonsense\n\n", "Topic: a/#\n\nx"})
    EXPECT_FALSE(take_wagi(bytes(bad), answer)) << bad;
}

TEST(BrokerAddressTest, IsParsed) {
  const auto good = [](const char* address) {
    const auto read = parse_broker_address(address);
    return read ? format("{} {} {}", read->host, read->port, read->is_tls) : "refused";
  };
  EXPECT_EQ(good("mqtt://broker"), "broker 1883 false");
  EXPECT_EQ(good("mqtts://broker.example:1"), "broker.example 1 true");
  EXPECT_EQ(good("mqtts://[2001:db8::1]"), "2001:db8::1 8883 true");
  EXPECT_EQ(good("mqtt://[::1]:99"), "::1 99 false");
  for (const char* bad : {"", "broker", "tcp://broker", "mqtt://", "mqtt://:1", "mqtt://a:", "mqtt://a:0", "mqtt://a:65536",
                          "mqtt://a:1x", "mqtt://a/b", "mqtt://[::1", "mqtt://[::1]x", "mqtt://u@h"})
    EXPECT_EQ(good(bad), "refused") << bad;
}

TEST(ClientSettingsTest, ComeFromTheManifest) {
  const auto parsed = manifest::parse(R"(
[application]
name = "edge"
[application.trigger.mqtt]
address = "mqtt://{{ broker }}:1884"
username = "me"
password = "{{ secret }}"
version = 4
[variables]
broker = { default = "10.0.0.1" }
secret = { required = true, secret = true }
[component.c]
source = "c.wasm"
[[trigger.mqtt]]
component = "c"
topic = "$share/g/in/+"
qos = 1
)",
                                      "mote.toml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto made = client_settings(*parsed, manifest::lookup({{"broker", "10.0.0.1"}, {"secret", "x"}}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->host, "10.0.0.1");
  EXPECT_EQ(made->port, 1884);
  EXPECT_EQ(made->version, mqtt::Version::v3_1_1);
  EXPECT_EQ(made->client_id, "mote-edge");
  EXPECT_EQ(made->password, "x");
  ASSERT_EQ(made->subscriptions.size(), 1u);
  EXPECT_EQ(made->subscriptions[0].filter, "$share/g/in/+");
  EXPECT_EQ(made->tls, nullptr);
  const auto wrong = client_settings(*parsed, manifest::lookup({{"broker", "a b"}, {"secret", "x"}}));
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("mote.toml:4: the broker's address is"), std::string::npos) << wrong.error().message;
  EXPECT_EQ(wrong.error().message.find("a b"), std::string::npos);
}

}  // namespace
}  // namespace mote::trigger_mqtt
