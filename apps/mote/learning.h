// What a run used, as `mote policy learn` wants it: listens to refusals that are let through, and to calls. Tested by
// tests/cases/policy-learn.case.
#pragma once

#include "host/calls/denial.h"
#include "host/calls/watch.h"
#include "host/policy/learn.h"

namespace mote::cli {

class Learning : public calls::DenialListener, public calls::Sink {
 public:
  void denied(const calls::Denial& denial) override;
  void ended(const calls::Call& call) override;

  policy::Observed observed;
};

}  // namespace mote::cli
