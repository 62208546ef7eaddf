// Writes the prologue once per process (prologue.h).
//
// A stub keeps every register that compiled code may hold values in, so its frame is large: it runs only where a table's entry is
// resolved for the first time, a subtype is looked up, or a guest ends. Its frame is the standard one, so backtraces pass it.
#include "engine/baseline/x64/prologue.h"

#include "base/core/assert.h"
#include "engine/baseline/x64/assembler.h"
#include "engine/code/instance_layout.h"

#include <array>

namespace mote::baseline::x64 {

namespace {

struct Row {
  uint64_t low, high;
};
constexpr Row rows[] = {
#define MOTE_CONSTANT(name, low, high) {low, high},
#include "engine/baseline/x64/constants.def"
#undef MOTE_CONSTANT
};

constexpr Reg kept[] = {Reg::rax, Reg::rcx, Reg::rdx, Reg::rsi, Reg::rdi, Reg::r8, Reg::r9, Reg::r10};
constexpr int32_t kept_bytes = sizeof(uint64_t) * std::size(kept), vectors_bytes = 16 * 16;

// The C ABI keeps rbx and r12 to r15.
void write_stub(Assembler& code, code::Builtin builtin) {
  code.push(Reg::rbp);
  code.emit({0, 0, 0x89}, true, Reg::rsp, Reg::rbp);
  code.alu_imm(Alu::sub, true, Reg::rsp, kept_bytes + vectors_bytes);
  for (size_t i = 0; i < std::size(kept); ++i) code.store(true, {Reg::rbp, -static_cast<int32_t>(8 * (i + 1))}, kept[i]);
  const auto vector_slot = [](uint32_t i) { return Mem{Reg::rsp, static_cast<int32_t>(16 * i)}; };
  for (uint32_t i = 0; i < 16; ++i) code.emit({0, 1, 0x11}, false, static_cast<Reg>(16 + i), vector_slot(i));
  code.mov(true, Reg::rdi, Reg::r12);
  code.load(true, Reg::rsi, {Reg::rbp, 24});
  code.load(true, Reg::rdx, {Reg::rbp, 16});
  code.load(true, Reg::rax, {Reg::r12, offsetof(code::VMContext, builtins)});
  code.call_indirect(Mem{Reg::rax, static_cast<int32_t>(static_cast<size_t>(builtin) * sizeof(void*))});
  code.mov(true, Reg::r11, Reg::rax);
  for (uint32_t i = 0; i < 16; ++i) code.emit({0, 1, 0x10}, false, static_cast<Reg>(16 + i), vector_slot(i));
  for (size_t i = 0; i < std::size(kept); ++i) code.load(true, kept[i], {Reg::rbp, -static_cast<int32_t>(8 * (i + 1))});
  code.leave();
  code.ret();
}

struct Prologue {
  std::vector<uint8_t> bytes;
  std::array<uint32_t, static_cast<size_t>(code::Builtin::count)> stubs{};
};

Prologue write_prologue() {
  std::array<uint8_t, 16384> buffer;
  Assembler code(buffer.data(), buffer.data() + buffer.size());
  for (const Row& row : rows) {
    for (const uint64_t half : {row.low, row.high}) {
      code.word32(static_cast<uint32_t>(half));
      code.word32(static_cast<uint32_t>(half >> 32));
    }
  }
  Prologue prologue;
  for (const code::Builtin builtin : {code::Builtin::table_get_func, code::Builtin::type_matches, code::Builtin::out_of_fuel,
                                      code::Builtin::epoch_reached, code::Builtin::struct_new}) {
    code.align(16, 0xcc);
    prologue.stubs[static_cast<size_t>(builtin)] = code.position();
    write_stub(code, builtin);
  }
  code.align(16, 0xcc);
  ASSERT(!code.overflowed());
  prologue.bytes.assign(code.code().begin(), code.code().end());
  return prologue;
}

const Prologue& written() {
  static const Prologue prologue = write_prologue();
  return prologue;
}

}  // namespace

uint32_t stub_offset(code::Builtin builtin) {
  const uint32_t offset = written().stubs[static_cast<size_t>(builtin)];
  ASSERT(offset != 0);
  return offset;
}

const std::vector<uint8_t>& prologue() {
  return written().bytes;
}

}  // namespace mote::baseline::x64
