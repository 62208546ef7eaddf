// Snapshots: what an instance has become, as the bytes of a core WebAssembly module whose instances start like that. Initialisation
// that a guest would do at each start is done once, beforehand; the result runs in any engine.
//
//   TRY(can_snapshot(module));                                     // before anything runs
//   const auto instance = TRY(linker.instantiate(store, module));  // with the start function, if there is one
//   TRY(instance.typed_func<void()>("wizer-initialize"))();
//   const auto bytes = TRY(take_snapshot(instance, wasm, {.removed_exports = {"wizer-initialize"}}));
//
// What is taken: all memories, tables, globals and dropped segments of the instance. What is not: anything outside it. A host
// function that gave the guest a time, a random number or a descriptor has become part of the state: whoever takes a snapshot
// decides what may be called before it (Linker::define_missing helps). Equal state and bytes give equal snapshots.
// Spec: core/exec/modules (instantiation), core/binary/modules. Tested by engine/api/snapshot_test.cpp; used by `mote snapshot`.
#pragma once

#include <mote/store.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mote {

struct SnapshotOptions {
  std::vector<std::string> removed_exports = {};  // what has been called and must not be again
  struct Rename {
    std::string from, to;  // functions; an export that has the name `to` gives it up
  };
  std::vector<Rename> renamed_exports = {};
};

// Whether instances of the module own all that a snapshot would hold. Error: unsupported, naming an imported memory, table or
// global, or a shared memory.
[[nodiscard]] Result<void> can_snapshot(const Module& module);
// Whether the module has a start function, which instantiation runs: then it may have initialised itself.
[[nodiscard]] bool has_start(const Module& module);

// `wasm`: the bytes from which the instance's module was made, whole. No guest of the store may be running. Errors: bad_input
// (other bytes than the instance's, a guest that runs, options that contradict each other), not_found (an export that is not
// there), unsupported (as above, and references to what is not the module's own: functions of others, values of the host), limit.
[[nodiscard]] Result<std::vector<uint8_t>> take_snapshot(const Instance& instance, std::span<const uint8_t> wasm,
                                                         const SnapshotOptions& options = {});

}  // namespace mote
