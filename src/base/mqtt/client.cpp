// The client (client.h): looks up the broker, connects, lets the session and the connection exchange bytes, and begins again when
// that ends.
//
// Whatever is asked from outside only changes the session and asks for a turn; the turn does the work, once for all that was asked
// in between. One timer is set for whatever is next: a phase that takes too long, a ping, the next attempt.
#include "base/mqtt/client.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/dial/connection.h"
#include "base/dns/lookup.h"
#include "base/mqtt/session.h"
#include "base/os/clock.h"
#include "base/os/random.h"

#include <algorithm>
#include <utility>

namespace mote::mqtt {

namespace {

constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint64_t steady_ns = 5'000 * ns_per_ms;     // a connection that lasted so long was a good one
constexpr uint64_t goodbye_ns = 2'000 * ns_per_ms;    // for the last bytes to go
constexpr uint64_t forgiven_ns = 60'000 * ns_per_ms;  // without a message that was left: the next one is redelivered soon again
constexpr int most_rounds = 16;                       // of reading before others have their turn

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}

}  // namespace

struct Client::Inner final : private Receiver {
  enum class Phase : uint8_t {
    stopped,
    resting,     // until the next attempt
    looking_up,  // addresses of the broker's name
    connecting,  // TCP, TLS
    greeting,    // until CONNACK
    connected,
    leaving,  // the last bytes go
  };

  Inner(io::Loop& loop_, Settings settings_, Listener& listener_)
      : loop(loop_), settings(std::move(settings_)), listener(listener_), session(settings, *this) {}
  ~Inner();

  void opened() override;
  void came(Message message, bool is_duplicate, uint64_t key) override;
  void refused(Error error) override { listener.on_refused(error); }

  void attempt();
  void looked_up(Result<std::vector<os::SocketAddress>> found);
  void connect_next();
  void go_on();
  [[nodiscard]] Result<void> exchange();
  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> flush();
  void time_came();
  void fall(Error reason);
  void rest();
  void renew();
  void end();
  void set_timer();
  [[nodiscard]] uint64_t next_time_ns() const;
  void become(Phase next) {
    phase = next;
    since_ns = now();
  }
  [[nodiscard]] uint64_t jittered_ns(uint64_t first_ms, uint64_t doublings);

  io::Loop& loop;
  const Settings settings;
  Listener& listener;
  Session session;
  std::shared_ptr<Delivery::Link> link;
  std::unique_ptr<io::Loop::Turn> turn;
  std::unique_ptr<io::Loop::Wait> timer;
  uint64_t timer_ns = UINT64_MAX;
  os::RandomReserve random;

  Phase phase = Phase::stopped;
  uint64_t since_ns = 0;    // the phase began
  uint64_t resume_ns = 0;   // resting: until then
  uint64_t renewal_ns = 0;  // connected: 0, or when to connect anew
  uint64_t attempts = 0, renewals = 0, renewed_ns = 0;
  std::function<void()> stopped;
  bool is_stopping = false;

  std::unique_ptr<dns::Lookup> lookup;
  std::vector<os::SocketAddress> addresses;
  size_t next_address = 0;
  std::unique_ptr<dial::Connection> connection;
  std::vector<uint8_t> input;
  Counts counts;
};

// What a delivery holds on to: nothing when the client has ended.
struct Delivery::Link {
  Client::Inner* client = nullptr;
};

Delivery::Delivery(Message message_, bool is_duplicate_, std::shared_ptr<Link> link, uint64_t key)
    : message(std::move(message_)), is_duplicate(is_duplicate_), link_(std::move(link)), key_(key) {}

void Delivery::acknowledge() {
  const auto link = std::exchange(link_, nullptr);
  if (!link || link->client == nullptr || key_ == 0) return;
  ++link->client->counts.acknowledged;
  link->client->session.acknowledge(key_);
  link->client->turn->ask();
}

Delivery::~Delivery() {
  if (!link_ || link_->client == nullptr || key_ == 0) return;
  ++link_->client->counts.left;
  link_->client->session.leave(key_);
  link_->client->turn->ask();
}

Client::Inner::~Inner() {
  link->client = nullptr;
}

void Client::Inner::opened() {
  become(Phase::connected);
  ++counts.connections;
  listener.on_state(State::connected, nullptr);
}

void Client::Inner::came(Message message, bool is_duplicate, uint64_t key) {
  ++counts.received;
  ++counts.received_by_qos[message.qos];
  if (is_duplicate) ++counts.duplicates;
  listener.on_message(Delivery(std::move(message), is_duplicate, link, key));
}

// Between half of it and all of it, so that clients which lost one broker do not come back as one.
uint64_t Client::Inner::jittered_ns(uint64_t first_ms, uint64_t doublings) {
  const uint64_t whole = std::min(first_ms << std::min<uint64_t>(doublings, 20), settings.most_back_off_ms) * ns_per_ms;
  uint64_t drawn = 0;
  (void)random.fill({reinterpret_cast<uint8_t*>(&drawn), sizeof drawn});
  return whole / 2 + drawn % (whole / 2 + 1);
}

void Client::Inner::attempt() {
  become(Phase::looking_up);
  listener.on_state(State::connecting, nullptr);
  auto begun = dns::Lookup::begin(loop, {.host = settings.host, .port = settings.port},
                                  [this](Result<std::vector<os::SocketAddress>> found) { looked_up(std::move(found)); });
  if (!begun) return fall(std::move(begun.error()));
  lookup = *std::move(begun);
  set_timer();
}

void Client::Inner::looked_up(Result<std::vector<os::SocketAddress>> found) {
  if (phase != Phase::looking_up) return;
  if (!found) return fall(std::move(found.error()));
  addresses = *std::move(found);
  next_address = 0;
  connect_next();
  set_timer();
}

void Client::Inner::connect_next() {
  become(Phase::connecting);
  const os::SocketAddress& address = addresses[next_address++];
  auto begun = dial::Connection::begin(loop, address, settings.host, settings.tls.get(), [this] { go_on(); });
  if (!begun) return fall(std::move(begun.error()));
  connection = *std::move(begun);
}

void Client::Inner::go_on() {
  if (is_stopping && phase != Phase::stopped && phase != Phase::leaving) {
    session.say_goodbye();
    become(Phase::leaving);
  }
  if (connection) {
    if (auto done = exchange(); !done) {
      fall(std::move(done.error()));
    } else if (session.wants_renewal() && phase == Phase::connected && renewal_ns == 0) {
      const uint64_t now_ns = now();
      if (now_ns - renewed_ns > forgiven_ns) renewals = 0;
      renewal_ns = now_ns + jittered_ns(4 * settings.back_off_ms, renewals++);
    }
  }
  if (phase == Phase::leaving && (!connection || (session.output().empty() && !connection->has_unsent()))) return end();
  set_timer();
}

Result<void> Client::Inner::exchange() {
  if (phase == Phase::connecting) {
    if (!TRY(connection->open())) return {};
    become(Phase::greeting);
    session.begin(since_ns);
  }
  TRY(flush());
  if (phase != Phase::leaving) TRY(read());
  return flush();
}

Result<void> Client::Inner::read() {
  for (int round = 0;; ++round) {
    if (round == most_rounds) return turn->ask(), Result<void>();
    const bool came = TRY(connection->read(input));
    if (!input.empty()) {
      auto used = session.receive(input, now());
      if (!used) {
        (void)flush();
        return std::unexpected(std::move(used.error()));
      }
      input.erase(input.begin(), input.begin() + static_cast<int64_t>(*used));
    }
    if (connection->has_ended()) {
      return fail(ErrorKind::unavailable, phase == Phase::connected
                                              ? "the broker closed the connection"
                                              : "the broker closed the connection before it answered; is this "
                                                "a port for MQTT, and is TLS used on both sides or none?");
    }
    if (!came) return {};
    TRY(flush());
  }
}

Result<void> Client::Inner::flush() {
  for (;;) {
    const uint64_t size = TRY(connection->write(session.output()));
    if (size == 0) return {};
    session.sent(size, now());
  }
}

// The connection is no more; there will be another, unless we stop.
void Client::Inner::fall(Error reason) {
  ++counts.failures;
  const bool was_steady = phase == Phase::connected && now() - since_ns >= steady_ns;
  const bool has_another = phase == Phase::connecting && next_address < addresses.size();
  const bool is_leaving = phase == Phase::leaving;
  phase = Phase::resting;
  connection.reset();
  lookup.reset();
  input.clear();
  renewal_ns = 0;
  session.lost();
  if (is_leaving || is_stopping) return end();
  if (has_another) return connect_next();
  if (was_steady) attempts = 0;
  become(Phase::resting);
  resume_ns = since_ns + jittered_ns(settings.back_off_ms, attempts++);
  reason.message = format("broker {}:{}: {}", settings.host, settings.port, reason.message);
  listener.on_state(State::away, &reason);
  set_timer();
}

// A new connection, to have the messages again that were left.
void Client::Inner::renew() {
  session.say_goodbye();
  (void)flush();
  connection->close();
  connection.reset();
  input.clear();
  session.lost();
  renewal_ns = 0;
  renewed_ns = now();
  attempt();
}

void Client::Inner::end() {
  become(Phase::stopped);
  if (connection) connection->close();
  connection.reset();
  lookup.reset();
  timer.reset();
  timer_ns = UINT64_MAX;
  session.lost();
  session.give_up({ErrorKind::unavailable, "the client of the broker was stopped"});
  if (const auto call = std::exchange(stopped, nullptr)) call();
}

uint64_t Client::Inner::next_time_ns() const {
  const uint64_t connect_ns = settings.connect_time_ms * ns_per_ms;
  switch (phase) {
    case Phase::stopped:
      return UINT64_MAX;
    case Phase::resting:
      return resume_ns;
    case Phase::looking_up:
    case Phase::greeting:
      return since_ns + connect_ns;
    case Phase::connecting:
      return since_ns + connect_ns / std::clamp<size_t>(addresses.size(), 1, 4);
    case Phase::connected:
      return std::min(session.deadline_ns(), renewal_ns != 0 ? renewal_ns : UINT64_MAX);
    case Phase::leaving:
      return since_ns + goodbye_ns;
  }
  return UINT64_MAX;
}

// One that rings early is set again: cheaper than to set it anew for each byte that pushes a ping further away.
void Client::Inner::set_timer() {
  const uint64_t next_ns = next_time_ns();
  if (next_ns == UINT64_MAX || timer_ns <= next_ns) return;
  timer_ns = next_ns;
  auto made = loop.wait({}, next_ns, [this] {
    timer_ns = UINT64_MAX;
    time_came();
  });
  if (made) timer = *std::move(made);  // without descriptors it does not fail
}

void Client::Inner::time_came() {
  if (now() >= next_time_ns()) {
    switch (phase) {
      case Phase::stopped:
        break;
      case Phase::resting:
        attempt();
        break;
      case Phase::looking_up:
      case Phase::connecting:
      case Phase::greeting:
        fall({ErrorKind::unavailable, format("no {} within {} ms",
                                             phase == Phase::looking_up   ? "address was found"
                                             : phase == Phase::connecting ? "connection"
                                                                          : "answer to CONNECT",
                                             settings.connect_time_ms)});
        break;
      case Phase::connected:
        if (renewal_ns != 0 && now() >= renewal_ns) {
          renew();
        } else if (auto ticked = session.tick(now()); !ticked) {
          fall(std::move(ticked.error()));
        } else {
          return go_on();
        }
        break;
      case Phase::leaving:
        return end();
    }
  }
  set_timer();
}

Result<std::unique_ptr<Client>> Client::create(io::Loop& loop, Settings settings, Listener& listener) {
  TRY(check(settings));
  auto inner = std::make_unique<Inner>(loop, std::move(settings), listener);
  inner->link = std::make_shared<Delivery::Link>(inner.get());
  inner->turn = loop.turn([one = inner.get()] { one->go_on(); });
  return std::unique_ptr<Client>(new Client(std::move(inner)));
}

Client::Client(std::unique_ptr<Inner> inner) : inner_(std::move(inner)) {}
Client::~Client() = default;

void Client::start() {
  if (inner_->phase != Inner::Phase::stopped) return;
  inner_->is_stopping = false;
  inner_->become(Inner::Phase::resting);
  inner_->resume_ns = 0;  // at once, from the loop
  inner_->set_timer();
}

void Client::stop(std::function<void()> done) {
  inner_->is_stopping = true;
  inner_->stopped = std::move(done);
  if (inner_->phase == Inner::Phase::stopped) inner_->phase = Inner::Phase::leaving;
  inner_->turn->ask();
}

Result<void> Client::publish(Message message, Done done) {
  const uint8_t qos = message.qos;
  TRY(inner_->session.publish(std::move(message), std::move(done)));
  ++inner_->counts.published;
  ++inner_->counts.published_by_qos[qos];
  inner_->turn->ask();
  return {};
}

State Client::state() const {
  switch (inner_->phase) {
    case Inner::Phase::connected:
      return State::connected;
    case Inner::Phase::looking_up:
    case Inner::Phase::connecting:
    case Inner::Phase::greeting:
      return State::connecting;
    case Inner::Phase::stopped:
    case Inner::Phase::resting:
    case Inner::Phase::leaving:
      break;
  }
  return State::away;
}

Counts Client::counts() const {
  Counts counts = inner_->counts;
  counts.waiting = inner_->session.waiting();
  counts.deliveries = inner_->session.deliveries();
  return counts;
}

}  // namespace mote::mqtt
