// Fibers (fiber.h): a stack pointer for each side of the switch (x64/switch_stack.S).
//
// A fiber that a signal interrupted is resumed by the kernel: its signal frame, with every register, is copied out when it is left,
// copied onto the resuming thread's stack, and returned from. So the fiber's own stack needs no room for it, wherever its guest
// stands, and no instruction of ours has to know which registers this machine has.
#include "base/os/fiber.h"

#include "base/core/assert.h"
#include "base/os/machine_context.h"
#include "base/os/sanitizers.h"

#include <signal.h>
#include <sys/auxv.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <utility>

extern "C" {
void mote_switch_stack(void** from_sp, void* to_sp);
void mote_switch_to_frame(void** from_sp, const void* frame, size_t size);
void mote_left_by_signal();
void mote_fiber_begin();
}

namespace mote::os {

namespace {

// Where rt_sigreturn expects the parts of a frame, as the kernel has them: of the ucontext only the first 8 bytes of the signal
// mask.
constexpr size_t frame_context = 64, frame_fpstate = 384, kernel_context_size = 304;
static_assert(frame_context + kernel_context_size <= frame_fpstate);
static_assert(frame_context + offsetof(ucontext_t, uc_mcontext.fpregs) == 288);  // FRAME_FPSTATE_POINTER
static_assert(offsetof(ucontext_t, uc_sigmask) + 8 == kernel_context_size);

// The size of the FPU's state in a signal frame: what the kernel says in the software-reserved bytes of the legacy area.
size_t fpstate_size(const uint8_t* fpstate) {
  constexpr size_t legacy_size = 512, software_bytes = 464;
  constexpr uint32_t extended_magic = 0x46505853;
  uint32_t magic = 0, extended_size = 0;
  std::memcpy(&magic, fpstate + software_bytes, sizeof magic);
  std::memcpy(&extended_size, fpstate + software_bytes + 4, sizeof extended_size);
  return magic == extended_magic ? extended_size : legacy_size;
}

// AT_MINSIGSTKSZ is the size of the largest frame on this machine; kernels that do not say know no state that is larger than this.
size_t most_frame_size() {
  return frame_fpstate + std::max<size_t>(getauxval(AT_MINSIGSTKSZ), 4096);
}

}  // namespace

struct Fiber::Saved {
  size_t size = 0;  // 0: nothing is saved
  const size_t capacity = most_frame_size();
  std::unique_ptr<uint8_t[]> frame = std::make_unique_for_overwrite<uint8_t[]>(capacity);
  [[nodiscard]] ucontext_t& context() const { return *reinterpret_cast<ucontext_t*>(frame.get() + frame_context); }
};

Fiber::Fiber() : saved_(std::make_unique<Saved>()), tsan_fiber_(sanitizers::create_fiber()) {}

Fiber::~Fiber() {
  sanitizers::destroy_fiber(tsan_fiber_);
}

void Fiber::begin(Fiber* self) {
  sanitizers::arrive(nullptr, &self->resumer_bottom_, &self->resumer_size_);
  self->function_(self->argument_);
  self->turn_ = Turn::ended;
  sanitizers::depart(nullptr, self->resumer_bottom_, self->resumer_size_);
  sanitizers::switch_fiber(self->tsan_resumer_);
  mote_switch_stack(&self->sp_, self->resumer_sp_);
}

Fiber::Turn Fiber::start(const GuestStack& stack, void (*function)(void*), void* argument) {
  stack_ = &stack;
  function_ = function;
  argument_ = argument;
  constexpr uint64_t control_words = 0x1f80 | uint64_t{0x37f} << 32;  // as a process begins with
  const uint64_t frame[] = {control_words,
                            0,
                            0,
                            0,
                            reinterpret_cast<uint64_t>(&begin),
                            reinterpret_cast<uint64_t>(this),
                            0,
                            reinterpret_cast<uint64_t>(mote_fiber_begin)};
  sp_ = stack.top() - sizeof frame;
  std::memcpy(sp_, frame, sizeof frame);
  return take_turn();
}

Fiber::Turn Fiber::resume() {
  ASSERT(turn_ != Turn::ended);
  return take_turn();
}

Fiber::Turn Fiber::take_turn() {
  void* fake_stack = nullptr;
  sanitizers::depart(&fake_stack, stack_->guard_high(), static_cast<size_t>(stack_->top() - stack_->guard_high()));
  if (saved_->size == 0) {
    tsan_resumer_ = sanitizers::current_fiber();
    sanitizers::switch_fiber(tsan_fiber_);
    mote_switch_stack(&resumer_sp_, sp_);
  } else {
    // Of this thread now: its signal stack and mask.
    ucontext_t& context = saved_->context();
    sigaltstack(nullptr, &context.uc_stack);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    std::memcpy(&context.uc_sigmask, &mask, 8);
    const size_t size = std::exchange(saved_->size, 0);
    sanitizers::arrive(fake_stack_, &resumer_bottom_, &resumer_size_);  // guest code will not say so
    mote_switch_to_frame(&resumer_sp_, saved_->frame.get(), size);
  }
  sanitizers::arrive(fake_stack, nullptr, nullptr);
  return turn_;
}

std::optional<Registers> Fiber::interrupted_at() const {
  if (saved_->size == 0) return std::nullopt;
  return registers_of(saved_->context());
}

void Fiber::move_to(const Registers& registers) {
  set_registers(saved_->context(), registers);
}

void Fiber::leave() {
  turn_ = Turn::left;
  sanitizers::depart(&fake_stack_, resumer_bottom_, resumer_size_);
  sanitizers::switch_fiber(tsan_resumer_);
  mote_switch_stack(&sp_, resumer_sp_);
  sanitizers::arrive(fake_stack_, &resumer_bottom_, &resumer_size_);
}

bool Fiber::leave_interrupted(Interruption& interruption) {
  const auto& context = *static_cast<const ucontext_t*>(interruption.machine);
  const auto* fpstate = reinterpret_cast<const uint8_t*>(context.uc_mcontext.fpregs);
  if (fpstate == nullptr) return false;
  const size_t size = fpstate_size(fpstate);
  if (frame_fpstate + size > saved_->capacity) return false;
  std::memcpy(&saved_->context(), &context, kernel_context_size);
  std::memcpy(saved_->frame.get() + frame_fpstate, fpstate, size);
  saved_->size = frame_fpstate + size;
  turn_ = Turn::interrupted;
  sanitizers::depart(&fake_stack_, resumer_bottom_, resumer_size_);
  interruption.pc = reinterpret_cast<uint64_t>(mote_left_by_signal);
  interruption.sp = reinterpret_cast<uint64_t>(resumer_sp_);
  return true;
}

}  // namespace mote::os
