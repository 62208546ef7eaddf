// See config_file.h.
#include "apps/mote/config_file.h"

#include "apps/mote/options.h"
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/os/file.h"
#include "base/toml/document.h"

#include <algorithm>
#include <vector>

namespace mote::cli {
namespace {

using toml::Member;
using toml::Node;
using toml::Problems;

constexpr uint64_t size_most = 1 << 20;

struct Table {
  std::string_view name;
  char group;
};
constexpr Table tables[] = {{"optimize", 'O'}, {"codegen", 'C'}, {"debug", 'D'}, {"wasm", 'W'}, {"wasi", 'S'}, {"record", 'R'}};

using TakeKey = std::function<Result<void>(char group, std::string_view item)>;

void read_value(char group, std::string_view name, const Node& value, const TakeKey& apply, Problems& problems) {
  std::string text;
  switch (value.kind) {
    case Node::Kind::boolean:
      text = value.boolean ? "y" : "n";
      break;
    case Node::Kind::integer:
      text = format("{}", value.integer);
      break;
    case Node::Kind::text:
      text = value.text;
      break;
    case Node::Kind::list:  // of a key that may be repeated
      for (const Member& one : value.members) {
        if (one.value.kind == Node::Kind::list)
          problems.add(one.value.at, format("{} is a value or a list of them, not a list of lists", name));
        else
          read_value(group, name, one.value, apply, problems);
      }
      return;
    case Node::Kind::real:
    case Node::Kind::time:
    case Node::Kind::other_time:
    case Node::Kind::table:
      problems.add(value.at, format("{} is true or false, a whole number or a text, not {}", name, words(value.kind)));
      return;
  }
  if (const auto applied = apply(group, format("{}={}", name, text)); !applied) problems.add(value.at, applied.error().message);
}

void read_table(const Member& member, const TakeKey& apply, Problems& problems) {
  const auto* const table = std::ranges::find(tables, member.name, &Table::name);
  if (table == std::end(tables)) {
    std::vector<std::string_view> names;
    for (const Table& one : tables) names.push_back(one.name);
    return problems.add(member.at, format("unknown table \"{}\"{}; there are [optimize], [codegen], [debug], [wasm], [wasi]",
                                          member.name, did_you_mean(member.name, names)));
  }
  if (member.value.kind != Node::Kind::table)
    return problems.add(member.at, format("\"{}\" is a table: [{}]", member.name, member.name));
  const std::string letter = format("-{}", table->group);
  if (const auto why = why_refused(letter); !why.empty() && !member.value.members.empty())
    return problems.add(member.at, format("[{}] is not part of this build: {}", member.name, why));
  for (const Member& one : member.value.members) read_value(table->group, one.name, one.value, apply, problems);
}

}  // namespace

Result<void> read_config(const std::string& path, const TakeKey& apply) {
  const auto bytes = TRY(os::read_file(path, size_most));
  Problems problems(path);
  Node root;
  if (toml::read_document({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, {.what = "a file of options"}, problems,
                          root)) {
    for (const Member& member : root.members) read_table(member, apply, problems);
  }
  if (!problems.empty()) return std::unexpected(problems.error());
  return {};
}

}  // namespace mote::cli
