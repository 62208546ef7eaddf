// The two halves of a connection: the *carrier* moves bytes between a socket (or TLS over it, or a test) and memory; the *protocol*
// makes requests of them and bytes of answers. HTTP/1.1 (http1.h) and HTTP/2 (http2.h) are protocols; neither knows what carries
// it. Private to the room.
#pragma once

#include "base/http/answer_head.h"
#include "base/http/byte_queue.h"
#include "base/http/exchange.h"
#include "base/http/server.h"

#include <cstdint>
#include <string_view>
#include <utility>

namespace mote::http {

// What a server's connections have in common, handed to each.
struct Surroundings {
  const ServerLimits& limits;
  Handler& handler;
  ServerCounts& counts;
  Date& date;
};

class Carrier {
 public:
  // Bytes to be sent. A protocol may always append; it asks for its own sake whether a reader is behind (output_is_full).
  [[nodiscard]] virtual ByteQueue& output() = 0;
  // From outside receive(), produce() and the like: something was appended, or can go on. Sends it and comes back to the protocol
  // in the loop's next turn, never from within the call.
  virtual void resume() = 0;
  [[nodiscard]] virtual uint64_t now_ns() const = 0;  // of the monotonic clock, as of this event
  [[nodiscard]] virtual std::string_view peer() const = 0;
  [[nodiscard]] virtual bool is_tls() const = 0;

 protected:
  ~Carrier() = default;
};

// What the client is expected to do now. Each has its time; the handler's own is not the server's business.
enum class Awaiting : uint8_t { nothing, request, rest_of_head };

class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes what it can use of the bytes, and says how much that was; what is left is offered again with more behind it. Called
  // without bytes too, to go on with what became possible.
  [[nodiscard]] virtual size_t receive(Bytes bytes) = 0;
  [[nodiscard]] virtual bool wants_input() const = 0;
  virtual void end_of_input() = 0;                       // nothing will come behind what was offered
  virtual void produce() = 0;                            // there is room in the output: what waited for it goes on
  virtual void lost() = 0;                               // nobody is there any more
  [[nodiscard]] virtual bool tick(uint64_t now_ns) = 0;  // looks whether bodies take too long: something is to be done
  [[nodiscard]] virtual Awaiting awaiting() const = 0;
  [[nodiscard]] virtual uint64_t begun() const = 0;  // requests so far: each begins the waiting anew
  virtual void too_slow() = 0;                       // what was awaited did not come in time
  virtual void trim() = 0;                           // nothing goes on for a while: gives memory back
  virtual void drain() = 0;                          // no further requests

  // closes: once the output is sent. lingers: the client may be sending still, and is to read our last words before the connection
  // breaks. breaks: at once.
  enum class Stance : uint8_t { open, closes, lingers, breaks };
  [[nodiscard]] virtual Stance stance() const = 0;
  [[nodiscard]] virtual bool has_lent() const = 0;  // an exchange that a handler has not ended yet
};

// While it is alive, a protocol is at work: what happens needs no resume().
class Inside {
 public:
  explicit Inside(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { flag_ = before_; }

 private:
  bool& flag_;
  bool before_;
};

// How long a client may keep us waiting: a time, which waiting uses up and bytes that come give back, at a rate and never beyond
// the whole. So neither a client that stops nor one that sends a byte now and then is waited for long.
class Patience {
 public:
  Patience(uint64_t time_ms, uint64_t least_rate)
      : whole_ns_(static_cast<int64_t>(time_ms * 1'000'000)),
        ns_per_byte_(1e9 / static_cast<double>(least_rate)),
        left_ns_(whole_ns_) {}
  void wait(uint64_t now_ns) {
    if (since_ns_ == 0) since_ns_ = now_ns;
  }
  void stop(uint64_t now_ns) {
    if (since_ns_ != 0 && now_ns > since_ns_) left_ns_ -= static_cast<int64_t>(now_ns - since_ns_);
    since_ns_ = 0;
  }
  void count(uint64_t bytes, uint64_t now_ns) {
    const bool is_waiting = since_ns_ != 0;
    stop(now_ns);
    if (is_waiting) since_ns_ = now_ns;
    const double more_ns = static_cast<double>(bytes) * ns_per_byte_;
    left_ns_ = more_ns >= static_cast<double>(whole_ns_ - left_ns_) ? whole_ns_ : left_ns_ + static_cast<int64_t>(more_ns);
  }
  void reset() {
    since_ns_ = 0;
    left_ns_ = whole_ns_;
  }
  [[nodiscard]] bool is_over(uint64_t now_ns) const {
    return since_ns_ != 0 && now_ns > since_ns_ && static_cast<int64_t>(now_ns - since_ns_) > left_ns_;
  }

 private:
  int64_t whole_ns_;
  double ns_per_byte_;
  int64_t left_ns_;
  uint64_t since_ns_ = 0;  // 0: not waiting
};

}  // namespace mote::http
