// Streams (http2_stream.h). Handlers are called from begin(), work(), produce() and tick() alone, which no call of theirs leads to.
#include "base/http/http2_stream.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/http/text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mote::http {

namespace {

constexpr size_t header_overhead = 32;      // RFC 9113, 6.5.2
constexpr size_t kept_capacity = 16 << 10;  // of buffers, from one stream to the next

template <class Buffer>
void trim(Buffer& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_capacity) buffer = Buffer();
}

}  // namespace

void Stream::open(int32_t id) {
  id_ = id;
  phase_ = Phase::head;
  is_closed_ = is_gone_ = false;
  trim(text_);
  cookies_.clear();
  text_size_ = 0;
  ranges_.clear();
  headers_.clear();
  method_ = target_ = authority_ = std::nullopt;
  is_too_large_ = expects_continue_ = false;
  trim(input_);
  body_done_ = false;
  reader_ = nullptr;
  reads_whole_ = true;
  trim(body_);
  reading_.reset();
  answer_ = Answer::none;
  has_body_ = true;
  is_deferred_ = is_broken_ = false;
  answer_left_ = std::nullopt;
  trim(output_);
  writing_.reset();
  lingers_since_ns_ = 0;
  on_room_ = nullptr;
  on_gone_ = nullptr;
  head_ = {};
}

Stream::Range Stream::keep(std::string_view text) {
  const Range range = {text_.size(), text.size()};
  text_ += text;
  return range;
}

// Those of a head; what is too much is not kept.
void Stream::add_header(std::string_view name, std::string_view value) {
  const ServerLimits& limits = owner_.around().limits;
  text_size_ += name.size() + value.size() + header_overhead;
  is_too_large_ |= text_size_ > limits.head_size || ranges_.size() == limits.headers;
  if (is_too_large_) return;
  if (name == ":method") {
    method_ = keep(value);
  } else if (name == ":path") {
    target_ = keep(value);
  } else if (name == ":authority") {
    authority_ = keep(value);
  } else if (name == "cookie") {
    // Sent in crumbs (RFC 9113, 8.2.3); who reads them expects one.
    if (!cookies_.empty()) cookies_ += "; ";
    cookies_ += value;
  } else if (!name.starts_with(':')) {
    const Range kept_name = keep(name);
    ranges_.push_back({kept_name, keep(value)});
  }
}

bool Stream::take_framing(const Header& header, std::optional<Refusal>& refusal) {
  if (header.name == "host" && !authority_) head_.authority = header.value;
  if (header.name == "content-length") {
    uint64_t length = 0;
    const std::string_view value = header.value;
    const auto [rest, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc() || rest != value.data() + value.size()) refusal = {400, "Content-Length is not one decimal number"};
    head_.content_length = length;
  }
  if (header.name == "expect") {
    expects_continue_ = is_named(header.value, "100-continue");
    if (!expects_continue_) refusal = {417, "of expectations only \"100-continue\" is understood"};
  }
  return !refusal;
}

// That pseudo headers are there, once and in their place, is nghttp2's to check.
std::optional<Refusal> Stream::finish_head(bool has_ended) {
  body_done_ = has_ended;
  if (is_too_large_) return Refusal{431, "the headers are too large"};
  if (!cookies_.empty()) {
    const Range name = keep("cookie");
    ranges_.push_back({name, keep(cookies_)});
  }
  for (const HeaderRange& one : ranges_) headers_.push_back({at(one.name), at(one.value)});
  head_.version = Version::http_2;
  head_.is_tls = owner_.carrier().is_tls();
  head_.peer = owner_.carrier().peer();
  head_.headers = headers_;
  head_.method = method_ ? at(*method_) : "";
  head_.target = target_ ? at(*target_) : "";
  head_.authority = authority_ ? at(*authority_) : "";
  std::optional<Refusal> refusal;
  for (const Header& header : headers_) {
    if (!take_framing(header, refusal)) return refusal;
  }
  if (!is_authority(head_.authority)) return Refusal{400, "the authority is malformed"};
  if (head_.target.size() > owner_.around().limits.target_size) return Refusal{414, "the request target is too long"};
  if (head_.method == "CONNECT") return Refusal{501, "this is no proxy"};
  if (head_.target.find('#') != std::string_view::npos) return Refusal{400, "the request target has a fragment"};
  const size_t mark = std::min(head_.target.find('?'), head_.target.size());
  head_.path = head_.target.substr(0, mark);
  head_.query = mark < head_.target.size() ? head_.target.substr(mark + 1) : std::string_view();
  return std::nullopt;
}

void Stream::begin() {
  phase_ = Phase::begun;
  ++owner_.around().counts.requests;
  ++owner_.around().counts.exchanges;
  owner_.around().handler.on_request(*this);
}

void Stream::refuse(const Refusal& refusal) {
  phase_ = Phase::begun;
  ++owner_.around().counts.malformed;
  ++owner_.around().counts.exchanges;
  const std::string text = format("{}\n", refusal.reason);
  const Header type[] = {{"content-type", "text/plain; charset=utf-8"}};
  (void)answer(refusal.status, type, bytes_of(text));
}

void Stream::receive(Bytes bytes) {
  if (!is_lent() && phase_ == Phase::begun) return owner_.consume(*this, bytes.size());
  input_.append(bytes);
  reading_.count(bytes.size(), owner_.carrier().now_ns());
}

void Stream::work() {
  if (!is_lent()) return;
  if (is_closed_ && !is_gone_ && (has_body_ || answer_ == Answer::none)) {
    is_gone_ = true;
    ++owner_.around().counts.gone;
  }
  if (reader_) return go_on_reading();
  if (is_gone_ && on_gone_) std::exchange(on_gone_, nullptr)();
}

void Stream::go_on_reading() {
  if (is_gone_) return fail_body(0, ErrorKind::unavailable, "the client went away");
  if (expects_continue_ && !body_done_ && input_.empty() && answer_ == Answer::none) {
    expects_continue_ = false;
    owner_.submit_continue(*this);
  }
  if (reads_whole_) {
    const Bytes more = input_.view();
    if (head_.content_length.value_or(0) > most_ || body_.size() + more.size() > most_) {
      return fail_body(413, ErrorKind::limit, "the body is larger than is allowed here");
    }
    body_.insert(body_.end(), more.begin(), more.end());
    owner_.consume(*this, more.size());
    input_.clear();
    if (body_done_) return deliver({});
  } else if (!input_.empty()) {
    const Bytes more = input_.view();
    body_.assign(more.begin(), more.end());
    owner_.consume(*this, more.size());
    input_.clear();
    return deliver(body_);
  } else if (body_done_) {
    return deliver({});
  }
  reading_.wait(owner_.carrier().now_ns());
}

void Stream::deliver(Bytes bytes) {
  reading_.stop(owner_.carrier().now_ns());
  auto reader = std::exchange(reader_, nullptr);
  reader(reads_whole_ ? Bytes(body_) : bytes);
}

void Stream::fail_body(int status, ErrorKind kind, const char* reason) {
  reading_.stop(owner_.carrier().now_ns());
  auto reader = std::exchange(reader_, nullptr);
  reader(fail(kind, reason));
  if (answer_ != Answer::none) return;
  if (is_gone_) return abandon();
  const std::string text = format("{}\n", reason);
  const Header type[] = {{"content-type", "text/plain; charset=utf-8"}};
  (void)answer(status, type, bytes_of(text));
}

void Stream::read_body(uint64_t most, Reader reader) {
  ASSERT(is_lent() && !reader_);
  if (!reads_whole_) body_.clear();
  reader_ = std::move(reader);
  reads_whole_ = true;
  most_ = most;
  owner_.changed();
}

void Stream::read_some(Reader reader) {
  ASSERT(is_lent() && !reader_);
  reader_ = std::move(reader);
  reads_whole_ = false;
  owner_.changed();
}

Result<void> Stream::answer(int status, std::span<const Header> headers, Bytes body) {
  ASSERT(is_lent() && answer_ == Answer::none);
  TRY(check_answer(status, headers));
  if (!is_closed_) {
    has_body_ = !body.empty() && head_.method != "HEAD" && !has_no_body(status);
    if (has_body_) output_.append(body);
    const auto length = has_no_body(status) ? std::nullopt : std::optional<uint64_t>(body.size());
    owner_.submit_head(*this, status, headers, length, has_body_);
  }
  end();
  return {};
}

Result<void> Stream::begin_answer(int status, std::span<const Header> headers, std::optional<uint64_t> length) {
  ASSERT(is_lent() && answer_ == Answer::none);
  TRY(check_answer(status, headers));
  has_body_ = head_.method != "HEAD" && !has_no_body(status);
  answer_left_ = length;
  answer_ = Answer::begun;
  if (!is_closed_) {
    owner_.submit_head(*this, status, headers, has_no_body(status) ? std::nullopt : length, has_body_);
    owner_.changed();
  }
  return {};
}

uint64_t Stream::write(Bytes bytes) {
  ASSERT(is_lent() && answer_ == Answer::begun);
  if (is_closed_ || is_broken_ || !has_body_) return bytes.size();
  const uint64_t full = owner_.around().limits.output_size;
  const Bytes taken = bytes.first(std::min<uint64_t>(bytes.size(), full - std::min<uint64_t>(output_.size(), full)));
  if (taken.empty()) return 0;
  if (answer_left_) {
    is_broken_ = taken.size() > *answer_left_;
    if (is_broken_) return bytes.size();
    *answer_left_ -= taken.size();
  }
  output_.append(taken);
  if (std::exchange(is_deferred_, false)) owner_.resume_data(*this);
  owner_.changed();
  return taken.size();
}

void Stream::on_room(std::move_only_function<void()> call) {
  ASSERT(is_lent());
  on_room_ = std::move(call);
  owner_.changed();
}

void Stream::produce() {
  while (on_room_ && is_lent() && (is_closed_ || output_.size() <= owner_.around().limits.output_size / 2)) {
    std::exchange(on_room_, nullptr)();
  }
}

void Stream::end_answer() {
  ASSERT(is_lent() && answer_ == Answer::begun);
  if (is_broken_ || (has_body_ && answer_left_.value_or(0) > 0)) return abandon();
  end();
}

void Stream::abandon() {
  ASSERT(is_lent());
  if (!is_closed_) owner_.reset(*this, StreamOwner::Reset::internal_error);
  output_.clear();
  end();
}

// The exchange is over for its handler; the stream is when all of the answer is sent.
void Stream::end() {
  answer_ = Answer::ended;
  reader_ = nullptr;
  on_room_ = nullptr;
  on_gone_ = nullptr;
  --owner_.around().counts.exchanges;
  owner_.consume(*this, input_.size());
  input_.clear();
  if (std::exchange(is_deferred_, false) && !is_closed_) owner_.resume_data(*this);
  owner_.changed();
}

void Stream::on_gone(std::move_only_function<void()> call) {
  ASSERT(is_lent());
  on_gone_ = std::move(call);
  owner_.changed();
}

void Stream::closed() {
  is_closed_ = true;
  output_.clear();
}

// A client that is sending its body still may only read the answer when it is done. It has some time for that; then it is told not
// to send the rest (RFC 9113, 8.1), which many take for a failure.
void Stream::sent_all() {
  if (!body_done_) lingers_since_ns_ = owner_.carrier().now_ns();
}

size_t Stream::take_output(MutableBytes into, bool& is_last) {
  const size_t size = std::min(into.size(), output_.size());
  const Bytes taken = output_.view().first(size);
  std::copy(taken.begin(), taken.end(), into.begin());
  output_.drop(size);
  writing_.count(size, owner_.carrier().now_ns());
  if (output_.empty()) writing_.reset();
  is_last = output_.empty() && answer_ == Answer::ended;
  is_deferred_ = size == 0 && !is_last;
  return size;
}

// Also looks after those who do not open their windows.
bool Stream::tick(uint64_t now_ns) {
  if (is_closed_) return false;
  constexpr uint64_t ns_per_ms = 1'000'000;
  if (lingers_since_ns_ != 0 && now_ns > lingers_since_ns_ + owner_.around().limits.linger_time_ms * ns_per_ms) {
    lingers_since_ns_ = 0;
    owner_.reset(*this, StreamOwner::Reset::no_error);
    return true;
  }
  if (!output_.empty()) writing_.wait(now_ns);
  if (writing_.is_over(now_ns)) {
    ++owner_.around().counts.timed_out;
    output_.clear();
    writing_.reset();
    owner_.reset(*this, StreamOwner::Reset::internal_error);
    return true;
  }
  if (!reader_ || !reading_.is_over(now_ns)) return false;
  ++owner_.around().counts.timed_out;
  fail_body(408, ErrorKind::bad_input, "the body did not come in time");
  return true;
}

}  // namespace mote::http
