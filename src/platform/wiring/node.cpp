// See node.h.
#include "platform/wiring/node.h"

#include "base/core/assert.h"
#include "base/os/machine.h"
#include "platform/wiring/crossing.h"
#include "platform/wiring/messages.h"
#include "platform/wiring/timers.h"
#include "platform/wiring/tracer.h"

#include <chrono>
#include <condition_variable>
#include <optional>
#include <utility>

namespace mote::wiring {
namespace {

constexpr unsigned no_route = 5;                // by names.def
constexpr uint64_t bodies_most = 256ull << 20;  // of one worker's requests

// What one thread tells another once.
template <class T>
class Told {
 public:
  void tell(T value) {
    const std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    changed_.notify_all();
  }
  T wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }
  bool wait_for(uint64_t ns) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::nanoseconds(ns), [this] { return value_.has_value(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
};

}  // namespace

// A worker with its thread. What it holds is made, used and ended by that thread.
class Node::Lane final : public trigger_http::Observer {
 public:
  static Result<std::unique_ptr<Lane>> start(Node& node, uint32_t number, uint32_t count, os::File listener,
                                             const std::shared_ptr<const Version>& version) {
    std::unique_ptr<Lane> lane(new Lane(node, number, count));
    lane->loop_ = TRY(io::Loop::create());
    auto started = std::make_shared<Told<Result<void>>>();
    auto shared_listener = std::make_shared<os::File>(std::move(listener));
    lane->thread_.emplace(TRY(io::Thread::start([lane = lane.get(), started, shared_listener, version] {
      auto made = lane->make(std::move(*shared_listener), version);
      const bool is_made = made.has_value();
      started->tell(std::move(made));
      if (is_made) lane->worker_->run();
      lane->unmake();
      lane->ended_.tell(true);
    })));
    TRY(started->wait());
    return lane;
  }

  // From other threads.
  void post(std::function<void()> work) { loop_->post(std::move(work)); }
  Result<void> install(const std::shared_ptr<const Version>& version) {
    auto told = std::make_shared<Told<Result<void>>>();
    post([this, told, version] { told->tell(take(version)); });
    return told->wait();
  }
  void drain() {
    post([this] {
      timers_.reset();
      draining_ = messages_ ? 3 : 2;
      const auto drained = [this] {
        if (--draining_ == 0) worker_->end();
      };
      if (messages_) messages_->stop(drained);
      server_->drain(drained);
      crossing_->when_idle(drained);
    });
  }
  bool has_ended(uint64_t within_ns) { return ended_.wait_for(within_ns); }
  http::ServerCounts http_counts() {
    auto told = std::make_shared<Told<http::ServerCounts>>();
    post([this, told] { told->tell(server_->counts()); });
    return told->wait();
  }

  void connect(const std::shared_ptr<const isolate::Cell>& cell, os::File channel) {
    auto shared_channel = std::make_shared<os::File>(std::move(channel));
    post([this, cell, shared_channel] { crossing_->connect(*cell, std::move(*shared_channel)); });
  }

  // On its thread.
  [[nodiscard]] trigger::Dispatcher& dispatcher() { return *crossing_; }
  void answered(const trigger_http::Target* target, http::Version version, int status, uint64_t took_ns) override {
    shard_.add(observe::server_scope, observe::Metric::http_requests, 1, static_cast<unsigned>(version));
    shard_.record(observe::server_scope, observe::Metric::http_duration, took_ns);
    if (target == nullptr) return shard_.add(observe::server_scope, observe::Metric::http_refused, 1, no_route);
    if (!target->fixed) shard_.add(target->observed, observe::Metric::responses, 1, static_cast<unsigned>(status / 100 - 1));
  }
  void complain(const trigger_http::Target& target, uint64_t event, std::string_view text) override {
    if (node_.settings_.log) node_.settings_.log(target.component_name, event, {}, text);
  }

 private:
  Lane(Node& node, uint32_t number, uint32_t count)
      : node_(node), number_(number), count_(count), shard_(node.settings_.registry->shard(number)) {}

  Result<void> make(os::File listener, const std::shared_ptr<const Version>& version) {
    if (node_.settings_.pins) io::pin_this_thread(number_);
    uint64_t first_id = 0;
    TRY(os::fill_random({reinterpret_cast<uint8_t*>(&first_id), sizeof first_id}));
    worker_.emplace(*loop_, node_.watchdog_, shard_, first_id - first_id % count_ + number_, count_);
    if (node_.settings_.spans) tracer_ = TRY(Tracer::create(node_.settings_.sampler, node_.settings_.spans));
    crossing_.emplace(*loop_, *worker_, shard_, number_, tracer_.get());
    http_.emplace(*crossing_, *this, bodies_most);
    if (number_ == 0) make_sources();
    TRY(take(version));
    server_ = TRY(http::Server::create(*loop_, std::move(listener), node_.settings_.http, *http_, node_.settings_.tls));
    return {};
  }
  // What makes events of itself; on one worker.
  void make_sources() {
    messages_.emplace(*loop_, *crossing_, shard_,
                      Messages::Told{.log = node_.settings_.log,
                                     .answer = node_.settings_.on_message,
                                     .say = node_.settings_.say,
                                     .away = [this](const std::string& why) { node_.set_broker_away(why); }});
    timers_.emplace(
        *loop_, *crossing_,
        [this](const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event, const trigger::Outcome& outcome) {
          const bool is_published = !trigger.reply.empty() && outcome.kind == trigger::Outcome::Kind::answered;
          if (!is_published) return node_.settings_.on_timer(trigger, component, event, outcome);
          if (!outcome.answer.empty()) messages_->publish(trigger, component, event, outcome.answer);
        });
  }
  Result<void> take(const std::shared_ptr<const Version>& version) {
    TRY(worker_->install(version->deployment));
    TRY(crossing_->install(*version));
    if (messages_) TRY(messages_->install(version));
    http_->install(version->routes);
    if (timers_) timers_->install(version);
    return {};
  }
  void unmake() {
    timers_.reset();
    messages_.reset();
    server_.reset();
    http_.reset();
    crossing_.reset();
    worker_.reset();
  }

  Node& node_;
  const uint32_t number_, count_;
  observe::Shard& shard_;
  std::unique_ptr<io::Loop> loop_;
  std::optional<serve::Worker> worker_;
  std::unique_ptr<Tracer> tracer_;  // none: nobody wants spans
  std::optional<Crossing> crossing_;
  std::optional<trigger_http::HttpTrigger> http_;
  std::optional<Messages> messages_;
  std::optional<Timers> timers_;
  int draining_ = 0;  // parts of it that are not done
  std::unique_ptr<http::Server> server_;
  Told<bool> ended_;
  std::optional<io::Thread> thread_;  // ends first
};

Result<std::unique_ptr<Node>> Node::start(std::shared_ptr<const Version> version, Settings settings) {
  std::unique_ptr<Node> node(new Node(std::move(settings)));
  node->version_ = version;
  node->watchdog_thread_.emplace(TRY(io::Thread::start([dog = &node->watchdog_] { dog->run(); })));
  auto& listeners = node->settings_.listeners;
  const auto count = static_cast<uint32_t>(listeners.size());
  for (uint32_t i = 0; i < count; ++i) {
    auto lane = Lane::start(*node, i, count, std::move(listeners[i]), version);
    if (!lane) {
      (void)node->drain(3'600'000'000'000);
      return std::unexpected(lane.error());
    }
    node->lanes_.push_back(*std::move(lane));
  }
  return node;
}

Node::Node(Settings settings) : settings_(std::move(settings)) {}

Node::~Node() {
  lanes_.clear();
  watchdog_.end();
}

std::shared_ptr<const Version> Node::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

std::string Node::broker_away() const {
  const std::lock_guard lock(mutex_);
  return broker_away_;
}
void Node::set_broker_away(const std::string& why) {
  const std::lock_guard lock(mutex_);
  broker_away_ = why;
}

Result<void> Node::replace(std::shared_ptr<const Version> version) {
  const auto before = this->version();
  for (size_t i = 0; i < lanes_.size(); ++i) {
    auto installed = lanes_[i]->install(version);
    if (installed) continue;
    for (size_t j = 0; j < i; ++j) (void)lanes_[j]->install(before);  // whose seats it had a moment ago
    return installed;
  }
  const std::lock_guard lock(mutex_);
  version_ = std::move(version);
  return {};
}

bool Node::drain(uint64_t within_ns) {
  for (const auto& lane : lanes_) lane->drain();
  const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(within_ns);
  for (const auto& lane : lanes_) {
    const auto left = std::max(end - std::chrono::steady_clock::now(), std::chrono::steady_clock::duration::zero());
    if (!lane->has_ended(static_cast<uint64_t>(std::chrono::nanoseconds(left).count()))) return false;
  }
  return true;
}

// Keeps itself until it is done.
class Node::Sent final : public trigger::Event {
 public:
  Sent(std::string input, std::vector<std::pair<std::string, std::string>> variables, std::vector<std::string> arguments,
       std::function<void(const Reply&)> tell)
      : Event(trigger::Kind::command),
        input_(std::move(input)),
        variables_(std::move(variables)),
        arguments_(std::move(arguments)),
        tell_(std::move(tell)) {}
  [[nodiscard]] Bytes input() const override { return {reinterpret_cast<const uint8_t*>(input_.data()), input_.size()}; }
  void describe(trigger::Variables& variables) override {
    for (const auto& [name, value] : variables_) variables.add(name, value);
    std::vector<std::string>& arguments = variables.arguments();
    arguments.insert(arguments.end(), arguments_.begin(), arguments_.end());
  }
  void introduce(trigger::Trace& into) const override {
    into.name("command");
    into.note("faas.trigger", "other");
    for (const auto& [name, value] : variables_) {
      if (name != "TRIGGER_ID") continue;
      into.name("command " + value);
      into.note("mote.trigger", value);
    }
  }
  void done(const trigger::Outcome& outcome) override {
    const std::unique_ptr<Sent> self(this);
    if (trace) trace->end(outcome);
    const auto text = [](Bytes bytes) { return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()); };
    Reply reply{.event = id,
                .outcome = outcome,
                .answer = text(outcome.answer),
                .messages = text(outcome.messages),
                .text = std::string(outcome.text)};
    reply.outcome.answer = reply.outcome.messages = {};
    reply.outcome.text = {};
    tell_(reply);
  }

 private:
  std::string input_;
  std::vector<std::pair<std::string, std::string>> variables_;
  std::vector<std::string> arguments_;
  std::function<void(const Reply&)> tell_;
};

void Node::send(size_t place, std::string input, std::vector<std::pair<std::string, std::string>> variables,
                std::vector<std::string> arguments, std::function<void(const Reply&)> done) {
  auto* const sent = new Sent(std::move(input), std::move(variables), std::move(arguments), std::move(done));
  Lane& lane = *lanes_.front();
  lane.post([&lane, place, sent] { lane.dispatcher().dispatch(place, *sent); });
}

void Node::connect(const std::shared_ptr<const isolate::Cell>& cell, std::vector<os::File> channels) {
  for (size_t i = 0; i < lanes_.size() && i < channels.size(); ++i) lanes_[i]->connect(cell, std::move(channels[i]));
}

http::ServerCounts Node::http_counts() const {
  http::ServerCounts all;
  for (const auto& lane : lanes_) {
    const http::ServerCounts one = lane->http_counts();
    all.connections += one.connections, all.exchanges += one.exchanges, all.accepted += one.accepted;
    all.refused += one.refused, all.requests += one.requests, all.malformed += one.malformed;
    all.timed_out += one.timed_out, all.gone += one.gone;
  }
  return all;
}

}  // namespace mote::wiring
