// Calls from the host into a guest.
//
// The guest runs on its store's guest stack; a call made by a host function (host → guest → host → guest) goes on on the same
// stack. A trap, an exit or an error comes back as a Stop; C++ frames in between have returned normally before. Tested by
// call_test.cpp.
#pragma once

#include "engine/runtime/stop.h"
#include "engine/runtime/store.h"

#include <cstdint>
#include <span>

namespace mote::runtime {

// The argument registers of MoteCC at the entry, the result registers at the return.
struct RegisterImage {
  uint64_t integers[code::argument_integers];
  code::Value16 vectors[code::argument_vectors];
};

// One record per entry into a guest; a list, innermost first, from StoreContext::activation.
struct Activation {
  void* entry_sp;            // 0: where a trap leaves to: stack and frame pointer of mote_enter
  void* entry_fp;            // 8
  Activation* previous;      // 16
  void* last_exit_fp;        // 24: of the guest that called us, when this entry is nested
  const void* last_exit_pc;  // 32
};

// For typed callers: registers were filled as MoteCC says (values beyond them in context.xbuf) and hold the results after.
[[nodiscard]] Run<void> call_registers(Store& store, const code::FuncRef& func, RegisterImage& registers);
// The values must have the types of the function; `results` has room for all.
[[nodiscard]] Run<void> call(Store& store, const code::FuncRef& func, std::span<const code::Value16> args,
                             std::span<code::Value16> results);

}  // namespace mote::runtime
