// Decodes a binary module into wasm::Module.
#pragma once

#include "engine/wasm/module.h"

#include <mote/result.h>

namespace mote::wasm {

// One forward pass over borrowed bytes; everything outside function bodies is decoded *and validated*; bodies are measured only.
// The module borrows `bytes`. Errors: bad_input (malformed or invalid, with offset and the specification's words), limit.
// Bodies::elsewhere accepts a module whose code section was taken out (an artifact holds such a one): functions without bodies.
enum class Bodies : uint8_t { inside, elsewhere };
[[nodiscard]] Result<Module> decode(Bytes bytes, Bodies bodies = Bodies::inside);

// Validates all bodies (walk() with a NullConsumer). decode() and then this is what `mote validate` means.
[[nodiscard]] Result<void> validate_bodies(const Module& module);

}  // namespace mote::wasm
