// How sanitizers are told about a change of stack: nothing in other builds. Private to base/os (guest_stack.cpp, fiber.cpp).
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define MOTE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOTE_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define MOTE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MOTE_THREAD_SANITIZER 1
#endif
#endif

#ifdef MOTE_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef MOTE_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace mote::os::sanitizers {

// About to run on the stack [bottom, bottom + size). `fake_stack` keeps what is to be handed to arrive() when this stack is run on
// again; null: it never is.
inline void depart([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom, [[maybe_unused]] size_t size) {
#ifdef MOTE_ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}
// Runs on another stack now; where it came from.
inline void arrive([[maybe_unused]] void* fake_stack, [[maybe_unused]] const void** from_bottom,
                   [[maybe_unused]] size_t* from_size) {
#ifdef MOTE_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(fake_stack, from_bottom, from_size);
#endif
}

inline void* create_fiber() {
#ifdef MOTE_THREAD_SANITIZER
  return __tsan_create_fiber(0);
#else
  return nullptr;
#endif
}
inline void destroy_fiber([[maybe_unused]] void* fiber) {
#ifdef MOTE_THREAD_SANITIZER
  __tsan_destroy_fiber(fiber);
#endif
}
inline void* current_fiber() {
#ifdef MOTE_THREAD_SANITIZER
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}
inline void switch_fiber([[maybe_unused]] void* fiber) {
#ifdef MOTE_THREAD_SANITIZER
  __tsan_switch_to_fiber(fiber, 0);
#endif
}

}  // namespace mote::os::sanitizers
