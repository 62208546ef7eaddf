// See sarif.h.
#include "apps/mote/sarif.h"

#include "apps/mote/commands.h"
#include "base/core/format.h"
#include "base/core/json.h"

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
  Writer(const std::string& module_path, const std::string& policy_path, const ModuleUse& module, const policy::Report& report)
      : module_path_(module_path), policy_path_(policy_path), module_(module), report_(report) {}

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
    for (const policy::Finding& finding : report_.findings) write_result(finding);
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
    json_.member("name", json_string("mote policy check"));
    json_.member("version", json_string(version().substr(version().find(' ') + 1)));
    json_.name("rules");
    json_.begin('[');
    for (const policy::Rule& rule : policy::rules()) {
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
  void write_module_place(uint64_t offset) {
    json_.name("physicalLocation");
    json_.begin('{');
    write_artifact(module_path_);
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

  void write_policy_place(policy::Position at) {
    json_.name("physicalLocation");
    json_.begin('{');
    write_artifact(policy_path_);
    json_.name("region");
    json_.begin('{');
    json_.member("startLine", format("{}", std::max(at.line, 1u)));
    json_.member("startColumn", format("{}", std::max(at.column, 1u)));
    json_.end('}');
    json_.end('}');
  }

  void write_result(const policy::Finding& finding) {
    const policy::Rule& rule = policy::rules()[static_cast<size_t>(finding.rule)];
    json_.begin('{');
    json_.member("ruleId", json_string(rule.id));
    json_.member("ruleIndex", format("{}", static_cast<size_t>(finding.rule)));
    json_.member("level", json_string(policy::name(rule.level)));
    text("message", finding.message);
    json_.name("locations");
    json_.begin('[');
    json_.begin('{');
    if (finding.import)
      write_module_place(module_.imports[*finding.import].offset);
    else
      write_policy_place(finding.at);
    json_.end('}');
    json_.end(']');
    if (finding.import && !module_.imports[*finding.import].path.empty()) write_path(module_.imports[*finding.import].path);
    json_.end('}');
  }

  // The calls that lead to the import, as a code flow.
  void write_path(const std::vector<ReachStep>& path) {
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
      write_module_place(step.offset);
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

  const std::string& module_path_;
  const std::string& policy_path_;
  const ModuleUse& module_;
  const policy::Report& report_;
  JsonWriter json_;
};

}  // namespace

std::string sarif(const std::string& module_path, const std::string& policy_path, const ModuleUse& module,
                  const policy::Report& report) {
  return indented_json(Writer(module_path, policy_path, module, report).run());
}

}  // namespace mote::cli
