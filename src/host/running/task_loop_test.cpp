// Guests of one thread that wait: for each other, for time, beside one that only computes; stopped while they wait, discarded.
#include "host/running/task_loop.h"

#include "base/os/clock.h"
#include "host/running/guest_testing.h"

#include <unistd.h>

#include <atomic>
#include <thread>

namespace mote::running {
namespace {

constexpr uint64_t ms = 1'000'000;

uint64_t now() {
  return os::now_ns(os::Clock::monotonic);
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

TEST(TaskLoop, OneWaitsForWhatTheOtherWrites) {
  TaskLoop loop;
  const Pipe pipe;
  std::string order;
  TestGuest reader([&](Caller&, int32_t value) {
    order += 'r';
    EXPECT_TRUE(loop.parks());
    const io::Interest reading[] = {{pipe.ends[0], false}};
    EXPECT_TRUE(loop.wait(reading, std::nullopt));
    char byte = 0;
    EXPECT_EQ(read(pipe.ends[0], &byte, 1), 1);
    order += byte;
    return value;
  });
  TestGuest writer([&](Caller&, int32_t value) {
    order += 'w';
    EXPECT_TRUE(loop.wait({}, now() + 5 * ms));
    EXPECT_EQ(write(pipe.ends[1], "x", 1), 1);
    order += 'W';
    return value + 1;
  });
  int32_t results[2] = {};
  loop.add(reader.store, [&] { results[0] = must(reader.func<int32_t(int32_t)>("call")(1)); });
  loop.add(writer.store, [&] { results[1] = must(writer.func<int32_t(int32_t)>("call")(1)); });
  must(loop.run());
  EXPECT_EQ(order, "rwWx");
  EXPECT_EQ(results[0], 1);
  EXPECT_EQ(results[1], 2);
  EXPECT_FALSE(loop.parks());
  must(loop.run());  // nothing to do
}

TEST(TaskLoop, SleepersOverlap) {
  TaskLoop loop;
  constexpr int count = 50;
  const auto sleep = [&](Caller&, int32_t value) {
    const uint64_t until = now() + static_cast<uint64_t>(value) * ms;
    while (now() < until) EXPECT_TRUE(loop.wait({}, until));
    return value;
  };
  std::vector<std::unique_ptr<TestGuest>> guests;
  int32_t sum = 0;
  const uint64_t begin = now();
  for (int i = 0; i < count; ++i) {
    guests.push_back(std::make_unique<TestGuest>(sleep));
    loop.add(guests.back()->store,
             [&sum, guest = guests.back().get()] { sum += must(guest->func<int32_t(int32_t)>("call")(100)); });
  }
  must(loop.run());
  EXPECT_EQ(sum, count * 100);
  EXPECT_LT(now() - begin, count * 100 * ms / 2);
}

TEST(TaskLoop, AStopEndsAWaitAtOnce) {
  TaskLoop loop;
  std::atomic<bool> waits = false;
  TestGuest guest([&](Caller&, int32_t value) {
    waits = true;
    EXPECT_FALSE(loop.wait({}, std::nullopt));
    EXPECT_FALSE(loop.wait({}, std::nullopt));  // nor does it wait again
    return value;
  });
  GuestResult<int32_t> result = 0;
  loop.add(guest.store, [&] { result = guest.func<int32_t(int32_t)>("call")(1); });
  std::thread stopper([&, stop = guest.store.stopper()] {
    while (!waits) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    stop.stop("enough");
  });
  must(loop.run());
  stopper.join();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.message, "interrupted: enough");
}

TEST(TaskLoop, AStopAtAnyTimeEndsIt) {
  for (int round = 0; round < 200; ++round) {
    TaskLoop loop;
    TestGuest guest([&](Caller&, int32_t value) {
      for (int i = 0; i < 3; ++i) (void)loop.wait({}, now() + 20'000);
      (void)loop.wait({}, std::nullopt);
      return value;
    });
    GuestResult<int32_t> result = 0;
    loop.add(guest.store, [&] { result = guest.func<int32_t(int32_t)>("call")(1); });
    std::thread stopper([stop = guest.store.stopper(), round] {
      std::this_thread::sleep_for(std::chrono::microseconds(round * 2));
      stop.stop("enough");
    });
    must(loop.run());
    stopper.join();
    ASSERT_FALSE(result);
  }
}

TEST(TaskLoop, OneThatOnlyComputesIsPreemptedForTheOthers) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer holds signals back until the thread calls into it, which a guest never does";
#endif
#endif
  TaskLoop loop;
  TestGuest spinner;
  TestGuest waiter([&](Caller&, int32_t value) {
    const uint64_t until = now() + 20 * ms;
    while (now() < until) EXPECT_TRUE(loop.wait({}, until));
    spinner.store.stopper().stop("enough");
    return value;
  });
  GuestResult<void> spun;
  loop.add(spinner.store, [&] { spun = spinner.func<void()>("spin")(); });
  loop.add(waiter.store, [&] { EXPECT_EQ(must(waiter.func<int32_t(int32_t)>("call")(3)), 3); });
  std::atomic<bool> is_over = false;
  std::thread preempter([&, stopper = spinner.store.stopper()] {
    while (!is_over) {
      stopper.preempt();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  must(loop.run());
  is_over = true;
  preempter.join();
  ASSERT_FALSE(spun);
}

TEST(TaskLoop, OutsideOfATaskTheThreadWaits) {
  TaskLoop loop;
  TestGuest guest([&](Caller&, int32_t value) {
    const uint64_t until = now() + 2 * ms;
    EXPECT_FALSE(loop.parks());
    while (now() < until) EXPECT_TRUE(loop.wait({}, until));
    return value;
  });
  EXPECT_EQ(must(guest.func<int32_t(int32_t)>("call")(4)), 4);
}

TEST(TaskLoop, DiscardsThoseWhoWait) {
  GuestResult<int32_t> result = 0;
  std::optional<TaskLoop> loop(std::in_place);
  TestGuest guest([&](Caller&, int32_t value) {
    EXPECT_FALSE(loop->wait({}, std::nullopt));
    return value;
  });
  loop->add(guest.store, [&] { result = guest.func<int32_t(int32_t)>("call")(1); });
  // The second task of one store cannot begin: run() says so, with the first one waiting.
  loop->add(guest.store, [] { ADD_FAILURE(); });
  const auto run = loop->run();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().message, "the store runs a task already; let that end first, or discard it");
  loop.reset();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().trap.message, "interrupted: its task was discarded");
}

}  // namespace
}  // namespace mote::running
