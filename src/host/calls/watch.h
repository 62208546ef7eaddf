// The one place that every host call passes: who looks on, who answers instead, and what there is to know of a call.
//
// An interface describes its functions (signature.h) and calls Watch::pass around each when its guest has a Watch; without one it
// calls them directly, so looking costs nothing where nobody looks. Sinks see a call begin and end: its values, the guest's memory,
// which ranges of it were written, how long it took, what was refused. An Interposer may answer in the function's stead (replay,
// injected faults, a virtual clock). Nothing else instruments host functions.
//
// One store's, used by its thread; sinks and the interposer outlive it. Tested by watch_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "host/calls/denial.h"
#include "host/calls/signature.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mote::calls {

struct Range {
  uint64_t at = 0, size = 0;  // in the guest's memory
  bool operator==(const Range&) const = default;
};

// How a host function came back: to the guest, or not.
struct Ending {
  enum class Kind : uint8_t { returned, exited, trapped } kind = Kind::returned;
  uint64_t value = 0;    // what it returned (0 is success), or the guest's exit status
  std::string why = {};  // trapped
};

struct Call {
  const Function& function;
  std::span<const uint64_t> values;  // as the guest passed them
  MutableBytes memory;
  uint64_t id = 0;        // counts from 1 in this store
  uint64_t began_ns = 0;  // on the Watch's clock
  // Known when it ended.
  Ending ending = {};
  uint64_t duration_ns = 0;
  std::vector<Range> written = {};  // what the call may have written, each range whole; after an early failure nothing was
  const Denial* denial = nullptr;   // the last thing that was refused in it
  bool is_answered = false;         // by an interposer

  [[nodiscard]] bool has_succeeded() const { return ending.kind == Ending::Kind::returned && ending.value == 0; }
};

// Something that a call began and that ended after it had returned.
struct Completion {
  uint64_t call_id = 0;
  uint64_t value = 0;
  std::span<const Range> written = {};
  uint64_t at_ns = 0;
};

struct Growth {
  uint64_t old_pages = 0, added_pages = 0;
  bool is_done = false;  // else memory.grow returned -1
  uint64_t at_ns = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual void began(const Call&) {}
  virtual void ended(const Call&) {}
  virtual void completed(const Completion&) {}
  virtual void memory_grew(const Growth&) {}
};

class Interposer {
 public:
  virtual ~Interposer() = default;
  // True: the call is answered, with what stands in `call.ending`; what was written to its memory is in `call.written`.
  [[nodiscard]] virtual bool answer(Call& call) = 0;
};

class Watch {
 public:
  using Now = uint64_t (*)();
  // `now` is a monotonic clock in nanoseconds; `denials` those of the same store.
  Watch(Now now, const Denials& denials) : now_(now), denials_(denials) {}
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void add(Sink& sink) { sinks_.push_back(&sink); }
  void set_interposer(Interposer* interposer) { interposer_ = interposer; }
  // A call in which something was refused ends the guest.
  void set_denial_ends_guest(bool ends) { denial_ends_guest_ = ends; }

  [[nodiscard]] Ending pass(const Function& function, std::span<const uint64_t> values, MutableBytes memory,
                            const std::function<Ending()>& run);
  // By the interface, for the call in progress: it is about to write there.
  void note_written(uint64_t at, uint64_t size);
  void note_completed(uint64_t call_id, uint64_t value, std::span<const Range> written);
  void note_growth(uint64_t old_pages, uint64_t added_pages, bool is_done);
  [[nodiscard]] uint64_t current_id() const { return current_ == nullptr ? 0 : current_->id; }

 private:
  Now now_;
  const Denials& denials_;
  std::vector<Sink*> sinks_;
  Interposer* interposer_ = nullptr;
  Call* current_ = nullptr;
  uint64_t count_ = 0;
  bool denial_ends_guest_ = false;
};

}  // namespace mote::calls
