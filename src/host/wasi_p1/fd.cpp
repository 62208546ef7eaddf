// What every descriptor can do: reading, writing, and what is known about it. Positions and sizes are fd_file.cpp, lists of folders
// fd_folder.cpp.
#include "host/sandbox/socket.h"
#include "host/wasi_p1/functions.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

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
Answer<uint64_t> read_stream(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, Guest::Pieces buffers) {
  if (is_socket(*guest.process.find(fd))) {
    const auto received = guest.process.receive(fd, buffers, {}, [&] { return guest.pieces_again(iovs, count); });
    if (!received) return std::unexpected(as_errno(received.error()));
    return received->size;
  }
  while (!buffers.empty()) {
    const auto waited = guest.process.wait_until_ready(fd, false);
    if (!waited) return std::unexpected(as_errno(waited.error()));
    if (*waited) {
      guest.find_memory_again();
      auto again = guest.pieces_out(iovs, count);
      if (!again) return std::unexpected(again.error());
      buffers = *again;
    }
    const auto read = guest.process.read(fd, buffers.front());
    if (read) return *read;
    // Another reader was faster; a guest that does not want to wait is told so.
    if (read.error() != sandbox::Refusal::would_block || !guest.process.parks(fd)) return std::unexpected(as_errno(read.error()));
  }
  return 0;
}

Guest::Pieces without_first(Guest::Pieces pieces, uint64_t size) {
  while (!pieces.empty() && size >= pieces.front().size()) {
    size -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) pieces.front() = pieces.front().subspan(size);
  return pieces;
}

// A stream whose waits park takes what there is room for, and is waited for until it took all.
Answer<uint64_t> write_stream(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, Guest::Pieces pieces) {
  if (is_socket(*guest.process.find(fd))) {
    const auto sent = guest.process.send(fd, pieces, [&] { return guest.pieces_again(iovs, count); });
    if (!sent) return std::unexpected(as_errno(sent.error()));
    return *sent;
  }
  uint64_t done = 0;
  for (;;) {
    const auto waited = guest.process.wait_until_ready(fd, true);
    if (!waited) return std::unexpected(as_errno(waited.error()));
    if (*waited) {
      guest.find_memory_again();
      auto again = guest.pieces_in(iovs, count);
      if (!again) return std::unexpected(again.error());
      pieces = without_first(*again, done);
    }
    const auto written = write_all_pieces(guest.process, fd, pieces);
    const bool parks = guest.process.parks(fd);
    if (!written && written.error() == sandbox::Refusal::would_block && parks) continue;
    if (!written && done == 0) return std::unexpected(as_errno(written.error()));
    if (!written) return done;  // the failure will meet the next call
    done += *written;
    if (*written == 0 || !parks) return done;
    pieces = without_first(pieces, *written);
    if (pieces.empty()) return done;
  }
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
  const sandbox::Descriptor& found = *NEED(guest.descriptor(fd));
  if ((flags & ~fdflags::all) != 0) return Errno::inval;
  if ((rights_of(found) & rights::fd_fdstat_set_flags) == 0) return Errno::notcapable;
  // How writes are flushed is decided when a file is opened.
  if ((flags & (fdflags::dsync | fdflags::rsync | fdflags::sync)) != found.sync_flags) return Errno::notsup;
  sandbox::Descriptor& descriptor = *guest.process.change(fd);
  const bool is_appending = (flags & fdflags::append) != 0;
  if (descriptor.file != nullptr) NEED(descriptor.file->set_appending(is_appending));
  descriptor.is_appending = is_appending;
  descriptor.may_wait = (flags & fdflags::nonblock) == 0;
  return Errno::success;
}

// Rights are only ever given up.
Errno fd_fdstat_set_rights(Guest& guest, uint32_t fd, uint64_t base, uint64_t inheriting) {
  const sandbox::Descriptor& found = *NEED(guest.descriptor(fd));
  const uint64_t held = rights_of(found), passed_on = inheriting_of(found);
  if ((base & ~held) != 0 || (inheriting & ~passed_on) != 0) return Errno::notcapable;
  sandbox::Descriptor& descriptor = *guest.process.change(fd);
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
  NEED(guest.check(out, 4));
  const uint64_t read =
      descriptor.file != nullptr ? NEED(descriptor.file->read(buffers)) : NEED(read_stream(guest, fd, iovs, count, buffers));
  NEED(guest.count(read));
  store_le(NEED(guest.out(out, 4)).data(), static_cast<uint32_t>(read));
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
  NEED(guest.check(out, 4));
  const uint64_t written =
      descriptor.file != nullptr ? NEED(descriptor.file->write(pieces)) : NEED(write_stream(guest, fd, iovs, count, pieces));
  NEED(guest.count(written));
  store_le(NEED(guest.out(out, 4)).data(), static_cast<uint32_t>(written));
  return Errno::success;
}

}  // namespace mote::wasi_p1
