// What a guest may ask of the host while `mote snapshot` runs its initialisation: as little as leaves the result the same each
// time.
//
// What it reads then is part of every later start, so time, random numbers, the environment, arguments and stdin are refused until
// they are named (--allow); sockets always are. Files are what --dir grants. Stdout goes to stderr, and no stream says that it is a
// terminal. Tested by tests/cases/snapshot-refusals.case.
#pragma once

#include "apps/mote/options.h"
#include "base/io/waiting.h"
#include "host/calls/watch.h"
#include "host/sandbox/process.h"

#include <mote/result.h>

#include <optional>
#include <string>
#include <vector>

namespace mote::cli {

class Initialising : public calls::Interposer {
 public:
  // Puts the streams in their places. All outlive this. To be set as the interposer of the guest's Watch.
  Initialising(const Options& options, sandbox::Process& process, io::Waiting& waiting);
  Initialising(const Initialising&) = delete;
  Initialising& operator=(const Initialising&) = delete;
  [[nodiscard]] bool answer(calls::Call& call) override;

  // What was refused, and so ended the guest.
  [[nodiscard]] const std::optional<Error>& refused() const { return refused_; }
  // Whether the open descriptors are those that the next process will have; the error names one that is not.
  [[nodiscard]] Result<void> check_descriptors() const;
  // Whether it asked which folders were granted. C libraries keep the answer.
  [[nodiscard]] bool looked_for_folders() const { return looked_for_folders_; }

 private:
  [[nodiscard]] std::optional<Error> refusal(const calls::Call& call) const;
  [[nodiscard]] bool reads_stdin(const calls::Call& call) const;

  const Options& options_;
  sandbox::Process& process_;
  std::vector<const void*> descriptors_;  // what was open from the start, by number
  std::optional<Error> refused_;
  bool looked_for_folders_ = false;
};

}  // namespace mote::cli
