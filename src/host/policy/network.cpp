// Decisions about the network: see network.h.
#include "host/policy/network.h"

#include "base/core/format.h"

#include <algorithm>

namespace mote::policy {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// "127", "0x7f", "08": a last label that makes resolvers read the whole name as a number.
bool looks_like_number(std::string_view label) {
  if (label.starts_with("0x")) return true;
  return std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

// Port 0 is any that the system chooses: only a rule for every port allows that.
bool has_port(const NetRule& rule, uint16_t port) {
  return std::ranges::any_of(
      rule.ports, [&](const Ports& ports) { return port == 0 ? ports == Ports{} : port >= ports.first && port <= ports.last; });
}

// How close a rule comes to a request: what is left to be named.
enum class Distance : uint8_t { allows, address_class, port, host, protocol };

Distance distance(const NetRule& rule, const NetRequest& request, const std::optional<std::string>& host) {
  if (rule.protocol != request.protocol) return Distance::protocol;
  const bool fits = rule.block ? request.address && rule.block->contains(*request.address) : host && matches_name(rule.host, *host);
  if (!fits) return Distance::host;
  if (!has_port(rule, request.port)) return Distance::port;
  if (request.address && !rule.classes.has_all(request.address->classes())) return Distance::address_class;
  return Distance::allows;
}

std::string grant_line(const NetRequest& request, const std::optional<std::string>& host) {
  const std::string_view direction = request.direction == Direction::listen ? "listen" : "outbound";
  const std::string whom = host && request.direction == Direction::outbound ? format("host = \"{}\"", *host)
                           : request.address                                ? format("cidr = \"{}\"", request.address->text())
                                                                            : std::string("cidr = \"ADDRESS\"");
  std::string classes;
  if (request.address) classes = request.address->classes().text();
  for (size_t at = 0; (at = classes.find(", ", at)) != classes.npos; at += 4) classes.replace(at, 2, "\", \"");
  if (!classes.empty()) classes = format(", classes = [\"{}\"]", classes);
  const std::string port = request.port == 0 ? "\"*\"" : format("{}", request.port);
  return format("{} = [{{ protocol = \"{}\", {}, ports = {}{} }}]", direction, name(request.protocol), whom, port, classes);
}

std::string reason(const NetRequest& request, Distance distance) {
  const std::string_view direction = request.direction == Direction::listen ? "listen" : "outbound";
  switch (distance) {
    case Distance::address_class: {
      const Address address = request.address.value_or(Address{});
      return format("{} is a {} address, which no rule that fits names", address.text(), address.classes().text());
    }
    case Distance::port:
      return format("no {} rule for this host has port {}", direction, request.port);
    case Distance::host:
    case Distance::protocol:
      return format("no {} rule has this {}", direction, distance == Distance::host ? "host or address" : "protocol");
    case Distance::allows:
      break;
  }
  return {};
}

}  // namespace

std::string_view name(Protocol protocol) {
  return protocol == Protocol::tcp ? "tcp" : "udp";
}

std::string Ports::text() const {
  if (first == 1 && last == 65535) return "any port";
  return first == last ? format("port {}", first) : format("ports {}-{}", first, last);
}

std::string NetRule::text() const {
  std::string out = format("{} {}", name(protocol), block ? block->text() : host == "*" ? "any name" : host);
  for (size_t i = 0; i < ports.size(); ++i) out += format("{}{}", i == 0 ? ", " : " or ", ports[i].text());
  if (const std::string named = classes.text(); !named.empty()) out += format(", also {} addresses", named);
  return out;
}

bool NetRule::covers(const NetRule& other) const {
  if (protocol != other.protocol || !classes.has_all(other.classes)) return false;
  if (block.has_value() != other.block.has_value()) return false;
  if (block ? !block->contains(*other.block) : !covers_name(host, other.host)) return false;
  return std::ranges::all_of(other.ports, [&](const Ports& theirs) {
    return std::ranges::any_of(ports, [&](const Ports& ours) { return ours.first <= theirs.first && theirs.last <= ours.last; });
  });
}

std::optional<std::string> canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return std::nullopt;
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  size_t begin = 0;
  for (;;) {
    const size_t dot = std::min(out.find('.', begin), out.size());
    const std::string_view label = std::string_view(out).substr(begin, dot - begin);
    const bool is_label = !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
                          std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
    if (!is_label) return std::nullopt;
    if (dot == out.size()) return looks_like_number(label) ? std::nullopt : std::optional(out);
    begin = dot + 1;
  }
}

bool matches_name(std::string_view pattern, std::string_view name) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return pattern == name;
  const std::string_view ending = pattern.substr(1);
  return name.size() > ending.size() && name.ends_with(ending);
}

bool covers_name(std::string_view pattern, std::string_view other) {
  if (pattern == other || pattern == "*") return true;
  if (other == "*" || !pattern.starts_with("*.")) return false;
  const std::string_view ending = pattern.substr(1);
  if (other.starts_with("*.")) return other.substr(1).ends_with(ending);
  return matches_name(pattern, other);
}

Result<std::string> parse_name_pattern(std::string_view text) {
  if (text == "*") return std::string(text);
  const bool is_below = text.starts_with("*.");
  const auto name = canonical_name(is_below ? text.substr(2) : text);
  if (name) return (is_below ? "*." : "") + *name;
  const std::string_view shown = text.substr(0, 64);
  if (Address::parse(text)) return fail(ErrorKind::bad_input, format("\"{}\" is an address: write cidr = \"{}\"", shown, shown));
  return fail(ErrorKind::bad_input, format("\"{}\" is no host name; patterns are \"api.example.org\", \"*.example.org\" and \"*\" "
                                           "(other alphabets in their xn-- form)",
                                           shown));
}

Decision decide(const NetRules& rules, const NetRequest& request) {
  Decision decision;
  std::optional<std::string> host;
  if (!request.name.empty()) {
    host = canonical_name(request.name);
    if (!host) {
      decision.reason =
          format("\"{}\" is no host name, or a number that a resolver may take for an address", request.name.substr(0, 64));
      return decision;
    }
  }
  Distance least = Distance::protocol;
  for (const NetRule& rule : request.direction == Direction::listen ? rules.listen : rules.outbound) {
    const Distance this_one = distance(rule, request, host);
    if (this_one < least) {
      least = this_one;
      decision.rule = rule.at;
    }
    if (least == Distance::allows) break;
  }
  decision.is_allowed = least == Distance::allows;
  if (decision.is_allowed) return decision;
  decision.reason = reason(request, least);
  decision.would_grant = grant_line(request, host);
  return decision;
}

bool may_look_up(const NetRules& rules, std::string_view name) {
  const auto host = canonical_name(name);
  if (!host) return false;
  const auto fits = [&](const std::string& pattern) { return matches_name(pattern, *host); };
  return std::ranges::any_of(rules.lookup, fits) ||
         std::ranges::any_of(rules.outbound, [&](const NetRule& rule) { return !rule.block && fits(rule.host); });
}

}  // namespace mote::policy
