// The tables of flags and keys: see options.h. Spellings are wasmtime's where it has the same thing.
#include "apps/mote/options.h"

#include "base/core/format.h"
#include "base/os/machine.h"

#include <algorithm>
#include <charconv>

namespace mote::cli {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

// "65536", "64K", "16M", "4G": units of 1024.
Result<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.end();
  const auto [rest, error] = std::from_chars(text.begin(), end, value);
  if (error == std::errc::result_out_of_range) return refuse("is too large");
  if (error != std::errc() || rest == text.begin()) return refuse(format("needs a number, not \"{}\"", text));
  if (rest == end) return value;
  const std::string_view unit(rest, end);
  const int shift = unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
  if (shift < 0) return refuse(format("needs a number (K, M, G may follow), not \"{}\"", text));
  if (value > UINT64_MAX >> shift) return refuse("is too large");
  return value << shift;
}

Result<bool> parse_switch(std::string_view text) {
  if (text.empty() || text == "y" || text == "yes" || text == "true") return true;
  if (text == "n" || text == "no" || text == "false") return false;
  return refuse(format("is y or n, not \"{}\"", text));
}

Result<void> set_limit(Options& options, uint64_t& field, const limits::Limit& limit, std::string_view text) {
  const uint64_t value = TRY(parse_number(text));
  if (value > limit.hard) return refuse(format("can be at most {} {}", limit.hard, limit.unit));
  field = value;
  options.said_limits.push_back({limit.name, value});
  return {};
}

Result<void> set_switch(bool& field, std::string_view text) {
  field = TRY(parse_switch(text));
  return {};
}

Result<void> add_environment(Options& options, std::string_view text) {
  const size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (name.empty()) return refuse("needs NAME=VALUE, or NAME to hand on a variable of this process");
  if (equals != std::string_view::npos) {
    options.environment.emplace_back(text);
    return {};
  }
  // A name alone inherits; what is not set here is not set there.
  if (const auto value = os::environment_variable(name.c_str())) options.environment.push_back(name + "=" + *value);
  return {};
}

// "HOST", "HOST::GUEST", either with ":ro" behind it.
Result<void> add_folder(Options& options, std::string_view text) {
  constexpr std::string_view read_only = ":ro", between = "::";
  Options::GrantedFolder folder;
  if (text.ends_with(read_only)) {
    folder.is_read_only = true;
    text.remove_suffix(read_only.size());
  }
  const size_t at = text.find(between);
  folder.host = text.substr(0, at);
  folder.guest = at == std::string_view::npos ? text : text.substr(at + between.size());
  if (folder.host.empty() || folder.guest.empty()) return refuse("needs HOST, HOST::GUEST, or either with :ro behind it");
  options.folders.push_back(std::move(folder));
  return {};
}

Result<void> set_memory(Options& options, std::string_view text) {
  if (text == "guard")
    options.codegen.memory = MemoryMode::guard;
  else if (text == "dense")
    options.codegen.memory = MemoryMode::dense;
  else if (text == "auto")
    options.codegen.memory = MemoryMode::automatic;
  else
    return refuse(format("is guard, dense or auto, not \"{}\"", text));
  return {};
}

Result<void> set_cpu(Options& options, std::string_view text) {
  if (text == "host")
    options.codegen.cpu = CodegenOptions::Cpu::host_level;
  else if (text == "v2" || text == "x86-64-v2")
    options.codegen.cpu = CodegenOptions::Cpu::v2;
  else if (text == "v3" || text == "x86-64-v3")
    options.codegen.cpu = CodegenOptions::Cpu::v3;
  else
    return refuse(format("is host, v2 or v3, not \"{}\"", text));
  return {};
}

Result<void> set_compiler(Options& options, std::string_view text) {
  if (text == "auto")
    options.tiering = Tiering::automatic;
  else if (text == "baseline")
    options.tiering = Tiering::baseline;
  else if (text == "optimizing")
    options.tiering = Tiering::optimizing;
  else
    return refuse(format("is auto, baseline or optimizing, not \"{}\"", text));
  return {};
}

Result<void> set_opt_level(Options& options, std::string_view text) {
  if (text.size() != 1 || text[0] < '0' || text[0] > '3') return refuse(format("is 0, 1, 2 or 3, not \"{}\"", text));
  options.codegen.opt_level = static_cast<uint8_t>(text[0] - '0');
  return {};
}

Result<void> set_fuel(Options& options, std::string_view text) {
  const uint64_t fuel = TRY(parse_number(text));
  if (fuel > INT64_MAX) return refuse("is too large");
  options.fuel = static_cast<int64_t>(fuel);
  options.codegen.fuel = true;
  options.said_limits.push_back({"fuel", fuel});
  return {};
}

// A whole number and a unit; seconds when there is none.
Result<Options::Time> parse_time(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t ns;
  };
  constexpr Unit units[] = {{"", 1'000'000'000},  {"ms", 1'000'000},     {"us", 1'000},
                            {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
  constexpr uint64_t most_ns = uint64_t{365} * 24 * 3'600'000'000'000;
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), value);
  if (error == std::errc::result_out_of_range) return refuse("is too long: at most a year");
  const std::string_view name(rest, text.end());
  const auto* const unit = std::ranges::find(units, name, &Unit::name);
  if (error != std::errc() || rest == text.begin() || unit == std::end(units)) {
    return refuse(format("needs a time like 500ms, 2s or 1m, not \"{}\"", text));
  }
  if (value > most_ns / unit->ns) return refuse("is too long: at most a year");
  return Options::Time{value * unit->ns, name.empty() ? std::string(text) + "s" : std::string(text)};
}

constexpr uint64_t ns_per_ms = 1'000'000;

Result<void> set_timeout(Options& options, std::string_view text) {
  options.timeout = TRY(parse_time(text));
  options.said_limits.push_back({"timeout", options.timeout->ns / ns_per_ms});
  return {};
}

Result<void> set_cpu_time(Options& options, std::string_view text) {
  options.cpu_time = TRY(parse_time(text));
  options.said_limits.push_back({"cpu-time", options.cpu_time->ns / ns_per_ms});
  return {};
}

Result<void> set_format(Options& options, std::string_view text) {
  if (text != "text" && text != "json" && text != "sarif" && text != "markdown")
    return refuse(format("is text, json, sarif or markdown, not \"{}\"", text));
  options.format = text;
  return {};
}

Result<void> set_seconds(Options& options, std::string_view text) {
  const uint64_t seconds = TRY(parse_number(text));
  constexpr uint64_t most = 3600;
  if (seconds == 0 || seconds > most) return fail(ErrorKind::bad_input, format("expected 1 to {} seconds", most));
  options.seconds = seconds;
  return {};
}

Result<void> set_text(std::string& field, std::string_view text) {
  if (text.empty()) return refuse("needs a value");
  field = text;
  return {};
}

Result<void> set_strace_format(Options& options, std::string_view text) {
  if (text != "text" && text != "jsonl") return refuse(format("is text or jsonl, not \"{}\"", text));
  options.strace.is_json = text == "jsonl";
  return {};
}

Result<void> set_kernel_wall(Options& options, std::string_view text) {
  using Wall = Options::KernelWall;
  if (text == "on")
    options.kernel_wall = Wall::on;
  else if (text == "off")
    options.kernel_wall = Wall::off;
  else if (text == "require")
    options.kernel_wall = Wall::require;
  else
    return refuse(format("is on, off or require, not \"{}\"", text));
  return {};
}

// "clocks,random": what an initialisation may read.
Result<void> set_allowed(Options& options, std::string_view text) {
  struct Thing {
    std::string_view name;
    bool Options::Allowed::* field;
  };
  using Allowed = Options::Allowed;
  constexpr Thing things[] = {{"clocks", &Allowed::clocks},
                              {"random", &Allowed::random},
                              {"env", &Allowed::environment},
                              {"args", &Allowed::arguments},
                              {"stdin", &Allowed::input}};
  for (;;) {
    const std::string_view name = text.substr(0, text.find(','));
    const auto* const thing = std::ranges::find(things, name, &Thing::name);
    if (thing == std::end(things)) return refuse(format("takes clocks, random, env, args and stdin, not \"{}\"", name));
    options.allowed.*thing->field = true;
    if (name.size() == text.size()) return {};
    text.remove_prefix(name.size() + 1);
  }
}

// "NEW=OLD", as in Wizer.
Result<void> add_rename(Options& options, std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    return refuse("needs NEW=OLD: the new name of an export first");
  options.renamed_funcs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  return {};
}

Result<void> set_cli(Options&, std::string_view text) {
  bool is_on = true;
  TRY(set_switch(is_on, text));
  if (!is_on) return refuse("cannot be n: what a guest of WASI starts with grants nothing; mote policy takes away the rest");
  return {};
}

constexpr Flag flag_table[] = {
    {"--invoke", "NAME", for_run | for_bench, "call this exported function; the words after the file are its arguments",
     [](Options& o, std::string_view v) -> Result<void> {
       o.invoke = v;
       return {};
     }},
    {"--env", "NAME[=VALUE]", for_run | for_snapshot | for_bench,
     "set a variable of the guest's environment, which is empty otherwise; NAME alone hands on yours", add_environment},
    {"--dir", "HOST[::GUEST][:ro]", for_run | for_snapshot,
     "grant a folder with all that is in it, under the name GUEST (default: HOST); :ro to read only; may be repeated", add_folder},
    {"--policy", "FILE", for_run, "grant what this policy file grants, and nothing beyond it (mote policy explain FILE)",
     [](Options& o, std::string_view v) { return set_text(o.policy, v); }},
    {"--allow-unsafe-policy", "", for_run,
     "also take a policy that says on_deny = \"log\", which refuses nothing that it can let through",
     [](Options& o, std::string_view v) { return set_switch(o.allow_unsafe_policy, v); }},
    {"--audit", "FILE", for_run, "add a line of JSON to this file for what is refused to the guest",
     [](Options& o, std::string_view v) { return set_text(o.audit, v); }},
    {"--audit", "", for_up | for_serve, "a line of JSON in the component's log for what is refused to its guests",
     [](Options& o, std::string_view v) { return set_switch(o.audits, v); }},
    {"--quiet", "", for_run | for_snapshot | for_up | for_serve | for_build,
     "do not say on stderr what is refused to the guest; build: what is run",
     [](Options& o, std::string_view v) { return set_switch(o.is_quiet, v); }},
    {"--strace", "[FILTER]", for_run | for_snapshot | for_up | for_serve,
     "show each call to the host on stderr (of a server: in the component's log); FILTER: functions, path_*, groups (file, clock, "
     "network, …), failed, denied; ! takes "
     "away",
     [](Options& o, std::string_view v) -> Result<void> {
       o.strace.is_on = true;
       o.strace.filter = v;
       return {};
     }},
    {"--strace-file", "FILE", for_run | for_snapshot, "write it there instead",
     [](Options& o, std::string_view v) { return set_text(o.strace.file, v); }},
    {"--strace-format", "text|jsonl", for_run | for_snapshot | for_up | for_serve,
     "a line in the manner of strace, or a JSON object (default text)", set_strace_format},
    {"--strace-summary", "", for_run | for_snapshot,
     "at the end, a table of calls, failures and time; the calls themselves with --strace only",
     [](Options& o, std::string_view v) { return set_switch(o.strace.has_summary, v); }},
    {"--argv0", "NAME", for_run, "the guest's argument 0 (default: the file's name)",
     [](Options& o, std::string_view v) -> Result<void> {
       o.argv0 = v;
       return {};
     }},
    {"--allow-precompiled", "", for_run, "also run .cwasm artifacts: native code, so only from places you trust",
     [](Options& o, std::string_view v) { return set_switch(o.allow_precompiled, v); }},
    {"--config", "FILE", for_engine,
     "options from a TOML file with the tables [optimize], [codegen], [debug], [wasm] and [wasi]; the command line wins",
     [](Options& o, std::string_view v) -> Result<void> {
       if (v.empty()) return refuse("needs a file");
       o.config = v;
       return {};
     }},
    {"--reactor", "", for_run, "as in WasmEdge: the first word after the file is the function to call",
     [](Options& o, std::string_view v) { return set_switch(o.is_reactor, v); }},
    {"--listenfd", "", for_run, "the same as -S listenfd",
     [](Options& o, std::string_view v) { return set_switch(o.takes_listeners, v); }},
    {"--kernel-wall", "on|off|require", for_run | for_up | for_serve,
     "have the kernel refuse what was not granted, as a second wall (Landlock, seccomp): where it can, not at all, or not to run "
     "where it cannot (default: on with --policy, else off)",
     set_kernel_wall},
    {"--verbose", "", for_run | for_snapshot,
     "say on stderr which compiler's code runs, and what is compiled in the background; snapshot: how large the result is",
     [](Options& o, std::string_view v) { return set_switch(o.verbose, v); }},
    {"--offer", "HOST[::GUEST]", for_policy, "learn: a folder that the guest may use as it likes, to find out how; may be repeated",
     add_folder},
    {"--init-func", "NAME", for_snapshot,
     "the function to run (default: wizer-initialize, else wizer.initialize); also -f. A start function and a reactor's "
     "_initialize "
     "run before it",
     [](Options& o, std::string_view v) { return set_text(o.init_func, v); }},
    {"--rename-func", "NEW=OLD", for_snapshot,
     "export the function OLD as NEW, in place of what is called so; may be repeated; also -r", add_rename},
    {"--keep-init-func", "[y|n]", for_snapshot, "leave the function exported that was run",
     [](Options& o, std::string_view v) { return set_switch(o.keeps_init_func, v); }},
    {"--allow-wasi", "[y|n]", for_snapshot, "as in Wizer, where nothing of WASI is there without; here --allow says what is",
     [](Options&, std::string_view v) -> Result<void> {
       bool is_on = true;
       return set_switch(is_on, v);
     }},
    {"--inherit-env", "[y|n]", for_snapshot, "the same as -S inherit-env",
     [](Options& o, std::string_view v) { return set_switch(o.inherits_environment, v); }},
    {"--allow", "clocks|random|env|args|stdin", for_snapshot | for_bench,
     "let the initialisation read it, though it will be the same at every later start; a comma list, may be repeated; --env allows "
     "env",
     set_allowed},
    {"--output", "FILE", for_compile | for_policy | for_snapshot,
     "where to write the artifact (default: the file's name with .cwasm, in this folder); learn: the policy, merged with what is "
     "there (default: stdout); snapshot: the module, - is stdout; also -o",
     [](Options& o, std::string_view v) -> Result<void> {
       o.output = v;
       return {};
     }},
    {"--both", "", for_compile, "write an image for each memory mode, guard and dense",
     [](Options& o, std::string_view v) { return set_switch(o.both_memory_modes, v); }},
    {"--cache", "", for_compile, "keep the result in the cache, where run finds it, instead of writing an artifact",
     [](Options& o, std::string_view v) { return set_switch(o.into_cache, v); }},
    {"--background", "", for_compile,
     "with --cache: in a process of its own at low priority, silently; what run does for long guests",
     [](Options& o, std::string_view v) { return set_switch(o.in_background, v); }},
    {"--stdin", "PATH", for_bench | for_trigger, "the event: what each sandbox finds on its stdin (default: nothing)",
     [](Options& o, std::string_view v) -> Result<void> {
       o.event = v;
       return {};
     }},
    {"--seconds", "N", for_bench, "how long sandboxes are measured, 1 to 3600 (default 10)", set_seconds},
    {"--container", "DIR", for_bench,
     "a container's root folder, with the program /handler: run by runc for comparison (default: the telemetry example as a static "
     "program, where there is a C compiler)",
     [](Options& o, std::string_view v) -> Result<void> {
       o.container = v;
       return {};
     }},
    {"--follow", "", for_logs, "go on with what comes; also -f",
     [](Options& o, std::string_view v) { return set_switch(o.follows, v); }},
    {"--language", "rust|c|go", for_new, "what the program is written in (default rust)",
     [](Options& o, std::string_view v) { return set_text(o.language, v); }},
    {"--trigger", "http|mqtt", for_new, "what its events are (default http)",
     [](Options& o, std::string_view v) { return set_text(o.trigger, v); }},
    {"--json", "", for_admin | for_doctor | for_inspect | for_settings | for_objdump | for_bench, "print JSON",
     [](Options& o, std::string_view v) { return set_switch(o.json, v); }},
    {"--format", "text|json|sarif|markdown", for_policy | for_check,
     "how to print: check knows text, json and sarif (2.1.0), diff knows text and markdown (default text)", set_format},
    {"--deny-warnings", "", for_policy | for_check, "check: a warning, such as a grant that is never used, is a finding too",
     [](Options& o, std::string_view v) { return set_switch(o.deny_warnings, v); }},
    {"--from", "FILE", for_up | for_build, "the manifest (default ./mote.toml, else ./spin.toml); also -f",
     [](Options& o, std::string_view v) { return set_text(o.manifest, v); }},
    {"--watch", "", for_up | for_serve | for_build,
     "up: reload when the manifest, a policy or a module changes; build: go on, whenever a file of `watch` changes",
     [](Options& o, std::string_view v) { return set_switch(o.watches, v); }},
    {"--only", "COMPONENT", for_up, "of --strace and --audit: only this component's guests; may be repeated",
     [](Options& o, std::string_view v) -> Result<void> {
       o.traced.emplace_back(v);
       return {};
     }},
    {"--listen", "ADDRESS:PORT", for_up | for_serve,
     "where requests are served, instead of what the manifest says; port 0: any that is free",
     [](Options& o, std::string_view v) { return set_text(o.listen, v); }},
    {"--admin", "ADDRESS:PORT|unix:PATH|off", for_up | for_serve | for_admin | for_logs | for_trigger,
     "where the operator's programs ask, instead of what the manifest says",
     [](Options& o, std::string_view v) { return set_text(o.admin, v); }},
    {"--schema", "", for_check, "print the JSON Schema of manifests instead",
     [](Options& o, std::string_view v) { return set_switch(o.prints_schema, v); }},
    {"--write-lock", "", for_check, "write mote.lock beside the manifest: the SHA-256 of each component's module, as it is now",
     [](Options& o, std::string_view v) { return set_switch(o.writes_lock, v); }},
    {"--func", "NAME|INDEX", for_objdump, "only this function, by its name, export or index",
     [](Options& o, std::string_view v) -> Result<void> {
       o.func = v;
       return {};
     }},
    {"--wasm", "FILE", for_objdump, "the module that an artifact was made from, to show its instructions",
     [](Options& o, std::string_view v) -> Result<void> {
       o.wasm = v;
       return {};
     }},
};

constexpr Group group_table[] = {
    {'O', for_engine, "optimisation"},
    {'C', for_engine, "code generation and its cache"},
    {'W', for_engine, "WebAssembly semantics and limits"},
    {'D', for_run | for_settings | for_objdump | for_snapshot, "debugging"},
    {'S', for_run | for_snapshot, "what a guest has of WASI, besides what --dir and --env grant"},
};

constexpr Key key_table[] = {
    {'O', "opt-level", "0|1|2|3", "how hard the optimising compiler works (default 2)", set_opt_level},
    {'C', "compiler", "auto|baseline|optimizing",
     "baseline code at once, optimised code (mote-aot), or auto: optimised code when the cache has it, else baseline (default "
     "auto)",
     set_compiler},
    {'C', "parallel-compilation", "y|n", "use all CPUs for baseline code of large modules (default y)",
     [](Options& o, std::string_view v) { return set_switch(o.compile_in_parallel, v); }},
    {'C', "memory", "guard|dense|auto", "memory bounds by guard pages or by comparison (default auto: see mote settings)",
     set_memory},
    {'C', "cache", "y|n", "keep compiled code in the cache folder (default y)",
     [](Options& o, std::string_view v) { return set_switch(o.use_cache, v); }},
    {'C', "cpu", "host|v2|v3", "the x86-64 level to compile for (default host)", set_cpu},
    {'C', "spectre", "y|n", "mask indices against speculation past their bounds check (default y)",
     [](Options& o, std::string_view v) { return set_switch(o.codegen.spectre, v); }},
    {'W', "fuel", "N", "stop the guest with a trap after about N instructions", set_fuel},
    {'W', "timeout", "TIME", "stop the guest with a trap when it has run this long: 500ms, 2s, 1m", set_timeout},
    {'W', "cpu-time", "TIME", "stop the guest with a trap when it has computed this long, waiting not counted", set_cpu_time},
    {'W', "max-memory-size", "BYTES", "the most that one memory may grow to",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.memory_size_bytes, limits::memory_size, v); }},
    {'W', "max-shared-memory-size", "BYTES", "the most that a shared memory may declare as its maximum (default 4G)",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.shared_memory_size_bytes, limits::shared_memory_size, v); }},
    {'W', "max-waiters", "N", "the most threads that may wait on one shared memory",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.waiters, limits::waiters, v); }},
    {'W', "max-wasm-stack", "BYTES", "stack for the guest's calls (default 1M)",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.wasm_stack_bytes, limits::wasm_stack, v); }},
    {'W', "max-gc-heap-size", "BYTES", "the most bytes of garbage-collected objects and exceptions (default 1G)",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.gc_heap_size_bytes, limits::gc_heap_size, v); }},
    {'W', "max-table-elements", "N", "the most elements of one table",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.table_elements, limits::table_elements, v); }},
    {'W', "max-instances", "N", "the most instances",
     [](Options& o, std::string_view v) { return set_limit(o, o.limits.instances, limits::instances, v); }},
    {'W', "max-descriptors", "N", "the most files, folders and streams open at once (default 1000)",
     [](Options& o, std::string_view v) { return set_limit(o, o.descriptors, limits::descriptors, v); }},
    {'W', "max-host-call-bytes", "BYTES", "the guest ends when host calls are to move more in and out of its memory",
     [](Options& o, std::string_view v) { return set_limit(o, o.host_call_bytes, limits::host_call_bytes, v); }},
    {'W', "nan-canonicalization", "y|n", "the same NaN bits on every machine (default n)",
     [](Options& o, std::string_view v) { return set_switch(o.codegen.canonical_nans, v); }},
    {'W', "relaxed-simd-deterministic", "y|n", "the same results of relaxed SIMD on every machine (default n)",
     [](Options& o, std::string_view v) { return set_switch(o.codegen.deterministic_relaxed_simd, v); }},
    {'D', "debug-info", "y|n", "baseline code whose locals and operands are in the frame at each instruction (default n)",
     [](Options& o, std::string_view v) { return set_switch(o.codegen.debug_info, v); }},
    {'D', "max-backtrace", "N", "show at most N frames of a trap (default 64)",
     [](Options& o, std::string_view v) -> Result<void> {
       const uint64_t frames = TRY(parse_number(v));
       if (frames > limits::backtrace_frames.standard)
         return refuse(format("can be at most {}", limits::backtrace_frames.standard));
       o.backtrace_frames = frames;
       return {};
     }},
    {'S', "cli", "y|n", "arguments, environment, standard streams, clocks: always there", set_cli},
    {'S', "inherit-env", "y|n", "hand on all of this process's environment (default n)",
     [](Options& o, std::string_view v) { return set_switch(o.inherits_environment, v); }},
    {'S', "tcplisten", "ADDRESS:PORT", "a socket that listens there, open for the guest behind its folders; may be repeated",
     [](Options& o, std::string_view v) -> Result<void> {
       o.tcp_listen.emplace_back(v);
       return {};
     }},
    {'S', "listenfd", "y|n", "hand on the sockets that this process was given by LISTEN_FDS and LISTEN_PID (default n)",
     [](Options& o, std::string_view v) { return set_switch(o.takes_listeners, v); }},
};

struct Refused {
  std::string_view name;
  std::string_view why;
};
constexpr std::string_view no_network = "a guest of preview 1 can only use sockets that are handed to it (mote run -S help)";
constexpr std::string_view other_deadline = "say -W timeout=TIME, which stops a guest in any code";
constexpr std::string_view fixed_features = "this build validates every WebAssembly 3.0 feature and has no switches for them";
constexpr std::string_view no_components = "this build runs core modules, not components";
constexpr Refused refused_table[] = {
    {"--preload", "this build runs one module; its imports come from WASI preview 1"},
    {"--profile", "this build has no profiler of its own"},
    {"--target", "this build compiles for x86-64 Linux; the level is chosen by -C cpu=v2|v3"},
    {"-g", "this build has no debugger"},
    {"-R", "this build does not record runs"},
    {"-O pooling-allocator", "this build starts one guest per process"},
    {"-W epoch-interruption", other_deadline},
    {"-W trap-on-grow-failure", "in this build memory.grow returns -1, as the specification says"},
    {"-W unknown-imports-trap", "this build needs every import; mote inspect lists them"},
    {"-W unknown-imports-default", "this build needs every import; mote inspect lists them"},
    {"-W threads", fixed_features},
    {"-W gc", fixed_features},
    {"-W simd", fixed_features},
    {"-W tail-call", fixed_features},
    {"-W multi-memory", fixed_features},
    {"-W memory64", fixed_features},
    {"-W exceptions", fixed_features},
    {"-W function-references", fixed_features},
    {"-W bulk-memory", fixed_features},
    {"-W reference-types", fixed_features},
    {"-W component-model", no_components},
    {"-W component-model-async", no_components},
    {"-D coredump", "this build prints a backtrace instead"},
    {"-D address-map", "every artifact of this build carries its address map"},
    {"-S http", no_components},
    {"-S nn", "this build has no wasi-nn"},
    {"-S keyvalue", no_components},
    {"-S config", no_components},
    {"-S config-var", no_components},
    {"-S tls", no_components},
    {"-S p3", no_components},
    {"-S preview2", no_components},
    {"-S threads", "Mote starts no threads for a guest"},
    {"-S inherit-network", no_network},
    {"-S allow-ip-name-lookup", no_network},
    {"-S tcp", no_network},
    {"-S udp", no_network},
    {"-S network-error-code", no_components},
    {"-S cwd", "preview 1 has no working folder; grant one by the name . with --dir HOST::."},
    {"-S max-resources", no_components},
    {"-S hostcall-fuel", no_components},
    {"--net", no_network},
    {"--heap-size", "a guest's heap lies in its own memory: -W max-memory-size bounds it"},
    {"--addr-pool", no_network},
    {"--allow-resolve", no_network},
    {"--repl", "call exports one by one with --invoke"},
    {"--enable-all-statistics", "say --verbose, or -W fuel=N to count"},
    {"-cachedir", "the cache is in $XDG_CACHE_HOME/mote, else ~/.cache/mote"},
    {"-hostlogging", "mote run --strace shows calls to the host"},
    {"-interpreter", "-C compiler=baseline has the quickest start"},
};

}  // namespace

std::span<const Flag> flags() {
  return flag_table;
}
std::span<const Key> keys() {
  return key_table;
}
std::span<const Group> groups() {
  return group_table;
}

Result<void> set_limit(Options& options, std::string_view name, std::string_view value) {
  for (const Key& key : key_table) {
    if (key.group == 'W' && key.name == name) return key.apply(options, value);
  }
  return fail(ErrorKind::unsupported, format("this build has no limit {}", name));
}

std::string_view why_refused(std::string_view name) {
  for (const Refused& refused : refused_table) {
    if (refused.name == name) return refused.why;
  }
  return {};
}

}  // namespace mote::cli
