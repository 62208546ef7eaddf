// No byte is handed out twice: not by the reserve, not after it was filled again, not to a child process.
#include "base/os/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <vector>

namespace mote::os {
namespace {

using Draw = std::array<uint8_t, 16>;
Draw draw(RandomReserve& reserve) {
  Draw drawn = {};
  EXPECT_TRUE(reserve.fill(drawn));
  return drawn;
}

TEST(RandomReserve, DrawsDiffer) {
  RandomReserve one, other;
  std::set<Draw> seen;
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(seen.insert(draw(one)).second);
    EXPECT_TRUE(seen.insert(draw(other)).second);
  }
}

TEST(RandomReserve, AnySizeIsFilled) {
  RandomReserve reserve;
  for (const size_t size : {0, 1, 7, 255, 256, 257, 4'000, 4'092, 4'093, 100'000}) {
    for (int i = 0; i < 40; ++i) {
      std::vector<uint8_t> into(size + 2, 0);
      ASSERT_TRUE(reserve.fill(MutableBytes(into).subspan(1, size)));
      EXPECT_EQ(into.front(), 0);
      EXPECT_EQ(into.back(), 0);
      if (size >= 16) EXPECT_NE(std::vector<uint8_t>(into.end() - 17, into.end() - 1), std::vector<uint8_t>(16, 0));
    }
  }
}

TEST(RandomReserve, AChildDrawsItsOwn) {
  RandomReserve reserve;
  (void)draw(reserve);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Draw drawn = draw(reserve);
    _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
  }
  Draw childs = {};
  ASSERT_EQ(read(ends[0], childs.data(), childs.size()), 16);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(childs, draw(reserve));
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace mote::os
