// What a component may reach: its policy and what the manifest's own words add, as one policy that knows the file and the line of
// each grant.
//
// `environment` and `variables` are variables, `files` are folders to read, `allowed_outbound_hosts` are rules of the network. A
// component without a policy has, as under Spin, a clock and random numbers besides. Time, memory and host calls of an event
// are limited always. What both a policy and the manifest say is refused. Tested by grants_test.cpp.
#pragma once

#include "platform/manifest/assets.h"
#include "platform/manifest/manifest.h"

namespace mote::manifest {

struct GrantInput {
  const policy::Policy* of_file = nullptr;  // what Component::policy_file holds; null: it names none
  Lookup values;                            // of variables; secret ones too
  bool may_lack_values = false;  // then hosts with a variable that `values` leaves in braces are not granted: for looking at
  std::string assets = {};       // the folder that was put together for `files`; empty: each is a folder of its own
};

// Errors: bad_input, a line for each thing that is wrong.
[[nodiscard]] Result<policy::Policy> grants(const Manifest& manifest, const Component& component, const GrantInput& input);

}  // namespace mote::manifest
