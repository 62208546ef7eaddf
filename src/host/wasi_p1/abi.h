// Preview 1's numbers and sizes, as its witx files define them. Only those that this host gives or takes.
#pragma once

#include "host/sandbox/effects.h"

#include <cstdint>

namespace mote::wasi_p1 {

enum class Errno : uint16_t {
  success = 0,
  again = 6,
  badf = 8,
  fault = 21,
  inval = 28,
  io = 29,
  nospc = 51,
  notdir = 54,
  notsock = 57,
  notsup = 58,
  pipe = 64,
  spipe = 70,
  notcapable = 76,
};

[[nodiscard]] constexpr Errno to_errno(sandbox::Refusal refusal) {
  using sandbox::Refusal;
  switch (refusal) {
    case Refusal::bad_descriptor:
      return Errno::badf;
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
  }
  return Errno::io;
}

enum class Filetype : uint8_t { unknown = 0, character_device = 2 };

namespace rights {
inline constexpr uint64_t fd_read = 1 << 1, fd_fdstat_set_flags = 1 << 3, fd_write = 1 << 6, fd_filestat_get = 1 << 21,
                          poll_fd_readwrite = 1 << 27;
}
namespace fdflags {
inline constexpr uint32_t append = 1, dsync = 2, nonblock = 4, rsync = 8, sync = 16, all = 31;
}
enum class Event : uint8_t { clock = 0, fd_read = 1, fd_write = 2 };
inline constexpr uint16_t subclock_abstime = 1, event_hangup = 1;

namespace size {
inline constexpr uint32_t iovec = 8, fdstat = 24, filestat = 64, prestat = 8, subscription = 48, event = 32;
}

// What one call may ask for. More iovecs give a short read or write; more subscriptions are refused.
inline constexpr uint32_t iovecs_limit = 1024, subscriptions_limit = 1024;

}  // namespace mote::wasi_p1
