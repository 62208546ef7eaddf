// The walker: the one traversal that decodes and validates a function body and tells a consumer each instruction.
//
// A consumer is any class with
//     void instruction(const Instruction& instruction);
// It is told only what is reachable: after br, return, unreachable, … nothing until the `else` or `end` of the innermost block
// that it knows. A block that starts in unreachable code is never told, nor anything inside it; for every block that was told,
// `else` (if written) and `end` are told too, with `end_reachable`. The function's own final `end` is told last.
// Types are known: operands were checked, so a consumer keeps no error paths and never sees an invalid *instruction*. What it
// has made of a body is to be thrown away when walk() returns an error.
//
// walk() validates everything that the specification asks of the body (locals included) and returns its first error, with the
// offset in the module and the specification's words. Bounded: memory in proportion to the body, no recursion.
// Spec: core/valid/instructions, appendix/algorithm. Tested by walk_test.cpp, tests/spec, fuzz/validate.cpp.
#pragma once

#include <span>
#include <vector>

#include <mote/result.h>

#include "engine/wasm/instruction.h"
#include "engine/wasm/module.h"

namespace mote::wasm {

// Reads the locals of a body: parameters first, then declared ones. Fails like walk().
[[nodiscard]] Result<std::vector<ValueType>> read_locals(const Module& module, FuncIndex func);

// `Consumer` is a template parameter, so a compiler's calls inline. Defined in walk_impl.h-style detail below this header's
// declarations; NullConsumer validates only and is instantiated once, in walk.cpp.
template <class Consumer>
[[nodiscard]] Result<void> walk(const Module& module, FuncIndex func, Consumer& consumer);

struct NullConsumer {
  void instruction(const Instruction&) {}
};

}  // namespace mote::wasm
