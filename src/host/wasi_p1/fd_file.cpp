// What only files can do (positions, sizes, times), and what a stream or a folder answers instead: spipe or inval as POSIX does for
// a pipe, isdir.
#include "host/wasi_p1/functions.h"

#include <algorithm>

namespace mote::wasi_p1 {
namespace {

// The open file behind a descriptor. `for_stream`: what a stream answers.
Answer<const sandbox::Descriptor*> file_at(Guest& guest, uint32_t fd, uint64_t needed, Errno for_stream) {
  auto found = guest.descriptor(fd);
  if (!found) return found;
  if ((*found)->stream != nullptr) return std::unexpected(for_stream);
  if ((*found)->folder != nullptr) return std::unexpected(Errno::isdir);
  if (!has_rights(**found, needed)) return std::unexpected(Errno::notcapable);
  return found;
}

Errno done(const sandbox::Outcome<void>& outcome) {
  return outcome ? Errno::success : to_errno(outcome.error());
}

Errno flush(Guest& guest, uint32_t fd, uint64_t needed, sandbox::Flush what) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if (descriptor.stream != nullptr) return Errno::inval;
  if (!has_rights(descriptor, needed)) return Errno::notcapable;
  return done(descriptor.file != nullptr ? descriptor.file->flush(what) : descriptor.folder->flush(what));
}

Errno seek(const sandbox::Descriptor& descriptor, int64_t offset, sandbox::SeekFrom from, uint8_t* position) {
  store_le(position, NEED(descriptor.file->seek(offset, from)));
  return Errno::success;
}

}  // namespace

Errno fd_advise(Guest& guest, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, rights::fd_advise, Errno::spipe));
  if (advice > static_cast<uint32_t>(sandbox::Advice::once)) return Errno::inval;
  return done(descriptor.file->advise(offset, length, static_cast<sandbox::Advice>(advice)));
}

Errno fd_allocate(Guest& guest, uint32_t fd, uint64_t offset, uint64_t length) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, 0, Errno::spipe));
  if (!descriptor.is_writable) return Errno::badf;
  if (!has_rights(descriptor, rights::fd_allocate)) return Errno::notcapable;
  return done(descriptor.file->allocate(offset, length));
}

Errno fd_datasync(Guest& guest, uint32_t fd) {
  return flush(guest, fd, rights::fd_datasync, sandbox::Flush::data);
}

Errno fd_filestat_set_size(Guest& guest, uint32_t fd, uint64_t size) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, 0, Errno::inval));
  if (!descriptor.is_writable) return Errno::badf;
  if (!has_rights(descriptor, rights::fd_filestat_set_size)) return Errno::notcapable;
  return done(descriptor.file->set_size(size));
}

Errno fd_filestat_set_times(Guest& guest, uint32_t fd, uint64_t atim, uint64_t mtim, uint32_t flags) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  const NewTimes times = NEED(new_times(atim, mtim, flags));
  if (descriptor.stream != nullptr) return Errno::inval;
  if (!has_rights(descriptor, rights::fd_filestat_set_times)) return Errno::notcapable;
  return done(descriptor.file != nullptr ? descriptor.file->set_times(times.accessed, times.modified)
                                         : descriptor.folder->set_times(times.accessed, times.modified));
}

Errno fd_pread(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, 0, Errno::spipe));
  if (!descriptor.is_readable) return Errno::badf;
  if (!has_rights(descriptor, rights::fd_read | rights::fd_seek)) return Errno::notcapable;
  const auto buffers = NEED(guest.pieces_out(iovs, count));
  uint8_t* const size = NEED(guest.out(out, 4)).data();
  const uint64_t read = NEED(descriptor.file->read(buffers, offset));
  NEED(guest.count(read));
  store_le(size, static_cast<uint32_t>(read));
  return Errno::success;
}

Errno fd_pwrite(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, 0, Errno::spipe));
  if (!descriptor.is_writable) return Errno::badf;
  if (!has_rights(descriptor, rights::fd_write | rights::fd_seek)) return Errno::notcapable;
  const auto pieces = NEED(guest.pieces_in(iovs, count));
  uint8_t* const size = NEED(guest.out(out, 4)).data();
  const uint64_t written = NEED(descriptor.file->write(pieces, offset));
  NEED(guest.count(written));
  store_le(size, static_cast<uint32_t>(written));
  return Errno::success;
}

// Asking where it stands (offset 0 from the position) needs only the right to be told.
Errno fd_seek(Guest& guest, uint32_t fd, int64_t offset, uint32_t whence, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, 0, Errno::spipe));
  if (whence >= std::size(guest.layout.origins)) return Errno::inval;
  const sandbox::SeekFrom origin = guest.layout.origins[whence];
  const bool only_asks = offset == 0 && origin == sandbox::SeekFrom::position;
  if (!has_rights(descriptor, rights::fd_seek) && !(only_asks && has_rights(descriptor, rights::fd_tell))) return Errno::notcapable;
  return seek(descriptor, offset, origin, NEED(guest.out(out, 8)).data());
}

Errno fd_sync(Guest& guest, uint32_t fd) {
  return flush(guest, fd, rights::fd_sync, sandbox::Flush::everything);
}

Errno fd_tell(Guest& guest, uint32_t fd, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(file_at(guest, fd, rights::fd_tell, Errno::spipe));
  return seek(descriptor, 0, sandbox::SeekFrom::position, NEED(guest.out(out, 8)).data());
}

}  // namespace mote::wasi_p1
