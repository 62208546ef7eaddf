// The head of an answer: what a handler may say in it, and how HTTP/1.1 writes it. Private to the room.
// Tested by answer_head_test.cpp.
#pragma once

#include "base/http/byte_queue.h"
#include "base/http/exchange.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mote::http {

[[nodiscard]] std::string_view reason_phrase(int status);  // empty for a status that nobody registered

// Whether a handler may answer so: bad_input names the header.
[[nodiscard]] Result<void> check_answer(int status, std::span<const Header> headers);
// Headers that the connection sends itself, or that are about it and not about the answer: a handler's are dropped.
[[nodiscard]] bool is_ours(std::string_view name);
[[nodiscard]] inline bool has_no_body(int status) {
  return status == 204 || status == 304;
}

struct AnswerHead {
  int status = 200;
  std::span<const Header> headers;
  std::optional<uint64_t> length;  // Content-Length
  bool is_chunked = false;
  bool closes = false;         // Connection: close
  bool says_it_stays = false;  // Connection: keep-alive, which HTTP/1.0 wants to hear
};
void append_head(ByteQueue& to, const AnswerHead& head, std::string_view date);

// "Thu, 26 Nov 2026 19:30:00 GMT", made once a second.
class Date {
 public:
  [[nodiscard]] std::string_view text(uint64_t now_ns);  // of the monotonic clock

 private:
  std::string text_;
  uint64_t until_ns_ = 0;
};

}  // namespace mote::http
