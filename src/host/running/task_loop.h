// TaskLoop: runs the guests of several stores on one thread. Each is a task; where one waits (Waiting::wait) the others have the
// thread, and when none can go on the thread sleeps in an event loop, which is made when it is first needed.
//
// A stop (Stopper) ends a wait at once. A guest that only computes keeps the thread until it ends, waits or is preempted; then it
// is the last in the row. Tested by task_loop_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/io/waiting.h"

#include <mote/task.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace mote::running {

class TaskLoop : public io::Waiting {
 public:
  TaskLoop();
  TaskLoop(const TaskLoop&) = delete;
  TaskLoop& operator=(const TaskLoop&) = delete;
  ~TaskLoop() override;  // discards the tasks that have not ended

  // `work` calls guests of the store, which outlives the loop; it has its first turn in run(). Also from within a task.
  void add(Store& store, std::function<void()> work);
  // Until all tasks have ended. Fails when one cannot begin: it counts as ended, and run() may be called again for the others.
  [[nodiscard]] Result<void> run();

  // From a task, on its stack: parks it. From elsewhere, and where there is no event loop to be had, blocks the thread.
  [[nodiscard]] bool wait(std::span<const io::Interest> descriptors, std::optional<uint64_t> until_ns) override;
  [[nodiscard]] bool parks() const override { return current_ != nullptr; }

 private:
  struct Member;
  [[nodiscard]] Result<void> take_turn(Member& member);
  void make_ready(Member& member);
  void wake_stopped();
  void note_stopped(Member& member);  // from any thread
  [[nodiscard]] bool make_loop();

  std::vector<std::unique_ptr<Member>> members_;
  std::deque<Member*> ready_;
  Member* current_ = nullptr;  // whose turn it is
  std::mutex mutex_;           // guards the following two against note_stopped(); loop_ is changed by run()'s thread only
  std::unique_ptr<io::Loop> loop_;
  std::vector<Member*> stopped_;
};

}  // namespace mote::running
