// What a function is compiled from (Source), and what a batch of functions leaves besides its code (Unit).
#pragma once

#include "engine/code/codegen_key.h"
#include "engine/code/image.h"
#include "engine/code/instance_layout.h"
#include "engine/wasm/module.h"

#include <cstdint>
#include <vector>

namespace mote::baseline {

// Borrowed, read only, shared by all threads.
struct Source {
  const wasm::Module& module;
  const code::InstanceLayout& layout;
  const code::CodegenKey& key;
  bool has_vector_types;  // v128 is in a type or a global, so that values of it may be anywhere
};

// A 32-bit displacement whose target is known when all functions have their place.
struct Relocation {
  uint32_t behind;  // in the batch's code: the position behind the displacement
  uint32_t target;  // an own function, or a place in the image's prologue with is_prologue set
  static constexpr uint32_t is_prologue = 1u << 31;
  // A constant, whose instruction has `trailing` bytes of immediate behind the displacement.
  static constexpr uint32_t constant(uint32_t offset, uint32_t trailing = 0) { return is_prologue | (offset - trailing); }
};

// A part of the pc map, in the form of code/pc_map.h, for the code from `start` on.
struct PcMapPart {
  uint32_t start;
  std::vector<uint8_t> rows;
};

// What a frame keeps at a call: by the call's return address, a list of slots of locals and one of operands.
struct RootRow {
  uint32_t return_offset;
  uint32_t locals;    // in RootTables::locals: their number, then where each lies from the frame pointer; no_roots: none
  uint32_t operands;  // in RootTables::operands, or no_roots
};
inline constexpr uint32_t no_roots = UINT32_MAX;
// One operand's slot, and the operands below it.
struct RootOperand {
  int32_t slot;  // from the frame pointer
  uint32_t below;
};
struct HandlerRow {
  uint32_t return_offset;
  uint32_t pad;
  int32_t sp_from_fp;
};
struct RootTables {
  std::vector<RootRow> rows;  // sorted by return_offset
  std::vector<int32_t> locals;
  std::vector<RootOperand> operands;
  std::vector<HandlerRow> handlers;  // sorted
  void clear() {
    rows.clear();
    locals.clear();
    operands.clear();
    handlers.clear();
  }
};

// Offsets count from the start of the batch's code.
struct Unit {
  std::vector<code::FuncEntry> funcs;
  std::vector<code::FrameSlots> frame_slots;  // with CodegenKey::debug_info: one per function
  std::vector<Relocation> relocations;
  std::vector<code::FrameRow> frames;
  std::vector<PcMapPart> pc_map;
  RootTables roots;

  // From `text` on, code is of the instruction at `wasm`. Texts ascend; an equal one replaces.
  void row(uint32_t text, uint32_t wasm) {
    if (text == last_text_) {
      rows_[row_count_ - 1].wasm_offset = wasm;
      return;
    }
    if (row_count_ == most_rows) [[unlikely]]
      close_rows(text);
    if (row_count_ == 0) rows_start_ = text;
    last_text_ = text;
    rows_[row_count_++] = {text - rows_start_, wasm};
  }
  void close_rows(uint32_t end);  // encodes what there is
  void clear() {
    funcs.clear();
    frame_slots.clear();
    relocations.clear();
    frames.clear();
    pc_map.clear();
    roots.clear();
    row_count_ = 0;
    last_text_ = no_text;
  }

 private:
  static constexpr uint32_t most_rows = 8192;  // kept in the large form
  static constexpr uint32_t no_text = UINT32_MAX;

  std::vector<code::PcMapRow> rows_ = std::vector<code::PcMapRow>(most_rows);  // from rows_start_
  uint32_t row_count_ = 0;
  uint32_t rows_start_ = 0;
  uint32_t last_text_ = no_text;  // of the last row
};

}  // namespace mote::baseline
