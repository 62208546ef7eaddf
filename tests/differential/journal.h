// What a run of a program did, as far as anybody can see it: each call's outcome, what host functions were given, and after every
// call all memories, globals, tables and the fuel left.
//
// A journal is a list of records of numbers, cheap enough to be written tens of thousands of times a second; words are made of it
// only to say where two differ. Equal journals mean equal results, traps of the same kind at the same instructions of the same
// backtrace, and equal state after them.
#pragma once

#include "base/core/bytes.h"
#include "engine/wasm/types.h"
#include "tests/oracle/value.h"

#include <mote/trap.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::differential {

class Journal {
 public:
  // One record: what it is about, and numbers added one after the other.
  enum class Kind : uint8_t { instantiate, call, host_call, results, trap, fuel, memory, global, table };
  void begin(Kind kind, uint32_t instance, uint32_t index) {
    head_ = words_.size();
    words_.push_back(static_cast<uint64_t>(kind) | instance << 8 | static_cast<uint64_t>(index) << 16);
  }
  void add(uint64_t word) {
    words_.push_back(word);
    words_[head_] += uint64_t{1} << 40;  // one more word in this record
  }
  // Bits above the type's own do not count.
  void add(const oracle::Value& value, wasm::ValueType type) {
    const bool is_half = type.kind() == wasm::ValueKind::i32 || type.kind() == wasm::ValueKind::f32;
    add(is_half ? static_cast<uint32_t>(value.low) : value.low);
    if (type == wasm::v128) add(value.high);
  }

  // References, as numbers that both sides agree on.
  static constexpr uint64_t null = 0, unknown = 1;
  static constexpr uint64_t uncaught = 1000;  // in the place of a trap's code
  static constexpr uint64_t external(uint64_t number) { return number << 2 | 2; }
  static constexpr uint64_t func(uint32_t instance, uint32_t index, bool is_host) {
    return (is_host ? 1u << 30 : instance << 20 | index) << 2 | 3;
  }

  // The innermost frame first; only so many are compared, since the engine keeps no more.
  static constexpr size_t compared_frames = 64;

  bool operator==(const Journal& other) const { return words_ == other.words_; }
  // The first record in which the journals differ, in words. Nothing when they are equal.
  [[nodiscard]] static std::optional<std::string> difference(const Journal& oracle, const Journal& engine);
  // The kinds of all records that differ, as bits.
  [[nodiscard]] static uint32_t different_kinds(const Journal& oracle, const Journal& engine);
  // How many calls are in it, and how many of them trapped.
  struct Counts {
    uint64_t calls = 0, traps = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Record {
    Kind kind;
    uint32_t instance, index;
    std::vector<uint64_t> words;
    bool operator==(const Record&) const = default;
  };
  [[nodiscard]] std::vector<Record> records() const;
  [[nodiscard]] static std::string text(const Record& record);

  std::vector<uint64_t> words_;
  size_t head_ = 0;
};

}  // namespace mote::differential
