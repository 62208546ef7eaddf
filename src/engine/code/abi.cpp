// Words and range of trap codes, made from traps.def. Tested by instance_layout_test.cpp.
#include "engine/code/abi.h"

namespace mote::code {

const char* words(TrapCode code) {
  switch (code) {
#define MOTE_TRAP(name, code, words) \
  case TrapCode::name:               \
    return words;
#include "engine/code/traps.def"
#undef MOTE_TRAP
  }
  return "unknown trap";
}

bool is_trap_code(uint32_t code) {
  switch (code) {
#define MOTE_TRAP(name, code, words) case code:
#include "engine/code/traps.def"
#undef MOTE_TRAP
    return true;
    default:  // any number that an instruction may hold
      return false;
  }
}

}  // namespace mote::code
