// Global and Tag: a value that instances of a store share, and the identity of an exception.
#pragma once

#include "engine/code/instance_layout.h"

namespace mote::runtime {

// The value lies in the instance that defines it (own functions reach it without a pointer), or in the store for the host's own.
struct Global {
  wasm::GlobalType type;  // concrete heap types are TypeIds
  code::Value16* value = nullptr;
  code::Value16 own_value = {};  // of a global that belongs to no instance
};

struct Tag {
  code::VMTag vm;  // id unique in the store; type by TypeId
};

}  // namespace mote::runtime
