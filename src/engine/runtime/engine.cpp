// Engine (engine.h): installs the trap handlers once for the process.
#include "engine/runtime/engine.h"

#include "engine/runtime/trap_handler.h"

namespace mote::runtime {

Engine::Engine() {
  install_trap_handler();
}

}  // namespace mote::runtime
