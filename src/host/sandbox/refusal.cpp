// See refusal.h. A number that is not here is a failure of the machine.
#include "host/sandbox/refusal.h"

#include <cerrno>

namespace mote::sandbox {

Refusal refusal(int error_number) {
  switch (error_number) {
    case EACCES:
      return Refusal::access_denied;
    case EAGAIN:
      return Refusal::would_block;
    case EBADF:
      return Refusal::bad_descriptor;
    case EBUSY:
    case ETXTBSY:
      return Refusal::busy;
    case ECONNABORTED:
      return Refusal::connection_aborted;
    case ECONNRESET:
      return Refusal::connection_reset;
    case EMSGSIZE:
      return Refusal::message_too_long;
    case ENOTCONN:
    case EDESTADDRREQ:
      return Refusal::not_connected;
    case ENOTSOCK:
    case EPROTOTYPE:
      return Refusal::not_a_socket;
    case ETIMEDOUT:
      return Refusal::timed_out;
    case EEXIST:
      return Refusal::exists;
    case EFBIG:
    case EOVERFLOW:
      return Refusal::too_large;
    case EILSEQ:
      return Refusal::bad_text;
    case EINVAL:
      return Refusal::invalid;
    case EISDIR:
      return Refusal::is_a_folder;
    case ELOOP:
      return Refusal::too_many_symbolic_links;
    case EMFILE:
    case ENFILE:
      return Refusal::too_many_open;
    case EMLINK:
      return Refusal::too_many_links;
    case ENAMETOOLONG:
      return Refusal::name_too_long;
    case ENOENT:
      return Refusal::not_found;
    case ENOMEM:
      return Refusal::no_memory;
    case ENOSPC:
    case EDQUOT:
      return Refusal::no_space;
    case ENOTDIR:
      return Refusal::not_a_folder;
    case ENOTEMPTY:
      return Refusal::not_empty;
    case EOPNOTSUPP:
    case ENOSYS:
      return Refusal::unsupported;
    case EPERM:
      return Refusal::not_permitted;
    case ENXIO:  // a device or pipe that nobody serves: no guest may have it either way
      return Refusal::outside;
    case EPIPE:
      return Refusal::broken_pipe;
    case EROFS:
      return Refusal::read_only;
    case ESPIPE:
      return Refusal::not_seekable;
    case EXDEV:
      return Refusal::other_file_system;
    default:
      return Refusal::io_failure;
  }
}

}  // namespace mote::sandbox
