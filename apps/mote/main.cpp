// The program `mote`: finds the command and hands it its words. Tested by tests/cases.
#include "apps/mote/arguments.h"
#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "apps/mote/server_program.h"
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/os/file.h"

#include <string_view>
#include <vector>

namespace mote::cli {
namespace {

int run_command(const Command& command, std::span<const std::string_view> words) {
  auto options = parse(command.bit, words);
  if (!options) {
    const int status = report("", options.error());
    print_to_stderr(format("usage: {} (mote help {} explains)\n", command.usage, command.name));
    return status;
  }
  if (!options->help_for.empty()) {
    print(help(options->help_for == "--help" ? command.name : std::string_view(options->help_for)));
    return 0;
  }
  if (command.run == nullptr) return become_server(command.name, words);
  return command.run(*std::move(options));
}

int explain(std::span<const std::string_view> words) {
  print(help(words.empty() ? "" : words[0]));
  return 0;
}

int start(std::span<const std::string_view> words) {
  if (words.empty()) {
    print_to_stderr(help(""));
    return status_misuse;
  }
  const std::string_view first = words[0];
  for (const Command& command : commands()) {
    if (command.name == first || (!command.also.empty() && command.also == first)) return run_command(command, words.subspan(1));
  }
  if (first == "--version" || first == "-V") {
    print(version() + "\n");
    return 0;
  }
  if (first == "help" || first == "--help" || first == "-h") return explain(words.subspan(1));
  if (!first.empty() && first[0] != '-' && first.find_first_of("./") == first.npos && !os::exists(std::string(first))) {
    std::vector<std::string_view> names;
    for (const Command& command : commands()) names.push_back(command.name);
    return report("", Error{ErrorKind::bad_input, format("\"{}\" is neither a command nor a file{} (mote help lists the commands)",
                                                         first, did_you_mean(first, names))});
  }
  return run_command(commands()[0], words);  // a bare file is run
}

}  // namespace
}  // namespace mote::cli

int main(int count, char** values) {
  const std::vector<std::string_view> words(values + (count > 0 ? 1 : 0), values + count);
  return mote::cli::start(words);
}
