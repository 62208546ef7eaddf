// A line for each host call, in the manner of strace(1), or a JSON object a line; and the table of `strace -c`.
//
//   path_open(3, SYMLINK_FOLLOW, "a.txt", CREAT, fd_write, 0, 0, [4]) = 0 <0.000021>
//   fd_write(4, [{"hello\n", 6}], 1, [6]) = 0 <0.000004>
//   memory.grow(+16) = 17
//
// A call that waits is written when it ends, or as <unfinished ...> by finish(). Tested by strace_test.cpp,
// tests/cases/strace.case.
#pragma once

#include "host/calls/filter.h"
#include "host/calls/watch.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace mote::calls {

using Write = std::function<void(std::string_view line)>;  // whole lines

class Strace : public Sink {
 public:
  enum class Format : uint8_t { text, jsonl };
  Strace(Write write, Filter filter, Format format) : write_(std::move(write)), filter_(std::move(filter)), format_(format) {}
  void began(const Call& call) override;
  void ended(const Call& call) override;
  void memory_grew(const Growth& growth) override;
  // The guest has ended: `how` is "exited with 3" or "trapped: unreachable". Writes the call it was in, if any.
  void finish(std::string_view how);

 private:
  void write_json(const Call& call) const;

  Write write_;
  Filter filter_;
  Format format_;
  std::string inputs_;  // text: the call in progress, as far as it is known
  bool is_open_ = false;
};

// Counts calls, failures and time by function.
class Summary : public Sink {
 public:
  explicit Summary(Filter filter) : filter_(std::move(filter)) {}
  void ended(const Call& call) override;
  void memory_grew(const Growth& growth) override;
  [[nodiscard]] std::string text() const;

 private:
  struct Row {
    uint64_t calls = 0, errors = 0, denied = 0, total_ns = 0;
  };
  Filter filter_;
  std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace mote::calls
