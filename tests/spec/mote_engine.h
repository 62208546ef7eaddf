// The engine under test, through its front door; the optimising tier is called in process.
#pragma once

#include "engine.h"

#include <mote/engine.h>

namespace mote::spec {

[[nodiscard]] std::unique_ptr<ScriptEngine> make_mote_engine(Tiering tiering, MemoryMode mode,
                                                             CodegenOptions::Cpu cpu = CodegenOptions::Cpu::host_level,
                                                             bool has_zeal = false);  // StoreLimits::gc_zeal

}  // namespace mote::spec
