// Checked access to guest memory, and the rights of descriptors: see guest.h.
#include "host/wasi_p1/guest.h"

#include "base/core/format.h"
#include "host/sandbox/socket.h"

#include <algorithm>

namespace mote::wasi_p1 {
namespace {

constexpr uint64_t stream_rights = rights::fd_fdstat_set_flags | rights::fd_filestat_get | rights::poll_fd_readwrite;
constexpr uint64_t listener_rights = stream_rights | rights::sock_accept;
constexpr uint64_t connection_rights = stream_rights | rights::fd_read | rights::fd_write | rights::sock_shutdown;
constexpr uint64_t file_rights = stream_rights | rights::fd_datasync | rights::fd_seek | rights::fd_sync | rights::fd_tell |
                                 rights::fd_advise | rights::fd_filestat_set_times;
constexpr uint64_t writing_rights = rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;
constexpr uint64_t folder_rights =
    rights::fd_datasync | rights::fd_fdstat_set_flags | rights::fd_sync | rights::path_create_directory | rights::path_create_file |
    rights::path_link_source | rights::path_link_target | rights::path_open | rights::fd_readdir | rights::path_readlink |
    rights::path_rename_source | rights::path_rename_target | rights::path_filestat_get | rights::path_filestat_set_size |
    rights::path_filestat_set_times | rights::fd_filestat_get | rights::fd_filestat_set_times | rights::path_symlink |
    rights::path_remove_directory | rights::path_unlink_file;

int64_t at_least_zero(int64_t ns) {
  return std::max<int64_t>(ns, 0);  // preview 1 has no time before 1970
}

}  // namespace

Answer<Guest::Pieces> Guest::pieces_out(uint32_t iovecs, uint32_t count) const {
  auto found = pieces_in(iovecs, count);
  if (!found || process.watch == nullptr) return found;
  for (const MutableBytes piece : *found) {
    process.watch->note_written(static_cast<uint64_t>(piece.data() - memory.data()), piece.size());
  }
  return found;
}

Answer<Guest::Pieces> Guest::pieces_in(uint32_t iovecs, uint32_t count) const {
  const uint32_t looked_at = std::min(count, iovecs_limit);
  const auto array = bytes(iovecs, uint64_t{looked_at} * size::iovec);
  if (!array) return std::unexpected(array.error());
  std::vector<MutableBytes>& found = process.pieces;
  found.clear();
  uint64_t left = std::min(transfer_limit, process.movable());
  for (uint32_t i = 0; i < looked_at; ++i) {
    const uint8_t* entry = array->data() + uint64_t{i} * size::iovec;
    const auto pointer = load_le<uint32_t>(entry), length = load_le<uint32_t>(entry + 4);
    if (uint64_t{pointer} + length > memory.size()) return std::unexpected(Errno::fault);
    const MutableBytes taken = memory.subspan(pointer, std::min<uint64_t>(length, left));
    if (!taken.empty()) found.push_back(taken);
    left -= taken.size();
    if (length != 0 && process.movable() == 0) return std::unexpected(this->count(length).error());
  }
  return Pieces(found);
}

Errno Guest::no_descriptor(uint32_t fd) const {
  process.denials.note({.kind = "descriptor",
                        .thing = format("use descriptor {}", fd),
                        .rule = "only open descriptors can be used",
                        .is_probe = true});
  return Errno::badf;
}

Answer<std::string> Guest::path(uint32_t pointer, uint32_t length) const {
  const auto place = bytes(pointer, length);
  if (!place) return std::unexpected(place.error());
  if (length == 0) return std::unexpected(Errno::noent);
  const auto refuse = [&](Errno error, std::string thing) {
    process.denials.note({.kind = "path",
                          .thing = std::move(thing),
                          .rule = format("paths are UTF-8 without NUL, shorter than {} bytes", path_limit),
                          .is_probe = true});
    return std::unexpected(error);
  };
  if (length >= path_limit) return refuse(Errno::nametoolong, format("name a path of {} bytes", length));
  std::string text(reinterpret_cast<const char*>(place->data()), length);
  if (!sandbox::is_utf8(text)) return refuse(Errno::ilseq, "name a path that is no UTF-8");
  if (text.find('\0') != std::string::npos) return refuse(Errno::inval, "name a path with a NUL");
  return text;
}

bool is_socket(const sandbox::Descriptor& descriptor) {
  return descriptor.stream != nullptr && descriptor.stream->socket() != nullptr;
}
bool is_listener(const sandbox::Descriptor& descriptor) {
  return is_socket(descriptor) && descriptor.stream->socket()->is_listening();
}

uint64_t rights_of(const sandbox::Descriptor& descriptor) {
  if (is_socket(descriptor)) return (is_listener(descriptor) ? listener_rights : connection_rights) & ~descriptor.dropped_rights;
  if (descriptor.folder != nullptr) return folder_rights & ~descriptor.dropped_rights;
  uint64_t granted = descriptor.file != nullptr ? file_rights : stream_rights;
  if (descriptor.is_readable) granted |= rights::fd_read;
  if (descriptor.is_writable) granted |= descriptor.file != nullptr ? writing_rights : rights::fd_write;
  return granted & ~descriptor.dropped_rights;
}

uint64_t inheriting_of(const sandbox::Descriptor& descriptor) {
  if (is_listener(descriptor)) return connection_rights & ~descriptor.dropped_inheriting;
  if (descriptor.folder == nullptr) return 0;
  return (folder_rights | file_rights | writing_rights | rights::fd_read) & ~descriptor.dropped_inheriting;
}

void store_filestat(uint8_t* to, const sandbox::NodeStatus& status, const Layout& layout) {
  std::memset(to, 0, layout.filestat_size);
  store_le(to, status.device);
  store_le(to + 8, status.inode);
  to[16] = static_cast<uint8_t>(to_filetype(status.kind));
  if (layout.links_size == sizeof(uint64_t)) {
    store_le(to + layout.links_at, status.links);
  } else {
    store_le(to + layout.links_at, static_cast<uint32_t>(std::min<uint64_t>(status.links, UINT32_MAX)));
  }
  uint8_t* const rest = to + layout.file_size_at;
  store_le(rest, status.size);
  store_le(rest + 8, at_least_zero(status.accessed_ns));
  store_le(rest + 16, at_least_zero(status.modified_ns));
  store_le(rest + 24, at_least_zero(status.changed_ns));
}

Answer<NewTimes> new_times(uint64_t atim, uint64_t mtim, uint32_t flags) {
  using Kind = sandbox::NewTime::Kind;
  const bool sets_both_ways = ((flags & fstflags::atim) != 0 && (flags & fstflags::atim_now) != 0) ||
                              ((flags & fstflags::mtim) != 0 && (flags & fstflags::mtim_now) != 0);
  if ((flags & ~fstflags::all) != 0 || sets_both_ways) return std::unexpected(Errno::inval);
  const auto choose = [&](uint32_t at, uint32_t now, uint64_t ns) -> sandbox::NewTime {
    if ((flags & at) != 0) return {Kind::at, ns};
    return {(flags & now) != 0 ? Kind::now : Kind::keep, 0};
  };
  return NewTimes{choose(fstflags::atim, fstflags::atim_now, atim), choose(fstflags::mtim, fstflags::mtim_now, mtim)};
}

}  // namespace mote::wasi_p1
