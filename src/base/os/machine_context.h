// The registers of interrupted code, as a signal handler finds and changes them. Private to base/os.
#pragma once

#include "base/os/fault.h"

#include <ucontext.h>

namespace mote::os {

#if defined(__x86_64__)
[[nodiscard]] inline Registers registers_of(const ucontext_t& context) {
  const auto& machine = context.uc_mcontext.gregs;
  return {static_cast<uint64_t>(machine[REG_RIP]), static_cast<uint64_t>(machine[REG_RSP]),
          static_cast<uint64_t>(machine[REG_RBP])};
}
inline void set_registers(ucontext_t& context, const Registers& registers) {
  auto& machine = context.uc_mcontext.gregs;
  machine[REG_RIP] = static_cast<greg_t>(registers.pc);
  machine[REG_RSP] = static_cast<greg_t>(registers.sp);
  machine[REG_RBP] = static_cast<greg_t>(registers.fp);
}
#else
#error "signal handling is written for x86-64"
#endif

}  // namespace mote::os
