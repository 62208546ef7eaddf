// See run.h. A module that the engine cannot run yet (`unsupported`) takes the commands that depend on it along: they are
// skipped with the module's name and the engine's reason, and everything else still counts.
#include "run.h"

#include "base/core/format.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace mote::spec {

namespace {

const char* text(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::done:
      return "succeeded";
    case Outcome::trap:
      return "trapped";
    case Outcome::exception:
      return "threw";
    case Outcome::refused:
      return "was refused";
    case Outcome::unlinkable:
      return "did not link";
    case Outcome::unsupported:
      return "is not supported";
    case Outcome::error:
      return "failed";
  }
  return "?";
}

std::string text(const Outcome& outcome) {
  std::string result = text(outcome.kind);
  if (!outcome.words.empty()) result += ": " + outcome.words;
  for (const ScriptValue& value : outcome.values) result += " " + spec::text(value);
  return result;
}

// The module list shows what follows the colon too, a group's line does not.
std::string proposal_reason(const Outcome& outcome) {
  return "a proposal beyond WebAssembly 3.0: " + outcome.words;
}

constexpr const char* needs_threads = "this engine does not run the script's threads";

uint32_t count_commands(const Command& command) {
  uint32_t count = 1;
  for (const Command& nested : command.nested) count += count_commands(nested);
  return count;
}

// The 2020 threads proposal predates several memories and tables: what it calls invalid is valid today.
bool contradicts_current_specification(const std::string& path, const Command& command) {
  return path.starts_with("proposals/threads/") && command.type == CommandType::assert_invalid &&
         (command.expected_text == "multiple tables" || command.expected_text == "multiple memories");
}

}  // namespace

void Tally::add(const Tally& other) {
  passed += other.passed;
  failed += other.failed;
  skipped += other.skipped;
  text_only += other.text_only;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
  skips.insert(skips.end(), other.skips.begin(), other.skips.end());
}

ScriptRun::ScriptRun(const Script& script, std::string path, ScriptEngine& engine, bool is_proposal)
    : script_(script), path_(std::move(path)), engine_(engine), is_proposal_(is_proposal) {}

Tally ScriptRun::run() {
  for (const Command& command : script_.commands) {
    if (line_ != nullptr) line_->store(command.line);
    step(command);
  }
  for (auto& [name, thread] : threads_) join(*thread);
  return std::move(tally_);
}

void ScriptRun::fail_command(const Command& command, const std::string& why) {
  ++tally_.failed;
  std::string what = spec::text(command.type);
  if (!command.file.empty()) what += " " + command.file;
  if (!command.action.field.empty()) what += format(" \"{}\"", command.action.field);
  tally_.failures.push_back(format("{}:{}: {}: {}", path_, command.line, what, why));
}

void ScriptRun::skip(const std::string& module, const std::string& reason, uint32_t commands) {
  tally_.skipped += commands;
  for (Skip& one : tally_.skips) {
    if (one.module == module && one.reason == reason) {
      one.commands += commands;
      return;
    }
  }
  tally_.skips.push_back({module, reason, commands});
}

std::optional<std::vector<uint8_t>> ScriptRun::load(const Command& command) {
  std::ifstream file(script_.folder + "/" + command.file, std::ios::binary);
  if (!file) {
    fail_command(command, "cannot open the module");
    return std::nullopt;
  }
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

const ScriptRun::Slot& ScriptRun::slot_of(const std::optional<std::string>& name) const {
  static const Slot nothing;
  if (!name) return current_;
  const auto found = named_.find(*name);
  return found == named_.end() ? nothing : found->second;
}

void ScriptRun::set_current(const Command& command, const Slot& slot) {
  current_ = slot;
  if (command.name) named_[*command.name] = slot;
}

const ScriptRun::Slot* ScriptRun::skipped_import(Bytes bytes) {
  if (registered_.empty()) return nullptr;
  for (const std::string& module : engine_.import_modules(bytes)) {
    const auto found = registered_.find(module);
    if (found != registered_.end()) return &found->second;
  }
  return nullptr;
}

void ScriptRun::step(const Command& command) {
  if (command.is_text_only) {
    ++tally_.text_only;
    return;
  }
  if (contradicts_current_specification(path_, command)) {
    return skip(path_of(command.file), "the proposal of 2020 calls several memories and tables invalid; WebAssembly 3.0 has them");
  }
  std::vector<uint8_t> bytes;
  if (!command.file.empty()) {
    auto loaded = load(command);
    if (!loaded) return;
    bytes = std::move(*loaded);
  }
  switch (command.type) {
    case CommandType::module:
    case CommandType::module_definition:
      return step_module(command, bytes);
    case CommandType::assert_malformed:
    case CommandType::assert_invalid:
      return step_rejected(command, bytes);
    case CommandType::assert_malformed_custom:
    case CommandType::assert_invalid_custom:
      // What a custom section says does not make a module wrong; rejecting it would be the mistake.
      if (const Outcome outcome = engine_.validate(bytes); outcome.kind != Outcome::done) {
        return fail_command(command, "a custom section made the module wrong: " + outcome.words);
      }
      return pass();
    default:
      break;
  }
  if (validates_only_) return;
  switch (command.type) {
    case CommandType::module_instance:
      return step_instance(command);
    case CommandType::register_:
      return step_register(command);
    case CommandType::assert_unlinkable:
    case CommandType::assert_uninstantiable:
      return step_link_failure(command, bytes);
    case CommandType::thread:
      return step_thread(command);
    case CommandType::wait:
      return step_wait(command);
    default:
      return step_action(command);
  }
}

void ScriptRun::step_module(const Command& command, Bytes bytes) {
  if (command.type == CommandType::module_definition) {
    latest_definition_ = command.file;
    if (command.name) definitions_[*command.name] = command.file;
  }
  if (command.type == CommandType::module && !validates_only_) return instantiate(command, command.file, bytes);
  const Outcome outcome = engine_.validate(bytes);
  if (outcome.kind == Outcome::done) return pass();
  if (is_proposal_) return skip(path_of(command.file), proposal_reason(outcome));
  fail_command(command, text(outcome));
}

void ScriptRun::instantiate(const Command& command, const std::string& file, Bytes bytes) {
  if (const Slot* cause = skipped_import(bytes)) {
    const Slot slot{{}, cause->skipped_module, cause->skip_reason};
    skip(slot.skipped_module, slot.skip_reason);
    return set_current(command, slot);
  }
  ScriptEngine::Instance instance = 0;
  const Outcome outcome = engine_.instantiate(bytes, file, instance);
  const bool is_refused_proposal = is_proposal_ && (outcome.kind == Outcome::refused || outcome.kind == Outcome::unsupported);
  if (outcome.kind == Outcome::unsupported || is_refused_proposal) {
    const Slot slot{{}, path_of(file), is_refused_proposal ? proposal_reason(outcome) : outcome.words};
    skip(slot.skipped_module, slot.skip_reason);
    return set_current(command, slot);
  }
  if (outcome.kind != Outcome::done) return fail_command(command, text(outcome));
  set_current(command, Slot{instance, {}, {}});
  pass();
}

void ScriptRun::step_instance(const Command& command) {
  std::string file = latest_definition_;
  if (command.module) {
    const auto found = definitions_.find(*command.module);
    if (found == definitions_.end()) return fail_command(command, "no such definition");
    file = found->second;
  }
  Command with_file = command;
  with_file.file = file;
  if (const auto bytes = load(with_file)) instantiate(with_file, file, *bytes);
}

void ScriptRun::step_register(const Command& command) {
  const Slot& slot = slot_of(command.name);
  if (!slot.instance) {
    if (slot.skip_reason.empty()) return fail_command(command, "no such instance");
    registered_[command.as] = slot;
    return skip(slot.skipped_module, slot.skip_reason);
  }
  registered_.erase(command.as);
  const Outcome outcome = engine_.register_as(command.as, *slot.instance);
  if (outcome.kind != Outcome::done) return fail_command(command, text(outcome));
  pass();
}

// The thread's commands run in an engine of their own, which must be made here: its shared memories are this engine's.
void ScriptRun::step_thread(const Command& command) {
  std::optional<ScriptEngine::Instance> shared;
  if (command.module) {
    const Slot& slot = slot_of(command.module);
    if (!slot.instance) {
      if (slot.skip_reason.empty()) return fail_command(command, "no such instance");
      threads_skipped_ = true;
      return skip(slot.skipped_module, slot.skip_reason, count_commands(command));
    }
    shared = slot.instance;
  }
  auto engine = engine_.for_thread(shared);
  if (engine == nullptr) {
    threads_skipped_ = true;
    return skip(path_, needs_threads, count_commands(command));
  }
  auto thread = std::make_unique<Thread>(Thread{std::move(engine), {script_.folder, command.nested}, nullptr, {}, {}});
  thread->run = std::make_unique<ScriptRun>(thread->script, path_, *thread->engine, is_proposal_);
  if (shared) thread->run->named_[*command.module] = Slot{0, {}, {}};
  thread->run->report_line_to(line_);
  thread->thread = std::thread([thread = thread.get()] { thread->tally = thread->run->run(); });
  threads_[command.name.value_or("")] = std::move(thread);
  pass();
}

void ScriptRun::step_wait(const Command& command) {
  if (threads_skipped_) return skip(path_, needs_threads);
  const auto found = threads_.find(command.name.value_or(""));
  if (found == threads_.end()) return fail_command(command, "no such thread");
  join(*found->second);
  if (found->second->tally.failed != 0) return fail_command(command, "a command of the thread failed");
  pass();
}

void ScriptRun::join(Thread& thread) {
  if (!thread.thread.joinable()) return;
  thread.thread.join();
  tally_.add(thread.tally);
}

void ScriptRun::step_rejected(const Command& command, Bytes bytes) {
  const Outcome outcome = engine_.validate(bytes);
  if (outcome.kind == Outcome::refused) return pass();
  fail_command(command, format("expected \"{}\", but it {}", command.expected_text, text(outcome)));
}

void ScriptRun::step_link_failure(const Command& command, Bytes bytes) {
  if (const Slot* cause = skipped_import(bytes)) return skip(cause->skipped_module, cause->skip_reason);
  ScriptEngine::Instance instance = 0;
  const Outcome outcome = engine_.instantiate(bytes, command.file, instance);
  if (is_proposal_ && (outcome.kind == Outcome::refused || outcome.kind == Outcome::unsupported)) {
    return skip(path_of(command.file), proposal_reason(outcome));
  }
  if (outcome.kind == Outcome::unsupported) return skip(path_of(command.file), outcome.words);
  if (command.type == CommandType::assert_uninstantiable) return judge_trap(command, outcome);
  if (outcome.kind != Outcome::unlinkable || !outcome.words.starts_with(command.expected_text)) {
    return fail_command(command, format("expected \"{}\", but it {}", command.expected_text, text(outcome)));
  }
  pass();
}

void ScriptRun::step_action(const Command& command) {
  if (threads_skipped_) return skip(path_, needs_threads);
  const Slot& slot = slot_of(command.action.module);
  if (!slot.instance) {
    if (slot.skip_reason.empty()) return fail_command(command, "no such instance");
    return skip(slot.skipped_module, slot.skip_reason);
  }
  const Action& action = command.action;
  judge(command, action.is_get ? engine_.get_global(*slot.instance, action.field)
                               : engine_.invoke(*slot.instance, action.field, action.args));
}

void ScriptRun::judge(const Command& command, const Outcome& outcome) {
  const auto wrong = [&](const std::string& expected) {
    fail_command(command, format("expected {}, but it {}", expected, text(outcome)));
  };
  switch (command.type) {
    case CommandType::action:
      if (outcome.kind != Outcome::done) return wrong("no trap");
      return pass();
    case CommandType::assert_exception:
      if (outcome.kind != Outcome::exception) return wrong("an exception");
      return pass();
    case CommandType::assert_return: {
      std::string expected;
      for (const Pattern& pattern : command.expected) expected += (expected.empty() ? "" : " ") + spec::text(pattern);
      if (outcome.kind != Outcome::done || outcome.values.size() != command.expected.size()) return wrong("[" + expected + "]");
      for (size_t i = 0; i < command.expected.size(); ++i) {
        if (!command.expected[i].matches(outcome.values[i])) return wrong("[" + expected + "]");
      }
      return pass();
    }
    default:
      return judge_trap(command, outcome);
  }
}

// The suite's text may go on after the words ("uninitialized element 2").
void ScriptRun::judge_trap(const Command& command, const Outcome& outcome) {
  const bool is_right = outcome.kind == Outcome::trap && !outcome.words.empty() && command.expected_text.starts_with(outcome.words);
  if (!is_right) return fail_command(command, format("expected the trap \"{}\", but it {}", command.expected_text, text(outcome)));
  pass();
}

}  // namespace mote::spec
