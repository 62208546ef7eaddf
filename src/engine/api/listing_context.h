// What machine code reads of its instance, for the notes of a listing: "memory 0 base", "global 3", "builtin memory_grow".
//
// Registers and stack slots that hold the instance's address (or its table of builtins) are followed through a function's branches
// until nothing changes; where two ways disagree, nothing is known. So a note is absent rather than wrong.
// Tested by listing_test.cpp.
#pragma once

#include "engine/code/instance_layout.h"
#include "engine/disassembly/disassembler.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mote::api {

class ContextNotes {
 public:
  explicit ContextNotes(const wasm::Module& module) : module_(module), layout_(module) {}

  struct Line {
    uint32_t offset = 0;
    disassembly::Instruction in;
  };
  // A note for each line of a function, most of them empty. The instance's address comes in r12.
  [[nodiscard]] std::vector<std::string> note(const std::vector<Line>& lines) const;

 private:
  enum class Value : uint8_t { unknown, context, builtins };
  struct State {
    Value registers[16] = {};
    std::map<int64_t, Value> slots;  // by displacement from rbp
    bool operator==(const State&) const = default;
    void meet(const State& other);
  };
  void step(const disassembly::Instruction& in, State& state) const;
  [[nodiscard]] std::string note_of(const disassembly::Instruction& in, const State& state) const;
  [[nodiscard]] std::string field_at(int64_t offset) const;

  const wasm::Module& module_;
  code::InstanceLayout layout_;
};

}  // namespace mote::api
