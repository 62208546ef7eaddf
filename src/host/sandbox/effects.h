// What a sandbox does to the world outside, as interfaces: streams, clocks, randomness. `main` passes the real ones (system.h),
// tests pass fakes (fake.h), later ones will record, replay or refuse.
//
// A Refusal is what a guest may learn about a failure; every WASI version has one table from it to its own numbers.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace mote::sandbox {

enum class Refusal : uint8_t {
  bad_descriptor,
  would_block,
  interrupted,  // a wait was given up because the guest is to end; it will not see this
  broken_pipe,
  no_space,
  io_failure,
  invalid,
  unsupported,
  not_seekable,
  not_a_folder,
  not_a_socket,
  not_granted,
  // of files and folders
  access_denied,
  bad_text,  // bytes that are no UTF-8
  busy,
  exists,
  is_a_folder,
  name_too_long,
  no_memory,
  not_empty,
  not_found,
  not_permitted,  // by the host's own rules
  other_file_system,
  outside,         // what no grant allows: a path that leaves its folder, a device, the kernel's own tables
  quota_exceeded,  // of what a grant lets the guest add
  read_only,
  too_large,
  too_many_links,  // hard links to one file
  too_many_open,
  too_many_symbolic_links,
  // of sockets
  connection_aborted,
  connection_reset,
  message_too_long,
  not_connected,
  timed_out,
};

template <class T>
using Outcome = std::expected<T, Refusal>;

struct Readiness {
  bool is_ready = false;
  bool is_hung_up = false;
  uint64_t bytes = 0;  // at least so many can be read; 0 when unknown
};

struct Received {
  uint64_t size = 0;          // of a stream, 0 is the end
  bool is_truncated = false;  // of a datagram, more was sent
};

class Socket;

// A sequence of bytes without a position: a terminal, a pipe, a connection, or a file that is only read or written in order.
class Stream {
 public:
  virtual ~Stream() = default;
  [[nodiscard]] virtual Outcome<uint64_t> read(MutableBytes into) = 0;  // waits for the first byte; 0 is the end
  [[nodiscard]] virtual Outcome<uint64_t> write(Bytes from) = 0;        // waits for room; may write less
  [[nodiscard]] virtual bool is_terminal() const = 0;
  [[nodiscard]] virtual Readiness readiness(bool for_writing) = 0;
  [[nodiscard]] virtual Socket* socket() { return nullptr; }  // what more it can do when it is one (socket.h)
  // Whether its waits leave the thread to other guests. Then an operation does what it can at once and answers would_block when
  // that is nothing, and whoever wants more waits here first: until an operation would not wait, or may not be worth asking.
  // Whether it did wait (then guest memory is looked for anew); interrupted: the guest is to end.
  [[nodiscard]] virtual bool parks() const { return false; }
  [[nodiscard]] virtual Outcome<bool> wait_until_ready(bool /*for_writing*/) { return false; }
};

struct Wanted {
  Stream* stream;
  bool for_writing;
};

enum class ClockId : uint8_t { realtime, monotonic };

class Clocks {
 public:
  virtual ~Clocks() = default;
  [[nodiscard]] virtual uint64_t now_ns(ClockId clock) = 0;
  [[nodiscard]] virtual uint64_t resolution_ns(ClockId clock) = 0;
  // Waits until a clock shows a time (one that is set forward meanwhile counts). False: given up, because the guest is to end; also
  // of wait_for.
  [[nodiscard]] virtual bool sleep_until(ClockId clock, uint64_t time_ns) = 0;
  // Waits until a stream is ready or the time has passed; may return early.
  [[nodiscard]] virtual bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) = 0;
  virtual void begin_event() {}  // what is kept of the guest before (time that passed for it alone) is forgotten
};

class Random {
 public:
  virtual ~Random() = default;
  [[nodiscard]] virtual Outcome<void> fill(MutableBytes into) = 0;  // fit for keys
  virtual void begin_event() {}                                     // what was drawn before is forgotten
};

}  // namespace mote::sandbox
