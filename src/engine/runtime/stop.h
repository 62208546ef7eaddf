// Stop: why a guest did not return. A trap with the frames it happened in, an exception that no frame caught, an exit, or an error
// of the host.
//
// Frames are captured as code addresses (in the signal handler or where the runtime decides to trap) and resolved here, outside
// handlers. engine/api turns a Stop into mote::Failure and adds function names.
#pragma once

#include "engine/code/abi.h"

#include <mote/error.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace mote::runtime {

class Module;

struct StackFrame {
  const Module* module = nullptr;  // kept alive by the store
  uint32_t func = 0;               // function index in the module
  std::optional<uint64_t> wasm_offset;
};

struct Stop {
  enum class Kind : uint8_t { trap, exception, exit, error } kind = Kind::error;
  code::TrapCode code = code::TrapCode::unreachable;  // trap
  std::string message = {};                           // trap: more than the code's words; empty: just those
  std::vector<StackFrame> frames = {};                // trap, exception: innermost first
  uint32_t exception = 0;                             // exception: its number in Store::host_roots()
  int exit_code = 0;                                  // exit
  Error error = {};                                   // error

  static Stop trap(code::TrapCode code, std::string message = {}) {
    return {.kind = Kind::trap, .code = code, .message = std::move(message)};
  }
  static Stop thrown(uint32_t host_root) { return {.kind = Kind::exception, .exception = host_root}; }
  static Stop exit(int code) { return {.kind = Kind::exit, .exit_code = code}; }
  static Stop of(Error error) { return {.kind = Kind::error, .error = std::move(error)}; }
};

template <class T>
using Run = std::expected<T, Stop>;

}  // namespace mote::runtime
