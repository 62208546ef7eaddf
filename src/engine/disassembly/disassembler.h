// Machine code as assembly, one instruction after the other, without LLVM: wraps Capstone, and knows what Mote's own code means.
//
// Text is Intel syntax and depends on the bytes and their place in the code alone, never on an address, so that listings can be
// compared. Any bytes are allowed: what is no instruction is a byte. Tested by disassembler_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/abi.h"

#include <mote/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mote::disassembly {

// 64-bit integer registers by their number in the encoding: rax 0, rcx 1, rdx 2, rbx 3, rsp 4, rbp 5, rsi 6, rdi 7, r8 8 … r15 15.
using Register = uint8_t;
inline constexpr Register rbx = 3, rbp = 5, r12 = 12;

struct Instruction {
  enum class Flow : uint8_t { next, branch, jump, call, end };  // branch: conditional; end: return or trap
  uint32_t size = 1;
  Flow flow = Flow::next;
  std::string mnemonic;
  std::string operands;                // empty for none
  std::optional<int64_t> target;       // direct branch, jump, call: an offset as `offset` counts
  std::optional<int64_t> constant_at;  // an operand relative to the instruction pointer: likewise
  std::optional<code::TrapCode> trap;

  // An operand in memory: [base + displacement], without index.
  struct Memory {
    Register base = 0;
    int64_t displacement = 0;
  };
  std::optional<Memory> memory;
  // Plain 64-bit moves, so that a value can be followed: of two registers, or of one and `memory`.
  std::optional<Register> moved_to, moved_from;
  uint16_t written = 0;  // registers that change, wholly or in part: a bit each
};

class Disassembler {
 public:
  [[nodiscard]] static Result<Disassembler> create();
  Disassembler(Disassembler&&) noexcept;
  Disassembler& operator=(Disassembler&&) noexcept;
  ~Disassembler();

  // The instruction at the start of `code`, which is not empty and begins at `offset`.
  [[nodiscard]] Instruction decode(Bytes code, uint64_t offset);

 private:
  struct State;
  explicit Disassembler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::disassembly
