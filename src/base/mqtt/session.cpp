// The session (session.h): what it does itself. What it does when a packet comes is in session_packets.cpp.
//
// What is to be published waits in waiting_ until there is room: in the connection (limit mqtt-output-size), and of identifiers, of
// which the broker takes so many at once. From then on it is in_flight_ until the broker acknowledged it; after a lost connection
// it is sent again, in the same order.
#include "base/mqtt/session.h"

#include "base/core/json.h"

#include <algorithm>
#include <utility>

namespace mote::mqtt {

namespace {

constexpr uint64_t ns_per_ms = 1'000'000, ms_per_s = 1000;

std::string named(const Message& message) {
  return format("a message to {}", json_string(message.topic));
}

uint32_t seconds(uint64_t ms) {
  return static_cast<uint32_t>(std::min<uint64_t>((ms + ms_per_s - 1) / ms_per_s, UINT32_MAX));
}

}  // namespace

void Session::begin(uint64_t now_ns) {
  is_begun_ = true;
  now_ns_ = last_sent_ns_ = last_received_ns_ = now_ns;
  keep_alive_ns_ = settings_.keep_alive_ms * ns_per_ms;
  Connect connect = {.version = settings_.version,
                     .is_clean = settings_.session_expiry_ms == 0,
                     .keep_alive_s = static_cast<uint16_t>(std::min<uint64_t>(seconds(settings_.keep_alive_ms), UINT16_MAX)),
                     .client_id = settings_.client_id,
                     .user_name = settings_.user_name,
                     .password = settings_.password,
                     .will = settings_.will ? &*settings_.will : nullptr,
                     .will_delay_s = seconds(settings_.will_delay_ms)};
  if (const uint32_t expiry_s = seconds(settings_.session_expiry_ms); expiry_s != 0)
    connect.properties.push_back({PropertyId::session_expiry_interval, expiry_s});
  connect.properties.push_back({PropertyId::receive_maximum, static_cast<uint32_t>(settings_.deliveries)});
  connect.properties.push_back({PropertyId::maximum_packet_size, static_cast<uint32_t>(settings_.packet_size)});
  encode(output_, connect);
}

// Deliveries that were not acknowledged are forgotten: the broker sends them again.
void Session::lost() {
  is_begun_ = is_open_ = has_ended_ = has_left_ = false;
  output_.clear();
  sent_ = sent_before_ = 0;
  pinged_ns_ = 0;
  subscribe_id_ = 0;
  again_.clear();
  for (auto& queue : incoming_) queue.clear();
  deliveries_ = deliveries_size_ = 0;
  for (auto& [position, done] : std::exchange(leaving_, {}))
    if (done) done(fail(ErrorKind::unavailable, "the connection to the broker ended before the message was sent"));
}

void Session::give_up(const Error& reason) {
  auto in_flight = std::exchange(in_flight_, {});
  auto waiting = std::exchange(waiting_, {});
  order_of_id_.clear();
  again_.clear();
  waiting_size_ = 0;
  for (auto& [order, one] : in_flight)
    if (one.done) one.done(std::unexpected(reason));
  for (Outgoing& one : waiting)
    if (one.done) one.done(std::unexpected(reason));
}

void Session::sent(uint64_t count, uint64_t now_ns) {
  sent_ += count;
  now_ns_ = last_sent_ns_ = now_ns;
  if (sent_ == output_.size()) {
    sent_before_ += sent_;
    output_.clear();
    sent_ = 0;
  } else if (sent_ > limits::mqtt_output_size.standard) {
    output_.erase(output_.begin(), output_.begin() + static_cast<int64_t>(sent_));
    sent_before_ += sent_;
    sent_ = 0;
  }
  while (!leaving_.empty() && leaving_.front().first <= sent_before_ + sent_) {
    const Done done = std::move(leaving_.front().second);
    leaving_.pop_front();
    if (done) done({});
  }
  if (is_open_) pump();
}

uint64_t Session::deadline_ns() const {
  if (!is_open_ || has_ended_) return UINT64_MAX;
  if (pinged_ns_ != 0) return pinged_ns_ + settings_.answer_time_ms * ns_per_ms;
  if (keep_alive_ns_ == 0) return UINT64_MAX;
  return std::min(last_sent_ns_, last_received_ns_) + keep_alive_ns_ / 4 * 3;
}

Result<void> Session::tick(uint64_t now_ns) {
  now_ns_ = now_ns;
  if (now_ns < deadline_ns()) return {};
  if (pinged_ns_ != 0)
    return fail(ErrorKind::unavailable, format("the broker did not answer a ping within {} ms", settings_.answer_time_ms));
  encode_ping(output_);
  pinged_ns_ = now_ns;
  return {};
}

void Session::say_goodbye() {
  if (!is_open_ || std::exchange(has_ended_, true)) return;
  encode_disconnect(output_, reason_normal, settings_.version);
}

Result<void> Session::publish(Message message, Done done) {
  TRY(check(message));
  const uint64_t size = size_of(message);
  if (waiting_.size() + in_flight_.size() >= settings_.waiting || waiting_size_ + size > settings_.waiting_size) {
    return fail(ErrorKind::limit, format("{} cannot wait for the broker: {} messages of {} bytes do (limits: {} of {} bytes)",
                                         named(message), waiting(), waiting_size_, settings_.waiting, settings_.waiting_size));
  }
  waiting_size_ += size;
  waiting_.push_back({.message = std::move(message), .done = std::move(done), .size = size});
  if (is_open_) pump();
  return {};
}

void Session::pump() {
  while (!has_ended_ && output().size() < limits::mqtt_output_size.standard && (send_again() || send_next())) {
  }
}

// One of those that an earlier connection knew.
bool Session::send_again() {
  if (again_.empty() || in_flight_.size() - again_.size() >= most_in_flight_) return false;
  const uint64_t order = again_.front();
  again_.pop_front();
  const auto found = in_flight_.find(order);
  if (found == in_flight_.end()) return true;
  Outgoing& one = found->second;
  if (one.is_released) {
    encode(output_, Acknowledgement{.type = Type::pubrel, .id = one.id}, settings_.version);
  } else if (auto error = unfit(one.message)) {
    finish(order, std::unexpected(*std::move(error)));
  } else {
    encode_publish(output_, one.message, one.id, one.is_published, settings_.version);
    one.is_published = true;
  }
  return true;
}

// The order of all is kept: one that finds no room holds back those behind it.
bool Session::send_next() {
  if (waiting_.empty() || !again_.empty()) return false;
  Outgoing& first = waiting_.front();
  const bool is_kept = first.message.qos != 0;
  if (is_kept && in_flight_.size() >= most_in_flight_) return false;
  Outgoing one = std::move(first);
  waiting_.pop_front();
  if (auto error = unfit(one.message)) {
    waiting_size_ -= one.size;
    if (one.done) one.done(std::unexpected(*std::move(error)));
    return true;
  }
  if (is_kept) one.id = free_id();
  encode_publish(output_, one.message, one.id, false, settings_.version);
  if (!is_kept) {
    waiting_size_ -= one.size;
    leaving_.emplace_back(sent_before_ + output_.size(), std::move(one.done));
    return true;
  }
  one.is_published = true;
  order_of_id_.emplace(one.id, next_order_);
  in_flight_.emplace(next_order_++, std::move(one));
  return true;
}

// What this broker would end the connection for.
std::optional<Error> Session::unfit(const Message& message) const {
  if (message.qos > most_qos_)
    return Error{ErrorKind::unsupported,
                 format("{}: the broker takes a quality of service of {} at most", named(message), most_qos_)};
  if (message.is_retained && !may_retain_)
    return Error{ErrorKind::unsupported, format("{}: the broker does not retain messages", named(message))};
  if (const uint64_t size = size_of_publish(message, settings_.version); size > most_packet_size_)
    return Error{ErrorKind::limit, format("{}: {} bytes; the broker takes {}", named(message), size, most_packet_size_)};
  return std::nullopt;
}

// There is always one: far fewer are in use than there are (limit mqtt-in-flight, and a subscription).
uint16_t Session::free_id() {
  do {
    if (++last_id_ == 0) last_id_ = 1;
  } while (last_id_ == subscribe_id_ || order_of_id_.contains(last_id_));
  return last_id_;
}

void Session::finish(uint64_t order, Result<void> result) {
  auto taken = in_flight_.extract(order);
  if (taken.empty()) return;
  Outgoing& one = taken.mapped();
  order_of_id_.erase(one.id);
  waiting_size_ -= one.size;
  if (one.done) one.done(std::move(result));
}

void Session::subscribe() {
  if (settings_.subscriptions.empty()) return;
  subscribe_id_ = free_id();
  encode_subscribe(output_, subscribe_id_, settings_.subscriptions, settings_.version);
}

Session::Incoming* Session::incoming(uint64_t key) {
  for (auto& queue : incoming_) {
    const auto found = std::ranges::lower_bound(queue, key, {}, &Incoming::key);
    if (found != queue.end() && found->key == key) return &*found;
  }
  return nullptr;
}

void Session::acknowledge(uint64_t key) {
  Incoming* const one = incoming(key);
  if (one == nullptr || one->is_done) return;
  one->is_done = true;
  if (one->qos == 2) owned_.insert(one->id);
  flush_acknowledgements();
}

void Session::leave(uint64_t key) {
  if (incoming(key) == nullptr) return;
  if (settings_.session_expiry_ms == 0) return acknowledge(key);  // nobody would send it again
  has_left_ = true;
}

void Session::flush_acknowledgements() {
  for (const uint8_t qos : {1, 2}) {
    auto& queue = open(qos);
    while (!queue.empty() && queue.front().is_done) {
      encode(output_, Acknowledgement{.type = qos == 1 ? Type::puback : Type::pubrec, .id = queue.front().id}, settings_.version);
      --deliveries_;
      deliveries_size_ -= queue.front().size;
      queue.pop_front();
    }
  }
}

}  // namespace mote::mqtt
