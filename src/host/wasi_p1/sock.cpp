// Sockets: no descriptor of a Process is one. badf for what is not open, notsock for a stream.
#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {
namespace {

Errno not_a_socket(Guest& guest, uint32_t fd) {
  return guest.process.find(fd) == nullptr ? Errno::badf : Errno::notsock;
}

}  // namespace

Errno sock_accept(Guest& guest, uint32_t fd, uint32_t, uint32_t) {
  return not_a_socket(guest, fd);
}
Errno sock_recv(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  return not_a_socket(guest, fd);
}
Errno sock_send(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t) {
  return not_a_socket(guest, fd);
}
Errno sock_shutdown(Guest& guest, uint32_t fd, uint32_t) {
  return not_a_socket(guest, fd);
}

}  // namespace mote::wasi_p1
