// Clocks by clock_gettime (clock.h).
#include "base/os/clock.h"

#include <cerrno>
#include <ctime>

namespace mote::os {

namespace {

clockid_t id(Clock clock) {
  switch (clock) {
    case Clock::realtime:
      return CLOCK_REALTIME;
    case Clock::monotonic:
      return CLOCK_MONOTONIC;
    case Clock::process_cpu:
      return CLOCK_PROCESS_CPUTIME_ID;
    case Clock::thread_cpu:
      return CLOCK_THREAD_CPUTIME_ID;
  }
  return CLOCK_MONOTONIC;
}

constexpr uint64_t second_ns = 1'000'000'000;
uint64_t ns(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * second_ns + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace

uint64_t now_ns(Clock clock) {
  timespec time = {};
  clock_gettime(id(clock), &time);
  return ns(time);
}

// The kernel's numbering of clocks: the thread's number inverted, and the kind "scheduler's time of one thread".
std::optional<uint64_t> thread_cpu_ns(int thread) {
  constexpr clockid_t one_thread = 4, scheduler = 2;
  const clockid_t clock = ~static_cast<clockid_t>(thread) * 8 | one_thread | scheduler;
  timespec time = {};
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return ns(time);
}

uint64_t resolution_ns(Clock clock) {
  timespec time = {};
  clock_getres(id(clock), &time);
  return ns(time);
}

void sleep_until_ns(Clock clock, uint64_t time_ns) {
  const timespec time = {static_cast<time_t>(time_ns / second_ns), static_cast<long>(time_ns % second_ns)};
  while (clock_nanosleep(id(clock), TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

}  // namespace mote::os
