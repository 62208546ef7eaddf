// What an artifact keeps of a module: all but code and custom sections, and the names of functions.
#pragma once

#include "base/core/bytes.h"

#include <mote/result.h>

#include <cstdint>
#include <vector>

namespace mote::code {

struct StrippedModule {
  std::vector<uint8_t> bytes;        // the wasm without code and custom sections
  uint64_t code_section_offset = 0;  // of its content, in the wasm
  uint32_t imported_funcs = 0;
  std::vector<uint32_t> name_starts{1};  // per function, and one more: see artifact_format.h; the first character is …
  std::vector<char> names{0};            // … the zero byte of an empty name, which ELF asks for
};

[[nodiscard]] Result<StrippedModule> strip_module(Bytes wasm);

}  // namespace mote::code
