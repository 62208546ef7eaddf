// See granting.h.
#include "host/granting/granting.h"

#include "base/core/format.h"
#include "base/os/machine.h"
#include "host/sandbox/clocks.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mote::granting {
namespace {

sandbox::Permission permission(const policy::Policy& policy, bool is_granted, policy::Position at, std::string_view table) {
  return {.is_granted = is_granted,
          .lets_through = policy.on_deny == policy::OnDeny::log,
          .rule = policy.place(at),
          .would_grant = format("[{}] mode = \"real\"", table)};
}

// What was decided about a folder, and who is told of refusals.
std::shared_ptr<sandbox::Grant> grant_of(const policy::EffectiveFolder& folder, bool lets_through, calls::Denials& denials,
                                         std::shared_ptr<sandbox::KnownSizes> sizes) {
  auto grant = std::make_shared<sandbox::Grant>();
  grant->guest = folder.guest;
  grant->host = folder.host;
  grant->rule = folder.rule;
  grant->is_of_policy = folder.is_of_policy;
  grant->reads = folder.read;
  grant->writes = folder.write;
  grant->creates = folder.create;
  grant->bytes_most = folder.max_bytes;
  grant->files_most = folder.max_files;
  grant->lets_through = lets_through;
  grant->denials = &denials;
  grant->sizes = std::move(sizes);
  return grant;
}

}  // namespace

Effects::Effects(const policy::Policy* policy, io::Waiting& waiting, Guests guests) : system_clocks_(waiting) {
  if (guests == Guests::many) {
    random_ = std::make_unique<sandbox::ReserveRandom>();
  } else {
    random_ = std::make_unique<sandbox::SystemRandom>();
  }
  if (policy == nullptr) return;
  const policy::Clock& clock = policy->clock;
  if (clock.mode == policy::Clock::Mode::coarse) {
    clocks_ = std::make_unique<sandbox::CoarseClocks>(system_clocks_, clock.resolution_ns);
  } else if (clock.mode == policy::Clock::Mode::virtual_) {
    clocks_ = std::make_unique<sandbox::VirtualClocks>(system_clocks_, static_cast<uint64_t>(std::max<int64_t>(clock.start_ns, 0)));
  }
  if (policy->random.mode == policy::Random::Mode::seeded) random_ = std::make_unique<sandbox::SeededRandom>(policy->random.seed);
}

void permit(sandbox::Process& process, const policy::Policy& policy) {
  process.clock = permission(policy, policy.clock.mode != policy::Clock::Mode::none, policy.clock.at, "clock");
  process.random = permission(policy, policy.random.mode != policy::Random::Mode::none, policy.random.at, "random");
}

// MOTE_RESOLVE=walk keeps the kernel's own resolution of paths out of it: for tests.
Result<void> open_folders(sandbox::Process& process, std::span<const policy::EffectiveFolder> folders, bool lets_through) {
  const auto sizes = std::make_shared<sandbox::KnownSizes>();
  const bool walks = !folders.empty() && os::environment_variable("MOTE_RESOLVE").value_or("") == "walk";
  for (const policy::EffectiveFolder& folder : folders) {
    sandbox::Descriptor descriptor{.granted_as = folder.guest};
    auto opened = sandbox::Folder::granted(grant_of(folder, lets_through, process.denials, sizes),
                                           walks ? sandbox::Resolution::walk : sandbox::Resolution::automatic);
    if (!opened && folder.is_of_policy) opened.error().message = folder.rule + ": " + opened.error().message;
    descriptor.folder = TRY(std::move(opened));
    if (!process.open(std::move(descriptor))) {
      return fail(ErrorKind::limit,
                  format("{}: more descriptors than -W max-descriptors={}", folder.rule, process.descriptors_most));
    }
  }
  return {};
}

}  // namespace mote::granting
