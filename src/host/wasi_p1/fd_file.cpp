// What needs a file or a folder. A Process holds streams only, so each answers what POSIX answers for a pipe; there are no
// preopened folders, which a library learns from badf at descriptor 3.
#include "host/wasi_p1/functions.h"

namespace mote::wasi_p1 {
namespace {

// badf when `fd` is not open, else what streams answer.
Errno refuse(Guest& guest, uint32_t fd, Errno answer) {
  return guest.process.find(fd) == nullptr ? Errno::badf : answer;
}

}  // namespace

Errno fd_advise(Guest& guest, uint32_t fd, uint64_t, uint64_t, uint32_t) {
  return refuse(guest, fd, Errno::spipe);
}
Errno fd_allocate(Guest& guest, uint32_t fd, uint64_t, uint64_t) {
  return refuse(guest, fd, Errno::spipe);
}
Errno fd_datasync(Guest& guest, uint32_t fd) {
  return refuse(guest, fd, Errno::inval);
}
Errno fd_filestat_set_size(Guest& guest, uint32_t fd, uint64_t) {
  return refuse(guest, fd, Errno::inval);
}
Errno fd_filestat_set_times(Guest& guest, uint32_t fd, uint64_t, uint64_t, uint32_t) {
  return refuse(guest, fd, Errno::inval);
}
Errno fd_pread(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse(guest, fd, Errno::spipe);
}
Errno fd_prestat_dir_name(Guest& guest, uint32_t fd, uint32_t, uint32_t) {
  return refuse(guest, fd, Errno::notdir);
}
Errno fd_prestat_get(Guest& guest, uint32_t fd, uint32_t) {
  return refuse(guest, fd, Errno::badf);
}
Errno fd_pwrite(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse(guest, fd, Errno::spipe);
}
Errno fd_readdir(Guest& guest, uint32_t fd, uint32_t, uint32_t, uint64_t, uint32_t) {
  return refuse(guest, fd, Errno::notdir);
}
Errno fd_seek(Guest& guest, uint32_t fd, int64_t, uint32_t, uint32_t) {
  return refuse(guest, fd, Errno::spipe);
}
Errno fd_sync(Guest& guest, uint32_t fd) {
  return refuse(guest, fd, Errno::inval);
}
Errno fd_tell(Guest& guest, uint32_t fd, uint32_t) {
  return refuse(guest, fd, Errno::spipe);
}

}  // namespace mote::wasi_p1
