#include "engine/api/cache_claim.h"

#include <gtest/gtest.h>

namespace mote::api {
namespace {

using Verdict = CacheClaim::Verdict;

class ClaimTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *os::make_temporary_folder("mote-claim-test-");
    entry_ = root_ + "/entry.mote";
  }
  void TearDown() override { (void)os::remove_folder(root_); }
  Verdict take(uint64_t now_s, CacheClaim& claim) {
    auto taken = CacheClaim::take(entry_, now_s);
    EXPECT_TRUE(taken.has_value());
    if (!taken) return Verdict::busy;
    claim = std::move(taken->second);
    return taken->first;
  }
  Verdict try_take(uint64_t now_s) {
    CacheClaim claim;
    return take(now_s, claim);
  }
  std::string root_, entry_;
};

constexpr uint64_t now = 1'700'000'000;

TEST_F(ClaimTest, IsForOneAtATime) {
  CacheClaim claim;
  EXPECT_EQ(take(now, claim), Verdict::granted);
  EXPECT_EQ(try_take(now), Verdict::busy);
  claim.succeeded();
  EXPECT_TRUE(os::list_folder(root_)->empty());
  EXPECT_EQ(try_take(now), Verdict::granted);
}

TEST_F(ClaimTest, RefusedModulesAreNotTriedAgain) {
  for (const ErrorKind kind : {ErrorKind::bad_input, ErrorKind::unsupported, ErrorKind::limit}) {
    CacheClaim claim;
    EXPECT_EQ(take(now, claim), Verdict::granted);
    claim.failed(Error{kind, "no"}, now);
    claim = {};
    EXPECT_EQ(try_take(now), Verdict::gave_up);
    EXPECT_EQ(try_take(now + 1000 * CacheClaim::pause_s), Verdict::gave_up);
    ASSERT_TRUE(os::remove_file(entry_ + std::string(CacheClaim::suffix)));
  }
}

TEST_F(ClaimTest, BreakdownsAreTriedAgainLater) {
  CacheClaim claim;
  EXPECT_EQ(take(now, claim), Verdict::granted);
  claim.failed(Error{ErrorKind::unavailable, "crashed"}, now);
  claim = {};
  EXPECT_EQ(try_take(now + 10), Verdict::gave_up);
  EXPECT_EQ(try_take(now - 10), Verdict::granted) << "the clock was set back";
}

TEST_F(ClaimTest, DeathBlocksNobodyForLong) {
  EXPECT_EQ(try_take(now), Verdict::granted);  // and nothing is said before it ends
  EXPECT_EQ(try_take(now + 1), Verdict::gave_up);
  EXPECT_EQ(try_take(now + CacheClaim::pause_s), Verdict::granted);
}

TEST_F(ClaimTest, OddFilesCountAsNone) {
  const std::string path = entry_ + std::string(CacheClaim::suffix);
  ASSERT_TRUE(os::write_file(path, std::vector<uint8_t>(32, 0xff)));
  EXPECT_EQ(try_take(now), Verdict::granted);
  EXPECT_FALSE(CacheClaim::take(root_ + "/no/such", now).has_value());
}

}  // namespace
}  // namespace mote::api
