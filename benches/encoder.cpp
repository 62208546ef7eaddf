// How fast machine code can be written: the baseline compiler's encoder beside AsmJit, the same eight instructions over and over
// into a buffer that is reused. Prints one JSON object: nanoseconds an instruction, best of five alternating rounds.
#include "engine/baseline/x64/assembler.h"

#include <asmjit/x86.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace {

using namespace mote::baseline::x64;
constexpr uint32_t repetitions = 20'000, functions = 50, instructions = 8;

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Registers that the compiler of this program cannot know.
volatile uint8_t seed = 1;

// What a loop over an array comes to: load, arithmetic, store, compare.
void write_ours(Assembler& code) {
  uint8_t number = seed;
  for (uint32_t i = 0; i < repetitions; ++i, number = number * 5 + 3) {
    const auto a = static_cast<Reg>(number & 3), b = static_cast<Reg>(8 | (number >> 2 & 7));
    code.load(false, a, {Reg::rbx, 16, b, 0});
    code.alu(Alu::add, false, a, b);
    code.alu_imm(Alu::and_, false, a, number);
    code.lea(true, b, {a, 8, b, 0});
    code.imul(true, a, b);
    code.store(true, {Reg::rbp, -40}, a);
    code.alu_imm(Alu::add, false, b, 4);
    code.alu(Alu::cmp, false, b, a);
  }
}

void write_theirs(asmjit::x86::Assembler& code) {
  using namespace asmjit::x86;
  uint8_t number = seed;
  for (uint32_t i = 0; i < repetitions; ++i, number = number * 5 + 3) {
    const uint32_t a = number & 3, b = 8 | (number >> 2 & 7);
    code.mov(gpd(a), ptr(rbx, gpq(b), 0, 16));
    code.add(gpd(a), gpd(b));
    code.and_(gpd(a), number);
    code.lea(gpq(b), ptr(gpq(a), gpq(b), 0, 8));
    code.imul(gpq(a), gpq(b));
    code.mov(ptr(rbp, -40), gpq(a));
    code.add(gpd(b), 4);
    code.cmp(gpd(b), gpd(a));
  }
}

}  // namespace

int main() {
  constexpr size_t room = repetitions * instructions * 8;
  const auto buffer = std::make_unique<uint8_t[]>(room);
  Assembler ours(buffer.get(), buffer.get() + room);
  asmjit::CodeHolder holder;
  uint64_t best_ours = UINT64_MAX, best_theirs = UINT64_MAX;
  for (int round = 0; round < 5; ++round) {
    uint64_t start = now_ns();
    for (uint32_t i = 0; i < functions; ++i) {
      ours.reset();
      write_ours(ours);
      asm volatile("" : : "r"(buffer.get()) : "memory");  // somebody reads it
    }
    best_ours = std::min(best_ours, now_ns() - start);
    start = now_ns();
    for (uint32_t i = 0; i < functions; ++i) {
      holder.reset();
      holder.init(asmjit::Environment::host());
      asmjit::x86::Assembler theirs(&holder);
      write_theirs(theirs);
    }
    best_theirs = std::min(best_theirs, now_ns() - start);
  }
  constexpr double count = static_cast<double>(functions) * repetitions * instructions;
  std::printf("{\"ours_ns\": %.2f, \"asmjit_ns\": %.2f}\n", static_cast<double>(best_ours) / count,
              static_cast<double>(best_theirs) / count);
}
