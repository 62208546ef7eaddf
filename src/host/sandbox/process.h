// Process: what one guest has been given and what became of it: arguments, environment, open streams, files and
// folders, clocks, randomness.
//
// Deny by default: a Process that is filled with nothing grants nothing, and a guest sees empty lists and bad descriptors. One
// store has one Process, which outlives it; used by the store's thread only. ABI (numbers, layouts) is not known here: see
// host/wasi_p1.
//
// A process may serve one event after another (docs/internals/events.md, and event.h for what goes in and out): arm() takes what it
// holds for what every event finds, reset() brings it back to that. Tested by process_test.cpp, event_test.cpp,
// wasi_p1/event_test.cpp.
#pragma once

#include "host/calls/watch.h"
#include "host/sandbox/effects.h"
#include "host/sandbox/file.h"
#include "host/sandbox/folder.h"

#include <mote/limits.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::sandbox {

// One open descriptor of a guest: one of a stream, a file, a folder.
struct Descriptor {
  std::unique_ptr<Stream> stream = {};
  std::unique_ptr<File> file = {};
  std::unique_ptr<Folder> folder = {};
  std::string granted_as = {};  // a folder that was granted from the start: the path under which the guest knows it
  bool is_readable = false;
  bool is_writable = false;
  bool may_wait = true;       // false: an operation that would wait answers would_block
  bool is_appending = false;  // of a stream: remembered for the guest, since streams have no position
  static constexpr uint32_t of_the_event = ~0u;
  uint32_t home = of_the_event;  // the number under which every event finds it (Process::arm)
  // In the guest's ABI's numbering: what it has renounced, for itself and for what it opens below; how it wants writes flushed.
  uint64_t dropped_rights = 0, dropped_inheriting = 0;
  uint32_t sync_flags = 0;

  [[nodiscard]] bool is_open() const { return stream != nullptr || file != nullptr || folder != nullptr; }
};

// Whether a guest may use something that is no descriptor; who says so, and what would allow it.
struct Permission {
  bool is_granted = true;
  bool lets_through = false;  // noted, and done all the same
  std::string rule = {}, would_grant = {};
};

class Process {
 public:
  Process(Clocks& clocks, Random& random) : clocks_(clocks), random_(random), monotonic_base_(clocks.now_ns(ClockId::monotonic)) {}

  std::vector<std::string> arguments;    // the program's name first; no NUL inside
  std::vector<std::string> environment;  // "NAME=value"
  std::function<void()>
      complete;  // puts into those two what is not there yet, before each time that a guest asks; empty: nothing is missing
  uint64_t descriptors_most = limits::descriptors.standard;
  calls::Denials denials;         // what was refused by decision
  calls::Watch* watch = nullptr;  // who looks at its calls; nobody: null
  Permission clock, random;
  std::string descriptors_rule = "-W max-descriptors";  // who says descriptors_most
  bool missed_folders = false;                          // it asked for the folders granted to it, and there were none
  uint64_t host_call_bytes_most = UINT64_MAX;           // limit_host_call_bytes() sets it
  std::vector<MutableBytes> pieces;                     // room for those of the call in progress, kept for the next

  // What the process holds now is what every event finds: descriptors with their flags, rights and positions, clocks and random
  // numbers as they begin. Nothing may be opened, closed or renumbered for the guest afterwards but by the guest.
  void arm();
  // Of an armed process: back to that. What the guest opened is closed, what it closed, moved or changed is as it was, refusals and
  // counted bytes are forgotten, the monotonic clock begins anew. What is not the process's stays as the guest left it: the content
  // of files, what was read from an inherited stream; and quotas of grants, which are about that (grant.h). Costs a few loads for a
  // guest that only read and wrote streams.
  void reset();

  // Of each event; of a process that is not armed, for its life.
  void limit_host_call_bytes(uint64_t most) { host_call_bytes_most = movable_ = most; }
  // Bytes that a host call moves in or out of the guest's memory. False: more than it may; the guest is to end with limit_text().
  [[nodiscard]] bool count_moved(uint64_t bytes) {
    if (bytes <= movable_) [[likely]] {
      movable_ -= bytes;
      return true;
    }
    has_moved_too_much_ = true;
    return false;
  }
  [[nodiscard]] uint64_t movable() const { return movable_; }
  [[nodiscard]] bool has_moved_too_much() const { return has_moved_too_much_; }
  [[nodiscard]] std::string limit_text() const;

  // Descriptors are numbered from 0; a free number is reused lowest first, but none below `least`. Returns the number.
  Outcome<uint32_t> open(Descriptor descriptor, uint32_t least = 0);
  [[nodiscard]] Outcome<void> room();  // for one more descriptor; a refusal is noted
  [[nodiscard]] bool has_granted_folder() const;
  // nullptr: not open; valid until the next open, close or renumber. change() is for what a descriptor says of itself.
  [[nodiscard]] const Descriptor* find(uint32_t number) const {
    return number < descriptors_.size() && descriptors_[number].is_open() ? &descriptors_[number] : nullptr;
  }
  [[nodiscard]] Descriptor* change(uint32_t number);
  [[nodiscard]] Outcome<void> close(uint32_t number);
  [[nodiscard]] Outcome<void> renumber(uint32_t from, uint32_t to);  // `to` is closed, then `from` takes its place

  // Asks, and notes a refusal: `thing` says what for.
  [[nodiscard]] bool permits(const Permission& permission, std::string_view kind, std::string_view thing);

  // Before read and write of a stream that parks (Stream::wait_until_ready), for a guest that lets it wait; of others nothing.
  [[nodiscard]] bool parks(uint32_t number);
  [[nodiscard]] Outcome<bool> wait_until_ready(uint32_t number, bool for_writing);
  // Of streams; a file is read and written through its descriptor.
  [[nodiscard]] Outcome<uint64_t> read(uint32_t number, MutableBytes into);
  [[nodiscard]] Outcome<uint64_t> write(uint32_t number, Bytes from);

  // Of sockets. What would wait waits, when the descriptor may; what was transferred before a failure is reported, the failure next
  // time.
  struct Receiving {
    bool only_looks = false;  // what was received stays to be received
    bool fills = false;       // waits for as many bytes as there is room for, or the end
  };
  // `again` finds the pieces anew after a wait, for those that lie in a guest's memory.
  using Again = std::function<std::vector<MutableBytes>()>;
  [[nodiscard]] Outcome<Received> receive(uint32_t number, std::span<const MutableBytes> into, Receiving how,
                                          const Again& again = {});
  [[nodiscard]] Outcome<uint64_t> send(uint32_t number, std::span<const MutableBytes> from, const Again& again = {});
  // Opens the next connection of a listener under the lowest free number from `least` on; `may_wait` is the connection's.
  [[nodiscard]] Outcome<uint32_t> accept(uint32_t number, bool may_wait, uint32_t least);
  [[nodiscard]] Outcome<void> shut_down(uint32_t number, bool reading, bool writing);

  // The monotonic clock begins with the process, so that a guest does not learn the host's uptime; in an armed one when the event's
  // guest first looks.
  [[nodiscard]] uint64_t now_ns(ClockId clock);
  [[nodiscard]] uint64_t resolution_ns(ClockId clock) { return clocks_.resolution_ns(clock); }
  // False: the guest is to end, and so is the call.
  [[nodiscard]] bool sleep_until(ClockId clock, uint64_t time_ns);
  [[nodiscard]] bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) {
    has_used_clock_ = true;
    return clocks_.wait_for(streams, timeout_ns);
  }

  // In pieces, so that no single request to the system grows with what a guest asks for.
  [[nodiscard]] Outcome<void> fill_random(MutableBytes into);

 private:
  // What every event finds under one number, when it is open: what a guest may change of a descriptor.
  struct Original {
    bool is_open = false;
    bool may_wait = true, is_appending = false;
    uint64_t dropped_rights = 0, dropped_inheriting = 0;
    File::Standing standing = {};
  };
  [[nodiscard]] bool waits(const Descriptor& descriptor, Refusal refusal, bool for_writing);
  void vacate(Descriptor& descriptor);
  void put_back_descriptors();
  void put_back(uint32_t number);
  [[nodiscard]] uint64_t monotonic_base();

  Clocks& clocks_;
  Random& random_;
  std::optional<uint64_t> monotonic_base_;  // nothing: the next look at the clock is its beginning
  uint64_t movable_ = UINT64_MAX;
  bool has_moved_too_much_ = false;
  // Since arm() or reset().
  bool has_changed_descriptors_ = false, has_used_clock_ = false, has_drawn_ = false;
  bool has_files_ = false;               // among what every event finds: they may have been read
  std::vector<Descriptor> descriptors_;  // not open: the number is free
  std::vector<Original> originals_;      // by number; empty: not armed
  std::vector<Descriptor> put_away_;     // by number: what the event's guest closed of what every event finds
};

}  // namespace mote::sandbox
