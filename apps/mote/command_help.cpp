// What `mote --help`, `mote help COMMAND` and `-W help` print, made from the tables.
#include "apps/mote/aliases.h"
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "base/core/format.h"

#include <algorithm>
#include <string>

namespace mote::cli {
namespace {

constexpr Command command_table[] = {
    {"run", for_run, "mote [run] [FLAGS] FILE [ARGUMENTS…]", "run a module; what follows the file is the guest's", run_run},
    {"compile", for_compile, "mote compile [FLAGS] FILE", "compile a module to an artifact that starts at once (.cwasm)",
     run_compile},
    {"validate", for_validate, "mote validate FILE…", "check modules; says nothing when they are valid", run_validate},
    {"inspect", for_inspect, "mote inspect [FLAGS] FILE", "show a module's or artifact's imports, exports, sizes and features",
     run_inspect},
    {"objdump", for_objdump, "mote objdump [FLAGS] FILE", "show each wasm instruction beside its machine code", run_objdump},
    {"bench", for_bench, "mote bench [FLAGS] FILE", "measure a fresh sandbox for each event, on any handler, beside others",
     run_bench},
    {"up", for_up, "mote up [FLAGS] [MANIFEST]", "serve what a mote.toml or spin.toml describes: events in, answers out", nullptr},
    {"serve", for_serve, "mote serve [FLAGS] FILE",
     "answer HTTP requests by a module: a request's body is stdin, stdout the answer's", nullptr},
    {"ps", for_admin, "mote ps [FLAGS]", "what a running mote up serves", nullptr},
    {"top", for_admin, "mote top [FLAGS]", "the same and its figures, each second", nullptr},
    {"stats", for_admin, "mote stats [FLAGS]", "how the events of a running mote up ended, and how long they took", nullptr},
    {"logs", for_logs, "mote logs [-f] [COMPONENT]", "the last lines of a running mote up's log", nullptr},
    {"reload", for_admin, "mote reload [FLAGS]", "have a running mote up read its manifest again", nullptr},
    {"trigger", for_trigger, "mote trigger NAME [--stdin PATH]", "make an event of a [[trigger.command]]; prints its answer",
     nullptr},
    {"stop", for_admin, "mote stop [FLAGS]", "end a running mote up when its requests are answered", nullptr},
    {"check", for_check, "mote check [FLAGS] [MANIFEST]",
     "check a mote.toml or spin.toml, the files that it names, its modules against their grants", run_check},
    {"explain", for_explain, "mote explain [MANIFEST]", "say what a mote.toml or spin.toml runs and what each component may do",
     run_explain},
    {"new", for_new, "mote new [FLAGS] NAME", "make a folder with a program, its manifest and how it is built", run_new},
    {"build", for_build, "mote build [FLAGS] [COMPONENT…]", "build the modules of a manifest, as its [component.ID.build] say",
     run_build},
    {"doctor", for_doctor, "mote doctor [FLAGS]", "say what this machine lacks, and what to do about it", run_doctor},
    {"completion", for_completion, "mote completion bash|zsh|fish", "print a script that completes mote's words in a shell",
     run_completion, "bash|zsh|fish"},
    {"policy", for_policy, "mote policy check FILE POLICY | diff OLD NEW | explain POLICY | learn -- run … | schema",
     "check modules against capability policies; compare, explain either", run_policy, policy_words},
    {"snapshot",
     for_snapshot,
     "mote snapshot [FLAGS] FILE -o OUT",
     "run a module's initialisation once; write a module that starts behind it",
     run_snapshot,
     {},
     "wizer"},
    {"settings", for_settings, "mote settings [FLAGS]", "show what was decided for this machine, and why", run_settings},
};

std::string row(std::string left, std::string_view help) {
  constexpr size_t column = 34;
  if (left.size() < column) return format("{}{}{}\n", left, std::string(column - left.size(), ' '), help);
  return format("{}\n{}{}\n", left, std::string(column, ' '), help);
}

std::string group_help(char letter, std::string_view summary) {
  std::string text = format("-{} KEY=VALUE,…: {}\n", letter, summary);
  for (const Key& key : keys()) {
    if (key.group == letter) text += row(format("  {}={}", key.name, key.value), key.help);
  }
  return text;
}

// "  --env NAME[=VALUE]", "  --strace[=FILTER]".
std::string usage(const Flag& flag) {
  if (flag.value.starts_with('[')) return format("  {}[={}", flag.name, flag.value.substr(1));
  return format("  {}{}{}", flag.name, flag.value.empty() ? "" : " ", flag.value);
}

std::string alias_help() {
  std::string text;
  for (const Alias& alias : aliases()) {
    text += row(format("  {}{}{}", alias.name, alias.value.empty() ? "" : " ", alias.value),
                format("{} ({})", alias.means, alias.owner));
  }
  return text;
}

std::string command_help(const Command& command) {
  std::string text = format("{}\n\n  {}\n", command.usage, command.summary);
  std::string list;
  for (const Flag& flag : flags()) {
    if ((flag.commands & command.bit) != 0) list += row(usage(flag), flag.help);
  }
  if (!list.empty()) text += "\nFlags\n" + list;
  if (command.bit == for_run) text += "\nAs other runtimes spell it, in their order and units\n" + alias_help();
  for (const Group& group : groups()) {
    if ((group.commands & command.bit) != 0) text += "\n" + group_help(group.letter, group.help);
  }
  return text;
}

std::string overview() {
  std::string text = "Mote runs WebAssembly modules in a sandbox that starts with nothing granted.\n\n";
  for (const Command& command : commands()) text += row(format("  {}", command.usage), command.summary);
  text += row("  mote help COMMAND", "flags of a command; also mote COMMAND --help, and -W help for one group");
  text += row("  mote --version", "this build's version");
  text +=
      "\nFILE is a .wasm module, an artifact (.cwasm), or text (.wat) where wat2wasm is installed.\n"
      "Exit status: the guest's own; 134 after a trap; 2 for misuse and bad input. Of mote check and policy: 1 when it found "
      "something.\n"
      "Compiled code is kept in $XDG_CACHE_HOME/mote, else ~/.cache/mote. MOTE_AOT names the compiler (mote-aot) to use.\n";
  return text;
}

}  // namespace

std::span<const Command> commands() {
  return command_table;
}

std::string help(std::string_view topic) {
  for (const Command& command : commands()) {
    if (command.name == topic) return command_help(command);
  }
  for (const Group& group : groups()) {
    if (topic == format("-{}", group.letter)) return group_help(group.letter, group.help);
  }
  return overview();
}

std::string version() {
  return "mote " MOTE_VERSION;
}

}  // namespace mote::cli
