// Paths, each relative to the descriptor of a folder: badf for what is not open, notdir for what is no folder. Every argument is
// checked before the first thing is done, so a call that fails for its arguments has changed nothing.
#include "host/wasi_p1/functions.h"

#include <algorithm>
#include <utility>

namespace mote::wasi_p1 {
namespace {

using sandbox::Follow;

Answer<const sandbox::Descriptor*> folder_at(Guest& guest, uint32_t fd, uint64_t needed) {
  auto found = guest.descriptor(fd);
  if (!found) return found;
  if ((*found)->folder == nullptr) return std::unexpected(Errno::notdir);
  if (!has_rights(**found, needed)) return std::unexpected(Errno::notcapable);
  return found;
}

struct TwoFolders {
  const sandbox::Descriptor &from, &to;
};
Answer<TwoFolders> folders_at(Guest& guest, uint32_t from_fd, uint64_t from_needed, uint32_t to_fd, uint64_t to_needed) {
  if (auto open = guest.descriptor(to_fd); !open) return std::unexpected(open.error());
  const auto from = folder_at(guest, from_fd, from_needed), to = folder_at(guest, to_fd, to_needed);
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  return TwoFolders{**from, **to};
}

Answer<Follow> follow_of(uint32_t flags) {
  if ((flags & ~lookupflags::symlink_follow) != 0) return std::unexpected(Errno::inval);
  return flags != 0 ? Follow::yes : Follow::no;
}

Errno done(const sandbox::Outcome<void>& outcome) {
  return outcome ? Errno::success : to_errno(outcome.error());
}

constexpr uint64_t writing = rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;

// How to open for the rights that a guest asks for. Asking for none means reading.
sandbox::Opening opening_of(Follow follow, uint32_t oflags, uint64_t base, uint32_t fdflags) {
  const bool writes = (base & writing) != 0;
  return {.follow = follow,
          .reads = !writes || (base & (rights::fd_read | rights::fd_readdir)) != 0,
          .writes = writes,
          .creates = (oflags & oflags::creat) != 0,
          .is_exclusive = (oflags & oflags::excl) != 0,
          .truncates = (oflags & oflags::trunc) != 0,
          .wants_folder = (oflags & oflags::directory) != 0,
          .appends = (fdflags & fdflags::append) != 0,
          .syncs = (fdflags & (fdflags::sync | fdflags::rsync)) != 0,
          .syncs_data = (fdflags & fdflags::dsync) != 0};
}

// An inheriting set is taken at its word when it says something about the data of files. One that does not comes from a library
// that never meant to narrow (Zig's names the folder's own rights only, others pass 0) and writes files below that folder a moment
// later.
bool names_data(uint64_t inheriting) {
  return (inheriting & (rights::fd_read | rights::fd_write)) != 0;
}

// Rights that opening needs of the folder, beside path_open; and of what is opened there.
Errno check_rights(const sandbox::Descriptor& folder, uint32_t oflags, uint64_t base) {
  if ((oflags & oflags::creat) != 0 && !has_rights(folder, rights::path_create_file)) return Errno::notcapable;
  if ((oflags & oflags::trunc) != 0 && !has_rights(folder, rights::path_filestat_set_size)) return Errno::notcapable;
  const uint64_t passed_on = inheriting_of(folder);
  const uint64_t lacking = base & (rights::fd_read | rights::fd_write) & ~passed_on;
  return lacking != 0 ? Errno::notcapable : Errno::success;
}

}  // namespace

Errno path_create_directory(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_create_directory));
  return done(at.folder->make_folder(NEED(guest.path(path, path_len))));
}

Errno path_filestat_get(Guest& guest, uint32_t fd, uint32_t flags, uint32_t path, uint32_t path_len, uint32_t out) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_filestat_get));
  const Follow follow = NEED(follow_of(flags));
  const std::string name = NEED(guest.path(path, path_len));
  uint8_t* const stat = NEED(guest.out(out, guest.layout.filestat_size)).data();
  store_filestat(stat, NEED(at.folder->status_of(name, follow)), guest.layout);
  return Errno::success;
}

Errno path_filestat_set_times(Guest& guest, uint32_t fd, uint32_t flags, uint32_t path, uint32_t path_len, uint64_t atim,
                              uint64_t mtim, uint32_t fst_flags) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_filestat_set_times));
  const Follow follow = NEED(follow_of(flags));
  const NewTimes times = NEED(new_times(atim, mtim, fst_flags));
  return done(at.folder->set_times_of(NEED(guest.path(path, path_len)), follow, times.accessed, times.modified));
}

Errno path_link(Guest& guest, uint32_t old_fd, uint32_t old_flags, uint32_t old_path, uint32_t old_path_len, uint32_t new_fd,
                uint32_t new_path, uint32_t new_path_len) {
  const auto [from, to] = NEED(folders_at(guest, old_fd, rights::path_link_source, new_fd, rights::path_link_target));
  if (NEED(follow_of(old_flags)) == Follow::yes) return Errno::inval;
  const std::string name = NEED(guest.path(old_path, old_path_len));
  return done(from.folder->link(name, *to.folder, NEED(guest.path(new_path, new_path_len))));
}

Errno path_open(Guest& guest, uint32_t fd, uint32_t dirflags, uint32_t path, uint32_t path_len, uint32_t oflags, uint64_t base,
                uint64_t inheriting, uint32_t fdflags, uint32_t out) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_open));
  const Follow follow = NEED(follow_of(dirflags));
  const std::string name = NEED(guest.path(path, path_len));
  uint8_t* const number_out = NEED(guest.out(out, 4)).data();
  constexpr uint32_t making_a_folder = oflags::creat | oflags::directory;  // is what path_create_directory does
  if ((oflags & ~oflags::all) != 0 || (fdflags & ~fdflags::all) != 0 || (oflags & making_a_folder) == making_a_folder)
    return Errno::inval;
  if (const Errno error = check_rights(at, oflags, base); error != Errno::success) return error;
  NEED(guest.process.room());

  const sandbox::Opening how = opening_of(follow, oflags, base, fdflags);
  auto opened = NEED(at.folder->open(name, how));
  const bool is_file = opened.file != nullptr;
  sandbox::Descriptor descriptor{.file = std::move(opened.file), .folder = std::move(opened.folder)};
  descriptor.is_readable = is_file && how.reads;
  descriptor.is_writable = is_file && how.writes;
  descriptor.may_wait = (fdflags & fdflags::nonblock) == 0;
  descriptor.is_appending = (fdflags & fdflags::append) != 0;
  descriptor.sync_flags = fdflags & (fdflags::dsync | fdflags::rsync | fdflags::sync);
  const uint64_t passed_on = inheriting_of(at);
  descriptor.dropped_rights = ~(base == 0 ? passed_on : base & passed_on);
  descriptor.dropped_inheriting = ~(names_data(inheriting) ? inheriting & passed_on : passed_on);
  // At least 3, for a program that has closed its stdio does not expect a file there.
  constexpr uint32_t first_of_opened = 3;
  store_le(number_out, NEED(guest.process.open(std::move(descriptor), first_of_opened)));
  return Errno::success;
}

Errno path_readlink(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len, uint32_t buf, uint32_t buf_len, uint32_t out) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_readlink));
  const std::string name = NEED(guest.path(path, path_len));
  const MutableBytes into = NEED(guest.out_uncounted(buf, buf_len));
  uint8_t* const used_out = NEED(guest.out(out, 4)).data();
  const std::string target = NEED(at.folder->target_of(name));
  const size_t used = std::min(target.size(), into.size());
  NEED(guest.count(used));
  std::copy_n(target.begin(), used, into.begin());
  store_le(used_out, static_cast<uint32_t>(used));
  return Errno::success;
}

Errno path_remove_directory(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_remove_directory));
  return done(at.folder->remove_folder(NEED(guest.path(path, path_len))));
}

Errno path_rename(Guest& guest, uint32_t fd, uint32_t old_path, uint32_t old_path_len, uint32_t new_fd, uint32_t new_path,
                  uint32_t new_path_len) {
  const auto [from, to] = NEED(folders_at(guest, fd, rights::path_rename_source, new_fd, rights::path_rename_target));
  const std::string name = NEED(guest.path(old_path, old_path_len));
  return done(from.folder->rename(name, *to.folder, NEED(guest.path(new_path, new_path_len))));
}

Errno path_symlink(Guest& guest, uint32_t old_path, uint32_t old_path_len, uint32_t fd, uint32_t new_path, uint32_t new_path_len) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_symlink));
  const std::string target = NEED(guest.path(old_path, old_path_len));
  return done(at.folder->make_link(target, NEED(guest.path(new_path, new_path_len))));
}

Errno path_unlink_file(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len) {
  const sandbox::Descriptor& at = *NEED(folder_at(guest, fd, rights::path_unlink_file));
  return done(at.folder->unlink(NEED(guest.path(path, path_len))));
}

}  // namespace mote::wasi_p1
