// Connection: one client's socket, TLS over it if the server speaks that, and the protocol that was agreed on. It reads when the
// protocol wants input and writes what the protocol put out; back-pressure in both directions follows from that. Private to the
// room.
#pragma once

#include "base/http/protocol.h"
#include "base/io/loop.h"
#include "base/os/file.h"
#include "base/os/socket.h"
#include "base/tls/session.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::http {

class Connection;

// What a connection wants of its server.
class Host {
 public:
  virtual void go_on_soon(Connection& connection) = 0;
  virtual void closed(Connection& connection) = 0;   // destroys it, later
  [[nodiscard]] virtual MutableBytes scratch() = 0;  // for one read; whoever gets it is done with it when it returns
  [[nodiscard]] virtual MutableBytes plain_scratch() = 0;
  [[nodiscard]] virtual const Surroundings& surroundings() const = 0;

 protected:
  ~Host() = default;
};

class Connection final : private Carrier {
 public:
  Connection(Host& host, os::File socket, const std::optional<os::SocketAddress>& peer, std::unique_ptr<tls::Session> tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] Result<void> watch(io::Loop& loop);
  void go_on();                // does what there is to do
  void tick(uint64_t now_ns);  // looks whether the client took too long
  void drain();

  bool is_asked = false;  // the server's: go_on() comes soon
  size_t index = 0;       // the server's

 private:
  [[nodiscard]] ByteQueue& output() override { return output_; }
  void resume() override;
  [[nodiscard]] uint64_t now_ns() const override { return now_ns_; }
  [[nodiscard]] std::string_view peer() const override { return peer_; }
  [[nodiscard]] bool is_tls() const override { return tls_ != nullptr; }

  void changed(io::Loop::Change change);
  [[nodiscard]] bool go_one_round();
  [[nodiscard]] bool offer(Bytes bytes);
  [[nodiscard]] bool read_more();
  [[nodiscard]] uint64_t read_socket(MutableBytes into);
  [[nodiscard]] bool read_decrypted();
  void choose_protocol();
  void flush();
  [[nodiscard]] bool send(Bytes bytes, uint64_t& sent);
  [[nodiscard]] bool has_output() const;
  void lose();
  void end_input();
  void note_what_is_awaited();
  void act_on_stance();
  void linger();
  void close();

  Host& host_;
  os::File socket_;
  std::unique_ptr<tls::Session> tls_;
  std::unique_ptr<io::Loop::Watch> watch_;
  std::unique_ptr<Protocol> protocol_;
  std::string peer_;
  ByteQueue input_, output_;
  uint64_t now_ns_ = 0;
  bool can_read_ = true, can_write_ = true, end_is_near_ = false, input_ended_ = false;
  bool is_lost_ = false, is_closed_ = false, is_busy_ = false, is_lingering_ = false, is_draining_ = false;
  Awaiting awaiting_ = Awaiting::rest_of_head;
  uint64_t begun_ = 0;  // requests, when that was noted
  bool is_trimmed_ = false;
  uint64_t since_ns_ = 0;  // what is awaited, or lingering, began
  Patience writing_{host_.surroundings().limits.write_time_ms, host_.surroundings().limits.least_rate};
};

}  // namespace mote::http
