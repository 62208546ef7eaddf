// Reads the atoms of the binary format — LEB128 integers, names, counts — from a range of a module, and remembers the first error.
//
// A failed read returns zero and moves to the end, so callers read on without testing and ask failed() where it matters: loops stay
// short, because every further read fails at once and keeps the first error. For the rooms' own decoders only.
// Rule for vectors: count() checks the announced number against the limit and against the bytes that are left, so that no
// allocation is larger than the input justifies. Spec: core/binary/values, core/binary/conventions. Tested by reader_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <string>
#include <string_view>

namespace mote::wasm {

// What the specification's tests call the two ways in which bytes end too early.
inline constexpr const char* unexpected_end = "unexpected end of section or function";

class Reader {
 public:
  Reader() = default;
  // Offsets in errors count from the first byte of `module`. `range` lies inside it.
  Reader(Bytes module, Range range)
      : base_(module.data()), at_(module.data() + range.offset), end_(module.data() + range.offset + range.size) {}

  [[nodiscard]] bool failed() const { return failed_; }
  // The first error, moved out. Only after failed().
  [[nodiscard]] Error take_error() { return std::move(error_); }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] uint64_t remaining() const { return static_cast<uint64_t>(end_ - at_); }
  [[nodiscard]] uint64_t offset() const { return static_cast<uint64_t>(at_ - base_); }

  [[nodiscard]] Bytes rest() const { return {at_, end_}; }

  // Remembers the error unless there is one already.
  [[gnu::cold, gnu::noinline]] void fail(uint64_t offset, std::string message, ErrorKind kind = ErrorKind::bad_input);

  uint8_t u8() { return at_ != end_ ? *at_++ : end_of_input(); }
  uint8_t peek() { return at_ != end_ ? *at_ : end_of_input(); }
  uint32_t u32() { return at_ != end_ && *at_ < 0x80 ? *at_++ : static_cast<uint32_t>(leb_unsigned(32)); }
  uint64_t u64() { return at_ != end_ && *at_ < 0x80 ? *at_++ : leb_unsigned(64); }
  int32_t s32() { return static_cast<int32_t>(is_short_signed() ? short_signed() : leb_signed(32)); }
  int64_t s33() { return is_short_signed() ? short_signed() : leb_signed(33); }
  int64_t s64() { return is_short_signed() ? short_signed() : leb_signed(64); }
  template <class T>
  T fixed() {
    if (remaining() < sizeof(T)) return end_of_input();
    const T value = load_le<T>(at_);
    at_ += sizeof(T);
    return value;
  }
  // `size` bytes; "length out of bounds" when there are fewer.
  Bytes bytes(uint64_t size);
  // A vector of bytes that is UTF-8.
  std::string_view name();
  // The length of a vector of `what`, each element of which takes at least one byte.
  uint32_t count(uint32_t limit, const char* what);
  // A part of this range as a range of the module, passed over.
  Range range(uint64_t size);

 private:
  [[nodiscard]] bool is_short_signed() const { return at_ != end_ && *at_ < 0x80; }
  int64_t short_signed() { return static_cast<int8_t>(static_cast<uint8_t>(*at_++ << 1)) >> 1; }
  [[gnu::noinline]] uint64_t leb_unsigned(uint32_t bits);
  [[gnu::noinline]] int64_t leb_signed(uint32_t bits);
  [[gnu::cold, gnu::noinline]] uint8_t end_of_input();

  const uint8_t* base_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  bool failed_ = false;
  Error error_;
};

// Whether the bytes are UTF-8 as Unicode defines it: shortest forms, no surrogates, at most U+10FFFF.
[[nodiscard]] bool is_utf8(Bytes bytes);

}  // namespace mote::wasm
