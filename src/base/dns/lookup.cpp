// A lookup (lookup.h): forms of the name, each asked of the servers in turn, twice; one answer ends it.
#include "base/dns/lookup.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/dns/message.h"
#include "base/dns/resolver_files.h"
#include "base/os/clock.h"
#include "base/os/random.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace mote::dns {

namespace {

constexpr uint64_t ns_per_ms = 1'000'000;

std::string text_of(const std::string& path) {
  const auto content = os::read_file(path, limits::dns_file_size.standard);
  return content ? std::string(content->begin(), content->end()) : std::string();
}

bool is_this_machine(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

struct Lookup::State {
  State(io::Loop& loop_, Question question_, Done done_)
      : loop(loop_), question(std::move(question_)), done(std::move(done_)), turn(loop.turn([this] { start(); })) {}

  void start();
  [[nodiscard]] std::vector<os::SocketAddress> known() const;
  void ask();
  void ask_next();
  [[nodiscard]] bool send_questions(const os::SocketAddress& server);
  void changed();
  [[nodiscard]] bool take(Bytes answer);
  void judge();
  void stop_asking();
  void end(Result<std::vector<os::SocketAddress>> result);

  io::Loop& loop;
  Question question;
  Done done;
  std::unique_ptr<io::Loop::Turn> turn;
  Resolver resolver = {};
  std::vector<std::string> forms = {};
  size_t form = 0, attempt = 0;

  // Of one attempt.
  struct Asked {
    RecordType type = {};
    std::vector<uint8_t> question = {};
    std::optional<Answer> answer = {};
  };
  std::array<Asked, 2> asked = {Asked{RecordType::a}, Asked{RecordType::aaaa}};
  os::File socket = {};
  std::unique_ptr<io::Loop::Watch> watch = {};
  std::unique_ptr<io::Loop::Wait> timer = {};
  os::RandomReserve random = {};
  std::string last_failure = {};
};

std::vector<os::SocketAddress> Lookup::State::known() const {
  if (const auto address = os::parse_address(question.host, question.port)) return {*address};
  auto found = addresses_in_hosts(text_of(question.hosts_path), question.host, question.port);
  if (found.empty() && is_this_machine(question.host))
    found = addresses_in_hosts("127.0.0.1 localhost\n::1 localhost", "localhost", question.port);
  std::ranges::stable_sort(found, {}, &os::SocketAddress::is_v6);
  return found;
}

void Lookup::State::start() {
  if (auto found = known(); !found.empty()) return end(std::move(found));
  resolver = parse_resolver(text_of(question.resolver_path), question.server_port);
  forms = forms_of(question.host, resolver);
  ask();
}

// Attempt by attempt, until a server is asked.
void Lookup::State::ask() {
  while (attempt < resolver.servers.size() * limits::dns_rounds.standard) {
    const os::SocketAddress& server = resolver.servers[attempt % resolver.servers.size()];
    last_failure = format("no answer from {}", os::text(server));
    if (send_questions(server)) return;
    ++attempt;
  }
  end(fail(ErrorKind::unavailable, format("the address of {} cannot be found: {}", json_string(question.host), last_failure)));
}

void Lookup::State::ask_next() {
  stop_asking();
  ++attempt;
  ask();
}

bool Lookup::State::send_questions(const os::SocketAddress& server) {
  auto made = os::connect_udp(server);
  if (!made) return false;
  socket = *std::move(made);
  auto watching = loop.watch(socket.descriptor(), io::Loop::Watching::changes, [this](io::Loop::Change) { changed(); });
  if (!watching) return false;
  watch = *std::move(watching);
  for (Asked& one : asked) {
    uint16_t id = 0;
    (void)random.fill({reinterpret_cast<uint8_t*>(&id), sizeof id});
    auto written = write_question(id, forms[form], one.type);
    one.answer.reset();
    one.question = written ? *std::move(written) : std::vector<uint8_t>();
    if (one.question.empty()) one.answer = Answer{Answer::Kind::no_name};
    if (!one.question.empty() && !os::send_some(socket.descriptor(), one.question)) return false;
  }
  auto waiting = loop.wait({}, os::now_ns(os::Clock::monotonic) + question.time_ms * ns_per_ms, [this] {
    // What one question brought is better than nothing.
    if (asked[0].answer || asked[1].answer) return judge();
    ask_next();
  });
  if (!waiting) return false;
  timer = *std::move(waiting);
  turn = loop.turn([this] { changed(); });
  turn->ask();  // names that cannot be asked for are answered
  return true;
}

void Lookup::State::changed() {
  if (!socket) return;
  std::array<uint8_t, 4096> buffer;
  for (;;) {
    const auto size = os::receive_some(socket.descriptor(), buffer);
    if (!size && size.error() == EAGAIN) break;
    if (!size) return ask_next();  // nobody listens there
    if (!take(Bytes(buffer).first(*size))) continue;
  }
  if (asked[0].answer && asked[1].answer) judge();
}

// Whether it answers anything; what does not is passed over, as anybody may send it.
bool Lookup::State::take(Bytes answer) {
  for (Asked& one : asked) {
    if (one.answer || one.question.empty()) continue;
    one.answer = read_answer(answer, one.question, one.type, question.port);
    if (one.answer) return true;
  }
  return false;
}

void Lookup::State::judge() {
  std::vector<os::SocketAddress> found;
  bool has_failed = false;
  for (const Asked& one : asked) {
    if (!one.answer) continue;
    found.insert(found.end(), one.answer->addresses.begin(), one.answer->addresses.end());
    has_failed |= one.answer->kind == Answer::Kind::failed;
  }
  if (!found.empty()) return end(std::move(found));
  if (has_failed) {
    last_failure = format("{} could not tell", os::text(resolver.servers[attempt % resolver.servers.size()]));
    stop_asking();
    if (++attempt < resolver.servers.size() * limits::dns_rounds.standard) return ask();
    return end(
        fail(ErrorKind::unavailable, format("the address of {} cannot be found: {}", json_string(question.host), last_failure)));
  }
  stop_asking();
  if (++form < forms.size()) {
    attempt = 0;
    return ask();
  }
  end(fail(ErrorKind::not_found, format("no host is called {}", json_string(question.host))));
}

void Lookup::State::stop_asking() {
  watch.reset();
  timer.reset();
  socket = os::File();
}

// Last: whoever is called may end us.
void Lookup::State::end(Result<std::vector<os::SocketAddress>> result) {
  stop_asking();
  const Done call = std::exchange(done, nullptr);
  if (call) call(std::move(result));
}

Result<std::unique_ptr<Lookup>> Lookup::begin(io::Loop& loop, Question question, Done done) {
  auto state = std::make_unique<State>(loop, std::move(question), std::move(done));
  state->turn->ask();
  return std::unique_ptr<Lookup>(new Lookup(std::move(state)));
}

Lookup::Lookup(std::unique_ptr<State> state) : state_(std::move(state)) {}
Lookup::~Lookup() = default;

}  // namespace mote::dns
