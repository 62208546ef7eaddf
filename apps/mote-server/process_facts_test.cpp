// What /proc says of this very process.
#include "apps/mote-server/process_facts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>

namespace mote::cli {
namespace {

TEST(ProcessFacts, AreThisProcesss) {
  const observe::ProcessFacts before = process_facts();
  EXPECT_GT(before.resident_bytes, 1U << 20);
  EXPECT_GE(before.virtual_bytes, before.resident_bytes);
  EXPECT_GE(before.most_files, before.open_files);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(before.started, now - 86'400);
  EXPECT_LE(before.started, now + 1);
  const int more = dup(0);
  EXPECT_EQ(process_facts().open_files, before.open_files + 1);
  close(more);
  volatile uint64_t sum = 0;
  while (process_facts().cpu_seconds < before.cpu_seconds + 0.02) sum = sum + 1;  // the clock ticks a hundred times a second
}

}  // namespace
}  // namespace mote::cli
