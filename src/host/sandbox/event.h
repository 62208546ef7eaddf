// Events: what goes in and out of a process that serves one after another (Process::arm), when that is bytes in memory: an event
// that the guest reads from stdin, and the answer that it writes to stdout.
//
//   EventProcess events(clocks, random, limits);
//   events.process().arguments = …;  folders, …
//   events.arm();
//   for each event: events.begin(bytes); run the guest; use events.answer(); events.reset();
//
// In steady state an event costs no allocation and no system call: the event's bytes are read where they lie, the answer's place is
// kept for the next. Tested by event_test.cpp, with WASI functions by wasi_p1/event_test.cpp.
#pragma once

#include "host/sandbox/process.h"

#include <mote/limits.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mote::sandbox {

// Bytes of somebody else's, to be read once.
class EventInput : public Stream {
 public:
  void set(Bytes event) { rest_ = event; }
  Outcome<uint64_t> read(MutableBytes into) override;
  Outcome<uint64_t> write(Bytes) override { return std::unexpected(Refusal::bad_descriptor); }
  bool is_terminal() const override { return false; }
  Readiness readiness(bool for_writing) override { return {.is_ready = !for_writing, .bytes = rest_.size()}; }

 private:
  Bytes rest_;
};

// What an event's guest writes, up to a limit. What exceeds that is refused as by a full disk (no_space), and noted.
class EventOutput : public Stream {
 public:
  // `what` for the note: "stdout".
  EventOutput(uint64_t most, std::string what, calls::Denials& denials) : most_(most), what_(std::move(what)), denials_(denials) {}
  [[nodiscard]] Bytes bytes() const { return written_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }  // there was more
  // Forgets what was written. Room that only few events need is given back.
  void clear() {
    is_cut_ = false;
    written_.clear();
    if (written_.capacity() > kept_bytes) [[unlikely]]
      std::vector<uint8_t>().swap(written_);
  }
  static constexpr uint64_t kept_bytes = 1 << 20;

  Outcome<uint64_t> read(MutableBytes) override { return std::unexpected(Refusal::bad_descriptor); }
  Outcome<uint64_t> write(Bytes from) override;
  bool is_terminal() const override { return false; }
  Readiness readiness(bool for_writing) override { return {.is_ready = for_writing}; }

 private:
  uint64_t most_;
  std::string what_;
  calls::Denials& denials_;
  std::vector<uint8_t> written_;
  bool is_cut_ = false;
};

// Of each event.
struct EventLimits {
  uint64_t host_call_bytes = limits::host_call_bytes.standard;
  uint64_t output_bytes = limits::output_size.standard;  // to stdout, and as much to stderr
  uint64_t descriptors = limits::descriptors.standard;   // open at once
};

class EventProcess {
 public:
  // Limits above their hard maximum are taken for that. The effects outlive it.
  EventProcess(Clocks& clocks, Random& random, const EventLimits& limits = {});
  EventProcess(const EventProcess&) = delete;
  EventProcess& operator=(const EventProcess&) = delete;

  // Has stdin, stdout and stderr; the rest is to be given to it before arm().
  [[nodiscard]] Process& process() { return process_; }
  void arm() { process_.arm(); }

  void begin(Bytes event) { input_.set(event); }  // lies there until reset()
  [[nodiscard]] Bytes answer() const { return output_.bytes(); }
  [[nodiscard]] Bytes messages() const { return errors_.bytes(); }  // stderr
  // Whether the guest wrote more than it may: then answer() or messages() is only the beginning.
  [[nodiscard]] bool is_cut() const { return output_.is_cut() || errors_.is_cut(); }
  void reset() {
    process_.reset();
    input_.set({});
    output_.clear();
    errors_.clear();
  }

 private:
  template <class S, class... Args>
  S& open(bool is_readable, Args&&... args);

  Process process_;  // owns the three
  EventInput& input_;
  EventOutput &output_, &errors_;
};

}  // namespace mote::sandbox
