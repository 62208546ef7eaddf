// The audit log: what was refused, a JSON object a line. Bounded: of each rule and sort of thing the first few different things are
// written, the others are counted and told as "suppressed" by finish(). Tested by audit_test.cpp, tests/cases/audit.case.
#pragma once

#include "host/calls/denial.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mote::calls {

class Audit : public DenialListener {
 public:
  static constexpr size_t things_most = 16;  // for each rule and sort of thing
  // `guest` names who asked; `now_ns` is the time since 1970.
  Audit(std::function<void(std::string_view line)> write, std::string guest, uint64_t (*now_ns)())
      : write_(std::move(write)), guest_(std::move(guest)), now_ns_(now_ns) {}
  void denied(const Denial& denial) override;
  void finish();

 private:
  std::function<void(std::string_view)> write_;
  std::string guest_;
  uint64_t (*now_ns_)();
  Recent recent_{things_most};
};

}  // namespace mote::calls
