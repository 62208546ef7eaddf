// The pc map of an image: text offset → offset of the wasm instruction, in a form that is small and can be read in a signal
// handler.
//
// Text is cut into blocks of 4 KiB. A table holds for each block where its rows start and which wasm offset is in force at its
// start; so a lookup decodes the rows of one block at most (1 µs), however long functions are, and no index by function is needed.
//   u32 block count, {u32 rows, u32 wasm_offset}[block count + 1], rows
// A row is one byte for the usual small steps, or an escape and two variable-length numbers; see pc_map.cpp.
// Tested by pc_map_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mote::code {

// `rows` sorted by text offset, all of them below `code_size`.
[[nodiscard]] std::vector<uint8_t> encode_pc_map(std::span<const PcMapRow> rows, uint32_t code_size);

// The wasm offset in force at a text offset. Async-signal-safe, and safe for any bytes.
[[nodiscard]] std::optional<uint64_t> find_wasm_offset(Bytes pc_map, uint32_t text_offset);

}  // namespace mote::code
