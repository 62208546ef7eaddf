// See http_trigger.h.
#include "platform/trigger_http/http_trigger.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "platform/trigger_http/answer.h"
#include "platform/trigger_http/variables.h"

#include <utility>

namespace mote::trigger_http {

using trigger::Outcome;

namespace {

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}
Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

constexpr std::string_view other_method = "_OTHER";  // a word of the conventions: any client can make up methods
std::string_view known_method(std::string_view method) {
  for (const std::string_view one : {"GET", "POST", "PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    if (method == one) return one;
  }
  return other_method;
}

constexpr http::Header plain_text{"Content-Type", "text/plain; charset=utf-8"};

struct Words {
  int status;
  std::string_view text;
};
Words words_of(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::timed_out:
      return {504, "the handler took too long"};
    case Outcome::Kind::busy:
    case Outcome::Kind::unavailable:
      return {503, "the handler is not available"};
    case Outcome::Kind::lost:
      return {502, "the handler's process ended"};
    case Outcome::Kind::answered:
    case Outcome::Kind::exited:
    case Outcome::Kind::trapped:
      break;
  }
  return {500, "the handler failed"};
}

// What never began left nothing in the log to lead to. There may be many of these, when there is least time for them.
int turn_away(http::Exchange& exchange) {
  static constexpr http::Header headers[] = {plain_text, {"Retry-After", "1"}};
  (void)exchange.answer(503, headers, as_bytes("too many requests wait for the handler\n"));
  return 503;
}

}  // namespace

// A request whose event is under way.
class HttpTrigger::Call final : public trigger::Event {
 public:
  explicit Call(HttpTrigger& trigger) : Event(trigger::Kind::http), trigger_(trigger) {}

  void begin(http::Exchange& exchange, std::shared_ptr<const Routes> routes, const manifest::Match& match, uint64_t reserved) {
    exchange_ = &exchange, routes_ = std::move(routes), match_ = match, reserved_ = reserved;
    begun_ns_ = now_ns();
    version_ = exchange.head().version;
    trigger_.bodies_ += reserved_;
  }
  void end() {
    trigger_.bodies_ -= reserved_;
    exchange_ = nullptr;
    routes_.reset();
    body_ = {};
  }
  // Other routes may be there since it began; false: none of them is for it.
  bool follow(const std::shared_ptr<const Routes>& routes) {
    if (routes_ == routes) [[likely]]
      return true;
    const auto match = routes->router.match(exchange_->head().path);
    if (!match || routes->targets[match->index].fixed) return false;
    routes_ = routes, match_ = *match;
    return true;
  }
  void set_body(Bytes body) { body_ = body; }
  [[nodiscard]] const Target& target() const { return routes_->targets[match_.index]; }
  [[nodiscard]] http::Exchange& exchange() const { return *exchange_; }

  [[nodiscard]] Bytes input() const override { return body_; }
  void describe(trigger::Variables& variables) override {
    const Request request{exchange_->head(), match_, routes_->base, target().component_name, body_.size()};
    trigger_http::describe(request, variables);
    if (target().executor.kind == manifest::Executor::Kind::wagi)
      fill_arguments(target().executor.argv, request, variables.arguments());
  }
  void done(const Outcome& outcome) override {
    const int status = answer(outcome);
    note(status);
    if (trace) [[unlikely]]
      end_trace(status, outcome);
    trigger_.put_back(*this);
  }
  [[nodiscard]] Caller caller() const override {
    const http::RequestHead& head = exchange_->head();
    const std::string_view *const parent = head.find("traceparent"), *const state = head.find("tracestate");
    return {parent != nullptr ? *parent : std::string_view(), state != nullptr ? *state : std::string_view()};
  }
  // https://opentelemetry.io/docs/specs/semconv/http/http-spans/. The query is left out: secrets may be in it.
  void introduce(trigger::Trace& into) const override {
    const http::RequestHead& head = exchange_->head();
    const std::string_view method = known_method(head.method);
    into.name(format("{} {}", method == other_method ? "HTTP" : method, match_.route));
    into.note("http.request.method", method);
    if (method == other_method) into.note("http.request.method_original", head.method);
    into.note("http.route", match_.route);
    into.note("url.path", head.path);
    into.note("url.scheme", head.is_tls ? "https" : "http");
    into.note("network.protocol.version", http::name(head.version).substr(std::string_view("HTTP/").size()));
    if (!head.peer.empty()) into.note("client.address", head.peer.substr(0, head.peer.rfind(':')));
    if (const std::string_view* const agent = head.find("user-agent")) into.note("user_agent.original", *agent);
    into.note("mote.component", target().component_name);
  }
  // Ends it with an answer of ours.
  int refuse(Words words, uint64_t retry_after_s) {
    const std::string event = trigger::id_text(id), retry = format("{}", retry_after_s);
    const std::string text = format("{} (event {})\n", words.text, event);
    std::vector<http::Header>& headers = trigger_.headers_;
    headers.assign({plain_text, {"Mote-Event", event}});
    if (retry_after_s != 0) headers.push_back({"Retry-After", retry});
    (void)exchange_->answer(words.status, headers, as_bytes(text));  // of ours nothing is refused
    return words.status;
  }
  void note(int status) { trigger_.observer_.answered(&target(), version_, status, now_ns() - begun_ns_); }

 private:
  void end_trace(int status, const Outcome& outcome) {
    trace->note("http.response.status_code", int64_t{status});
    if (status >= 500) trace->fail(format("{}", status));
    trace->end(outcome);
    trace.reset();
  }
  int answer(const Outcome& outcome) {
    if (outcome.is_refusal() && target().fails_open) return send(200, body_);
    if (outcome.kind == Outcome::Kind::busy) return turn_away(*exchange_);
    if (outcome.kind != Outcome::Kind::answered) return refuse(words_of(outcome.kind), outcome.retry_after_s);
    if (outcome.is_cut) return complain("is larger than max-output-size allows");
    if (target().executor.kind == manifest::Executor::Kind::stdio) return send(200, outcome.answer);
    const auto parsed = parse_cgi(outcome.answer, trigger_.headers_);
    if (!parsed) return complain(parsed.error().message);
    if (const auto sent = exchange_->answer(parsed->status, trigger_.headers_, parsed->body); !sent)
      return complain(sent.error().message);
    return parsed->status;
  }
  int send(int status, Bytes body) {
    const http::Header type{"Content-Type", target().executor.content_type};
    if (const auto sent = exchange_->answer(status, std::span(&type, 1), body); !sent) return complain(sent.error().message);
    return status;
  }
  int complain(std::string_view text) {
    trigger_.observer_.complain(target(), id, text);
    return refuse(words_of(Outcome::Kind::trapped), 0);
  }

  HttpTrigger& trigger_;
  http::Exchange* exchange_ = nullptr;
  std::shared_ptr<const Routes> routes_;
  manifest::Match match_;
  Bytes body_;
  http::Version version_ = http::Version::http_1_1;
  uint64_t reserved_ = 0, begun_ns_ = 0;
};

HttpTrigger::HttpTrigger(trigger::Dispatcher& dispatcher, Observer& observer, uint64_t bodies_most)
    : dispatcher_(dispatcher), observer_(observer), bodies_most_(bodies_most) {}
HttpTrigger::~HttpTrigger() = default;

HttpTrigger::Call& HttpTrigger::free_call() {
  if (free_.empty()) {
    calls_.push_back(std::make_unique<Call>(*this));
    return *calls_.back();
  }
  Call& call = *free_.back();
  free_.pop_back();
  return call;
}

void HttpTrigger::put_back(Call& call) {
  call.end();
  free_.push_back(&call);
}

void HttpTrigger::answer_fixed(http::Exchange& exchange, const Target& target) {
  headers_.clear();
  for (const auto& [name, value] : target.fixed->headers) headers_.push_back({name, value});
  if (!exchange.answer(target.fixed->status_code, headers_, as_bytes(target.fixed->body)))
    (void)exchange.answer(500, {}, as_bytes("the manifest's answer cannot be sent\n"));
}

void HttpTrigger::on_request(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const auto match = routes_->router.match(head.path);
  if (!match) {
    const uint64_t begun = now_ns();
    const http::Version version = head.version;
    (void)exchange.answer(404, std::span(&plain_text, 1), as_bytes("nothing is served at this path\n"));
    return observer_.answered(nullptr, version, 404, now_ns() - begun);
  }
  const Target& target = routes_->targets[match->index];
  if (target.fixed) {
    const uint64_t begun = now_ns();
    const http::Version version = head.version;
    answer_fixed(exchange, target);
    return observer_.answered(&target, version, target.fixed->status_code, now_ns() - begun);
  }
  if (!target.fails_open && dispatcher_.turns_away(target.component, trigger::Kind::http)) [[unlikely]] {
    const http::Version version = head.version;
    const int status = turn_away(exchange);
    return observer_.answered(&target, version, status, 0);
  }
  const uint64_t reserved = head.content_length.value_or(target.body_most);
  Call& call = free_call();
  call.begin(exchange, routes_, *match, std::min(reserved, target.body_most));
  if (bodies_ > bodies_most_) {
    call.note(turn_away(exchange));
    return put_back(call);
  }
  exchange.read_body(target.body_most, [this, &call](Result<Bytes> body) { on_body(call, std::move(body)); });
}

// What is wrong with a body the server says itself, when this returns.
void HttpTrigger::on_body(Call& call, Result<Bytes> body) {
  if (!body) {
    call.note(body.error().kind == ErrorKind::limit ? 413 : 400);
    return put_back(call);
  }
  call.set_body(*body);
  if (!call.follow(routes_)) {
    (void)call.exchange().answer(404, std::span(&plain_text, 1), as_bytes("nothing is served at this path\n"));
    call.note(404);
    return put_back(call);
  }
  dispatcher_.dispatch(call.target().component, call);
}

}  // namespace mote::trigger_http
