// The forms of a manifest's texts: names, addresses, topics, digests. See keys.h.
#include "base/core/format.h"
#include "base/toml/values.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/manifest.h"

#include <algorithm>
#include <charconv>

namespace mote::manifest {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

std::string shown(std::string_view text) {
  return toml::quoted(text.substr(0, 64));
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; });
}

std::optional<uint16_t> read_port(std::string_view text) {
  uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || rest != text.data() + text.size() || text.empty() || text[0] == '0') return std::nullopt;
  return port;
}

// "443", "8000-8100", "8000..8100", "*".
Result<policy::Ports> read_ports(std::string_view text) {
  if (text == "*") return policy::Ports{};
  const size_t between = std::min(text.find('-'), text.find(".."));
  const auto first = read_port(text.substr(0, between));
  const auto last = between == text.npos ? first : read_port(text.substr(between + (text[between] == '-' ? 1 : 2)));
  if (first && last && *first <= *last) return policy::Ports{*first, *last};
  return refuse(format("has the port {}: write 443, 8000-8100 or *", shown(text)));
}

Result<void> check_filter_levels(std::string_view text) {
  for (;;) {
    const size_t slash = text.find('/');
    const std::string_view level = text.substr(0, slash);
    const bool has_wildcard = level.find_first_of("+#") != level.npos;
    if (has_wildcard && level.size() != 1)
      return refuse(format("has {}: + and # stand for whole levels, \"a/+/b\", \"a/#\"", shown(level)));
    if (level == "#" && slash != text.npos) return refuse("has # before its end");
    if (slash == text.npos) return {};
    text.remove_prefix(slash + 1);
  }
}

// Of topic names and filters (MQTT 5, sections 4.7.3 and 1.5.4).
Result<void> check_topic_text(std::string_view text) {
  if (text.empty()) return refuse("is no topic: it is empty");
  if (text.size() > 65'535) return refuse("is no topic: it has more than 65,535 bytes");
  if (has_control(text)) return refuse("is no topic: it has control characters");
  return {};
}

// The schemes that say which port is meant.
struct Scheme {
  std::string_view name;
  uint16_t port;
};
constexpr Scheme schemes[] = {{"http", 80},    {"https", 443},     {"redis", 6379}, {"rediss", 6379},
                              {"mysql", 3306}, {"postgres", 5432}, {"mqtt", 1883},  {"mqtts", 8883}};

bool is_scheme(std::string_view text) {
  return text == "*" || (!text.empty() && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
         }));
}

Result<std::string> read_host(std::string_view text) {
  if (text == "self" || text == "self.alt" || text.ends_with(".spin.internal"))
    return refuse(format("has the host {}: calls within the application are not implemented", shown(text)));
  if (const size_t bracket = text.find(']'); text.starts_with('[') && bracket + 1 == text.size())
    text = text.substr(1, bracket - 1);
  if (const auto block = policy::Block::parse(text)) return block->text();
  const auto pattern = policy::parse_name_pattern(text);
  if (pattern) return *pattern;
  return refuse(format("has the host {}: write a name, *.NAME, an address, a block of addresses or *", shown(text)));
}

}  // namespace

Result<void> check_component_id(std::string_view text) {
  bool starts_word = true;
  for (const char c : text) {
    const bool is_letter = c >= 'a' && c <= 'z', is_digit = c >= '0' && c <= '9';
    if (!is_letter && !is_digit && (c != '-' || starts_word))
      return refuse("is no component's name: kebab-case, like \"my-filter\"");
    starts_word = c == '-';
  }
  if (text.empty() || starts_word || text[0] < 'a' || text.size() > 64)
    return refuse("is no component's name: kebab-case, like \"my-filter\", at most 64 characters");
  return {};
}

Result<void> check_listen(std::string_view text) {
  const auto wrong = [&] {
    return refuse(format("is an address and a port, like \"127.0.0.1:3000\" or \"[::1]:3000\", not {}", shown(text)));
  };
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool is_v6 = host.starts_with('[') && host.ends_with(']');
  if (is_v6) host = host.substr(1, host.size() - 2);
  const auto address = policy::Address::parse(host);
  const bool is_good = address ? address->is_v6 == is_v6 : host == "localhost" && !is_v6;
  if (!is_good || (!read_port(port) && port != "0")) return wrong();
  return {};
}

Result<void> check_topic_filter(std::string_view text) {
  TRY(check_topic_text(text));
  constexpr std::string_view share = "$share/";
  if (text.starts_with(share)) {
    const std::string_view rest = text.substr(share.size());
    const size_t slash = rest.find('/');
    if (slash == 0 || slash == rest.npos || slash + 1 == rest.size() || rest.substr(0, slash).find_first_of("+#") != rest.npos)
      return refuse(format("is a shared subscription: \"$share/GROUP/filter\", not {}", shown(text)));
    return check_filter_levels(rest.substr(slash + 1));
  }
  return check_filter_levels(text);
}

Result<void> check_topic(std::string_view text) {
  TRY(check_topic_text(text));
  if (text.find_first_of("+#") != text.npos)
    return refuse(format("is a topic to publish to, which has no wildcards (+, #): {}", shown(text)));
  return {};
}

Result<Outbound> parse_outbound(std::string_view text) {
  const size_t colon = text.find("://");
  if (colon == text.npos) return refuse(format("is \"SCHEME://HOST:PORT\", like \"https://example.org\", not {}", shown(text)));
  Outbound made{.scheme = std::string(text.substr(0, colon))};
  if (!is_scheme(made.scheme)) return refuse(format("has the scheme {}: write https, another one, or *", shown(made.scheme)));
  std::string_view rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  const size_t port = bracket == rest.npos ? bracket : rest.find(':', bracket);
  made.host = TRY(read_host(rest.substr(0, port)));
  if (port != rest.npos) {
    made.ports = TRY(read_ports(rest.substr(port + 1)));
    return made;
  }
  const auto* const known = std::ranges::find(schemes, made.scheme, &Scheme::name);
  if (known == std::end(schemes)) return refuse(format("needs a port, which {} does not say: {}:443", made.scheme, text));
  made.ports = {known->port, known->port};
  return made;
}

}  // namespace mote::manifest
