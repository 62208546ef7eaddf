// Reads requests of HTTP/1.1: where a head ends, what it says, and bodies that come in chunks. Over the parser of Boost.Beast,
// which only request_parser.cpp includes (docs/rationale/http-library.md), and stricter than it: what two readers might understand
// in two ways is refused (docs/internals/http.md has the list).
//
// Whatever is read incompletely is offered again from the same place, with more behind it; results do not depend on how the bytes
// were cut. Private to the room. Tested by server_test.cpp, malformed_test.cpp, fuzz/http_server.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/http/exchange.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace mote::http {

struct ParserLimits {
  uint64_t head_size, headers, target_size;
};

struct Refusal {
  int status = 400;
  const char* reason = "";  // one line for whoever wrote the client
};

// What a head says beside RequestHead.
struct Framing {
  bool is_chunked = false;
  bool keeps_alive = false;
  bool expects_continue = false;
};

class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();

  enum class Step : uint8_t { needs_more, done, refused };
  // For the next request.
  void reset();

  // How many bytes the head has, the empty line included; `blank` are those of empty lines before it.
  struct Extent {
    size_t blank = 0, size = 0;
  };
  [[nodiscard]] Step find_head(Bytes bytes, Extent& extent);
  // `text` is a head that find_head() found, and stays where it is: what is filled in points there.
  [[nodiscard]] Step read_head(std::string_view text, RequestHead& head, std::vector<Header>& headers, Framing& framing);

  // The next piece of a body in chunks: `used` of the bytes are done with, `piece` (in them) is content. Done: the body ended.
  struct Chunk {
    size_t used = 0;
    Bytes piece;
  };
  [[nodiscard]] Step read_chunk(Bytes bytes, Chunk& chunk);

  [[nodiscard]] Refusal refusal() const { return refusal_; }

 private:
  struct State;
  [[nodiscard]] Step refuse(int status, const char* reason);
  [[nodiscard]] Step check_target(RequestHead& head);

  ParserLimits limits_;
  std::unique_ptr<State> state_;
  Refusal refusal_;
  size_t scanned_ = 0;  // of the head: lines that were looked at
};

}  // namespace mote::http
