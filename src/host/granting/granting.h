// From what a policy grants to what a guest's process holds: its clocks and random numbers, what it may ask them, its folders.
//
// The one place where a grant becomes something that a guest can use. Tested by granting_test.cpp, tests/cases (dir, policy-run).
#pragma once

#include "base/io/waiting.h"
#include "host/policy/effective.h"
#include "host/sandbox/process.h"
#include "host/sandbox/system.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <span>

namespace mote::granting {

// Clocks and random numbers as a policy has them; without one the real ones. Outlives the process that uses them, and is used by
// its thread.
class Effects {
 public:
  // Random numbers for guests that come one after another are drawn from a reserve.
  enum class Guests : uint8_t { one, many };
  Effects(const policy::Policy* policy, io::Waiting& waiting, Guests guests);
  [[nodiscard]] sandbox::Clocks& clocks() { return clocks_ != nullptr ? *clocks_ : system_clocks_; }
  [[nodiscard]] sandbox::Random& random() { return *random_; }

 private:
  sandbox::SystemClocks system_clocks_;
  std::unique_ptr<sandbox::Clocks> clocks_;  // null: the system's
  std::unique_ptr<sandbox::Random> random_;
};

// Whether the guest may ask for the time and for random numbers.
void permit(sandbox::Process& process, const policy::Policy& policy);
// Opens the folders for the guest, behind what it has open already. Fails with the rule that names one which cannot be opened.
[[nodiscard]] Result<void> open_folders(sandbox::Process& process, std::span<const policy::EffectiveFolder> folders,
                                        bool lets_through);

}  // namespace mote::granting
