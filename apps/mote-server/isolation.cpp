// See isolation.h.
#include "apps/mote-server/isolation.h"

#include "apps/mote/command_policy.h"
#include "apps/mote/kernel_wall.h"
#include "apps/mote/manifest_input.h"
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/clock.h"
#include "base/os/confinement.h"
#include "base/os/file.h"
#include "host/policy/policy.h"
#include "platform/isolate/channel.h"
#include "platform/isolate/house.h"
#include "platform/isolate/limits.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace mote::cli {
namespace {

using manifest::Manifest;
using observe::LogLevel;

constexpr uint64_t ns_per_ms = 1'000'000;
constexpr uint64_t quick_ns = 10'000'000'000;  // a process that ended sooner will do so again, probably

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}

// A manifest and the policies of its isolated components, as they were read: what such a process may do is said here alone.
struct Texts {
  ManifestText manifest;
  std::map<std::string, std::string> policies;  // by path
  std::string digest;
};

Result<Texts> texts_of(ManifestText text) {
  const Manifest manifest = TRY(manifest::parse(text.text, text.file));
  Texts texts{.manifest = std::move(text), .policies = {}, .digest = {}};
  std::string all = texts.manifest.text;
  for (const manifest::Component& component : manifest.components) {
    if (!component.is_isolated || component.policy_file.empty()) continue;
    const std::string path = manifest.path(component.policy_file);
    std::string& policy = texts.policies[path] = TRY(read_text(path, policy::size_most));
    all += format("\n{} {}\n{}", path.size(), path, policy);
  }
  texts.digest = hex(sha256({reinterpret_cast<const uint8_t*>(all.data()), all.size()}));
  return texts;
}

// Puts away what the server will say again: where the component is.
std::string without_place(const Manifest& manifest, const manifest::Component& component, std::string message) {
  const std::string place = format("{}: component {}: ", manifest.place(component.at), component.id);
  return message.starts_with(place) ? message.substr(place.size()) : message;
}

}  // namespace

// In the keeper: remembers texts. In a component's process: deploys and serves.
class Isolation::Duty final : public isolate::Keeper::Duty {
 public:
  Duty(const Options& options, ReadManifest read) : options_(options), read_(std::move(read)) {}

  void prepare(const isolate::Request& request) override {
    constexpr size_t kept = 4;  // versions: the one that serves, the next one, and some that are ending
    if (find(request.manifest_digest) != nullptr) return;
    auto text = read_();
    if (!text) return;
    auto texts = texts_of(*std::move(text));
    if (!texts || texts->digest != request.manifest_digest) return;
    texts_.push_back(*std::move(texts));
    if (texts_.size() > kept) texts_.pop_front();
  }

  int run(const isolate::Request& request, std::vector<os::File> channels) override {
    const auto served = serve(request, channels);
    if (served) return 0;
    if (channels[0]) (void)isolate::say_hello(channels[0], {.error = served.error().message});
    return 1;
  }

 private:
  [[nodiscard]] const Texts* find(const std::string& digest) const {
    const auto found = std::ranges::find(texts_, digest, &Texts::digest);
    return found == texts_.end() ? nullptr : &*found;
  }

  // Until the server is gone or wants it no more; fails, with the channels still there, when it cannot begin.
  Result<void> serve(const isolate::Request& request, std::vector<os::File>& channels) {
    const Texts* const texts = find(request.manifest_digest);
    if (texts == nullptr) return fail(ErrorKind::unavailable, "the manifest or its policy changed while it was read: reload again");
    const Manifest whole = TRY(manifest::parse(texts->manifest.text, texts->manifest.file));
    const manifest::Component* const component = whole.component(request.component);
    if (component == nullptr || !component->is_isolated)
      return fail(ErrorKind::not_found, format("the manifest has no isolated component {}", request.component));
    auto version = deploy(request, whole, *component, *texts, channels.size());
    if (!version) return fail(version.error().kind, without_place(whole, *component, version.error().message));
    TRY(close_wall(**version));
    const wiring::ComponentFacts& facts = (*version)->facts[0];
    const isolate::Hello hello{.error = {}, .digest = facts.digest, .code = facts.code, .code_size = facts.code_size};
    TRY(isolate::say_hello(channels[0], hello));
    return isolate::keep_house({.deployment = (*version)->deployment,
                                .registry = *registry_,
                                .most_event = std::min(component->event_size, isolate::limits::event_size.hard)},
                               std::move(channels));
  }

  Result<std::shared_ptr<const wiring::Version>> deploy(const isolate::Request& request, const Manifest& whole,
                                                        const manifest::Component& component, const Texts& texts, size_t workers) {
    Manifest manifest = wiring::only(whole, static_cast<size_t>(&component - whole.components.data()));
    manifest.broker.reset();
    // The module as it is now, which is then the one that is meant.
    const auto locked = TRY(read_lock(lock_path(manifest.file)));
    manifest::Lock lock = TRY(wiring::lock_now(manifest, manifest.file));
    const std::string& digest = lock.entries[0].digest;
    if (locked) TRY(locked->verify(component.id, digest));
    if (!request.module_digest.empty() && request.module_digest != digest)
      return fail(ErrorKind::denied,
                  format("{} is another module than when this version was deployed: a reload takes it", component.source.path));
    registry_.emplace(workers);
    engines_.emplace(options_);
    const auto read = [&texts](const std::string& path) -> Result<policy::Policy> {
      const auto found = texts.policies.find(path);
      if (found == texts.policies.end()) return fail(ErrorKind::not_found, format("{} was not read", path));
      return policy::parse(found->second, path);
    };
    return wiring::deploy(std::move(manifest), lock, surroundings(*engines_, read, static_cast<uint32_t>(workers), *registry_));
  }

  // Nothing but what its one component was granted; no program, no other socket.
  Result<void> close_wall(const wiring::Version& version) const {
    if (options_.kernel_wall == Options::KernelWall::off) return {};
    os::Confinement wall = version.wall;
    wall.has_sockets = true;
    wall.takes_versions = true;  // sandboxes are made when they are needed
    const os::Layers layers = TRY(os::confine(wall));
    const std::string missing = missing_layers(layers, wall);
    if (missing.empty() || options_.kernel_wall != Options::KernelWall::require) return {};
    return fail(ErrorKind::unsupported, "the kernel wall is required and cannot be closed whole: " + missing);
  }

  const Options& options_;
  const ReadManifest read_;
  std::deque<Texts> texts_;
  std::optional<observe::Registry> registry_;
  std::optional<Engines> engines_;
};

Isolation::Isolation(const Options& options, ReadManifest read) : duty_(std::make_unique<Duty>(options, std::move(read))) {}
Isolation::~Isolation() = default;

Result<std::unique_ptr<Isolation>> Isolation::start(const Options& options, ReadManifest read) {
  std::unique_ptr<Isolation> made(new Isolation(options, std::move(read)));
  made->keeper_ = TRY(isolate::Keeper::start(*made->duty_));
  return made;
}

Result<void> Isolation::use(const ManifestText& text) {
  early_.clear();  // of versions that never served
  std::erase_if(processes_, [this](const auto& one) { return serving(one.first) == nullptr; });
  digest_ = TRY(texts_of(text)).digest;
  return {};
}

Result<wiring::CellProcess> Isolation::start_cell(const manifest::Component& component, uint32_t workers) {
  workers_ = workers;
  isolate::Request request{.component = component.id, .manifest_digest = digest_};
  auto started = TRY(keeper_->start_cell(request, workers));
  const uint64_t started_ns = now_ns();
  auto hello = TRY(isolate::await_hello(started.channels[0], isolate::limits::start_time.standard));
  if (!hello.error.empty()) return fail(ErrorKind::bad_input, hello.error);
  request.module_digest = hello.digest;
  processes_[started.number] = {.request = std::move(request), .started_ns = started_ns};
  return wiring::CellProcess{.number = started.number, .channels = std::move(started.channels), .hello = std::move(hello)};
}

Result<void> Isolation::watch(Host host) {
  host_.emplace(std::move(host));
  replaced();
  look();
  return {};
}

void Isolation::look() {
  for (const auto& [number, how] : keeper_->take_ended()) ended(number, how);
  const io::Interest interest{.descriptor = keeper_->descriptor()};
  looking_.reset();
  auto wait = host_->loop.wait(std::span(&interest, 1), std::nullopt, [this] { look(); });
  if (wait) looking_ = *std::move(wait);
}

// The isolated component that this process serves now.
const wiring::Isolated* Isolation::serving(uint64_t number) const {
  if (version_ == nullptr) return nullptr;
  for (const wiring::Isolated& isolated : version_->isolated) {
    const auto found = numbers_.find(isolated.cell.get());
    if (found != numbers_.end() && found->second == number) return &isolated;
  }
  return nullptr;
}

void Isolation::replaced() {
  version_ = host_->node.version();
  numbers_.clear(), absent_.clear();
  for (const wiring::Isolated& isolated : version_->isolated) numbers_[isolated.cell.get()] = isolated.first_process;
  const auto early = std::exchange(early_, {});
  for (const auto& [number, how] : early) {
    if (serving(number) != nullptr) ended(number, how);
  }
}

void Isolation::kept() {
  version_ = host_->node.version();
}

void Isolation::ended(uint64_t number, const std::string& how) {
  if (number == 0) {
    looking_.reset();
    return host_->say(LogLevel::error, {}, how + ": isolated components that end stay away until the server is restarted");
  }
  const wiring::Isolated* const isolated = serving(number);
  if (isolated == nullptr) {
    early_[number] = how;
    return;
  }
  const auto found = processes_.find(number);
  if (found == processes_.end()) return;
  Process process = std::move(found->second);
  processes_.erase(found);
  numbers_.erase(isolated->cell.get());
  const bool was_quick = now_ns() - process.started_ns < quick_ns;
  process.quick_ends = was_quick ? process.quick_ends + 1 : 0;
  host_->say(LogLevel::error, isolated->cell->settings.name, format("its process {}; what ran in it is lost", how));
  start_later(*isolated, std::move(process));
}

// At once after a first end; then it waits as after failures (`crash`).
void Isolation::start_later(const wiring::Isolated& isolated, Process process) {
  const manifest::Crash& crash = version_->manifest.components[isolated.component].crash;
  const uint32_t ends = process.quick_ends;
  if (crash.on == manifest::Crash::On::quarantine && crash.after != 0 && ends >= crash.after) {
    host_->say(LogLevel::error, isolated.cell->settings.name, "its process ended too often: it is out until the next reload");
    absent_[isolated.cell.get()] = std::move(process);
    return;
  }
  constexpr uint32_t most_doublings = 20;
  const uint64_t pause_ms =
      ends <= 1 ? 0 : std::min(crash.back_off_ms << std::min(ends - 2, most_doublings), crash.most_back_off_ms);
  Process& absent = absent_[isolated.cell.get()] = std::move(process);
  auto wait = host_->loop.wait({}, now_ns() + pause_ms * ns_per_ms, [this, cell = isolated.cell] {
    const auto found = absent_.find(cell.get());
    if (found == absent_.end()) return;  // of a version before
    Process next = std::move(found->second);
    absent_.erase(found);
    for (const wiring::Isolated& one : version_->isolated) {
      if (one.cell == cell) return start_again(one, std::move(next));
    }
  });
  if (wait) absent.starting = *std::move(wait);
}

void Isolation::start_again(const wiring::Isolated& isolated, Process process) {
  const std::string& name = isolated.cell->settings.name;
  const auto failed = [&](const std::string& why) {
    host_->say(LogLevel::error, name, "its process cannot be started again: " + why);
    ++process.quick_ends;
    start_later(isolated, std::move(process));
  };
  auto started = keeper_->start_cell(process.request, workers_);
  if (!started) return failed(started.error().message);
  process.started_ns = now_ns();
  const auto hello = isolate::await_hello(started->channels[0], isolate::limits::start_time.standard);
  if (!hello || !hello->error.empty()) return failed(hello ? hello->error : hello.error().message);
  numbers_[isolated.cell.get()] = started->number;
  processes_[started->number] = {.request = process.request, .started_ns = process.started_ns, .quick_ends = process.quick_ends};
  host_->node.connect(isolated.cell, std::move(started->channels));
  host_->say(LogLevel::info, name, "its process was started again");
}

void Isolation::end_stuck(const isolate::Cell* cell) {
  if (const auto found = numbers_.find(cell); found != numbers_.end()) keeper_->end_cell(found->second);
}

std::vector<std::string> Isolation::not_ready() const {
  std::vector<std::string> reasons;
  for (const wiring::Isolated& isolated : version_->isolated) {
    const std::string& name = isolated.cell->settings.name;
    if (absent_.contains(isolated.cell.get())) reasons.push_back(format("component {} has no process", name));
    if (isolated.cell->health.refused_for_ns(now_ns()) != 0)
      reasons.push_back(format("component {} fails, its events are refused", name));
  }
  return reasons;
}

}  // namespace mote::cli
