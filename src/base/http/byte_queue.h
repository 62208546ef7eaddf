// Bytes in line: put in behind, taken out before. What a connection has received and not understood yet, and what it has still to
// send. Its memory stays its own until trim(), so that steady traffic allocates nothing. Tested by byte_queue_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace mote::http {

class ByteQueue {
 public:
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] size_t size() const { return end_ - begin_; }
  [[nodiscard]] Bytes view() const { return {bytes_.get() + begin_, size()}; }

  void append(Bytes bytes) {
    if (bytes.size() > capacity_ - end_) [[unlikely]]
      make_room(bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void append(std::string_view text) { append(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size())); }

  void drop(size_t count) {
    begin_ += std::min(count, size());
    if (empty()) clear();
  }
  void clear() { begin_ = end_ = 0; }
  // Gives memory back, all of an empty queue.
  void trim() {
    if (capacity_ > size()) move_to(size());
  }
  [[nodiscard]] size_t capacity() const { return capacity_; }

 private:
  // What was taken out is given up when that costs no more than it brings.
  void make_room(size_t count) {
    if (begin_ >= size() && count <= capacity_ - size()) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, size());
      end_ = size(), begin_ = 0;
    } else {
      move_to(std::max(size() + count, 2 * size()));
    }
  }
  void move_to(size_t capacity) {
    std::unique_ptr<uint8_t[]> bytes(capacity == 0 ? nullptr : new uint8_t[capacity]);
    if (!empty()) std::memcpy(bytes.get(), bytes_.get() + begin_, size());
    bytes_ = std::move(bytes), capacity_ = capacity;
    end_ = size(), begin_ = 0;
  }

  std::unique_ptr<uint8_t[]> bytes_;
  size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace mote::http
