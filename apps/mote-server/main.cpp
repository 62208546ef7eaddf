// The program `mote-server`: what `mote` becomes for the commands that serve, or ask a server. A program of its own, because TLS,
// HTTP and SQLite, linked into `mote`, cost each `mote run` half a millisecond (docs/rationale/separate-server.md). Tested by
// tests/up.
#include "apps/mote-server/commands.h"
#include "apps/mote/arguments.h"
#include "apps/mote/commands.h"
#include "apps/mote/report.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace mote::cli {
namespace {

struct ServerCommand {
  std::string_view name;
  int (*run)(Options options);
};
constexpr ServerCommand server_commands[] = {
    {"up", run_up},     {"serve", run_serve},   {"ps", run_ps},           {"top", run_top},   {"stats", run_stats},
    {"logs", run_logs}, {"reload", run_reload}, {"trigger", run_trigger}, {"stop", run_stop},
};

int start(std::span<const std::string_view> words) {
  const std::string_view name = words.empty() ? std::string_view() : words[0];
  const auto* const command = std::ranges::find(server_commands, name, &ServerCommand::name);
  const auto known = std::ranges::find(commands(), name, &Command::name);
  if (command == std::end(server_commands) || known == commands().end()) {
    return report(
        "", {ErrorKind::bad_input, "mote-server is a part of mote, which starts it: say mote up (mote help lists the commands)"});
  }
  auto options = parse(known->bit, words.subspan(1));
  if (!options) return report("", options.error());
  return command->run(*std::move(options));
}

}  // namespace
}  // namespace mote::cli

int main(int count, char** values) {
  const std::vector<std::string_view> words(values + (count > 0 ? 1 : 0), values + count);
  return mote::cli::start(words);
}
