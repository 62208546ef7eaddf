// mote check: a manifest, what it names, and the modules of its components against what they are granted. mote explain: the same in
// words. Tested by tests/cases/manifest-check.case, manifest-explain.case.
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "apps/mote/input.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "apps/mote/sarif.h"
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/core/json.h"
#include "base/os/file.h"
#include "platform/manifest/check.h"
#include "platform/manifest/explain.h"

#include <algorithm>

namespace mote::cli {
namespace {

using manifest::Manifest;
using manifest::RuleIndex;
using policy::Level;

// One component's module, and what was found about it.
struct CheckedModule {
  const manifest::Component* component = nullptr;
  std::string path, digest;
  size_t imports = 0, refused = 0;
};

class Checking {
 public:
  Checking(std::string path, bool compares_lock) : path_(std::move(path)), compares_lock_(compares_lock) {}

  // False when the file cannot be read at all.
  Result<void> run() {
    const std::string text = TRY(read_text(path_, manifest::limits::file_size.hard));
    auto parsed = manifest::parse(text, path_);
    if (!parsed) {
      take_lines(RuleIndex::manifest_invalid, parsed.error().message, {});
      return {};
    }
    manifest_ = *std::move(parsed);
    for (const manifest::Finding& one : manifest::check(manifest_, this_disk(), this_environment()))
      add(one.rule, one.message, manifest_.file, one.at);
    const auto lock = compares_lock_ ? read_lock(lock_path(path_)) : std::nullopt;
    if (!lock) take_lines(RuleIndex::digest_differs, lock.error().message, {});
    for (const manifest::Component& component : manifest_.components) check_component(component, lock ? &*lock : nullptr);
    return {};
  }

  // What was found, as text.
  [[nodiscard]] std::string as_text() const {
    std::string text;
    for (const CheckedModule& one : modules_)
      text += format("component {} ({}): {}, {} import{}, {} refused\n", one.component->id, manifest_.place(one.component->at),
                     one.path, one.imports, one.imports == 1 ? "" : "s", one.refused);
    if (!modules_.empty() && !found_.empty()) text += "\n";
    for (const SarifResult& one : found_) {
      const std::string place =
          one.offset || one.at.line == 0 ? one.file : format("{}:{}:{}", one.file, one.at.line, one.at.column);
      text += format("{}: {}: {}\n", policy::name(one.rule->level), place, one.message);
      if (!one.path.empty()) text += format("  by {}\n", path_text(one.path));
    }
    if (!text.empty()) text += "\n";
    const auto counted = [&](Level level, std::string_view word) {
      const size_t n = count(level);
      return format("{} {}{}", n, word, n == 1 ? "" : "s");
    };
    return text + format("{}: {}, {}, {}\n", path_, counted(Level::error, "error"), counted(Level::warning, "warning"),
                         counted(Level::note, "note"));
  }

  [[nodiscard]] std::string as_json() const {
    JsonWriter json;
    json.begin('{');
    json.member("manifest", json_string(path_));
    json.name("components");
    json.begin('[');
    for (const CheckedModule& one : modules_) {
      json.begin('{');
      json.member("name", json_string(one.component->id));
      json.member("module", json_string(one.path));
      json.member("sha256", json_string(one.digest));
      json.member("imports", format("{}", one.imports));
      json.member("refused", format("{}", one.refused));
      json.end('}');
    }
    json.end(']');
    json.name("findings");
    json.begin('[');
    for (const SarifResult& one : found_) {
      json.begin('{');
      json.member("rule", json_string(one.rule->name));
      json.member("level", json_string(policy::name(one.rule->level)));
      json.member("message", json_string(one.message));
      json.member("file", json_string(one.file));
      json.member("line", one.at.line == 0 ? "null" : format("{}", one.at.line));
      json.member("column", one.at.line == 0 ? "null" : format("{}", one.at.column));
      json.end('}');
    }
    json.end(']');
    json.end('}');
    return indented_json(json.text());
  }

  [[nodiscard]] std::string as_sarif() const {
    std::vector<const policy::Rule*> rules;
    for (const policy::Rule& rule : policy::rules()) rules.push_back(&rule);
    for (const policy::Rule& rule : manifest::rules()) rules.push_back(&rule);
    return sarif("mote check", rules, found_);
  }

  [[nodiscard]] size_t count(Level level) const {
    return static_cast<size_t>(std::ranges::count_if(found_, [&](const SarifResult& one) { return one.rule->level == level; }));
  }

  // mote.lock as it would be now. Fails where a module cannot be read.
  [[nodiscard]] Result<manifest::Lock> lock() const {
    manifest::Lock made{.file = lock_path(path_)};
    for (const manifest::Component& component : manifest_.components) {
      const bool is_elsewhere = !component.source.url.empty();
      const auto checked = std::ranges::find(modules_, &component, &CheckedModule::component);
      if (!is_elsewhere && checked == modules_.end())
        return fail(ErrorKind::not_found, format("component {} has no module to lock", component.id));
      made.entries.push_back({component.id, is_elsewhere ? component.source.url : component.source.path,
                              is_elsewhere ? component.source.digest : checked->digest});
    }
    return made;
  }

 private:
  void add(RuleIndex rule, std::string message, std::string file, policy::Position at) {
    found_.push_back(
        {.rule = &manifest::rules()[static_cast<size_t>(rule)], .message = std::move(message), .file = std::move(file), .at = at});
  }

  // An error of several lines, each "FILE:LINE:COLUMN: what is wrong" or without the place.
  void take_lines(RuleIndex rule, std::string_view lines, policy::Position otherwise) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
      const Placed placed = split(line);
      if (placed.file.empty())
        add(rule, std::string(line), path_, otherwise);
      else
        add(rule, std::string(placed.message), std::string(placed.file), placed.at);
    }
  }

  struct Placed {
    std::string_view file, message;
    policy::Position at = {};
  };
  static Placed split(std::string_view line) {
    const size_t end = line.find(": ");
    std::string_view place = line.substr(0, end);
    uint32_t numbers[2] = {};
    size_t count = 0;
    for (; count < 2 && end != line.npos; ++count) {
      const size_t colon = place.rfind(':');
      if (colon == place.npos || colon + 1 == place.size() || place.size() - colon > 9 ||
          place.find_first_not_of("0123456789", colon + 1) != place.npos)
        break;
      for (const char c : place.substr(colon + 1)) numbers[count] = numbers[count] * 10 + static_cast<uint32_t>(c - '0');
      place = place.substr(0, colon);
    }
    if (count == 0) return {};
    return {place, line.substr(end + 2), count == 2 ? policy::Position{numbers[1], numbers[0]} : policy::Position{numbers[0], 1}};
  }

  void check_component(const manifest::Component& component, const std::optional<manifest::Lock>* lock) {
    const auto granted = component_policy(manifest_, component, values_here(manifest_, true));
    if (!granted) {
      const bool is_told = granted.error().kind == ErrorKind::not_found;  // by manifest::check
      if (!is_told) take_lines(RuleIndex::grants_invalid, granted.error().message, component.policy_at);
    }
    if (!component.source.url.empty())
      return add(RuleIndex::module_elsewhere,
                 format("component {}: the module behind {} was not looked at", component.id, component.source.url), manifest_.file,
                 component.source.at);
    const std::string path = manifest_.path(component.source.path);
    if (!os::exists(path)) return;  // told by manifest::check
    check_module(component, path, granted ? &*granted : nullptr, lock);
  }

  void check_module(const manifest::Component& component, const std::string& path, const policy::Policy* granted,
                    const std::optional<manifest::Lock>* lock) {
    const auto bytes = os::read_file(path, limits::module_size_bytes);
    if (!bytes) return add(RuleIndex::module_invalid, format("component {}: {}", component.id, bytes.error().message), path, {});
    CheckedModule checked{.component = &component, .path = path, .digest = hex(sha256(*bytes))};
    if (lock != nullptr && lock->has_value()) {
      if (const auto same = (*lock)->verify(component.id, checked.digest); !same)
        take_lines(RuleIndex::digest_differs, same.error().message, component.source.at);
    }
    const auto module = read_module_use(path);
    if (!module) return add(RuleIndex::module_invalid, format("component {}: {}", component.id, module.error().message), path, {});
    checked.imports = module->imports.size();
    if (granted != nullptr) {
      policy::Report report = policy::check(*granted, module->uses);
      std::erase_if(report.findings, [&](const policy::Finding& one) { return is_no_news(component, one); });
      checked.refused = static_cast<size_t>(
          std::ranges::count_if(report.findings, [](const policy::Finding& one) { return one.level() == Level::error; }));
      add_results(found_, path, *granted, *module, report, format("component {}: ", component.id));
    }
    modules_.push_back(std::move(checked));
  }

  // An event's arguments and variables come from its trigger; nobody asked for the clock of a component without a policy.
  static bool is_no_news(const manifest::Component& component, const policy::Finding& finding) {
    if (finding.rule == policy::RuleIndex::nothing_given) return true;
    const bool is_implied = component.policy_file.empty() && !component.policy && finding.at.line == component.at.line;
    return finding.rule == policy::RuleIndex::grant_unused && is_implied;
  }

  std::string path_;
  bool compares_lock_;
  Manifest manifest_;
  std::vector<CheckedModule> modules_;
  std::vector<SarifResult> found_;
};

int write_lock(const Checking& checking, const std::string& manifest_path) {
  const auto lock = checking.lock();
  if (!lock) return report(manifest_path, lock.error());
  const std::string text = manifest::write(*lock);
  const auto written = os::write_file(lock->file, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  if (!written) return report("", written.error());
  print(format("{}: {} components\n", lock->file, lock->entries.size()));
  return 0;
}

}  // namespace

int run_check(Options options) {
  if (options.prints_schema) {
    print(indented_json(manifest::schema()));
    return 0;
  }
  if (options.format == "markdown") return report("", Error{ErrorKind::bad_input, "check prints text|json|sarif, not markdown"});
  const auto path = find_manifest(options.words);
  if (!path) return report("", path.error());
  Checking checking(*path, !options.writes_lock);
  if (const auto ran = checking.run(); !ran) return report("", ran.error());
  if (options.writes_lock && checking.count(Level::error) == 0) return write_lock(checking, *path);
  print(options.format == "sarif" ? checking.as_sarif() : options.format == "json" ? checking.as_json() : checking.as_text());
  const bool is_bad = checking.count(Level::error) != 0 || (options.deny_warnings && checking.count(Level::warning) != 0);
  return is_bad ? status_found : 0;
}

int run_explain(Options options) {
  const auto path = find_manifest(options.words);
  if (!path) return report("", path.error());
  const auto manifest = read_manifest(*path);
  if (!manifest) return report("", manifest.error());
  std::vector<policy::Policy> policies;
  for (const manifest::Component& component : manifest->components) {
    auto policy = component_policy(*manifest, component, values_here(*manifest, false));
    if (!policy) return report("", policy.error());
    policies.push_back(*std::move(policy));
  }
  print(manifest::explain(*manifest, policies));
  return 0;
}

}  // namespace mote::cli
