// Frames that the instruction at a pc gives away, so that no table needs to hold them.
//
// Compiled code keeps its caller's frame pointer in rbp and touches it in prologue and epilogue only; so wherever one of the three
// instructions below is about to run, the frame is known. They end nine tenths of the ranges without a standard frame. The linker
// leaves out what this function knows, Image::frame() asks it after the table: both sides of the agreement are here.
// Tested by link_test.cpp and artifact_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

namespace mote::code {

// `code` begins at the pc, an instruction's first byte. Null: the standard frame, unless the table says otherwise. offset and
// size of the result are those of the instruction: 0 and its length. Async-signal-safe.
[[nodiscard]] inline const FrameRow* implied_frame(Bytes code) {
  static constexpr FrameRow before_push{0, 1, 0, FrameRow::fp_in_register};  // push rbp: the first instruction
  static constexpr FrameRow after_push{0, 3, 8, 0};                          // mov rbp, rsp: the second
  static constexpr FrameRow at_return{0, 1, 0, FrameRow::fp_in_register};    // ret
  if (code.empty()) return nullptr;
  if (code[0] == 0x55) return &before_push;
  if (code[0] == 0xc3) return &at_return;
  if (code.size() >= 3 && code[0] == 0x48 && code[1] == 0x89 && code[2] == 0xe5) return &after_push;
  return nullptr;
}

}  // namespace mote::code
