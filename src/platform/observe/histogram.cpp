// See histogram.h.
#include "platform/observe/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mote::observe {

size_t buckets::of(uint64_t ns) {
  if (ns < (uint64_t{1} << sub_bits)) return static_cast<size_t>(ns);
  const auto bits = static_cast<unsigned>(std::bit_width(ns));  // the highest bit is bits - 1
  if (bits > most_bits) return count - 1;
  const unsigned shift = bits - sub_bits - 1;
  return (static_cast<size_t>(shift) << sub_bits) + static_cast<size_t>(ns >> shift);
}

uint64_t buckets::begin(size_t bucket) {
  constexpr size_t width = size_t{1} << sub_bits;
  if (bucket < 2 * width) return bucket;
  const size_t shift = bucket / width - 1;
  return static_cast<uint64_t>(bucket % width + width) << shift;
}

uint64_t Distribution::quantile(double share) const {
  if (total == 0) return 0;
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(share * static_cast<double>(total))), 1, total);
  uint64_t seen = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    seen += counts[i];
    if (seen >= rank) return (buckets::begin(i) + buckets::begin(i + 1) - 1) / 2;
  }
  return longest();
}

uint64_t Distribution::below(uint64_t ns) const {
  uint64_t seen = 0;
  for (size_t i = 0; i < counts.size() && buckets::begin(i + 1) <= ns; ++i) seen += counts[i];
  return seen;
}

std::vector<uint64_t> Distribution::below_powers(unsigned first, unsigned last) const {
  std::vector<uint64_t> all;
  all.reserve(last - first + 1);
  uint64_t seen = 0;
  size_t next = 0;
  for (unsigned power = first; power <= last; ++power) {
    const size_t end = std::min(buckets::of(uint64_t{1} << power), counts.size());
    for (; next < end; ++next) seen += counts[next];
    all.push_back(seen);
  }
  return all;
}

uint64_t Distribution::longest() const {
  for (size_t i = counts.size(); i > 0; --i) {
    if (counts[i - 1] != 0) return buckets::begin(i);
  }
  return 0;
}

void Distribution::add(const Distribution& other) {
  if (counts.size() < other.counts.size()) counts.resize(other.counts.size());
  for (size_t i = 0; i < other.counts.size(); ++i) counts[i] += other.counts[i];
  total += other.total;
  sum_ns += other.sum_ns;
}

Distribution Distribution::since(const Distribution& earlier) const {
  Distribution difference = *this;
  difference.total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const uint64_t before = i < earlier.counts.size() ? earlier.counts[i] : 0;
    difference.counts[i] = counts[i] - std::min(before, counts[i]);
    difference.total += difference.counts[i];
  }
  difference.sum_ns = sum_ns - std::min(sum_ns, earlier.sum_ns);
  return difference;
}

void Histogram::add_to(Distribution& distribution) const {
  if (distribution.counts.size() < counts_.size()) distribution.counts.resize(counts_.size());
  for (size_t i = 0; i < counts_.size(); ++i) {
    const uint64_t count = counts_[i].load(std::memory_order_relaxed);
    distribution.counts[i] += count;
    distribution.total += count;
  }
  distribution.sum_ns += sum_ns_.load(std::memory_order_relaxed);
}

}  // namespace mote::observe
