// A stream of choices: the only source of randomness of the generator.
//
// The bytes come from a seed, from a fuzzer or from a kept find; behind their end every choice is 0, and 0 is always the smallest
// thing the generator can make. So cutting bytes out, or zeroing them, makes programs smaller: that is all the minimiser does.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace mote::differential {

class Choices {
 public:
  explicit Choices(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  static std::vector<uint8_t> from_seed(uint64_t seed, size_t count) {
    std::mt19937_64 random(seed);
    std::vector<uint8_t> bytes(count);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() >> 56);
    return bytes;
  }

  uint8_t byte() { return at_ < bytes_.size() ? bytes_[at_++] : 0; }
  [[nodiscard]] bool is_over() const { return at_ >= bytes_.size(); }
  // Below `bound`; 0 when the choices are over.
  uint32_t below(uint32_t bound) {
    if (bound <= 1) return 0;
    uint32_t value = byte();
    if (bound > 256) value = value << 8 | byte();
    return value % bound;
  }
  // True in about `percent` of the cases; false when the choices are over.
  bool chance(uint32_t percent) { return below(100) >= 100 - percent; }
  uint64_t bits(uint32_t count) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < count; i += 8) value = value << 8 | byte();
    return value;
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(static_cast<uint32_t>(from.size()))];
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace mote::differential
