// What `mote run` grants a guest: the command line, within the policy when there is one. And the Process that holds it.
//
// Tested by tests/cases: dir, environment, policy-run and others.
#pragma once

#include "apps/mote/options.h"
#include "host/granting/granting.h"
#include "host/policy/effective.h"
#include "host/sandbox/process.h"

#include <mote/engine.h>
#include <mote/result.h>

#include <memory>
#include <optional>

namespace mote::cli {

class Learning;

struct Grants {
  std::optional<policy::Policy> policy = {};
  policy::Effective effective = {};
  Learning* learning = nullptr;  // then nothing is granted, everything that could be is let through, and this is told
};

// Reads the policy, and narrows the limits of `options` to it. Errors name the line of the policy that would allow what was asked
// for.
[[nodiscard]] Result<Grants> decide_grants(Options& options, Learning* learning = nullptr);

// Whether the policy lets the module import what it imports.
[[nodiscard]] Result<void> check_imports(const Grants& grants, const Module& module);

// A guest's Process with the effects it uses; opens its streams and folders.
class GuestProcess {
 public:
  [[nodiscard]] static Result<std::unique_ptr<GuestProcess>> make(const Grants& grants, const Options& options,
                                                                  io::Waiting& waiting);
  [[nodiscard]] sandbox::Process& process() { return *process_; }

 private:
  GuestProcess(const Grants& grants, io::Waiting& waiting);
  [[nodiscard]] Result<void> open(const Grants& grants, const Options& options, io::Waiting& waiting);

  granting::Effects effects_;
  std::unique_ptr<sandbox::Process> process_;
};

}  // namespace mote::cli
