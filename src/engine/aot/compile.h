// The optimising tier: a WebAssembly module to an artifact, through LLVM 19.
//
// Linked by mote-aot and by tests only; never by mote. Thread-safe; uses the calling thread plus options.threads - 1 of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <mote/result.h>

#include "base/core/bytes.h"
#include "engine/code/codegen_key.h"

namespace mote::aot {

struct CompileOptions {
  code::CodegenKey key;
  bool both_memory_modes = false;  // two images: guard and dense
  uint32_t threads = 1;
  // Called from worker threads, serialised: bytes of wasm code done, of all.
  std::function<void(uint64_t done, uint64_t total)> progress = {};
};

// Validates and compiles. Errors: bad_input (invalid module, with offset), unsupported ("not supported by this build yet: exception
// handling, function 12, offset 0x1f3"), limit. The artifact is equal byte for byte for equal input and options, whatever `threads` is.
[[nodiscard]] Result<std::vector<uint8_t>> compile(Bytes wasm, const CompileOptions& options);

}  // namespace mote::aot
