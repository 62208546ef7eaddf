// Reader: numbers out of a part of a section, as DWARF writes them. It never runs past its bytes: a read beyond the end gives 0 and
// marks it as failed, which every loop ends on. For the linker's readers of what LLVM says about its code. Tested by link_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <algorithm>
#include <cstdint>

namespace mote::aot {

class Reader {
 public:
  Reader(Bytes bytes, uint64_t from, uint64_t to)
      : bytes_(bytes), at_(from), end_(std::max(from, std::min<uint64_t>(to, bytes.size()))), failed_(from > bytes.size()) {}

  [[nodiscard]] bool is_done() const { return failed_ || at_ >= end_; }
  [[nodiscard]] bool has_failed() const { return failed_; }
  [[nodiscard]] uint64_t at() const { return at_; }
  [[nodiscard]] uint64_t end() const { return end_; }

  template <class T>
  T fixed() {
    if (failed_ || end_ - at_ < sizeof(T)) return fail_read();
    T value = load_le<T>(bytes_.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  uint64_t uleb() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
      auto byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail_read();
  }
  int64_t sleb() {
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64;) {
      auto byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) return static_cast<int64_t>((byte & 0x40) != 0 && shift < 64 ? value | ~0ull << shift : value);
    }
    return fail_read();
  }
  void skip(uint64_t count) {
    if (failed_ || end_ - at_ < count) {
      fail_read();
    } else {
      at_ += count;
    }
  }

 private:
  uint8_t fail_read() {
    failed_ = true;
    return 0;
  }

  Bytes bytes_;
  uint64_t at_, end_;
  bool failed_;
};

}  // namespace mote::aot
