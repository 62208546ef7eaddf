// Runs one script against one engine and counts. Nothing here forks or prints; see suite.h for that.
#pragma once

#include "engine.h"
#include "script.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mote::spec {

struct Skip {
  std::string module;  // whose commands were skipped: "core/array/array.4.wasm"
  std::string reason;
  uint32_t commands = 0;
};
struct Tally {
  uint32_t passed = 0, failed = 0, skipped = 0, text_only = 0;
  std::vector<std::string> failures;  // "core/address:12: assert_return: …"
  std::vector<Skip> skips;

  void add(const Tally& other);
};

class ScriptRun {
 public:
  // `path` is the script's name in the suite, for messages. `is_proposal`: modules may be refused because they use a feature that
  // is not part of WebAssembly 3.0; then they and what depends on them are skipped.
  ScriptRun(const Script& script, std::string path, ScriptEngine& engine, bool is_proposal);
  // Only validation: module, assert_malformed and assert_invalid; other commands are not counted at all.
  void validate_only() { validates_only_ = true; }
  // Where the line of the current command is kept, so that a crash can be told by its line.
  void report_line_to(std::atomic<uint32_t>* line) { line_ = line; }

  [[nodiscard]] Tally run();

 private:
  // What stands behind a name: an instance, or the reason why there is none.
  struct Slot {
    std::optional<ScriptEngine::Instance> instance;
    std::string skipped_module, skip_reason;  // when there is none because of a skip
  };

  // A thread of the script, with the run of its commands.
  struct Thread {
    std::unique_ptr<ScriptEngine> engine;
    Script script;
    std::unique_ptr<ScriptRun> run;
    Tally tally;  // once it was joined
    std::thread thread;
  };

  void step(const Command& command);
  void step_module(const Command& command, Bytes bytes);
  void step_action(const Command& command);
  void step_rejected(const Command& command, Bytes bytes);
  void step_link_failure(const Command& command, Bytes bytes);
  void step_instance(const Command& command);
  void step_register(const Command& command);
  void step_thread(const Command& command);
  void step_wait(const Command& command);
  void join(Thread& thread);

  [[nodiscard]] std::optional<std::vector<uint8_t>> load(const Command& command);
  void instantiate(const Command& command, const std::string& file, Bytes bytes);
  [[nodiscard]] const Slot* skipped_import(Bytes bytes);
  [[nodiscard]] const Slot& slot_of(const std::optional<std::string>& name) const;
  void set_current(const Command& command, const Slot& slot);
  void judge(const Command& command, const Outcome& outcome);
  void judge_trap(const Command& command, const Outcome& outcome);

  void pass() { ++tally_.passed; }
  void fail_command(const Command& command, const std::string& why);
  void skip(const std::string& module, const std::string& reason, uint32_t commands = 1);
  [[nodiscard]] std::string path_of(const std::string& file) const { return path_ + "/" + file; }

  const Script& script_;
  std::string path_;
  ScriptEngine& engine_;
  bool is_proposal_;
  bool validates_only_ = false;
  std::atomic<uint32_t>* line_ = nullptr;

  Slot current_;
  std::map<std::string, Slot> named_;
  std::map<std::string, Slot> registered_;          // only those that were skipped
  std::map<std::string, std::string> definitions_;  // name → file
  std::string latest_definition_;
  std::map<std::string, std::unique_ptr<Thread>> threads_;
  bool threads_skipped_ = false;  // then what was to be computed by them cannot be looked at
  Tally tally_;
};

}  // namespace mote::spec
