// See journal.h.
#include "tests/differential/journal.h"

#include "base/core/format.h"
#include "engine/code/abi.h"

#include <algorithm>

namespace mote::differential {

std::vector<Journal::Record> Journal::records() const {
  std::vector<Record> records;
  for (size_t at = 0; at < words_.size();) {
    const uint64_t head = words_[at++];
    const size_t count = head >> 40;
    Record record{
        static_cast<Kind>(head & 0xff), static_cast<uint32_t>(head >> 8 & 0xff), static_cast<uint32_t>(head >> 16 & 0xffffff), {}};
    for (size_t i = 0; i < count; ++i) record.words.push_back(words_[at++]);
    records.push_back(std::move(record));
  }
  return records;
}

std::string Journal::text(const Record& record) {
  static constexpr const char* names[] = {"instantiate", "call of f", "host call of f", "results of f", "trap",
                                          "fuel",        "memory m",  "global g",       "table t"};
  std::string line = format("{}{} of instance {}:", names[static_cast<size_t>(record.kind)], record.index, record.instance);
  if (record.kind == Kind::trap && !record.words.empty()) {
    line = format("trap: {}:", code::words(static_cast<code::TrapCode>(record.words[0])));
    for (size_t i = 1; i + 1 < record.words.size(); i += 2) line += format(" f{}@{:#x}", record.words[i], record.words[i + 1]);
    return line;
  }
  for (const uint64_t word : record.words) line += format(" {:x}", word);
  return line;
}

std::optional<std::string> Journal::difference(const Journal& oracle, const Journal& engine) {
  if (oracle == engine) return std::nullopt;
  const std::vector<Record> expected = oracle.records(), actual = engine.records();
  std::string last_call = "before the first call";
  for (size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    if (i < expected.size() && i < actual.size() && expected[i] == actual[i]) {
      if (expected[i].kind == Kind::call) last_call = "after " + text(expected[i]);
      continue;
    }
    return format("record {}, {}\n  oracle: {}\n  engine: {}", i, last_call, i < expected.size() ? text(expected[i]) : "(nothing)",
                  i < actual.size() ? text(actual[i]) : "(nothing)");
  }
  return "the journals differ in nothing that has words";
}

uint32_t Journal::different_kinds(const Journal& oracle, const Journal& engine) {
  const std::vector<Record> expected = oracle.records(), actual = engine.records();
  uint32_t kinds = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (i >= actual.size() || expected[i] != actual[i]) kinds |= 1u << static_cast<uint32_t>(expected[i].kind);
  }
  return kinds;
}

Journal::Counts Journal::counts() const {
  Counts counts;
  for (size_t at = 0; at < words_.size(); at += 1 + (words_[at] >> 40)) {
    const auto kind = static_cast<Kind>(words_[at] & 0xff);
    if (kind == Kind::call) ++counts.calls;
    if (kind == Kind::trap) ++counts.traps;
  }
  return counts;
}

}  // namespace mote::differential
