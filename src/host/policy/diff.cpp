// See diff.h.
#include "host/policy/diff.h"

#include "base/core/format.h"
#include "host/policy/keys.h"

#include <algorithm>
#include <functional>
#include <set>

namespace mote::policy {
namespace {

using Kind = Change::Kind;

std::string bool_text(bool value) {
  return value ? "yes" : "no";
}

class PolicyDiff {
 public:
  PolicyDiff(const Policy& before, const Policy& after) : before_(before), after_(after) {}

  std::vector<Change> run() {
    folders();
    rules("outbound", before_.net.outbound, after_.net.outbound);
    rules("listen", before_.net.listen, after_.net.listen);
    patterns("name lookup", before_.net.lookup, after_.net.lookup, covers_name);
    patterns("imports", before_.imports, after_.imports, covers_import);
    environment();
    arguments();
    clock_and_random();
    limits();
    ordered("on_deny",
            before_.on_deny == OnDeny::errno_ ? 1
            : before_.on_deny == OnDeny::log  ? 2
                                              : 0,
            after_.on_deny == OnDeny::errno_ ? 1
            : after_.on_deny == OnDeny::log  ? 2
                                             : 0,
            std::string(name(before_.on_deny)), std::string(name(after_.on_deny)));
    ordered("require_kernel", before_.require_kernel ? 0 : 1, after_.require_kernel ? 0 : 1, bool_text(before_.require_kernel),
            bool_text(after_.require_kernel));
    return std::move(changes_);
  }

 private:
  void add(Kind kind, std::string what, std::string before, std::string after) {
    changes_.push_back({kind, std::move(what), std::move(before), std::move(after)});
  }
  // A larger rank allows more.
  void ordered(std::string what, uint64_t before, uint64_t after, std::string before_text, std::string after_text) {
    if (before != after)
      add(before < after ? Kind::widened : Kind::narrowed, std::move(what), std::move(before_text), std::move(after_text));
  }

  static std::string text(const FolderGrant& grant) {
    return format("{}{}{}{}", quoted(grant.host), grant.read ? ", read" : "", grant.write ? ", write" : "",
                  grant.create ? ", create" : "");
  }
  void quota(const std::string& what, std::optional<uint64_t> before, std::optional<uint64_t> after) {
    const auto shown = [](std::optional<uint64_t> value) { return value ? format("{}", *value) : std::string("unlimited"); };
    ordered(what, before.value_or(UINT64_MAX), after.value_or(UINT64_MAX), shown(before), shown(after));
  }
  void folders() {
    for (const FolderGrant& old : before_.folders) {
      const auto now = std::ranges::find(after_.folders, old.guest, &FolderGrant::guest);
      const std::string what = format("folder {}", quoted(old.guest));
      if (now == after_.folders.end()) {
        // Without its own grant, that of a folder above it may govern.
        const FolderGrant* above = after_.folder(old.guest);
        const bool widens =
            above != nullptr && ((above->read && !old.read) || (above->write && !old.write) || (above->create && !old.create));
        add(widens ? Kind::widened : Kind::removed, what, text(old),
            above == nullptr ? "" : format("as {}: {}", quoted(above->guest), text(*above)));
        continue;
      }
      // Another folder of this machine is another thing to reach, whatever it is called.
      const bool is_inside = now->host.starts_with(old.host + "/") && now->host.find("..") == std::string::npos;
      if (now->host != old.host)
        add(is_inside ? Kind::narrowed : Kind::widened, what + ": host", quoted(old.host), quoted(now->host));
      ordered(what + ": read", old.read ? 1 : 0, now->read ? 1 : 0, bool_text(old.read), bool_text(now->read));
      ordered(what + ": write", old.write ? 1 : 0, now->write ? 1 : 0, bool_text(old.write), bool_text(now->write));
      ordered(what + ": create", old.create ? 1 : 0, now->create ? 1 : 0, bool_text(old.create), bool_text(now->create));
      if (old.write && now->write) quota(what + ": max_bytes", old.max_bytes, now->max_bytes);
      if (old.create && now->create) quota(what + ": max_files", old.max_files, now->max_files);
    }
    for (const FolderGrant& now : after_.folders) {
      if (std::ranges::find(before_.folders, now.guest, &FolderGrant::guest) == before_.folders.end())
        add(Kind::added, format("folder {}", quoted(now.guest)), "", text(now));
    }
  }

  // What of two lists is covered by nothing on the other side: pairs where one covers the other are one change.
  template <class T>
  void covered(const std::string& what, const std::vector<T>& before, const std::vector<T>& after,
               const std::function<bool(const T&, const T&)>& covers, const std::function<std::string(const T&)>& shown) {
    std::vector<bool> is_told(before.size());
    for (const T& now : after) {
      if (std::ranges::any_of(before, [&](const T& old) { return covers(old, now); })) continue;
      const auto old = std::ranges::find_if(before, [&](const T& one) { return covers(now, one); });
      if (old == before.end()) {
        add(Kind::added, what, "", shown(now));
      } else {
        add(Kind::widened, what, shown(*old), shown(now));
        is_told[static_cast<size_t>(old - before.begin())] = true;
      }
    }
    for (size_t i = 0; i < before.size(); ++i) {
      const T& old = before[i];
      if (is_told[i] || std::ranges::any_of(after, [&](const T& now) { return covers(now, old); })) continue;
      const auto now = std::ranges::find_if(after, [&](const T& one) { return covers(old, one); });
      add(now == after.end() ? Kind::removed : Kind::narrowed, what, shown(old), now == after.end() ? "" : shown(*now));
    }
  }
  void rules(std::string_view direction, const std::vector<NetRule>& before, const std::vector<NetRule>& after) {
    covered<NetRule>(
        format("net.{}", direction), before, after, [](const NetRule& a, const NetRule& b) { return a.covers(b); },
        [](const NetRule& rule) { return rule.text(); });
  }
  void patterns(const std::string& what, const std::vector<std::string>& before, const std::vector<std::string>& after,
                bool (*covers)(std::string_view, std::string_view)) {
    covered<std::string>(
        what, before, after, [covers](const std::string& a, const std::string& b) { return covers(a, b); },
        [](const std::string& pattern) { return pattern; });
  }

  static std::string text(const Variable& variable) {
    switch (variable.source) {
      case Variable::Source::fixed:
        return quoted(variable.value);
      case Variable::Source::inherited:
        return "inherited";
      case Variable::Source::command_line:
        return "from the command line";
    }
    return {};
  }
  void environment() {
    for (const Variable& old : before_.environment) {
      const Variable* now = after_.variable(old.name);
      const std::string what = format("variable {}", quoted(old.name));
      if (now == nullptr) {
        add(Kind::removed, what, text(old), "");
      } else if (now->source != old.source) {
        // What is not fixed by the file tells the guest something that the file's reader does not know.
        add(now->source == Variable::Source::fixed ? Kind::narrowed : Kind::widened, what, text(old), text(*now));
      } else if (now->value != old.value) {
        add(Kind::changed, what, text(old), text(*now));
      }
    }
    for (const Variable& now : after_.environment) {
      if (before_.variable(now.name) == nullptr) add(Kind::added, format("variable {}", quoted(now.name)), "", text(now));
    }
  }

  void arguments() {
    const Arguments &old = before_.arguments, &now = after_.arguments;
    ordered("arguments of the command line", old.are_allowed ? 1 : 0, now.are_allowed ? 1 : 0, bool_text(old.are_allowed),
            bool_text(now.are_allowed));
    if (old.are_allowed && now.are_allowed) {
      ordered("args.max_count", old.max_count, now.max_count, format("{}", old.max_count), format("{}", now.max_count));
      ordered("args.max_bytes", old.max_bytes, now.max_bytes, size_text(old.max_bytes), size_text(now.max_bytes));
    }
    const auto shown = [](const std::vector<std::string>& list) {
      std::string text;
      for (const std::string& one : list) text += format("{}{}", text.empty() ? "" : " ", quoted(one));
      return text;
    };
    if (old.fixed != now.fixed) add(Kind::changed, "args.fixed", shown(old.fixed), shown(now.fixed));
  }

  void clock_and_random() {
    const Clock &old = before_.clock, &now = after_.clock;
    ordered("clock", static_cast<uint64_t>(old.mode), static_cast<uint64_t>(now.mode), std::string(name(old.mode)),
            std::string(name(now.mode)));
    if (old.mode == Clock::Mode::coarse && now.mode == old.mode)  // finer steps tell more
      ordered("clock.resolution", UINT64_MAX - old.resolution_ns, UINT64_MAX - now.resolution_ns,
              duration_text(old.resolution_ns / 1'000'000), duration_text(now.resolution_ns / 1'000'000));
    if (old.mode == Clock::Mode::virtual_ && now.mode == old.mode && old.start_ns != now.start_ns)
      add(Kind::changed, "clock.start", format("{} s", old.start_ns / 1'000'000'000), format("{} s", now.start_ns / 1'000'000'000));
    const Random &old_random = before_.random, &new_random = after_.random;
    ordered("random", static_cast<uint64_t>(old_random.mode), static_cast<uint64_t>(new_random.mode),
            std::string(name(old_random.mode)), std::string(name(new_random.mode)));
    if (old_random.mode == Random::Mode::seeded && new_random.mode == old_random.mode && old_random.seed != new_random.seed)
      add(Kind::changed, "random.seed", format("{}", old_random.seed), format("{}", new_random.seed));
  }

  void limits() {
    for (const LimitKey& key : limit_keys()) {
      const auto value = [&](const Policy& policy) {
        const uint64_t set = policy.limit(key.name).value_or(key.standard);
        return !policy.limit(key.name) && key.standard == 0 ? UINT64_MAX : set;
      };
      const auto shown = [&](uint64_t number) {
        if (number == UINT64_MAX) return std::string("unlimited");
        return key.type == KeyType::size       ? size_text(number)
               : key.type == KeyType::duration ? duration_text(number)
                                               : format("{}", number);
      };
      const uint64_t old = value(before_), now = value(after_);
      ordered(format("limit {}", key.name), old, now, shown(old), shown(now));
    }
  }

  const Policy& before_;
  const Policy& after_;
  std::vector<Change> changes_;
};

// Where a module takes part: needs, and imports that are not WASI's.
class UseDiff {
 public:
  UseDiff(const Side& before, const Side& after) : before_(before), after_(after) {}

  std::vector<Change> run() {
    for (const Need need : {Need::folder, Need::writing, Need::creating, Need::listening, Need::connection, Need::arguments,
                            Need::environment, Need::clock, Need::random}) {
      tell(format("capability {}", name(need)), by_need(before_, need), by_need(after_, need));
    }
    std::set<std::pair<std::string, std::string>> others;
    for (const Side* side : {&before_, &after_}) {
      for (const ImportUse& use : side->uses) {
        if (is_other(use)) others.emplace(use.module, use.name);
      }
    }
    for (const auto& [module, import] : others) {
      tell(format("import {}", printable(format("{}.{}", module, import))), by_import(before_, module, import),
           by_import(after_, module, import));
    }
    return std::move(changes_);
  }

 private:
  struct Has {
    bool is_able = false;
    bool is_imported = false;  // a module imports it, reached or not
    std::string text;
  };

  static bool is_other(const ImportUse& use) {
    return !is_wasi(use.module) || use.kind != ExternKind::func || !capability(use.name);
  }

  static Has by_need(const Side& side, Need need) {
    if (side.policy != nullptr) {
      const auto by = granted_by(*side.policy, need);
      return {by.has_value(), false, by ? format("granted by {}", side.policy->place(*by)) : ""};
    }
    Has has;
    for (const ImportUse& use : side.uses) {
      const auto known = is_wasi(use.module) ? capability(use.name) : std::nullopt;
      if (!known || known->need != need) continue;
      has.is_imported = true;
      if (use.is_reachable) has.text += (has.text.empty() ? "" : ", ") + use.name;
    }
    has.is_able = !has.text.empty();
    return has;
  }
  static Has by_import(const Side& side, const std::string& module, const std::string& import) {
    if (side.policy != nullptr) {
      const bool is_allowed = side.policy->allows_import(module, import);
      return {is_allowed, false, is_allowed ? format("allowed by {}", side.policy->place(side.policy->imports_at)) : ""};
    }
    Has has;
    for (const ImportUse& use : side.uses) {
      if (use.module != module || use.name != import) continue;
      has.is_imported = true;
      has.is_able |= use.is_reachable;
    }
    if (has.is_able) has.text = "reachable";
    return has;
  }

  void tell(std::string what, const Has& old, const Has& now) {
    if (old.is_able == now.is_able) return;
    const auto shown = [](const Has& has) {
      return !has.is_able && has.is_imported ? std::string("imported, unreachable") : has.text;
    };
    const Kind kind =
        now.is_able ? (old.is_imported ? Kind::widened : Kind::added) : (now.is_imported ? Kind::narrowed : Kind::removed);
    changes_.push_back({kind, std::move(what), shown(old), shown(now)});
  }

  const Side& before_;
  const Side& after_;
  std::vector<Change> changes_;
};

}  // namespace

std::string_view name(Change::Kind kind) {
  switch (kind) {
    case Kind::added:
      return "added";
    case Kind::widened:
      return "widened";
    case Kind::narrowed:
      return "narrowed";
    case Kind::removed:
      return "removed";
    case Kind::changed:
      return "changed";
  }
  return "";
}

bool is_widening(const Change& change) {
  return change.kind == Kind::added || change.kind == Kind::widened;
}

std::vector<Change> compare(const Side& before, const Side& after) {
  std::vector<Change> changes = before.policy != nullptr && after.policy != nullptr
                                    ? PolicyDiff(*before.policy, *after.policy).run()
                                    : UseDiff(before, after).run();
  std::ranges::stable_sort(changes, {}, [](const Change& change) { return change.kind; });
  return changes;
}

}  // namespace mote::policy
