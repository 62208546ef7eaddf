// The files of the resolver (resolver_files.h).
#include "base/dns/resolver_files.h"

#include "base/core/format.h"
#include "base/dns/lookup.h"

#include <algorithm>
#include <charconv>

namespace mote::dns {

namespace {

// The next word of a line; empty at its end.
std::string_view next_word(std::string_view& line) {
  constexpr const char* blanks = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

std::string_view next_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line.substr(0, line.find_first_of("#;"));
}

bool equals(std::string_view one, std::string_view other) {
  const auto lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

void take_suffixes(std::string_view line, Resolver& into) {
  into.suffixes.clear();
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line))
    if (into.suffixes.size() < limits::dns_suffixes.standard) into.suffixes.emplace_back(word);
}

}  // namespace

std::vector<os::SocketAddress> addresses_in_hosts(std::string_view hosts, std::string_view name, uint16_t port) {
  std::vector<os::SocketAddress> found;
  while (!hosts.empty() && found.size() < limits::dns_addresses.standard) {
    std::string_view line = next_line(hosts);
    const auto address = os::parse_address(std::string(next_word(line)), port);
    if (!address) continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (!equals(word, name)) continue;
      found.push_back(*address);
      break;
    }
  }
  return found;
}

Resolver parse_resolver(std::string_view text, uint16_t server_port) {
  constexpr std::string_view dots_option = "ndots:";
  Resolver read;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    const std::string_view key = next_word(line);
    if (key == "nameserver") {
      const auto address = os::parse_address(std::string(next_word(line)), server_port);
      if (address && read.servers.size() < limits::dns_servers.standard) read.servers.push_back(*address);
    } else if (key == "search" || key == "domain") {
      take_suffixes(line, read);
    } else if (key == "options") {
      for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
        if (!word.starts_with(dots_option)) continue;
        word.remove_prefix(dots_option.size());
        (void)std::from_chars(word.data(), word.data() + word.size(), read.dots);
      }
    }
  }
  if (read.servers.empty()) read.servers.push_back({.bytes = {127, 0, 0, 1}, .port = server_port});
  return read;
}

std::vector<std::string> forms_of(const std::string& name, const Resolver& resolver) {
  if (name.ends_with('.')) return {name.substr(0, name.size() - 1)};
  std::vector<std::string> forms;
  forms.reserve(resolver.suffixes.size() + 1);
  for (const std::string& suffix : resolver.suffixes) forms.push_back(format("{}.{}", name, suffix));
  const bool is_first = static_cast<uint64_t>(std::ranges::count(name, '.')) >= resolver.dots;
  forms.insert(is_first ? forms.begin() : forms.end(), name);
  return forms;
}

}  // namespace mote::dns
