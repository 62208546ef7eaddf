// See reader.h. The slow paths: integers longer than one byte, names, and all that fails.
#include "engine/wasm/reader.h"

#include "base/core/format.h"

#include <mote/limits.h>

namespace mote::wasm {

void Reader::fail(uint64_t offset, std::string message, ErrorKind kind) {
  at_ = end_;
  if (failed_) return;
  failed_ = true;
  error_ = Error{kind, std::move(message), offset};
}

uint8_t Reader::end_of_input() {
  fail(offset(), unexpected_end);
  return 0;
}

// The last byte of the longest form must not continue, and its bits above `bits` must be zero.
uint64_t Reader::leb_unsigned(uint32_t bits) {
  uint64_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    if (at_ == end_) return end_of_input();
    const uint8_t byte = *at_++;
    if (shift + 7 > bits) {
      if (byte >= 0x80) return fail(offset() - 1, "integer representation too long"), 0;
      if (byte >> (bits - shift) != 0) return fail(offset() - 1, "integer too large"), 0;
    }
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

// As above, but the unused bits of the last byte repeat the sign.
int64_t Reader::leb_signed(uint32_t bits) {
  uint64_t value = 0;
  for (uint32_t shift = 0;; shift += 7) {
    if (at_ == end_) return end_of_input();
    const uint8_t byte = *at_++;
    if (shift + 7 > bits) {
      if (byte >= 0x80) return fail(offset() - 1, "integer representation too long"), 0;
      const int sign_and_unused = static_cast<int8_t>(static_cast<uint8_t>(byte << 1)) >> (bits - shift);
      if (sign_and_unused != 0 && sign_and_unused != -1) return fail(offset() - 1, "integer too large"), 0;
    }
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      const uint32_t read = shift + 7;
      return read >= 64 ? static_cast<int64_t>(value) : static_cast<int64_t>(value << (64 - read)) >> (64 - read);
    }
  }
}

Bytes Reader::bytes(uint64_t size) {
  if (size > remaining()) {
    fail(offset(), failed_ ? "" : format("length out of bounds: {} bytes announced, {} left", size, remaining()));
    return {};
  }
  const Bytes bytes(at_, size);
  at_ += size;
  return bytes;
}

Range Reader::range(uint64_t size) {
  const uint64_t start = offset();
  const Bytes found = bytes(size);
  return {start, found.size()};
}

std::string_view Reader::name() {
  const uint64_t start = offset();
  const uint32_t size = u32();
  if (failed_) return {};
  const Bytes found = bytes(size);
  if (failed_) return {};
  if (size > limits::name_bytes) {
    fail(start, format("a name of {} bytes exceeds the limit of {}", size, limits::name_bytes), ErrorKind::limit);
    return {};
  }
  if (!is_utf8(found)) {
    fail(start, "malformed UTF-8 encoding");
    return {};
  }
  return {reinterpret_cast<const char*>(found.data()), found.size()};
}

uint32_t Reader::count(uint32_t limit, const char* what) {
  const uint64_t start = offset();
  const uint32_t count = u32();
  if (failed_) return 0;
  if (count > remaining()) {
    fail(start, format("{}: {} {} announced, {} bytes left", unexpected_end, count, what, remaining()));
    return 0;
  }
  if (count > limit) {
    fail(start, format("{} {} exceed the limit of {}", count, what, limit), ErrorKind::limit);
    return 0;
  }
  return count;
}

bool is_utf8(Bytes bytes) {
  const uint8_t* at = bytes.data();
  const uint8_t* const end = at + bytes.size();
  const auto continues = [&](int count) {
    if (end - at < count) return false;
    for (int i = 0; i < count; ++i) {
      if ((at[i] & 0xc0) != 0x80) return false;
    }
    return true;
  };
  while (at != end) {
    while (end - at >= 8 && (load_le<uint64_t>(at) & 0x8080'8080'8080'8080) == 0) at += 8;
    if (at == end) break;
    const uint8_t first = *at++;
    if (first < 0x80) continue;
    if (first >= 0xc2 && first <= 0xdf) {
      if (!continues(1)) return false;
      at += 1;
    } else if (first >= 0xe0 && first <= 0xef) {
      if (!continues(2) || (first == 0xe0 && at[0] < 0xa0) || (first == 0xed && at[0] > 0x9f)) return false;
      at += 2;
    } else if (first >= 0xf0 && first <= 0xf4) {
      if (!continues(3) || (first == 0xf0 && at[0] < 0x90) || (first == 0xf4 && at[0] > 0x8f)) return false;
      at += 3;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace mote::wasm
