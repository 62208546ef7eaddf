// See deploy.h.
#include "platform/wiring/deploy.h"

#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "host/granting/granting.h"
#include "host/policy/effective.h"
#include "host/wasi_p1/wasi_p1.h"
#include "platform/isolate/limits.h"
#include "platform/wiring/limits.h"

#include <mote/linker.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mote::wiring {

using manifest::Manifest;

namespace {

// Puts into messages which component it is about.
std::unexpected<Error> about(const Manifest& manifest, const manifest::Component& component, Error error) {
  error.message = format("{}: component {}: {}", manifest.place(component.at), component.id, error.message);
  return std::unexpected(std::move(error));
}

// One component's guest of one event after another (serve::Context).
class GuestContext final : public serve::Context {
 public:
  struct Grants {
    policy::Policy policy;
    policy::Effective effective;
    std::string program;  // argument 0
    sandbox::EventLimits limits;
    Tracing tracing;
    TraceLog trace;
  };
  static Result<std::unique_ptr<serve::Context>> make(std::shared_ptr<const Grants> grants, io::Waiting& waiting) {
    std::unique_ptr<GuestContext> made(new GuestContext(std::move(grants), waiting));
    const Grants& granted = *made->grants_;
    sandbox::Process& process = made->events_.process();
    process.arguments = {granted.program};
    process.arguments.insert(process.arguments.end(), granted.effective.arguments.begin(), granted.effective.arguments.end());
    process.environment = granted.effective.environment;
    granting::permit(process, granted.policy);
    TRY(granting::open_folders(process, granted.effective.folders, granted.policy.on_deny == policy::OnDeny::log));
    const bool denial_ends_guest = granted.policy.on_deny == policy::OnDeny::trap;
    if (granted.tracing.is_on() || denial_ends_guest)
      made->trace_.emplace(granted.tracing, denial_ends_guest, granted.program, granted.trace, process);
    made->events_.arm();
    return made;
  }
  sandbox::EventProcess& events() override { return events_; }
  void begin(uint64_t event) override {
    if (trace_) trace_->begin(event);
  }
  void end(std::string_view how) override {
    if (trace_) trace_->end(how);
  }

 private:
  GuestContext(std::shared_ptr<const Grants> grants, io::Waiting& waiting)
      : grants_(std::move(grants)),
        effects_(&grants_->policy, waiting, granting::Effects::Guests::many),
        events_(effects_.clocks(), effects_.random(), grants_->limits) {}

  std::shared_ptr<const Grants> grants_;
  granting::Effects effects_;
  std::optional<GuestTrace> trace_;  // ends after the process
  sandbox::EventProcess events_;
};

class Deployer {
 public:
  Deployer(Version& version, const std::optional<manifest::Lock>& lock, const Surroundings& with)
      : version_(version), manifest_(version.manifest), lock_(lock), with_(with) {}

  Result<void> run() {
    version_.values = manifest::lookup(TRY(manifest::values_of(manifest_, with_.environment)));
    std::string problems;
    for (const manifest::Component& component : manifest_.components) {
      if (auto made = prepare(component); !made) {
        if (!problems.empty()) problems += '\n';
        problems += made.error().message;
        kind_ = made.error().kind;
      }
    }
    if (!problems.empty()) return fail(kind_, problems);
    TRY(seat_triggers());
    version_.routes = routes();
    return {};
  }

 private:
  struct Prepared {
    std::shared_ptr<const GuestContext::Grants> grants;
    Limits limits;
    std::optional<Pool> pool;  // none: it is isolated
    size_t isolated = 0;       // then its number among those
    uint32_t observed = 0;
  };

  Result<void> prepare(const manifest::Component& component) {
    const bool is_apart = component.is_isolated && with_.start_cell;
    Prepared made;
    auto grants = grants_of(component, made.limits);
    if (!grants) return about(manifest_, component, std::move(grants.error()));
    made.grants = *std::move(grants);
    auto observed = with_.registry->component(component.id);
    if (!observed) return about(manifest_, component, std::move(observed.error()));
    made.observed = *observed;
    if (is_apart) {
      if (auto started = start_apart(component, made); !started) return about(manifest_, component, std::move(started.error()));
    } else {
      need_folders(made.grants->effective);
      auto pool = pool_of(component, made);
      if (!pool) return about(manifest_, component, std::move(pool.error()));
      made.pool = *std::move(pool);
    }
    prepared_.push_back(std::move(made));
    return {};
  }

  // What of it is the server's: who its events go to, and for how long they may take. The module is its process's business.
  Result<void> start_apart(const manifest::Component& component, Prepared& made) {
    if (const uint64_t most = isolate::limits::event_size.hard; component.event_size > most || component.output_size > most)
      return fail(ErrorKind::limit, format("max-event-size and max-output-size of an isolated component can be at most {}", most));
    made.isolated = version_.isolated.size();
    if (with_.before != nullptr) {
      const Isolated& same = with_.before->isolated[made.isolated];
      version_.isolated.push_back({.component = same.component, .cell = same.cell, .first_process = same.first_process});
      version_.facts.push_back(with_.before->facts[same.component]);
      return {};
    }
    CellProcess process = TRY(with_.start_cell(component));
    const serve::ComponentSettings usual = settings_of(component, made);
    auto arguments = made.grants->effective.arguments;
    arguments.insert(arguments.begin(), made.grants->program);
    // Its process admits and queues; this bounds what is on the way there.
    auto stuck = std::make_shared<std::weak_ptr<const isolate::Cell>>();
    auto cell = std::make_shared<const isolate::Cell>(isolate::CellSettings{.name = component.id,
                                                                            .observed = made.observed,
                                                                            .deadline_ns = usual.deadline_ns,
                                                                            .output_size = component.output_size,
                                                                            .most = usual.most_running + usual.most_waiting,
                                                                            .crash = usual.crash,
                                                                            .arguments = std::move(arguments),
                                                                            .log = usual.log,
                                                                            .is_stuck = [stuck, tell = with_.cell_is_stuck] {
                                                                              if (const auto cell = stuck->lock(); cell && tell)
                                                                                tell(*cell);
                                                                            }});
    *stuck = cell;
    version_.isolated.push_back({.component = static_cast<size_t>(&component - manifest_.components.data()),
                                 .cell = std::move(cell),
                                 .channels = std::move(process.channels),
                                 .first_process = process.number});
    version_.facts.push_back({.name = component.id,
                              .source = component.source.path.empty() ? component.source.url : component.source.path,
                              .digest = process.hello.digest,
                              .code = process.hello.code,
                              .code_size = process.hello.code_size});
    return {};
  }

  Result<std::shared_ptr<const GuestContext::Grants>> grants_of(const manifest::Component& component, Limits& limits) {
    std::string assets;
    if (manifest::needs_assets(manifest_, component, with_.disk)) assets = TRY(put_together(component));
    auto grants = std::make_shared<GuestContext::Grants>();
    grants->policy = TRY(with_.policy(manifest_, component, version_.values, assets));
    if (grants->policy.on_deny == policy::OnDeny::log)
      return fail(ErrorKind::denied, "on_deny = \"log\" lets through what is not granted: not for a server");
    const policy::Host host{.real_path = os::real_path,
                            .variable = [](const std::string& name) { return os::environment_variable(name.c_str()); }};
    grants->effective = TRY(policy::intersect(grants->policy, {}, host));
    limits = limits_of(grants->effective.limits);
    grants->program = component.id;
    if (with_.tracing) grants->tracing = with_.tracing(component), grants->trace = with_.trace;
    grants->limits = {
        .host_call_bytes = limits.host_call_bytes, .output_bytes = component.output_size, .descriptors = limits.descriptors};
    return std::shared_ptr<const GuestContext::Grants>(std::move(grants));
  }

  // Each path once, with all that somebody needs there.
  void need_folders(const policy::Effective& effective) {
    for (const policy::EffectiveFolder& folder : effective.folders) {
      auto& folders = version_.wall.folders;
      auto same = std::ranges::find(folders, folder.host, &os::Confinement::Folder::path);
      if (same == folders.end()) same = folders.insert(same, {.path = folder.host, .reads = false});
      same->reads |= folder.read;
      same->writes |= folder.write;
      same->makes |= folder.create;
    }
  }

  // Where the patterns of `files` choose, a folder with copies: named by what is in it, so that it is never changed.
  Result<std::string> put_together(const manifest::Component& component) {
    const auto assets = TRY(manifest::assets(manifest_, component, with_.disk));
    std::string list;
    for (const manifest::Asset& asset : assets) {
      const auto identity = TRY(os::identity(asset.host));
      list += format("{}\n{}\n{} {} {}\n", asset.guest, asset.host, identity.size, identity.modified_ns, identity.inode);
    }
    const auto digest = sha256({reinterpret_cast<const uint8_t*>(list.data()), list.size()});
    const std::string folder = format("{}/{}", with_.assets_folder, hex(Bytes(digest).first(16)));
    if (os::exists(folder + "/done")) return folder + "/files";
    TRY(os::make_folder(folder + "/files"));
    for (const manifest::Asset& asset : assets) {
      const size_t slash = asset.guest.rfind('/');
      if (slash != asset.guest.npos) TRY(os::make_folder(format("{}/files/{}", folder, asset.guest.substr(0, slash))));
      TRY(os::write_file_unflushed(format("{}/files/{}", folder, asset.guest), TRY(os::read_file(asset.host, most_asset))));
    }
    TRY(os::write_file_unflushed(folder + "/done", {}));
    return folder + "/files";
  }

  Result<Pool> pool_of(const manifest::Component& component, const Prepared& made) {
    const Engine engine = TRY(with_.engine(made.limits.fuel != 0));
    ComponentSource source = with_.before != nullptr ? taken_over(component) : TRY(module_of(engine, component));
    TRY(check_imports(made.grants->policy, source.module));
    Linker linker(engine);
    TRY(wasi_p1::define_imported(linker, source.module));
    // What a reactor's _initialize asks for is the same in all sandboxes: it has nothing but a stderr that nobody reads.
    granting::Effects effects(&made.grants->policy, io::blocking(), granting::Effects::Guests::many);
    sandbox::EventProcess initializing(effects.clocks(), effects.random());
    initializing.process().clock = initializing.process().random = {.is_granted = false, .rule = "initialization"};
    PoolConfig config;
    config.members = {{component.id, source.module}};
    config.init_data = &initializing.process();
    config.limits = made.limits.store;
    config.fuel = made.limits.fuel;
    config.sandboxes = std::min(component.concurrency.most + uint64_t{2} * with_.workers, limits::pool_sandboxes.hard);
    auto pool = Pool::create(engine, linker, std::move(config));
    if (!pool)
      return fail(pool.error().kind == Failure::Kind::error ? pool.error().error.kind : ErrorKind::bad_input, pool.error().text());
    version_.facts.push_back({.name = component.id,
                              .source = source.path,
                              .digest = source.digest,
                              .code = source.module.origin().image,
                              .code_size = source.module.origin().code_size,
                              .module = source.module,
                              .counts_fuel = made.limits.fuel != 0,
                              .pool = *pool});
    return *std::move(pool);
  }

  struct ComponentSource {
    Module module;
    std::string path, digest;
  };
  ComponentSource taken_over(const manifest::Component& component) const {
    const ComponentFacts& facts = with_.before->facts[static_cast<size_t>(&component - manifest_.components.data())];
    return {*facts.module, facts.source, facts.digest};
  }
  // A file is read and hashed only where somebody wants to know its digest.
  Result<ComponentSource> module_of(const Engine& engine, const manifest::Component& component) {
    const manifest::Source& source = component.source;
    if (source.path.empty()) {
      const auto digest = TRY(digest_of(source.digest));
      if (lock_) TRY(lock_->verify(component.id, source.digest));
      auto found = Module::find_in_cache(engine, digest, component.id);
      if (found) return ComponentSource{*std::move(found), source.url, source.digest};
      if (!with_.fetch) return std::unexpected(found.error());
      const auto bytes = TRY(with_.fetch(source));
      return ComponentSource{TRY(Module::compile(engine, bytes, component.id)), source.url, source.digest};
    }
    const std::string path = manifest_.path(source.path);
    if (!lock_ && source.digest.empty()) return ComponentSource{TRY(Module::compile_file(engine, path)), source.path, {}};
    const auto bytes = TRY(os::read_file(path, limits::module_size_bytes));
    const std::string digest = hex(sha256(bytes));
    if (!source.digest.empty() && digest != source.digest)
      return fail(ErrorKind::denied,
                  format("{} is not the module that the manifest names: its SHA-256 is {}", source.path, digest));
    if (lock_) TRY(lock_->verify(component.id, digest));
    return ComponentSource{TRY(Module::compile(engine, bytes, component.id)), source.path, digest};
  }
  static Result<Module::Digest> digest_of(std::string_view text) {
    Module::Digest digest{};
    const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
    for (size_t i = 0; i < digest.size() && 2 * i + 1 < text.size(); ++i)
      digest[i] = static_cast<uint8_t>(value(text[2 * i]) << 4 | value(text[2 * i + 1]));
    return digest;
  }

  static Result<void> check_imports(const policy::Policy& policy, const Module& module) {
    std::string text;
    for (const ImportInfo& import : module.imports()) {
      if (policy.allows_import(import.module, import.name)) continue;
      const std::string full = policy::printable(format("{}.{}", import.module, import.name));
      text += format("{}imports {}, which {} does not allow", text.empty() ? "" : "; ", full, policy.place(policy.imports_at));
    }
    if (text.empty()) return {};
    return fail(ErrorKind::denied, text);
  }

  // One place for each function of a component that some trigger calls.
  Result<size_t> place_of(const manifest::Trigger& trigger) {
    const auto key = std::pair(trigger.component, trigger.executor.entrypoint);
    if (const auto found = placed_.find(key); found != placed_.end()) return found->second;
    const manifest::Component& component = manifest_.components[trigger.component];
    const Prepared& made = prepared_[trigger.component];
    if (!made.pool) {
      std::vector<std::string>& entries = version_.isolated[made.isolated].entries;
      entries.push_back(trigger.executor.entrypoint);
      const size_t number = made.isolated << Version::entry_bits | (entries.size() - 1);
      return placed_[key] = Version::first_isolated + number;
    }
    auto start = made.pool->func<void()>(trigger.executor.entrypoint);
    if (!start) {
      start.error().message +=
          ": a trigger calls _start, or its executor's entrypoint, once for each event; it takes nothing and returns nothing";
      return about(manifest_, component, std::move(start.error()));
    }
    version_.deployment.components.push_back(
        std::make_shared<const serve::Component>(settings_of(component, made), *made.pool, *start));
    return placed_[key] = version_.deployment.components.size() - 1;
  }

  serve::ComponentSettings settings_of(const manifest::Component& component, const Prepared& made) const {
    const auto each = [&](uint64_t all) {
      return static_cast<uint32_t>(std::max<uint64_t>((all + with_.workers - 1) / with_.workers, 1));
    };
    const manifest::Crash& crash = component.crash;
    const bool is_quarantine = crash.on == manifest::Crash::On::quarantine;
    constexpr uint64_t ns_per_ms = 1'000'000, never_ns = UINT64_MAX / 4;
    return {.name = component.id,
            .observed = made.observed,
            .deadline_ns = made.limits.deadline_ns,
            .cpu_ns = made.limits.cpu_ns,
            .most_running = each(component.concurrency.most),
            .most_waiting = each(component.concurrency.queue),
            .crash = {.failures = static_cast<uint32_t>(crash.after),
                      .back_off_ns = is_quarantine ? never_ns : crash.back_off_ms * ns_per_ms,
                      .longest_ns = is_quarantine ? never_ns : crash.most_back_off_ms * ns_per_ms},
            .make_context = [grants = made.grants](io::Waiting& waiting) { return GuestContext::make(grants, waiting); },
            .log =
                [log = with_.log, name = component.id](uint64_t event, std::string_view messages, std::string_view failure) {
                  if (log) log(name, event, messages, failure);
                }};
  }

  Result<void> seat_triggers() {
    const auto seat = [&](const auto& triggers) -> Result<void> {
      for (const auto& trigger : triggers) {
        version_.places.push_back(trigger.component == manifest::no_component ? 0 : TRY(place_of(trigger)));
      }
      return {};
    };
    TRY(seat(manifest_.http));
    TRY(seat(manifest_.mqtt));
    TRY(seat(manifest_.timers));
    return seat(manifest_.commands);
  }

  std::shared_ptr<const trigger_http::Routes> routes() const {
    auto routes = std::make_shared<trigger_http::Routes>();
    routes->router = manifest_.router();
    routes->base = manifest_.application.http_base;
    for (size_t i = 0; i < manifest_.http.size(); ++i) {
      const manifest::HttpTrigger& trigger = manifest_.http[i];
      trigger_http::Target target{.fixed = trigger.static_response, .executor = trigger.executor};
      if (!target.fixed) {
        const manifest::Component& component = manifest_.components[trigger.component];
        target.component = version_.places[i];
        target.component_name = component.id;
        target.observed = prepared_[trigger.component].observed;
        target.body_most = std::min(component.event_size, manifest_.server.limits.body_size);
        target.fails_open = component.crash.fail == manifest::Crash::Fail::open;
      }
      routes->targets.push_back(std::move(target));
    }
    return routes;
  }

  static constexpr uint64_t most_asset = 1ull << 30;
  Version& version_;
  const Manifest& manifest_;
  const std::optional<manifest::Lock>& lock_;
  const Surroundings& with_;
  ErrorKind kind_ = ErrorKind::bad_input;
  std::vector<Prepared> prepared_;
  std::map<std::pair<uint32_t, std::string>, size_t> placed_;
};

}  // namespace

size_t Version::place(TriggerKind kind, size_t index) const {
  const size_t before[] = {0, manifest.http.size(), manifest.mqtt.size(), manifest.timers.size()};
  for (size_t i = 1; i <= static_cast<size_t>(kind); ++i) index += before[i];
  return places[index];
}

Result<std::shared_ptr<const Version>> deploy(Manifest manifest, const std::optional<manifest::Lock>& lock,
                                              const Surroundings& with) {
  auto version = std::make_shared<Version>();
  version->manifest = std::move(manifest);
  TRY(Deployer(*version, lock, with).run());
  return std::shared_ptr<const Version>(std::move(version));
}

Manifest only(Manifest manifest, size_t component) {
  const auto keep = [&](auto& triggers) {
    std::erase_if(triggers, [&](const manifest::Trigger& trigger) { return trigger.component != component; });
    for (manifest::Trigger& trigger : triggers) trigger.component = 0;
  };
  keep(manifest.http), keep(manifest.mqtt), keep(manifest.timers), keep(manifest.commands);
  manifest.components = {std::move(manifest.components[component])};
  return manifest;
}

Result<manifest::Lock> lock_now(const Manifest& manifest, std::string file) {
  manifest::Lock lock{.file = std::move(file)};
  for (const manifest::Component& component : manifest.components) {
    const manifest::Source& source = component.source;
    std::string digest = source.digest;
    if (!source.path.empty()) {
      const auto bytes = os::read_file(manifest.path(source.path), limits::module_size_bytes);
      if (!bytes) return about(manifest, component, bytes.error());
      digest = hex(sha256(*bytes));
    }
    lock.entries.push_back({.component = component.id, .source = source.path.empty() ? source.url : source.path, .digest = digest});
  }
  return lock;
}

}  // namespace mote::wiring
