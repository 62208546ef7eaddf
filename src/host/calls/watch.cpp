// See watch.h.
#include "host/calls/watch.h"

#include <utility>

namespace mote::calls {

Ending Watch::pass(const Function& function, std::span<const uint64_t> values, MutableBytes memory,
                   const std::function<Ending()>& run) {
  Call call{.function = function, .values = values, .memory = memory, .id = ++count_, .began_ns = now_()};
  for (Sink* sink : sinks_) sink->began(call);
  call.began_ns = now_();  // what sinks took does not count
  Call* const outer = std::exchange(current_, &call);
  const uint64_t denied_before = denials_.count();
  call.is_answered = interposer_ != nullptr && interposer_->answer(call);
  if (!call.is_answered) call.ending = run();
  current_ = outer;
  if (denials_.count() != denied_before) {
    call.denial = &denials_.last();
    if (denial_ends_guest_ && !call.denial->is_let_through && !call.denial->is_probe)
      call.ending = {Ending::Kind::trapped, 0, call.denial->text()};
  }
  call.duration_ns = now_() - call.began_ns;
  for (Sink* sink : sinks_) sink->ended(call);
  return std::move(call.ending);
}

void Watch::note_written(uint64_t at, uint64_t size) {
  if (current_ != nullptr && size != 0) current_->written.push_back({at, size});
}

void Watch::note_completed(uint64_t call_id, uint64_t value, std::span<const Range> written) {
  const Completion completion{call_id, value, written, now_()};
  for (Sink* sink : sinks_) sink->completed(completion);
}

void Watch::note_growth(uint64_t old_pages, uint64_t added_pages, bool is_done) {
  const Growth growth{old_pages, added_pages, is_done, now_()};
  for (Sink* sink : sinks_) sink->memory_grew(growth);
}

}  // namespace mote::calls
