// Peers as whole commands (bench_peers.h).
#include "apps/mote/bench_peers.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/clock.h"
#include "base/os/file.h"
#include "base/os/process.h"

#include <algorithm>

extern "C" const char mote_telemetry_source[], mote_telemetry_source_end[];

namespace mote::cli {
namespace {

// Runs a command with the event on its stdin, its output thrown away; milliseconds.
Result<double> time_once(const std::vector<std::string>& command, const std::string& event_path) {
  std::string last_line;
  os::ProgramRun run{.arguments = {"/bin/sh", "-c", "event=$1; shift; exec \"$@\" < \"$event\"", "sh", event_path},
                     .timeout_ms = 60'000};
  run.arguments.insert(run.arguments.end(), command.begin(), command.end());
  run.on_line = [&](std::string_view line) { last_line = line; };
  const uint64_t begun = os::now_ns(os::Clock::monotonic);
  const os::ProgramEnd end = TRY(os::run_program(run));
  const uint64_t ended = os::now_ns(os::Clock::monotonic);
  if (end.kind == os::ProgramEnd::exited && end.code == 0) return static_cast<double>(ended - begun) / 1e6;
  return fail(ErrorKind::unavailable,
              format("{} ended with status {}{}", command[0], end.code, last_line.empty() ? "" : ": " + last_line));
}

Result<double> median(const std::vector<std::string>& command, const std::string& event_path, int rounds) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) times.push_back(TRY(time_once(command, event_path)));
  std::ranges::nth_element(times, times.begin() + rounds / 2);
  return times[static_cast<size_t>(rounds / 2)];
}

Peer peer_of(std::string name, const Result<double>& time) {
  if (time) return {std::move(name), *time, {}};
  return {std::move(name), std::nullopt, time.error().message};
}

// As it comes, which may find in its cache what an earlier round compiled; and from an artifact.
std::vector<Peer> measure_wasmtime(const std::string& path, const std::string& event_path, const std::string& folder, int rounds) {
  const auto program = os::find_program("wasmtime");
  if (!program) return {{"wasmtime", std::nullopt, "not installed (no wasmtime in PATH)"}};
  std::string version = "wasmtime";
  (void)os::run_program({.arguments = {*program, "--version"}, .on_line = [&](std::string_view line) { version = line; }});
  const std::string artifact = folder + "/handler.cwasm";
  std::vector<Peer> peers = {peer_of(version + ", as it comes", median({*program, "run", path}, event_path, rounds))};
  const auto compiled = time_once({*program, "compile", path, "-o", artifact}, event_path);
  if (!compiled) return peers.push_back(peer_of(version + ", precompiled", compiled)), peers;
  peers.push_back(
      peer_of(version + ", precompiled", median({*program, "run", "--allow-precompiled", artifact}, event_path, rounds)));
  return peers;
}

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string container_config(const std::string& root, const std::string& program) {
  JsonWriter json;
  json.begin('{');
  json.member("ociVersion", json_string("1.0.2"));
  json.name("process");
  json.begin('{');
  json.member("terminal", "false");
  json.member("user", R"({"uid":0,"gid":0})");
  json.member("args", "[" + json_string(program) + "]");
  json.member("env", R"(["PATH=/bin:/usr/bin"])");
  json.member("cwd", json_string("/"));
  json.end('}');
  json.member("root", format(R"({{"path":{},"readonly":true}})", json_string(root)));
  json.member("mounts", R"([{"destination":"/proc","type":"proc","source":"proc"}])");
  json.member("linux", R"({"namespaces":[{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},{"type":"network"}]})");
  json.end('}');
  return json.text();
}

// The telemetry example as a static program, alone in a root folder.
Result<std::string> make_root(const std::string& folder) {
  const auto compiler = os::find_program("cc");
  if (!compiler)
    return fail(ErrorKind::unavailable, "no C compiler for the telemetry example; name a root folder: --container DIR");
  const std::string root = folder + "/root", source = folder + "/telemetry.c";
  TRY(os::make_folder(root));
  TRY(os::make_folder(root + "/proc"));
  const auto* const begin = reinterpret_cast<const uint8_t*>(mote_telemetry_source);
  TRY(os::write_file(source, Bytes(begin, reinterpret_cast<const uint8_t*>(mote_telemetry_source_end))));
  const os::ProgramEnd end = TRY(os::run_program({.arguments = {*compiler, "-O2", "-static", "-o", root + "/handler", source}}));
  if (end.code != 0)
    return fail(ErrorKind::unavailable, "cc could not build the telemetry example; name a root folder: --container DIR");
  return root;
}

Peer measure_container(const Options& options, const std::string& event_path, const std::string& folder, int rounds) {
  const auto program = os::find_program("runc");
  if (!program) return {"runc", std::nullopt, "not installed (no runc in PATH)"};
  const bool is_named = !options.container.empty();
  const std::string what = is_named ? options.container + " /handler" : "telemetry example, native";
  const auto root =
      is_named ? Result<std::string>(os::real_path(options.container).value_or(options.container)) : make_root(folder);
  if (!root) return {"runc, " + what, std::nullopt, root.error().message};
  if (auto written = os::write_file(folder + "/config.json", bytes_of(container_config(*root, "/handler"))); !written) {
    return {"runc, " + what, std::nullopt, written.error().message};
  }
  const std::string id = format("mote-bench-{}", os::process_id());
  return peer_of("runc, " + what, median({*program, "run", "--bundle", folder, id}, event_path, rounds));
}

}  // namespace

Result<double> measure_cold(const Options& options, const std::string& path, const std::string& event_path, int rounds) {
  std::vector<std::string> command = {os::real_path("/proc/self/exe").value_or("mote"), "run", "-C", "cache=n"};
  command.insert(command.end(), options.engine_flags.begin(), options.engine_flags.end());
  for (const std::string& variable : options.environment) command.insert(command.end(), {"--env", variable});
  if (!options.invoke.empty()) command.insert(command.end(), {"--invoke", options.invoke});
  command.push_back(path);
  return median(command, event_path, rounds);
}

std::vector<Peer> measure_peers(const Options& options, const std::string& path, const std::string& event_path, int rounds) {
  auto folder = os::make_temporary_folder("mote-bench-");
  if (!folder) return {};
  std::vector<Peer> peers = measure_wasmtime(path, event_path, *folder, rounds);
  peers.push_back(measure_container(options, event_path, *folder, rounds));
  (void)os::remove_folder(*folder);
  return peers;
}

}  // namespace mote::cli
