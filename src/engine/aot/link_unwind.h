// What the linker learns of frames and handlers: where references and how large frames are, from .llvm_stackmaps (the intrinsic of
// translate_roots.cpp), and which calls have landing pads, from .gcc_except_table. Only what LLVM 19 writes for our code is
// understood; anything else is an error. Tested by link_test.cpp, tests/spec.
#pragma once

#include "engine/aot/link_debug.h"
#include "engine/code/image.h"

namespace mote::aot {

struct FrameSize {
  uint32_t func;   // own-function index
  uint32_t bytes;  // from the frame pointer down to the stack pointer
};

// Appends, in the order of the section, which is that of functions.
[[nodiscard]] Result<void> read_stackmaps(Bytes section, std::vector<code::RootArea>& roots, std::vector<FrameSize>& sizes);
// One function's ranges. `frame_bytes` as above.
[[nodiscard]] Result<void> read_handlers(Bytes section, const HandlerTable& table, uint32_t frame_bytes,
                                         std::vector<code::HandlerRange>& ranges);

}  // namespace mote::aot
