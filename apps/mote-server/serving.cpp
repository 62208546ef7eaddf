// See serving.h.
#include "apps/mote-server/serving.h"

#include "apps/mote-server/file_watch.h"
#include "apps/mote-server/isolation.h"
#include "apps/mote-server/optimizing.h"
#include "apps/mote-server/process_facts.h"
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/input.h"
#include "apps/mote/kernel_wall.h"
#include "apps/mote/listeners.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/http/fetch.h"
#include "base/io/loop.h"
#include "base/os/clock.h"
#include "base/os/machine.h"
#include "base/os/process.h"
#include "base/os/signals.h"
#include "base/os/socket.h"
#include "base/tls/context.h"
#include "host/wasi_p1/wasi_p1.h"
#include "platform/manifest/check.h"
#include "platform/observe/slo_board.h"
#include "platform/otlp/exporting.h"
#include "platform/trigger_mqtt/broker.h"
#include "platform/wiring/admin.h"
#include "platform/wiring/node.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <utility>

namespace mote::cli {
namespace {

using manifest::Manifest;
using observe::LogLevel;
using observe::LogStream;

constexpr uint64_t ns_per_ms = 1'000'000;

std::string unix_path(std::string_view address) {
  return address.starts_with("unix:") ? std::string(address.substr(5)) : std::string();
}

// "http://127.0.0.1:3000", with the port that the kernel chose.
std::string url_of(const os::File& listener, bool is_tls, const std::string& named) {
  const auto info = os::socket_info(listener.descriptor());
  if (!info || !info->address) return named;
  return format("{}://{}", is_tls ? "https" : "http", os::text(*info->address));
}

std::unique_ptr<observe::Log> make_log(const Manifest& manifest) {
  const manifest::LogSettings& settings = manifest.server.log;
  const auto form = settings.format == manifest::LogSettings::Format::json ? observe::LogFormat::json : observe::LogFormat::human;
  if (settings.folder.empty()) return std::make_unique<observe::Log>(form, std::make_unique<observe::DescriptorSink>(2));
  const std::string folder = manifest.path(settings.folder);
  return std::make_unique<observe::Log>(form, [folder, settings](std::string_view component) -> std::unique_ptr<observe::LogSink> {
    return std::make_unique<observe::RotatingFile>(format("{}/{}.log", folder, component.empty() ? "mote" : component),
                                                   settings.most_size, settings.files);
  });
}

class Serving {
 public:
  Serving(const Options& options, const ReadManifest& read) : options_(options), read_(read) {}

  Result<void> start() {
    started_ns_ = real_ns();
    os::allow_all_descriptors();
    constexpr int signals[] = {SIGTERM, SIGINT, SIGHUP};
    signals_ = TRY(os::signal_descriptor(signals));
    Manifest manifest = TRY(read_manifest());
    const auto is_isolated = [](const manifest::Component& component) { return component.is_isolated; };
    if (std::ranges::any_of(manifest.components, is_isolated)) {
      isolation_ = TRY(Isolation::start(options_, read_));
      TRY(isolation_->use(text_));
    }
    optimizing_ = TRY(Optimizing::start(options_, read_));
    loop_ = TRY(io::Loop::create());
    log_ = make_log(manifest);
    if (!manifest.server.log.folder.empty()) TRY(os::make_folder(manifest.path(manifest.server.log.folder)));
    workers_ = manifest.server.workers != 0 ? static_cast<uint32_t>(manifest.server.workers) : os::cpu_count();
    registry_.emplace(workers_ + 2);  // of this thread, and of the one that exports
    board_.emplace(*registry_, own_shard(), [this](std::string_view component, bool is_missed, std::string_view line) {
      log_->write({.time_ns = real_ns(),
                   .component = std::string(component),
                   .level = is_missed ? LogLevel::warning : LogLevel::info,
                   .text = std::string(line)});
    });
    otlp_settings_ = TRY(observe::OtlpSettings::read(this_environment(), manifest.application.name));
    server_ = manifest.server;
    TRY(prepare_tracing(manifest));
    const auto version = TRY(deploy(std::move(manifest)));
    TRY(listen());
    if (server_.tls) {
      const tls::Identity identity{version->manifest.path(server_.tls->certificate), version->manifest.path(server_.tls->key)};
      tls_ = TRY(tls::Context::server(identity, {"h2", "http/1.1"}));
    }
    TRY(close_wall(*version));
    TRY(begin_exporting());
    TRY(begin(version));
    return begin_admin();
  }

  // Until a signal ends it; whether all requests were answered.
  bool run() {
    wait_for_signals();
    begin_optimizing();
    if (options_.watches) file_watch_.emplace(*loop_, [this] { return watched_files(); }, [this] { (void)reload(); });
    say_where();
    supervisor_.tell("READY=1");
    while (!is_ending_) loop_->run_once();
    supervisor_.tell("STOPPING=1");
    say(LogLevel::info, "stopping: waiting for the requests that there are");
    const bool is_done = node_->drain(server_.limits.drain_time_ms * ns_per_ms);
    if (!is_done) say(LogLevel::warning, "requests were still running when the time to end was over");
    if (const std::string path = unix_path(server_.admin); !path.empty()) (void)os::remove_file(path);
    log_->set_observer({});
    if (is_done) exporting_.reset();  // else workers may still have spans for it
    return is_done;
  }

 private:
  static int64_t real_ns() { return static_cast<int64_t>(os::now_ns(os::Clock::realtime)); }

  void say(LogLevel level, std::string text) { log_->write({.time_ns = real_ns(), .level = level, .text = std::move(text)}); }

  // What guests say and how they fail: from workers' threads.
  void note(std::string_view component, uint64_t event, std::string_view messages, std::string_view failure) {
    observe::LogLine line{.time_ns = real_ns(), .component = std::string(component), .event = trigger::id_text(event)};
    observe::LineSplitter lines;
    const auto write = [&](LogStream stream, LogLevel level, std::string_view text) {
      lines.reset();
      const auto take = [&](std::string_view one) {
        line.stream = stream, line.level = level, line.text = one;
        log_->write(line);
      };
      (void)lines.add(text, take);
      lines.finish(take);
    };
    if (!messages.empty()) write(LogStream::guest_stderr, LogLevel::info, messages);
    if (!failure.empty()) write(LogStream::server, LogLevel::error, failure);
  }

  // What the command line says wins.
  Result<Manifest> read_manifest() {
    text_ = TRY(read_());
    Manifest manifest = TRY(manifest::parse(text_.text, text_.file));
    if (!options_.listen.empty()) manifest.server.listen = options_.listen;
    if (!options_.admin.empty()) manifest.server.admin = options_.admin;
    return manifest;
  }

  Result<std::shared_ptr<const wiring::Version>> deploy(Manifest manifest) {
    const auto lock = TRY(read_lock(lock_path(manifest.file)));
    for (const manifest::Finding& one : manifest::check(manifest, this_disk(), this_environment())) {
      if (one.level() == policy::Level::warning) say(LogLevel::warning, format("{}: {}", manifest.place(one.at), one.message));
    }
    next_policies_.clear();
    return wiring::deploy(std::move(manifest), lock, surroundings());
  }

  wiring::Surroundings surroundings() {
    auto with = cli::surroundings(engines_, read_policy, workers_, *registry_);
    with.log = [this](std::string_view component, uint64_t event, std::string_view messages, std::string_view failure) {
      note(component, event, messages, failure);
    };
    with.tracing = [this](const manifest::Component& component) { return tracing_of(component); };
    with.trace = [this](std::string_view component, uint64_t event, std::string_view line) {
      log_->write({.time_ns = real_ns(),
                   .component = std::string(component),
                   .event = event == 0 ? std::string() : trigger::id_text(event),
                   .level = LogLevel::debug,
                   .text = std::string(line)});
    };
    with.policy = [this, make = std::move(with.policy)](const Manifest& manifest, const manifest::Component& component,
                                                        const manifest::Lookup& values,
                                                        const std::string& assets) -> Result<policy::Policy> {
      auto made = make(manifest, component, values, assets);
      if (made) next_policies_.insert_or_assign(component.id, *made);
      return made;
    };
    with.start_cell = [this](const manifest::Component& component) -> Result<wiring::CellProcess> {
      if (!isolation_)
        return fail(ErrorKind::unsupported, "isolate = \"process\" came to a server that had none: that needs a restart");
      return isolation_->start_cell(component, workers_);
    };
    with.cell_is_stuck = [this](const isolate::Cell& cell) { loop_->post([this, cell = &cell] { isolation_->end_stuck(cell); }); };
    return with;
  }

  // What --strace, --audit and --only ask for.
  Result<void> prepare_tracing(const Manifest& manifest) {
    for (const std::string& id : options_.traced) {
      if (manifest.component(id) == nullptr)
        return fail(ErrorKind::not_found, format("--only {}: {} has no such component", id, manifest.file));
    }
    tracing_.audits = options_.audits;
    tracing_.is_json = options_.strace.is_json;
    if (!options_.strace.is_on) return {};
    std::vector<std::string_view> names;
    for (const calls::Function& function : wasi_p1::functions()) names.push_back(function.name);
    auto filter = calls::Filter::parse(options_.strace.filter, names);
    if (!filter) return fail(filter.error().kind, "--strace " + filter.error().message);
    tracing_.calls = *std::move(filter);
    return {};
  }
  wiring::Tracing tracing_of(const manifest::Component& component) {
    const bool is_meant = options_.traced.empty() || std::ranges::find(options_.traced, component.id) != options_.traced.end();
    if (!is_meant || !tracing_.is_on()) return {};
    if (component.is_isolated)
      say(LogLevel::warning,
          format("component {} runs in a process of its own: --strace and --audit do not reach it", component.id));
    return tracing_;
  }

  // Whatever a version is made of, for --watch.
  std::vector<std::string> watched_files() const {
    const Manifest& manifest = node_->version()->manifest;
    std::vector<std::string> files;
    if (!text_.file.starts_with("(")) files = {text_.file, lock_path(text_.file)};
    for (const manifest::Component& component : manifest.components) {
      if (!component.source.path.empty()) files.push_back(manifest.path(component.source.path));
      if (!component.policy_file.empty()) files.push_back(manifest.path(component.policy_file));
    }
    return files;
  }

  // One listener for each worker: of its own at a shared port, or another descriptor of the one that the supervisor handed in.
  Result<void> listen() {
    const auto handed = TRY(handed_listeners());
    const std::string what = format("cannot listen at {}", server_.listen);
    for (uint32_t i = 0; i < workers_; ++i) {
      if (!handed.empty()) {
        os::File copy(::dup(handed.front().descriptor()));
        if (!copy) return os::fail_errno(errno, "cannot use the listener that was handed in");
        listeners_.push_back(std::move(copy));
        continue;
      }
      auto address = parse_socket_address(server_.listen);
      if (!address) return fail(ErrorKind::bad_input, format("{}: needs ADDRESS:PORT, as 127.0.0.1:3000", what));
      if (i != 0) {  // the port that the kernel chose for the first
        const auto info = os::socket_info(listeners_.front().descriptor());
        if (info && info->address) address->port = info->address->port;
      }
      TRY(is_free(*address, what, i == 0));
      auto listener = os::listen_tcp(*address, os::Port::shared, os::server_backlog);
      if (!listener) return os::fail_errno(listener.error(), what);
      listeners_.push_back(*std::move(listener));
    }
    address_ = url_of(listeners_.front(), server_.tls.has_value(), server_.listen);
    return listen_admin();
  }
  // A port that another server of ours shares would be shared with it, silently.
  static Result<void> is_free(const os::SocketAddress& address, const std::string& what, bool is_first) {
    if (!is_first || address.port == 0) return {};
    const auto free = os::check_free(address);
    if (!free) return os::fail_errno(free.error(), what);
    return {};
  }
  Result<void> listen_admin() {
    if (server_.admin == "off") return {};
    const std::string what = format("cannot listen at {} (server.admin)", server_.admin);
    if (const std::string path = unix_path(server_.admin); !path.empty()) {
      auto listener = os::listen_local(path);
      if (!listener) return os::fail_errno(listener.error(), what);
      admin_listener_ = *std::move(listener);
    } else {
      const auto address = parse_socket_address(server_.admin);
      if (!address) return fail(ErrorKind::bad_input, format("{}: needs ADDRESS:PORT, unix:PATH or off", what));
      auto listener = os::listen_tcp(*address);
      if (!listener) return os::fail_errno(listener.error(), what);
      admin_listener_ = *std::move(listener);
    }
    admin_address_ = url_of(admin_listener_, false, server_.admin);
    return {};
  }

  // What all components were granted, and what this program needs to take another version. Before any thread is started.
  Result<void> close_wall(const wiring::Version& version) {
    if (options_.kernel_wall == Options::KernelWall::off) return {};
    wall_ = version.wall;
    wall_.has_sockets = true;
    TRY(need_broker(version));
    need_collector();
    for (const manifest::Component& component : version.manifest.components) {
      if (!component.is_isolated && !component.source.url.empty()) need_address(component.source.url);
    }
    wall_.takes_versions = true;
    const Manifest& manifest = version.manifest;
    const auto reads = [&](const std::string& path) {
      const size_t slash = path.rfind('/');
      wall_.folders.push_back({.path = slash == path.npos ? "." : path.substr(0, std::max<size_t>(slash, 1))});
    };
    const auto keeps = [&](const std::string& folder) {
      if (!folder.empty() && os::make_folder(folder, 0700))
        wall_.folders.push_back({.path = folder, .writes = true, .makes = true});
    };
    if (!manifest.file.starts_with("(")) reads(manifest.file);
    for (const manifest::Component& component : manifest.components) {
      if (!component.source.path.empty() && !component.is_isolated) reads(manifest.path(component.source.path));
      if (!component.policy_file.empty()) reads(manifest.path(component.policy_file));
    }
    if (server_.tls) reads(manifest.path(server_.tls->certificate)), reads(manifest.path(server_.tls->key));
    keeps(cache_folder());
    if (!server_.log.folder.empty()) keeps(manifest.path(server_.log.folder));
    wall_.folders.push_back({.path = "/proc/self"});  // metrics
    (void)process_facts();
    const bool is_required = options_.kernel_wall == Options::KernelWall::require;
    const os::Layers layers = TRY(os::confine(wall_));
    const std::string missing = missing_layers(layers, wall_);
    if (missing.empty()) return {};
    if (is_required) return fail(ErrorKind::unsupported, "the kernel wall is required and cannot be closed whole: " + missing);
    say(LogLevel::warning, "the kernel wall is not closed whole: " + missing);
    return {};
  }
  // A broker is looked up and connected to, again and again.
  Result<void> need_broker(const wiring::Version& version) {
    const Manifest& manifest = version.manifest;
    if (!manifest.broker) return {};
    const auto settings = TRY(trigger_mqtt::client_settings(manifest, version.values));
    wall_.makes_sockets = true;
    wall_.tcp_connect.push_back({settings.port, settings.port});
    wall_.tcp_connect.push_back({53, 53});
    if (os::exists("/etc")) wall_.folders.push_back({.path = "/etc"});  // hosts, resolv.conf, authorities
    if (server_.outbox) {
      const std::string path = manifest.path(server_.outbox->path);
      const size_t slash = path.rfind('/');
      wall_.folders.push_back(
          {.path = slash == path.npos ? "." : path.substr(0, std::max<size_t>(slash, 1)), .writes = true, .makes = true});
    }
    return {};
  }
  void need_collector() {
    for (const std::string* url : {&otlp_settings_.traces, &otlp_settings_.metrics, &otlp_settings_.logs}) {
      if (!url->empty()) need_address(*url);
    }
  }
  // Something is looked up, connected to and believed there, now or later.
  void need_address(const std::string& url) {
    const auto parsed = http::Url::parse(url);
    if (!parsed) return;
    wall_.makes_sockets = true;
    wall_.tcp_connect.push_back({parsed->port, parsed->port});
    wall_.tcp_connect.push_back({53, 53});
    for (const char* folder : {"/etc", "/usr/share/ca-certificates"}) {  // names, authorities
      if (os::exists(folder)) wall_.folders.push_back({.path = folder});
    }
  }
  // Nothing opens the wall again: a version that needs more cannot come by a reload.
  Result<void> fits_wall(const wiring::Version& version) const {
    if (options_.kernel_wall == Options::KernelWall::off) return {};
    for (const os::Confinement::Folder& wanted : version.wall.folders) {
      const auto has_it = [&](const os::Confinement::Folder& one) {
        return one.path == wanted.path && one.reads >= wanted.reads && one.writes >= wanted.writes && one.makes >= wanted.makes;
      };
      if (std::ranges::none_of(wall_.folders, has_it))
        return fail(ErrorKind::denied,
                    format("{} is granted in another way than when the kernel wall was closed: that needs a restart", wanted.path));
    }
    if (!version.manifest.broker) return {};
    const auto broker = TRY(trigger_mqtt::client_settings(version.manifest, version.values));
    const auto is_open = [&](const os::Confinement::Ports& ports) {
      return ports.first <= broker.port && broker.port <= ports.last;
    };
    if (!wall_.makes_sockets || std::ranges::none_of(wall_.tcp_connect, is_open))
      return fail(ErrorKind::denied,
                  format("the broker's port {} is not open in the kernel wall: that needs a restart", broker.port));
    return {};
  }

  Result<void> begin(const std::shared_ptr<const wiring::Version>& version) {
    const manifest::ServerLimits& limits = server_.limits;
    wiring::Node::Settings settings;
    settings.listeners = std::move(listeners_);
    settings.http.head_size = limits.head_size, settings.http.headers = limits.headers;
    settings.http.connections = std::max<uint64_t>(limits.connections / workers_, 1);
    settings.http.head_time_ms = limits.head_time_ms, settings.http.body_time_ms = limits.body_time_ms;
    settings.http.idle_time_ms = limits.idle_time_ms;
    settings.tls = tls_.get();
    settings.registry = &*registry_;
    settings.pins = server_.pin;
    settings.log = [this](std::string_view component, uint64_t event, std::string_view messages, std::string_view failure) {
      note(component, event, messages, failure);
    };
    settings.on_timer = [this](const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event,
                               const trigger::Outcome& outcome) { note_timer(trigger, component, event, outcome); };
    settings.on_message = [this](std::string_view component, uint64_t event, std::string_view answer) {
      note_output(component, event, answer);
    };
    if (exporting_ && !otlp_settings_.traces.empty()) {
      settings.spans = [this](observe::Span span) { exporting_->exporter().add(std::move(span)); };
      settings.sampler = otlp_settings_.sampler;
    }
    settings.say = [this](bool is_wrong, const std::string& text) { say(is_wrong ? LogLevel::warning : LogLevel::info, text); };
    node_ = TRY(wiring::Node::start(version, std::move(settings)));
    policies_ = std::move(next_policies_);
    if (isolation_) {
      TRY(isolation_->watch({*loop_, *node_, [this](LogLevel level, const std::string& component, const std::string& text) {
                               log_->write({.time_ns = real_ns(), .component = component, .level = level, .text = text});
                             }}));
    }
    watch_promises(*version);
    for (size_t i = 0; i < version->manifest.commands.size(); ++i) {
      if (version->manifest.commands[i].at_start) start_command(*version, i);
    }
    return {};
  }
  // What a timer's guest writes to stdout is its answer, and goes to the log.
  void note_timer(const manifest::TimerTrigger& trigger, std::string_view component, uint64_t event,
                  const trigger::Outcome& outcome) {
    if (outcome.is_refusal())
      return say(LogLevel::warning, format("timer {}: its event was refused: {}", trigger.id, outcome.text));
    note_output(component, event, {reinterpret_cast<const char*>(outcome.answer.data()), outcome.answer.size()});
  }
  void note_output(std::string_view component, uint64_t event, std::string_view text) {
    observe::LineSplitter lines;
    const auto take = [&](std::string_view one) {
      log_->write({.time_ns = real_ns(),
                   .component = std::string(component),
                   .event = trigger::id_text(event),
                   .stream = LogStream::guest_stdout,
                   .text = std::string(one)});
    };
    (void)lines.add(text, take);
    lines.finish(take);
  }
  void start_command(const wiring::Version& version, size_t index) {
    const manifest::CommandTrigger& trigger = version.manifest.commands[index];
    const std::string component = version.manifest.components[trigger.component].id;
    node_->send(version.place(wiring::Version::TriggerKind::command, index), {},
                {{"TRIGGER", "command"}, {"TRIGGER_ID", trigger.id}}, trigger.arguments,
                [this, component](const wiring::Node::Reply& reply) { note_output(component, reply.event, reply.answer); });
  }

  Result<void> begin_admin() {
    if (!admin_listener_) return {};
    admin_.emplace(wiring::Admin::Server{.loop = *loop_,
                                         .node = *node_,
                                         .registry = *registry_,
                                         .log = *log_,
                                         .program_version = program_version(),
                                         .address = address_,
                                         .started_ns = started_ns_,
                                         .process = process_facts,
                                         .reload = [this] { return reload(); },
                                         .stop = [this] { is_ending_ = true; },
                                         .not_ready = [this] { return not_ready(); }});
    admin_server_ = TRY(http::Server::create(*loop_, std::move(admin_listener_), {}, *admin_));
    return {};
  }

  observe::Shard& own_shard() { return registry_->shard(workers_); }

  // Latencies that components promise, once a second.
  void watch_promises(const wiring::Version& version) {
    std::vector<observe::SloBoard::Promise> promises;
    for (const manifest::Component& component : version.manifest.components) {
      if (component.slo) promises.push_back({component.id, component.slo->p999_us, component.slo->window_ms});
    }
    has_promises_ = !promises.empty();
    board_->set(promises);
    look_at_promises();
  }
  void look_at_promises() {
    constexpr uint64_t pause_ns = 1'000'000'000;
    const uint64_t now = os::now_ns(os::Clock::monotonic);
    board_->look(now / ns_per_ms);
    if (!has_promises_) return promise_wait_.reset();
    auto wait = loop_->wait({}, now + pause_ns, [this] { look_at_promises(); });
    if (wait) promise_wait_ = *std::move(wait);
  }

  Result<void> begin_exporting() {
    if (!otlp_settings_.is_on()) return {};
    otlp::Exporting::Settings settings{
        .otlp = otlp_settings_, .version = program_version(), .registry = &*registry_, .shard = &registry_->shard(workers_ + 1)};
    settings.told = [this](std::string_view signal, std::string_view reason) {
      say(reason.empty() ? LogLevel::info : LogLevel::warning,
          reason.empty() ? format("{} arrive by OTLP again", signal) : format("{} do not arrive by OTLP: {}", signal, reason));
    };
    exporting_ = TRY(otlp::Exporting::start(std::move(settings)));
    log_->set_observer([this](const observe::LogLine& line) { exporting_->exporter().add(line); });
    return {};
  }
  static std::string program_version() { return version().substr(std::string_view("mote ").size()); }

  std::vector<std::string> not_ready() {
    std::vector<std::string> reasons = board_->missed();
    if (is_ending_) reasons.emplace_back("it is stopping");
    if (std::string away = node_->broker_away(); !away.empty()) reasons.push_back(std::move(away));
    if (isolation_) {
      for (std::string& reason : isolation_->not_ready()) reasons.push_back(std::move(reason));
    }
    const uint64_t now = os::now_ns(os::Clock::monotonic);
    for (const auto& component : node_->version()->deployment.components) {
      if (component->health.refused_for_ns(now) != 0)
        reasons.push_back(format("component {} fails, its events are refused", component->settings.name));
    }
    return reasons;
  }

  void wait_for_signals() {
    const io::Interest interest{.descriptor = signals_.descriptor()};
    auto wait = loop_->wait(std::span(&interest, 1), std::nullopt, [this] {
      while (const auto signal = os::next_signal(signals_)) {
        if (*signal == SIGHUP) {
          (void)reload();
        } else {
          is_ending_ = true;
        }
      }
      wait_for_signals();
    });
    if (wait) signal_wait_ = *std::move(wait);
  }

  // What is wrong with the new version is logged and told; the old one goes on.
  Result<void> reload() {
    supervisor_.tell(format("RELOADING=1\nMONOTONIC_USEC={}", os::now_ns(os::Clock::monotonic) / 1000));
    const auto done = replace();
    own_shard().add(observe::server_scope, observe::Metric::reloads, 1, done ? 0 : 1);
    if (done) {
      say(LogLevel::info, "reloaded");
    } else {
      say(LogLevel::error, format("not reloaded, the version before goes on: {}", done.error().message));
    }
    supervisor_.tell("READY=1");
    return done;
  }
  Result<void> replace() {
    Manifest manifest = TRY(read_manifest());
    if (isolation_) TRY(isolation_->use(text_));
    const auto differs = [&](bool is_same, std::string_view what) -> Result<void> {
      if (is_same) return {};
      return fail(ErrorKind::unsupported, format("{}: {} changed: that needs a restart", manifest.file, what));
    };
    TRY(differs(manifest.server.listen == server_.listen, "server.listen"));
    TRY(differs(manifest.server.admin == server_.admin, "server.admin"));
    TRY(differs(manifest.server.workers == server_.workers, "server.workers"));
    TRY(differs(manifest.server.tls.has_value() == server_.tls.has_value(), "server.tls"));
    const auto version = TRY(deploy(std::move(manifest)));
    TRY(fits_wall(*version));
    if (tls_ != nullptr) TRY(tls_->reload());
    TRY(node_->replace(version));
    policies_ = std::move(next_policies_);
    if (isolation_) isolation_->replaced();
    ask_for_optimized();
    watch_promises(*version);
    return {};
  }

  void begin_optimizing() {
    if (!optimizing_) return;
    ask_for_optimized();
    await_optimized();
  }
  // Modules that run on baseline code.
  void ask_for_optimized() {
    if (!optimizing_) return;
    for (const wiring::ComponentFacts& facts : node_->version()->facts) {
      if (facts.module && facts.module->origin().tier == Tier::baseline) optimizing_->ask(facts.name, facts.counts_fuel);
    }
  }
  void await_optimized() {
    for (const auto& [component, failure] : optimizing_->take()) {
      if (!failure.empty()) say(LogLevel::warning, format("component {} stays on baseline code: {}", component, failure));
      if (failure.empty()) take_optimized(component);
    }
    optimized_wait_.reset();
    if (optimizing_->is_gone()) return;
    const io::Interest interest{.descriptor = optimizing_->descriptor()};
    auto wait = loop_->wait(std::span(&interest, 1), std::nullopt, [this] { await_optimized(); });
    if (wait) optimized_wait_ = *std::move(wait);
  }
  // The version that serves, with the code that the cache has for its modules by now: nothing is read anew.
  void take_optimized(const std::string& component) {
    const auto before = node_->version();
    const auto facts = std::ranges::find(before->facts, component, &wiring::ComponentFacts::name);
    const bool is_ours = facts != before->facts.end() && facts->module && facts->module->origin().tier == Tier::baseline;
    if (!is_ours || !facts->module->refresh()) return;
    auto with = surroundings();
    with.before = before.get();
    with.policy = [this](const Manifest&, const manifest::Component& one, const manifest::Lookup&,
                         const std::string&) -> Result<policy::Policy> {
      const auto found = policies_.find(one.id);
      if (found == policies_.end()) return fail(ErrorKind::not_found, "its policy is not known");
      return found->second;
    };
    const auto version = wiring::deploy(before->manifest, std::nullopt, with);
    const auto done = version ? node_->replace(*version) : Result<void>(std::unexpected(version.error()));
    if (!done) return say(LogLevel::warning, format("component {} stays on baseline code: {}", component, done.error().message));
    if (isolation_) isolation_->kept();
    say(LogLevel::info, format("component {} runs optimised code now", component));
  }

  void say_where() {
    if (options_.is_quiet) return;
    const auto version = node_->version();
    std::string text = format("mote: {} at {}", version->manifest.application.name, address_);
    if (!admin_address_.empty()) text += format(", admin at {}", admin_address_);
    text += "\n";
    for (const manifest::HttpTrigger& trigger : version->manifest.http) {
      if (trigger.route.is_private) continue;
      const std::string base = version->manifest.application.http_base == "/" ? "" : version->manifest.application.http_base;
      text += format("mote:   {}{}: {}\n", base, trigger.route.text,
                     trigger.static_response ? "a fixed answer" : version->manifest.components[trigger.component].id);
    }
    print_to_stderr(text);
  }

  const Options& options_;
  const ReadManifest& read_;
  int64_t started_ns_ = 0;
  os::Supervisor supervisor_;  // found before the wall is closed
  os::File signals_;
  std::unique_ptr<io::Loop> loop_;
  std::unique_ptr<observe::Log> log_;
  std::optional<observe::Registry> registry_;
  Engines engines_{options_};
  std::unique_ptr<Isolation> isolation_;  // where a component is isolated
  ManifestText text_;                     // as it was read last
  std::optional<observe::SloBoard> board_;
  bool has_promises_ = false;
  observe::OtlpSettings otlp_settings_;
  manifest::Server server_;  // as the first version says
  uint32_t workers_ = 1;
  std::vector<os::File> listeners_;
  os::File admin_listener_;
  std::string address_, admin_address_;
  std::unique_ptr<tls::Context> tls_;
  os::Confinement wall_;
  std::unique_ptr<otlp::Exporting> exporting_;
  std::unique_ptr<wiring::Node> node_;
  std::unique_ptr<io::Loop::Wait> promise_wait_;
  std::optional<wiring::Admin> admin_;
  std::unique_ptr<http::Server> admin_server_;
  std::unique_ptr<io::Loop::Wait> signal_wait_;
  bool is_ending_ = false;
  wiring::Tracing tracing_;
  std::map<std::string, policy::Policy> policies_,
      next_policies_;  // of the version that serves, by component; of the one that is made
  std::unique_ptr<Optimizing> optimizing_;
  std::unique_ptr<io::Loop::Wait> optimized_wait_;
  std::optional<FileWatch> file_watch_;
};

}  // namespace

int serve(const Options& options, const ReadManifest& read) {
  Serving serving(options, read);
  if (const auto started = serving.start(); !started) return report("", started.error());
  // Workers that are stuck in a guest's host function cannot be waited for.
  if (!serving.run()) _exit(1);
  return 0;
}

}  // namespace mote::cli
