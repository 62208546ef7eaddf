// The contract between what makes events (HTTP, timers, brokers, the operator) and what runs guests for them.
//
// A trigger makes an Event and gives it to a Dispatcher; a worker runs the component's guest in a fresh sandbox, and tells the
// event what came of it. Everything about one event happens on one worker's thread. Tested by serve/seat_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mote::trigger {

// What came of an event.
struct Outcome {
  enum class Kind : uint8_t {
    answered,     // the guest returned, or exited with status 0
    exited,       // with another status
    trapped,      // the trap's words and backtrace are in `text`
    timed_out,    // its time was over, while it ran or before
    busy,         // refused: more wait already than may, or than can be answered in time
    unavailable,  // refused: the component is not to be had; `text` says why
    lost,         // the process that ran it ended; what it did before, nobody knows
  };
  Kind kind = Kind::answered;
  Bytes answer = {}, messages = {};  // what the guest wrote to stdout and stderr; until done() returns
  bool is_cut = false;               // it wrote more
  int exit_code = 0;
  std::string_view text = {};          // why, for a log; not for strangers
  uint64_t retry_after_s = 0;          // of a refusal
  uint64_t queued_ns = 0, ran_ns = 0;  // before its first turn; in turns
  [[nodiscard]] bool is_refusal() const { return kind == Kind::busy || kind == Kind::unavailable; }
};
[[nodiscard]] const char* word(Outcome::Kind kind);  // "answered", …: labels of metrics, stable

// A guest's arguments and environment, filled for one event after another: what is there already is overwritten in place.
class Variables {
 public:
  // The first `kept` entries of `environment` are every event's.
  Variables(std::vector<std::string>& arguments, std::vector<std::string>& environment, size_t kept)
      : arguments_(arguments), environment_(environment), used_(kept) {}
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;
  ~Variables() { environment_.resize(used_); }  // entries that only an earlier event needed

  // NUL bytes, which no variable may hold, end the value.
  void add(std::string_view name, std::string_view value);
  // "NAME=", to be added to.
  [[nodiscard]] std::string& add(std::string_view name);
  [[nodiscard]] std::vector<std::string>& arguments() { return arguments_; }  // as the last event left them

 private:
  std::vector<std::string>& arguments_;
  std::vector<std::string>& environment_;
  size_t used_;
};

enum class Kind : uint8_t { http, mqtt, timer, command };  // of triggers

// An event that is part of a trace, and what is told of it. Tested by wiring/tracer_test.cpp.
class Trace {
 public:
  virtual ~Trace() = default;
  virtual void name(std::string name) = 0;
  virtual void note(std::string_view attribute, std::string_view text) = 0;
  virtual void note(std::string_view attribute, int64_t number) = 0;
  virtual void fail(std::string_view type) = 0;  // for a reason that the outcome does not know
  virtual void end(const Outcome& outcome) = 0;  // the last that is told
  // For whoever goes on with the trace: the guest is the parent.
  [[nodiscard]] virtual std::string_view parent() const = 0;
  [[nodiscard]] virtual std::string_view state() const = 0;
};

// An event belongs to whoever made it, and stays until done().
class Event {
 public:
  explicit Event(Kind kind) : kind(kind) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  virtual ~Event() = default;

  [[nodiscard]] virtual Bytes input() const = 0;    // what the guest reads from stdin
  virtual void describe(Variables& variables) = 0;  // before the guest's first turn
  virtual void done(const Outcome& outcome) = 0;    // once, and the last thing; of what is refused from within dispatch()
  // Whose trace it goes on with: headers traceparent and tracestate, as they came.
  struct Caller {
    std::string_view parent = {}, state = {};
  };
  [[nodiscard]] virtual Caller caller() const { return {}; }
  virtual void introduce(Trace&) const {}  // its name and what is known before it runs
  // For logs, traces and answers: unlike any other of this server. Set by dispatch().
  uint64_t id = 0;
  const Kind kind;
  // Set by dispatch() where the event is traced; done() ends it.
  std::unique_ptr<Trace> trace = {};
};
// As event.describe(); and where the event is traced, how the guest goes on with it: TRACEPARENT, TRACESTATE.
void describe(Event& event, Variables& variables);
[[nodiscard]] std::string id_text(uint64_t id);  // 16 hexadecimal digits

class Dispatcher {
 public:
  virtual ~Dispatcher() = default;
  // On the worker's thread. `component`: by its place in the deployment.
  virtual void dispatch(size_t component, Event& event) = 0;
  // Whether an event of that kind would be refused as Outcome::Kind::busy by now; if so it is counted as refused, and need not be
  // made. False where that is not known.
  [[nodiscard]] virtual bool turns_away(size_t, Kind) { return false; }
};

}  // namespace mote::trigger
