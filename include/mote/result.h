// Result<T>: a value or an Error; TRY passes a failure on to the caller.
#pragma once

#include <mote/error.h>  // IWYU pragma: export

#include <expected>  // IWYU pragma: export
#include <utility>

namespace mote {

template <class T>
using Result = std::expected<T, Error>;

// Makes the failure side of any Result<T>: `return fail(ErrorKind::limit, "…")`.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}
[[nodiscard]] inline std::unexpected<Error> fail_at(ErrorKind kind, uint64_t offset, std::string message) {
  return std::unexpected(Error{kind, std::move(message), offset});
}

}  // namespace mote

// `auto x = TRY(f());` or `TRY(f());`: returns the failure from the enclosing function. Statement expression (clang, GCC).
#define TRY(expression)                                                       \
  ({                                                                          \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_.error())); \
    *std::move(try_result_);                                                  \
  })
