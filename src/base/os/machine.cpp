// The machine by sysconf and getrlimit (machine.h).
#include "base/os/machine.h"

#include "base/os/file.h"
#include "base/os/writable.h"

#include <sched.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace mote::os {

uint64_t memory_size_bytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t address_space_bytes() {
  constexpr uint64_t user_half = 1ull << 47;
  rlimit limit = {};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return user_half;
  return std::min<uint64_t>(limit.rlim_cur, user_half);
}

uint32_t cpu_count() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<uint32_t>(std::max(CPU_COUNT(&set), 1));
  return static_cast<uint32_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1l));
}

namespace {

// A line of /proc/self/status, which is in KiB.
uint64_t status_bytes(std::string_view key) {
  constexpr uint64_t most = 64 << 10;
  const auto status = read_file("/proc/self/status", most);
  if (!status) return 0;
  const std::string_view text(reinterpret_cast<const char*>(status->data()), status->size());
  const size_t at = text.find(key);
  if (at == text.npos) return 0;
  return std::strtoull(text.data() + at + key.size(), nullptr, 10) << 10;
}

}  // namespace

uint64_t resident_bytes() {
  return status_bytes("\nVmRSS:");
}
uint64_t page_table_bytes() {
  return status_bytes("\nVmPTE:");
}

uint64_t page_faults_of_thread() {
  rusage usage = {};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

std::optional<std::string> environment_variable(const char* name) {
  const char* value = getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

std::vector<std::string> environment() {
  std::vector<std::string> all;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) all.emplace_back(*one);
  return all;
}

void allow_all_descriptors() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

uint32_t user_id() {
  return geteuid();
}

Result<void> fill_random(MutableBytes into) {
  make_writable(into);
  while (!into.empty()) {
    const ssize_t count = getrandom(into.data(), into.size(), 0);
    if (count < 0 && errno != EINTR) return fail_errno(errno, "cannot get random bytes");
    if (count > 0) into = into.subspan(static_cast<size_t>(count));
  }
  return {};
}

}  // namespace mote::os
