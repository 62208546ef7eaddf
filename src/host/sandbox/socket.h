// A socket of a guest: a listener that was handed to it, a connection that it accepted, or one that was handed in whole.
//
// Guests make none: what can be reached was decided before. Read and written as a stream too. No operation waits: each answers
// would_block, and whoever calls waits by Process::wait_for when the guest wants to. Tested by socket_test.cpp.
#pragma once

#include "base/os/socket.h"
#include "host/sandbox/system.h"

#include <memory>
#include <span>

namespace mote::sandbox {

class Socket : public DescriptorStream {
 public:
  using Kind = os::SocketKind;

  // Takes over a socket. Fails when it is none, or of a kind that no guest could use.
  [[nodiscard]] static Outcome<std::unique_ptr<Socket>> adopt(os::File file);

  [[nodiscard]] Kind kind() const { return info_.kind; }
  [[nodiscard]] bool is_listening() const { return info_.is_listening; }
  [[nodiscard]] Outcome<std::unique_ptr<Socket>> accept();
  // Of a stream, 0 bytes are the end. `only_looks`: what was received stays to be received.
  [[nodiscard]] Outcome<Received> receive(std::span<const MutableBytes> into, bool only_looks = false);
  [[nodiscard]] Outcome<uint64_t> send(std::span<const MutableBytes> from);  // may take less
  [[nodiscard]] Outcome<void> shut_down(bool reading, bool writing);

  Outcome<uint64_t> read(MutableBytes into) override;
  Outcome<uint64_t> write(Bytes from) override;
  bool is_terminal() const override { return false; }
  Readiness readiness(bool for_writing) override;
  Socket* socket() override { return this; }
  int descriptor() const override { return file_.descriptor(); }

 private:
  Socket(os::File file, const os::SocketInfo& info) : file_(std::move(file)), info_(info) {}

  os::File file_;
  os::SocketInfo info_;
};

}  // namespace mote::sandbox
