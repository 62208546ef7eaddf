// mote policy check: a module's imports by what they are for, how each is reached, and what the policy says to it.
// Tested by tests/cases/policy-check*.case, policy-sarif.case.
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "apps/mote/sarif.h"
#include "base/core/format.h"
#include "base/core/json.h"

#include <algorithm>

namespace mote::cli {
namespace {

using policy::Level;

std::string verdict(const policy::Policy& policy, const policy::JudgedImport& judged) {
  if (judged.need == policy::Need::nothing && judged.is_granted) return "needs no grant";
  if (!judged.is_granted) return "not granted";
  return format("granted by {}", policy.place(judged.by));
}

std::string list(const policy::Policy& policy, const ModuleUse& module, const policy::Report& report, bool is_reachable) {
  std::string text;
  for (size_t i = 0; i < module.imports.size(); ++i) {
    const ReachedImport& one = module.imports[i];
    if (one.is_reachable != is_reachable) continue;
    const policy::JudgedImport& judged = report.imports[i];
    text += format("  {}: {} ({}); {}\n", policy::printable(one.import.module + "." + one.import.name), judged.words,
                   policy::name(judged.need), verdict(policy, judged));
    if (!one.path.empty()) text += format("    {}\n", path_text(one.path));
  }
  return text;
}

std::string counted(size_t count, std::string_view what) {
  return format("{} {}{}", count, what, count == 1 ? "" : "s");
}

size_t count(const policy::Report& report, Level level) {
  return static_cast<size_t>(
      std::ranges::count_if(report.findings, [&](const policy::Finding& one) { return one.level() == level; }));
}

std::string as_text(const std::string& path, const policy::Policy& policy, const ModuleUse& module, const policy::Report& report) {
  std::string text = format("{} against {}\n", path, policy.file);
  if (const std::string reachable = list(policy, module, report, true); !reachable.empty())
    text += "\nreachable imports\n" + reachable;
  if (const std::string others = list(policy, module, report, false); !others.empty())
    text += "\nimported but unreachable\n" + others;
  if (!report.findings.empty()) text += "\n";
  for (const policy::Finding& finding : report.findings) {
    const std::string where = finding.import ? path : policy.place(finding.at);
    text += format("{}: {}: {}\n", policy::name(finding.level()), where, finding.message);
    if (finding.import && !module.imports[*finding.import].path.empty())
      text += format("  by {}\n", path_text(module.imports[*finding.import].path));
  }
  text += format("\n{}, {}, {}\n", counted(count(report, Level::error), "error"), counted(count(report, Level::warning), "warning"),
                 counted(count(report, Level::note), "note"));
  return text;
}

void write_imports(JsonWriter& json, const policy::Policy& policy, const ModuleUse& module, const policy::Report& report) {
  json.name("imports");
  json.begin('[');
  for (size_t i = 0; i < module.imports.size(); ++i) {
    const ReachedImport& one = module.imports[i];
    const policy::JudgedImport& judged = report.imports[i];
    json.begin('{');
    json.member("module", json_string(one.import.module));
    json.member("name", json_string(one.import.name));
    json.member("kind", json_string(name(one.import.kind)));
    json.member("capability", json_string(policy::name(judged.need)));
    json.member("does", json_string(judged.words));
    json.member("reachable", one.is_reachable ? "true" : "false");
    json.member("granted", judged.is_granted ? "true" : "false");
    json.member("granted_by", judged.is_granted && judged.by.line != 0 ? json_string(policy.place(judged.by)) : "null");
    json.name("path");
    json.begin('[');
    for (const ReachStep& step : one.path) {
      json.begin('{');
      json.member("name", json_string(step.name));
      json.member("function", format("{}", step.func));
      json.member("offset", step.offset == 0 ? "null" : format("{}", step.offset));
      json.end('}');
    }
    json.end(']');
    json.end('}');
  }
  json.end(']');
}

std::string as_json(const std::string& path, const policy::Policy& policy, const ModuleUse& module, const policy::Report& report) {
  JsonWriter json;
  json.begin('{');
  json.member("module", json_string(path));
  json.member("policy", json_string(policy.file));
  write_imports(json, policy, module, report);
  json.name("findings");
  json.begin('[');
  for (const policy::Finding& finding : report.findings) {
    json.begin('{');
    json.member("rule", json_string(policy::rules()[static_cast<size_t>(finding.rule)].name));
    json.member("level", json_string(policy::name(finding.level())));
    json.member("message", json_string(finding.message));
    json.member("import", finding.import ? format("{}", *finding.import) : "null");
    json.member("line", finding.at.line == 0 ? "null" : format("{}", finding.at.line));
    json.end('}');
  }
  json.end(']');
  json.end('}');
  return indented_json(json.text());
}

}  // namespace

Result<ModuleUse> module_use(std::span<const uint8_t> wasm) {
  ModuleUse module{.imports = TRY(reach_imports(wasm))};
  for (const ReachedImport& one : module.imports) {
    module.uses.push_back({one.import.module, one.import.name, one.import.kind, one.is_reachable});
  }
  return module;
}

Result<ModuleUse> read_module_use(const std::string& path) {
  const Input input = TRY(read_input(path));
  return module_use(input.bytes);
}

std::string path_text(const std::vector<ReachStep>& path) {
  std::string text;
  for (const ReachStep& step : path) {
    switch (step.by) {
      case ReachStep::By::exported:
        text += format("exported {}", policy::printable(step.name));
        break;
      case ReachStep::By::start:
        text += format("start {}", policy::printable(step.name));
        break;
      case ReachStep::By::host:
        text += format("host by reference → {}", policy::printable(step.name));
        break;
      case ReachStep::By::call:
        text += format(" → {}", policy::printable(step.name));
        break;
      case ReachStep::By::reference:
        text += format(" → by reference {}", policy::printable(step.name));
        break;
    }
  }
  return text;
}

int policy_check(const Options& options, std::span<const std::string> words) {
  const std::string &path = words[0], &policy_path = words[1];
  const auto policy = read_policy(policy_path);
  if (!policy) return report(policy_path, policy.error());
  const auto module = read_module_use(path);
  if (!module) return report(path, module.error());
  const policy::Report found = policy::check(*policy, module->uses);
  print(options.format == "sarif"  ? sarif(path, *policy, *module, found)
        : options.format == "json" ? as_json(path, *policy, *module, found)
                                   : as_text(path, *policy, *module, found));
  const bool is_bad = count(found, Level::error) != 0 || (options.deny_warnings && count(found, Level::warning) != 0);
  return is_bad ? status_found : 0;
}

}  // namespace mote::cli
