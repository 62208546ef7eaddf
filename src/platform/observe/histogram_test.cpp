// Histograms: within 1 % of the truth at every quantile, exact at powers of two, and differences of looks.
#include "platform/observe/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace mote::observe {
namespace {

TEST(Histogram, BucketsFollowOneAnotherWithoutGaps) {
  for (size_t i = 0; i < buckets::count; ++i) {
    ASSERT_EQ(buckets::of(buckets::begin(i)), i);
    ASSERT_EQ(buckets::of(buckets::begin(i + 1) - 1), i);
    const double width = static_cast<double>(buckets::begin(i + 1) - buckets::begin(i));
    ASSERT_TRUE(i < 64 || width / 2 / static_cast<double>(buckets::begin(i)) <= 0.008);
  }
  EXPECT_EQ(buckets::of(UINT64_MAX), buckets::count - 1);
  EXPECT_EQ(buckets::begin(buckets::count), uint64_t{1} << buckets::most_bits);
}

Distribution looked_at(const Histogram& histogram) {
  Distribution distribution;
  histogram.add_to(distribution);
  return distribution;
}

TEST(Histogram, QuantilesAreWithinOnePercent) {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> latency(11, 1.5);  // around 60 us, with a long tail
  auto histogram = std::make_unique<Histogram>();
  std::vector<uint64_t> all;
  for (int i = 0; i < 200'000; ++i) {
    all.push_back(static_cast<uint64_t>(latency(random)));
    histogram->record(all.back());
  }
  std::ranges::sort(all);
  const Distribution held = looked_at(*histogram);
  EXPECT_EQ(held.total, all.size());
  for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = std::clamp<size_t>(static_cast<size_t>(std::ceil(share * static_cast<double>(all.size()))), 1, all.size());
    const auto truth = static_cast<double>(all[rank - 1]);
    EXPECT_NEAR(static_cast<double>(held.quantile(share)), truth, truth * 0.01) << share;
  }
  for (unsigned power = 10; power < 30; ++power) {
    const uint64_t bound = uint64_t{1} << power;
    EXPECT_EQ(held.below(bound), static_cast<uint64_t>(std::ranges::lower_bound(all, bound) - all.begin()));
  }
  const auto powers = held.below_powers(10, 30);
  ASSERT_EQ(powers.size(), 21u);
  for (unsigned power = 10; power <= 30; ++power) EXPECT_EQ(powers[power - 10], held.below(uint64_t{1} << power));
  EXPECT_EQ(Distribution().below_powers(3, 4), (std::vector<uint64_t>{0, 0}));
  EXPECT_EQ(Distribution().quantile(0.5), 0u);
  EXPECT_EQ(Distribution().longest(), 0u);
}

TEST(Histogram, TellsWhatCameSince) {
  auto histogram = std::make_unique<Histogram>();
  histogram->record(1000);
  const Distribution before = looked_at(*histogram);
  histogram->record(5'000'000);
  histogram->record(5'000'000);
  const Distribution since = looked_at(*histogram).since(before);
  EXPECT_EQ(since.total, 2u);
  EXPECT_EQ(since.sum_ns, 10'000'000u);
  EXPECT_NEAR(static_cast<double>(since.quantile(0.01)), 5e6, 5e4);
  Distribution sum;
  sum.add(before);
  sum.add(since);
  EXPECT_EQ(sum.total, 3u);
  EXPECT_EQ(before.since({}).total, 1u);
}

}  // namespace
}  // namespace mote::observe
