// See sarif.h.
#include "apps/mote/sarif.h"

#include "apps/mote/commands.h"
#include "base/core/format.h"
#include "base/core/json.h"

#include <algorithm>
#include <utility>

namespace mote::cli {
namespace {

// A path as a relative or absolute URI reference (RFC 3986).
std::string uri(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~/").find(c) != std::string_view::npos;
    if (is_plain)
      out += c;
    else
      out += format("%{:02X}", static_cast<uint32_t>(static_cast<uint8_t>(c)));
  }
  return out;
}

class Writer {
 public:
  Writer(std::string_view tool, const std::vector<const policy::Rule*>& rules, std::span<const SarifResult> results)
      : tool_(tool), rules_(rules), results_(results) {}

  std::string run() {
    json_.begin('{');
    json_.member("$schema",
                 json_string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"));
    json_.member("version", json_string("2.1.0"));
    json_.name("runs");
    json_.begin('[');
    json_.begin('{');
    write_tool();
    json_.member("columnKind", json_string("unicodeCodePoints"));
    json_.name("results");
    json_.begin('[');
    for (const SarifResult& result : results_) write_result(result);
    json_.end(']');
    json_.end('}');
    json_.end(']');
    json_.end('}');
    return json_.text();
  }

 private:
  void text(std::string_view name, std::string_view value) {
    json_.name(name);
    json_.begin('{');
    json_.member("text", json_string(value));
    json_.end('}');
  }

  void write_tool() {
    json_.name("tool");
    json_.begin('{');
    json_.name("driver");
    json_.begin('{');
    json_.member("name", json_string(tool_));
    json_.member("version", json_string(version().substr(version().find(' ') + 1)));
    json_.name("rules");
    json_.begin('[');
    for (const policy::Rule* const one : rules_) {
      const policy::Rule& rule = *one;
      json_.begin('{');
      json_.member("id", json_string(rule.id));
      json_.member("name", json_string(rule.name));
      text("shortDescription", rule.help);
      json_.name("defaultConfiguration");
      json_.begin('{');
      json_.member("level", json_string(policy::name(rule.level)));
      json_.end('}');
      json_.end('}');
    }
    json_.end(']');
    json_.end('}');
    json_.end('}');
  }

  // A place in the module: SARIF counts bytes of binary files.
  void write_module_place(std::string_view file, uint64_t offset) {
    json_.name("physicalLocation");
    json_.begin('{');
    write_artifact(file);
    json_.name("region");
    json_.begin('{');
    json_.member("byteOffset", format("{}", offset));
    json_.member("byteLength", "1");
    json_.end('}');
    json_.end('}');
  }
  void write_artifact(std::string_view path) {
    json_.name("artifactLocation");
    json_.begin('{');
    json_.member("uri", json_string(uri(path)));
    json_.end('}');
  }

  void write_text_place(std::string_view file, policy::Position at) {
    json_.name("physicalLocation");
    json_.begin('{');
    write_artifact(file);
    json_.name("region");
    json_.begin('{');
    json_.member("startLine", format("{}", std::max(at.line, 1u)));
    json_.member("startColumn", format("{}", std::max(at.column, 1u)));
    json_.end('}');
    json_.end('}');
  }

  void write_result(const SarifResult& result) {
    const auto index = static_cast<size_t>(std::ranges::find(rules_, result.rule) - rules_.begin());
    json_.begin('{');
    json_.member("ruleId", json_string(result.rule->id));
    json_.member("ruleIndex", format("{}", index));
    json_.member("level", json_string(policy::name(result.rule->level)));
    text("message", result.message);
    json_.name("locations");
    json_.begin('[');
    json_.begin('{');
    if (result.offset)
      write_module_place(result.file, *result.offset);
    else
      write_text_place(result.file, result.at);
    json_.end('}');
    json_.end(']');
    if (!result.path.empty()) write_path(result.file, result.path);
    json_.end('}');
  }

  // The calls that lead to the import, as a code flow.
  void write_path(std::string_view file, const std::vector<ReachStep>& path) {
    json_.name("codeFlows");
    json_.begin('[');
    json_.begin('{');
    json_.name("threadFlows");
    json_.begin('[');
    json_.begin('{');
    json_.name("locations");
    json_.begin('[');
    for (const ReachStep& step : path) {
      json_.begin('{');
      json_.name("location");
      json_.begin('{');
      write_module_place(file, step.offset);
      json_.name("logicalLocations");
      json_.begin('[');
      json_.begin('{');
      json_.member("name", json_string(step.name));
      json_.member("kind", json_string("function"));
      json_.end('}');
      json_.end(']');
      text("message", step.name);
      json_.end('}');
      json_.end('}');
    }
    json_.end(']');
    json_.end('}');
    json_.end(']');
    json_.end('}');
    json_.end(']');
  }

  std::string_view tool_;
  const std::vector<const policy::Rule*>& rules_;
  std::span<const SarifResult> results_;
  JsonWriter json_;
};

}  // namespace

std::string sarif(std::string_view tool, const std::vector<const policy::Rule*>& rules, std::span<const SarifResult> results) {
  return indented_json(Writer(tool, rules, results).run());
}

void add_results(std::vector<SarifResult>& results, const std::string& module_path, const policy::Policy& policy,
                 const ModuleUse& module, const policy::Report& report, std::string_view about) {
  for (const policy::Finding& finding : report.findings) {
    SarifResult result{.rule = &policy::rules()[static_cast<size_t>(finding.rule)],
                       .message = std::string(about) + finding.message,
                       .at = finding.at};
    if (finding.import) {
      result.file = module_path;
      result.offset = module.imports[*finding.import].offset;
      result.path = module.imports[*finding.import].path;
    } else {
      result.file = policy.place({.file = finding.at.file});
    }
    results.push_back(std::move(result));
  }
}

std::string sarif(const std::string& module_path, const policy::Policy& policy, const ModuleUse& module,
                  const policy::Report& report) {
  std::vector<SarifResult> results;
  add_results(results, module_path, policy, module, report, "");
  std::vector<const policy::Rule*> rules;
  for (const policy::Rule& rule : policy::rules()) rules.push_back(&rule);
  return sarif("mote policy check", rules, results);
}

}  // namespace mote::cli
