// For tests: a server and its clients on one thread, and a handler made of a function.
#pragma once

#include "base/http/server.h"
#include "base/os/clock.h"
#include "base/os/socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mote::http {

inline std::string text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct TestHandler final : Handler {
  std::function<void(Exchange&)> call = [](Exchange& exchange) { (void)exchange.answer(200, {}, bytes("hello")); };
  void on_request(Exchange& exchange) override { call(exchange); }
};

// Reads the whole body and answers with what it was asked: "POST /a?b [body]".
inline void answer_with_request(Exchange& exchange) {
  exchange.read_body(1 << 20, [&exchange](Result<Bytes> body) {
    if (!body) return;
    const RequestHead& head = exchange.head();
    const std::string said = std::string(head.method) + " " + std::string(head.target) + " [" + text(*body) + "]";
    (void)exchange.answer(200, {}, bytes(said));
  });
}

class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) (void)setsockopt(socket_.descriptor(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    EXPECT_EQ(connect(socket_.descriptor(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    (void)os::never_wait(socket_.descriptor());
    os::send_at_once(socket_.descriptor());
  }
  // What the kernel takes of it.
  size_t send(std::string_view text) {
    const auto sent = os::send_some(socket_.descriptor(), bytes(text));
    if (!sent && sent.error() != EAGAIN) has_ended = true;
    return sent ? *sent : 0;
  }
  void stop_sending() { (void)os::shut_down(socket_.descriptor(), false, true); }
  // Breaks the connection.
  void reset() {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(socket_.descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_ = os::File();
  }
  void receive() {
    std::string buffer(64 << 10, 0);
    while (socket_) {
      const auto size = os::receive_some(socket_.descriptor(), {reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()});
      if (!size || *size == 0) {
        has_ended |= size.has_value() || size.error() != EAGAIN;
        return;
      }
      received.append(buffer, 0, *size);
    }
  }

  size_t receive_into(MutableBytes buffer) { return os::receive_some(socket_.descriptor(), buffer).value_or(0); }

  std::string received;
  bool has_ended = false;

 private:
  os::File socket_;
};

class ServerTest : public testing::Test {
 protected:
  void start(const ServerLimits& limits = {}, tls::Context* tls = nullptr) {
    auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}}, os::Port::own, os::server_backlog);
    ASSERT_TRUE(listener.has_value());
    port = os::socket_info(listener->descriptor())->address->port;
    auto made = Server::create(*loop, std::move(*listener), limits, handler, tls);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    server = std::move(*made);
  }
  // Lets the server do its work until something holds; false: five seconds were not enough.
  bool until(const std::function<bool()>& holds) {
    const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + 5'000'000'000;
    while (!holds()) {
      if (os::now_ns(os::Clock::monotonic) > end_ns) return false;
      loop->poll();
      usleep(50);
    }
    return true;
  }
  void settle() {
    for (int i = 0; i < 20; ++i) {
      loop->poll();
      usleep(100);
    }
  }
  // Sends, piece by piece if asked for, and receives until the connection ends or what came ends so.
  std::string ask(Client& client, std::string_view request, std::string_view ending, size_t piece_size = SIZE_MAX) {
    while (!request.empty()) {
      const size_t sent = client.send(request.substr(0, piece_size));
      request.remove_prefix(sent);
      loop->poll();
      client.receive();
      if (client.has_ended) break;
    }
    EXPECT_TRUE(until([&] {
      client.receive();
      return client.has_ended || (!ending.empty() && client.received.ends_with(ending));
    })) << client.received;
    return std::exchange(client.received, "");
  }
  std::string ask_once(std::string_view request) {
    Client client(port);
    return ask(client, request, "");
  }

  std::unique_ptr<io::Loop> loop = *io::Loop::create();
  TestHandler handler;
  std::unique_ptr<Server> server;
  uint16_t port = 0;
};

// An answer without its date, which changes.
inline std::string undated(std::string answer) {
  for (size_t at; (at = answer.find("date: ")) != std::string::npos;) answer.erase(at, answer.find('\n', at) + 1 - at);
  return answer;
}

}  // namespace mote::http
