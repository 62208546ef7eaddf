// For tests: a broker on a loop that does what the test says, over TCP and, if wanted, TLS.
#pragma once

#include "base/io/loop.h"
#include "base/mqtt/packets_testing.h"
#include "base/os/clock.h"
#include "base/os/socket.h"
#include "base/tls/context.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mote::mqtt::testing {

// Turns the loop until something holds, at most 10 s.
inline bool until(io::Loop& loop, const std::function<bool()>& holds) {
  constexpr uint64_t most_ns = 10'000'000'000;
  const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + most_ns;
  while (!holds()) {
    if (os::now_ns(os::Clock::monotonic) > end_ns) return false;
    const auto timer = loop.wait({}, os::now_ns(os::Clock::monotonic) + 5'000'000, [] {});
    loop.run_once();
  }
  return true;
}

class FakeBroker {
 public:
  // `answers` is called for each packet; it may say() and hang_up().
  FakeBroker(io::Loop& loop, bool is_v5, std::function<void(FakeBroker&, const std::string&)> answers, uint16_t port = 0,
             const tls::Context* tls = nullptr)
      : is_v5_(is_v5), tls_(tls), answers_(std::move(answers)), loop_(loop) {
    write.is_v5 = is_v5;
    auto made = os::listen_tcp({.bytes = {127, 0, 0, 1}, .port = port});
    EXPECT_TRUE(made) << made.error();
    listener_ = *std::move(made);
    watch_listener_ = *loop.watch(listener_.descriptor(), io::Loop::Watching::listener, [this](io::Loop::Change) { accept(); });
  }

  [[nodiscard]] uint16_t port() const { return os::socket_info(listener_.descriptor())->address->port; }
  void say(const Buffer& bytes) {
    if (!connection_) return;
    waiting_ = std::move(waiting_) + bytes;
    flush();
  }
  void hang_up() {
    watch_.reset();
    connection_ = os::File();
    session_.reset();
  }
  [[nodiscard]] bool has_connection() const { return static_cast<bool>(connection_); }
  [[nodiscard]] size_t count(const std::string& beginning) const {
    size_t found = 0;
    for (const std::string& line : lines) found += line.starts_with(beginning) ? 1 : 0;
    return found;
  }

  Broker write;
  std::vector<std::string> lines;
  int connections = 0;
  std::function<void()> on_accept = [] {};

 private:
  void accept() {
    auto accepted = os::accept_connection(listener_.descriptor());
    if (!accepted) return;
    ++connections;
    hang_up();
    came_.clear();
    waiting_.clear();
    connection_ = *std::move(accepted);
    if (tls_ != nullptr) session_ = *tls_->accept();
    watch_ = *loop_.watch(connection_.descriptor(), io::Loop::Watching::changes, [this](io::Loop::Change) { changed(); });
    on_accept();
  }
  void changed() {
    std::vector<uint8_t> buffer(64 << 10);
    while (connection_) {
      const auto size = os::receive_some(connection_.descriptor(), buffer);
      if (!size && size.error() == EAGAIN) break;
      if (!size || *size == 0) return hang_up();
      take(Bytes(buffer).first(*size));
    }
    flush();
  }
  void take(Bytes bytes) {
    if (session_) {
      if (!session_->feed(bytes)) return hang_up();
      std::vector<uint8_t> plain(64 << 10);
      for (uint64_t size = 1; size != 0;) {
        size = session_->read(plain).value_or(0);
        came_.insert(came_.end(), plain.begin(), plain.begin() + static_cast<int64_t>(size));
      }
    } else {
      came_.insert(came_.end(), bytes.begin(), bytes.end());
    }
    for (const std::string& line : take_packets(came_, is_v5_)) {
      lines.push_back(line);
      answers_(*this, line);
    }
  }
  void flush() {
    if (!connection_) return;
    if (session_) {
      if (session_->is_open() && !waiting_.empty()) {
        EXPECT_TRUE(session_->write(waiting_));
        waiting_.clear();
      }
      while (!session_->output().empty()) {
        const auto size = os::send_some(connection_.descriptor(), session_->output());
        if (!size) return;
        session_->sent(*size);
      }
      return;
    }
    const auto size = os::send_some(connection_.descriptor(), waiting_);
    if (size) waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<int64_t>(*size));
  }

  bool is_v5_;
  const tls::Context* tls_;
  std::function<void(FakeBroker&, const std::string&)> answers_;
  io::Loop& loop_;
  os::File listener_, connection_;
  std::unique_ptr<tls::Session> session_;
  std::unique_ptr<io::Loop::Watch> watch_listener_, watch_;
  Buffer came_, waiting_;
};

}  // namespace mote::mqtt::testing
