// See learn.h.
#include "host/policy/learn.h"

#include "base/core/format.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mote::policy {
namespace {

// A path below an offered folder, without ".", ".." and double slashes.
std::string plain_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string text;
  for (const std::string_view part : parts) text += (text.empty() ? "" : "/") + std::string(part);
  return text;
}

std::string parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

std::string join(const std::string& folder, const std::string& below) {
  if (below.empty()) return folder;
  return folder + (folder.ends_with('/') ? "" : "/") + below;
}

void unite(Observed::Use& use, const Observed::Use& other) {
  use.read |= other.read, use.write |= other.write, use.create |= other.create;
  use.count += other.count;
}

bool covers(const Observed::Use& granted, const Observed::Use& use) {
  return (granted.read || !use.read) && (granted.write || !use.write) && (granted.create || !use.create);
}

// The grants for one offered folder: one for each folder whose use the grant above it does not cover.
void learn_folder(const Observed::Offered& offered, const IsPlain& is_plain, Learned& learned) {
  std::map<std::string, Observed::Use> uses;
  for (const auto& [below, use] : offered.folders) {
    std::string at = offered.guest == "." ? "" : below;  // relative paths have one folder
    while (!at.empty() && !is_plain(offered.host, at)) at = parent(at);
    unite(uses[at], use);
  }
  std::map<std::string, Observed::Use> grants;
  for (auto& [below, use] : uses) use.write |= use.create;  // a policy has it so
  for (const auto& [below, use] : uses) {                   // a folder comes before those in it
    auto* above = grants.contains("") ? &grants[""] : nullptr;
    for (std::string at = parent(below); !at.empty() && !below.empty(); at = parent(at)) {
      if (const auto found = grants.find(at); found != grants.end()) {
        above = &found->second;
        break;
      }
    }
    if (above != nullptr && covers(*above, use)) {
      above->count += use.count;
    } else {
      grants[below] = use;
    }
  }
  for (const auto& [below, use] : grants) {
    FolderGrant grant{.guest = join(offered.guest, below), .host = join(offered.host, below)};
    grant.read = use.read;
    grant.write = use.write;
    grant.create = use.create;
    learned.seen["[fs] " + grant.guest] = use.count;
    learned.policy.folders.push_back(std::move(grant));
  }
}

}  // namespace

void Observed::use(std::string_view guest, std::string_view path, bool writes, bool creates) {
  const auto found = std::ranges::find(offered, guest, &Offered::guest);
  if (found == offered.end() || !path.starts_with(guest)) return;
  const bool is_list = path.ends_with('/');
  const std::string thing = plain_path(path.substr(guest.size()));
  std::string folder = is_list ? thing : parent(thing);
  if (found->folders.size() >= folders_most && !found->folders.contains(folder)) folder.clear();
  unite(found->folders[folder], {.read = !writes && !creates, .write = writes, .create = creates, .count = 1});
}

Learned learn(const Observed& observed, const IsPlain& is_plain) {
  Learned learned;
  for (const Observed::Offered& offered : observed.offered) learn_folder(offered, is_plain, learned);
  Policy& policy = learned.policy;
  if (observed.clock != 0) {
    policy.clock.mode = Clock::Mode::real;
    learned.seen["[clock] mode"] = observed.clock;
  }
  if (observed.random != 0) {
    policy.random.mode = Random::Mode::real;
    learned.seen["[random] mode"] = observed.random;
  }
  if (observed.arguments != 0) {
    policy.arguments.are_allowed = true;
    learned.seen["[args] allow"] = observed.arguments;
  }
  for (const std::string& name : observed.environment) {
    policy.environment.push_back({.name = name, .source = Variable::Source::command_line, .value = {}});
  }
  policy.imports = observed.imports;
  std::ranges::sort(policy.imports);
  policy.imports.erase(std::ranges::unique(policy.imports).begin(), policy.imports.end());  // a module may import one twice
  return learned;
}

Policy merge(const Policy& old, const Policy& learned) {
  Policy merged = old;
  for (const FolderGrant& grant : learned.folders) {
    const auto same = std::ranges::find(merged.folders, grant.guest, &FolderGrant::guest);
    if (same == merged.folders.end()) {
      merged.folders.push_back(grant);
    } else {
      same->read |= grant.read, same->write |= grant.write, same->create |= grant.create;
    }
  }
  if (merged.clock.mode == Clock::Mode::none) merged.clock = learned.clock;
  if (merged.random.mode == Random::Mode::none) merged.random = learned.random;
  merged.arguments.are_allowed |= learned.arguments.are_allowed;
  for (const Variable& variable : learned.environment) {
    if (merged.variable(variable.name) == nullptr) merged.environment.push_back(variable);
  }
  for (const std::string& import : learned.imports) {
    const auto is_covered = [&](const std::string& pattern) { return covers_import(pattern, import); };
    if (std::ranges::none_of(merged.imports, is_covered)) merged.imports.push_back(import);
  }
  return merged;
}

Seen seen_in(std::string_view text) {
  constexpr std::string_view mark = "# seen ";
  Seen seen;
  std::string table;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with('[')) table = line.substr(0, line.find(']') + 1);
    const size_t equals = line.find(" = "), comment = line.rfind(mark);
    if (equals == line.npos || comment == line.npos) continue;
    std::string_view key = line.substr(0, equals);
    if (key.starts_with('"') && key.ends_with('"') && key.size() > 1) key = key.substr(1, key.size() - 2);
    uint64_t count = 0;
    std::from_chars(line.data() + comment + mark.size(), line.data() + line.size(), count);
    seen[format("{} {}", table, key)] += count;
  }
  return seen;
}

void add(Seen& seen, const Seen& more) {
  for (const auto& [key, count] : more) seen[key] += count;
}

}  // namespace mote::policy
