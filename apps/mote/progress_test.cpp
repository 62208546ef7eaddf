// Tests of progress.h: the line's form.
#include "apps/mote/progress.h"

#include <gtest/gtest.h>

namespace mote::cli {
namespace {

TEST(ProgressLine, FillsFromZeroToAll) {
  EXPECT_NE(Progress::line("a.wasm", 0, 100).find("  0 %"), std::string::npos);
  EXPECT_EQ(Progress::line("a.wasm", 0, 100).find('#'), std::string::npos);
  EXPECT_NE(Progress::line("a.wasm", 50, 100).find("###############·"), std::string::npos);
  EXPECT_NE(Progress::line("a.wasm", 200, 100).find("100 %"), std::string::npos);
  EXPECT_NE(Progress::line("a.wasm", 0, 0).find("  0 %"), std::string::npos);
}

}  // namespace
}  // namespace mote::cli
