// Isolated components (isolate = "process"): their processes are started, watched, and started again when they end.
//
// Each is a copy of a process that was made before the server had threads or a wall (platform/isolate/keeper.h); it deploys its one
// component, closes a wall of its own around what that component was granted and nothing else, and serves. It starts again in the
// version that it was: with the manifest as it was, and the same module. Tested by tests/up.
#pragma once

#include "apps/mote-server/surroundings.h"
#include "apps/mote/options.h"
#include "base/io/loop.h"
#include "platform/isolate/keeper.h"
#include "platform/observe/log.h"
#include "platform/wiring/node.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mote::cli {

class Isolation {
 public:
  // While this process has one thread. Options outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Isolation>> start(const Options& options, ReadManifest read);
  ~Isolation();

  // Processes that are started from now on are of this text.
  [[nodiscard]] Result<void> use(const ManifestText& text);
  [[nodiscard]] Result<wiring::CellProcess> start_cell(const manifest::Component& component, uint32_t workers);

  // From here on processes that end are replaced. All outlive it.
  struct Host {
    io::Loop& loop;
    wiring::Node& node;
    std::function<void(observe::LogLevel level, const std::string& component, const std::string& text)> say;
  };
  [[nodiscard]] Result<void> watch(Host host);
  void replaced();                            // the node has another version
  void kept();                                // likewise, with the processes of the one before
  void end_stuck(const isolate::Cell* cell);  // its process, which will be replaced
  [[nodiscard]] std::vector<std::string> not_ready() const;

 private:
  class Duty;
  // A process, or the want of one.
  struct Process {
    isolate::Request request;
    uint64_t started_ns = 0;
    uint32_t quick_ends = 0;  // one after another, soon after their start
    std::unique_ptr<io::Loop::Wait> starting = {};
  };

  Isolation(const Options& options, ReadManifest read);
  void look();
  void ended(uint64_t number, const std::string& how);
  void start_again(const wiring::Isolated& isolated, Process process);
  void start_later(const wiring::Isolated& isolated, Process process);
  [[nodiscard]] const wiring::Isolated* serving(uint64_t number) const;

  std::unique_ptr<Duty> duty_;
  std::unique_ptr<isolate::Keeper> keeper_;
  std::string digest_;  // of the text in use
  uint32_t workers_ = 0;
  std::optional<Host> host_;
  std::unique_ptr<io::Loop::Wait> looking_;
  std::map<uint64_t, Process> processes_;             // that live, by number
  std::map<const isolate::Cell*, uint64_t> numbers_;  // that serve
  std::map<uint64_t, std::string> early_;             // ended before their version served
  std::map<const isolate::Cell*, Process> absent_;    // to be started
  std::shared_ptr<const wiring::Version> version_;
};

}  // namespace mote::cli
