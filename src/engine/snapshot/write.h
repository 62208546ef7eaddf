// write(): a module and the state that an instance of it is in, to the bytes of a module whose instances start in that state.
//
// Knows no instance: the state is plain data, taken by engine/api (mote/snapshot.h). What did not change is copied byte for byte:
// types, imports, code, and each section whose content is still right. What is written anew: data segments hold what of the
// memories is not zero, element segments what differs in tables, memories and tables begin as large as they are, mutable globals
// with the value they have, a segment that was dropped is empty, the start section is gone. Equal input gives equal output.
//
// Untrusted: the module was decoded (engine/wasm) and valid, the state belongs to it; contents of both are anyone's. Spec:
// core/binary/modules, core/exec/modules (instantiation). Tested by write_test.cpp and engine/api/snapshot_test.cpp.
#pragma once

#include "engine/wasm/module.h"

#include <mote/result.h>

#include <string>
#include <vector>

namespace mote::snapshot {

inline constexpr wasm::FuncIndex null_func = 0xffff'ffff;  // a null reference

struct GlobalValue {
  uint64_t low = 0, high = 0;        // of numbers and vectors
  wasm::FuncIndex func = null_func;  // of references
};

// By the module's indices; imported definitions have entries too, which are not looked at. References are to functions, or null.
struct State {
  std::vector<Bytes> memories;
  std::vector<std::vector<wasm::FuncIndex>> tables;
  std::vector<GlobalValue> globals;
  std::vector<bool> dropped_elements, dropped_datas;
};

struct Edits {
  std::vector<std::string> removed_exports;
  struct Rename {
    std::string from, to;  // an export that has the name `to` gives it up
  };
  std::vector<Rename> renamed_exports;
};

// Whether the state of its instances can be written down: they own all of it. Errors (unsupported) name what does not belong to
// them, and what to do.
[[nodiscard]] Result<void> check_ownership(const wasm::Module& module);

// Errors: as check_ownership(); not_found and bad_input for edits that name nothing or contradict each other; limit when the result
// would be larger than a module may be, or have more segments.
[[nodiscard]] Result<std::vector<uint8_t>> write(const wasm::Module& module, const State& state, const Edits& edits);

}  // namespace mote::snapshot
