// The way from `mote` to `mote-server`, the program of the commands that serve or ask a server. Tested by
// tests/cases/server-missing.case and tests/up.
#pragma once

#include <span>
#include <string_view>

namespace mote::cli {

// This process becomes `mote-server COMMAND WORDS…`, found beside this program, else in ../libexec/mote of its folder. Returns,
// with the exit status, only when there is none or it cannot be started.
[[nodiscard]] int become_server(std::string_view command, std::span<const std::string_view> words);

}  // namespace mote::cli
