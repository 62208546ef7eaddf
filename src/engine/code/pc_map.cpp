// Rows of the pc map (pc_map.h). The state is a text offset, which begins at the block's start, and a wasm offset.
//
//   byte < escape   text += 1 + byte % text_steps, wasm += byte / text_steps + wasm_step_least
//   escape          text += uleb, wasm += zigzag uleb
//   escape_none     text += uleb; from here on there is no wasm offset (the number itself stays, for the next difference)
#include "engine/code/pc_map.h"

#include "base/core/assert.h"

#include <memory>

namespace mote::code {

namespace {

constexpr uint32_t block_size = 4096;
constexpr uint32_t none = PcMapRow::no_wasm_offset;
constexpr uint32_t entry_size = 8, header_size = 4;

constexpr uint8_t escape = 254, escape_none = 255;
constexpr uint32_t text_steps = 18, wasm_steps = escape / text_steps;
constexpr int64_t wasm_step_least = 1;

// These write at a place and return the place behind it.
uint8_t* put_uleb(uint8_t* at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<uint8_t>(value | 0x80);
  *at++ = static_cast<uint8_t>(value);
  return at;
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

constexpr size_t longest_row = 1 + 5 + 5;  // both numbers have at most 33 bits
uint8_t* put_row(uint8_t* at, uint32_t text_step, uint32_t from, uint32_t to) {
  if (to == none) {
    *at++ = escape_none;
    return put_uleb(at, text_step);
  }
  const int64_t step = static_cast<int64_t>(to) - static_cast<int64_t>(from);
  const auto wasm_index = static_cast<uint64_t>(step - wasm_step_least);
  if (text_step <= text_steps && wasm_index < wasm_steps) {
    *at++ = static_cast<uint8_t>(text_step - 1 + wasm_index * text_steps);
    return at;
  }
  *at++ = escape;
  at = put_uleb(at, text_step);
  return put_uleb(at, static_cast<uint64_t>(step) << 1 ^ static_cast<uint64_t>(step >> 63));
}

}  // namespace

std::vector<uint8_t> encode_pc_map(std::span<const PcMapRow> rows, uint32_t code_size) {
  const uint32_t block_count = (code_size + block_size - 1) / block_size;
  const uint64_t rows_start = header_size + entry_size * (block_count + 1ull);
  const auto encoded = std::make_unique_for_overwrite<uint8_t[]>(longest_row * rows.size());
  uint8_t* at = encoded.get();
  std::vector<uint8_t> out(rows_start);
  store_le(out.data(), block_count);
  size_t row = 0;
  uint32_t in_force = none;
  for (uint32_t block = 0; block <= block_count; block++) {
    uint32_t text = block * block_size;
    const uint64_t block_end = uint64_t{text} + block_size;
    for (; row < rows.size() && rows[row].text_offset == text; row++) in_force = rows[row].wasm_offset;
    store_le(&out[header_size + entry_size * uint64_t{block}], static_cast<uint32_t>(at - encoded.get()));
    store_le(&out[header_size + entry_size * uint64_t{block} + 4], in_force);
    uint32_t last = in_force == none ? 0 : in_force;  // what differences count from
    for (; row < rows.size() && rows[row].text_offset < block_end; row++) {
      ASSERT(rows[row].text_offset > text && block < block_count);
      at = put_row(at, rows[row].text_offset - text, last, rows[row].wasm_offset);
      text = rows[row].text_offset;
      in_force = rows[row].wasm_offset;
      if (in_force != none) last = in_force;
    }
  }
  ASSERT(row == rows.size());
  out.insert(out.end(), encoded.get(), at);
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
