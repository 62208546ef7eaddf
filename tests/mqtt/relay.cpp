// For kill_test.cpp: answers each message of in/# on out/#, as a server does whose uplink may be down: the answer goes into an
// outbox, the message is acknowledged when it is there, and what is in the outbox is published and removed when the broker has it.
// It is killed at any moment. Usage: relay PORT OUTBOX VERSION
#include "base/mqtt/client.h"
#include "base/os/file.h"
#include "platform/outbox/appender.h"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace {

using namespace mote;

class Relay final : public mqtt::Listener {
 public:
  Relay(io::Loop& loop, outbox::Outbox& outbox) : outbox_(outbox), appender_(outbox, loop), turn_(loop.turn([this] { drain(); })) {}
  void on_message(mqtt::Delivery delivery) override {
    const uint64_t number = next_++;
    outbox::Entry answer;
    answer.message = {.topic = "out" + delivery.message.topic.substr(2), .payload = delivery.message.payload, .qos = 1};
    open_.emplace(number, std::move(delivery));
    appender_.append(std::move(answer), [this, number](const Result<void>& result) {
      auto taken = open_.extract(number);
      if (result) taken.mapped().acknowledge();
      turn_->ask();
    });
  }
  void on_state(mqtt::State state, const Error* reason) override {
    if (reason != nullptr) (void)std::fprintf(stderr, "relay: %s\n", reason->message.c_str());
    if (state == mqtt::State::connected) turn_->ask();
  }
  void on_refused(const Error& error) override { (void)std::fprintf(stderr, "relay: %s\n", error.message.c_str()); }

  mqtt::Client* client = nullptr;

 private:
  void drain() {
    if (!removable_.empty() && outbox_.remove(removable_)) removable_.clear();
    constexpr uint64_t batch = 100;
    auto taken = outbox_.take(batch);
    if (!taken) return;
    for (outbox::Taken& one : *taken) {
      (void)client->publish(std::move(one.message), [this, id = one.id](const Result<void>& result) {
        if (result) removable_.push_back(id);
        turn_->ask();
      });
    }
  }

  outbox::Outbox& outbox_;
  outbox::Appender appender_;
  std::unique_ptr<io::Loop::Turn> turn_;
  std::map<uint64_t, mqtt::Delivery> open_;
  std::vector<int64_t> removable_;
  uint64_t next_ = 0;
};

int complain(const Error& error) {
  (void)std::fprintf(stderr, "relay: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  auto loop = io::Loop::create();
  if (!loop) return complain(loop.error());
  auto outbox = outbox::Outbox::open({.path = words[2]});
  if (!outbox) return complain(outbox.error());
  if (!(*outbox)->notice().empty()) return complain({ErrorKind::internal, (*outbox)->notice()});
  Relay relay(**loop, **outbox);
  mqtt::Settings settings{.host = "127.0.0.1", .port = static_cast<uint16_t>(std::atoi(words[1]))};
  settings.version = std::atoi(words[3]) == 5 ? mqtt::Version::v5 : mqtt::Version::v3_1_1;
  settings.client_id = "relay";
  settings.subscriptions = {{"in/#", 1}};
  settings.back_off_ms = 10;
  settings.most_back_off_ms = 200;
  auto client = mqtt::Client::create(**loop, settings, relay);
  if (!client) return complain(client.error());
  relay.client = client->get();
  (*client)->start();
  for (;;) (*loop)->run_once();
}
