// Exchange: one request and its answer, the same for HTTP/1.1 and HTTP/2.
//
// All of it happens on the thread of the server's loop. An exchange is lent to its handler until that has answered it: by answer(),
// end_answer(), or abandon(), now or later. Until then its head and what was read of its body stay where they are, also when the
// client has gone; what is answered is dropped then. Behind the last call the exchange must not be touched.
//
// Callbacks are never called from within a call of the handler's, and at most once. Tested by server_test.cpp, http2_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace mote::http {

struct Header {
  std::string_view name, value;
};

enum class Version : uint8_t { http_1_0, http_1_1, http_2 };
[[nodiscard]] std::string_view name(Version version);  // "HTTP/1.1"

// Names are as the client wrote them; in HTTP/2 that is lower case.
struct RequestHead {
  Version version = Version::http_1_1;
  bool is_tls = false;
  std::string_view method;
  std::string_view target;     // as sent: "/path?query", "*"; of an absolute one without scheme and authority
  std::string_view path;       // of the target, nothing decoded
  std::string_view query;      // of the target, behind the "?"
  std::string_view authority;  // whom the client means: "example.com:8080"; may be empty in HTTP/1.0
  std::string_view peer;       // "192.0.2.1:5000"; empty on a socket that is a file
  std::span<const Header> headers;
  std::optional<uint64_t> content_length;

  // The first header of that name, whatever its case.
  [[nodiscard]] const std::string_view* find(std::string_view name) const;
};

class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] const RequestHead& head() const { return head_; }

  using Reader = std::move_only_function<void(Result<Bytes>)>;
  // The whole body, which stays until the exchange is over. Fails with kind limit above `most` bytes, bad_input for a body that is
  // malformed or too slow, unavailable when the client has gone. When a callback that was told of a failure returns without having
  // begun an answer, the server answers (413, 400, 408), and the exchange is over.
  virtual void read_body(uint64_t most, Reader reader) = 0;
  // The next piece, which stays until the next is asked for; an empty one is the end. Nothing is read ahead of the asking but what
  // buffers hold. Failures as above.
  virtual void read_some(Reader reader) = 0;

  // The whole answer. Refused, with nothing sent, when the status is not one of 200 to 599, or a name or value of a header is none
  // (an end of line in it); another answer may then be given. Dropped: Content-Length and Date, which the server sends, and
  // Connection, Keep-Alive, Proxy-Connection, Transfer-Encoding, Upgrade, TE and Trailer, which are the connection's business. An
  // answer to HEAD, and one of 204 or 304, goes out without its body.
  [[nodiscard]] virtual Result<void> answer(int status, std::span<const Header> headers, Bytes body) = 0;

  // An answer in pieces: chunked, or of a length that was told before. write() takes what there is room for and says how much that
  // was: of nothing, ask on_room. After the client has gone it takes everything.
  [[nodiscard]] virtual Result<void> begin_answer(int status, std::span<const Header> headers,
                                                  std::optional<uint64_t> length = std::nullopt) = 0;
  [[nodiscard]] virtual uint64_t write(Bytes bytes) = 0;
  virtual void on_room(std::move_only_function<void()> call) = 0;
  virtual void end_answer() = 0;  // earlier than the length told: as abandon()
  // Ends the exchange without (the rest of) an answer: the client sees a connection or stream that broke.
  virtual void abandon() = 0;

  // The client went away before it was answered: nobody waits any more. The exchange is still to be ended. A client that has only
  // stopped sending is not gone.
  virtual void on_gone(std::move_only_function<void()> call) = 0;

 protected:
  Exchange() = default;
  ~Exchange() = default;
  [[nodiscard]] RequestHead& own_head() { return head_; }

 private:
  RequestHead head_;
};

class Handler {
 public:
  virtual void on_request(Exchange& exchange) = 0;

 protected:
  ~Handler() = default;
};

}  // namespace mote::http
