// mote run: loads or compiles a module, gives it stdin, stdout, stderr, arguments, the named environment and folders, and calls it.
//
// The path of a warm start is short on purpose: what a run does not need (the compiler, the import hints, the types of exports) is
// not made. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/deadline.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/grants.h"
#include "apps/mote/import_hints.h"
#include "apps/mote/input.h"
#include "apps/mote/kernel_wall.h"
#include "apps/mote/learning.h"
#include "apps/mote/optimize_later.h"
#include "apps/mote/report.h"
#include "apps/mote/values.h"
#include "apps/mote/watching.h"
#include "base/core/format.h"
#include "base/os/descriptor.h"
#include "base/os/machine.h"
#include "host/running/task_loop.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace mote::cli {
namespace {

Result<Module> load(const Engine& engine, Input& input) {
  if (input.kind == InputKind::artifact) {
    return input.is_regular ? Module::load_file(engine, input.path)
                            : Module::load(engine, std::move(input.bytes), file_name(input.path));
  }
  if (input.kind == InputKind::wasm && input.is_regular) return Module::compile_file(engine, input.path);
  TRY(read_all(input));
  return Module::compile(engine, input.bytes, file_name(input.path));
}

// A hint for a program that failed after its library had looked for granted folders in vain; else empty. Nothing says whether that
// was the cause: a library answers the program itself when there is no folder that a path could lie in.
std::string folder_hint(const sandbox::Process& process, const Module& module, const Failure& failure) {
  if (!process.missed_folders || failure.kind == Failure::Kind::error) return {};
  if (failure.kind == Failure::Kind::exit && failure.exit_code == 0) return {};
  const auto opens = [](const ImportInfo& import) {
    return import.name == "path_open" && wasi_p1::provides(import.module, import.name);
  };
  const auto imports = module.imports();
  if (std::ranges::none_of(imports, opens)) return {};
  return "mote: hint: this program can open files but was granted no folder; --dir HOST[::GUEST][:ro] before it grants one, --dir "
         ". "
         "the current one\n";
}

std::string export_names(const Module& module) {
  std::string names;
  for (const ExportInfo& one : module.exports()) {
    if (one.kind == ExternKind::func && one.name != "_initialize") names += (names.empty() ? "" : ", ") + one.name;
  }
  return names;
}

GuestResult<void> call_start(const Instance& instance) {
  auto start = instance.typed_func<void()>("_start");
  if (!start) return std::unexpected(Failure(std::move(start.error())));
  return (*start)();
}

// Calls --invoke's function with the words behind the file, and prints each result on its own line.
GuestResult<void> call_named(const Instance& instance, const Module& module, const Options& options) {
  const auto refuse = [](std::string message) { return std::unexpected(Failure(Error{ErrorKind::bad_input, std::move(message)})); };
  const auto func = instance.func(options.invoke);
  if (!func) {
    const std::string names = export_names(module);
    return refuse(
        format("exports no function \"{}\"; {}", options.invoke, names.empty() ? "it exports none" : "it exports " + names));
  }
  const FuncSignature signature = func->signature();
  const std::span<const std::string> words = std::span(options.words).subspan(1);
  if (words.size() != signature.params.size()) {
    return refuse(format("{} takes {} argument{}, {} given: its type is {}", options.invoke, signature.params.size(),
                         signature.params.size() == 1 ? "" : "s", words.size(), signature.text()));
  }
  std::vector<Val> args;
  for (size_t i = 0; i < words.size(); ++i) {
    auto value = parse_value(signature.params[i].kind, words[i]);
    if (!value) return refuse(format("argument {} of {}: {}", i + 1, options.invoke, value.error().message));
    args.push_back(*value);
  }
  auto results = func->call(args);
  if (!results) return std::unexpected(std::move(results.error()));
  std::string text;
  for (const Val value : *results) text += value_text(value) + "\n";
  print(text);
  return {};
}

GuestResult<void> call_guest(const Instance& instance, const Module& module, const Options& options) {
  const bool is_command = instance.func("_start").has_value(), is_reactor = instance.func("_initialize").has_value();
  if (is_command && is_reactor) {
    return std::unexpected(
        Failure(Error{ErrorKind::bad_input, "exports both _start and _initialize: a module is either a command or a reactor"}));
  }
  if (is_reactor) {
    auto initialize = instance.typed_func<void()>("_initialize");
    if (!initialize) return std::unexpected(Failure(std::move(initialize.error())));
    if (auto done = (*initialize)(); !done) return done;
  }
  if (!options.invoke.empty()) return call_named(instance, module, options);
  if (is_command) return call_start(instance);
  // A module may have done all its work in its start function. One with functions to call was most likely meant to be called.
  const std::string names = export_names(module);
  if (names.empty()) return {};
  return std::unexpected(
      Failure(Error{ErrorKind::bad_input, format("has no _start; name a function to call with --invoke: {}", names)}));
}

// "baseline code, compiled in 3.2 ms" for --verbose.
std::string origin_text(const Module::Origin& origin) {
  constexpr double ns_per_ms = 1e6;
  if (origin.tier == Tier::baseline) {
    return format("baseline code of {} bytes, compiled in {:.1f} ms", origin.code_size,
                  static_cast<double>(origin.compile_ns) / ns_per_ms);
  }
  switch (origin.source) {
    case Module::Origin::compiled:
      return "optimised code, compiled now";
    case Module::Origin::cache:
      return "optimised code from the cache";
    case Module::Origin::artifact:
      break;
  }
  return "optimised code, compiled ahead of time";
}

Failure explain_import(Failure failure, const Module& module) {
  if (failure.kind != Failure::Kind::error || failure.error.kind != ErrorKind::not_found) return failure;
  if (std::string text = missing_imports_text(module.imports()); !text.empty()) failure.error.message = std::move(text);
  return failure;
}

GuestResult<void> instantiate_and_call(const Linker& linker, Store& store, const Module& module, const Options& options) {
  auto instance = linker.instantiate(store, module);
  if (!instance) return std::unexpected(explain_import(std::move(instance.error()), module));
  return call_guest(*instance, module, options);
}

// `hint`: what else to say when it fails.
GuestResult<void> run_module(const Engine& engine, const Module& module, const Options& options, const Grants& grants,
                             std::string& hint) {
  const auto stop = [](Error error) { return std::unexpected(Failure(std::move(error))); };
  if (auto allowed = check_imports(grants, module); !allowed) return stop(std::move(allowed.error()));
  auto store = Store::create(engine, options.limits);
  if (!store) return stop(std::move(store.error()));
  if (options.fuel) store->set_fuel(*options.fuel);

  // The guest is a task, so that a stop reaches it where it waits.
  running::TaskLoop loop;
  auto guest = GuestProcess::make(grants, options, loop);
  if (!guest) return stop(std::move(guest.error()));
  sandbox::Process& process = (*guest)->process();
  store->set_data(&process);
  const std::string name = file_name(options.words[0]);
  auto watching = Watching::start(options, grants, name, process, *store);
  if (!watching) return stop(std::move(watching.error()));
  os::ignore_broken_pipes();

  Linker linker(engine);
  if (auto defined = wasi_p1::define_imported(linker, module); !defined) return stop(std::move(defined.error()));
  if (auto closed = close_wall(options, grants); !closed) return stop(std::move(closed.error()));
  const auto deadline = Deadline::start(options, *store);
  if (!deadline) return stop(deadline.error());
  GuestResult<void> done;
  loop.add(*store, [&] { done = instantiate_and_call(linker, *store, module, options); });
  if (auto ran = loop.run(); !ran) return stop(std::move(ran.error()));
  (*watching)->finish(done);
  if (!done) hint = folder_hint(process, module, done.error());
  return done;
}

int run_guest(Options options, Learning* learning) {
  if (options.words.empty()) return report("", Error{ErrorKind::bad_input, "run needs a file: mote run [FLAGS] FILE [ARGUMENTS…]"});
  const std::string& path = options.words[0];
  auto input = look_at(path);
  if (!input) return report(path, input.error());
  const bool is_artifact = input->kind == InputKind::artifact;
  if (is_artifact && !options.allow_precompiled) {
    return report(path, Error{ErrorKind::denied,
                              "is an artifact: native code, which no sandbox can check; if you trust where it comes from, add "
                              "--allow-precompiled before it"});
  }
  if (learning != nullptr) options.kernel_wall = Options::KernelWall::off;  // it writes a file when the guest is done
  const auto grants = decide_grants(options, learning);
  if (!grants) return report("", grants.error());
  const auto engine = Engine::create(engine_config(options, is_artifact ? "" : file_name(path)));
  if (!engine) return report("", engine.error());
  const auto module = load(*engine, *input);
  if (!module) return report(path, module.error());
  if (options.verbose)
    print_to_stderr(format("mote: {}: {} ({})\n", file_name(path), origin_text(module->origin()), module->origin().image));
  if (learning != nullptr) {
    for (const ImportInfo& import : module->imports())
      learning->observed.imports.push_back(format("{}.{}", import.module, import.name));
  }
  const auto optimizing = optimize_later(options, *input, *engine, *module, wants_wall(options, *grants));
  std::string hint;
  if (auto done = run_module(*engine, *module, options, *grants, hint); !done) {
    const int status = report(path, done.error(), options.backtrace_frames);
    if (!hint.empty()) print_to_stderr(hint);
    return status;
  }
  return 0;
}

}  // namespace

int run_run(Options options) {
  return run_guest(std::move(options), nullptr);
}
int run_learning(Options options, Learning& learning) {
  return run_guest(std::move(options), &learning);
}

}  // namespace mote::cli
