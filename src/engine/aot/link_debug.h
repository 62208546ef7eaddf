// What the linker takes from the debug sections of an object: text offset → wasm offset from .debug_line, and the ranges of text
// without the standard frame from .eh_frame. Only what LLVM 19 writes for our code is understood; anything else is an error.
// Tested by link_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <cstdint>
#include <span>
#include <vector>

namespace mote::aot {

// A relocation of a debug section that stands for a place in the image's text.
struct Fixup {
  uint64_t at;      // in the section
  uint64_t target;  // in the text
};

// Both append to `rows` and take `fixups` sorted by `at`. Lines come out as they are written: line 0 as no_wasm_offset, the end of
// a sequence likewise.
[[nodiscard]] Result<void> read_lines(Bytes section, std::span<const Fixup> fixups, std::vector<code::PcMapRow>& rows);
// Where the handlers of a function are described: an offset in the object's .gcc_except_table (link_unwind.h).
struct HandlerTable {
  uint64_t func;  // its start in the text
  uint64_t at;
};
// Leaves out what code::implied_frame() knows. `tables` are places in the section that stand for one in .gcc_except_table, sorted.
[[nodiscard]] Result<void> read_frames(Bytes section, std::span<const Fixup> fixups, std::span<const Fixup> tables, Bytes text,
                                       std::vector<code::FrameRow>& rows, std::vector<HandlerTable>& handlers);

}  // namespace mote::aot
