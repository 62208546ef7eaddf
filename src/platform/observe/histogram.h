// Durations, counted finely enough for the 99.9th percentile in microseconds: one writer, any readers, no lock, fixed memory.
//
// Log-linear: each power of two is 64 buckets, so a bucket's middle is within 0.8 % of what fell into it; below 64 ns it is exact.
// 19 KiB each. Tested by histogram_test.cpp.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mote::observe {

namespace buckets {
inline constexpr unsigned sub_bits = 6;    // 64 buckets to a power of two
inline constexpr unsigned most_bits = 42;  // 2^42 ns are 73 minutes; longer ones count as that
inline constexpr size_t count = (most_bits - sub_bits + 1) << sub_bits;
[[nodiscard]] size_t of(uint64_t ns);
[[nodiscard]] uint64_t begin(size_t bucket);  // the least that falls into it; of `count`: the end of the last
}  // namespace buckets

// What a histogram held when somebody looked, or the difference of two such.
struct Distribution {
  std::vector<uint64_t> counts;  // one for each bucket; empty: nothing
  uint64_t total = 0, sum_ns = 0;

  // The duration that this share of all does not exceed, to 0.8 %; 0 of nothing.
  [[nodiscard]] uint64_t quantile(double share) const;
  // How many are shorter than a bucket's beginning: exact where `ns` is one, as powers of two are.
  [[nodiscard]] uint64_t below(uint64_t ns) const;
  // The same for the powers of two from 2^first to 2^last, in one pass.
  [[nodiscard]] std::vector<uint64_t> below_powers(unsigned first, unsigned last) const;
  [[nodiscard]] uint64_t longest() const;  // the end of the last bucket that has something
  void add(const Distribution& other);
  // What came since an earlier look at the same histogram.
  [[nodiscard]] Distribution since(const Distribution& earlier) const;
};

class Histogram {
 public:
  // By its one writer.
  void record(uint64_t ns) {
    bump(counts_[buckets::of(ns)], 1);
    bump(sum_ns_, ns);
  }
  // By anybody: adds what is in it.
  void add_to(Distribution& distribution) const;

 private:
  static void bump(std::atomic<uint64_t>& cell, uint64_t amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, buckets::count> counts_ = {};
  std::atomic<uint64_t> sum_ns_ = 0;
};

}  // namespace mote::observe
