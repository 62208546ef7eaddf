// A small module with a hand-written image, and a forger: what artifact_test.cpp and fuzz/artifact.cpp share.
#pragma once

#include "base/core/hash.h"
#include "engine/code/artifact_format.h"
#include "engine/code/image.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mote::code::artifact_testing {

// (module (import "e" "f" (func)) (func $one (result i32)) (func $two) (name …) ) with bodies that fit the images below.
inline constexpr uint8_t test_wasm[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,                    // preamble
    0x00, 0x04, 0x01, 'x',  0x01, 0x02,                                // custom section "x"
    0x01, 0x08, 0x02, 0x60, 0x00, 0x01, 0x7f, 0x60, 0x00, 0x00,        // types: [] → [i32], [] → []
    0x02, 0x07, 0x01, 0x01, 'e',  0x01, 'f',  0x00, 0x01,              // import e.f, type 1
    0x03, 0x03, 0x02, 0x00, 0x01,                                      // functions: types 0 and 1
    0x0a, 0x09, 0x02, 0x04, 0x00, 0x41, 0x2a, 0x0b, 0x02, 0x00, 0x0b,  // bodies: i32.const 42; nothing
    0x00, 0x0f, 0x04, 'n',  'a',  'm',  'e',  0x01, 0x08, 0x02, 0x01, 0x03, 'o', 'n', 'e', 0x02, 0x00,  // names: 1 "one", 2 ""
};
inline constexpr size_t wasm_code_content = 8 + 6 + 10 + 9 + 5 + 2;

// mov eax, 42; ret — padding — mov eax, [rip + constant]; ret
inline std::vector<uint8_t> test_code() {
  std::vector<uint8_t> code = {0xb8, 0x2a, 0, 0, 0, 0xc3};
  code.resize(16, 0xcc);
  code.insert(code.end(), {0x8b, 0x05, 0, 0, 0, 0, 0xc3});
  store_le(&code[18], static_cast<int32_t>(4096 - 22));
  return code;
}

inline ImageParts test_parts(MemoryMode mode = MemoryMode::guard) {
  ImageParts parts;
  parts.key.memory = mode;
  parts.key.cpu_features = 0;
  parts.text = test_code();
  parts.text.resize(4096, 0xcc);
  parts.rodata_offset = 4096;
  parts.text.insert(parts.text.end(), {0x07, 0x00, 0x00, 0x00});
  parts.funcs = {{0, 6}, {16, 7}};
  parts.pc_map = {{0, 45}, {16, PcMapRow::no_wasm_offset}, {18, 50}};
  parts.frames = {{1, 3, 24, 16}};
  return parts;
}

inline std::vector<uint8_t> test_artifact(std::vector<ImageParts> images = {test_parts()}) {
  return write_artifact(test_wasm, images).value();
}

// The checksums of a changed artifact, made right again where its head can be read at all: what only someone who means it can make.
inline void repair(std::vector<uint8_t>& bytes) {
  if (bytes.size() < head_end) return;
  auto head = load_le<ArtifactHead>(bytes.data() + head_offset);
  head.body_checksum = checksum(Bytes(bytes).subspan(head_end));
  store_le(bytes.data() + head_offset, head);
  head.checksum = checksum(Bytes(bytes).first(head_end - sizeof head.checksum));
  store_le(bytes.data() + head_offset, head);
}

}  // namespace mote::code::artifact_testing
