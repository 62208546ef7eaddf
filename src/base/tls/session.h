// Session: one end of a TLS connection, as bytes in and bytes out. It knows no socket: whoever has one feeds what came and sends
// what output() holds, after every call. Made by a Context. Tested by tls_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace mote::tls {

class Session {
 public:
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // What came from the other side. Failed: the session is of no use any more; output() may hold a last word for the other side.
  [[nodiscard]] Result<void> feed(Bytes encrypted);
  [[nodiscard]] bool is_open() const;                          // the handshake is done
  [[nodiscard]] bool has_ended() const { return has_ended_; }  // the other side said that it will send no more
  // What the other side wrote, as far as it has come: 0 when there is nothing (yet).
  [[nodiscard]] Result<uint64_t> read(MutableBytes into);
  [[nodiscard]] bool may_have_more() const;  // false: read() would find nothing, and it costs a microsecond to hear that
  // Takes all of it; only when the session is open.
  [[nodiscard]] Result<void> write(Bytes plain);
  void end();  // says that we will send no more

  [[nodiscard]] Bytes output() const;  // to be sent; until the next call
  void sent(uint64_t count);           // of output()

  [[nodiscard]] std::string_view protocol() const;  // that both sides agreed on; empty when none

 private:
  friend class Context;
  explicit Session(ssl_st* ssl) : ssl_(ssl) {}
  [[nodiscard]] Result<void> shake_hands();
  [[nodiscard]] std::unexpected<Error> failure(const char* what);

  ssl_st* ssl_;
  bool has_ended_ = false, has_failed_ = false;
};

}  // namespace mote::tls
