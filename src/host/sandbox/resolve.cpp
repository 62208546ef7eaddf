// See resolve.h.
#include "host/sandbox/resolve.h"

#include "host/sandbox/refusal.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

namespace mote::sandbox {
namespace {

using os::opening::create;
using os::opening::folder;
using os::opening::no_follow;
using os::opening::path_only;

constexpr int links_limit = 40;     // symbolic links followed for one path, as in the kernel
constexpr size_t levels_held = 32;  // folders that a walk keeps open, whatever the depth of a path

std::unexpected<Refusal> refuse(int error_number) {
  return std::unexpected(refusal(error_number));
}
std::unexpected<Refusal> refuse_to_leave() {
  return std::unexpected(Refusal::outside);
}

// The walk: goes down `rest_` from the root.
class Walk {
 public:
  Walk(int root, const std::string& path) : root_(root), rest_(path) {}

  Outcome<os::File> open(Follow follow, uint32_t how) {
    if (rest_.front() == '/') return refuse_to_leave();
    bool must_be_folder = rest_.back() == '/';
    for (;;) {
      const auto name = descend();
      if (!name) return std::unexpected(name.error());
      const bool has_slash = must_be_folder && *name != ".";  // "." is a folder anyhow
      if (has_slash && (how & create) != 0) return std::unexpected(Refusal::is_a_folder);
      auto file = os::open_in(top(), *name, how | no_follow | (has_slash ? folder : 0));
      const bool follows = follow == Follow::yes || must_be_folder;
      if (file && !(follows && (how & path_only) != 0)) return std::move(*file);
      if (!file && (!follows || (file.error() != ELOOP && file.error() != ENOTDIR))) return refuse(file.error());
      // Perhaps a link: then the way goes on where it points to.
      const auto target = os::link_target(top(), *name);
      if (!target) return file ? Outcome<os::File>(std::move(*file)) : refuse(file.error());
      rest_.clear();
      if (auto expanded = expand(*target); !expanded) return std::unexpected(expanded.error());
      must_be_folder = must_be_folder || rest_.back() == '/';
    }
  }

 private:
  struct Level {
    std::string name;
    os::File folder;  // may be closed when it is far above
  };

  int top() const { return levels_.empty() ? root_ : levels_.back().folder.descriptor(); }

  // Enters every folder of the way but the last component, which is returned ("." when the way ends in a folder already entered).
  Outcome<std::string> descend() {
    for (;;) {
      rest_.erase(0, rest_.find_first_not_of('/'));
      const size_t slash = std::min(rest_.find('/'), rest_.size());
      std::string name = rest_.substr(0, slash);
      rest_.erase(0, rest_.find_first_not_of('/', slash));
      const bool is_last = rest_.empty();
      if (name == "..") {
        if (auto left = leave(); !left) return std::unexpected(left.error());
      } else if (is_last && !name.empty()) {
        return name;
      } else if (name != "." && !name.empty()) {
        if (auto entered = enter(name); !entered) return std::unexpected(entered.error());
      }
      if (is_last && rest_.empty()) return ".";
    }
  }

  Outcome<void> enter(const std::string& name) {
    auto next = os::open_in(top(), name, path_only | folder | no_follow);
    if (next) {
      levels_.push_back({name, std::move(*next)});
      if (levels_.size() > levels_held) levels_[levels_.size() - levels_held - 1].folder = os::File();
      return {};
    }
    if (next.error() != ENOTDIR && next.error() != ELOOP) return refuse(next.error());
    const auto target = os::link_target(top(), name);
    if (!target) return refuse(next.error());
    return expand(*target);
  }

  Outcome<void> leave() {
    if (levels_.empty()) return refuse_to_leave();
    levels_.pop_back();
    if (levels_.empty() || levels_.back().folder) return {};
    // It was closed because it lay far above. Its names are known, and none of them was a link.
    int above = root_;
    for (size_t i = 0; i < levels_.size(); ++i) {
      auto next = os::open_in(above, levels_[i].name, path_only | folder | no_follow);
      if (!next) return refuse(next.error());
      levels_[i].folder = std::move(*next);
      above = levels_[i].folder.descriptor();
      if (i >= levels_held) levels_[i - levels_held].folder = os::File();
    }
    return {};
  }

  Outcome<void> expand(const std::string& target) {
    if (target.empty()) return refuse(ENOENT);
    if (target.front() == '/') return refuse_to_leave();
    if (--links_left_ < 0) return refuse(ELOOP);
    rest_ = rest_.empty() ? target : target + "/" + rest_;
    return {};
  }

  int root_;
  std::string rest_;
  std::vector<Level> levels_;
  int links_left_ = links_limit;
};

// Whether this kernel has openat2; found out once.
std::atomic<bool> kernel_resolves = true;

Outcome<os::File> find(const Root& root, const std::string& path, Follow follow, uint32_t how) {
  constexpr int tries = 4;
  const uint32_t at_end = follow == Follow::no ? no_follow : 0;
  for (int i = 0; i < tries && root.resolution == Resolution::automatic && kernel_resolves; ++i) {
    auto file = os::open_beneath(root.folder, path, how | at_end);
    if (file) return std::move(*file);
    if (file.error() == EXDEV) return refuse_to_leave();
    if (file.error() == ENOSYS) kernel_resolves = false;
    if (file.error() == EPERM) break;  // by a filter that does not know the call, or by the file: the walk will tell
    if (file.error() != EAGAIN && file.error() != ENOSYS) return refuse(file.error());
  }
  return Walk(root.folder, path).open(follow, how);
}

// A grant of storage is none of the kernel's tables that happen to be mounted below it, and processes are never granted.
Outcome<void> check_file_system(const Root& root, const os::File& file) {
  const auto status = os::status(file.descriptor());
  if (!status) return refuse(status.error());
  if (status->device == root.device) return {};
  const auto kind = os::file_system_kind(file.descriptor());
  if (!kind) return refuse(kind.error());
  if (*kind == os::FileSystemKind::storage || (*kind == os::FileSystemKind::kernel && *kind == root.file_system)) return {};
  return refuse_to_leave();
}

}  // namespace

Outcome<os::File> resolve(const Root& root, const std::string& path, Follow follow, uint32_t how) {
  auto file = find(root, path, follow, how);
  if (!file) return file;
  if (auto allowed = check_file_system(root, *file); !allowed) return std::unexpected(allowed.error());
  return file;
}

Outcome<Place> resolve_place(const Root& root, const std::string& path) {
  if (path.front() == '/') return refuse_to_leave();
  Place place;
  const size_t end = path.find_last_not_of('/') + 1;
  const size_t start = path.find_last_of('/', end - 1) + 1;  // 0 when there is none
  place.must_be_folder = end < path.size();
  place.name = path.substr(start, end - start);
  std::string above = path.substr(0, start);
  if (place.name == "." || place.name == "..") {
    above = path.substr(0, end);
    place.name = ".";
  }
  place.folder = root.folder;
  if (above.empty()) return place;
  auto opened = resolve(root, above, Follow::yes, path_only | folder);
  if (!opened) return std::unexpected(opened.error());
  place.opened = std::move(*opened);
  place.folder = place.opened.descriptor();
  return place;
}

}  // namespace mote::sandbox
