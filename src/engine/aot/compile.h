// The optimising tier: a WebAssembly module to an artifact, through LLVM 19.
//
// Linked by mote-aot and by tests only; never by mote. Thread-safe; the calling thread waits for options.threads of its own (or
// does the work itself when there is little). Memory: about 15 times the largest partition per thread, plus the objects.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/codegen_key.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace mote::aot {

struct CompileOptions {
  code::CodegenKey key;
  bool both_memory_modes = false;  // two images: guard and dense
  uint32_t threads = 1;
  // Called from worker threads, serialised: bytes of wasm code done, of all.
  std::function<void(uint64_t done, uint64_t total)> progress = {};
};

// Validates and compiles. Errors: bad_input (invalid module, with offset), unsupported ("not supported by this build yet: exception
// handling, function 12, offset 0x1f3"), limit. The artifact is equal byte for byte for equal input and options, whatever `threads`
// is.
[[nodiscard]] Result<std::vector<uint8_t>> compile(Bytes wasm, const CompileOptions& options);

// LLVM cannot go on after some errors, and nobody can without memory: then the process has to end. The handler says so first and
// does not return. For programs; set it before the first compile().
using LastWords = void (*)(ErrorKind kind, const char* message);
void set_last_words(LastWords handler);

}  // namespace mote::aot
