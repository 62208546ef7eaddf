// ASSERT(condition): a bug of ours, never a guest's or a user's. On in all builds; prints where, and ends the process.
// Untrusted bytes must never reach one: fuzzing checks that.
#pragma once

namespace mote {

[[noreturn]] void assert_failed(const char* condition, const char* file, int line);

}  // namespace mote

#define ASSERT(condition) (__builtin_expect(!!(condition), 1) ? void(0) : ::mote::assert_failed(#condition, __FILE__, __LINE__))
