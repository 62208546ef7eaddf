// When a guest on baseline code is still running after a while, its module is worth optimising: for the next run, in the
// background.
//
// What is started is `mote compile --cache --background`, in a session of its own: the guest's end neither waits for it nor ends
// it, nothing of it reaches the terminal, and one process at a time compiles a module (compile_into_cache). Guests that end before
// are cheaper than the compiler's start, so nothing is started for them. Policy and reasons: docs/internals/tiers.md. Tested by
// tests/cases/tier-*.case.
#pragma once

#include "apps/mote/input.h"
#include "apps/mote/options.h"
#include "base/io/thread.h"
#include "base/os/file.h"

#include <memory>

namespace mote::cli {

inline constexpr uint64_t patience_ms = 500;

// Counts from here until its end. Empty when there is nothing to be done: optimised code runs already, no cache, another compiler
// asked for. `options` and `input` must live as long. `apart`: by a process instead of a thread, since this one is about to give up
// the right to start any (kernel_wall.h); it must have one thread.
struct Later {
  std::unique_ptr<io::Delayed> thread;
  os::File process;  // its end tells the other process to do nothing
};
[[nodiscard]] Later optimize_later(const Options& options, const Input& input, const Engine& engine, const Module& module,
                                   bool apart);

}  // namespace mote::cli
