// First writes are noted, each once; reads are not; what is protected again is noted again.
#include "base/os/write_watch.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace mote::os {
namespace {

using Pages = std::pair<uint64_t, uint64_t>;  // first, count

void handle(int /*signal*/, siginfo_t* info, void* /*context*/) {
  if (!WriteWatch::note_write(info->si_addr)) abort();
}

class WriteWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = WriteWatch::missing(); !missing.empty()) GTEST_SKIP() << "this kernel lacks " << missing;
    struct sigaction action = {};  // not by fault.h, whose handler is installed once and is another test's
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGBUS, &action, &previous);
    memory = std::move(*Mapping::anonymous(pages * page_size));
  }
  void TearDown() override {
    if (memory) sigaction(SIGBUS, &previous, nullptr);
  }
  std::unique_ptr<WriteWatch> watched() {
    auto watch = WriteWatch::create(memory.data(), memory.size());
    EXPECT_TRUE(watch) << watch.error().message;
    EXPECT_TRUE((*watch)->protect(0, memory.size()));
    return std::move(*watch);
  }
  std::vector<Pages> runs(const WriteWatch& watch, uint64_t first = 0, uint64_t count = pages) {
    std::vector<Pages> found;
    watch.for_each_written(first * page_size, count * page_size,
                           [&](uint64_t offset, uint64_t size) { found.emplace_back(offset / page_size, size / page_size); });
    return found;
  }
  volatile uint8_t& at(uint64_t page) { return memory.data()[page * page_size + 17]; }

  static constexpr uint64_t pages = 300;
  Mapping memory;
  struct sigaction previous = {};
};

TEST_F(WriteWatchTest, NotesEachFirstWrite) {
  std::memset(memory.data(), 7, 100 * page_size);  // the first hundred pages are there, the others were never touched
  const auto watch = watched();
  EXPECT_EQ(at(3) + at(200), 7);
  EXPECT_EQ(watch->noted(), 0U) << "reads are not noted";
  for (uint64_t page = 0; page < pages; ++page) {
    at(page) = static_cast<uint8_t>(page);
    ASSERT_EQ(watch->noted(), page + 1);
    at(page) = static_cast<uint8_t>(page + 1);
    ASSERT_EQ(watch->noted(), page + 1) << "noted once";
  }
  for (uint64_t page = 0; page < pages; ++page) ASSERT_EQ(at(page), static_cast<uint8_t>(page + 1));
  EXPECT_EQ(memory.data()[4096], 7) << "the rest of a page stays";
}

TEST_F(WriteWatchTest, TellsRuns) {
  const auto watch = watched();
  for (const uint64_t page : {0, 1, 2, 63, 64, 65, 127, 200, 299}) at(page) = 1;
  EXPECT_EQ(runs(*watch), (std::vector<Pages>{{0, 3}, {63, 3}, {127, 1}, {200, 1}, {299, 1}}));
  EXPECT_EQ(runs(*watch, 1, 63), (std::vector<Pages>{{1, 2}, {63, 1}}));
  EXPECT_EQ(runs(*watch, 66, 61), std::vector<Pages>{});
}

// Where the notes lie depends on how many there are.
TEST_F(WriteWatchTest, SmallAndLargeRanges) {
  for (const uint64_t size : {uint64_t{1}, uint64_t{64}, uint64_t{32768}, uint64_t{32769}, uint64_t{100'000}}) {
    memory = std::move(*Mapping::anonymous(size * page_size));
    const auto watch = watched();
    std::vector<Pages> expected = {{0, 1}};
    if (size > 1) expected.emplace_back(size - 1, 1);
    for (const auto& [page, count] : expected) at(page) = 1;
    EXPECT_EQ(runs(*watch, 0, size), expected) << size;
  }
}

TEST_F(WriteWatchTest, NotesAgainWhatIsProtectedAgain) {
  const auto watch = watched();
  for (uint64_t page = 0; page < pages; ++page) at(page) = 1;
  memory.discard(10 * page_size, 100 * page_size);
  ASSERT_TRUE(watch->protect(10 * page_size, 100 * page_size));
  EXPECT_EQ(runs(*watch), (std::vector<Pages>{{0, 10}, {110, 190}}));
  EXPECT_EQ(at(20), 0);
  at(20) = 5;
  at(150) = 5;
  EXPECT_EQ(runs(*watch), (std::vector<Pages>{{0, 10}, {20, 1}, {110, 190}}));
}

TEST_F(WriteWatchTest, TheKernelMayNotWriteUnnoticed) {
  const auto watch = watched();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "mote", 4), 4);
  EXPECT_EQ(read(ends[0], memory.data(), 4), -1);
  EXPECT_EQ(errno, EFAULT);
  EXPECT_EQ(watch->noted(), 0U);
  memory.data()[0] = 0;
  EXPECT_EQ(read(ends[0], memory.data(), 4), 4) << "nothing was lost";
  close(ends[0]);
  close(ends[1]);
}

TEST_F(WriteWatchTest, ManyRangesAndThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) {
        Mapping mine = std::move(*Mapping::anonymous(8 * page_size));
        auto watch = WriteWatch::create(mine.data(), mine.size());
        ASSERT_TRUE(watch && (*watch)->protect(0, mine.size()));
        for (uint64_t page = 0; page < 8; page += 2) static_cast<volatile uint8_t*>(mine.data())[page * page_size] = 1;
        ASSERT_EQ((*watch)->noted(), 4U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace mote::os
