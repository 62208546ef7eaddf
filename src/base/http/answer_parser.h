// Reads one answer of HTTP/1.1, as fetch.h gets it: from a server that we chose, but bounded all the same. Over the parser of
// Boost.Beast. Private to the room. Tested by fetch_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <string>

namespace mote::http {

class AnswerParser {
 public:
  explicit AnswerParser(uint64_t most_body);
  ~AnswerParser();

  // What came since. True when the answer is whole. Errors: bad_input, limit.
  [[nodiscard]] Result<bool> add(Bytes bytes);
  // The connection ended. Fails where the answer did not.
  [[nodiscard]] Result<void> end();
  [[nodiscard]] int status() const;
  [[nodiscard]] std::string& body();
  [[nodiscard]] std::string& location();    // the header of this name
  [[nodiscard]] uint64_t expected() const;  // bytes of the body, where its head said so; else 0

 private:
  struct State;
  uint64_t most_body_;
  std::unique_ptr<State> state_;
};

}  // namespace mote::http
