// The bytes of an artifact: what writer (artifact_write.cpp) and loader (artifact.cpp) share. Reasons: docs/internals/artifact.md.
//
//   0          ELF header (64 bytes)                                        ┐ covered by ArtifactHead::checksum
//   64         ArtifactHead                                                 ┘
//   …          the module without code and custom sections, function names    ┐
//   page       image 0: code │ page │ constants, functions, frames, handlers, roots, pc map │ covered by
//   page       image 1                                                        │ ArtifactHead::body_checksum
//   …          symbols, section names, section headers: for objdump, readelf  │
//              and gdb; the loader never reads them                           ┘
//
// All numbers are little endian; offsets count from the start of the file unless said otherwise. Changing anything here changes
// format_version.
#pragma once

#include "engine/code/codegen_key.h"
#include "engine/code/image.h"

#include <cstdint>
#include <type_traits>

namespace mote::code {

inline constexpr uint32_t format_version = 4;
inline constexpr uint64_t artifact_alignment = 4096;  // pages: what an image is mapped by
inline constexpr char artifact_magic[8] = {'m', 'o', 't', 'e', '\r', '\n', '\x1a', '\n'};

struct FileRange {
  uint64_t offset;
  uint64_t size;
};

struct ImageHead {
  CodegenKey key;
  uint32_t func_count;
  FileRange all;           // page-aligned; text comes first
  uint64_t text_size;      // code and constants
  uint64_t rodata_offset;  // from the start of the text, page-aligned, or text_size
  uint64_t funcs_offset;   // from the start of the image, as the following: FuncEntry[func_count]
  FileRange pc_map;        // see pc_map.h
  uint64_t frames_offset;
  uint64_t frame_count;  // FrameRow[frame_count]
  uint64_t handlers_offset;
  uint64_t handler_count;  // HandlerRange[handler_count]
  uint64_t roots_offset;
  uint64_t root_count;  // RootArea[root_count]
};

struct ArtifactHead {
  char magic[8];
  uint32_t format_version;
  uint32_t abi_version;
  uint64_t file_size;
  uint8_t module_hash[32];       // SHA-256 of the wasm
  uint64_t module_size;          // of the wasm
  uint64_t code_section_offset;  // in the wasm
  FileRange module;              // the wasm without code and custom sections
  FileRange names;               // see below
  uint64_t body_checksum;        // XXH3 of everything behind the head, padding too: no bit of the file may change
  uint32_t image_count;
  uint32_t reserved;
  ImageHead images[2];
  uint64_t checksum;  // XXH3 of the file's first bytes up to here
};
inline constexpr uint64_t head_offset = 64;  // behind the ELF header
inline constexpr uint64_t head_end = head_offset + sizeof(ArtifactHead);

// Names: u32 count, u32 start[count + 1], characters. The name of function i is characters[start[i], start[i + 1] - 1): each one
// ends with a zero byte, so that the characters are also the string table of the ELF symbols; equal starts mean no name.

static_assert(sizeof(CodegenKey) == 16 && sizeof(ImageHead) == 128 && sizeof(ArtifactHead) == 384);
static_assert(std::is_trivially_copyable_v<ArtifactHead> && std::is_trivially_copyable_v<FuncEntry> &&
              std::is_trivially_copyable_v<FrameRow>);
static_assert(sizeof(FuncEntry) == 8 && sizeof(FrameRow) == 16 && sizeof(HandlerRange) == 16 && sizeof(RootArea) == 12);

}  // namespace mote::code
