// WASI preview 1 for a guest: the 46 functions of module "wasi_snapshot_preview1", as thin translations to host/sandbox. And its
// predecessor, module "wasi_unstable": the same but for a few layouts and numbers (Layout in abi.h).
//
// What is meant by a file, a clock or an exit is sandbox/process.h; here are only numbers, layouts and checks of guest pointers.
// Tested by wasi_p1_test.cpp, with guests by tests/cases.
#pragma once

#include "host/calls/signature.h"
#include "host/sandbox/process.h"

#include <mote/linker.h>

#include <span>
#include <string_view>

namespace mote::wasi_p1 {

inline constexpr std::string_view module_name = "wasi_snapshot_preview1", unstable_module_name = "wasi_unstable";

// All of preview 1, described.
[[nodiscard]] std::span<const calls::Function> functions();
// Whether there is such a function.
[[nodiscard]] bool provides(std::string_view module, std::string_view name);

// Defines every function; `define_imported` only those that a module imports, which is what a short-lived process wants. The
// functions find the guest's sandbox::Process by Store::set_data: it must be set before the guest runs, and be a sandbox::Process*.
[[nodiscard]] Result<void> define_all(Linker& linker);
[[nodiscard]] Result<void> define_imported(Linker& linker, const Module& module);

}  // namespace mote::wasi_p1
