// Preview 1's numbers and sizes, as its witx files define them. Only those that this host gives or takes.
#pragma once

#include "host/sandbox/effects.h"
#include "host/sandbox/file.h"

#include <cstdint>

namespace mote::wasi_p1 {

enum class Errno : uint16_t {
  success = 0,
  acces = 2,
  again = 6,
  badf = 8,
  busy = 10,
  connaborted = 13,
  connreset = 15,
  dquot = 19,
  exist = 20,
  fault = 21,
  fbig = 22,
  ilseq = 25,
  intr = 27,
  inval = 28,
  io = 29,
  isdir = 31,
  loop = 32,
  mfile = 33,
  mlink = 34,
  msgsize = 35,
  nametoolong = 37,
  noent = 44,
  nomem = 48,
  nospc = 51,
  notconn = 53,
  notdir = 54,
  notempty = 55,
  notsock = 57,
  notsup = 58,
  perm = 63,
  pipe = 64,
  rofs = 69,
  spipe = 70,
  timedout = 73,
  xdev = 75,
  notcapable = 76,
};

[[nodiscard]] constexpr Errno to_errno(sandbox::Refusal refusal) {
  using sandbox::Refusal;
  switch (refusal) {
    case Refusal::bad_descriptor:
      return Errno::badf;
    case Refusal::interrupted:
      return Errno::intr;
    case Refusal::would_block:
      return Errno::again;
    case Refusal::broken_pipe:
      return Errno::pipe;
    case Refusal::no_space:
      return Errno::nospc;
    case Refusal::io_failure:
      return Errno::io;
    case Refusal::invalid:
      return Errno::inval;
    case Refusal::unsupported:
      return Errno::notsup;
    case Refusal::not_seekable:
      return Errno::spipe;
    case Refusal::not_a_folder:
      return Errno::notdir;
    case Refusal::not_a_socket:
      return Errno::notsock;
    case Refusal::not_granted:
      return Errno::notcapable;
    case Refusal::access_denied:
      return Errno::acces;
    case Refusal::bad_text:
      return Errno::ilseq;
    case Refusal::busy:
      return Errno::busy;
    case Refusal::exists:
      return Errno::exist;
    case Refusal::is_a_folder:
      return Errno::isdir;
    case Refusal::name_too_long:
      return Errno::nametoolong;
    case Refusal::no_memory:
      return Errno::nomem;
    case Refusal::not_empty:
      return Errno::notempty;
    case Refusal::not_found:
      return Errno::noent;
    case Refusal::not_permitted:
    case Refusal::outside:
      return Errno::perm;
    case Refusal::quota_exceeded:
      return Errno::dquot;
    case Refusal::other_file_system:
      return Errno::xdev;
    case Refusal::read_only:
      return Errno::rofs;
    case Refusal::too_large:
      return Errno::fbig;
    case Refusal::too_many_links:
      return Errno::mlink;
    case Refusal::too_many_open:
      return Errno::mfile;
    case Refusal::too_many_symbolic_links:
      return Errno::loop;
    case Refusal::connection_aborted:
      return Errno::connaborted;
    case Refusal::connection_reset:
      return Errno::connreset;
    case Refusal::message_too_long:
      return Errno::msgsize;
    case Refusal::not_connected:
      return Errno::notconn;
    case Refusal::timed_out:
      return Errno::timedout;
  }
  return Errno::io;
}

enum class Filetype : uint8_t {
  unknown = 0,
  block_device = 1,
  character_device = 2,
  directory = 3,
  regular_file = 4,
  socket_dgram = 5,
  socket_stream = 6,
  symbolic_link = 7,
};

[[nodiscard]] constexpr Filetype to_filetype(sandbox::NodeKind kind) {
  using sandbox::NodeKind;
  switch (kind) {
    case NodeKind::regular:
      return Filetype::regular_file;
    case NodeKind::folder:
      return Filetype::directory;
    case NodeKind::symbolic_link:
      return Filetype::symbolic_link;
    case NodeKind::character_device:
      return Filetype::character_device;
    case NodeKind::block_device:
      return Filetype::block_device;
    case NodeKind::socket:
      return Filetype::socket_stream;
    case NodeKind::pipe:  // preview 1 has no number for it
    case NodeKind::unknown:
      break;
  }
  return Filetype::unknown;
}

namespace rights {
inline constexpr uint64_t fd_datasync = 1 << 0, fd_read = 1 << 1, fd_seek = 1 << 2, fd_fdstat_set_flags = 1 << 3, fd_sync = 1 << 4,
                          fd_tell = 1 << 5, fd_write = 1 << 6, fd_advise = 1 << 7, fd_allocate = 1 << 8,
                          path_create_directory = 1 << 9, path_create_file = 1 << 10, path_link_source = 1 << 11,
                          path_link_target = 1 << 12, path_open = 1 << 13, fd_readdir = 1 << 14, path_readlink = 1 << 15,
                          path_rename_source = 1 << 16, path_rename_target = 1 << 17, path_filestat_get = 1 << 18,
                          path_filestat_set_size = 1 << 19, path_filestat_set_times = 1 << 20, fd_filestat_get = 1 << 21,
                          fd_filestat_set_size = 1 << 22, fd_filestat_set_times = 1 << 23, path_symlink = 1 << 24,
                          path_remove_directory = 1 << 25, path_unlink_file = 1 << 26, poll_fd_readwrite = 1 << 27,
                          sock_shutdown = 1 << 28, sock_accept = 1 << 29;
}
namespace lookupflags {
inline constexpr uint32_t symlink_follow = 1;
}
namespace oflags {
inline constexpr uint32_t creat = 1, directory = 2, excl = 4, trunc = 8, all = 15;
}
namespace fstflags {
inline constexpr uint32_t atim = 1, atim_now = 2, mtim = 4, mtim_now = 8, all = 15;
}
namespace fdflags {
inline constexpr uint32_t append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31;
}
namespace riflags {
inline constexpr uint32_t peek = 1, waitall = 2, all = 3;
}
namespace roflags {
inline constexpr uint16_t data_truncated = 1;
}
namespace sdflags {
inline constexpr uint32_t rd = 1, wr = 2, all = 3;
}
enum class Event : uint8_t { clock = 0, fd_read = 1, fd_write = 2 };
inline constexpr uint16_t subclock_abstime = 1, event_hangup = 1;

namespace size {
inline constexpr uint32_t iovec = 8, fdstat = 24, prestat = 8, dirent = 24, event = 32;
}

// All in which preview 1 and its predecessor, the module wasi_unstable ("preview 0"), differ, besides sock_accept, which is new.
struct Layout {
  uint32_t filestat_size;
  uint32_t links_at, links_size;  // in a filestat
  uint32_t file_size_at;          // the three times follow it
  uint32_t subscription_size, clock_at;
  sandbox::SeekFrom origins[3];  // of fd_seek, by number
};
inline constexpr Layout preview1_layout = {
    64, 24, 8, 32, 48, 16, {sandbox::SeekFrom::start, sandbox::SeekFrom::position, sandbox::SeekFrom::end}};
inline constexpr Layout unstable_layout = {
    56, 20, 4, 24, 56, 24, {sandbox::SeekFrom::position, sandbox::SeekFrom::end, sandbox::SeekFrom::start}};

// What one call may ask for. More iovecs or bytes give a short read or write; more subscriptions and longer paths are refused.
inline constexpr uint32_t iovecs_limit = 1024, subscriptions_limit = 1024, path_limit = 4096;
inline constexpr uint64_t transfer_limit = 1ull << 30;

}  // namespace mote::wasi_p1
