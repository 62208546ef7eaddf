// Inherited descriptors: see descriptor.h.
#include "base/os/descriptor.h"

#include "base/os/writable.h"

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace mote::os {
namespace {

pollfd poll_entry(const Wanted& wanted) {
  return {wanted.descriptor, static_cast<short>(wanted.for_writing ? POLLOUT : POLLIN | POLLRDHUP), 0};
}

std::expected<uint64_t, int> outcome(ssize_t count) {
  if (count < 0) return std::unexpected(errno);
  return static_cast<uint64_t>(count);
}

}  // namespace

std::expected<uint64_t, int> read_descriptor(int descriptor, MutableBytes into) {
  into = into.first(std::min<size_t>(into.size(), most_read));
  make_writable(into);
  ssize_t count;
  do {
    count = read(descriptor, into.data(), into.size());
  } while (count < 0 && errno == EINTR);
  return outcome(count);
}

std::expected<uint64_t, int> write_descriptor(int descriptor, Bytes from) {
  ssize_t count;
  do {
    count = write(descriptor, from.data(), std::min<size_t>(from.size(), SSIZE_MAX));
  } while (count < 0 && errno == EINTR);
  return outcome(count);
}

Readiness readiness(int descriptor, bool for_writing) {
  pollfd entry = poll_entry({descriptor, for_writing});
  while (poll(&entry, 1, 0) < 0 && errno == EINTR) {
  }
  Readiness result;
  result.is_ready = entry.revents != 0;
  result.is_hung_up = (entry.revents & (POLLHUP | POLLERR | POLLRDHUP)) != 0;
  int bytes = 0;
  if (!for_writing && ioctl(descriptor, FIONREAD, &bytes) == 0 && bytes > 0) result.bytes = static_cast<uint64_t>(bytes);
  return result;
}

void wait_for(std::span<const Wanted> descriptors, std::optional<uint64_t> timeout_ns) {
  std::vector<pollfd> entries;
  entries.reserve(descriptors.size());
  for (const Wanted& wanted : descriptors) entries.push_back(poll_entry(wanted));
  constexpr uint64_t second_ns = 1'000'000'000;
  timespec time = {};
  if (timeout_ns) time = {static_cast<time_t>(*timeout_ns / second_ns), static_cast<long>(*timeout_ns % second_ns)};
  // May return early, on a signal: the caller looks at its descriptors and its clock again.
  ppoll(entries.data(), entries.size(), timeout_ns ? &time : nullptr, nullptr);
}

static_assert(surely_written <= PIPE_BUF && most_read == first_written);

bool is_file(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

void ignore_broken_pipes() {
  signal(SIGPIPE, SIG_IGN);
}

}  // namespace mote::os
