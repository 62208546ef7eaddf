// For tests: a mosquitto of the test's own, with a folder and a port of its own, that can be killed and started again; and a client
// that remembers what it saw.
#pragma once

#include "base/core/format.h"
#include "base/mqtt/client.h"
#include "base/os/clock.h"
#include "base/os/file.h"
#include "base/os/process.h"
#include "base/os/socket.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::mqtt::testing {

// Where distributions put servers is not always in PATH.
inline std::string mosquitto_path() {
  if (const auto found = os::find_program("mosquitto")) return *found;
  return os::exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "";
}

// A program that is running, and is killed at the end of this.
class Running {
 public:
  explicit Running(const std::vector<std::string>& words, const std::string& log) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    process_ = fork();
    if (process_ != 0) return;
    if (std::freopen(log.c_str(), "a", stderr) == nullptr || std::freopen(log.c_str(), "a", stdout) == nullptr) _exit(1);
    execv(arguments[0], arguments.data());
    _exit(1);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { end(SIGKILL); }
  void end(int signal) {
    if (process_ <= 0) return;
    (void)kill(process_, signal);
    (void)waitpid(std::exchange(process_, 0), nullptr, 0);
  }

 private:
  pid_t process_ = 0;
};

inline constexpr const char* open_to_all = "allow_anonymous true\n";
// Saved (and flushed to disk) after each turn of its loop that changed something: for brokers that are to be killed.
inline constexpr const char* saving = "allow_anonymous true\nautosave_on_changes true\nautosave_interval 1\n";

class Mosquitto {
 public:
  // Further lines of its configuration.
  explicit Mosquitto(const std::string& lines = open_to_all) {
    {
      const auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}});
      port = os::socket_info(listener->descriptor())->address->port;
    }
    write("broker.conf", format("listener {} 127.0.0.1\npersistence true\npersistence_location {}/\nmax_queued_messages 0\nuser "
                                "{}\nlog_dest stderr\n{}",
                                port, folder, getuid() == 0 ? "root" : "mosquitto", lines));
    start();
  }
  ~Mosquitto() {
    process_.reset();
    if (std::getenv("MOTE_MQTT_KEEP") == nullptr) EXPECT_TRUE(os::remove_folder(folder));
  }
  void write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(os::write_file_unflushed(folder + "/" + name, {reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
  }
  // Until it listens.
  void start() {
    process_ =
        std::make_unique<Running>(std::vector<std::string>{mosquitto_path(), "-c", folder + "/broker.conf"}, folder + "/log");
    constexpr uint64_t pause_ns = 2'000'000;
    for (int attempt = 0; attempt < 5000; ++attempt) {
      const auto made = os::connect_tcp({.bytes = {127, 0, 0, 1}, .port = port});
      os::sleep_until_ns(os::Clock::monotonic, os::now_ns(os::Clock::monotonic) + pause_ns);
      if (made && os::connection_result(made->descriptor()) && os::send_some(made->descriptor(), {}).value_or(1) == 0) return;
    }
    FAIL() << "mosquitto does not listen; its log: " << folder << "/log";
  }
  void end(int signal) { process_->end(signal); }

  const std::string folder = *os::make_temporary_folder("mote-mosquitto-");
  uint16_t port = 0;

 private:
  std::unique_ptr<Running> process_;
};

// Turns the loop until something holds.
inline bool until(io::Loop& loop, const std::function<bool()>& holds, uint64_t most_ms = 20'000) {
  constexpr uint64_t ns_per_ms = 1'000'000;
  const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + most_ms * ns_per_ms;
  while (!holds()) {
    const uint64_t now_ns = os::now_ns(os::Clock::monotonic);
    if (now_ns > end_ns) return false;
    const auto timer = loop.wait({}, now_ns + 5 * ns_per_ms, [] {});
    loop.run_once();
  }
  return true;
}

class Peer final : public Listener {
 public:
  Peer(io::Loop& loop, Settings settings) : loop_(loop) {
    auto made = Client::create(loop, std::move(settings), *this);
    EXPECT_TRUE(made) << made.error().message;
    client = *std::move(made);
    client->start();
  }
  void on_message(Delivery delivery) override {
    messages.push_back(delivery.message.topic + " " +
                       std::string(delivery.message.payload.begin(), delivery.message.payload.end()) +
                       (delivery.is_duplicate ? " again" : ""));
    qualities.push_back(delivery.message.qos);
    if (on_delivery) return on_delivery(std::move(delivery));
    delivery.acknowledge();
  }
  void on_state(State, const Error* reason) override {
    if (reason != nullptr) reasons.push_back(reason->message);
  }
  void on_refused(const Error& error) override { refusals.push_back(error.message); }

  void publish(const std::string& topic, const std::string& payload, uint8_t qos, bool is_retained = false) {
    const auto taken =
        client->publish({.topic = topic, .payload = {payload.begin(), payload.end()}, .qos = qos, .is_retained = is_retained},
                        [this](Result<void> result) { ++(result ? published : failed); });
    EXPECT_TRUE(taken);
  }
  // Subscribed too: what is published from now on comes.
  [[nodiscard]] bool connect() {
    return until(loop_, [this] { return client->state() == State::connected; }) && settle();
  }
  // The broker has dealt with all that was sent before.
  [[nodiscard]] bool settle() {
    bool is_back = false;
    EXPECT_TRUE(client->publish({.topic = "settle", .qos = 1}, [&](Result<void>) { is_back = true; }));
    return until(loop_, [&] { return is_back; });
  }
  void stop() {
    bool has_stopped = false;
    client->stop([&] { has_stopped = true; });
    EXPECT_TRUE(until(loop_, [&] { return has_stopped; }));
  }

  std::unique_ptr<Client> client;
  std::function<void(Delivery)> on_delivery;
  std::vector<std::string> messages, reasons, refusals;
  std::vector<int> qualities;
  uint64_t published = 0, failed = 0;

 private:
  io::Loop& loop_;
};

}  // namespace mote::mqtt::testing
