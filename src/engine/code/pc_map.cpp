// Rows of the pc map (pc_map.h). The state is a text offset, which begins at the block's start, and a wasm offset.
//
//   byte < escape   text += 1 + byte % text_steps, wasm += byte / text_steps + wasm_step_least
//   escape          text += uleb, wasm += zigzag uleb
//   escape_none     text += uleb; from here on there is no wasm offset (the number itself stays, for the next difference)
#include "engine/code/pc_map.h"

#include "base/core/assert.h"

namespace mote::code {

namespace {

constexpr uint32_t block_size = 4096;
constexpr uint32_t none = PcMapRow::no_wasm_offset;
constexpr uint32_t entry_size = 8, header_size = 4;

constexpr uint8_t escape = 254, escape_none = 255;
constexpr uint32_t text_steps = 18, wasm_steps = escape / text_steps;
constexpr int64_t wasm_step_least = 1;

void put_uleb(std::vector<uint8_t>& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<uint8_t>(value | 0x80));
  out.push_back(static_cast<uint8_t>(value));
}

// Reads at most ten bytes; beyond the end it reads zeros.
uint64_t take_uleb(Bytes bytes, uint64_t& at) {
  uint64_t value = 0;
  for (uint32_t shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    uint8_t byte = bytes[at++];
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

void put_row(std::vector<uint8_t>& out, uint32_t text_step, uint32_t from, uint32_t to) {
  if (to == none) {
    out.push_back(escape_none);
    put_uleb(out, text_step);
    return;
  }
  int64_t step = static_cast<int64_t>(to) - static_cast<int64_t>(from);
  uint64_t wasm_index = static_cast<uint64_t>(step - wasm_step_least);
  if (text_step <= text_steps && wasm_index < wasm_steps) {
    out.push_back(static_cast<uint8_t>(text_step - 1 + wasm_index * text_steps));
    return;
  }
  out.push_back(escape);
  put_uleb(out, text_step);
  put_uleb(out, static_cast<uint64_t>(step) << 1 ^ static_cast<uint64_t>(step >> 63));
}

}  // namespace

std::vector<uint8_t> encode_pc_map(std::span<const PcMapRow> rows, uint32_t code_size) {
  uint32_t block_count = (code_size + block_size - 1) / block_size;
  std::vector<uint8_t> out(header_size + entry_size * (block_count + 1ull));
  out.reserve(out.size() + rows.size() + rows.size() / 2);
  store_le(out.data(), block_count);
  uint64_t rows_start = out.size();
  size_t row = 0;
  uint32_t in_force = none;
  for (uint32_t block = 0; block <= block_count; block++) {
    uint32_t text = block * block_size;
    uint64_t block_end = uint64_t{text} + block_size;
    for (; row < rows.size() && rows[row].text_offset == text; row++) in_force = rows[row].wasm_offset;
    store_le(&out[header_size + entry_size * uint64_t{block}], static_cast<uint32_t>(out.size() - rows_start));
    store_le(&out[header_size + entry_size * uint64_t{block} + 4], in_force);
    uint32_t last = in_force == none ? 0 : in_force;  // what differences count from
    for (; row < rows.size() && rows[row].text_offset < block_end; row++) {
      ASSERT(rows[row].text_offset > text && block < block_count);
      put_row(out, rows[row].text_offset - text, last, rows[row].wasm_offset);
      text = rows[row].text_offset;
      in_force = rows[row].wasm_offset;
      if (in_force != none) last = in_force;
    }
  }
  ASSERT(row == rows.size());
  return out;
}

std::optional<uint64_t> find_wasm_offset(Bytes pc_map, uint32_t text_offset) {
  if (pc_map.size() < header_size) return {};
  uint64_t block_count = load_le<uint32_t>(pc_map.data()), block = text_offset / block_size;
  uint64_t rows_start = header_size + entry_size * (block_count + 1);
  if (block >= block_count || rows_start > pc_map.size()) return {};
  const uint8_t* entry = pc_map.data() + header_size + entry_size * block;
  uint64_t at = rows_start + load_le<uint32_t>(entry), end = rows_start + load_le<uint32_t>(entry + entry_size);
  auto in_force = load_le<uint32_t>(entry + 4);
  if (end > pc_map.size()) return {};

  uint64_t text = block * block_size, wasm = in_force == none ? 0 : in_force;
  bool is_known = in_force != none;
  Bytes rows = pc_map.first(end);
  while (at < end) {
    uint8_t byte = rows[at++];
    uint64_t step = byte < escape ? 1 + byte % text_steps : take_uleb(rows, at);
    if (step > text_offset - text) break;
    text += step;
    if (byte < escape) {
      wasm += byte / text_steps + static_cast<uint64_t>(wasm_step_least);
    } else if (byte == escape) {
      uint64_t zigzag = take_uleb(rows, at);
      wasm += zigzag >> 1 ^ (0 - (zigzag & 1));
    }
    is_known = byte != escape_none;
  }
  return is_known ? std::optional<uint64_t>(wasm & 0xffff'ffff) : std::nullopt;
}

}  // namespace mote::code
