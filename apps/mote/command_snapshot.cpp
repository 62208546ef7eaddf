// mote snapshot: runs a module's initialisation once and writes a module that starts where that ended. Options and names of the
// function are Wizer's, which does the same.
//
// The result depends on the input alone: what would make it depend on more is refused until it is named (initialising.h). Nothing
// is written before all of it is known to be right. Tested by tests/cases: snapshot and others; the bytes by engine/snapshot.
#include "apps/mote/commands.h"
#include "apps/mote/deadline.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/grants.h"
#include "apps/mote/initialising.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "apps/mote/watching.h"
#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/descriptor.h"
#include "base/os/file.h"
#include "host/running/task_loop.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>
#include <mote/snapshot.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mote::cli {
namespace {

constexpr std::string_view reactor_name = "_initialize";
constexpr std::string_view usual_names[] = {"wizer-initialize", "wizer.initialize"};

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

// The functions to call, in order: a reactor's own first.
Result<std::vector<std::string>> find_initialisers(const Module& module, const std::string& named) {
  const std::vector<ExportInfo> exports = module.exports();
  const auto find = [&](std::string_view name) -> const ExportInfo* {
    const auto found = std::ranges::find(exports, name, &ExportInfo::name);
    return found == exports.end() || found->kind != ExternKind::func ? nullptr : &*found;
  };
  std::vector<std::string> found;
  if (find(reactor_name) != nullptr) found.emplace_back(reactor_name);
  const ExportInfo* init = named.empty() ? nullptr : find(named);
  for (const std::string_view usual : usual_names) {
    if (named.empty() && init == nullptr) init = find(usual);
  }
  if (init == nullptr && (!named.empty() || (found.empty() && !has_start(module)))) {
    std::string names;
    for (const ExportInfo& one : exports) {
      if (one.kind == ExternKind::func) names += (names.empty() ? "" : ", ") + one.name;
    }
    return fail(ErrorKind::not_found, format("exports no function {}; {}",
                                             named.empty() ? "wizer-initialize or wizer.initialize" : format("\"{}\"", named),
                                             names.empty()   ? "it exports none"
                                             : named.empty() ? "--init-func NAME takes another of these: " + names
                                                             : "there are: " + names));
  }
  if (init != nullptr && (found.empty() || init->name != found[0])) found.push_back(init->name);
  return found;
}

GuestResult<Instance> initialise(const Linker& linker, Store& store, const Module& module,
                                 const std::vector<std::string>& initialisers) {
  auto instance = linker.instantiate(store, module);
  if (!instance) return instance;
  for (const std::string& name : initialisers) {
    auto func = instance->typed_func<void()>(name);
    if (!func) {
      return std::unexpected(Failure(Error{func.error().kind, format("\"{}\": {}", name, func.error().message)}));
    }
    if (auto done = (*func)(); !done) return std::unexpected(std::move(done.error()));
  }
  return instance;
}

// Why there is no snapshot, told from how the guest ended.
Failure explain(Failure failure, const Initialising& initialising) {
  if (failure.kind == Failure::Kind::exit) {
    return Error{ErrorKind::bad_input,
                 format("its initialisation exited, with status {}: it has to return, so that there is something "
                        "to go on with",
                        failure.exit_code)};
  }
  if (initialising.refused() && failure.kind == Failure::Kind::trap) failure.trap.message = initialising.refused()->message;
  return failure;
}

// One run of a guest's initialisation, with what it needs.
class Snapshot {
 public:
  Snapshot(const Options& options, const Engine& engine, const Module& module)
      : options_(options), engine_(engine), module_(module) {}

  GuestResult<std::vector<uint8_t>> take(Bytes wasm) {
    auto initialisers = find_initialisers(module_, options_.init_func);
    if (!initialisers) return stop(std::move(initialisers.error()));
    initialisers_ = *std::move(initialisers);
    const auto instance = run();
    if (!instance) return std::unexpected(instance.error());
    if (auto kept = initialising_->check_descriptors(); !kept) return stop(kept.error());
    auto bytes = take_snapshot(*instance, wasm, snapshot_options());
    if (!bytes) return stop(bytes.error());
    return *std::move(bytes);
  }
  // What was refused, if that is why it failed: not the guest's fault but the command line's.
  [[nodiscard]] bool was_refused() const { return initialising_ != nullptr && initialising_->refused(); }
  [[nodiscard]] std::string what_ran() const {
    std::string text = has_start(module_) ? "the start function" : "";
    for (const std::string& name : initialisers_) text += (text.empty() ? "" : ", ") + name;
    return text;
  }
  [[nodiscard]] bool looked_for_folders() const { return initialising_ != nullptr && initialising_->looked_for_folders(); }

 private:
  static std::unexpected<Failure> stop(Error error) { return std::unexpected(Failure(std::move(error))); }

  // What has been called is not called again. _initialize, which a reactor's users would call, goes even with --keep-init-func.
  [[nodiscard]] SnapshotOptions snapshot_options() const {
    SnapshotOptions edits;
    for (const std::string& name : initialisers_) {
      if (name == reactor_name || !options_.keeps_init_func) edits.removed_exports.push_back(name);
    }
    for (const auto& [to, from] : options_.renamed_funcs) edits.renamed_exports.push_back({from, to});
    return edits;
  }

  GuestResult<Instance> run() {
    auto store = Store::create(engine_, options_.limits);
    if (!store) return stop(std::move(store.error()));
    store_ = std::make_unique<Store>(*std::move(store));
    if (options_.fuel) store_->set_fuel(*options_.fuel);
    if (auto opened = open(); !opened) return stop(std::move(opened.error()));
    const auto deadline = Deadline::start(options_, *store_);
    if (!deadline) return stop(deadline.error());
    GuestResult<Instance> instance;
    loop_.add(*store_, [&] { instance = initialise(*linker_, *store_, module_, initialisers_); });
    if (auto ran = loop_.run(); !ran) return stop(std::move(ran.error()));
    watching_->finish(instance ? GuestResult<void>() : std::unexpected(instance.error()));
    if (!instance) return std::unexpected(explain(std::move(instance.error()), *initialising_));
    return instance;
  }

  Result<void> open() {
    const Grants grants = TRY(decide_grants(granted_));
    guest_ = TRY(GuestProcess::make(grants, granted_, loop_));
    sandbox::Process& process = guest_->process();
    store_->set_data(&process);
    watching_ = TRY(Watching::start(options_, grants, file_name(options_.words[0]), process, *store_));
    initialising_ = std::make_unique<Initialising>(options_, process, loop_);
    if (process.watch == nullptr) {
      watch_.emplace([] { return os::now_ns(os::Clock::monotonic); }, process.denials);
      process.watch = &*watch_;
    }
    process.watch->set_interposer(&*initialising_);
    os::ignore_broken_pipes();
    linker_.emplace(engine_);
    TRY(wasi_p1::define_imported(*linker_, module_));
    return linker_->define_missing(module_, [](const ImportInfo& import) {
      return Failure(
          Error{ErrorKind::denied, format("calls {}.{} in its initialisation, which is not part of this build; imports like "
                                          "that may be there for later, and not be called now",
                                          import.module, import.name)});
    });
  }

  const Options& options_;
  Options granted_ = options_;  // decide_grants narrows its limits where there is a policy
  const Engine& engine_;
  const Module& module_;
  std::vector<std::string> initialisers_;  // in the order of their calls
  std::unique_ptr<Store> store_;
  running::TaskLoop loop_;
  std::optional<calls::Watch> watch_;
  std::unique_ptr<Initialising> initialising_;
  std::unique_ptr<GuestProcess> guest_;
  std::unique_ptr<Watching> watching_;
  std::optional<Linker> linker_;
};

Result<void> check(const Options& options) {
  if (options.words.size() != 1)
    return refuse("snapshot takes one file: mote snapshot [FLAGS] FILE -o OUT (flags may stand before or behind it)");
  if (options.output.empty()) return refuse("snapshot needs -o OUT: where to write the module");
  if (!options.tcp_listen.empty() || options.takes_listeners)
    return refuse("a snapshot holds no sockets: -S tcplisten and listenfd are for mote run");
  const auto source = os::identity(options.words[0]), target = os::identity(options.output);
  if (source && target && source->device == target->device && source->inode == target->inode)
    return refuse(format("{} would be overwritten by its own snapshot: choose another name with -o", options.output));
  return {};
}

Result<Input> read_module(const std::string& path) {
  Input input = TRY(read_input(path));
  if (input.kind != InputKind::artifact) return input;
  return refuse("is an artifact, machine code without what a snapshot is made of; give the module that it was made from");
}

// "-" is stdout, where nothing else is written.
Result<void> write_module(const std::string& output, Bytes bytes) {
  return output == "-" ? os::write_all(1, bytes) : os::write_file(output, bytes);
}

}  // namespace

int run_snapshot(Options options) {
  if (auto good = check(options); !good) return report("", good.error());
  const std::string& path = options.words[0];
  const auto input = read_module(path);
  if (!input) return report(path, input.error());
  const auto engine = Engine::create(engine_config(options, file_name(path)));
  if (!engine) return report("", engine.error());
  const auto module = Module::compile(*engine, input->bytes, file_name(path));
  if (!module) return report(path, module.error());
  if (auto can = can_snapshot(*module); !can) return report(path, can.error());
  Snapshot snapshot(options, *engine, *module);
  const auto bytes = snapshot.take(input->bytes);
  if (!bytes) {
    Failure failure = bytes.error();
    if (failure.kind == Failure::Kind::trap && snapshot.was_refused()) {
      failure.trap.message = format("mote: {}: {}", path, failure.trap.message);
      (void)report(path, failure, options.backtrace_frames);
      return status_misuse;
    }
    return report(path, failure, options.backtrace_frames);
  }
  if (snapshot.looked_for_folders() && !options.is_quiet) {
    print_to_stderr(
        format("mote: {}: note: its initialisation looked which folders were granted, and may have kept the answer ({}): "
               "run the snapshot with the same --dir flags\n",
               path, options.folders.empty() ? "none" : format("{}", options.folders.size())));
  }
  if (auto written = write_module(options.output, *bytes); !written) return report("", written.error());
  if (options.verbose) {
    print_to_stderr(format("mote: {}: {} bytes; {} has {}; ran {}\n", options.output, bytes->size(), path, input->bytes.size(),
                           snapshot.what_ran()));
  }
  return 0;
}

}  // namespace mote::cli
