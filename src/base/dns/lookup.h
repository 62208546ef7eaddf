// Lookup: the addresses of a host's name, asked on a loop without blocking it: of /etc/hosts, else of the name servers of
// /etc/resolv.conf by DNS over UDP, IPv4 and IPv6 at once. The C library's way would block the thread for as long as a name server
// is away, and does not work in programs that are linked statically.
//
// No other source of names (mDNS, LDAP), no cache, no DNSSEC. Tested by lookup_test.cpp; what name servers send by fuzz/dns.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/os/socket.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::limits {
inline constexpr Limit dns_addresses{"dns-addresses", "addresses", 16, 16};  // of one name; more are not looked at
inline constexpr Limit dns_servers{"dns-servers", "servers", 3, 3};          // of /etc/resolv.conf, likewise
inline constexpr Limit dns_suffixes{"dns-suffixes", "suffixes", 6, 6};
inline constexpr Limit dns_time{"dns-time", "ms", 2000, 60'000};   // for one answer of one server
inline constexpr Limit dns_rounds{"dns-rounds", "rounds", 2, 10};  // over all servers, for each form of the name
inline constexpr Limit dns_file_size{"dns-file-size", "bytes", 1 << 20, 1 << 20};
}  // namespace mote::limits

namespace mote::dns {

struct Question {
  std::string host;   // a name, or an address, which is its own answer
  uint16_t port = 0;  // for the addresses
  std::string hosts_path = "/etc/hosts", resolver_path = "/etc/resolv.conf";
  uint16_t server_port = 53;
  uint64_t time_ms = limits::dns_time.standard;
};

class Lookup {
 public:
  // At least one address, IPv4 first; errors: not_found, unavailable. Called from the loop, once; the lookup may be ended from
  // there.
  using Done = std::function<void(Result<std::vector<os::SocketAddress>>)>;
  [[nodiscard]] static Result<std::unique_ptr<Lookup>> begin(io::Loop& loop, Question question, Done done);
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup();  // no call follows

 private:
  struct State;
  explicit Lookup(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::dns
