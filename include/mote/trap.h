// How a guest fails, and the Failure that every call into a guest may return.
//
// A Trap is data: it has left the guest's stack, holds no reference into the store, and may be copied anywhere.
// Spec: core/intro/overview "Trap"; the words are those of the specification's test suite.
#pragma once

#include <mote/error.h>
#include <mote/value.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace mote {

// Why a guest was stopped. Codes are stable.
enum class TrapKind : uint8_t {
  unreachable = 1,
  integer_divide_by_zero,
  integer_overflow,
  invalid_conversion_to_integer,
  out_of_bounds_memory_access,
  out_of_bounds_table_access,
  undefined_element,
  uninitialized_element,
  indirect_call_type_mismatch,
  cast_failure,
  null_reference,
  null_function_reference,
  null_structure_reference,
  null_array_reference,
  null_i31_reference,
  out_of_bounds_array_access,
  unaligned_atomic,
  expected_shared_memory,
  call_stack_exhausted,
  out_of_fuel,
  interrupt,
  limit,
  host,
  null_exception_reference,
  uncaught_exception,
};

// "unreachable", "out of bounds memory access", …: the words a message starts with.
[[nodiscard]] const char* words(TrapKind kind);

struct Frame {
  uint32_t func = 0;                    // function index in its module
  std::string func_name;                // from the name section; empty when there is none
  std::string module_name;              // as given at Module creation; may be empty
  std::optional<uint64_t> wasm_offset;  // of the instruction, in the module
};

struct Trap {
  TrapKind kind = TrapKind::unreachable;
  std::string message;                     // starts with the specification's words
  std::vector<Frame> backtrace;            // innermost first; at most limits::backtrace_frames
  [[nodiscard]] std::string text() const;  // message and backtrace, one line a frame
};

// What ended a call that did not return: an error of ours or the caller's, a trap, or the guest's own exit (WASI proc_exit).
struct Failure {
  enum class Kind : uint8_t { error, trap, exit } kind = Kind::error;
  Error error = {};
  Trap trap = {};
  int exit_code = 0;
  // Of a trap of kind uncaught_exception: the exception, which nobody caught so far (mote/object.h). A host function that returns
  // the failure throws it again.
  std::optional<Val> exception = {};

  Failure() = default;
  Failure(Error e) : kind(Kind::error), error(std::move(e)) {}
  Failure(Trap t) : kind(Kind::trap), trap(std::move(t)) {}
  static Failure thrown(Val exception);
  static Failure exit(int code) {
    Failure f;
    f.kind = Kind::exit;
    f.exit_code = code;
    return f;
  }
  [[nodiscard]] std::string text() const;
};

template <class T>
using GuestResult = std::expected<T, Failure>;

}  // namespace mote
