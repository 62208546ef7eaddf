// What a policy says about the network, and the decision about one address: a pure function, no sockets and no name lookups.
//
// A rule names a protocol, ports, and either a pattern for host names or a block of addresses. What a name resolves to is judged
// again by its *class*: loopback, private, metadata, … addresses are reached only by a rule that names the class, whatever the name
// said, so that a name server cannot point an allowed name at the inside. IPv6 addresses that carry an IPv4 address (mapped,
// compatible, NAT64, 6to4, Teredo) belong to the class "mapped" *and* to that of the address inside; both have to be named.
//
// Who connects asks twice: with the name before it is looked up, and with name and address after that, and then connects to exactly
// that address. Tested by network_test.cpp.
#pragma once

#include "base/toml/document.h"

#include <mote/result.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::policy {

using toml::Position;

enum class Protocol : uint8_t { tcp, udp };
enum class Direction : uint8_t { outbound, listen };
[[nodiscard]] std::string_view name(Protocol protocol);

// Where an address leads. `public_` needs no naming; every other class does.
enum class AddressClass : uint8_t { public_, unspecified, loopback, link_local, private_, metadata, multicast, reserved, mapped };
[[nodiscard]] std::string_view name(AddressClass address_class);

class AddressClasses {
 public:
  constexpr AddressClasses() = default;
  constexpr void add(AddressClass one) { bits_ |= 1u << static_cast<unsigned>(one); }
  [[nodiscard]] constexpr bool has(AddressClass one) const {
    return one == AddressClass::public_ || (bits_ >> static_cast<unsigned>(one) & 1) != 0;
  }
  [[nodiscard]] constexpr bool has_all(AddressClasses others) const { return (others.bits_ & ~bits_ & ~1u) == 0; }
  [[nodiscard]] std::string text() const;  // "loopback, private"; empty when there is none
  bool operator==(const AddressClasses&) const = default;

 private:
  uint32_t bits_ = 0;
};

struct Address {
  bool is_v6 = false;
  std::array<uint8_t, 16> bytes = {};  // network order; IPv4: the first four

  // Dotted decimal without leading zeros, or IPv6 without a zone; nothing for any other spelling.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::optional<Address> inner_v4() const;  // the IPv4 address that an IPv6 one carries
  [[nodiscard]] AddressClasses classes() const;           // empty: public
  bool operator==(const Address&) const = default;
};

// "10.0.0.0/8", "::1/128", or an address alone.
struct Block {
  Address base;
  uint8_t bits = 0;
  [[nodiscard]] static Result<Block> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool contains(const Address& address) const;
  [[nodiscard]] bool contains(const Block& other) const;
  [[nodiscard]] Address last() const;
  bool operator==(const Block&) const = default;
};

struct Ports {
  uint16_t first = 1, last = 65535;
  [[nodiscard]] std::string text() const;  // "443", "8000-8100", "any port"
  bool operator==(const Ports&) const = default;
};

struct NetRule {
  Protocol protocol = Protocol::tcp;
  std::string host;  // a pattern for names; empty: a block
  std::optional<Block> block;
  std::vector<Ports> ports;
  AddressClasses classes;
  Position at;
  [[nodiscard]] std::string text() const;  // "tcp to *.example.org, port 443"; without the direction's word
  [[nodiscard]] bool covers(const NetRule& other) const;
};
struct NetRules {
  std::vector<NetRule> outbound;
  std::vector<NetRule> listen;
  std::vector<std::string> lookup;  // names that may be looked up, besides those of outbound rules
};

struct NetRequest {
  Direction direction = Direction::outbound;
  Protocol protocol = Protocol::tcp;
  std::string_view name;           // as the guest wrote it; empty when it named an address
  std::optional<Address> address;  // nothing before a name was looked up
  uint16_t port = 0;
};
struct Decision {
  bool is_allowed = false;
  Position rule;            // the one that allows, or the one that comes closest; line 0: none does
  std::string reason;       // refused: which rule is missing, in words
  std::string would_grant;  // refused: the line that would allow it
};
[[nodiscard]] Decision decide(const NetRules& rules, const NetRequest& request);
// Whether a name may be looked up at all.
[[nodiscard]] bool may_look_up(const NetRules& rules, std::string_view name);

// Lower case, no final dot; nothing for what is no name: empty, too long, foreign letters, or a number in some spelling of an
// address ("127.1", "0x7f000001"), which resolvers may take for one.
[[nodiscard]] std::optional<std::string> canonical_name(std::string_view name);
// "*": every name; "*.example.org": every name below example.org; else that name. Both canonical.
[[nodiscard]] bool matches_name(std::string_view pattern, std::string_view name);
// Whether every name of `other` is one of `pattern`.
[[nodiscard]] bool covers_name(std::string_view pattern, std::string_view other);
// A pattern as a file may write it, made canonical.
[[nodiscard]] Result<std::string> parse_name_pattern(std::string_view text);

}  // namespace mote::policy
