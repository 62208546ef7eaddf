// Descriptors that this process inherited (its stdio), as a sandbox hands them on: reading, writing, waiting, with the kernel's
// error numbers, because a guest is told precisely what went wrong.
//
// Restarted after signals. Tested by descriptor_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace mote::os {

// Bytes transferred; reading 0 bytes is the end. On failure an errno value: EAGAIN, EBADF, EIO, ENOSPC, EPIPE, … Reads at most
// `most_read` bytes at once (a pipe seldom holds more), into a guest's memory too (writable.h); files are better read by node.h.
inline constexpr uint64_t most_read = 64 << 10;
[[nodiscard]] std::expected<uint64_t, int> read_descriptor(int descriptor, MutableBytes into);
[[nodiscard]] std::expected<uint64_t, int> write_descriptor(int descriptor, Bytes from);

struct Readiness {
  bool is_ready = false;    // an operation would not wait (it may fail)
  bool is_hung_up = false;  // the other side is gone
  uint64_t bytes = 0;       // to be read, where the kernel can say
};
[[nodiscard]] Readiness readiness(int descriptor, bool for_writing);

struct Wanted {
  int descriptor;
  bool for_writing;
};
// Waits until one of them is ready or the time has passed (none: as long as it takes); returns early after a signal.
void wait_for(std::span<const Wanted> descriptors, std::optional<uint64_t> timeout_ns);

// Bytes that a pipe with any room takes without waiting (PIPE_BUF).
inline constexpr uint64_t surely_written = 4096;
[[nodiscard]] bool is_file(int descriptor);  // a regular one or a folder: it never waits for somebody else

// Writing into a pipe that nobody reads becomes the error EPIPE instead of a signal that ends the process.
void ignore_broken_pipes();

}  // namespace mote::os
