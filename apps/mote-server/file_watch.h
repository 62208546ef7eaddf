// Files that are looked at a few times a second, for `mote up --watch`: by their size, time and place on the disk, which a process
// behind a kernel wall may still ask. What changed is told when it has been the same for two looks. Tested by file_watch_test.cpp.
#pragma once

#include "base/io/loop.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mote::cli {

class FileWatch {
 public:
  static constexpr uint64_t pause_ms = 200;
  // `files`: those of now; asked at each look. `changed` is called from the loop.
  FileWatch(io::Loop& loop, std::function<std::vector<std::string>()> files, std::function<void()> changed);
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  struct Seen {
    std::string path;
    uint64_t size = 0, inode = 0;
    int64_t modified_ns = -1;  // not there
    bool operator==(const Seen&) const = default;
  };
  [[nodiscard]] std::vector<Seen> look() const;
  void wait();
  void look_again();

  io::Loop& loop_;
  std::function<std::vector<std::string>()> files_;
  std::function<void()> changed_;
  std::vector<Seen> told_, last_;
  std::unique_ptr<io::Loop::Wait> wait_;
};

}  // namespace mote::cli
