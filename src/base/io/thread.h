// Threads, which the engine never starts: programs lend it some. Failing to start one is an error or fewer threads, never
// an end of the process. Tested by thread_test.cpp.
#pragma once

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace mote::io {

// Runs a function; its end waits for it.
class Thread {
 public:
  [[nodiscard]] static Result<Thread> start(std::function<void()> work);
  Thread(Thread&&) noexcept;
  Thread& operator=(Thread&&) = delete;
  ~Thread();

 private:
  struct State;
  explicit Thread(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// From now on the calling thread runs on that processor of those that this process may use (the number wraps around). Where the
// kernel refuses, it does not.
void pin_this_thread(uint32_t number);

// Runs `work` on up to `count` threads at once, the calling one among them, and returns when all have returned.
void run_parallel(uint32_t count, const std::function<void()>& work);

// Does something later, on a thread of its own, unless it ends before. Its end waits for an action that has begun, and for nothing
// else.
class Delayed {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Delayed>> start(uint64_t delay_ms, std::function<void()> action);
  Delayed(const Delayed&) = delete;
  Delayed& operator=(const Delayed&) = delete;
  ~Delayed();

 private:
  struct State;
  explicit Delayed(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::io
