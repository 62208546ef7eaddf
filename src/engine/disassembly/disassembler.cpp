// See disassembler.h. The one file that includes Capstone.
#include "engine/disassembly/disassembler.h"

#include "base/core/format.h"

#include <capstone/capstone.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

// The library's table of CPUs refers to the code of all of them, 5 MB. Of these names only the one for x86 is taken from its
// archive: the others are found here first, so the linker leaves theirs out. What they return means "not supported".
#define MOTE_LEFT_OUT(cpu)                                                 \
  extern "C" cs_err cpu##_global_init(struct cs_struct*);                  \
  extern "C" cs_err cpu##_option(struct cs_struct*, cs_opt_type, size_t);  \
  extern "C" cs_err cpu##_global_init(struct cs_struct*) {                 \
    return CS_ERR_ARCH;                                                    \
  }                                                                        \
  extern "C" cs_err cpu##_option(struct cs_struct*, cs_opt_type, size_t) { \
    return CS_ERR_ARCH;                                                    \
  }
MOTE_LEFT_OUT(AArch64)
MOTE_LEFT_OUT(ARM)
MOTE_LEFT_OUT(EVM)
MOTE_LEFT_OUT(M680X)
MOTE_LEFT_OUT(M68K)
MOTE_LEFT_OUT(Mips)
MOTE_LEFT_OUT(PPC)
MOTE_LEFT_OUT(Sparc)
MOTE_LEFT_OUT(SystemZ)
MOTE_LEFT_OUT(TMS320C64x)
MOTE_LEFT_OUT(XCore)
#undef MOTE_LEFT_OUT

namespace mote::disassembly {

struct Disassembler::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (instruction != nullptr) cs_free(instruction, 1);
    if (handle != 0) cs_close(&handle);
  }
  csh handle = 0;
  cs_insn* instruction = nullptr;
};

namespace {

using Flow = Instruction::Flow;

// The library (4.0) takes `ud1` for an instruction without operands and would read its operands as the next ones.
std::optional<Instruction> trap_at(Bytes code) {
  constexpr size_t prefix = sizeof code::trap_instruction;
  if (code.size() <= prefix || std::memcmp(code.data(), code::trap_instruction, prefix) != 0) return std::nullopt;
  const uint8_t trap = code[prefix];
  Instruction out{.size = prefix + 1, .flow = Flow::end, .mnemonic = "ud1", .operands = format("eax, dword ptr [eax + {}]", trap)};
  if (code::is_trap_code(trap)) out.trap = static_cast<code::TrapCode>(trap);
  return out;
}

Flow flow_of(const cs_insn& in) {
  const std::span<const uint8_t> groups(in.detail->groups, in.detail->groups_count);
  const auto is = [&](uint8_t group) { return std::ranges::find(groups, group) != groups.end(); };
  if (is(CS_GRP_CALL)) return Flow::call;
  if (is(CS_GRP_RET) || is(CS_GRP_IRET) || in.id == X86_INS_UD2 || in.id == X86_INS_INT3) return Flow::end;
  if (is(CS_GRP_JUMP)) return in.id == X86_INS_JMP ? Flow::jump : Flow::branch;
  return Flow::next;
}

// Number of the 64-bit register that a register is, or is a part of.
std::optional<Register> number_of(uint32_t reg) {
  struct Row {
    x86_reg parts[5];
  };
  static constexpr Row rows[] = {
      {{X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH}},
      {{X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH}},
      {{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH}},
      {{X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH}},
      {{X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL, X86_REG_SPL}},
      {{X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL, X86_REG_BPL}},
      {{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL, X86_REG_SIL}},
      {{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL, X86_REG_DIL}},
      {{X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B, X86_REG_R8B}},
      {{X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B, X86_REG_R9B}},
      {{X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B, X86_REG_R10B}},
      {{X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B, X86_REG_R11B}},
      {{X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B, X86_REG_R12B}},
      {{X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B, X86_REG_R13B}},
      {{X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B, X86_REG_R14B}},
      {{X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B, X86_REG_R15B}},
  };
  for (size_t number = 0; number < std::size(rows); ++number) {
    if (std::ranges::find(rows[number].parts, static_cast<x86_reg>(reg)) != std::end(rows[number].parts)) {
      return static_cast<Register>(number);
    }
  }
  return std::nullopt;
}

void read_registers(csh handle, const cs_insn& in, Instruction& out) {
  cs_regs read, written;
  uint8_t read_count = 0, written_count = 0;
  if (cs_regs_access(handle, &in, read, &read_count, written, &written_count) == CS_ERR_OK) {
    for (uint8_t i = 0; i < written_count; ++i) {
      if (const auto number = number_of(written[i])) out.written |= static_cast<uint16_t>(1u << *number);
    }
  }
  const cs_x86& x86 = in.detail->x86;
  for (uint8_t i = 0; i < x86.op_count; ++i) {
    const cs_x86_op& operand = x86.operands[i];
    const auto base = operand.type == X86_OP_MEM ? number_of(operand.mem.base) : std::nullopt;
    if (base && operand.mem.index == X86_REG_INVALID && operand.mem.segment == X86_REG_INVALID) {
      out.memory = Instruction::Memory{*base, operand.mem.disp};
    }
  }
  if (in.id != X86_INS_MOV || x86.op_count != 2 || x86.operands[0].size != 8) return;
  if (x86.operands[0].type == X86_OP_REG) out.moved_to = number_of(x86.operands[0].reg);
  if (x86.operands[1].type == X86_OP_REG) out.moved_from = number_of(x86.operands[1].reg);
}

}  // namespace

Disassembler::Disassembler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Disassembler::Disassembler(Disassembler&&) noexcept = default;
Disassembler& Disassembler::operator=(Disassembler&&) noexcept = default;
Disassembler::~Disassembler() = default;

Result<Disassembler> Disassembler::create() {
  auto state = std::make_unique<State>();
  if (cs_open(CS_ARCH_X86, CS_MODE_64, &state->handle) != CS_ERR_OK ||
      cs_option(state->handle, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK) {
    return fail(ErrorKind::unavailable, "the disassembler could not be started");
  }
  state->instruction = cs_malloc(state->handle);
  if (state->instruction == nullptr) return fail(ErrorKind::unavailable, "out of memory for the disassembler");
  return Disassembler(std::move(state));
}

Instruction Disassembler::decode(Bytes code, uint64_t offset) {
  if (auto trap = trap_at(code)) return *std::move(trap);
  const uint8_t* at = code.data();
  size_t size = code.size();
  uint64_t address = offset;
  if (!cs_disasm_iter(state_->handle, &at, &size, &address, state_->instruction)) {
    return {.size = 1, .mnemonic = ".byte", .operands = format("{:#04x}", code[0])};
  }
  const cs_insn& in = *state_->instruction;
  Instruction out{.size = in.size, .flow = flow_of(in), .mnemonic = in.mnemonic, .operands = in.op_str};
  const cs_x86& x86 = in.detail->x86;
  for (uint8_t i = 0; i < x86.op_count; ++i) {
    const cs_x86_op& operand = x86.operands[i];
    if (operand.type == X86_OP_IMM && out.flow != Flow::next && out.flow != Flow::end) out.target = operand.imm;
    if (operand.type == X86_OP_MEM && operand.mem.base == X86_REG_RIP) {
      out.constant_at = static_cast<int64_t>(address) + operand.mem.disp;
    }
  }
  read_registers(state_->handle, in, out);
  return out;
}

}  // namespace mote::disassembly
