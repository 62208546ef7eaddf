// Sockets: those that were handed in, and the connections accepted from them. badf for what is not open, notsock for anything else.
#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {
namespace {

constexpr uint32_t first_of_opened = 3;  // as of files: path.cpp

Answer<const sandbox::Descriptor*> socket_at(Guest& guest, uint32_t fd, uint64_t needed) {
  auto found = guest.descriptor(fd);
  if (!found) return found;
  if (!is_socket(**found)) return std::unexpected(Errno::notsock);
  if (!has_rights(**found, needed)) return std::unexpected(Errno::notcapable);
  return found;
}

}  // namespace

Errno sock_accept(Guest& guest, uint32_t fd, uint32_t flags, uint32_t out) {
  const sandbox::Descriptor& listener = *NEED(socket_at(guest, fd, 0));
  if ((flags & ~fdflags::nonblock) != 0 || !is_listener(listener)) return Errno::inval;
  if (!has_rights(listener, rights::sock_accept)) return Errno::notcapable;
  NEED(guest.check(out, 4));
  const uint64_t dropped = listener.dropped_inheriting;
  const uint32_t made = NEED(guest.process.accept(fd, (flags & fdflags::nonblock) == 0, first_of_opened));
  guest.process.change(made)->dropped_rights = dropped;
  store_le(NEED(guest.out(out, 4)).data(), made);
  return Errno::success;
}

Errno sock_recv(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t size_out, uint32_t flags_out) {
  const sandbox::Descriptor& descriptor = *NEED(socket_at(guest, fd, 0));
  if ((flags & ~riflags::all) != 0) return Errno::inval;
  if (!is_listener(descriptor) && !has_rights(descriptor, rights::fd_read)) return Errno::notcapable;
  const auto buffers = NEED(guest.pieces_out(iovs, count));
  NEED(guest.check(size_out, 4));
  NEED(guest.check(flags_out, 2));
  const sandbox::Received received = NEED(
      guest.process.receive(fd, buffers, {.only_looks = (flags & riflags::peek) != 0, .fills = (flags & riflags::waitall) != 0},
                            [&] { return guest.pieces_again(iovs, count); }));
  NEED(guest.count(received.size));
  store_le(NEED(guest.out(size_out, 4)).data(), static_cast<uint32_t>(received.size));
  store_le(NEED(guest.out(flags_out, 2)).data(), received.is_truncated ? roflags::data_truncated : uint16_t{0});
  return Errno::success;
}

Errno sock_send(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(socket_at(guest, fd, 0));
  if (flags != 0) return Errno::inval;  // preview 1 defines none
  if (!is_listener(descriptor) && !has_rights(descriptor, rights::fd_write)) return Errno::notcapable;
  const auto pieces = NEED(guest.pieces_in(iovs, count));
  NEED(guest.check(out, 4));
  const uint64_t sent = NEED(guest.process.send(fd, pieces, [&] { return guest.pieces_again(iovs, count); }));
  NEED(guest.count(sent));
  store_le(NEED(guest.out(out, 4)).data(), static_cast<uint32_t>(sent));
  return Errno::success;
}

Errno sock_shutdown(Guest& guest, uint32_t fd, uint32_t how) {
  NEED(socket_at(guest, fd, 0));
  if (how == 0 || (how & ~sdflags::all) != 0) return Errno::inval;
  NEED(socket_at(guest, fd, rights::sock_shutdown));
  NEED(guest.process.shut_down(fd, (how & sdflags::rd) != 0, (how & sdflags::wr) != 0));
  return Errno::success;
}

}  // namespace mote::wasi_p1
