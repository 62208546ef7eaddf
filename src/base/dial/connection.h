// Connection: the bytes of one connection that we begin, over TCP, and TLS where that is wanted: made, read, written. It waits for
// nothing itself: whoever owns it is called when something changed, and asks it to go on. Tested by mqtt/client_test.cpp,
// http/fetch_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/os/file.h"
#include "base/os/socket.h"
#include "base/tls/context.h"

#include <mote/result.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::dial {

class Connection {
 public:
  // Begins to connect. `changed` is called from the loop.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> begin(io::Loop& loop, const os::SocketAddress& address,
                                                                 const std::string& host, const tls::Context* tls,
                                                                 std::function<void()> changed);
  // To a socket that is a file; without TLS.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> begin_local(io::Loop& loop, const std::string& path,
                                                                       std::function<void()> changed);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Goes on with what precedes the first byte; whether that is done.
  [[nodiscard]] Result<bool> open();
  // What came since, appended; whether there may be more at once.
  [[nodiscard]] Result<bool> read(std::vector<uint8_t>& into);
  // How much of it was taken.
  [[nodiscard]] Result<uint64_t> write(Bytes bytes);
  [[nodiscard]] bool has_unsent() const { return tls_ && !tls_->output().empty(); }
  void close();  // says that nothing follows
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  Connection(os::File socket, std::unique_ptr<tls::Session> tls, std::string name)
      : socket_(std::move(socket)), tls_(std::move(tls)), name_(std::move(name)) {}
  [[nodiscard]] static Result<std::unique_ptr<Connection>> watched(io::Loop& loop, os::File socket,
                                                                   std::unique_ptr<tls::Session> session, std::string name,
                                                                   std::function<void()> changed);
  [[nodiscard]] Result<bool> receive(std::vector<uint8_t>& into);
  [[nodiscard]] Result<void> send_encrypted();
  [[nodiscard]] Result<uint64_t> send(Bytes bytes);
  [[nodiscard]] std::unexpected<Error> failure(int error_number, const char* what) const;

  os::File socket_;
  std::unique_ptr<tls::Session> tls_;
  std::string name_;
  std::unique_ptr<io::Loop::Watch> watch_;
  std::vector<uint8_t> scratch_;
  bool can_read_ = false, can_write_ = false, end_is_near_ = false, is_connected_ = false, has_ended_ = false;
};

}  // namespace mote::dial
