// Connections (connection.h).
//
// Everything happens in go_on(): offer the protocol what was received, read more if it wants more, send what it put out, and again
// as long as that changes something. Whatever happens elsewhere (an event, an answer from a handler that took its time) leads
// there. Events come once for each change, so what the socket is known to have is remembered (can_read_, can_write_).
#include "base/http/connection.h"

#include "base/http/http1.h"
#include "base/http/http2.h"
#include "base/os/clock.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mote::http {

namespace {

constexpr int most_rounds = 16;             // of one connection before others have their turn
constexpr uint64_t trimmed_after_ms = 500;  // without a request, a connection gives its memory back
constexpr size_t blank_size = 64;           // before a head there may be empty lines
constexpr size_t tls_record = 16 << 10;     // plain bytes that make one
constexpr uint64_t ns_per_ms = 1'000'000;

}  // namespace

Connection::Connection(Host& host, os::File socket, const std::optional<os::SocketAddress>& peer, std::unique_ptr<tls::Session> tls)
    : host_(host), socket_(std::move(socket)), tls_(std::move(tls)), peer_(peer ? os::text(*peer) : "") {
  now_ns_ = since_ns_ = os::now_ns(os::Clock::monotonic);
  if (!tls_) choose_protocol();
}
Connection::~Connection() = default;

Result<void> Connection::watch(io::Loop& loop) {
  watch_ = TRY(loop.watch(socket_.descriptor(), io::Loop::Watching::changes, [this](io::Loop::Change change) { changed(change); }));
  return {};
}

void Connection::choose_protocol() {
  Carrier& carrier = *this;
  if (tls_ && tls_->protocol() == "h2") {
    protocol_ = std::make_unique<Http2>(carrier, host_.surroundings());
  } else {
    protocol_ = std::make_unique<Http1>(carrier, host_.surroundings());
  }
  if (is_draining_) protocol_->drain();
}

void Connection::changed(io::Loop::Change change) {
  can_read_ |= change.can_read;
  can_write_ |= change.can_write;
  end_is_near_ |= change.has_ended;
  if (change.is_broken) {
    now_ns_ = os::now_ns(os::Clock::monotonic);
    lose();
  }
  go_on();
}

// Not sent at once: what is answered in one turn of the loop goes out together, which wakes those who wait for it once, not each
// time.
void Connection::resume() {
  if (is_busy_ || is_closed_) return;
  host_.go_on_soon(*this);
}

void Connection::go_on() {
  if (is_closed_ || is_busy_) return;
  is_busy_ = true;
  now_ns_ = os::now_ns(os::Clock::monotonic);
  if (is_lingering_) {
    linger();
  } else {
    int rounds = 0;
    while (go_one_round()) {
      if (++rounds < most_rounds) continue;
      host_.go_on_soon(*this);
      break;
    }
    note_what_is_awaited();
    act_on_stance();
  }
  is_busy_ = false;
}

// Whether it changed anything.
bool Connection::go_one_round() {
  const uint64_t room_at = host_.surroundings().limits.output_size / 2;
  bool has_changed = false;
  if (protocol_) {
    protocol_->produce();
    has_changed = offer({});
  }
  // What lies here and is larger than a head can be gone on with: nothing more is needed for that.
  const bool has_enough = input_.size() > host_.surroundings().limits.head_size + blank_size;
  const bool wants_input = !protocol_ || (protocol_->wants_input() && !has_enough);
  if (wants_input && !is_lost_ && !input_ended_) has_changed |= read_more();
  const bool had_no_room = output_.size() > room_at;
  flush();
  return has_changed || (had_no_room && output_.size() <= room_at);
}

// To the protocol, behind what it has not taken yet.
bool Connection::offer(Bytes bytes) {
  size_t used = 0;
  if (input_.empty()) {
    used = protocol_->receive(bytes);
    if (used < bytes.size()) input_.append(bytes.subspan(used));
  } else {
    input_.append(bytes);
    used = protocol_->receive(input_.view());
    input_.drop(used);
  }
  return used > 0;
}

bool Connection::read_more() {
  if (tls_ && protocol_ && tls_->may_have_more() && read_decrypted()) return true;
  if (!can_read_) return false;
  const MutableBytes into = host_.scratch();
  const uint64_t size = read_socket(into);
  if (size == 0) return input_ended_ || is_lost_;
  if (!tls_) {
    (void)offer(into.first(size));
    return true;
  }
  const auto fed = tls_->feed(into.first(size));
  if (!protocol_ && tls_->is_open()) choose_protocol();
  if (protocol_) (void)read_decrypted();
  if (!fed) {
    ++host_.surroundings().counts.malformed;
    flush();  // the last word: an alert
    lose();
  }
  return true;
}

// A short read empties a socket: the next change is told. Unless the end was told already, which lies behind it.
uint64_t Connection::read_socket(MutableBytes into) {
  const auto size = os::receive_some(socket_.descriptor(), into);
  if (!size) {
    can_read_ = false;
    if (size.error() != EAGAIN) lose();
    return 0;
  }
  if (*size == 0) end_input();
  if (*size < into.size() && !end_is_near_) can_read_ = false;
  return *size;
}

void Connection::end_input() {
  input_ended_ = true;
  can_read_ = false;
  if (protocol_) protocol_->end_of_input();
}

bool Connection::read_decrypted() {
  const MutableBytes plain = host_.plain_scratch();
  const auto size = tls_->read(plain);
  if (!size) {
    lose();
    return true;
  }
  if (*size > 0) (void)offer(plain.first(*size));
  if (tls_->has_ended() && !input_ended_) end_input();
  return *size > 0;
}

bool Connection::has_output() const {
  return !output_.empty() || (tls_ && !tls_->output().empty());
}

void Connection::flush() {
  if (is_lost_) return output_.clear();
  uint64_t sent = 0;
  while (can_write_ && has_output()) {
    if (!tls_) {
      if (!send(output_.view(), sent)) break;
      output_.drop(sent);
    } else if (const Bytes encrypted = tls_->output(); !encrypted.empty()) {
      if (!send(encrypted, sent)) break;
      tls_->sent(sent);
    } else if (tls_->is_open()) {
      const Bytes plain = output_.view().first(std::min(output_.size(), tls_record));
      if (!tls_->write(plain)) return lose();
      output_.drop(plain.size());
    } else {
      break;
    }
  }
  if (has_output() && !is_lost_) {
    writing_.wait(now_ns_);
  } else {
    writing_.reset();
  }
}

bool Connection::send(Bytes bytes, uint64_t& sent) {
  const auto size = os::send_some(socket_.descriptor(), bytes);
  if (!size) {
    can_write_ = false;
    if (size.error() != EAGAIN) lose();
    return false;
  }
  sent = *size;
  writing_.count(sent, now_ns_);
  return true;
}

// Nobody is there. Exchanges that are not over go on, and what they answer is dropped.
void Connection::lose() {
  if (std::exchange(is_lost_, true)) return;
  watch_.reset();
  socket_ = os::File();
  output_.clear();
  input_.clear();
  is_lingering_ = false;
  if (protocol_) protocol_->lost();
  host_.go_on_soon(*this);
}

void Connection::note_what_is_awaited() {
  if (!protocol_) return;
  const Awaiting now = protocol_->awaiting();
  if (now == awaiting_ && protocol_->begun() == begun_) return;
  awaiting_ = now;
  begun_ = protocol_->begun();
  since_ns_ = now_ns_;
  is_trimmed_ = false;
}

void Connection::act_on_stance() {
  if (is_closed_) return;
  if (is_lost_) return close();
  if (!protocol_) {
    if (input_ended_) close();
    return;
  }
  switch (protocol_->stance()) {
    case Protocol::Stance::open:
      return;
    case Protocol::Stance::breaks:
      return close();
    case Protocol::Stance::closes:
    case Protocol::Stance::lingers:
      if (!output_.empty()) return;
      if (tls_) tls_->end();
      flush();
      if (has_output()) return;
      if (is_lost_ || input_ended_ || protocol_->stance() == Protocol::Stance::closes) return close();
      (void)os::shut_down(socket_.descriptor(), false, true);
      is_lingering_ = true;
      since_ns_ = now_ns_;
      linger();
  }
}

// Reads over what the client still sends. To close with that unread would take our last words from it.
void Connection::linger() {
  for (int round = 0; round < most_rounds && can_read_ && !input_ended_ && !is_lost_; ++round) (void)read_socket(host_.scratch());
  if (input_ended_ || is_lost_) return close();
  if (can_read_) host_.go_on_soon(*this);
}

// Not before every exchange is over: they are lent.
void Connection::close() {
  if (protocol_ && protocol_->has_lent()) return lose();
  if (std::exchange(is_closed_, true)) return;
  watch_.reset();
  socket_ = os::File();
  host_.closed(*this);
}

void Connection::tick(uint64_t now_ns) {
  if (is_closed_) return;
  const ServerLimits& limits = host_.surroundings().limits;
  ServerCounts& counts = host_.surroundings().counts;
  now_ns_ = now_ns;
  const uint64_t waited_ms = now_ns > since_ns_ ? (now_ns - since_ns_) / ns_per_ms : 0;
  if (is_lingering_) {
    if (waited_ms > limits.linger_time_ms) close();
    return;
  }
  bool acts = protocol_ && protocol_->tick(now_ns);
  if (writing_.is_over(now_ns)) {
    ++counts.timed_out;
    lose();
    acts = true;
  } else if (!protocol_ && waited_ms > limits.head_time_ms) {
    ++counts.timed_out;
    return close();
  } else if (protocol_ && ((awaiting_ == Awaiting::rest_of_head && waited_ms > limits.head_time_ms) ||
                           (awaiting_ == Awaiting::request && waited_ms > limits.idle_time_ms))) {
    protocol_->too_slow();
    acts = true;
  }
  if (awaiting_ == Awaiting::request && waited_ms >= trimmed_after_ms && !std::exchange(is_trimmed_, true)) {
    output_.trim();
    input_.trim();
    if (protocol_) protocol_->trim();
  }
  if (acts) go_on();
}

void Connection::drain() {
  is_draining_ = true;
  if (protocol_) protocol_->drain();
  go_on();
}

}  // namespace mote::http
