// The commands of `mote`, one file each (command_NAME.cpp), and the one table that lists them.
#pragma once

#include "apps/mote/options.h"

#include <span>
#include <string_view>

namespace mote::cli {

// Exit statuses that are ours. Everything else is the guest's own.
inline constexpr int status_misuse = 2;  // bad flags, bad input, what this build or machine cannot do
inline constexpr int status_trap = 134;  // as a shell reports an abort, but by exit and not by a signal

struct Command {
  std::string_view name;
  CommandBit bit;
  std::string_view usage;
  std::string_view summary;
  int (*run)(Options options);  // the exit status; messages are on stderr. Null: the program mote-server does it
  std::string_view words = {};  // what its first word is one of, separated by '|'; empty: a file
  std::string_view also = {};   // what another runtime calls it
};

[[nodiscard]] std::span<const Command> commands();

int run_run(Options options);
class Learning;
// Likewise, but everything that it is offered is let through and told to `learning`.
int run_learning(Options options, Learning& learning);
int run_compile(Options options);
int run_validate(Options options);
int run_inspect(Options options);
int run_settings(Options options);
int run_objdump(Options options);
int run_bench(Options options);
int run_check(Options options);
int run_new(Options options);
int run_build(Options options);
int run_doctor(Options options);
int run_completion(Options options);
int run_explain(Options options);
int run_policy(Options options);
int run_snapshot(Options options);

// Help for a command ("run"), a group ("-W"), or everything ("").
[[nodiscard]] std::string help(std::string_view topic);
[[nodiscard]] std::string version();

}  // namespace mote::cli
