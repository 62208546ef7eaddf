// What a table of a TOML file may hold, as data: from one description come the checks, "did you mean", the JSON Schema and the
// reference page. A key that is in no description does not exist. Tested by shape_test.cpp.
//
// Descriptions are constant tables: a Shape for each value, a Key for each name. Alternatives (`name or a table`) are a chain of
// shapes of different kinds of value, so that a message can say which of them was meant.
#pragma once

#include "base/toml/document.h"

#include <mote/result.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::toml {

// The form of a text: the regular expression that the schema gives, and the same as a function. Fails with what is wrong.
struct Form {
  std::string_view pattern;
  Result<void> (*check)(std::string_view text) = nullptr;
};

struct Key;
struct Shape {
  enum class Kind : uint8_t {
    boolean,
    integer,
    text,
    choice,    // one of `values`
    size,      // bytes: a number, or a text like "64K"
    duration,  // a text like "500ms"
    list,      // of `of`
    map,       // names of `form` to `of`
    table,     // of `keys`
    anything,  // is somebody else's
    refused,   // empty, if it is there at all: `why` says so
    elsewhere  // a table that another room describes and checks: the schema refers to it by `definition`
  };
  Kind kind = Kind::anything;
  std::string_view values = {};          // choice: separated by '|'
  const Form* form = nullptr;            // text; map: of the names
  uint64_t least = 0, most = INT64_MAX;  // integer, size; duration: milliseconds; list, map: how many
  const Shape* of = nullptr;             // list, map
  std::span<const Key> keys = {};        // table
  std::string_view why = {};             // refused
  std::string_view definition = {};      // table, elsewhere: the name in "$defs" of the schema; empty: in place
  const Shape* or_else = nullptr;        // what it may be instead
};

struct Key {
  std::string_view name;
  const Shape* shape = nullptr;
  std::string_view help = {};
  std::string_view standard = {};  // what holds when it is not said, in words; empty: nothing
  bool is_required = false;
};

// Checks a value and all below it; everything wrong goes to `problems`. `what` names it in messages: "[server]", "component.hello".
// False when something was wrong.
bool check(const Node& value, std::string_view what, const Shape& shape, Problems& problems);

// The JSON Schema (2020-12) of a shape, as one line. Named tables are referred to and added to `definitions`, each once.
struct Definition {
  std::string name, schema;
};
[[nodiscard]] std::string schema(const Shape& shape, std::vector<Definition>& definitions);

}  // namespace mote::toml
