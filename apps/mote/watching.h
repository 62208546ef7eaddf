// Who looks at a guest of `mote run`: --strace, --strace-summary, --audit, and the lines on stderr for what is refused.
//
// Tested by tests/cases: strace, audit, denials.
#pragma once

#include "apps/mote/grants.h"
#include "apps/mote/options.h"
#include "base/os/file.h"
#include "host/calls/audit.h"
#include "host/calls/strace.h"

#include <mote/store.h>

#include <memory>
#include <optional>

namespace mote::cli {

// A line on stderr for each rule that refuses something, at the first time.
class DenialsOnStderr : public calls::DenialListener {
 public:
  explicit DenialsOnStderr(bool is_learning) : is_learning_(is_learning) {}  // then what is let through is what is expected
  void denied(const calls::Denial& denial) override;

 private:
  bool is_learning_;
  calls::Recent recent_{1};
};

class Watching {
 public:
  // Opens the files. `guest` names the module in the audit log. Process and store end after this.
  [[nodiscard]] static Result<std::unique_ptr<Watching>> start(const Options& options, const Grants& grants, std::string guest,
                                                               sandbox::Process& process, Store& store);
  // How the guest ended; writes what is told at the end.
  void finish(const GuestResult<void>& result);

 private:
  Watching() = default;
  [[nodiscard]] Result<void> trace(const Options& options);

  os::File trace_file_, audit_file_;
  std::optional<calls::Strace> strace_;
  std::optional<calls::Summary> summary_;
  std::optional<calls::Audit> audit_;
  std::optional<DenialsOnStderr> to_stderr_;
  std::optional<calls::Watch> watch_;
};

}  // namespace mote::cli
