// See thread.h. POSIX threads, since std::thread can only throw when there is none to be had.
#include "base/io/thread.h"

#include "base/os/file.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace mote::io {

namespace {

constexpr size_t stack_size = 1 << 20;

}  // namespace

struct Thread::State {
  std::function<void()> work;
  pthread_t thread{};
};

Thread::Thread(std::unique_ptr<State> state) : state_(std::move(state)) {}
Thread::Thread(Thread&&) noexcept = default;

Thread::~Thread() {
  if (state_ != nullptr) pthread_join(state_->thread, nullptr);
}

// Signals sent to the process are for its first thread; faults are always delivered to the thread that made them.
Result<Thread> Thread::start(std::function<void()> work) {
  auto state = std::make_unique<State>();
  state->work = std::move(work);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error_number = pthread_create(
      &state->thread, &attributes,
      [](void* argument) -> void* {
        static_cast<State*>(argument)->work();
        return nullptr;
      },
      state.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error_number != 0) return os::fail_errno(error_number, "cannot start a thread");
  return Thread(std::move(state));
}

void pin_this_thread(uint32_t number) {
  cpu_set_t usable;
  if (pthread_getaffinity_np(pthread_self(), sizeof usable, &usable) != 0) return;
  const auto count = static_cast<uint32_t>(CPU_COUNT(&usable));
  if (count == 0) return;
  uint32_t left = number % count;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable) || left-- != 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    (void)pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

void run_parallel(uint32_t count, const std::function<void()>& work) {
  std::vector<Thread> threads;
  for (uint32_t i = 1; i < count; ++i) {
    auto thread = Thread::start(work);
    if (!thread) break;
    threads.push_back(std::move(*thread));
  }
  work();
}

struct Delayed::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_ended = false;
  std::optional<Thread> thread;
};

Delayed::Delayed(std::unique_ptr<State> state) : state_(std::move(state)) {}

Delayed::~Delayed() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ended = true;
  }
  state_->changed.notify_one();
}

Result<std::unique_ptr<Delayed>> Delayed::start(uint64_t delay_ms, std::function<void()> action) {
  auto owned = std::make_unique<State>();
  State* const state = owned.get();
  auto thread = TRY(Thread::start([state, delay_ms, action = std::move(action)] {
    std::unique_lock lock(state->mutex);
    if (state->changed.wait_for(lock, std::chrono::milliseconds(delay_ms), [&] { return state->is_ended; })) return;
    lock.unlock();
    action();
  }));
  state->thread.emplace(std::move(thread));
  return std::unique_ptr<Delayed>(new Delayed(std::move(owned)));
}

}  // namespace mote::io
