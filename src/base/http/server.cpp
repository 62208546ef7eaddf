// The server (server.h): accepts, keeps its connections, and looks at the clock for them.
#include "base/http/server.h"

#include "base/core/format.h"
#include "base/http/connection.h"
#include "base/http/text.h"
#include "base/os/clock.h"
#include "base/os/socket.h"
#include "base/tls/context.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace mote::http {

namespace {

constexpr size_t scratch_size = 64 << 10;
constexpr int most_accepted = 64;  // before those that are connected have their turn
constexpr uint64_t ns_per_ms = 1'000'000;

struct LimitRow {
  const limits::Limit& limit;
  uint64_t ServerLimits::* value;
};
constexpr LimitRow limit_rows[] = {
    {limits::http_connections, &ServerLimits::connections},  {limits::http_head_size, &ServerLimits::head_size},
    {limits::http_headers, &ServerLimits::headers},          {limits::http_target_size, &ServerLimits::target_size},
    {limits::http_requests, &ServerLimits::requests},        {limits::http_streams, &ServerLimits::streams},
    {limits::http_unread_size, &ServerLimits::unread_size},  {limits::http_output_size, &ServerLimits::output_size},
    {limits::http_head_time, &ServerLimits::head_time_ms},   {limits::http_body_time, &ServerLimits::body_time_ms},
    {limits::http_write_time, &ServerLimits::write_time_ms}, {limits::http_least_rate, &ServerLimits::least_rate},
    {limits::http_idle_time, &ServerLimits::idle_time_ms},   {limits::http_linger_time, &ServerLimits::linger_time_ms},
    {limits::http_nuisances, &ServerLimits::nuisances},      {limits::http_nuisance_rate, &ServerLimits::nuisance_rate},
};

Result<void> check(const ServerLimits& limits) {
  for (const LimitRow& row : limit_rows) {
    const uint64_t value = limits.*row.value;
    if (value == 0 || value > row.limit.hard) {
      return fail(ErrorKind::limit,
                  format("{} is {}: 1 to {} {} are possible", row.limit.name, value, row.limit.hard, row.limit.unit));
    }
  }
  return {};
}

// How often clocks are looked at: a quarter of the shortest time, within reason.
uint64_t tick_ns_for(const ServerLimits& limits) {
  const uint64_t shortest_ms =
      std::min({limits.head_time_ms, limits.body_time_ms, limits.write_time_ms, limits.idle_time_ms, limits.linger_time_ms});
  return std::clamp<uint64_t>(shortest_ms / 4, 5, 1000) * ns_per_ms;
}

constexpr std::string_view overloaded =
    "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 21\r\nretry-after: 1\r\n"
    "connection: close\r\n\r\ntoo many connections\n";

}  // namespace

struct Server::State final : Host {
  State(io::Loop& of_loop, os::File of_listener, const ServerLimits& of_limits, Handler& handler, tls::Context* of_tls)
      : loop(of_loop),
        listener(std::move(of_listener)),
        limits(of_limits),
        tls(of_tls),
        tick_ns(tick_ns_for(limits)),
        around{limits, handler, counts, date},
        buffer(scratch_size),
        plain_buffer(of_tls != nullptr ? scratch_size : 0) {}

  void go_on_soon(Connection& connection) override;
  void closed(Connection& connection) override;
  [[nodiscard]] MutableBytes scratch() override { return buffer; }
  [[nodiscard]] MutableBytes plain_scratch() override { return plain_buffer; }
  [[nodiscard]] const Surroundings& surroundings() const override { return around; }

  [[nodiscard]] Result<void> listen();
  void accept();
  [[nodiscard]] bool add(os::File socket, const std::optional<os::SocketAddress>& peer);
  void refuse(const os::File& socket);
  void stop_accepting();
  void go_on();
  void keep_ticking();
  void tick();
  void look_whether_drained();

  io::Loop& loop;
  os::File listener;
  ServerLimits limits;
  tls::Context* tls;
  uint64_t tick_ns;
  ServerCounts counts;
  Date date;
  Surroundings around;
  std::vector<uint8_t> buffer, plain_buffer;
  std::vector<std::unique_ptr<Connection>> connections, gone;
  std::vector<Connection*> asked, going_on;
  std::unique_ptr<io::Loop::Watch> listening;
  std::unique_ptr<io::Loop::Wait> ticking;
  std::unique_ptr<io::Loop::Turn> turn;
  std::function<void()> drained;
};

Result<std::unique_ptr<Server>> Server::create(io::Loop& loop, os::File listener, const ServerLimits& limits, Handler& handler,
                                               tls::Context* tls) {
  TRY(check(limits));
  if (const auto waits = os::never_wait(listener.descriptor()); !waits)
    return os::fail_errno(waits.error(), "cannot use a listener");
  os::send_at_once(listener.descriptor());
  auto state = std::make_unique<State>(loop, std::move(listener), limits, handler, tls);
  state->turn = loop.turn([one = state.get()] { one->go_on(); });
  TRY(state->listen());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

void Server::stop_accepting() {
  state_->stop_accepting();
}

ServerCounts Server::counts() const {
  ServerCounts counts = state_->counts;
  counts.connections = state_->connections.size();
  return counts;
}

void Server::drain(std::function<void()> done) {
  state_->stop_accepting();
  state_->drained = std::move(done);
  // Going on, they may be closed, which changes the list.
  std::vector<Connection*> all;
  for (const auto& one : state_->connections) all.push_back(one.get());
  for (Connection* one : all) one->drain();
  state_->turn->ask();
}

Result<void> Server::State::listen() {
  listening = TRY(loop.watch(listener.descriptor(), io::Loop::Watching::listener, [this](io::Loop::Change) { accept(); }));
  return {};
}

void Server::State::stop_accepting() {
  listening.reset();
  listener = os::File();
}

void Server::State::accept() {
  for (int i = 0; i < most_accepted && listening; ++i) {
    std::optional<os::SocketAddress> peer;
    auto socket = os::accept_connection(listener.descriptor(), &peer);
    if (socket) {
      ++counts.accepted;
      if (connections.size() >= limits.connections) {
        refuse(*socket);
      } else if (!add(std::move(*socket), peer)) {
        ++counts.refused;
      }
      continue;
    }
    if (socket.error() == EAGAIN) return;
    // One that broke before it was accepted is nobody's trouble; out of descriptors or memory, the next tick tries again.
    if (socket.error() == ECONNABORTED || socket.error() == EPROTO || socket.error() == EPERM) continue;
    ++counts.refused;
    listening.reset();
    keep_ticking();
    return;
  }
}

bool Server::State::add(os::File socket, const std::optional<os::SocketAddress>& peer) {
  std::unique_ptr<tls::Session> session;
  if (tls != nullptr) {
    auto made = tls->accept();
    if (!made) return false;
    session = std::move(*made);
  }
  auto connection = std::make_unique<Connection>(*this, std::move(socket), peer, std::move(session));
  if (!connection->watch(loop)) return false;
  connection->index = connections.size();
  connections.push_back(std::move(connection));
  keep_ticking();
  return true;
}

// Says why, if that can be said at once; it is not waited for, or there would be connections above the limit.
void Server::State::refuse(const os::File& socket) {
  ++counts.refused;
  if (tls == nullptr) (void)os::send_some(socket.descriptor(), bytes_of(overloaded));
}

void Server::State::go_on_soon(Connection& connection) {
  if (std::exchange(connection.is_asked, true)) return;
  asked.push_back(&connection);
  turn->ask();
}

void Server::State::closed(Connection& connection) {
  const size_t index = connection.index;
  gone.push_back(std::move(connections[index]));
  if (index + 1 < connections.size()) {
    connections[index] = std::move(connections.back());
    connections[index]->index = index;
  }
  connections.pop_back();
  turn->ask();
}

// Those that asked; then those that are closed cease to be, but for who asked meanwhile.
void Server::State::go_on() {
  std::swap(asked, going_on);
  for (Connection* one : going_on) {
    one->is_asked = false;
    one->go_on();
  }
  going_on.clear();
  std::erase_if(gone, [](const auto& one) { return !one->is_asked; });
  if (connections.empty()) ticking.reset();
  look_whether_drained();
}

void Server::State::look_whether_drained() {
  if (drained && connections.empty()) std::exchange(drained, nullptr)();
}

void Server::State::keep_ticking() {
  if (ticking) return;
  auto wait = loop.wait({}, os::now_ns(os::Clock::monotonic) + tick_ns, [this] { tick(); });
  if (wait) ticking = std::move(*wait);
}

void Server::State::tick() {
  ticking.reset();
  const uint64_t now_ns = os::now_ns(os::Clock::monotonic);
  for (size_t i = connections.size(); i-- > 0;)
    connections[i]->tick(now_ns);  // backwards: one that is closed is replaced by the last
  bool is_listening = listening || !listener;
  if (!is_listening) is_listening = listen().has_value();
  if (!connections.empty() || !is_listening) keep_ticking();
}

}  // namespace mote::http
