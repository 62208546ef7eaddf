// What the kernel says of this process.
#include "platform/observe/process.h"

#include <gtest/gtest.h>

#include <vector>

namespace mote::observe {
namespace {

TEST(ProcessWatch, KnowsThisProcess) {
  const ProcessWatch watch;
  const ProcessFacts before = watch.facts();
  EXPECT_GT(before.resident_bytes, 1u << 20);
  EXPECT_GT(before.virtual_bytes, before.resident_bytes);
  EXPECT_GE(before.open_files, 5u);  // three streams, and what it watches by
  EXPECT_GE(before.most_files, before.open_files);
  EXPECT_GT(before.cpu_seconds, 0);
  EXPECT_GT(before.started, 1.7e9);
  std::vector<os::File> more;
  for (int i = 0; i < 10; ++i) more.push_back(os::File::open("/proc/self/statm").value());
  EXPECT_EQ(watch.facts().open_files, before.open_files + 10);
  std::vector<char> memory(32u << 20, 'x');
  EXPECT_GE(watch.facts().resident_bytes, before.resident_bytes + (30u << 20)) << memory[7];
}

}  // namespace
}  // namespace mote::observe
