// The loop: pipes, times, files, work from other threads, waits that are taken back, watches, descriptors that run out.
#include "base/io/loop.h"

#include "base/os/clock.h"
#include "base/os/file.h"
#include "base/os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace mote::io {
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

TEST(Loop, WakesForDescriptors) {
  auto loop = *Loop::create();
  const Pipe pipe;
  int woken = 0;
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  auto same = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
  while (woken < 2) loop->run_once();
  const Interest writing[] = {{pipe.ends[1], true}};
  wait = *loop->wait(writing, std::nullopt, [&] { ++woken; });
  while (woken < 3) loop->run_once();
  wait.reset();
  same.reset();
  loop->poll();  // nothing is waited for
  EXPECT_EQ(woken, 3);
}

TEST(Loop, WakesForTimesAndForWhatComesFirst) {
  auto loop = *Loop::create();
  const Pipe pipe;
  int woken = 0;
  const uint64_t begin = now();
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, begin + 20 * ms, [&] { ++woken; });
  while (woken == 0) loop->run_once();
  EXPECT_GE(now(), begin + 20 * ms);
  wait = *loop->wait({}, 0, [&] { ++woken; });  // long past
  while (woken == 1) loop->run_once();
  wait = *loop->wait({}, UINT64_MAX, [&] { ++woken; });  // never
  auto earlier = *loop->wait({}, now() + ms, [&] { ++woken; });
  while (woken == 2) loop->run_once();
  EXPECT_EQ(woken, 3);
}

TEST(Loop, FilesAreReady) {
  auto loop = *Loop::create();
  const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  int woken = 0;
  const Interest reading[] = {{file, false}};
  auto wait = *loop->wait(reading, std::nullopt, [&] { ++woken; });
  while (woken == 0) loop->run_once();
  wait.reset();
  close(file);
}

TEST(Loop, AWaitThatIsTakenBackWakesNobody) {
  auto loop = *Loop::create();
  const Pipe pipe;
  ASSERT_EQ(write(pipe.ends[1], "x", 1), 1);
  const Interest reading[] = {{pipe.ends[0], false}};
  auto wait = *loop->wait(reading, now(), [] { FAIL(); });
  wait.reset();
  loop->poll();
}

TEST(Loop, WhoIsWokenMayWaitAgainForATimeThatHasCome) {
  auto loop = *Loop::create();
  int woken = 0;
  std::unique_ptr<Loop::Wait> wait;
  std::function<void()> again = [&] {
    ++woken;
    wait = *loop->wait({}, 0, again);
  };
  again();
  loop->run_once();
  EXPECT_EQ(woken, 2);
  loop->poll();
  EXPECT_EQ(woken, 3);
}

struct Stream {
  Stream() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0); }
  ~Stream() {
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
  }
  int ends[2];
};

TEST(Loop, AWatchTellsOfEachChange) {
  auto loop = *Loop::create();
  Stream stream;
  std::vector<Loop::Change> changes;
  auto watch = *loop->watch(stream.ends[0], Loop::Watching::changes, [&](Loop::Change one) { changes.push_back(one); });
  loop->run_once();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].can_write);
  EXPECT_FALSE(changes[0].can_read);
  ASSERT_EQ(write(stream.ends[1], "x", 1), 1);
  loop->run_once();
  loop->poll();  // not told again, though nothing was read
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_TRUE(changes[1].can_read);
  EXPECT_FALSE(changes[1].has_ended);
  ASSERT_EQ(shutdown(stream.ends[1], SHUT_WR), 0);
  loop->run_once();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_TRUE(changes[2].has_ended);
  EXPECT_FALSE(changes[2].is_broken);
  close(std::exchange(stream.ends[1], -1));
  loop->run_once();
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_TRUE(changes[3].is_broken);
  watch.reset();
  loop->poll();
  EXPECT_EQ(changes.size(), 4u);
}

// Of two that are ready in one batch, the first ends the second, and itself.
TEST(Loop, AWatchMayEndFromAnyCall) {
  auto loop = *Loop::create();
  const Stream streams[2];
  std::unique_ptr<Loop::Watch> watches[2];
  int told = 0;
  for (int i = 0; i < 2; ++i) {
    watches[i] = *loop->watch(streams[i].ends[0], Loop::Watching::changes, [&](Loop::Change) {
      ++told;
      for (auto& watch : watches) watch.reset();
    });
  }
  loop->run_once();
  EXPECT_EQ(told, 1);
}

TEST(Loop, AListenerIsToldOfAsLongAsConnectionsWait) {
  auto loop = *Loop::create();
  const auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}});
  ASSERT_TRUE(listener.has_value());
  int told = 0;
  const auto watch = *loop->watch(listener->descriptor(), Loop::Watching::listener, [&](Loop::Change) { ++told; });
  loop->poll();
  EXPECT_EQ(told, 0);
  const os::File client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to = {.sin_family = AF_INET,
                    .sin_port = htons(os::socket_info(listener->descriptor())->address->port),
                    .sin_addr = {htonl(INADDR_LOOPBACK)},
                    .sin_zero = {}};
  ASSERT_EQ(connect(client.descriptor(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  loop->run_once();
  loop->run_once();
  EXPECT_EQ(told, 2);
  EXPECT_TRUE(os::accept_connection(listener->descriptor()).has_value());
  loop->poll();
  EXPECT_EQ(told, 2);
}

TEST(Loop, TurnsComeOnceForAnyNumberOfAsks) {
  auto loop = *Loop::create();
  int calls = 0;
  std::unique_ptr<Loop::Turn> turn;
  turn = loop->turn([&] {
    if (++calls == 2) turn->ask();  // in the next round
    if (calls == 3) turn.reset();
  });
  auto other = loop->turn([] { FAIL(); });
  turn->ask();
  turn->ask();
  loop->run_once();
  EXPECT_EQ(calls, 1);
  turn->ask();
  other->ask();
  other.reset();
  loop->run_once();
  EXPECT_EQ(calls, 2);
  loop->run_once();
  EXPECT_EQ(calls, 3);
}

TEST(Loop, FilesCannotBeWatched) {
  auto loop = *Loop::create();
  const auto file = os::File::open("/proc/self/exe");
  const auto watch = loop->watch(file->descriptor(), Loop::Watching::changes, [](Loop::Change) {});
  ASSERT_FALSE(watch.has_value());
  EXPECT_EQ(watch.error().message, "cannot watch a descriptor: Operation not permitted");
}

TEST(Loop, OtherThreadsPost) {
  auto loop = *Loop::create();
  std::atomic<int> done = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop->post([&] { ++done; });
  });
  while (done < 100) loop->run_once();
  other.join();
}

TEST(Loop, RunsOutOfDescriptors) {
#ifdef MOTE_INSTRUMENTED
  GTEST_SKIP() << "UBSan needs descriptors itself, to find out whether memory can be read";
#endif
  auto loop = *Loop::create();
  const Pipe pipe;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {static_cast<rlim_t>(pipe.ends[1]) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Interest reading[] = {{pipe.ends[0], false}};
  const auto wait = loop->wait(reading, std::nullopt, [] {});
  const auto second = Loop::create();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(wait);
  EXPECT_EQ(wait.error().message, "cannot wait for a descriptor: Too many open files");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot make an event loop: Too many open files");
}

TEST(Waiting, BlocksTheThread) {
  EXPECT_FALSE(blocking().parks());
  const uint64_t begin = now();
  EXPECT_TRUE(blocking().wait({}, begin + 5 * ms));
  EXPECT_GE(now(), begin + 5 * ms);
  const Pipe pipe;
  const Interest writing[] = {{pipe.ends[1], true}};
  EXPECT_TRUE(blocking().wait(writing, std::nullopt));
}

}  // namespace
}  // namespace mote::io
