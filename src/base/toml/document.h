// A TOML file as a tree of values that know where they stand. The one way in for the bytes of such a file: of policies, manifests,
// and of `mote --config`.
//
// document.cpp is the only file that includes the TOML library: everything above sees Nodes. Depth, size and count are bounded
// here, so whoever walks a Node may recurse. Tested by shape_test.cpp, host/policy/policy_test.cpp and fuzz/policy.cpp.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::toml {

// Both count from 1; 0 is "nowhere". Columns count characters.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t file = 0;  // where one thing comes from several files: which, to whoever put it together; 0 is the one that names it
};

struct Member;
struct Node {
  enum class Kind : uint8_t { boolean, integer, real, text, time, other_time, list, table };
  Kind kind = Kind::table;
  Position at;
  bool boolean = false;
  int64_t integer = 0;  // time: nanoseconds since 1970, UTC
  std::string text;
  std::vector<Member> members;  // of a table, in the order of the file; of a list, without names

  [[nodiscard]] const Member* find(std::string_view name) const;
};
struct Member {
  std::string name;
  Position at;
  Node value;
};

// "true or false", "a number", …: what a value is, for messages.
[[nodiscard]] std::string_view words(Node::Kind kind);

// What is wrong with a file, and where: everything that was found, up to a limit.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(Position at, std::string_view message);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  // Further ones are only counted: nobody needs to think about their words.
  [[nodiscard]] bool is_full() const { return count_ >= most; }
  // One line for each, "FILE:LINE:COLUMN: what is wrong", in the order of the file.
  [[nodiscard]] Error error() const;

 private:
  static constexpr size_t most = 20;
  struct One {
    Position at;
    std::string message;
  };
  std::string file_;
  std::vector<One> all_;
  size_t count_ = 0;
};

// What a file of some kind can hold.
struct Bounds {
  std::string_view what;     // "a policy"
  uint64_t size = 1u << 20;  // bytes
  uint32_t depth = 8;        // of values in values
  uint32_t values = 10'000;  // in all, so that what compares each with each stays short
};

// The root table, or nothing and a problem.
[[nodiscard]] bool read_document(std::string_view text, const Bounds& bounds, Problems& problems, Node& root);

}  // namespace mote::toml
