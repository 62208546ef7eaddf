// Frame walks (unwind.h).
#include "engine/runtime/unwind.h"

#include "engine/runtime/call.h"

namespace mote::runtime {

namespace {

struct Frame {
  uint8_t* fp;
  const void* pc;  // a return address in the frame's function

  [[nodiscard]] Frame caller() const {
    const auto* words = reinterpret_cast<void* const*>(fp);
    return {static_cast<uint8_t*>(words[0]), words[1]};
  }
};

Frame exit_frame(const code::StoreContext& context) {
  return {static_cast<uint8_t*>(context.last_exit_fp), context.last_exit_pc};
}

const code::Image* image_of(const Frame& frame) {
  return code::find_image(static_cast<const uint8_t*>(frame.pc) - 1);  // a return address may be the next function's first byte
}

}  // namespace

// The outermost guest frame of an activation returns into mote_enter; from there the walk goes on where the guest before left.
void visit_frames(const Store& store, code::RootVisitor& visitor) {
  const auto* activation = static_cast<const Activation*>(store.context.activation);
  Frame frame = exit_frame(store.context);
  while (activation != nullptr) {
    if (frame.fp == activation->entry_fp) {
      frame = {static_cast<uint8_t*>(activation->last_exit_fp), activation->last_exit_pc};
      activation = activation->previous;
      continue;
    }
    if (const code::Image* image = image_of(frame)) image->visit_roots(frame.pc, frame.fp, visitor);
    frame = frame.caller();
  }
}

bool find_handler(Store& store, uint32_t exception) {
  code::StoreContext& context = store.context;
  const auto* activation = static_cast<const Activation*>(context.activation);
  for (Frame frame = exit_frame(context); frame.fp != activation->entry_fp; frame = frame.caller()) {
    const code::Image* image = image_of(frame);
    if (image == nullptr) continue;
    const std::optional<code::Handler> handler = image->handler(frame.pc);
    if (!handler) continue;
    context.landing_pc = handler->pad;
    context.landing_fp = frame.fp;
    context.landing_sp = frame.fp + handler->sp_from_fp;
    context.landing_exn = exception;
    return true;
  }
  return false;
}

}  // namespace mote::runtime
