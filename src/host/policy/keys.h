// Every key that a policy file may have: the one table from which the parser's checks, "did you mean", the JSON Schema and the
// reference page are made. A key that is not here does not exist. Tested by policy_test.cpp (each key by its schema too).
#pragma once

#include <mote/limits.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace mote::policy {

enum class KeyType : uint8_t {
  boolean,
  choice,    // one of `values`, separated by '|'
  choices,   // a list of them
  size,      // bytes: a number, or a text like "64K"
  count,     // a whole number
  duration,  // a text like "500ms"
  time,      // a date and time with an offset from UTC
  text,      // `format` says of which form
  texts,     // a list of such
  ports,     // 443, "8000-8100", "*", or a list of them
  rules,     // a list of tables with the keys of net_rule_keys()
};

// The form of a text: what it means, and the regular expression that the schema gives for it.
enum class TextFormat : uint8_t { plain, folder, guest_path, variable, block, host, import };
[[nodiscard]] std::string_view pattern(TextFormat format);

struct Key {
  std::string_view name;
  KeyType type = KeyType::boolean;
  std::string_view help;
  std::string_view values = {};           // choice, choices
  TextFormat format = TextFormat::plain;  // text, texts
  uint64_t least = 0, most = INT64_MAX;   // size, count; duration: milliseconds
  bool is_required = false;
};

enum class TableShape : uint8_t {
  keys,       // the table has `keys`
  folders,    // its keys are guest paths, each a table with `keys`
  variables,  // its keys are names of variables, each a text or a table with `keys`
};
struct Table {
  std::string_view name;
  TableShape shape = TableShape::keys;
  std::string_view help;
  std::span<const Key> keys;
};

[[nodiscard]] std::span<const Key> root_keys();      // outside of any table
[[nodiscard]] std::span<const Table> tables();       // [fs], [net], …
[[nodiscard]] std::span<const Key> net_rule_keys();  // of each rule in net.outbound and net.listen

// The limits that a policy sets, in the spelling of `-W`. `standard` 0: unlimited.
struct LimitKey {
  std::string_view name;
  KeyType type;  // size, count or duration
  uint64_t standard, hard;
  std::string_view help;
};
[[nodiscard]] std::span<const LimitKey> limit_keys();

}  // namespace mote::policy
