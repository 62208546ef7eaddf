// See socket.h.
#include "host/sandbox/socket.h"

#include "base/os/descriptor.h"
#include "host/sandbox/refusal.h"

#include <utility>

namespace mote::sandbox {

Outcome<std::unique_ptr<Socket>> Socket::adopt(os::File file) {
  const auto info = os::socket_info(file.descriptor());
  if (!info) return std::unexpected(refusal(info.error()));
  if (auto set = os::never_wait(file.descriptor()); !set) return std::unexpected(refusal(set.error()));
  return std::unique_ptr<Socket>(new Socket(std::move(file), *info));
}

Outcome<std::unique_ptr<Socket>> Socket::accept() {
  if (kind() != Kind::stream) return std::unexpected(Refusal::unsupported);
  if (!is_listening()) return std::unexpected(Refusal::invalid);
  auto accepted = os::accept_connection(descriptor());
  if (!accepted) return std::unexpected(refusal(accepted.error()));
  return std::unique_ptr<Socket>(new Socket(std::move(*accepted), {.kind = Kind::stream}));
}

Outcome<Received> Socket::receive(std::span<const MutableBytes> into, bool only_looks) {
  const auto received = os::receive(descriptor(), kind(), into, only_looks);
  if (!received) return std::unexpected(refusal(received.error()));
  return Received{received->size, received->is_truncated};
}

Outcome<uint64_t> Socket::send(std::span<const MutableBytes> from) {
  return outcome(os::send(descriptor(), from));
}

Outcome<void> Socket::shut_down(bool reading, bool writing) {
  return outcome(os::shut_down(descriptor(), reading, writing));
}

Outcome<uint64_t> Socket::read(MutableBytes into) {
  const auto received = receive({&into, 1});
  if (!received) return std::unexpected(received.error());
  return received->size;
}

Outcome<uint64_t> Socket::write(Bytes from) {
  const MutableBytes piece(const_cast<uint8_t*>(from.data()), from.size());
  return send({&piece, 1});
}

Readiness Socket::readiness(bool for_writing) {
  const os::Readiness ready = os::readiness(descriptor(), for_writing);
  return {ready.is_ready, ready.is_hung_up, ready.bytes};
}

}  // namespace mote::sandbox
