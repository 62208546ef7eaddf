// Failures of mote.h: errors, traps and exits as one immutable object. Tested by capi_test.c.
#include "base/core/format.h"
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"

#include <cstring>

namespace mote::capi {

mote_failure_t* failed(Failure failure) {
  return hand_over<mote_failure_t>(std::move(failure));
}

Failure taken(mote_failure_t* failure) {
  Failure inner = failure->failure;
  take_back(failure);
  return inner;
}

mote_failure_t* missing(const char* parameter) {
  return failed(Error{ErrorKind::bad_input, format("{} is NULL or empty: this function needs it", parameter)});
}

Result<std::string> path_of(mote_string_t string) {
  const std::string_view path = view(string);
  if (path.find('\0') != std::string_view::npos) return fail(ErrorKind::bad_input, "a path contains a zero byte");
  return std::string(path);
}

namespace {

// The kinds of mote/error.h and mote.h are numbered alike, but for none.
constexpr mote_error_kind_t to_c(ErrorKind kind) {
  return static_cast<mote_error_kind_t>(kind) + 1;
}
static_assert(to_c(ErrorKind::bad_input) == MOTE_ERROR_BAD_INPUT && to_c(ErrorKind::unsupported) == MOTE_ERROR_UNSUPPORTED &&
              to_c(ErrorKind::denied) == MOTE_ERROR_DENIED && to_c(ErrorKind::not_found) == MOTE_ERROR_NOT_FOUND &&
              to_c(ErrorKind::limit) == MOTE_ERROR_LIMIT && to_c(ErrorKind::unavailable) == MOTE_ERROR_UNAVAILABLE &&
              to_c(ErrorKind::internal) == MOTE_ERROR_INTERNAL);

constexpr mote_trap_kind_t to_c(TrapKind kind) {
  return static_cast<mote_trap_kind_t>(kind);
}
static_assert(to_c(TrapKind::unreachable) == MOTE_TRAP_UNREACHABLE &&
              to_c(TrapKind::integer_divide_by_zero) == MOTE_TRAP_INTEGER_DIVIDE_BY_ZERO &&
              to_c(TrapKind::integer_overflow) == MOTE_TRAP_INTEGER_OVERFLOW &&
              to_c(TrapKind::invalid_conversion_to_integer) == MOTE_TRAP_INVALID_CONVERSION_TO_INTEGER &&
              to_c(TrapKind::out_of_bounds_memory_access) == MOTE_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS &&
              to_c(TrapKind::out_of_bounds_table_access) == MOTE_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS &&
              to_c(TrapKind::undefined_element) == MOTE_TRAP_UNDEFINED_ELEMENT &&
              to_c(TrapKind::uninitialized_element) == MOTE_TRAP_UNINITIALIZED_ELEMENT &&
              to_c(TrapKind::indirect_call_type_mismatch) == MOTE_TRAP_INDIRECT_CALL_TYPE_MISMATCH &&
              to_c(TrapKind::cast_failure) == MOTE_TRAP_CAST_FAILURE &&
              to_c(TrapKind::null_reference) == MOTE_TRAP_NULL_REFERENCE &&
              to_c(TrapKind::null_function_reference) == MOTE_TRAP_NULL_FUNCTION_REFERENCE &&
              to_c(TrapKind::null_structure_reference) == MOTE_TRAP_NULL_STRUCTURE_REFERENCE &&
              to_c(TrapKind::null_array_reference) == MOTE_TRAP_NULL_ARRAY_REFERENCE &&
              to_c(TrapKind::null_i31_reference) == MOTE_TRAP_NULL_I31_REFERENCE &&
              to_c(TrapKind::out_of_bounds_array_access) == MOTE_TRAP_OUT_OF_BOUNDS_ARRAY_ACCESS &&
              to_c(TrapKind::unaligned_atomic) == MOTE_TRAP_UNALIGNED_ATOMIC &&
              to_c(TrapKind::expected_shared_memory) == MOTE_TRAP_EXPECTED_SHARED_MEMORY &&
              to_c(TrapKind::call_stack_exhausted) == MOTE_TRAP_CALL_STACK_EXHAUSTED &&
              to_c(TrapKind::out_of_fuel) == MOTE_TRAP_OUT_OF_FUEL && to_c(TrapKind::interrupt) == MOTE_TRAP_INTERRUPT &&
              to_c(TrapKind::limit) == MOTE_TRAP_LIMIT && to_c(TrapKind::host) == MOTE_TRAP_HOST &&
              to_c(TrapKind::null_exception_reference) == MOTE_TRAP_NULL_EXCEPTION_REFERENCE &&
              to_c(TrapKind::uncaught_exception) == MOTE_TRAP_UNCAUGHT_EXCEPTION);

bool is_error_kind(mote_error_kind_t kind) {
  return kind >= MOTE_ERROR_BAD_INPUT && kind <= MOTE_ERROR_INTERNAL;
}
bool is_trap_kind(mote_trap_kind_t kind) {
  return kind >= MOTE_TRAP_UNREACHABLE && kind <= MOTE_TRAP_UNCAUGHT_EXCEPTION;
}

mote_string_t words(const char* text) {
  return {text, std::strlen(text)};
}

bool is(const mote_failure_t* failure, Failure::Kind kind) {
  return failure != nullptr && failure->failure.kind == kind;
}

std::string text_of(mote_string_t message) {
  return is_missing(message) ? std::string() : std::string(view(message));
}

}  // namespace
}  // namespace mote::capi

using namespace mote;
using namespace mote::capi;

void mote_failure_delete(mote_failure_t* failure) {
  take_back(failure);
}

mote_failure_kind_t mote_failure_kind(const mote_failure_t* failure) {
  if (failure == nullptr) return MOTE_FAILURE_NONE;
  switch (failure->failure.kind) {
    case Failure::Kind::error:
      return MOTE_FAILURE_ERROR;
    case Failure::Kind::trap:
      return MOTE_FAILURE_TRAP;
    case Failure::Kind::exit:
      break;
  }
  return MOTE_FAILURE_EXIT;
}
mote_error_kind_t mote_failure_error_kind(const mote_failure_t* failure) {
  return is(failure, Failure::Kind::error) ? to_c(failure->failure.error.kind) : mote_error_kind_t(MOTE_ERROR_NONE);
}
mote_trap_kind_t mote_failure_trap_kind(const mote_failure_t* failure) {
  return is(failure, Failure::Kind::trap) ? to_c(failure->failure.trap.kind) : mote_trap_kind_t(MOTE_TRAP_NONE);
}
int32_t mote_failure_exit_status(const mote_failure_t* failure) {
  return is(failure, Failure::Kind::exit) ? failure->failure.exit_code : 0;
}

mote_string_t mote_failure_message(const mote_failure_t* failure) {
  if (failure == nullptr) return words("");
  switch (failure->failure.kind) {
    case Failure::Kind::error:
      return lent(failure->failure.error.message);
    case Failure::Kind::trap:
      return lent(failure->failure.trap.message);
    case Failure::Kind::exit:
      break;
  }
  return lent(failure->message);
}
mote_string_t mote_failure_text(const mote_failure_t* failure) {
  return failure == nullptr ? words("") : lent(failure->text);
}

bool mote_failure_offset(const mote_failure_t* failure, uint64_t* offset) {
  if (offset == nullptr) return false;
  *offset = 0;
  if (!is(failure, Failure::Kind::error) || !failure->failure.error.offset) return false;
  *offset = *failure->failure.error.offset;
  return true;
}

bool mote_failure_frame(const mote_failure_t* failure, size_t index, mote_frame_t* frame) {
  if (!is(failure, Failure::Kind::trap) || index >= failure->failure.trap.backtrace.size()) return false;
  const Frame& from = failure->failure.trap.backtrace[index];
  mote_frame_t known = {};
  known.func_name = lent(from.func_name);
  known.module_name = lent(from.module_name);
  known.wasm_offset = from.wasm_offset.value_or(0);
  known.has_wasm_offset = from.wasm_offset.has_value();
  known.func = from.func;
  return write_struct(frame, known);
}

mote_failure_t* mote_failure_create_error(mote_error_kind_t kind, mote_string_t message) {
  const ErrorKind known = is_error_kind(kind) ? static_cast<ErrorKind>(kind - 1) : ErrorKind::internal;
  return failed(Error{known, text_of(message)});
}
mote_failure_t* mote_failure_create_trap(mote_trap_kind_t kind, mote_string_t message) {
  Trap trap;
  trap.kind = is_trap_kind(kind) ? static_cast<TrapKind>(kind) : TrapKind::host;
  trap.message = text_of(message);
  const std::string_view begin = words(trap.kind);
  if (trap.message.empty()) {
    trap.message = begin;
  } else if (!trap.message.starts_with(begin)) {
    trap.message = format("{}: {}", begin, trap.message);
  }
  return failed(Failure(std::move(trap)));
}
mote_failure_t* mote_failure_create_exit(int32_t status) {
  return failed(Failure::exit(status));
}

mote_string_t mote_error_kind_name(mote_error_kind_t kind) {
  return words(is_error_kind(kind) ? name(static_cast<ErrorKind>(kind - 1)) : "unknown");
}
mote_string_t mote_trap_kind_words(mote_trap_kind_t kind) {
  return words(is_trap_kind(kind) ? mote::words(static_cast<TrapKind>(kind)) : "unknown");
}
