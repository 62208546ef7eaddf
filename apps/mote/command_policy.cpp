// mote policy: capability policies, without a running guest. Each part has a row here; `check` and `diff` have files of their own.
// Tested by tests/cases/policy-*.case.
#include "apps/mote/command_policy.h"

#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/core/nearest.h"
#include "base/os/file.h"

#include <algorithm>
#include <vector>

namespace mote::cli {
namespace {

struct Part {
  std::string_view name, usage;
  size_t word_count;
  std::string_view formats;  // separated by '|'
  int (*run)(const Options& options, std::span<const std::string> words);
};
constexpr size_t any_words = SIZE_MAX;
constexpr Part parts[] = {
    {"check", "mote policy check FILE POLICY", 2, "text|json|sarif", policy_check},
    {"diff", "mote policy diff OLD NEW", 2, "text|markdown", policy_diff},
    {"explain", "mote policy explain POLICY", 1, "text", policy_explain},
    {"learn", "mote policy learn [--offer HOST[::GUEST]] [-o FILE] -- run [FLAGS] FILE …", any_words, "text", policy_learn},
    {"schema", "mote policy schema", 0, "text|json", policy_schema},
};

bool has_format(std::string_view formats, std::string_view format) {
  return formats.starts_with(format) || formats.find("|" + std::string(format)) != formats.npos;
}

int misuse(std::string message) {
  return report("", Error{ErrorKind::bad_input, std::move(message)});
}

}  // namespace

Result<policy::Policy> read_policy(const std::string& path) {
  const auto bytes = TRY(os::read_file(path, policy::size_most));
  return policy::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

int policy_explain(const Options&, std::span<const std::string> words) {
  const auto policy = read_policy(words[0]);
  if (!policy) return report(words[0], policy.error());
  print(policy::explain(*policy));
  return 0;
}

int policy_schema(const Options&, std::span<const std::string>) {
  print(indented_json(policy::schema()));
  return 0;
}

int run_policy(Options options) {
  std::vector<std::string_view> names;
  for (const Part& part : parts) names.push_back(part.name);
  if (options.words.empty()) return misuse(format("policy needs one of {} (mote help policy explains)", policy_words));
  const std::string& asked = options.words[0];
  const auto part = std::ranges::find(parts, asked, &Part::name);
  if (part == std::end(parts))
    return misuse(format("policy has no \"{}\"{} (it has {})", asked, did_you_mean(asked, names), policy_words));
  const std::span<const std::string> words = std::span(options.words).subspan(1);
  if (part->word_count != any_words && words.size() != part->word_count)
    return misuse(
        format("policy {} takes {} file{}: {}", part->name, part->word_count, part->word_count == 1 ? "" : "s", part->usage));
  if (!has_format(part->formats, options.format))
    return misuse(format("policy {} prints {}, not {}", part->name, part->formats, options.format));
  return part->run(options, words);
}

}  // namespace mote::cli
