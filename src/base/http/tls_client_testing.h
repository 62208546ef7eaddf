// For tests: a client that speaks TLS.
#pragma once

#include "base/http/server_testing.h"
#include "base/tls/context.h"

#include <memory>
#include <string>
#include <string_view>

namespace mote::http {

class TlsClient {
 public:
  TlsClient(uint16_t port, const tls::Context& context) : client_(port), session_(*context.connect("localhost")) { flush(); }

  void send(std::string_view text) {
    if (session_->is_open()) {
      EXPECT_TRUE(session_->write(bytes(text)).has_value());
    } else {
      waiting_ += text;
    }
    flush();
  }
  void receive() {
    client_.receive();
    if (!session_->feed(bytes(std::exchange(client_.received, "")))) has_failed = true;
    if (session_->is_open() && !waiting_.empty()) send(std::exchange(waiting_, ""));
    uint8_t buffer[16 << 10];
    for (;;) {
      const auto size = session_->read(buffer);
      if (!size || *size == 0) break;
      received += text({buffer, *size});
    }
    has_ended = client_.has_ended;
    flush();
  }
  void send_raw(std::string_view text) { client_.send(text); }
  [[nodiscard]] tls::Session& session() { return *session_; }

  std::string received;
  bool has_ended = false, has_failed = false;

 private:
  void flush() {
    if (const Bytes output = session_->output(); !output.empty()) session_->sent(client_.send(text(output)));
  }
  Client client_;
  std::unique_ptr<tls::Session> session_;
  std::string waiting_;
};

}  // namespace mote::http
