// See answer_parser.h.
#include "base/http/answer_parser.h"

#include "base/core/format.h"
#include "base/http/text.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <memory>

namespace mote::http {
namespace {

namespace beast = boost::beast::http;
using Code = boost::beast::error_code;

constexpr uint32_t most_head = 64u << 10;

// Beast calls it with what it reads.
class Answer final : public beast::basic_parser<false> {
 public:
  explicit Answer(uint64_t most_body) : most_body_(most_body) {
    header_limit(most_head);
    body_limit(UINT64_MAX);  // is counted here
    eager(true);
  }
  int status = 0;
  std::string body, location;
  bool is_too_large = false;
  uint64_t expected = 0, chunk_left = 0;

 private:
  size_t take(boost::beast::string_view text, Code& code) {
    if (text.size() > most_body_ - body.size()) {
      is_too_large = true;
      code = beast::error::body_limit;
      return 0;
    }
    body.append(text.data(), text.size());
    return text.size();
  }
  void on_response_impl(int number, boost::beast::string_view, int, Code&) override { status = number; }
  size_t on_body_impl(boost::beast::string_view text, Code& code) override { return take(text, code); }
  size_t on_chunk_body_impl(uint64_t, boost::beast::string_view text, Code& code) override {
    const size_t taken = take(text, code);
    chunk_left -= taken;
    return taken;
  }
  void on_request_impl(beast::verb, boost::beast::string_view, boost::beast::string_view, int, Code&) override {}
  void on_field_impl(beast::field name, boost::beast::string_view, boost::beast::string_view value, Code&) override {
    if (name == beast::field::location) location.assign(value.data(), value.size());
  }
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>& length, Code&) override { expected = length.value_or(0); }
  void on_chunk_header_impl(uint64_t size, boost::beast::string_view, Code&) override { chunk_left = size; }
  void on_finish_impl(Code&) override {}

  uint64_t most_body_;
};

}  // namespace

struct AnswerParser::State {
  std::unique_ptr<Answer> answer;  // cannot be used twice: made anew
  std::string pending;             // came, and is not understood yet
};

AnswerParser::AnswerParser(uint64_t most_body) : most_body_(most_body), state_(std::make_unique<State>()) {
  state_->answer = std::make_unique<Answer>(most_body);
}
AnswerParser::~AnswerParser() = default;

Result<bool> AnswerParser::add(Bytes bytes) {
  std::string& pending = state_->pending;
  pending += text_of(bytes);
  while (!pending.empty()) {
    Answer& answer = *state_->answer;
    const bool is_at_chunk = answer.is_header_done() && answer.chunked() && answer.chunk_left == 0;
    if (is_at_chunk && may_be_cut_last_chunk(pending)) return false;
    Code code;
    const size_t used = answer.put({pending.data(), pending.size()}, code);
    pending.erase(0, used);
    if (answer.is_too_large) return fail(ErrorKind::limit, format("the answer has more than {} bytes", most_body_));
    if (code && code != beast::error::need_more) return fail(ErrorKind::bad_input, "what came is no answer of HTTP/1.1");
    if (!answer.is_done()) {
      if (code == beast::error::need_more || used == 0) return false;
      continue;
    }
    constexpr int first_final = 200;
    if (answer.status >= first_final) return true;
    state_->answer = std::make_unique<Answer>(most_body_);  // one of those that only announce another
  }
  return false;
}

Result<void> AnswerParser::end() {
  Code code;
  if (state_->answer->got_some()) {  // Beast wants to be asked only then
    state_->answer->put_eof(code);
    if (!code && state_->answer->is_done()) return {};
  }
  return fail(ErrorKind::unavailable, "the connection ended before the answer did");
}

int AnswerParser::status() const {
  return state_->answer->status;
}
uint64_t AnswerParser::expected() const {
  return state_->answer->expected;
}
std::string& AnswerParser::location() {
  return state_->answer->location;
}
std::string& AnswerParser::body() {
  return state_->answer->body;
}

}  // namespace mote::http
