// Guest stacks (guest_stack.h). The only file that tells sanitizers about a change of stack.
#include "base/os/guest_stack.h"

#if defined(__SANITIZE_ADDRESS__)
#define MOTE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MOTE_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef MOTE_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

extern "C" void mote_run_on_stack(void* top, void (*function)(void*), void* argument);

namespace mote::os {

namespace {

struct Switch {
  void (*function)(void*);
  void* argument;
};

void arrived(void* argument) {
  const auto& to = *static_cast<const Switch*>(argument);
#ifdef MOTE_ADDRESS_SANITIZER
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  to.function(to.argument);
  __sanitizer_start_switch_fiber(nullptr, bottom, size);
#else
  to.function(to.argument);
#endif
}

}  // namespace

// Writable as a whole, then the guard taken away: two system calls and two VMAs. Untouched pages cost nothing.
Result<GuestStack> GuestStack::create(uint64_t guest_size) {
  GuestStack stack;
  stack.mapping_ = TRY(Mapping::anonymous(guard_size + host_reserve_size + align_up(guest_size, page_size) + exchange_size));
  TRY(stack.mapping_.protect(0, guard_size, Access::none));
  return stack;
}

void GuestStack::run(void (*function)(void*), void* argument) const {
  Switch to = {function, argument};
#ifdef MOTE_ADDRESS_SANITIZER
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, guard_high(), static_cast<size_t>(top() - guard_high()));
  mote_run_on_stack(top(), arrived, &to);
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#else
  mote_run_on_stack(top(), arrived, &to);
#endif
}

}  // namespace mote::os
