// A change is told once, when the file rests; so is a file that comes and one that goes.
#include "apps/mote-server/file_watch.h"

#include "base/os/clock.h"
#include "base/os/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace mote::cli {
namespace {

class FileWatchTest : public testing::Test {
 protected:
  ~FileWatchTest() override { (void)os::remove_file(path); }
  void write(std::string_view text) {
    ASSERT_TRUE(os::write_file_unflushed(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, 0600));
  }
  void run_ms(uint64_t ms) {
    const uint64_t end = os::now_ns(os::Clock::monotonic) + ms * 1'000'000;
    while (os::now_ns(os::Clock::monotonic) < end) {
      const auto wake = loop->wait({}, end, [] {});
      loop->run_once();
    }
  }
  bool is_told(int times) {
    for (int i = 0; i < 100 && told < times; ++i) run_ms(50);
    run_ms(3 * FileWatch::pause_ms);
    return told == times;
  }

  const std::string path = testing::TempDir() + "/watched-" + std::to_string(getpid());
  std::unique_ptr<io::Loop> loop = io::Loop::create().value();
  int told = 0;
};

TEST_F(FileWatchTest, TellsOfEachChangeOnce) {
  write("one");
  FileWatch watch(*loop, [this] { return std::vector{path, path + ".never"}; }, [this] { ++told; });
  EXPECT_TRUE(is_told(0));
  write("another");
  EXPECT_TRUE(is_told(1));
  (void)os::remove_file(path);
  EXPECT_TRUE(is_told(2));
  write("again");
  EXPECT_TRUE(is_told(3));
}

TEST_F(FileWatchTest, MissesNothingThatChangesMeanwhile) {
  write("one");
  FileWatch watch(
      *loop, [this] { return std::vector{path}; },
      [this] {
        if (++told == 1) write("three is longer");
      });
  write("two");
  EXPECT_TRUE(is_told(2));
}

TEST_F(FileWatchTest, WaitsUntilTheFileRests) {
  write("");
  FileWatch watch(*loop, [this] { return std::vector{path}; }, [this] { ++told; });
  std::string text;
  for (int i = 0; i < 20; ++i) {
    write(text += "more");
    run_ms(FileWatch::pause_ms / 4);
    EXPECT_EQ(told, 0) << "it is still being written";
  }
  EXPECT_TRUE(is_told(1));
}

}  // namespace
}  // namespace mote::cli
