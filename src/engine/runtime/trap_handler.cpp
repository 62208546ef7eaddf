// The handlers of faults and interruptions (trap_handler.h). They run on the signal stack and touch only: the running store (which
// this very thread is executing, so nothing changes under it), the image tables (immutable) and the guest's stack, whose words are
// read only inside its bounds.
#include "engine/runtime/trap_handler.h"

#include "base/os/fault.h"
#include "base/os/interruption.h"
#include "base/os/write_watch.h"
#include "engine/code/image.h"
#include "engine/runtime/call.h"
#include "engine/runtime/task.h"

#include <cstring>
#include <optional>

extern "C" {
extern const char mote_trampolines_begin[], mote_trampolines_end[];
extern const char mote_stopped[];
}

namespace mote::runtime {

namespace {

// Read in the signal handler: no lazy allocation of thread-local storage there.
__attribute__((tls_model("initial-exec"))) thread_local Store* running = nullptr;

bool is_trampoline(const void* pc) {
  return pc >= mote_trampolines_begin && pc < mote_trampolines_end;
}

// The code in a trap instruction, or nothing.
std::optional<code::TrapCode> trap_instruction(const void* pc) {
  if (std::memcmp(pc, code::trap_instruction, sizeof code::trap_instruction) != 0) return std::nullopt;
  const uint8_t trap = static_cast<const uint8_t*>(pc)[sizeof code::trap_instruction];
  if (!code::is_trap_code(trap)) return std::nullopt;
  return static_cast<code::TrapCode>(trap);
}

// What a fault at this address means for the store; nothing when it is not the guest's.
std::optional<code::TrapCode> classify(const os::Fault& fault, const Store& store) {
  using Kind = os::Fault::Kind;
  const auto* pc = reinterpret_cast<const void*>(fault.pc);
  switch (fault.kind) {
    case Kind::illegal_instruction:
      return trap_instruction(pc);
    case Kind::arithmetic:
      return std::nullopt;  // divisors are tested before the division
    case Kind::segmentation:
    case Kind::bus:
      break;
  }
  const os::GuestStack& stack = store.running_stack();
  if (fault.is_address_known) {
    if (fault.address >= stack.guard_low() && fault.address < stack.guard_high()) return code::TrapCode::call_stack_exhausted;
    if (store.reserves(fault.address)) return code::TrapCode::out_of_bounds_memory_access;
  } else {
    // The kernel could not push a signal frame or a stack operand: 4 KiB is more than either needs.
    constexpr uint64_t headroom = 4096;
    const auto guard_high = reinterpret_cast<uint64_t>(stack.guard_high());
    if (fault.sp >= guard_high - os::GuestStack::guard_size && fault.sp < guard_high + headroom) {
      return code::TrapCode::call_stack_exhausted;
    }
  }
  return std::nullopt;
}

// A word of the guest's stack, or null where it is none.
const void* stack_word(const Store& store, uint64_t at) {
  const auto* address = reinterpret_cast<const uint8_t*>(at);
  if (at % 8 != 0 || !store.running_stack().holds(address)) return nullptr;
  return *reinterpret_cast<const void* const*>(address);
}

void append(TrapRecord& record, const void* pc) {
  if (record.count < TrapRecord::most_frames) record.pcs[record.count++] = pc;
}

// Frames from the interrupted instruction on. Only the innermost may lack the standard frame.
void record_frames(const os::Registers& at, const code::Image* image, const Store& store, TrapRecord& record) {
  const auto* pc = reinterpret_cast<const void*>(at.pc);
  record.count = 0;
  record.is_first_exact = image != nullptr;
  uint64_t fp = at.fp;
  if (image == nullptr) {  // a trampoline's stack test: no frame yet, the return address is on top
    append(record, stack_word(store, at.sp));
  } else {
    append(record, pc);
    if (const code::FrameRow* row = image->frame(pc)) {
      append(record, stack_word(store, at.sp + static_cast<uint64_t>(row->return_address)));
      if (row->saved_fp != code::FrameRow::fp_in_register) {
        fp = reinterpret_cast<uint64_t>(stack_word(store, at.sp + static_cast<uint64_t>(row->saved_fp)));
      }
    } else {
      append(record, stack_word(store, fp + 8));
      fp = reinterpret_cast<uint64_t>(stack_word(store, fp));
    }
  }
  walk_frames(store, reinterpret_cast<const void*>(fp), record);
}

// Execution goes on where the innermost activation was entered.
void leave_guest(Store& store, code::TrapCode trap, const code::Image* image, os::Registers& at) {
  TrapRecord& record = store.trap_record();
  record.code = trap;
  record_frames(at, image, store, record);
  const auto& activation = *static_cast<const Activation*>(store.context.activation);
  at.pc = reinterpret_cast<uint64_t>(mote_stopped);
  at.sp = reinterpret_cast<uint64_t>(activation.entry_sp);
  at.fp = reinterpret_cast<uint64_t>(activation.entry_fp);
}

bool handle(os::Fault& fault) {
  Store* store = running;
  if (fault.kind == os::Fault::Kind::bus) {
    if (store != nullptr && store->note_write(fault.address)) return true;  // as a rule, and one of few
    if (os::WriteWatch::note_write(fault.address)) return true;
  }
  if (store == nullptr) return false;
  const auto* pc = reinterpret_cast<const void*>(fault.pc);
  const code::Image* image = code::find_image(pc);
  if (image == nullptr && !is_trampoline(pc)) return false;
  const std::optional<code::TrapCode> trap = classify(fault, *store);
  if (!trap) return false;
  leave_guest(*store, *trap, image, fault);
  return true;
}

// A guest that is to be stopped, or its task left, does so at any of its own instructions. Where it is in a trampoline, a builtin
// or a host function it goes on: each looks again before it returns to compiled code.
bool handle_interruption(os::Interruption& at) {
  Store* store = running;
  if (store == nullptr) return false;
  const uint32_t orders = store->context.interrupt.load(std::memory_order_relaxed);
  if (orders == 0) return false;
  const code::Image* image = code::find_image(reinterpret_cast<const void*>(at.pc));
  if (image == nullptr) return false;
  if ((orders & code::interrupt_kill) != 0) {
    leave_guest(*store, code::TrapCode::interrupt, image, at);
    return true;
  }
  store->context.interrupt.fetch_and(~code::interrupt_preempt, std::memory_order_relaxed);
  return store->task() != nullptr && store->task()->preempt(at);
}

}  // namespace

void install_trap_handler() {
  os::install_fault_handler(handle);
  os::install_interruption_handler(handle_interruption);
}

// Not inlined: a fiber may ask again on another thread.
__attribute__((noinline)) Store* running_store() {
  return running;
}
__attribute__((noinline)) void set_running_store(Store* store) {
  running = store;
}

void end_interrupted(Store& store, os::Registers& at) {
  leave_guest(store, code::TrapCode::interrupt, code::find_image(reinterpret_cast<const void*>(at.pc)), at);
}

// The outermost frame of an activation returns into mote_enter, whose frame pointer the guest saved. From there the walk hops over
// the host's frames to where the guest of the activation before left. Return addresses into mote_enter stay in: they belong to no
// image and are left out when the record is resolved.
void walk_frames(const Store& store, const void* fp, TrapRecord& record) {
  const auto* activation = static_cast<const Activation*>(store.context.activation);
  auto at = reinterpret_cast<uint64_t>(fp);
  while (activation != nullptr && record.count < TrapRecord::most_frames) {
    if (at == reinterpret_cast<uint64_t>(activation->entry_fp)) {
      append(record, activation->last_exit_pc);
      at = reinterpret_cast<uint64_t>(activation->last_exit_fp);
      activation = activation->previous;
      continue;
    }
    const void* return_address = stack_word(store, at + 8);
    const auto next = reinterpret_cast<uint64_t>(stack_word(store, at));
    if (return_address == nullptr || next <= at) return;  // not a frame: stop rather than guess
    append(record, return_address);
    at = next;
  }
}

}  // namespace mote::runtime
