// The seccomp filter of a confined process: which system calls it may still make. Private to base/os (confinement.h is the way in).
//
// An allow-list, made from system_calls.def and the calls whose arguments decide. What is not on it answers EPERM, so that a
// library which tries a call and has another way goes on; calls that this list is too old to know answer ENOSYS, as a kernel
// without them would. Calls of another architecture's numbering end the process: nothing of ours makes them. Tested by
// confinement_test.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

namespace mote::os {

enum CallGroup : uint8_t {
  engine_calls = 1,
  files_calls = 2,
  changes_calls = 4,
  sockets_calls = 8,
  network_calls = 16,
  versions_calls = 32
};

// Four numbers, the layout of the kernel's sock_filter.
struct FilterStep {
  uint16_t code;
  uint8_t if_true, if_false;
  uint32_t operand;
};

// For the groups in `groups` (CallGroup), which always hold the engine's own.
[[nodiscard]] std::vector<FilterStep> make_filter(uint32_t groups);
// For every thread of this process, for good; needs no_new_privs. The failure is an errno value.
[[nodiscard]] std::expected<void, int> install_filter(const std::vector<FilterStep>& filter);
// Whether this kernel has filters at all.
[[nodiscard]] bool has_filters();

}  // namespace mote::os
