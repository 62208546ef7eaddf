// See connection.h. Events come once for each change, so what the socket is known to have is remembered.
#include "base/dial/connection.h"

#include "base/core/format.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mote::dial {

namespace {

constexpr uint64_t read_size = 64 << 10, tls_record = 16 << 10;

}  // namespace

Result<std::unique_ptr<Connection>> Connection::begin(io::Loop& loop, const os::SocketAddress& address, const std::string& host,
                                                      const tls::Context* tls, std::function<void()> changed) {
  const std::string name = os::text(address);
  auto socket = os::connect_tcp(address);
  if (!socket) return os::fail_errno(socket.error(), format("cannot connect to {}", name));
  os::send_at_once(socket->descriptor());
  std::unique_ptr<tls::Session> session;
  if (tls != nullptr) session = TRY(tls->connect(host));
  return watched(loop, *std::move(socket), std::move(session), name, std::move(changed));
}

Result<std::unique_ptr<Connection>> Connection::begin_local(io::Loop& loop, const std::string& path,
                                                            std::function<void()> changed) {
  auto socket = os::connect_local_stream(path);
  if (!socket) return os::fail_errno(socket.error(), format("cannot connect to {}", path));
  return watched(loop, *std::move(socket), nullptr, path, std::move(changed));
}

Result<std::unique_ptr<Connection>> Connection::watched(io::Loop& loop, os::File socket, std::unique_ptr<tls::Session> session,
                                                        std::string name, std::function<void()> changed) {
  std::unique_ptr<Connection> made(new Connection(std::move(socket), std::move(session), std::move(name)));
  made->watch_ = TRY(loop.watch(made->socket_.descriptor(), io::Loop::Watching::changes,
                                [self = made.get(), call = std::move(changed)](io::Loop::Change change) {
                                  self->can_read_ |= change.can_read;
                                  self->can_write_ |= change.can_write;
                                  self->end_is_near_ |= change.has_ended;
                                  call();
                                }));
  made->scratch_.resize(read_size);
  return made;
}

std::unexpected<Error> Connection::failure(int error_number, const char* what) const {
  return os::fail_errno(error_number, format("{} {}", what, name_));
}

Result<bool> Connection::open() {
  if (!is_connected_) {
    if (!can_write_) return false;
    if (const auto result = os::connection_result(socket_.descriptor()); !result)
      return failure(result.error(), "cannot connect to");
    is_connected_ = true;
  }
  if (!tls_) return true;
  std::vector<uint8_t> early;  // there is none before the handshake is done; what follows it stays in the session
  while (!tls_->is_open()) {
    TRY(send_encrypted());
    if (!TRY(receive(early))) break;
    if (has_ended_)
      return fail(ErrorKind::unavailable, format("{} ended the connection before it was secured; does it speak TLS?", name_));
  }
  TRY(send_encrypted());
  return tls_->is_open();
}

// A short read empties a socket: the next change is told. Unless the end was told already, which lies behind it.
Result<bool> Connection::receive(std::vector<uint8_t>& into) {
  if (!can_read_ || has_ended_) return false;
  const auto size = os::receive_some(socket_.descriptor(), scratch_);
  if (!size) {
    can_read_ = false;
    if (size.error() == EAGAIN) return false;
    return failure(size.error(), "the connection broke to");
  }
  has_ended_ = *size == 0;
  if (*size < scratch_.size() && !end_is_near_) can_read_ = false;
  const Bytes came = Bytes(scratch_).first(*size);
  if (tls_) {
    if (auto fed = tls_->feed(came); !fed) {
      (void)send_encrypted();  // the last word: an alert
      return std::unexpected(std::move(fed.error()));
    }
  } else {
    into.insert(into.end(), came.begin(), came.end());
  }
  return *size > 0;
}

Result<bool> Connection::read(std::vector<uint8_t>& into) {
  const bool came = TRY(receive(into));
  if (!tls_) return came;
  for (;;) {
    const uint64_t size = TRY(tls_->read(scratch_));
    if (size == 0) break;
    into.insert(into.end(), scratch_.begin(), scratch_.begin() + static_cast<int64_t>(size));
  }
  if (tls_->has_ended()) has_ended_ = true;
  TRY(send_encrypted());
  return came;
}

Result<uint64_t> Connection::send(Bytes bytes) {
  if (!can_write_ || bytes.empty()) return 0;
  const auto size = os::send_some(socket_.descriptor(), bytes);
  if (size) return *size;
  can_write_ = false;
  if (size.error() == EAGAIN) return 0;
  return failure(size.error(), "the connection broke to");
}

Result<void> Connection::send_encrypted() {
  while (has_unsent()) {
    const uint64_t size = TRY(send(tls_->output()));
    if (size == 0) break;
    tls_->sent(size);
  }
  return {};
}

Result<uint64_t> Connection::write(Bytes bytes) {
  if (!tls_) return send(bytes);
  uint64_t taken = 0;
  for (;;) {
    TRY(send_encrypted());
    if (has_unsent() || taken == bytes.size()) return taken;
    const Bytes piece = bytes.subspan(taken, std::min<uint64_t>(tls_record, bytes.size() - taken));
    TRY(tls_->write(piece));
    taken += piece.size();
  }
}

void Connection::close() {
  if (tls_ && tls_->is_open()) {
    tls_->end();
    (void)send_encrypted();
  }
  (void)os::shut_down(socket_.descriptor(), false, true);
}

}  // namespace mote::dial
