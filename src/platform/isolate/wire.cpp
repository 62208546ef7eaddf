// See wire.h. Numbers are little endian, texts have their size before them; each frame begins with a byte that says what it is.
#include "platform/isolate/wire.h"

#include "base/core/format.h"

namespace mote::isolate {
namespace {

enum class Tag : uint8_t { event = 1, outcome = 2, hello = 3, request = 4 };

class Writer {
 public:
  Writer(Frame& into, Tag tag) : into_(into) { number(static_cast<uint8_t>(tag)); }
  template <class T>
  void number(T value) {
    const size_t at = into_.size();
    into_.resize(at + sizeof value);
    store_le(into_.data() + at, value);
  }
  void bytes(Bytes value) {
    number(static_cast<uint64_t>(value.size()));
    into_.insert(into_.end(), value.begin(), value.end());
  }
  void text(std::string_view value) { bytes({reinterpret_cast<const uint8_t*>(value.data()), value.size()}); }
  void texts(const std::vector<std::string>& values) {
    number(static_cast<uint32_t>(values.size()));
    for (const std::string& value : values) text(value);
  }

 private:
  Frame& into_;
};

// Once something was wrong, everything is nothing.
class Reader {
 public:
  Reader(Bytes frame, Tag tag) : left_(frame) { is_wrong_ = number<uint8_t>() != static_cast<uint8_t>(tag); }
  template <class T>
  T number() {
    if (left_.size() < sizeof(T)) return refuse(), T();
    const T value = load_le<T>(left_.data());
    left_ = left_.subspan(sizeof(T));
    return value;
  }
  Bytes bytes() {
    const auto size = number<uint64_t>();
    if (size > left_.size()) return refuse(), Bytes();
    const Bytes value = left_.first(size);
    left_ = left_.subspan(size);
    return value;
  }
  std::string_view text() {
    const Bytes value = bytes();
    return {reinterpret_cast<const char*>(value.data()), value.size()};
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    for (auto count = number<uint32_t>(); count != 0 && !is_wrong_; --count) values.emplace_back(text());
    return values;
  }
  void refuse() { is_wrong_ = true, left_ = {}; }
  Result<void> end(std::string_view what) const {
    if (!is_wrong_ && left_.empty()) return {};
    return fail(ErrorKind::bad_input, format("what came is no {}", what));
  }

 private:
  Bytes left_;
  bool is_wrong_ = false;
};

}  // namespace

void encode(const EventFrame& event, Frame& into) {
  Writer to(into, Tag::event);
  to.number(event.id);
  to.number(static_cast<uint8_t>(event.kind));
  to.number(event.entry);
  to.texts(event.arguments);
  to.texts(event.environment);
  to.bytes(event.input);
}

Result<EventFrame> decode_event(Bytes frame) {
  Reader from(frame, Tag::event);
  EventFrame event;
  event.id = from.number<uint64_t>();
  const auto kind = from.number<uint8_t>();
  if (kind > static_cast<uint8_t>(trigger::Kind::command)) from.refuse();
  event.kind = static_cast<trigger::Kind>(kind);
  event.entry = from.number<uint32_t>();
  event.arguments = from.texts();
  event.environment = from.texts();
  event.input = from.bytes();
  TRY(from.end("event"));
  return event;
}

void encode(const OutcomeFrame& frame, Frame& into) {
  const trigger::Outcome& outcome = frame.outcome;
  Writer to(into, Tag::outcome);
  to.number(frame.id);
  to.number(static_cast<uint8_t>(outcome.kind));
  to.number(static_cast<uint8_t>(outcome.is_cut));
  to.number(static_cast<int32_t>(outcome.exit_code));
  to.number(outcome.retry_after_s);
  to.number(outcome.queued_ns);
  to.number(outcome.ran_ns);
  to.text(outcome.text);
  to.bytes(outcome.messages);
  to.bytes(outcome.answer);
}

Result<OutcomeFrame> decode_outcome(Bytes frame) {
  using Kind = trigger::Outcome::Kind;
  Reader from(frame, Tag::outcome);
  OutcomeFrame decoded{.id = from.number<uint64_t>()};
  trigger::Outcome& outcome = decoded.outcome;
  const auto kind = from.number<uint8_t>(), cut = from.number<uint8_t>();
  if (kind > static_cast<uint8_t>(Kind::lost) || cut > 1) from.refuse();
  outcome.kind = static_cast<Kind>(kind), outcome.is_cut = cut != 0;
  outcome.exit_code = from.number<int32_t>();
  constexpr uint64_t most_retry_s = 86'400, most_ns = uint64_t{1} << 62;  // beyond, whoever said it means harm
  outcome.retry_after_s = from.number<uint64_t>();
  outcome.queued_ns = from.number<uint64_t>(), outcome.ran_ns = from.number<uint64_t>();
  if (outcome.retry_after_s > most_retry_s || outcome.queued_ns > most_ns || outcome.ran_ns > most_ns) from.refuse();
  outcome.text = from.text();
  outcome.messages = from.bytes();
  outcome.answer = from.bytes();
  TRY(from.end("outcome"));
  return decoded;
}

void encode(const Hello& hello, Frame& into) {
  Writer to(into, Tag::hello);
  for (const std::string* text : {&hello.error, &hello.digest, &hello.code}) to.text(*text);
  to.number(hello.code_size);
}

Result<Hello> decode_hello(Bytes frame) {
  Reader from(frame, Tag::hello);
  Hello hello;
  for (std::string* const text : {&hello.error, &hello.digest, &hello.code}) *text = from.text();
  hello.code_size = from.number<uint64_t>();
  TRY(from.end("first word of a component's process"));
  return hello;
}

void encode(const Request& request, Frame& into) {
  Writer to(into, Tag::request);
  for (const std::string* text : {&request.component, &request.manifest_digest, &request.module_digest}) to.text(*text);
}

Result<Request> decode_request(Bytes frame) {
  Reader from(frame, Tag::request);
  Request request;
  for (std::string* const text : {&request.component, &request.manifest_digest, &request.module_digest}) *text = from.text();
  TRY(from.end("request for a component's process"));
  return request;
}

}  // namespace mote::isolate
