// What a process does with its sockets: see process.h. The one place where a socket is waited for.
#include "base/core/format.h"
#include "host/sandbox/process.h"
#include "host/sandbox/socket.h"

#include <algorithm>
#include <utility>

namespace mote::sandbox {
namespace {

Outcome<Socket*> socket_of(const Descriptor* descriptor) {
  if (descriptor == nullptr) return std::unexpected(Refusal::bad_descriptor);
  Socket* const socket = descriptor->stream != nullptr ? descriptor->stream->socket() : nullptr;
  if (socket == nullptr) return std::unexpected(Refusal::not_a_socket);
  return socket;
}

// What is left of some pieces behind the first `size` bytes.
std::vector<MutableBytes> rest_of(std::span<const MutableBytes> pieces, uint64_t size) {
  std::vector<MutableBytes> rest;
  for (const MutableBytes piece : pieces) {
    const uint64_t skipped = std::min<uint64_t>(size, piece.size());
    size -= skipped;
    if (skipped < piece.size()) rest.push_back(piece.subspan(skipped));
  }
  return rest;
}

}  // namespace

// Whether trying again is worth it: waits until the socket is ready, when its descriptor may wait and that was what was missing.
bool Process::waits(const Descriptor& descriptor, Refusal refusal, bool for_writing) {
  if (refusal != Refusal::would_block || !descriptor.may_wait) return false;
  const Wanted wanted[] = {{descriptor.stream.get(), for_writing}};
  has_used_clock_ = true;
  return clocks_.wait_for(wanted, std::nullopt);  // given up: the guest is to end
}

Outcome<Received> Process::receive(uint32_t number, std::span<const MutableBytes> into, Receiving how, const Again& again) {
  const Descriptor* const descriptor = find(number);
  const auto socket = socket_of(descriptor);
  if (!socket) return std::unexpected(socket.error());
  const bool fills = how.fills && !how.only_looks && (*socket)->kind() == Socket::Kind::stream;
  Received all;
  std::vector<MutableBytes> left(into.begin(), into.end());
  for (;;) {
    const auto received = (*socket)->receive(left, how.only_looks);
    if (received) {
      all = {all.size + received->size, received->is_truncated};
      left = rest_of(left, received->size);
      if (!fills || received->size == 0 || left.empty()) return all;
    } else if (!waits(*descriptor, received.error(), false)) {
      // What was received is handed on; the failure will meet the next call.
      if (all.size > 0) return all;
      return std::unexpected(received.error());
    } else if (again) {
      left = rest_of(again(), all.size);
    }
  }
}

Outcome<uint64_t> Process::send(uint32_t number, std::span<const MutableBytes> from, const Again& again) {
  const Descriptor* const descriptor = find(number);
  const auto socket = socket_of(descriptor);
  if (!socket) return std::unexpected(socket.error());
  std::vector<MutableBytes> pieces(from.begin(), from.end());
  for (;;) {
    auto sent = (*socket)->send(pieces);
    if (sent || !waits(*descriptor, sent.error(), true)) return sent;
    if (again) pieces = again();
  }
}

Outcome<uint32_t> Process::accept(uint32_t number, bool may_wait, uint32_t least) {
  const Descriptor* const descriptor = find(number);
  const auto socket = socket_of(descriptor);
  if (!socket) return std::unexpected(socket.error());
  if (auto has_room = room(); !has_room)
    return std::unexpected(has_room.error());  // before a connection is taken that could not be kept
  for (;;) {
    auto accepted = (*socket)->accept();
    if (accepted)
      return open({.stream = std::move(*accepted), .is_readable = true, .is_writable = true, .may_wait = may_wait}, least);
    if (!waits(*descriptor, accepted.error(), false)) return std::unexpected(accepted.error());
  }
}

Outcome<void> Process::shut_down(uint32_t number, bool reading, bool writing) {
  const Descriptor* const descriptor = find(number);
  const auto socket = socket_of(descriptor);
  if (!socket) return std::unexpected(socket.error());
  if (descriptor->home != Descriptor::of_the_event) {  // nothing opens it again
    denials.note({.kind = "socket",
                  .thing = format("shut down descriptor {}", number),
                  .rule = "a socket that every event finds stays open"});
    return std::unexpected(Refusal::not_permitted);
  }
  return (*socket)->shut_down(reading, writing);
}

}  // namespace mote::sandbox
