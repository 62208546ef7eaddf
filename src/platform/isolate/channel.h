// Channel: frames over a connected socket that never waits, on one loop. One thread, the loop's. Tested by link_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/os/file.h"
#include "platform/isolate/wire.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace mote::isolate {

class Channel {
 public:
  struct Calls {
    std::function<bool(Bytes frame)> frame;  // false: it is none, and the other side not to be listened to any more
    // Once, and the last call, from the loop: the other side is gone, or sent a frame that is larger than may be. The channel may
    // be ended from within.
    std::function<void()> ended;
  };
  [[nodiscard]] static Result<std::unique_ptr<Channel>> open(io::Loop& loop, os::File socket, uint64_t most_frame, Calls calls);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Fills a frame by `write` and sends it, now or when there is room. Never calls back.
  void send(const std::function<void(Frame&)>& write);
  [[nodiscard]] uint64_t unsent() const { return out_.size() - sent_; }

 private:
  Channel(os::File socket, uint64_t most_frame, Calls calls);
  void changed(io::Loop::Change change);
  void flush();
  [[nodiscard]] bool receive();
  [[nodiscard]] bool take_frames();

  os::File socket_;
  const uint64_t most_frame_;
  Calls calls_;
  Frame out_;
  size_t sent_ = 0;
  std::vector<uint8_t> in_;
  size_t held_ = 0, taken_ = 0;  // of in_: bytes that came, and those that were taken
  std::unique_ptr<io::Loop::Watch> watch_;
};

// The first frame of a channel that nobody watches yet; waits for it.
[[nodiscard]] Result<Hello> await_hello(const os::File& socket, uint64_t within_ms);
// A frame on such a channel. Waits while there is no room.
[[nodiscard]] Result<void> say_hello(const os::File& socket, const Hello& hello);

}  // namespace mote::isolate
