// mote policy diff: two policies, two modules, or one of each, compared by what they may do. Tested by
// tests/cases/policy-diff*.case.
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "host/policy/diff.h"

#include <algorithm>
#include <optional>

namespace mote::cli {
namespace {

// What was read from a file, and the view of it that is compared.
struct Compared {
  std::optional<policy::Policy> policy;
  ModuleUse module;
  [[nodiscard]] policy::Side side() const { return {policy ? &*policy : nullptr, module.uses}; }
};

// A module by its first bytes, also as text; anything else is a policy. Read once: the file may be a pipe.
Result<Compared> read(const std::string& path) {
  const auto bytes = TRY(os::read_file(path, limits::module_size_bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Compared compared;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (text.starts_with(std::string_view("\0asm", 4)) || Module::is_artifact(bytes)) {
    compared.module = TRY(module_use(bytes));
  } else if (first != text.npos && (text[first] == '(' || text[first] == ';')) {
    compared.module = TRY(read_module_use(path));
  } else {
    compared.policy = TRY(policy::parse(text, path));
  }
  return compared;
}

std::string as_text(const std::vector<policy::Change>& changes) {
  std::string text;
  for (const policy::Change& change : changes) {
    text += format("{:8} {}: ", policy::name(change.kind), change.what);
    if (change.before.empty())
      text += change.after;
    else
      text += format("{} → {}", change.before, change.after.empty() ? "nothing" : change.after);
    text += "\n";
  }
  return text.empty() ? "no difference\n" : text;
}

// A cell of a Markdown table, as code. Backquotes in it would end the code, bars the cell.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '`' ? std::string("'") : c == '|' ? std::string("\\|") : std::string(1, c);
  return out.empty() ? "–" : format("`{}`", out);
}

std::string as_markdown(const std::string& before, const std::string& after, const std::vector<policy::Change>& changes) {
  const auto widenings = std::ranges::count_if(changes, policy::is_widening);
  std::string text = format("### Capabilities: {} → {}\n\n", cell(before), cell(after));
  if (changes.empty()) return text + "No difference.\n";
  text += widenings == 0 ? "Nothing is widened.\n\n" : format("**{} widening{}.**\n\n", widenings, widenings == 1 ? "" : "s");
  text += "| | what | before | after |\n|---|---|---|---|\n";
  for (const policy::Change& change : changes) {
    const std::string_view kind = policy::name(change.kind);
    const std::string shown = policy::is_widening(change) ? format("**{}**", kind) : std::string(kind);
    text += format("| {} | {} | {} | {} |\n", shown, cell(change.what), cell(change.before), cell(change.after));
  }
  return text;
}

}  // namespace

int policy_diff(const Options& options, std::span<const std::string> words) {
  const auto before = read(words[0]);
  if (!before) return report(words[0], before.error());
  const auto after = read(words[1]);
  if (!after) return report(words[1], after.error());
  const auto changes = policy::compare(before->side(), after->side());
  print(options.format == "markdown" ? as_markdown(words[0], words[1], changes) : as_text(changes));
  return std::ranges::any_of(changes, policy::is_widening) ? status_found : 0;
}

}  // namespace mote::cli
