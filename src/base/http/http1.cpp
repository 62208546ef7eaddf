// HTTP/1.1 (http1.h). RFC 9112; Expect is RFC 9110, 10.1.1.
//
// receive() goes step by step: a head, the body as far as the handler asks for it, what nobody asked for of it, the next head.
// Handlers are called from there alone, so that no call of theirs comes back to them.
#include "base/http/http1.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/http/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace mote::http {

namespace {

constexpr uint64_t most_at_once = 4;        // pipelined requests, before others have their turn
constexpr size_t kept_capacity = 16 << 10;  // of a body's buffer, from one exchange to the next

}  // namespace

Http1::Http1(Carrier& carrier, const Surroundings& surroundings)
    : carrier_(carrier),
      around_(surroundings),
      parser_(
          {.head_size = around_.limits.head_size, .headers = around_.limits.headers, .target_size = around_.limits.target_size}) {}

size_t Http1::receive(Bytes bytes) {
  const Inside inside(is_inside_);
  size_t used = 0;
  const uint64_t most = requests_ + most_at_once;
  while (requests_ < most && step(bytes.subspan(used), used)) {
  }
  return used;
}

// Whether something was done, so that something else may have become possible.
bool Http1::step(Bytes bytes, size_t& used) {
  if (phase_ == Phase::over) return false;
  if (phase_ == Phase::head) return take_head(bytes, used);
  if (is_gone_ && on_gone_ && !reader_ && has_lent()) return std::exchange(on_gone_, nullptr)(), true;
  if (reader_) return go_on_reading(bytes, used);
  if (answer_ != Answer::ended) return false;
  if (!body_done_ && stays_) return discard(bytes, used);
  finish();
  return true;
}

bool Http1::wants_input() const {
  if (phase_ == Phase::head) return carrier_.output().size() <= around_.limits.output_size;
  if (phase_ == Phase::over || body_done_) return false;
  return reader_ || answer_ == Answer::ended;
}

Awaiting Http1::awaiting() const {
  if (phase_ != Phase::head) return Awaiting::nothing;
  return has_begun_ ? Awaiting::rest_of_head : Awaiting::request;
}

bool Http1::take_head(Bytes bytes, size_t& used) {
  if (carrier_.output().size() > around_.limits.output_size) return false;
  if (is_draining_ && bytes.empty()) {
    close(Stance::closes);
    return false;
  }
  RequestParser::Extent extent;
  const auto found = parser_.find_head(bytes, extent);
  if (found == RequestParser::Step::needs_more) {
    has_begun_ = bytes.size() > extent.blank;
    if (input_ended_) close(Stance::closes);
    return false;
  }
  if (found == RequestParser::Step::done) {
    head_text_.assign(text_of(bytes.subspan(extent.blank, extent.size)));
    used += extent.blank + extent.size;
  }
  if (found == RequestParser::Step::refused ||
      parser_.read_head(head_text_, head_, headers_, framing_) == RequestParser::Step::refused) {
    refuse(parser_.refusal());
    return false;
  }
  begin_exchange();
  return true;
}

void Http1::begin_exchange() {
  phase_ = Phase::exchange;
  has_begun_ = false;
  head_.peer = carrier_.peer();
  head_.is_tls = carrier_.is_tls();
  body_left_ = head_.content_length.value_or(0);
  body_done_ = !framing_.is_chunked && body_left_ == 0;
  body_unread_ = 0;
  body_failed_ = has_continued_ = is_broken_ = false;
  body_.clear();
  reads_whole_ = true;
  patience_.reset();
  answer_ = Answer::none;
  ++requests_;
  ++around_.counts.requests;
  ++around_.counts.exchanges;
  around_.handler.on_request(*this);
}

void Http1::read_body(uint64_t most, Reader reader) {
  ASSERT(has_lent() && !reader_);
  if (!reads_whole_) body_.clear();  // a piece of before
  reader_ = std::move(reader);
  reads_whole_ = true;
  most_ = most;
  changed();
}

void Http1::read_some(Reader reader) {
  ASSERT(has_lent() && !reader_);
  reader_ = std::move(reader);
  reads_whole_ = false;
  changed();
}

RequestParser::Step Http1::take_body(Bytes bytes, size_t& used, Bytes& piece) {
  if (framing_.is_chunked) {
    RequestParser::Chunk chunk;
    const auto step = parser_.read_chunk(bytes, chunk);
    used += chunk.used;
    piece = chunk.piece;
    return step;
  }
  piece = bytes.first(std::min<uint64_t>(bytes.size(), body_left_));
  used += piece.size();
  body_left_ -= piece.size();
  return body_left_ == 0 ? RequestParser::Step::done : RequestParser::Step::needs_more;
}

// What the handler asked for, as far as it has come.
bool Http1::go_on_reading(Bytes bytes, size_t& used) {
  if (is_gone_) return fail_body(0, ErrorKind::unavailable, "the client went away"), true;
  if (body_failed_) return fail_body(400, ErrorKind::bad_input, "the body is malformed"), true;
  if (reads_whole_ && (head_.content_length.value_or(0) > most_ || body_.size() > most_)) {
    return fail_body(413, ErrorKind::limit, "the body is larger than is allowed here"), true;
  }
  if (body_done_) return deliver({}), true;
  if (framing_.expects_continue && !has_continued_ && answer_ == Answer::none) {
    carrier_.output().append("HTTP/1.1 100 Continue\r\n\r\n");
    has_continued_ = true;
  }
  const size_t before = used;
  Bytes piece;
  const auto step = take_body(bytes, used, piece);
  patience_.count(used - before, carrier_.now_ns());
  if (step == RequestParser::Step::refused) {
    ++around_.counts.malformed;
    return fail_body(parser_.refusal().status, ErrorKind::bad_input, parser_.refusal().reason), true;
  }
  body_done_ = step == RequestParser::Step::done;
  if (!reads_whole_ && !piece.empty()) return deliver(piece), true;
  if (reads_whole_) body_.insert(body_.end(), piece.begin(), piece.end());
  if (used != before || body_done_) return true;
  if (input_ended_) return fail_body(400, ErrorKind::bad_input, "the body ended before its length"), true;
  patience_.wait(carrier_.now_ns());
  return false;
}

// To the handler, which may ask for more, or answer.
void Http1::deliver(Bytes bytes) {
  patience_.stop(carrier_.now_ns());
  auto reader = std::exchange(reader_, nullptr);
  if (!reads_whole_) body_.assign(bytes.begin(), bytes.end());
  reader(Bytes(body_));
}

// Where the next request begins is not known any more.
void Http1::fail_body(int status, ErrorKind kind, const char* reason) {
  patience_.stop(carrier_.now_ns());
  body_failed_ = true;
  stays_ = false;
  auto reader = std::exchange(reader_, nullptr);
  reader(fail(kind, reason));
  if (answer_ != Answer::none) return;
  if (is_gone_) return abandon();
  const std::string text = format("{}\n", reason);
  const Header type[] = {{"content-type", "text/plain; charset=utf-8"}};
  (void)answer(status, type, bytes_of(text));
}

// A body that nobody asked for, or not all of: read to its end when that is not far.
bool Http1::discard(Bytes bytes, size_t& used) {
  const size_t before = used;
  Bytes piece;
  const auto step = take_body(bytes, used, piece);
  patience_.count(used - before, carrier_.now_ns());
  body_unread_ += used - before;
  body_done_ = step == RequestParser::Step::done;
  if (step == RequestParser::Step::refused || body_unread_ > around_.limits.unread_size) stays_ = false;
  if (used != before || body_done_ || !stays_) return true;
  if (input_ended_) {
    stays_ = false;
    return true;
  }
  patience_.wait(carrier_.now_ns());
  return false;
}

// The exchange is over, and the connection with it when it cannot stay.
void Http1::finish() {
  --around_.counts.exchanges;
  on_room_ = nullptr;
  on_gone_ = nullptr;
  if (body_.capacity() > kept_capacity) std::vector<uint8_t>().swap(body_);
  if (head_text_.capacity() > kept_capacity) std::string().swap(head_text_);
  if (is_broken_ || is_gone_) return close(Stance::breaks);
  if (!stays_) return close(body_done_ && !body_failed_ ? Stance::closes : Stance::lingers);
  parser_.reset();
  phase_ = Phase::head;
}

void Http1::close(Stance stance) {
  phase_ = Phase::over;
  if (stance_ != Stance::breaks) stance_ = stance;
}

// Of the server's own accord, before there is an exchange.
void Http1::refuse(const Refusal& refusal) {
  ++around_.counts.malformed;
  const std::string text = format("{}\n", refusal.reason);
  const Header type[] = {{"content-type", "text/plain; charset=utf-8"}};
  append_head(carrier_.output(), {.status = refusal.status, .headers = type, .length = text.size(), .closes = true},
              around_.date.text(carrier_.now_ns()));
  carrier_.output().append(text);
  close(Stance::lingers);
}

// Whether the connection can go on behind this exchange, as far as its answer's head must say.
bool Http1::will_stay() const {
  if (!framing_.keeps_alive || is_draining_ || input_ended_ || body_failed_ || requests_ >= around_.limits.requests) return false;
  if (body_done_) return true;
  if (framing_.expects_continue && !has_continued_) return false;  // it may send the body, or the next request
  return body_left_ <= around_.limits.unread_size;
}

void Http1::send_head(int status, std::span<const Header> headers, std::optional<uint64_t> length) {
  const bool is_old = head_.version == Version::http_1_0;
  if (has_no_body(status)) length.reset();
  ending_ = head_.method == "HEAD" || has_no_body(status) ? Ending::without
            : length                                      ? Ending::length
            : is_old                                      ? Ending::close
                                                          : Ending::chunked;
  stays_ = will_stay() && ending_ != Ending::close;
  answer_left_ = length.value_or(0);
  append_head(carrier_.output(),
              {.status = status,
               .headers = headers,
               .length = length,
               .is_chunked = !length && !is_old && !has_no_body(status),
               .closes = !stays_,
               .says_it_stays = stays_ && is_old},
              around_.date.text(carrier_.now_ns()));
}

Result<void> Http1::answer(int status, std::span<const Header> headers, Bytes body) {
  ASSERT(has_lent() && answer_ == Answer::none);
  TRY(check_answer(status, headers));
  if (!is_gone_) {
    send_head(status, headers, body.size());
    if (ending_ == Ending::length) carrier_.output().append(body);
  }
  answer_ = Answer::ended;
  reader_ = nullptr;
  changed();
  return {};
}

Result<void> Http1::begin_answer(int status, std::span<const Header> headers, std::optional<uint64_t> length) {
  ASSERT(has_lent() && answer_ == Answer::none);
  TRY(check_answer(status, headers));
  if (!is_gone_) send_head(status, headers, length);
  answer_ = Answer::begun;
  changed();
  return {};
}

uint64_t Http1::write(Bytes bytes) {
  ASSERT(has_lent() && answer_ == Answer::begun);
  if (is_gone_ || is_broken_ || ending_ == Ending::without) return bytes.size();
  ByteQueue& output = carrier_.output();
  const uint64_t full = around_.limits.output_size;
  const Bytes taken = bytes.first(std::min<uint64_t>(bytes.size(), full - std::min<uint64_t>(output.size(), full)));
  if (taken.empty()) return 0;
  if (ending_ == Ending::length) {
    // More than was told: what the client would take it for is the next answer.
    is_broken_ = taken.size() > answer_left_;
    if (is_broken_) return bytes.size();
    answer_left_ -= taken.size();
  }
  if (ending_ == Ending::chunked) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), taken.size(), 16).ptr;
    output.append(std::string_view(digits.data(), static_cast<size_t>(end - digits.data())));
    output.append("\r\n");
  }
  output.append(taken);
  if (ending_ == Ending::chunked) output.append("\r\n");
  changed();
  return taken.size();
}

void Http1::on_room(std::move_only_function<void()> call) {
  ASSERT(has_lent());
  on_room_ = std::move(call);
  changed();
}

void Http1::produce() {
  const Inside inside(is_inside_);
  while (on_room_ && has_lent() && (is_gone_ || carrier_.output().size() <= around_.limits.output_size / 2)) {
    std::exchange(on_room_, nullptr)();
  }
}

void Http1::end_answer() {
  ASSERT(has_lent() && answer_ == Answer::begun);
  if (is_broken_ || (ending_ == Ending::length && answer_left_ > 0)) return abandon();
  if (ending_ == Ending::chunked && !is_gone_) carrier_.output().append("0\r\n\r\n");
  answer_ = Answer::ended;
  reader_ = nullptr;
  changed();
}

void Http1::abandon() {
  ASSERT(has_lent());
  answer_ = Answer::ended;
  is_broken_ = true;
  stays_ = false;
  reader_ = nullptr;
  changed();
}

void Http1::on_gone(std::move_only_function<void()> call) {
  ASSERT(has_lent());
  on_gone_ = std::move(call);
  changed();
}

void Http1::changed() {
  if (!is_inside_) carrier_.resume();
}

void Http1::end_of_input() {
  input_ended_ = true;
}

void Http1::lost() {
  const Inside inside(is_inside_);
  if (!std::exchange(is_gone_, true) && has_lent()) ++around_.counts.gone;
  if (phase_ == Phase::head) close(Stance::breaks);
}

bool Http1::tick(uint64_t now_ns) {
  const Inside inside(is_inside_);
  if (phase_ != Phase::exchange || !patience_.is_over(now_ns)) return false;
  ++around_.counts.timed_out;
  stays_ = false;
  patience_.stop(now_ns);
  if (reader_) fail_body(408, ErrorKind::bad_input, "the body did not come in time");
  return true;
}

void Http1::too_slow() {
  const Inside inside(is_inside_);
  if (phase_ != Phase::head) return;
  ++around_.counts.timed_out;
  if (has_begun_) return refuse({408, "the request did not come in time"});
  close(Stance::closes);
}

void Http1::trim() {
  if (phase_ != Phase::head) return;
  std::vector<uint8_t>().swap(body_);
  std::string().swap(head_text_);
  std::vector<Header>().swap(headers_);
}

void Http1::drain() {
  is_draining_ = true;
}

}  // namespace mote::http
