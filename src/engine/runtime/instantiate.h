// Instantiation: a module and its imports to an instance. Spec: core/exec/modules (instantiation), core/valid/matching (imports).
//
// Imports are matched with the engine's types; then definitions are made, globals evaluated, element segments and data segments
// applied in order, and the start function run. What was written before a trap stays written. Tested by instantiate_test.cpp.
#pragma once

#include "engine/runtime/instance.h"
#include "engine/runtime/stop.h"

#include <memory>
#include <span>
#include <variant>

namespace mote::runtime {

// What stands for one import; std::monostate when nothing was found. Definitions are of the same store.
using ImportValue =
    std::variant<std::monostate, std::shared_ptr<const HostFunc>, const code::FuncRef*, Table*, Memory*, Global*, Tag*>;
[[nodiscard]] ImportValue import_value(const Extern& definition);

// One value per import of the module, in order. Errors: not_found "unknown import …", bad_input "incompatible import type …" with
// both types, limit, unavailable; a trap of a segment or of the start function is a trap.
[[nodiscard]] Run<Instance*> instantiate(Store& store, std::shared_ptr<const Module> module, std::span<const ImportValue> imports);
// The same without segments and start function: for a store that will be given the state of another (engine/pool).
[[nodiscard]] Run<Instance*> instantiate_blank(Store& store, std::shared_ptr<const Module> module,
                                               std::span<const ImportValue> imports);

// How a definition's type is written: "(func (param i32))", "(memory 1 2)", …: for messages.
[[nodiscard]] std::string text(const TypeRegistry& types, const ImportValue& value);

}  // namespace mote::runtime
