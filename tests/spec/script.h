// A script of the specification suite as the runner sees it: commands with their modules, actions and expected values.
//
// Read from the JSON that wasm-tools makes of a .wast file (the dialect that WABT's wast2json began). Values are plain bits, so
// nothing here depends on an engine. Spec: interpreter "Scripts"; the suite's README describes the JSON.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::spec {

enum class ScriptKind : uint8_t { i32, i64, f32, f64, v128, ref };
// The heap that a null belongs to, and where a host reference is seen.
enum class Hierarchy : uint8_t { func, extern_, any, exn };
enum class RefClass : uint8_t { null, func, host, i31, struct_, array, exn, other };

// A value that goes into or comes out of an engine.
struct ScriptValue {
  ScriptKind kind = ScriptKind::i32;
  RefClass ref = RefClass::null;          // of references
  Hierarchy hierarchy = Hierarchy::func;  // of references
  uint64_t low = 0, high = 0;             // bits of a number, lanes from lane 0 up, or the number of a host reference
};
[[nodiscard]] std::string text(const ScriptValue& value);

// What a result must look like.
struct Pattern {
  enum Kind : uint8_t { number, null, host, a_ref, either } kind = number;
  // number: lanes from lane 0 up; a scalar has one lane.
  enum Match : uint8_t { bits, canonical_nan, arithmetic_nan };
  struct Lane {
    Match match = bits;
    uint64_t value = 0;
  };
  ScriptKind type = ScriptKind::i32;
  uint32_t lane_bits = 32;
  std::vector<Lane> lanes = {};
  Hierarchy hierarchy = Hierarchy::any;  // host
  uint64_t host_number = 0;
  std::string ref_type = {};  // a_ref: "funcref", "eqref", …: not null and of this type
  std::vector<Pattern> alternatives = {};

  [[nodiscard]] bool matches(const ScriptValue& value) const;
};
[[nodiscard]] std::string text(const Pattern& pattern);

struct Action {
  bool is_get = false;
  std::optional<std::string> module = {};  // the current instance when absent
  std::string field = {};                  // may hold any bytes, zeros too
  std::vector<ScriptValue> args = {};
};

enum class CommandType : uint8_t {
  module,
  module_definition,
  module_instance,
  register_,
  action,
  assert_return,
  assert_trap,
  assert_exception,
  assert_exhaustion,
  assert_malformed,
  assert_invalid,
  assert_malformed_custom,
  assert_invalid_custom,
  assert_unlinkable,
  assert_uninstantiable,
  thread,
  wait,
};
[[nodiscard]] const char* text(CommandType type);

struct Command {
  CommandType type = CommandType::module;
  uint32_t line = 0;
  std::optional<std::string> name = {};    // module, module_definition, register, module_instance's instance, thread, wait
  std::optional<std::string> module = {};  // module_instance's definition
  std::string as = {};                     // register
  std::string file = {};                   // of its binary module, relative to the script; empty when there is none
  bool is_text_only = false;               // the module exists as text alone: nothing for a reader of binaries to do
  std::string expected_text = {};
  Action action = {};
  std::vector<Pattern> expected = {};
  std::vector<Command> nested = {};  // thread; its `module` is what it shares
};

struct Script {
  std::string folder;
  std::vector<Command> commands;
};

// Reads FOLDER/NAME.json where NAME is the folder's last part.
[[nodiscard]] Result<Script> read_script(const std::string& folder);

// One row of groups.json.
struct GroupScript {
  std::string path;  // "core/address"
};
struct Group {
  uint32_t number = 0;
  std::string id;
  std::vector<GroupScript> scripts;
};
[[nodiscard]] Result<std::vector<Group>> read_groups(const std::string& suite);

}  // namespace mote::spec
