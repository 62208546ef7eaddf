// mote policy learn: runs a guest that may do everything in what it is offered, and writes the policy that grants what it did.
//
// The offered folders are granted no right at all but let everything through, so each first use of a right is noted as a refusal
// would be; that is the whole mechanism. Tested by tests/cases/policy-learn.case.
#include "apps/mote/arguments.h"
#include "apps/mote/command_policy.h"
#include "apps/mote/commands.h"
#include "apps/mote/learning.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "host/policy/diff.h"

#include <algorithm>
#include <utility>

namespace mote::cli {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

// Policies name folders relative to themselves: in another folder than this one, an absolute path is the plain way.
std::string host_for(const std::string& host, const std::string& output) {
  if (folder_of(output).empty()) return host;
  return os::real_path(host).value_or(host);
}

bool is_plain(const std::string& host, const std::string& below) {
  const auto root = os::real_path(host), found = os::real_path(host + "/" + below);
  return root && found && *found == (*root == "/" ? "" : *root) + "/" + below;
}

// The policy that is there already; nothing when there is none.
Result<std::optional<policy::Policy>> old_policy(const std::string& output, policy::Seen& seen) {
  if (output.empty() || !os::identity(output)) return std::nullopt;
  const auto bytes = TRY(os::read_file(output, policy::size_most));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  auto policy = TRY(policy::parse(text, output));
  seen = policy::seen_in(text);
  return policy;
}

Result<void> check_same_folders(const policy::Policy& old, const policy::Policy& learned) {
  for (const policy::FolderGrant& grant : learned.folders) {
    const auto same = std::ranges::find(old.folders, grant.guest, &policy::FolderGrant::guest);
    if (same == old.folders.end() || os::real_path(old.host_path(*same)) == os::real_path(grant.host)) continue;
    return fail(ErrorKind::bad_input, format("{} grants {} from another folder, {}; this run was offered {}", old.place(same->at),
                                             policy::quoted(grant.guest), same->host, grant.host));
  }
  return {};
}

constexpr std::string_view heading =
    "# Learned from runs by mote policy learn. Read it before you trust it: what a run did not do is not in it, and what it did\n"
    "# may be more than it should.\n";

Result<int> write_learned(const policy::Observed& observed, const std::string& output) {
  policy::Learned learned = policy::learn(observed, is_plain);
  policy::Seen seen;
  const auto old = TRY(old_policy(output, seen));
  policy::add(seen, learned.seen);
  int status = 0;
  policy::Policy result = learned.policy;
  if (old) {
    TRY(check_same_folders(*old, learned.policy));
    result = policy::merge(*old, learned.policy);
    const auto changes = policy::compare({.policy = &*old}, {.policy = &result});
    for (const policy::Change& change : changes) {
      if (!policy::is_widening(change)) continue;
      print_to_stderr(format("mote: {}: {} {}\n", output, policy::name(change.kind), change.what));
      status = status_found;
    }
  }
  const std::string text = std::string(heading) + "\n" + policy::toml(result, seen);
  TRY(policy::parse(text, "what was learned"));  // nobody is handed a file that mote itself would refuse
  if (output.empty()) {
    print(text);
  } else {
    TRY(os::write_file(output, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  return status;
}

}  // namespace

void Learning::denied(const calls::Denial& denial) {
  if (!denial.is_let_through) return;
  if (denial.kind == "clock") ++observed.clock;
  if (denial.kind == "random") ++observed.random;
  if (denial.kind == "read" || denial.kind == "write" || denial.kind == "create") {
    observed.use(denial.within, denial.subject, denial.kind == "write", denial.kind == "create");
  }
}

void Learning::ended(const calls::Call& call) {
  if (call.function.name == "args_get" && call.has_succeeded()) ++observed.arguments;
}

int policy_learn(const Options& options, std::span<const std::string> words) {
  if (words.empty() || words[0] != "run") {
    return report("", Error{ErrorKind::bad_input,
                            "policy learn needs a run behind --: mote policy learn [--offer HOST[::GUEST]] -- run [FLAGS] FILE …"});
  }
  const std::vector<std::string_view> run_words(words.begin() + 1, words.end());
  auto run = parse(for_run, run_words);
  if (!run) return report("", run.error());
  if (!run->policy.empty())
    return report("", Error{ErrorKind::bad_input, "policy learn -- run --policy: a policy is what it writes, not what it takes"});
  if (run->words.empty()) return report("", Error{ErrorKind::bad_input, "policy learn -- run needs a file"});
  run->folders.insert(run->folders.end(), options.folders.begin(), options.folders.end());

  Learning learning;
  for (const Options::GrantedFolder& folder : run->folders) {
    learning.observed.offered.push_back({.guest = folder.guest, .host = host_for(folder.host, options.output)});
  }
  for (const std::string& item : run->environment) learning.observed.environment.push_back(item.substr(0, item.find('=')));
  const bool has_arguments = run->words.size() > 1 && run->invoke.empty();
  const int ended = run_learning(*std::move(run), learning);
  if (ended == status_misuse && learning.observed.imports.empty()) return ended;  // it did not start
  if (!has_arguments) learning.observed.arguments = 0;
  if (ended != 0) print_to_stderr(format("mote: the guest ended with status {}: what it did until then was learned\n", ended));
  const auto status = write_learned(learning.observed, options.output);
  if (!status) return report("", status.error());
  return *status;
}

}  // namespace mote::cli
