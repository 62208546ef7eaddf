#include "base/core/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace mote {
namespace {

constexpr std::array<std::string_view, 4> words = {"read", "write", "create", "max-memory-size"};

TEST(Nearest, FindsWhatIsClose) {
  EXPECT_EQ(nearest("wirte", words), "write");
  EXPECT_EQ(nearest("max-mem", words), "max-memory-size");
  EXPECT_EQ(nearest("creat", words), "create");
}

TEST(Nearest, SaysNothingWhenNothingIs) {
  EXPECT_EQ(nearest("network", words), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), words), "");
  EXPECT_EQ(did_you_mean("network", words), "");
  EXPECT_EQ(did_you_mean("raed", words), ", did you mean \"read\"?");
}

}  // namespace
}  // namespace mote
