// mote ps, top, stats, logs, reload, trigger, stop: ask a running `mote up` at its operator's address (platform/wiring/admin.h).
// Tested by tests/up.
#include "apps/mote-server/commands.h"
#include "apps/mote/input.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/http/fetch.h"
#include "base/os/file.h"

#include <charconv>
#include <chrono>
#include <thread>

namespace mote::cli {
namespace {

constexpr uint64_t most_event_bytes = 16u << 20;

// --admin, else what the manifest here says, else the default.
std::string admin_address(const Options& options) {
  if (!options.admin.empty()) return options.admin;
  if (const auto path = find_manifest({})) {
    if (const auto manifest = read_manifest(*path)) return manifest->server.admin;
  }
  return manifest::Server().admin;
}

Result<std::string> ask(const Options& options, std::string_view method, std::string_view target, std::string body = {}) {
  const std::string address = admin_address(options);
  if (address == "off")
    return fail(ErrorKind::unsupported, "the manifest says server.admin = \"off\"; this command asks that address (--admin)");
  constexpr std::string_view local = "unix:";
  http::FetchRequest request{.method = std::string(method), .body = std::move(body)};
  const bool is_local = address.starts_with(local);
  request.url = format("http://{}{}", is_local ? "localhost" : address, target);
  if (is_local) request.local_socket = address.substr(local.size());
  auto answer = http::fetch(std::move(request), nullptr);
  if (!answer) {
    answer.error().message += "; is mote up running, with this operator's address (--admin)?";
    return std::unexpected(answer.error());
  }
  if (answer->status != 200) {
    while (answer->body.ends_with('\n')) answer->body.pop_back();
    return fail(ErrorKind::bad_input, answer->body);
  }
  return std::move(answer->body);
}

int print_answer(const Options& options, std::string_view method, std::string_view target, std::string body = {}) {
  const auto answer = ask(options, method, target, std::move(body));
  if (!answer) return report("", answer.error());
  print(*answer);
  return 0;
}

}  // namespace

int run_ps(Options options) {
  return print_answer(options, "GET", options.json ? "/api/status" : "/api/ps");
}

int run_stats(Options options) {
  return print_answer(options, "GET", options.json ? "/api/status" : "/api/stats");
}

// Again and again, until it is interrupted or the server ends.
int run_top(Options options) {
  constexpr std::string_view clear = "\x1b[H\x1b[2J";
  for (;;) {
    const auto what = ask(options, "GET", "/api/ps"), figures = ask(options, "GET", "/api/stats");
    if (!what || !figures) return report("", what ? figures.error() : what.error());
    print(format("{}{}\n{}", os::is_terminal(1) ? clear : "", *what, *figures));
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

int run_logs(Options options) {
  const std::string component = options.words.empty() ? std::string() : "&component=" + options.words[0];
  std::string after;
  for (;;) {
    const auto answer = ask(options, "GET", format("/api/logs?format=text&lines=1000{}{}", component, after));
    if (!answer) return report("", answer.error());
    const size_t line = answer->find('\n');
    if (line == answer->npos) return report("", {ErrorKind::internal, "the server's answer is no log"});
    print(std::string_view(*answer).substr(line + 1));
    if (!options.follows) return 0;
    after = "&after=" + answer->substr(5, line - 5);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

int run_reload(Options options) {
  return print_answer(options, "POST", "/api/reload");
}

int run_stop(Options options) {
  return print_answer(options, "POST", "/api/stop");
}

// The event is a file's bytes; without one there are none.
int run_trigger(Options options) {
  if (options.words.size() != 1) return report("", {ErrorKind::bad_input, "trigger takes the name of a [[trigger.command]]"});
  std::string event;
  if (!options.event.empty()) {
    const auto bytes = os::read_file(options.event == "-" ? "/dev/stdin" : options.event, most_event_bytes);
    if (!bytes) return report("--stdin", bytes.error());
    event.assign(bytes->begin(), bytes->end());
  }
  return print_answer(options, "POST", "/api/trigger/" + options.words[0], std::move(event));
}

}  // namespace mote::cli
