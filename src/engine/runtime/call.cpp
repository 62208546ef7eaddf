// Entering a guest (call.h): registers are placed, the activation linked, the stack switched, and afterwards everything put back.
#include "engine/runtime/call.h"

#include "base/core/format.h"
#include "base/os/fault.h"
#include "engine/runtime/task.h"
#include "engine/runtime/trap_handler.h"
#include "engine/runtime/values.h"

// x64/trampolines.S relies on these.
static_assert(offsetof(mote::runtime::Activation, entry_sp) == 0 && offsetof(mote::runtime::Activation, entry_fp) == 8);
static_assert(offsetof(mote::runtime::RegisterImage, vectors) == 64 && sizeof(mote::runtime::RegisterImage) == 192);
static_assert(offsetof(mote::runtime::HostCallFrame, vectors) == 64 && offsetof(mote::runtime::HostCallFrame, binding) == 192 &&
              sizeof(mote::runtime::HostCallFrame) == 208);
static_assert(offsetof(mote::runtime::HostBinding, store) == 8 && offsetof(mote::code::VMContext, store) == 8);
static_assert(offsetof(mote::code::StoreContext, host_limit) == 32 && offsetof(mote::code::StoreContext, last_exit_fp) == 64 &&
              offsetof(mote::code::StoreContext, last_exit_pc) == 72 && offsetof(mote::code::StoreContext, activation) == 80);
static_assert(static_cast<int>(mote::code::TrapCode::call_stack_exhausted) == 19);

extern "C" uint64_t mote_enter(mote::runtime::Activation* activation, const void* code, void* ctx,
                               mote::runtime::RegisterImage* registers);

namespace mote::runtime {

namespace {

struct Entry {
  Activation* activation;
  const code::FuncRef* func;
  RegisterImage* registers;
  uint64_t is_stopped;
};

void enter(void* argument) {
  auto& entry = *static_cast<Entry*>(argument);
  entry.is_stopped = mote_enter(entry.activation, entry.func->code, entry.func->ctx, entry.registers);
}

// The stack this call may run on: made, with this thread able to handle faults; or why not.
Run<void> prepare(Store& store) {
  if (store.context.activation != nullptr || store.task() != nullptr) {
    const auto* here = static_cast<const uint8_t*>(__builtin_frame_address(0));
    if (!store.running_stack().holds(here)) {
      if (store.task() != nullptr && !store.task()->is_running()) {
        return std::unexpected(
            Stop::of({ErrorKind::bad_input, "the store's task has not ended: resume it until it has, or discard it"}));
      }
      return std::unexpected(Stop::of({ErrorKind::bad_input,
                                       "a store was entered again from a host function of another store; call it from a host "
                                       "function of its own"}));
    }
    if (here <= store.context.host_limit) {
      store.trap(code::TrapCode::call_stack_exhausted);
      return std::unexpected(store.take_stop());
    }
    return {};
  }
  if (auto stack = store.stack(); !stack) return std::unexpected(Stop::of(stack.error()));
  if (auto ready = os::provide_signal_stack(); !ready) return std::unexpected(Stop::of(ready.error()));
  return {};
}

Run<void> enter_guest(Store& store, const code::FuncRef& func, RegisterImage& registers) {
  code::StoreContext& context = store.context;
  const bool is_outermost = context.activation == nullptr && store.task() == nullptr;  // a task's turns are watched as a whole
  if (is_outermost ? !store.stop_control()->enter() : !store.may_go_on()) {
    if (is_outermost) store.stop_control()->leave();
    if (!store.has_stop()) store.stop(Stop::trap(code::TrapCode::interrupt));
    return std::unexpected(store.take_stop());
  }
  Activation activation = {.entry_sp = nullptr,
                           .entry_fp = nullptr,
                           .previous = static_cast<Activation*>(context.activation),
                           .last_exit_fp = context.last_exit_fp,
                           .last_exit_pc = context.last_exit_pc};
  Store* outer = running_store();
  context.activation = &activation;
  set_running_store(&store);
  Entry entry = {&activation, &func, &registers, 0};
  if (is_outermost) {
    store.running_stack().run(enter, &entry);
  } else {
    enter(&entry);
  }
  set_running_store(outer);
  context.activation = activation.previous;
  context.last_exit_fp = activation.last_exit_fp;
  context.last_exit_pc = activation.last_exit_pc;
  if (is_outermost) store.stop_control()->leave();
  if (entry.is_stopped != 0) return std::unexpected(store.take_stop());
  return {};
}

}  // namespace

Run<void> call_registers(Store& store, const code::FuncRef& func, RegisterImage& registers) {
  if (auto ready = prepare(store); !ready) return ready;
  return enter_guest(store, func, registers);
}

Run<void> call(Store& store, const code::FuncRef& func, std::span<const code::Value16> args, std::span<code::Value16> results) {
  if (auto ready = prepare(store); !ready) return ready;  // before the exchange buffer is written
  const TypeRegistry& types = store.engine().types();
  const wasm::FuncType& type = types.type(func.type).func;
  RegisterImage registers;
  auto arguments = code::PlaceAssigner::arguments();
  for (size_t i = 0; i < type.params.size(); ++i) {
    write_place(arguments.next(type.params[i]), args[i], registers.integers, registers.vectors, store.context.xbuf);
  }
  if (auto run = enter_guest(store, func, registers); !run) return run;
  auto places = code::PlaceAssigner::results();
  for (size_t i = 0; i < type.results.size(); ++i) {
    const wasm::ValueType result = type.results[i];
    results[i] = read_place(types, places.next(result), result, registers.integers, registers.vectors, store.context.xbuf);
  }
  return {};
}

}  // namespace mote::runtime
