// Preview 1's functions in this host's terms: one declaration each, by kind, in the order of the specification.
//
// Parameters are those of the witx definition after flattening (pointer and length are two uint32_t; out-pointers come last). All
// are listed in functions.def, from which wasi_p1.cpp makes the import table.
#pragma once

#include "host/wasi_p1/guest.h"

#include <cstdint>

namespace mote::wasi_p1 {

// args.cpp
Errno args_get(Guest& guest, uint32_t argv, uint32_t argv_buf);
Errno args_sizes_get(Guest& guest, uint32_t count_out, uint32_t size_out);
Errno environ_get(Guest& guest, uint32_t environ, uint32_t environ_buf);
Errno environ_sizes_get(Guest& guest, uint32_t count_out, uint32_t size_out);

// clock.cpp
Errno clock_res_get(Guest& guest, uint32_t clock, uint32_t out);
Errno clock_time_get(Guest& guest, uint32_t clock, uint64_t precision, uint32_t out);

// fd.cpp: what every descriptor can do
Errno fd_close(Guest& guest, uint32_t fd);
Errno fd_fdstat_get(Guest& guest, uint32_t fd, uint32_t out);
Errno fd_fdstat_set_flags(Guest& guest, uint32_t fd, uint32_t flags);
Errno fd_fdstat_set_rights(Guest& guest, uint32_t fd, uint64_t base, uint64_t inheriting);
Errno fd_filestat_get(Guest& guest, uint32_t fd, uint32_t out);
Errno fd_read(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t out);
Errno fd_renumber(Guest& guest, uint32_t fd, uint32_t to);
Errno fd_write(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t out);

// fd_file.cpp: what only files can do (to flush and to set times, folders too); fd_folder.cpp: what only folders can (prestat,
// readdir)
Errno fd_advise(Guest& guest, uint32_t fd, uint64_t offset, uint64_t length, uint32_t advice);
Errno fd_allocate(Guest& guest, uint32_t fd, uint64_t offset, uint64_t length);
Errno fd_datasync(Guest& guest, uint32_t fd);
Errno fd_filestat_set_size(Guest& guest, uint32_t fd, uint64_t size);
Errno fd_filestat_set_times(Guest& guest, uint32_t fd, uint64_t atim, uint64_t mtim, uint32_t flags);
Errno fd_pread(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t out);
Errno fd_prestat_dir_name(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len);
Errno fd_prestat_get(Guest& guest, uint32_t fd, uint32_t out);
Errno fd_pwrite(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t out);
Errno fd_readdir(Guest& guest, uint32_t fd, uint32_t buf, uint32_t buf_len, uint64_t cookie, uint32_t out);
Errno fd_seek(Guest& guest, uint32_t fd, int64_t offset, uint32_t whence, uint32_t out);
Errno fd_sync(Guest& guest, uint32_t fd);
Errno fd_tell(Guest& guest, uint32_t fd, uint32_t out);

// path.cpp
Errno path_create_directory(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len);
Errno path_filestat_get(Guest& guest, uint32_t fd, uint32_t flags, uint32_t path, uint32_t path_len, uint32_t out);
Errno path_filestat_set_times(Guest& guest, uint32_t fd, uint32_t flags, uint32_t path, uint32_t path_len, uint64_t atim,
                              uint64_t mtim, uint32_t fst_flags);
Errno path_link(Guest& guest, uint32_t old_fd, uint32_t old_flags, uint32_t old_path, uint32_t old_path_len, uint32_t new_fd,
                uint32_t new_path, uint32_t new_path_len);
Errno path_open(Guest& guest, uint32_t fd, uint32_t dirflags, uint32_t path, uint32_t path_len, uint32_t oflags, uint64_t base,
                uint64_t inheriting, uint32_t fdflags, uint32_t out);
Errno path_readlink(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len, uint32_t buf, uint32_t buf_len, uint32_t out);
Errno path_remove_directory(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len);
Errno path_rename(Guest& guest, uint32_t fd, uint32_t old_path, uint32_t old_path_len, uint32_t new_fd, uint32_t new_path,
                  uint32_t new_path_len);
Errno path_symlink(Guest& guest, uint32_t old_path, uint32_t old_path_len, uint32_t fd, uint32_t new_path, uint32_t new_path_len);
Errno path_unlink_file(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len);

// poll.cpp
Errno poll_oneoff(Guest& guest, uint32_t in, uint32_t out, uint32_t count, uint32_t count_out);

// process.cpp (proc_exit returns no errno: it ends the guest; wasi_p1.cpp)
Errno proc_raise(Guest& guest, uint32_t signal);
Errno random_get(Guest& guest, uint32_t buf, uint32_t buf_len);
Errno sched_yield(Guest& guest);

// sock.cpp
Errno sock_accept(Guest& guest, uint32_t fd, uint32_t flags, uint32_t out);
Errno sock_recv(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t size_out, uint32_t flags_out);
Errno sock_send(Guest& guest, uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t out);
Errno sock_shutdown(Guest& guest, uint32_t fd, uint32_t how);

}  // namespace mote::wasi_p1
