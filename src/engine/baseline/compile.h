// The baseline compiler: a whole module to machine code in memory, in one pass over its bytes, fused with validation.
//
// Functions are compiled in batches, on as many threads as the caller lends. Code lies in one mapping that is writable while it is
// filled and executable afterwards, never both. The image is of this process only: nothing of it is written to disk.
// Rules and measurements: docs/internals/baseline-tier.md. Tested by compile_test.cpp, tests/spec, tests/differential, tests/code.
#pragma once

#include "engine/code/codegen_key.h"
#include "engine/code/image.h"
#include "engine/wasm/module.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace mote::baseline {

// Runs `work` on up to `count` threads of the caller's, the calling one perhaps among them, and returns when all have returned.
using RunParallel = std::function<void(uint32_t count, const std::function<void()>& work)>;

struct CompileOptions {
  code::CodegenKey key;  // tier is set to baseline
  uint64_t code_size_limit = limits::code_size.standard;
  uint32_t threads = 1;
  RunParallel run_parallel = {};  // empty: the calling thread only
};

// Validates and compiles every body. Errors, in this order: bad_input and limit as validation has them, the first in the module;
// unsupported (feature, function, offset); limit where code memory or one function's code is exhausted; unavailable where the
// machine has no memory.
[[nodiscard]] Result<std::shared_ptr<const code::Image>> compile(const wasm::Module& module, const CompileOptions& options);

}  // namespace mote::baseline
