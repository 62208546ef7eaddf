// What every descriptor can do: reading, writing, and what is known about it. Positions and sizes are fd_file.cpp, lists of folders
// fd_folder.cpp.
#include "host/sandbox/socket.h"
#include "host/wasi_p1/functions.h"

#include <algorithm>
#include <array>

namespace mote::wasi_p1 {
namespace {

Filetype filetype(const sandbox::Descriptor& descriptor) {
  if (descriptor.folder != nullptr) return Filetype::directory;
  if (descriptor.file != nullptr) return Filetype::regular_file;
  if (const sandbox::Socket* socket = descriptor.stream->socket())
    return socket->kind() == sandbox::Socket::Kind::stream ? Filetype::socket_stream : Filetype::socket_dgram;
  // Libraries take a character device for a terminal and buffer by line.
  return descriptor.stream->is_terminal() ? Filetype::character_device : Filetype::unknown;
}

// Several small pieces (a library's buffer and what did not fit into it) go out as one write: cheaper, and lines stay whole when
// several processes write to one pipe.
constexpr size_t gathered = 2048;

sandbox::Outcome<uint64_t> write_all_pieces(sandbox::Process& process, uint32_t fd, std::span<const MutableBytes> pieces) {
  if (is_socket(*process.find(fd))) return process.send(fd, pieces);
  if (pieces.empty()) return process.write(fd, {});
  size_t total = 0;
  for (const MutableBytes piece : pieces) total = std::min(total + std::min(piece.size(), gathered + 1), gathered + 1);
  if (pieces.size() > 1 && total <= gathered) {
    std::array<uint8_t, gathered> whole;
    uint8_t* end = whole.data();
    for (const MutableBytes piece : pieces) end = std::ranges::copy(piece, end).out;
    return process.write(fd, {whole.data(), end});
  }
  uint64_t written = 0;
  for (const MutableBytes piece : pieces) {
    const auto count = process.write(fd, piece);
    if (!count && written == 0) return count;
    if (!count) break;  // what was written is reported; the failure will meet the next call
    written += *count;
    if (*count < piece.size() || written > UINT32_MAX / 2) break;
  }
  return written;
}

// Reads once into the first buffer of a stream: a second read could wait although there is something to return.
sandbox::Outcome<uint64_t> read_some(sandbox::Process& process, uint32_t fd, std::span<const MutableBytes> buffers) {
  if (is_socket(*process.find(fd))) {
    const auto received = process.receive(fd, buffers, {});
    if (!received) return std::unexpected(received.error());
    return received->size;
  }
  if (buffers.empty()) return 0;
  return process.read(fd, buffers.front());
}

}  // namespace

Errno fd_close(Guest& guest, uint32_t fd) {
  NEED(guest.descriptor(fd));
  NEED(guest.process.close(fd));
  return Errno::success;
}

Errno fd_fdstat_get(Guest& guest, uint32_t fd, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  uint8_t* const stat = NEED(guest.out(out, size::fdstat)).data();
  std::memset(stat, 0, size::fdstat);
  stat[0] = static_cast<uint8_t>(filetype(descriptor));
  store_le(stat + 2, static_cast<uint16_t>((descriptor.is_appending ? fdflags::append : 0) |
                                           (descriptor.may_wait ? 0 : fdflags::nonblock) | descriptor.sync_flags));
  store_le(stat + 8, rights_of(descriptor));
  store_le(stat + 16, inheriting_of(descriptor));
  return Errno::success;
}

Errno fd_fdstat_set_flags(Guest& guest, uint32_t fd, uint32_t flags) {
  sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if ((flags & ~fdflags::all) != 0) return Errno::inval;
  if ((rights_of(descriptor) & rights::fd_fdstat_set_flags) == 0) return Errno::notcapable;
  // How writes are flushed is decided when a file is opened.
  if ((flags & (fdflags::dsync | fdflags::rsync | fdflags::sync)) != descriptor.sync_flags) return Errno::notsup;
  const bool is_appending = (flags & fdflags::append) != 0;
  if (descriptor.file != nullptr) NEED(descriptor.file->set_appending(is_appending));
  descriptor.is_appending = is_appending;
  descriptor.may_wait = (flags & fdflags::nonblock) == 0;
  return Errno::success;
}

// Rights are only ever given up.
Errno fd_fdstat_set_rights(Guest& guest, uint32_t fd, uint64_t base, uint64_t inheriting) {
  sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  const uint64_t held = rights_of(descriptor), passed_on = inheriting_of(descriptor);
  if ((base & ~held) != 0 || (inheriting & ~passed_on) != 0) return Errno::notcapable;
  descriptor.dropped_rights |= held & ~base;
  descriptor.dropped_inheriting |= passed_on & ~inheriting;
  return Errno::success;
}

Errno fd_filestat_get(Guest& guest, uint32_t fd, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if ((rights_of(descriptor) & rights::fd_filestat_get) == 0) return Errno::notcapable;
  uint8_t* const stat = NEED(guest.out(out, guest.layout.filestat_size)).data();
  if (descriptor.stream == nullptr) {
    store_filestat(stat, NEED(descriptor.file != nullptr ? descriptor.file->status() : descriptor.folder->status()), guest.layout);
    return Errno::success;
  }
  // A stream has no device, inode, size or times that a guest should know.
  std::memset(stat, 0, guest.layout.filestat_size);
  stat[16] = static_cast<uint8_t>(filetype(descriptor));
  return Errno::success;
}

Errno fd_read(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if (descriptor.folder != nullptr) return Errno::isdir;
  if (!descriptor.is_readable) return Errno::badf;
  if ((rights_of(descriptor) & rights::fd_read) == 0) return Errno::notcapable;
  const auto buffers = NEED(guest.pieces_out(iovs, count));
  uint8_t* const size = NEED(guest.out(out, 4)).data();
  const uint64_t read = NEED(descriptor.file != nullptr ? descriptor.file->read(buffers) : read_some(guest.process, fd, buffers));
  store_le(size, static_cast<uint32_t>(read));
  return Errno::success;
}

Errno fd_renumber(Guest& guest, uint32_t fd, uint32_t to) {
  NEED(guest.descriptor(fd));
  NEED(guest.descriptor(to));
  NEED(guest.process.renumber(fd, to));
  return Errno::success;
}

Errno fd_write(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if (descriptor.folder != nullptr) return Errno::isdir;
  if (!descriptor.is_writable) return Errno::badf;
  if ((rights_of(descriptor) & rights::fd_write) == 0) return Errno::notcapable;
  const auto pieces = NEED(guest.pieces_in(iovs, count));
  uint8_t* const size = NEED(guest.out(out, 4)).data();
  const uint64_t written =
      NEED(descriptor.file != nullptr ? descriptor.file->write(pieces) : write_all_pieces(guest.process, fd, pieces));
  store_le(size, static_cast<uint32_t>(written));
  return Errno::success;
}

}  // namespace mote::wasi_p1
