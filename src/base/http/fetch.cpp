// See fetch.h. The steps: look the name up, connect to one of its addresses after the other until one answers, write, read.
#include "base/http/fetch.h"

#include "base/core/format.h"
#include "base/dial/connection.h"
#include "base/dns/lookup.h"
#include "base/http/answer_parser.h"
#include "base/http/text.h"
#include "base/os/clock.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace mote::http {
namespace {

constexpr uint64_t ns_per_ms = 1'000'000;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

bool is_ours(std::string_view header) {
  return is_named(header, "host") || is_named(header, "content-length") || is_named(header, "connection") ||
         is_named(header, "transfer-encoding");
}

Result<std::string> head_of(const FetchRequest& request, const Url& url) {
  if (!is_token(request.method)) return refuse(format("\"{}\" is no method", request.method));
  std::string head = format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.method, url.target, url.authority);
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_header_value(value) || is_ours(name))
      return refuse(format("\"{}\" cannot be a header of a request", name));
    head += format("{}: {}\r\n", name, value);
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
    head += format("Content-Length: {}\r\n", request.body.size());
  return head + "\r\n";
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return refuse(format("\"{}\" is no address like \"https://example.org/path\": {}", text.substr(0, 200), why));
  };
  Url url;
  const size_t scheme = text.find("://");
  const std::string_view name = text.substr(0, scheme);
  if (scheme == text.npos || (!is_named(name, "http") && !is_named(name, "https")))
    return wrong("it begins with http:// or https://");
  url.is_https = is_named(name, "https");
  text.remove_prefix(scheme + 3);
  const size_t end = std::min(text.find_first_of("/?#"), text.size());
  url.authority = text.substr(0, end);
  url.target = text.substr(end);
  if (url.target.find('#') != url.target.npos) return wrong("it has a fragment, which no server gets");
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  const bool is_plain = std::ranges::all_of(url.target, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!is_plain) return wrong("its path has characters that are to be written as %XX");
  if (url.authority.empty() || !is_authority(url.authority)) return wrong("it names no host");
  std::string_view host = url.authority;
  url.port = url.is_https ? 443 : 80;
  const size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == host.npos) return wrong("a bracket is not closed");
  if (const size_t colon = host.find(':', bracket); colon != host.npos) {
    const std::string_view port = host.substr(colon + 1);
    const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || rest != port.data() + port.size() || url.port == 0)
      return wrong("its port is no number from 1 to 65535");
    host = host.substr(0, colon);
  }
  if (bracket != 0) host = host.substr(1, host.size() - 2);
  if (host.empty()) return wrong("it names no host");
  url.host = host;
  return url;
}

Result<std::string> redirected(std::string_view url, std::string_view location) {
  const Url from = TRY(Url::parse(url));
  location = location.substr(0, location.find('#'));
  if (location.empty()) return refuse(format("{} leads nowhere: its Location is empty", url));
  const std::string scheme = from.is_https ? "https:" : "http:";
  std::string to;
  if (const size_t name = location.find_first_of(":/?"); name != location.npos && location[name] == ':') {
    to = location;
  } else if (location.starts_with("//")) {
    to = scheme + std::string(location);
  } else {
    const std::string_view path = std::string_view(from.target).substr(0, from.target.find('?'));
    const std::string_view kept = location.front() == '/'   ? std::string_view()
                                  : location.front() == '?' ? path
                                                            : path.substr(0, path.rfind('/') + 1);
    to = format("{}//{}{}{}", scheme, from.authority, kept, location);
  }
  const Url found = TRY(Url::parse(to));
  return format("{}://{}{}", found.is_https ? "https" : "http", found.authority, found.target);
}

struct Fetch::State {
  State(io::Loop& its_loop, FetchRequest its_request, Url its_url, const tls::Context* its_tls, Done its_done)
      : loop(its_loop),
        request(std::move(its_request)),
        url(std::move(its_url)),
        tls(url.is_https ? its_tls : nullptr),
        done(std::move(its_done)),
        parser(request.most_answer) {}

  // What ends it: nothing of this is touched after the call, which may end the fetch.
  void finish(Result<FetchAnswer> result) {
    if (!done) return;
    const Done call = std::exchange(done, nullptr);
    if (!result) result.error().message = format("{}: {}", request.url, result.error().message);
    call(std::move(result));
  }

  void found(Result<std::vector<os::SocketAddress>> result) {
    if (!result) return finish(std::unexpected(std::move(result.error())));
    addresses = *std::move(result);
    connect({ErrorKind::unavailable, "has no address"});
  }

  // To the next address; `last` is why the one before was none.
  void connect(Error last) {
    while (next_address < addresses.size()) {
      connection.reset();
      auto begun = dial::Connection::begin(loop, addresses[next_address++], url.host, tls, [this] { go_on(); });
      if (begun) {
        connection = *std::move(begun);
        return;
      }
      last = std::move(begun.error());
    }
    finish(std::unexpected(std::move(last)));
  }

  void go_on() {
    if (!done) return;
    if (!is_open) {
      const auto opened = connection->open();
      if (!opened) {
        // The connection calls us: it must not end now. Its next try comes with the loop's next round.
        failure = opened.error();
        again->ask();
        return;
      }
      if (!*opened) return;
      is_open = true;
    }
    if (const auto exchanged = exchange(); !exchanged) return finish(std::unexpected(exchanged.error()));
  }

  Result<void> exchange() {
    while (sent < output.size()) {
      const uint64_t taken = TRY(connection->write(bytes_of(std::string_view(output).substr(sent))));
      if (taken == 0) break;
      sent += taken;
    }
    if (connection->has_unsent()) TRY(connection->write({}));
    for (bool may_be_more = true; may_be_more;) {
      std::vector<uint8_t> came;
      may_be_more = TRY(connection->read(came));
      const bool is_whole = !came.empty() && TRY(parser.add(came));
      if (request.progress && parser.expected() != 0) request.progress(parser.body().size(), parser.expected());
      if (is_whole) {
        answered();
        return {};
      }
    }
    if (!connection->has_ended()) return {};
    TRY(parser.end());
    answered();
    return {};
  }

  void answered() {
    finish(FetchAnswer{.status = parser.status(), .body = std::move(parser.body()), .location = std::move(parser.location())});
  }

  io::Loop& loop;
  FetchRequest request;
  Url url;
  const tls::Context* tls;
  Done done;  // nothing: it is over
  AnswerParser parser;
  std::string output;
  uint64_t sent = 0;
  bool is_open = false;
  std::vector<os::SocketAddress> addresses;
  size_t next_address = 0;
  Error failure;
  std::unique_ptr<dns::Lookup> lookup;
  std::unique_ptr<io::Loop::Turn> again;
  std::unique_ptr<io::Loop::Wait> timer;
  std::unique_ptr<dial::Connection> connection;
};

Fetch::Fetch(std::unique_ptr<State> state) : state_(std::move(state)) {}
Fetch::~Fetch() = default;

Result<std::unique_ptr<Fetch>> Fetch::begin(io::Loop& loop, FetchRequest request, const tls::Context* tls, Done done) {
  Url url = TRY(Url::parse(request.url));
  if (url.is_https && tls == nullptr) return refuse(format("{} is for TLS, and nobody said whom to believe", request.url));
  std::string head = TRY(head_of(request, url));
  auto state = std::make_unique<State>(loop, std::move(request), std::move(url), tls, std::move(done));
  State* const self = state.get();
  self->output = std::move(head) + self->request.body;
  self->again = loop.turn([self] { self->connect(std::move(self->failure)); });
  const uint64_t end_ns = os::now_ns(os::Clock::monotonic) + self->request.time_ms * ns_per_ms;
  self->timer = TRY(loop.wait(
      {}, end_ns, [self] { self->finish(fail(ErrorKind::unavailable, format("no answer within {} ms", self->request.time_ms))); }));
  if (!self->request.local_socket.empty()) {
    self->connection = TRY(dial::Connection::begin_local(loop, self->request.local_socket, [self] { self->go_on(); }));
    return std::unique_ptr<Fetch>(new Fetch(std::move(state)));
  }
  self->lookup = TRY(dns::Lookup::begin(loop, {.host = self->url.host, .port = self->url.port},
                                        [self](auto found) { self->found(std::move(found)); }));
  return std::unique_ptr<Fetch>(new Fetch(std::move(state)));
}

Result<FetchAnswer> fetch(FetchRequest request, const tls::Context* tls) {
  const auto loop = TRY(io::Loop::create());
  std::optional<Result<FetchAnswer>> answer;
  const auto fetching =
      TRY(Fetch::begin(*loop, std::move(request), tls, [&](Result<FetchAnswer> result) { answer = std::move(result); }));
  while (!answer) loop->run_once();
  return *std::move(answer);
}

}  // namespace mote::http
