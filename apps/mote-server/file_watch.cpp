// See file_watch.h.
#include "apps/mote-server/file_watch.h"

#include "base/os/clock.h"
#include "base/os/file.h"

#include <algorithm>
#include <utility>

namespace mote::cli {

FileWatch::FileWatch(io::Loop& loop, std::function<std::vector<std::string>()> files, std::function<void()> changed)
    : loop_(loop), files_(std::move(files)), changed_(std::move(changed)), told_(look()), last_(told_) {
  wait();
}

std::vector<FileWatch::Seen> FileWatch::look() const {
  std::vector<Seen> seen;
  for (std::string& path : files_()) {
    Seen one{.path = std::move(path)};
    if (const auto identity = os::identity(one.path)) {
      one.size = identity->size, one.inode = identity->inode;
      one.modified_ns = static_cast<int64_t>(identity->modified_ns);
    }
    seen.push_back(std::move(one));
  }
  return seen;
}

void FileWatch::wait() {
  constexpr uint64_t ns_per_ms = 1'000'000;
  wait_.reset();
  auto wait = loop_.wait({}, os::now_ns(os::Clock::monotonic) + pause_ms * ns_per_ms, [this] { look_again(); });
  if (wait) wait_ = *std::move(wait);
}

// Whoever writes a file may be in the middle of it: it counts when it rests.
void FileWatch::look_again() {
  auto now = look();
  const bool rests = now == last_;
  last_ = std::move(now);
  if (rests && last_ != told_) {
    changed_();
    told_ = look();  // another version may have other files
    // What changed while that went on is told next time.
    for (Seen& one : told_) {
      const auto before = std::ranges::find(last_, one.path, &Seen::path);
      if (before != last_.end()) one = *before;
    }
    last_ = told_;
  }
  wait();
}

}  // namespace mote::cli
