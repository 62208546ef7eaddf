// From a document to a Policy: the tables by keys.h, then what one value means for another. See policy.h.
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "host/policy/policy.h"
#include "host/policy/values.h"

#include <algorithm>

namespace mote::policy {
namespace {

constexpr toml::Bounds bounds{.what = "a policy", .size = size_most};

// Of a checked table: what a key says, or a default.
bool is_true(const Node& table, std::string_view name) {
  const Member* member = table.find(name);
  return member != nullptr && member->value.boolean;
}
std::string text_of(const Node& table, std::string_view name) {
  const Member* member = table.find(name);
  return member == nullptr ? std::string() : member->value.text;
}
uint64_t size_of(const Node& table, std::string_view name, uint64_t otherwise) {
  const Member* member = table.find(name);
  return member == nullptr ? otherwise : read_size(member->value).value_or(otherwise);
}
uint64_t count_of(const Node& table, std::string_view name, uint64_t otherwise) {
  const Member* member = table.find(name);
  return member == nullptr ? otherwise : static_cast<uint64_t>(member->value.integer);
}
std::vector<std::string> texts_of(const Node& table, std::string_view name) {
  std::vector<std::string> texts;
  if (const Member* member = table.find(name)) {
    for (const Member& one : member->value.members) texts.push_back(one.value.text);
  }
  return texts;
}

class Parser {
 public:
  Parser(std::string file, Problems& problems) : problems_(problems) { policy_.file = std::move(file); }

  Policy read(const Node& root) {
    read_root(root);
    // What is not said: WASI preview 1, whose functions act on grants only.
    policy_.imports = {"wasi_snapshot_preview1.*", "wasi_unstable.*"};
    for (const Member& member : root.members) read_table(member);
    return std::move(policy_);
  }

 private:
  void read_root(const Node& root) {
    Node own{.at = root.at};  // what is no table, or is nothing that exists
    for (const Member& member : root.members) {
      if (std::ranges::find(tables(), member.name, &Table::name) != tables().end()) continue;
      if (std::ranges::find(root_keys(), member.name, &Key::name) != root_keys().end()) {
        own.members.push_back(member);
        continue;
      }
      std::vector<std::string_view> names;
      for (const Key& key : root_keys()) names.push_back(key.name);
      for (const Table& table : tables()) names.push_back(table.name);
      std::string list;
      for (const Table& table : tables()) list += format("{}[{}]", list.empty() ? "" : ", ", table.name);
      problems_.add(member.at, format("unknown key {}{} (tables are {})", quoted(std::string_view(member.name).substr(0, 64)),
                                      did_you_mean(member.name, names), list));
    }
    if (!check_table(own, "the policy", root_keys(), problems_)) return;
    const std::string on_deny = text_of(own, "on_deny");
    policy_.on_deny = on_deny == "trap" ? OnDeny::trap : on_deny == "log" ? OnDeny::log : OnDeny::errno_;
    policy_.require_kernel = is_true(own, "require_kernel");
  }

  void read_table(const Member& member) {
    const Node& table = member.value;
    const auto known = std::ranges::find(tables(), member.name, &Table::name);
    if (known == tables().end()) return;
    const std::string what = format("[{}]", member.name);
    if (known->shape == TableShape::keys) {
      if (!check_table(table, what, known->keys, problems_)) return;
    } else if (table.kind != Node::Kind::table) {
      problems_.add(table.at, format("{} is a table, not {}", what, words(table.kind)));
      return;
    }
    if (member.name == "fs") read_folders(table, known->keys);
    if (member.name == "net") read_network(table);
    if (member.name == "env") read_environment(table, known->keys);
    if (member.name == "args") read_arguments(table);
    if (member.name == "clock") read_clock(table);
    if (member.name == "random") read_random(table);
    if (member.name == "limits") read_limits(table);
    if (member.name == "imports") {
      policy_.imports = texts_of(table, "allow");
      policy_.imports_at = member.at;
    }
  }

  void read_folders(const Node& table, std::span<const Key> keys) {
    for (const Member& member : table.members) {
      const std::string what = format("the folder {}", quoted(std::string_view(member.name).substr(0, 64)));
      if (auto checked = check_format(TextFormat::guest_path, member.name); !checked) {
        problems_.add(member.at, format("{}: {}", what, checked.error().message));
        continue;
      }
      if (member.value.kind == Node::Kind::text) {
        problems_.add(member.value.at, format("{} is a table: write {{ host = {}, read = true }}", what,
                                              quoted(std::string_view(member.value.text).substr(0, 64))));
        continue;
      }
      if (check_table(member.value, what, keys, problems_)) read_folder(member, what);
    }
  }

  void read_folder(const Member& member, const std::string& what) {
    const Node& table = member.value;
    FolderGrant grant{.guest = member.name, .host = text_of(table, "host"), .at = member.at};
    grant.read = is_true(table, "read");
    grant.write = is_true(table, "write");
    grant.create = is_true(table, "create");
    if (table.find("max_bytes") != nullptr) grant.max_bytes = size_of(table, "max_bytes", 0);
    if (table.find("max_files") != nullptr) grant.max_files = count_of(table, "max_files", 0);
    if (!grant.read && !grant.write && !grant.create)
      problems_.add(member.at, format("{} grants nothing: add read = true, or write = true", what));
    if (grant.create && !grant.write)
      problems_.add(member.at, format("{}: create = true needs write = true, since what is made is written", what));
    if (grant.max_bytes && !grant.write)
      problems_.add(member.at, format("{}: max_bytes bounds nothing without write = true", what));
    if (grant.max_files && !grant.create)
      problems_.add(member.at, format("{}: max_files bounds nothing without create = true", what));
    policy_.folders.push_back(std::move(grant));
  }

  void read_network(const Node& table) {
    for (const Direction direction : {Direction::outbound, Direction::listen}) {
      const std::string_view list_name = direction == Direction::listen ? "listen" : "outbound";
      const Member* list = table.find(list_name);
      if (list == nullptr) continue;
      auto& rules = direction == Direction::listen ? policy_.net.listen : policy_.net.outbound;
      for (const Member& member : list->value.members) {
        if (check_table(member.value, format("a rule of net.{}", list_name), net_rule_keys(), problems_))
          read_rule(member.value, direction, rules);
      }
    }
    for (const std::string& pattern : texts_of(table, "lookup")) policy_.net.lookup.push_back(*parse_name_pattern(pattern));
  }

  void read_rule(const Node& table, Direction direction, std::vector<NetRule>& rules) {
    NetRule rule{.at = table.at};
    rule.protocol = text_of(table, "protocol") == "udp" ? Protocol::udp : Protocol::tcp;
    rule.ports = *read_ports(table.find("ports")->value);
    for (const std::string& one : texts_of(table, "classes")) {
      for (unsigned i = 1; i <= static_cast<unsigned>(AddressClass::mapped); ++i) {
        if (name(static_cast<AddressClass>(i)) == one) rule.classes.add(static_cast<AddressClass>(i));
      }
    }
    const Member *const host = table.find("host"), *const cidr = table.find("cidr");
    if ((host == nullptr) == (cidr == nullptr)) {
      problems_.add(table.at, "a rule has either host or cidr");
      return;
    }
    if (host != nullptr && direction == Direction::listen) {
      problems_.add(host->at, "a rule of net.listen has cidr: the address to listen on, not a host name");
      return;
    }
    if (host != nullptr) rule.host = *parse_name_pattern(host->value.text);
    if (cidr != nullptr) rule.block = *Block::parse(cidr->value.text);
    if (rule.block && !check_classes(*rule.block, rule.classes, cidr->value.at)) return;
    for (const NetRule& earlier : rules) {
      if (earlier.covers(rule) && rule.covers(earlier)) {
        problems_.add(table.at, format("the same rule as in line {}", earlier.at.line));
        return;
      }
    }
    rules.push_back(std::move(rule));
  }

  // A block that lies in a class which the rule does not name would allow nothing.
  bool check_classes(const Block& block, AddressClasses named, Position at) {
    const AddressClasses classes = block.base.classes();
    if (named.has_all(classes) || !(classes == block.last().classes())) return true;
    problems_.add(at, format("{} lies in the address class {}: name it by classes = [\"…\"], or the rule allows nothing",
                             block.text(), classes.text()));
    return false;
  }

  void read_environment(const Node& table, std::span<const Key> keys) {
    for (const Member& member : table.members) {
      const std::string what = format("the variable {}", quoted(std::string_view(member.name).substr(0, 64)));
      Variable variable{.name = member.name, .value = member.value.text, .at = member.at};
      if (auto checked = check_format(TextFormat::variable, member.name); !checked) {
        problems_.add(member.at, format("{} {}", what, checked.error().message));
        continue;
      }
      if (member.value.kind == Node::Kind::table) {
        if (!check_table(member.value, what, keys, problems_) || !read_source(member, what, variable)) continue;
      } else if (member.value.kind != Node::Kind::text) {
        problems_.add(member.value.at,
                      format("{} is a text, {{ inherit = true }} or {{ allow = true }}, not {}", what, words(member.value.kind)));
        continue;
      } else if (auto checked = check_format(TextFormat::plain, variable.value); !checked) {
        problems_.add(member.value.at, format("{} {}", what, checked.error().message));
        continue;
      }
      policy_.environment.push_back(std::move(variable));
    }
  }

  bool read_source(const Member& member, const std::string& what, Variable& variable) {
    const bool has_value = member.value.find("value") != nullptr, inherits = is_true(member.value, "inherit"),
               is_open = is_true(member.value, "allow");
    if (static_cast<int>(has_value) + static_cast<int>(inherits) + static_cast<int>(is_open) != 1) {
      problems_.add(member.at, format("{} has exactly one of value, inherit = true and allow = true", what));
      return false;
    }
    variable.value = text_of(member.value, "value");
    variable.source = inherits ? Variable::Source::inherited : is_open ? Variable::Source::command_line : Variable::Source::fixed;
    return true;
  }

  void read_arguments(const Node& table) {
    Arguments& arguments = policy_.arguments;
    arguments.at = table.at;
    arguments.are_allowed = is_true(table, "allow");
    arguments.fixed = texts_of(table, "fixed");
    arguments.max_count = count_of(table, "max_count", arguments.max_count);
    arguments.max_bytes = size_of(table, "max_bytes", arguments.max_bytes);
  }

  void read_clock(const Node& table) {
    Clock& clock = policy_.clock;
    clock.at = table.at;
    for (const auto mode : {Clock::Mode::virtual_, Clock::Mode::coarse, Clock::Mode::real}) {
      if (text_of(table, "mode") == name(mode)) clock.mode = mode;
    }
    if (const Member* resolution = table.find("resolution")) {
      if (clock.mode != Clock::Mode::coarse) problems_.add(resolution->at, "resolution is for mode = \"coarse\"");
      clock.resolution_ns = read_duration_ms(resolution->value).value_or(1) * 1'000'000;
    }
    if (const Member* start = table.find("start")) {
      if (clock.mode != Clock::Mode::virtual_) problems_.add(start->at, "start is for mode = \"virtual\"");
      clock.start_ns = start->value.integer;
    }
  }

  void read_random(const Node& table) {
    Random& random = policy_.random;
    random.at = table.at;
    for (const auto mode : {Random::Mode::seeded, Random::Mode::real}) {
      if (text_of(table, "mode") == name(mode)) random.mode = mode;
    }
    const Member* seed = table.find("seed");
    if (seed != nullptr && random.mode != Random::Mode::seeded) problems_.add(seed->at, "seed is for mode = \"seeded\"");
    if (seed == nullptr && random.mode == Random::Mode::seeded) problems_.add(table.at, "mode = \"seeded\" needs a seed: seed = 1");
    random.seed = count_of(table, "seed", 0);
  }

  void read_limits(const Node& table) {
    for (const Member& member : table.members) {
      const auto limit = std::ranges::find(limit_keys(), member.name, &LimitKey::name);
      const uint64_t value = limit->type == KeyType::duration ? read_duration_ms(member.value).value_or(0)
                             : limit->type == KeyType::size   ? read_size(member.value).value_or(0)
                                                              : static_cast<uint64_t>(member.value.integer);
      policy_.limits.push_back({limit->name, value, member.at});
    }
  }

  Problems& problems_;
  Policy policy_;
};

}  // namespace

Result<Policy> parse(std::string_view text, std::string file) {
  Problems problems(file);
  Node root;
  if (!toml::read_document(text, bounds, problems, root)) return std::unexpected(problems.error());
  Policy policy = parse(root, std::move(file), problems);
  if (!problems.empty()) return std::unexpected(problems.error());
  return policy;
}

Policy parse(const Node& root, std::string file, Problems& problems) {
  return Parser(std::move(file), problems).read(root);
}

}  // namespace mote::policy
