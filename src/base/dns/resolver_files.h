// What /etc/hosts and /etc/resolv.conf say. Private to the room. Tested by lookup_test.cpp.
#pragma once

#include "base/os/socket.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::dns {

[[nodiscard]] std::vector<os::SocketAddress> addresses_in_hosts(std::string_view hosts, std::string_view name, uint16_t port);

struct Resolver {
  std::vector<os::SocketAddress> servers = {};
  std::vector<std::string> suffixes = {};  // to be tried behind a name
  uint64_t dots = 1;                       // a name with as many is tried as it is first
};
// Without a server, this machine is asked.
[[nodiscard]] Resolver parse_resolver(std::string_view text, uint16_t server_port);
// The names to ask for, in their order.
[[nodiscard]] std::vector<std::string> forms_of(const std::string& name, const Resolver& resolver);

}  // namespace mote::dns
