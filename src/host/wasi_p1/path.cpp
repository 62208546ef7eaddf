// Paths are relative to a folder's descriptor, and a Process has none: badf for what is not open, notdir for a stream.
#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {
namespace {

Errno not_a_folder(Guest& guest, uint32_t fd) {
  return guest.process.find(fd) == nullptr ? Errno::badf : Errno::notdir;
}
Errno not_folders(Guest& guest, uint32_t one, uint32_t other) {
  return guest.process.find(one) == nullptr ? Errno::badf : not_a_folder(guest, other);
}

}  // namespace

Errno path_create_directory(Guest& guest, uint32_t fd, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_filestat_get(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_filestat_set_times(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_link(Guest& guest, uint32_t old_fd, uint32_t, uint32_t, uint32_t, uint32_t new_fd, uint32_t, uint32_t) {
  return not_folders(guest, old_fd, new_fd);
}
Errno path_open(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_readlink(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_remove_directory(Guest& guest, uint32_t fd, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_rename(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint32_t new_fd, uint32_t, uint32_t) {
  return not_folders(guest, fd, new_fd);
}
Errno path_symlink(Guest& guest, uint32_t, uint32_t, uint32_t fd, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}
Errno path_unlink_file(Guest& guest, uint32_t fd, uint32_t, uint32_t) {
  return not_a_folder(guest, fd);
}

}  // namespace mote::wasi_p1
