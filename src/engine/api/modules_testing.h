// Hand-made modules and artifacts for the tests of this room.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <cstdint>
#include <vector>

namespace mote::api {

// (module (func (export "f") (result i32) i32.const 42))
inline std::vector<uint8_t> answer_module(uint8_t answer = 42) {
  return {0, 'a', 's', 'm', 1, 0, 0,   0, 1, 5,  1, 0x60, 0, 1, 0x7f, 3,      2,
          1, 0,   7,   5,   1, 1, 'f', 0, 0, 10, 6, 1,    4, 0, 0x41, answer, 0x0b};
}

// Compiled by hand for answer_module: MoteCC returns an i32 in eax.
inline std::vector<uint8_t> answer_artifact(Bytes wasm, const code::CodegenKey& key = {}, uint8_t answer = 42) {
  code::ImageParts parts;
  parts.key = key;
  parts.text = {0xb8, answer, 0, 0, 0, 0xc3};  // mov eax, answer; ret
  parts.text.resize(16, 0xcc);
  parts.rodata_offset = static_cast<uint32_t>(parts.text.size());
  parts.funcs = {{0, 6}};
  parts.pc_map = {{0, 31}};
  parts.frames = {{0, 6, 0, code::FrameRow::fp_in_register}};
  auto artifact = code::write_artifact(wasm, {&parts, 1});
  return artifact ? std::move(*artifact) : std::vector<uint8_t>();
}

}  // namespace mote::api
