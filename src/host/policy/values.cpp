// See values.h.
#include "host/policy/values.h"

#include "base/core/format.h"
#include "base/core/nearest.h"
#include "host/policy/policy.h"

#include <algorithm>

namespace mote::policy {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

std::string shown(std::string_view text) {
  return quoted(text.substr(0, 64));
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x20; });
}

Result<Ports> read_port_range(const Node& value) {
  if (value.kind == Node::Kind::integer) {
    if (value.integer < 1 || value.integer > 65535) return refuse(format("a port is 1 to 65535, not {}", value.integer));
    const auto port = static_cast<uint16_t>(value.integer);
    return Ports{port, port};
  }
  if (value.kind != Node::Kind::text) return refuse(format("is a port, \"8000-8100\" or \"*\", not {}", words(value.kind)));
  if (value.text == "*") return Ports{};
  const size_t dash = value.text.find('-');
  const std::string_view text = value.text;
  const auto first = read_measure(text.substr(0, dash));
  const auto last = dash == text.npos ? first : read_measure(text.substr(dash + 1));
  const bool is_good = first && last && text[0] != '0' && text[dash + 1] != '0' && first->unit.empty() && last->unit.empty() &&
                       first->number >= 1 && first->number <= last->number && last->number <= 65535;
  if (!is_good) return refuse(format("{} is no port (443), range (\"8000-8100\") or \"*\"", shown(text)));
  return Ports{static_cast<uint16_t>(first->number), static_cast<uint16_t>(last->number)};
}

Result<void> check_guest_path(std::string_view text) {
  const std::string_view rule =
      "a guest path is \".\" or begins with '/', has no \"..\", \".\" or empty parts, and no '/' at its end";
  if (text == "." || text == "/") return {};
  if (!text.starts_with('/') || has_control(text) || text.find('\0') != text.npos) return refuse(std::string(rule));
  for (size_t begin = 1;;) {
    const size_t slash = std::min(text.find('/', begin), text.size());
    const std::string_view part = text.substr(begin, slash - begin);
    if (part.empty() || part == "." || part == "..") return refuse(std::string(rule));
    if (slash == text.size()) return {};
    begin = slash + 1;
  }
}

Result<void> check_import(std::string_view text) {
  const size_t star = text.find('*');
  const bool is_good = !text.empty() && !has_control(text) && text[0] != '*' && (star == text.npos || star + 1 == text.size()) &&
                       (star != text.npos || (text.find('.', 1) != text.npos));
  if (is_good) return {};
  return refuse(
      format("{} is no import: write \"MODULE.NAME\", or a beginning of it and * (\"wasi_snapshot_preview1.fd_*\")", shown(text)));
}

Result<void> check_number(uint64_t number, const Key& key, std::string_view unit) {
  if (number >= key.least && number <= key.most) return {};
  if (number < key.least) return refuse(format("is at least {}{}", key.least, unit));
  return refuse(format("can be at most {}{}", key.most, unit));
}

Result<void> check_choice(const Node& value, const Key& key) {
  if (value.kind != Node::Kind::text) return refuse(format("is a text, one of {}; not {}", key.values, words(value.kind)));
  const auto choices = split_choices(key.values);
  if (std::ranges::find(choices, value.text) != choices.end()) return {};
  return refuse(format("is one of {}, not {}{}", key.values, shown(value.text), did_you_mean(value.text, choices)));
}

Result<void> check_text(const Node& value, const Key& key) {
  if (value.kind != Node::Kind::text) return refuse(format("is a text, not {}", words(value.kind)));
  return check_format(key.format, value.text);
}

Result<void> check_list(const Node& value, const Key& key, Result<void> (*check)(const Node&, const Key&)) {
  if (value.kind != Node::Kind::list) return refuse(format("is a list, not {}: write [\"…\"]", words(value.kind)));
  for (size_t i = 0; i < value.members.size(); ++i) {
    const Node& element = value.members[i].value;
    TRY(check(element, key));
    for (size_t j = 0; j < i && (key.type == KeyType::choices || key.format != TextFormat::plain); ++j) {
      if (value.members[j].value.text == element.text) return refuse(format("has {} twice", shown(element.text)));
    }
  }
  return {};
}

Result<void> check_value(const Node& value, const Key& key) {
  switch (key.type) {
    case KeyType::boolean:
      if (value.kind != Node::Kind::boolean) return refuse(format("is true or false, not {}", words(value.kind)));
      return {};
    case KeyType::choice:
      return check_choice(value, key);
    case KeyType::choices:
      return check_list(value, key, check_choice);
    case KeyType::size:
      return check_number(TRY(read_size(value)), key, " bytes");
    case KeyType::count:
      if (value.kind != Node::Kind::integer) return refuse(format("is a whole number, not {}", words(value.kind)));
      if (value.integer < 0) return refuse(format("is at least {}", key.least));
      return check_number(static_cast<uint64_t>(value.integer), key, "");
    case KeyType::duration:
      return check_number(TRY(read_duration_ms(value)), key, " ms");
    case KeyType::time:
      if (value.kind == Node::Kind::time) return {};
      return refuse(format("is a time with an offset, like 2026-01-01T00:00:00Z, not {}", words(value.kind)));
    case KeyType::text:
      return check_text(value, key);
    case KeyType::texts:
      return check_list(value, key, check_text);
    case KeyType::ports:
      if (auto ports = read_ports(value); !ports) return std::unexpected(std::move(ports.error()));
      return {};
    case KeyType::rules:
      if (value.kind == Node::Kind::list) return {};
      return refuse(format("is a list of rules, not {}: write [{{ protocol = …, … }}]", words(value.kind)));
  }
  return {};
}

}  // namespace

Result<std::vector<Ports>> read_ports(const Node& value) {
  std::vector<Ports> all;
  if (value.kind != Node::Kind::list) {
    all.push_back(TRY(read_port_range(value)));
    return all;
  }
  if (value.members.empty()) return refuse("names no port; \"*\" is every port");
  for (const Member& member : value.members) all.push_back(TRY(read_port_range(member.value)));
  return all;
}

Result<void> check_format(TextFormat format_of, std::string_view text) {
  switch (format_of) {
    case TextFormat::plain:
      if (text.find('\0') != text.npos) return refuse("has a NUL character");
      return {};
    case TextFormat::folder:
      if (text.empty() || has_control(text)) return refuse("is the path of a folder, without control characters");
      return {};
    case TextFormat::guest_path:
      return check_guest_path(text);
    case TextFormat::variable:
      if (text.empty() || has_control(text) || text.find('=') != text.npos) return refuse("is no name of a variable");
      return {};
    case TextFormat::block:
      if (auto block = Block::parse(text); !block) return std::unexpected(std::move(block.error()));
      return {};
    case TextFormat::host:
      if (auto host = parse_name_pattern(text); !host) return std::unexpected(std::move(host.error()));
      return {};
    case TextFormat::import:
      return check_import(text);
  }
  return {};
}

bool check_table(const Node& table, std::string_view what, std::span<const Key> keys, Problems& problems) {
  if (table.kind != Node::Kind::table) {
    problems.add(table.at, format("{} is a table, not {}", what, words(table.kind)));
    return false;
  }
  bool is_good = true;
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  for (const Member& member : table.members) {
    const auto key = std::ranges::find(keys, member.name, &Key::name);
    if (key == keys.end()) {
      std::string list;
      for (const std::string_view one : names) list += (list.empty() ? "" : ", ") + std::string(one);
      problems.add(member.at, format("unknown key {} of {}{} (there are: {})", shown(member.name), what,
                                     did_you_mean(member.name, names), list));
      is_good = false;
    } else if (auto checked = check_value(member.value, *key); !checked) {
      problems.add(member.value.at, format("{} {}", key->name, checked.error().message));
      is_good = false;
    }
  }
  for (const Key& key : keys) {
    if (!key.is_required || table.find(key.name) != nullptr) continue;
    problems.add(table.at, format("{} needs \"{}\": {}", what, key.name, key.help));
    is_good = false;
  }
  return is_good;
}

}  // namespace mote::policy
