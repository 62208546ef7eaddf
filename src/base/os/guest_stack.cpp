// Guest stacks (guest_stack.h).
#include "base/os/guest_stack.h"

#include "base/os/sanitizers.h"

#include <sys/mman.h>

#include <algorithm>

extern "C" void mote_run_on_stack(void* top, void (*function)(void*), void* argument);

namespace mote::os {

namespace {

struct Switch {
  void (*function)(void*);
  void* argument;
};

void arrived(void* argument) {
  const auto& to = *static_cast<const Switch*>(argument);
  const void* bottom = nullptr;
  size_t size = 0;
  sanitizers::arrive(nullptr, &bottom, &size);
  to.function(to.argument);
  sanitizers::depart(nullptr, bottom, size);
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
  void* fake_stack = nullptr;
  sanitizers::depart(&fake_stack, guard_high(), static_cast<size_t>(top() - guard_high()));
  mote_run_on_stack(top(), arrived, &to);
  sanitizers::arrive(fake_stack, nullptr, nullptr);
}

Result<GuestStack> StackPool::take(uint64_t guest_size) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(stacks_, align_up(guest_size, page_size), &GuestStack::guest_size);
    if (found != stacks_.end()) {
      std::swap(*found, stacks_.back());
      GuestStack stack = std::move(stacks_.back());
      stacks_.pop_back();
      return stack;
    }
  }
  return GuestStack::create(guest_size);
}

// Freed outside the lock. Pages below the mark cost a system call whether or not they were touched; their guest cannot tell.
void StackPool::give(GuestStack stack) {
  uint8_t* const low = stack.guard_high();
  const auto size = static_cast<size_t>(stack.top() - low);
  if (size > kept_size) madvise(low, size - kept_size, MADV_DONTNEED);
  const std::lock_guard lock(mutex_);
  if (stacks_.size() < most_) stacks_.push_back(std::move(stack));
}

uint64_t StackPool::count() {
  const std::lock_guard lock(mutex_);
  return stacks_.size();
}

}  // namespace mote::os
