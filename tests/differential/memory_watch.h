// The checksum of a memory after every call, at the price of what changed: blocks that are as they were are not hashed again.
#pragma once

#include "base/core/bytes.h"
#include "base/core/hash.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace mote::differential {

class MemoryWatch {
 public:
  // Depends on the bytes alone.
  uint64_t checksum(Bytes bytes) {
    if (bytes.size() != seen_.size()) {
      seen_.assign(bytes.begin(), bytes.end());
      hashes_.clear();
      for (size_t at = 0; at < bytes.size(); at += block) hashes_.push_back(hash(at));
    }
    for (size_t at = 0; at < bytes.size(); at += block) {
      const size_t size = std::min(block, bytes.size() - at);
      if (std::memcmp(seen_.data() + at, bytes.data() + at, size) == 0) continue;
      std::memcpy(seen_.data() + at, bytes.data() + at, size);
      hashes_[at / block] = hash(at);
    }
    return mote::checksum({reinterpret_cast<const uint8_t*>(hashes_.data()), hashes_.size() * sizeof(uint64_t)});
  }

 private:
  static constexpr size_t block = 4096;
  [[nodiscard]] uint64_t hash(size_t at) const {
    return mote::checksum(Bytes(seen_).subspan(at, std::min(block, seen_.size() - at)));
  }

  std::vector<uint8_t> seen_;
  std::vector<uint64_t> hashes_;
};

}  // namespace mote::differential
