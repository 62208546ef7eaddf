// `-S tcplisten=ADDRESS` and `-S listenfd`: listening sockets for a guest, which can make none itself.
//
// A guest finds them behind its folders. With a policy each needs a rule in [net] listen. Tested by listeners_test.cpp and
// tests/cases/sockets.case.
#pragma once

#include "apps/mote/options.h"
#include "base/os/socket.h"
#include "host/policy/policy.h"
#include "host/sandbox/process.h"

#include <optional>
#include <string>
#include <vector>

namespace mote::cli {

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0: the kernel chooses. Nothing for other spellings.
[[nodiscard]] std::optional<os::SocketAddress> parse_socket_address(std::string_view text);

// What whoever started this process handed in (LISTEN_FDS), for this process; empty: nothing. Fails when that is malformed.
[[nodiscard]] Result<std::vector<os::File>> handed_listeners();

// Binds and takes over what the command line names, and opens it in the guest's process, behind what is open. Says where it listens
// when the kernel chose the port, or with --verbose. Errors name the flag, and the line of the policy that would allow it.
[[nodiscard]] Result<void> open_listeners(sandbox::Process& process, const Options& options,
                                          const policy::Policy* policy = nullptr);

}  // namespace mote::cli
