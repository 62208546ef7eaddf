// Bytes in line: put in behind, taken out before. What a connection has received and not understood yet, and what it has still to
// send. Its memory stays its own until trim(), so that steady traffic allocates nothing. Tested by byte_queue_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace mote::http {

class ByteQueue {
 public:
  [[nodiscard]] bool empty() const { return begin_ == bytes_.size(); }
  [[nodiscard]] size_t size() const { return bytes_.size() - begin_; }
  [[nodiscard]] Bytes view() const { return Bytes(bytes_).subspan(begin_); }

  void append(Bytes bytes) {
    // What was taken out is given up when that costs no more than it brings.
    if (begin_ > 0 && bytes_.size() + bytes.size() > bytes_.capacity() && begin_ >= size()) compact();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void append(std::string_view text) { append(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size())); }

  void drop(size_t count) {
    begin_ += std::min(count, size());
    if (empty()) clear();
  }
  void clear() {
    bytes_.clear();
    begin_ = 0;
  }
  // Gives memory back, all of an empty queue.
  void trim() {
    compact();
    bytes_.shrink_to_fit();
  }
  [[nodiscard]] size_t capacity() const { return bytes_.capacity(); }

 private:
  void compact() {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(begin_));
    begin_ = 0;
  }

  std::vector<uint8_t> bytes_;
  size_t begin_ = 0;
};

}  // namespace mote::http
