// The way from `mote` to `mote-server`, the program of the commands that serve or ask a server. Tested by
// tests/cases/server-missing.case and tests/up.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mote::cli {

// Beside this program, else in ../libexec/mote of its folder; empty: there is none.
[[nodiscard]] std::string server_path();
// This process becomes `mote-server COMMAND WORDS…`. Returns, with the exit status, only when there is none, or it cannot
// be started.
[[nodiscard]] int become_server(std::string_view command, std::span<const std::string_view> words);

}  // namespace mote::cli
