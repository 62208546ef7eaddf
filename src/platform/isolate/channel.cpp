// See channel.h. A frame is its size in four bytes, and its bytes.
#include "platform/isolate/channel.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/descriptor.h"
#include "base/os/socket.h"
#include "platform/isolate/limits.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace mote::isolate {
namespace {

constexpr size_t size_bytes = sizeof(uint32_t), read_size = 64 << 10;
constexpr size_t kept_buffer = 256 << 10;  // of one that was large for one event

void begin_frame(Frame& out) {
  out.resize(out.size() + size_bytes);
}
void end_frame(Frame& out, size_t begin) {
  store_le(out.data() + begin, static_cast<uint32_t>(out.size() - begin - size_bytes));
}

}  // namespace

Channel::Channel(os::File socket, uint64_t most_frame, Calls calls)
    : socket_(std::move(socket)), most_frame_(std::min<uint64_t>(most_frame, UINT32_MAX)), calls_(std::move(calls)) {}

Result<std::unique_ptr<Channel>> Channel::open(io::Loop& loop, os::File socket, uint64_t most_frame, Calls calls) {
  std::unique_ptr<Channel> made(new Channel(std::move(socket), most_frame, std::move(calls)));
  made->watch_ = TRY(loop.watch(made->socket_.descriptor(), io::Loop::Watching::changes,
                                [self = made.get()](io::Loop::Change change) { self->changed(change); }));
  return made;
}

void Channel::send(const std::function<void(Frame&)>& write) {
  const size_t begin = out_.size();
  begin_frame(out_);
  write(out_);
  end_frame(out_, begin);
  flush();
}

// What the other side does not take any more is thrown away: the loop will tell that it is gone.
void Channel::flush() {
  while (sent_ < out_.size()) {
    const auto taken = os::send_some(socket_.descriptor(), Bytes(out_).subspan(sent_));
    if (!taken && taken.error() == EAGAIN) return;
    sent_ = taken ? sent_ + *taken : out_.size();
  }
  sent_ = 0;
  out_.clear();
  if (out_.capacity() > kept_buffer) Frame().swap(out_);
}

void Channel::changed(io::Loop::Change change) {
  if (change.can_write) flush();
  const bool goes_on = !change.can_read || receive();
  if (goes_on && !change.is_broken && !change.has_ended) return;
  const auto ended = std::exchange(calls_.ended, nullptr);
  if (ended) ended();  // may end this
}

bool Channel::receive() {
  for (;;) {
    if (in_.size() < held_ + read_size) in_.resize(held_ + read_size);
    const auto got = os::receive_some(socket_.descriptor(), MutableBytes(in_).subspan(held_));
    if (!got) return got.error() == EAGAIN;
    if (*got == 0) return false;
    held_ += *got;
    if (!take_frames()) return false;
  }
}

bool Channel::take_frames() {
  taken_ = 0;
  while (held_ - taken_ >= size_bytes) {
    const auto size = load_le<uint32_t>(in_.data() + taken_);
    if (size > most_frame_) return false;
    if (held_ - taken_ - size_bytes < size) break;
    const Bytes frame = Bytes(in_).subspan(taken_ + size_bytes, size);
    taken_ += size_bytes + size;
    if (!calls_.frame(frame)) return false;
  }
  std::copy(in_.begin() + static_cast<ptrdiff_t>(taken_), in_.begin() + static_cast<ptrdiff_t>(held_), in_.begin());
  held_ -= taken_;
  if (held_ == 0 && in_.size() > kept_buffer) std::vector<uint8_t>().swap(in_);
  return true;
}

Result<void> say_hello(const os::File& socket, const Hello& hello) {
  Frame frame;
  begin_frame(frame);
  encode(hello, frame);
  end_frame(frame, 0);
  for (Bytes left = frame; !left.empty();) {
    const auto taken = os::send_some(socket.descriptor(), left);
    if (!taken && taken.error() != EAGAIN) return os::fail_errno(taken.error(), "cannot tell the server");
    if (taken) left = left.subspan(*taken);
    const os::Wanted room{socket.descriptor(), true};
    if (!taken) os::wait_for({&room, 1}, std::nullopt);
  }
  return {};
}

Result<Hello> await_hello(const os::File& socket, uint64_t within_ms) {
  constexpr uint64_t ns_per_ms = 1'000'000;
  const uint64_t end = os::now_ns(os::Clock::monotonic) + within_ms * ns_per_ms;
  std::array<uint8_t, size_bytes> head = {};
  Frame frame;
  // No byte more than the frame: what follows is the channel's.
  const auto fill = [&](MutableBytes into) -> Result<void> {
    while (!into.empty()) {
      const auto got = os::receive_some(socket.descriptor(), into);
      if (got && *got == 0) return fail(ErrorKind::unavailable, "its process ended before it was ready");
      if (!got && got.error() != EAGAIN) return os::fail_errno(got.error(), "cannot hear its process");
      if (got) into = into.subspan(*got);
      const uint64_t now = os::now_ns(os::Clock::monotonic);
      if (now >= end) return fail(ErrorKind::unavailable, format("its process was not ready within {} ms", within_ms));
      const os::Wanted more{socket.descriptor(), false};
      if (!got) os::wait_for({&more, 1}, end - now);
    }
    return {};
  };
  TRY(fill(head));
  const auto size = load_le<uint32_t>(head.data());
  if (size > limits::beside_bytes.hard) return fail(ErrorKind::bad_input, "what came is no first word of a component's process");
  frame.resize(size);
  TRY(fill(frame));
  return decode_hello(frame);
}

}  // namespace mote::isolate
