// The reader of requests (request_parser.h).
//
// Two passes over a head: the first finds its end and refuses what Beast is lenient about (bare line feeds, folded lines), the
// second is Beast's, which sees nothing but whole heads. Rules of framing: RFC 9112, sections 2.2, 3.2, 5.1, 5.2, 6.1, 6.3, 7.1.
#include "base/http/request_parser.h"

#include "base/core/assert.h"
#include "base/http/text.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

// Beast throws nothing that bytes could bring about.
namespace boost {
BOOST_NORETURN void throw_exception(const std::exception& exception) {
  mote::assert_failed(exception.what(), __FILE__, __LINE__);
}
BOOST_NORETURN void throw_exception(const std::exception& exception, const boost::source_location&) {
  throw_exception(exception);
}
}  // namespace boost

namespace mote::http {

namespace {

namespace beast = boost::beast::http;
using Code = boost::beast::error_code;

constexpr size_t most_blank_lines = 4;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Refusal refusal_for(const Code& code) {
  if (code == beast::error::bad_version) return {400, "the request line is malformed"};
  if (code == beast::error::bad_method) return {400, "the method is malformed"};
  if (code == beast::error::bad_target) return {400, "the request target is malformed"};
  if (code == beast::error::bad_field) return {400, "the name of a header is malformed"};
  if (code == beast::error::bad_value) return {400, "the value of a header is malformed"};
  if (code == beast::error::bad_content_length) return {400, "Content-Length is not one decimal number"};
  if (code == beast::error::bad_transfer_encoding) return {400, "Transfer-Encoding beside another, or beside Content-Length"};
  if (code == beast::error::bad_line_ending) return {400, "a line does not end with CR LF"};
  if (code == beast::error::bad_chunk) return {400, "the size of a chunk is malformed"};
  if (code == beast::error::bad_chunk_extension) return {400, "the extension of a chunk is malformed"};
  return {400, "the request is malformed"};
}

// Whether a request line is one of a version that Beast did not know, rather than malformed.
bool has_other_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r')), version = line.substr(std::min(line.rfind(' '), line.size()));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 9 && version.starts_with(" HTTP/") && is_digit(version[6]) && version[7] == '.' &&
         is_digit(version[8]) && version != " HTTP/1.0" && version != " HTTP/1.1";
}

// Beast calls it with what it reads; what is refused here is in `refusal`.
class Message final : public beast::basic_parser<true> {
 public:
  explicit Message(uint64_t head_size) {
    header_limit(static_cast<uint32_t>(head_size));
    body_limit(UINT64_MAX);  // Beast 1.74 takes "none" for 0
  }
  RequestHead* head = nullptr;
  std::vector<Header>* headers = nullptr;
  size_t most_headers = 0;
  Refusal refusal;
  bool is_refused = false, has_host = false, has_length = false, has_encoding = false, expects_continue = false;
  Bytes piece;
  uint64_t chunk_left = 0;

 private:
  void refuse(int status, const char* reason, Code& code) {
    if (!is_refused) refusal = {status, reason};
    is_refused = true;
    code = beast::error::bad_value;
  }

  void on_request_impl(beast::verb, boost::beast::string_view method, boost::beast::string_view target, int version,
                       Code&) override {
    head->method = view(method);
    head->target = view(target);
    head->version = version == 10 ? Version::http_1_0 : Version::http_1_1;
  }

  void on_field_impl(beast::field field, boost::beast::string_view name, boost::beast::string_view value, Code& code) override {
    if (head == nullptr) return;  // a trailer: read over, and bounded by the size of heads
    if (headers->size() == most_headers) return refuse(431, "too many headers", code);
    headers->push_back({view(name), view(value)});
    on_framing(field, headers->back().value, code);
  }

  void on_framing(beast::field field, std::string_view value, Code& code) {
    if (field == beast::field::content_length) {
      if (has_length) return refuse(400, "more than one Content-Length", code);
      has_length = true;
      uint64_t length = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      if (error != std::errc() || end != value.data() + value.size()) {
        return refuse(400, "Content-Length is not one decimal number", code);
      }
      head->content_length = length;
    } else if (field == beast::field::transfer_encoding) {
      if (has_encoding) return refuse(400, "more than one Transfer-Encoding", code);
      has_encoding = true;
      if (head->version == Version::http_1_0) return refuse(400, "Transfer-Encoding in HTTP/1.0", code);
      if (!is_named(value, "chunked")) return refuse(501, "of transfer codings only \"chunked\" is understood", code);
    } else if (field == beast::field::host) {
      if (has_host) return refuse(400, "more than one Host", code);
      has_host = true;
      if (!is_authority(value)) return refuse(400, "the value of Host is malformed", code);
      head->authority = value;
    } else if (field == beast::field::expect) {
      if (!is_named(value, "100-continue")) return refuse(417, "of expectations only \"100-continue\" is understood", code);
      expects_continue = true;
    }
    if (has_length && has_encoding) refuse(400, "Content-Length beside Transfer-Encoding", code);
  }

  void on_chunk_header_impl(uint64_t size, boost::beast::string_view, Code&) override { chunk_left = size; }
  size_t on_chunk_body_impl(uint64_t, boost::beast::string_view body, Code&) override {
    piece = bytes_of(view(body));
    chunk_left -= body.size();
    return body.size();
  }
  // Bodies of a told length are counted by http1.cpp, not read here.
  size_t on_body_impl(boost::beast::string_view body, Code&) override { return body.size(); }
  void on_response_impl(int, boost::beast::string_view, int, Code&) override {}
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, Code&) override {}
  void on_finish_impl(Code&) override {}
};

}  // namespace

// Beast's parser cannot be used twice: made anew, in place.
struct RequestParser::State {
  std::optional<Message> message;
};

RequestParser::RequestParser(const ParserLimits& limits) : limits_(limits), state_(std::make_unique<State>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  state_->message.reset();
  scanned_ = 0;
}

RequestParser::Step RequestParser::refuse(int status, const char* reason) {
  refusal_ = {status, reason};
  return Step::refused;
}

// Looks at whole lines, in the first `head_size` bytes alone: so what is found first does not depend on how much has come.
RequestParser::Step RequestParser::find_head(Bytes bytes, Extent& extent) {
  size_t blank = 0;
  while (blank < 2 * most_blank_lines && bytes.size() >= blank + 2 && bytes[blank] == '\r' && bytes[blank + 1] == '\n') blank += 2;
  const Bytes head = bytes.subspan(blank), window = head.first(std::min<uint64_t>(head.size(), limits_.head_size));
  while (scanned_ < window.size()) {
    const auto* const end = static_cast<const uint8_t*>(std::memchr(window.data() + scanned_, '\n', window.size() - scanned_));
    if (end == nullptr) break;
    const auto line_end = static_cast<size_t>(end - window.data());
    if (line_end == scanned_ || window[line_end - 1] != '\r') return refuse(400, "a line does not end with CR LF");
    if (line_end == scanned_ + 1) {
      if (scanned_ == 0) return refuse(400, "empty lines instead of a request");
      extent = {blank, line_end + 1};
      return Step::done;
    }
    if (scanned_ > 0 && (window[scanned_] == ' ' || window[scanned_] == '\t')) return refuse(400, "a header is folded over lines");
    scanned_ = line_end + 1;
  }
  if (head.size() <= limits_.head_size) return Step::needs_more;
  if (scanned_ == 0) return refuse(414, "the request target is too long");
  return refuse(431, "the headers are too large");
}

RequestParser::Step RequestParser::read_head(std::string_view text, RequestHead& head, std::vector<Header>& headers,
                                             Framing& framing) {
  headers.clear();
  head = {};
  Message& message = state_->message.emplace(limits_.head_size);
  message.head = &head;
  message.headers = &headers;
  message.most_headers = limits_.headers;
  Code code;
  (void)message.put({text.data(), text.size()}, code);
  message.head = nullptr;
  if (message.is_refused) return refuse(message.refusal.status, message.refusal.reason);
  if (code == beast::error::bad_version && has_other_version(text))
    return refuse(505, "only the versions 1.0 and 1.1 are spoken here");
  if (code || !message.is_header_done()) {
    refusal_ = refusal_for(code);
    return Step::refused;
  }
  head.headers = headers;
  framing = {.is_chunked = message.has_encoding, .keeps_alive = message.keep_alive(), .expects_continue = message.expects_continue};
  if (head.version == Version::http_1_1 && !message.has_host) return refuse(400, "Host is missing");
  return check_target(head);
}

// RFC 9112, 3.2: origin-form, absolute-form, and the asterisk of OPTIONS. CONNECT is for proxies.
RequestParser::Step RequestParser::check_target(RequestHead& head) {
  std::string_view& target = head.target;
  if (target.size() > limits_.target_size) return refuse(414, "the request target is too long");
  if (head.method == "CONNECT") return refuse(501, "this is no proxy");
  if (target.find('#') != std::string_view::npos) return refuse(400, "the request target has a fragment");
  if (!target.starts_with('/')) {
    const size_t scheme = is_named(target.substr(0, 7), "http://") ? 7 : is_named(target.substr(0, 8), "https://") ? 8 : 0;
    if (scheme == 0 && (target != "*" || head.method != "OPTIONS")) return refuse(400, "the request target is no path");
    if (scheme != 0) {
      const size_t end = std::min(target.find_first_of("/?", scheme), target.size());
      head.authority = target.substr(scheme, end - scheme);
      if (head.authority.empty() || !is_authority(head.authority))
        return refuse(400, "the authority in the request target is malformed");
      target = target.substr(end);
      if (target.empty()) target = "/";
      if (target.starts_with('?')) return refuse(400, "the request target has no path");
    }
  }
  const size_t mark = std::min(target.find('?'), target.size());
  head.path = target.substr(0, mark);
  head.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  return Step::done;
}

// A chunk's size line, and the trailers with the last one, are read when they are there as a whole; `bytes` begins with them then.
RequestParser::Step RequestParser::read_chunk(Bytes bytes, Chunk& chunk) {
  chunk = {};
  std::optional<Message>& made = state_->message;
  if (bytes.empty() || !made) return Step::needs_more;
  Message& message = *made;
  message.piece = {};
  Code code;
  // Of a line, or of trailers, no more is looked at than is allowed: what is found does not depend on how much has come.
  const bool is_content = message.chunk_left > 0;
  if (!is_content && may_be_cut_last_chunk(text_of(bytes))) return Step::needs_more;
  const Bytes window = is_content ? bytes : bytes.first(std::min<uint64_t>(bytes.size(), limits_.head_size));
  chunk.used = message.put({window.data(), window.size()}, code);
  chunk.piece = message.piece;
  if (code == beast::error::need_more) {
    if (bytes.size() > window.size()) return refuse(431, "the extension of a chunk, or the trailers, are too large");
    return Step::needs_more;
  }
  if (code) {
    refusal_ = refusal_for(code);
    return Step::refused;
  }
  return message.is_done() ? Step::done : Step::needs_more;
}

}  // namespace mote::http
