// Reader: the forms of values that MQTT packets are made of, out of bytes that nobody checked; and their writers. Private to the
// room. Errors: bad_input with the offset. Tested by packet_test.cpp, fuzz/mqtt.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/core/format.h"
#include "base/mqtt/message.h"

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::mqtt {

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] bool at_end() const { return offset_ == bytes_.size(); }
  [[nodiscard]] uint64_t left() const { return bytes_.size() - offset_; }

  [[nodiscard]] Result<uint8_t> byte() { return (TRY(take(1, "a byte")))[0]; }
  [[nodiscard]] Result<uint16_t> two() {
    const Bytes taken = TRY(take(2, "a number of two bytes"));
    return static_cast<uint16_t>(taken[0] << 8 | taken[1]);
  }
  [[nodiscard]] Result<uint32_t> four() {
    const uint32_t high = TRY(two());
    return high << 16 | TRY(two());
  }
  [[nodiscard]] Result<uint32_t> variable() {
    uint32_t value = 0;
    for (int shift = 0; shift < 28; shift += 7) {
      const uint8_t part = TRY(byte());
      value |= static_cast<uint32_t>(part & 0x7f) << shift;
      if ((part & 0x80) == 0) return value;
    }
    return failure("a number of variable size has more than four bytes");
  }
  [[nodiscard]] Result<std::string> binary() {
    const uint16_t size = TRY(two());
    const Bytes taken = TRY(take(size, "as many bytes as were announced"));
    return std::string(reinterpret_cast<const char*>(taken.data()), taken.size());
  }
  [[nodiscard]] Result<std::string> text() {
    std::string read = TRY(binary());
    if (!is_text(read)) return failure("a text is not UTF-8 without NUL");
    return read;
  }
  [[nodiscard]] Result<Bytes> take(uint64_t size, const char* what) {
    if (size > left()) return failure(format("the packet ends where {} should be", what));
    offset_ += size;
    return bytes_.subspan(offset_ - size, size);
  }
  [[nodiscard]] std::unexpected<Error> failure(std::string what) const {
    return fail_at(ErrorKind::bad_input, offset_, std::move(what));
  }

 private:
  Bytes bytes_;
  uint64_t offset_ = 0;
};

inline void put_two(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}
inline void put_four(std::vector<uint8_t>& out, uint32_t value) {
  put_two(out, static_cast<uint16_t>(value >> 16));
  put_two(out, static_cast<uint16_t>(value));
}
inline void put_variable(std::vector<uint8_t>& out, uint32_t value) {
  do {
    const auto part = static_cast<uint8_t>(value & 0x7f);
    value >>= 7;
    out.push_back(value != 0 ? part | 0x80 : part);
  } while (value != 0);
}
// Texts were checked: none is longer than two bytes can say.
inline void put_text(std::vector<uint8_t>& out, std::string_view text) {
  put_two(out, static_cast<uint16_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

}  // namespace mote::mqtt
