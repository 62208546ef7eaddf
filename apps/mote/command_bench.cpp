// mote bench: what a fresh sandbox for each event costs for anyone's handler, beside what else could run it.
// Tested by tests/cases/bench.case.
#include "apps/mote/bench_peers.h"
#include "apps/mote/bench_sandboxes.h"
#include "apps/mote/commands.h"
#include "apps/mote/input.h"
#include "apps/mote/progress.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/file.h"

#include <unistd.h>

#include <memory>

namespace mote::cli {
namespace {

constexpr int rounds = 5;  // of whole commands
constexpr uint64_t most_event_bytes = 64 << 20;

struct Figures {
  double cold_ms = 0;
  SandboxFigures sandboxes;
  std::vector<Peer> peers;
};

std::string percentiles_json(const Percentiles& one) {
  return format(R"({{"p50":{},"p99":{},"p999":{}}})", one.p50, one.p99, one.p999);
}

std::string as_json(const Figures& figures) {
  const SandboxFigures& one = figures.sandboxes;
  JsonWriter json;
  json.begin('{');
  json.member("cold_ms", format("{:.3f}", figures.cold_ms));
  json.member("first_us", format("{:.1f}", one.first_us));
  json.member("acquire_ns", percentiles_json(one.acquire_ns));
  json.member("cycle_ns", percentiles_json(one.cycle_ns));
  json.member("cycles_per_s", format("{:.0f}", one.cycles_per_s));
  json.member("cycles", format("{}", one.cycles));
  json.member("failed", format("{}", one.failed));
  json.member("different", format("{}", one.different));
  json.member("page_faults", format("{}", one.faults));
  json.member("bytes_each", format("{}", one.bytes_each));
  json.member("kept_bytes", format("{}", one.pool.kept_bytes));
  json.member("template_bytes", format("{}", one.pool.template_bytes));
  json.member("memory_mode", json_string(one.pool.memory_mode == MemoryMode::dense ? "dense" : "guard"));
  json.member("tracking", json_string(one.pool.tracking));
  json.member("code", json_string(one.code));
  json.name("peers");
  json.begin('[');
  for (const Peer& peer : figures.peers) {
    json.begin('{');
    json.member("name", json_string(peer.name));
    json.member("total_ms", peer.total_ms ? format("{:.3f}", *peer.total_ms) : "null");
    if (!peer.total_ms) json.member("why_not", json_string(peer.why_not));
    json.end('}');
  }
  json.end(']');
  json.end('}');
  return json.text() + "\n";
}

std::string as_text(const Figures& figures) {
  const SandboxFigures& one = figures.sandboxes;
  std::string text;
  const auto row = [&](std::string_view what, std::string_view figure, std::string_view remark = {}) {
    text += format("  {:<34}{:>12}{}{}\n", what, figure, remark.empty() ? "" : "  ", remark);
  };
  const auto peer_rows = [&] {
    for (const Peer& peer : figures.peers) {
      row(peer.name, peer.total_ms ? format("{:.2f} ms", *peer.total_ms) : "-",
          peer.total_ms ? "spawn to exit" : std::string_view(peer.why_not));
    }
  };
  text += "one event, as a whole command\n";
  row("mote, from the file alone", format("{:.2f} ms", figures.cold_ms), "spawn to exit, no cache");
  peer_rows();
  text += "one event, in a process that runs already\n";
  row("first sandbox", format("{:.0f} us", one.first_us),
      one.code.starts_with("optimizing") ? "of a module in the cache, to the answer"
                                         : "of a module compiled at once, to the answer");
  row("hot sandbox: acquire", format("{} ns", one.acquire_ns.p50),
      format("p99 {} ns, p99.9 {} ns", one.acquire_ns.p99, one.acquire_ns.p999));
  row("acquire, run, answer, reset", format("{} ns", one.cycle_ns.p50),
      format("p99 {} ns, p99.9 {} ns", one.cycle_ns.p99, one.cycle_ns.p999));
  row("events a second, one thread", format("{:.0f}", one.cycles_per_s),
      format("{} cycles, {} page faults, each in a fresh sandbox", one.cycles, one.faults));
  row("alive after its event, each", format("{} B", one.bytes_each), "packed; resident memory and page tables");
  text += format("\ncode: {}; memory: {}, writes found by {}; {} B copied back after each event\n", one.code,
                 one.pool.memory_mode == MemoryMode::dense ? "dense" : "guard", one.pool.tracking, one.pool.kept_bytes);
  if (one.failed != 0) text += format("{} of {} events failed, the first with: {}\n", one.failed, one.cycles, one.first_failure);
  if (one.different != 0) text += format("{} of {} answers were not the first event's\n", one.different, one.cycles);
  return text;
}

Result<std::string> check(const Options& options) {
  if (options.words.size() != 1) return fail(ErrorKind::bad_input, "bench takes one file: mote bench [FLAGS] FILE.wasm");
  const Input input = TRY(look_at(options.words[0]));
  if (input.kind != InputKind::wasm || !input.is_regular) {
    return fail(ErrorKind::bad_input, "bench begins with a module in a file, not with an artifact, text or a pipe");
  }
  return options.words[0];
}

}  // namespace

int run_bench(Options options) {
  const std::string where = options.words.empty() ? "" : options.words[0];
  const auto path = check(options);
  if (!path) return report(where, path.error());
  const std::string event_path = options.event.empty() ? "/dev/null" : options.event;
  const auto event = os::read_file(event_path, most_event_bytes);
  if (!event) return report("--stdin", event.error());
  const auto progress = isatty(STDERR_FILENO) != 0 ? std::make_unique<Progress>("measuring " + file_name(*path)) : nullptr;
  const auto show = [&](double share) {
    if (progress) progress->show(static_cast<uint64_t>(share * 100), 100);
  };
  Figures figures;
  auto sandboxes = measure_sandboxes(options, *path, *event, show);
  if (!sandboxes) return report(*path, sandboxes.error(), options.backtrace_frames);
  figures.sandboxes = *std::move(sandboxes);
  const auto cold = measure_cold(options, *path, event_path, rounds);
  if (!cold) return report(*path, cold.error());
  figures.cold_ms = *cold;
  figures.peers = measure_peers(options, *path, event_path, rounds);
  print(options.json ? as_json(figures) : as_text(figures));
  return 0;
}

}  // namespace mote::cli
