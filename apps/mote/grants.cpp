// See grants.h.
#include "apps/mote/grants.h"

#include "apps/mote/command_policy.h"
#include "apps/mote/input.h"
#include "apps/mote/listeners.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/machine.h"

#include <algorithm>
#include <utility>

namespace mote::cli {
namespace {

std::string dir_flag(const Options::GrantedFolder& folder) {
  return format("--dir {}{}{}{}", folder.host,
                folder.guest == folder.host ? "" : "::", folder.guest == folder.host ? "" : folder.guest,
                folder.is_read_only ? ":ro" : "");
}

policy::Asked asked_by(const Options& options) {
  policy::Asked asked;
  for (const Options::GrantedFolder& folder : options.folders) {
    asked.folders.push_back({folder.host, folder.guest, folder.is_read_only, dir_flag(folder)});
  }
  asked.environment = options.environment;
  // With --invoke they are the function's.
  if (options.invoke.empty()) asked.arguments.assign(options.words.begin() + 1, options.words.end());
  for (const Options::SaidLimit& limit : options.said_limits) asked.limits.push_back({std::string(limit.name), limit.value});
  return asked;
}

// Without a policy the command line alone decides.
policy::Effective all_of(const policy::Asked& asked) {
  policy::Effective effective{.folders = {}, .environment = asked.environment, .arguments = asked.arguments, .limits = {}};
  for (const policy::Asked::Folder& folder : asked.folders) {
    effective.folders.push_back({.guest = folder.guest,
                                 .host = folder.host,
                                 .read = true,
                                 .write = !folder.is_read_only,
                                 .create = !folder.is_read_only,
                                 .rule = folder.flag});
  }
  return effective;
}

Result<void> check_usable(const policy::Policy& policy, const Options& options) {
  if (policy.on_deny == policy::OnDeny::log && !options.allow_unsafe_policy) {
    return fail(ErrorKind::denied,
                format("{}: on_deny = \"log\" lets through what the policy does not grant; add --allow-unsafe-policy if "
                       "that is meant",
                       policy.file));
  }
  return {};
}

Result<void> narrow_limits(const policy::Effective& effective, Options& options) {
  for (const policy::EffectiveLimit& limit : effective.limits) {
    const std::string text = format("{}{}", limit.value, limit.name == "timeout" || limit.name == "cpu-time" ? "ms" : "");
    if (auto set = set_limit(options, limit.name, text); !set) {
      return fail(set.error().kind, format("limit {} {}", limit.name, set.error().message));
    }
  }
  return {};
}

// Of an offered folder every use is to be noticed: it has no rights, and lets all of them through.
void offer(policy::EffectiveFolder& folder) {
  folder.read = folder.write = folder.create = false;
}

}  // namespace

Result<Grants> decide_grants(Options& options, Learning* learning) {
  const policy::Asked asked = asked_by(options);
  if (options.policy.empty()) {
    Grants all{.policy = std::nullopt, .effective = all_of(asked), .learning = learning};
    if (learning != nullptr) std::ranges::for_each(all.effective.folders, offer);
    return all;
  }
  Grants grants;
  grants.policy = TRY(read_policy(options.policy));
  TRY(check_usable(*grants.policy, options));
  const policy::Host host{.real_path = os::real_path,
                          .variable = [](const std::string& name) { return os::environment_variable(name.c_str()); }};
  grants.effective = TRY(policy::intersect(*grants.policy, asked, host));
  TRY(narrow_limits(grants.effective, options));
  return grants;
}

Result<void> check_imports(const Grants& grants, const Module& module) {
  if (!grants.policy) return {};
  std::string text;
  for (const ImportInfo& import : module.imports()) {
    if (grants.policy->allows_import(import.module, import.name)) continue;
    const std::string full = policy::printable(format("{}.{}", import.module, import.name));
    if (!text.empty()) text += "\nmote: ";
    text += format("imports {}, which {} does not allow; this line would: [imports] allow = [\"{}\"]", full,
                   grants.policy->place(grants.policy->imports_at), full);
  }
  if (text.empty()) return {};
  return fail(ErrorKind::denied, text);
}

GuestProcess::GuestProcess(const Grants& grants, io::Waiting& waiting)
    : effects_(grants.policy ? &*grants.policy : nullptr, waiting, granting::Effects::Guests::one),
      process_(std::make_unique<sandbox::Process>(effects_.clocks(), effects_.random())) {}

Result<std::unique_ptr<GuestProcess>> GuestProcess::make(const Grants& grants, const Options& options, io::Waiting& waiting) {
  std::unique_ptr<GuestProcess> made(new GuestProcess(grants, waiting));
  TRY(made->open(grants, options, waiting));
  return made;
}

Result<void> GuestProcess::open(const Grants& grants, const Options& options, io::Waiting& waiting) {
  sandbox::Process& process = *process_;
  process.descriptors_most = options.descriptors;
  process.limit_host_call_bytes(options.host_call_bytes);
  process.arguments = {options.argv0.value_or(file_name(options.words[0]))};
  process.arguments.insert(process.arguments.end(), grants.effective.arguments.begin(), grants.effective.arguments.end());
  process.environment = grants.effective.environment;
  bool lets_through = false;
  if (grants.learning != nullptr) {
    lets_through = true;
    process.clock = process.random = {.is_granted = false, .lets_through = true};
  } else if (grants.policy) {
    lets_through = grants.policy->on_deny == policy::OnDeny::log;
    granting::permit(process, *grants.policy);
  }
  const auto add = [&](sandbox::Descriptor descriptor, std::string_view what) -> Result<void> {
    if (process.open(std::move(descriptor))) return {};
    return fail(ErrorKind::limit, format("{}: more descriptors than -W max-descriptors={}", what, options.descriptors));
  };
  for (const int descriptor : {0, 1, 2}) {
    TRY(add({.stream = sandbox::system_stream(descriptor, waiting), .is_readable = descriptor == 0, .is_writable = descriptor != 0},
            "stdin, stdout, stderr"));
  }
  TRY(granting::open_folders(process, grants.effective.folders, lets_through));
  // Behind the folders: a library that looks for those stops at the first descriptor that is none.
  return open_listeners(process, options, grants.policy ? &*grants.policy : nullptr);
}

}  // namespace mote::cli
