// See signatures.h. The names are those of the witx files; the words for errors are those that C libraries print.
#include "host/wasi_p1/signatures.h"

#include "base/core/format.h"
#include "host/calls/text.h"
#include "host/wasi_p1/abi.h"

#include <algorithm>
#include <optional>

namespace mote::wasi_p1 {
namespace {

constexpr calls::ErrorName errors[] = {
    {"ESUCCESS", "Success"},
    {"E2BIG", "Argument list too long"},
    {"EACCES", "Permission denied"},
    {"EADDRINUSE", "Address in use"},
    {"EADDRNOTAVAIL", "Address not available"},
    {"EAFNOSUPPORT", "Address family not supported"},
    {"EAGAIN", "Resource temporarily unavailable"},
    {"EALREADY", "Operation already in progress"},
    {"EBADF", "Bad file descriptor"},
    {"EBADMSG", "Bad message"},
    {"EBUSY", "Device or resource busy"},
    {"ECANCELED", "Operation canceled"},
    {"ECHILD", "No child processes"},
    {"ECONNABORTED", "Connection aborted"},
    {"ECONNREFUSED", "Connection refused"},
    {"ECONNRESET", "Connection reset"},
    {"EDEADLK", "Resource deadlock would occur"},
    {"EDESTADDRREQ", "Destination address required"},
    {"EDOM", "Domain error"},
    {"EDQUOT", "Quota exceeded"},
    {"EEXIST", "File exists"},
    {"EFAULT", "Bad address"},
    {"EFBIG", "File too large"},
    {"EHOSTUNREACH", "Host is unreachable"},
    {"EIDRM", "Identifier removed"},
    {"EILSEQ", "Illegal byte sequence"},
    {"EINPROGRESS", "Operation in progress"},
    {"EINTR", "Interrupted"},
    {"EINVAL", "Invalid argument"},
    {"EIO", "I/O error"},
    {"EISCONN", "Socket is connected"},
    {"EISDIR", "Is a directory"},
    {"ELOOP", "Too many levels of symbolic links"},
    {"EMFILE", "Too many open files"},
    {"EMLINK", "Too many links"},
    {"EMSGSIZE", "Message too large"},
    {"EMULTIHOP", "Multihop attempted"},
    {"ENAMETOOLONG", "Filename too long"},
    {"ENETDOWN", "Network is down"},
    {"ENETRESET", "Connection reset by network"},
    {"ENETUNREACH", "Network unreachable"},
    {"ENFILE", "Too many open files in system"},
    {"ENOBUFS", "No buffer space available"},
    {"ENODEV", "No such device"},
    {"ENOENT", "No such file or directory"},
    {"ENOEXEC", "Exec format error"},
    {"ENOLCK", "No locks available"},
    {"ENOLINK", "Link has been severed"},
    {"ENOMEM", "Out of memory"},
    {"ENOMSG", "No message of the desired type"},
    {"ENOPROTOOPT", "Protocol not available"},
    {"ENOSPC", "No space left on device"},
    {"ENOSYS", "Function not implemented"},
    {"ENOTCONN", "Socket not connected"},
    {"ENOTDIR", "Not a directory"},
    {"ENOTEMPTY", "Directory not empty"},
    {"ENOTRECOVERABLE", "State not recoverable"},
    {"ENOTSOCK", "Not a socket"},
    {"ENOTSUP", "Not supported"},
    {"ENOTTY", "Not a tty"},
    {"ENXIO", "No such device or address"},
    {"EOVERFLOW", "Value too large for data type"},
    {"EOWNERDEAD", "Previous owner died"},
    {"EPERM", "Operation not permitted"},
    {"EPIPE", "Broken pipe"},
    {"EPROTO", "Protocol error"},
    {"EPROTONOSUPPORT", "Protocol not supported"},
    {"EPROTOTYPE", "Wrong protocol type for socket"},
    {"ERANGE", "Result not representable"},
    {"EROFS", "Read-only file system"},
    {"ESPIPE", "Invalid seek"},
    {"ESRCH", "No such process"},
    {"ESTALE", "Stale file handle"},
    {"ETIMEDOUT", "Operation timed out"},
    {"ETXTBSY", "Text file busy"},
    {"EXDEV", "Cross-device link"},
    {"ENOTCAPABLE", "Capabilities insufficient"},
};
static_assert(std::size(errors) == 77);

std::optional<MutableBytes> record_at(const calls::Call& call, uint64_t pointer, uint64_t size) {
  if (pointer > call.memory.size() || size > call.memory.size() - pointer) return std::nullopt;
  return call.memory.subspan(pointer, size);
}

std::string nowhere(uint64_t pointer) {
  return format("{:#x}", pointer);
}

constexpr std::string_view filetypes[] = {"unknown",      "block_device", "character_device", "directory",
                                          "regular_file", "socket_dgram", "socket_stream",    "symbolic_link"};
constexpr std::string_view event_types[] = {"clock", "fd_read", "fd_write"};

constexpr uint64_t records_shown = 8;

// "[{…}, {…}, ...]" of records of one size.
template <class ShowOne>
std::string list_text(const calls::Call& call, uint64_t pointer, uint64_t count, uint64_t size, ShowOne show) {
  const auto list = record_at(call, pointer, std::min(count, records_shown) * size);
  if (!list) return nowhere(pointer);
  std::string text = "[";
  for (uint64_t i = 0; i < std::min(count, records_shown); ++i)
    text += (i == 0 ? "{" : ", {") + show(list->data() + i * size) + "}";
  return text + (count > records_shown ? ", ...]" : "]");
}

}  // namespace

const calls::Interface interface = {"wasi_snapshot_preview1", errors};
const calls::Interface unstable_interface = {"wasi_unstable", errors};

namespace names {
const std::string_view clocks[4] = {"REALTIME", "MONOTONIC", "PROCESS_CPUTIME_ID", "THREAD_CPUTIME_ID"};
const std::string_view whences[3] = {"SET", "CUR", "END"};
const std::string_view unstable_whences[3] = {"CUR", "END", "SET"};
const std::string_view advices[6] = {"NORMAL", "SEQUENTIAL", "RANDOM", "WILLNEED", "DONTNEED", "NOREUSE"};
const std::string_view fdflags[5] = {"APPEND", "DSYNC", "NONBLOCK", "RSYNC", "SYNC"};
const std::string_view oflags[4] = {"CREAT", "DIRECTORY", "EXCL", "TRUNC"};
const std::string_view lookupflags[1] = {"SYMLINK_FOLLOW"};
const std::string_view fstflags[4] = {"ATIM", "ATIM_NOW", "MTIM", "MTIM_NOW"};
const std::string_view rights[30] = {"fd_datasync",
                                     "fd_read",
                                     "fd_seek",
                                     "fd_fdstat_set_flags",
                                     "fd_sync",
                                     "fd_tell",
                                     "fd_write",
                                     "fd_advise",
                                     "fd_allocate",
                                     "path_create_directory",
                                     "path_create_file",
                                     "path_link_source",
                                     "path_link_target",
                                     "path_open",
                                     "fd_readdir",
                                     "path_readlink",
                                     "path_rename_source",
                                     "path_rename_target",
                                     "path_filestat_get",
                                     "path_filestat_set_size",
                                     "path_filestat_set_times",
                                     "fd_filestat_get",
                                     "fd_filestat_set_size",
                                     "fd_filestat_set_times",
                                     "path_symlink",
                                     "path_remove_directory",
                                     "path_unlink_file",
                                     "poll_fd_readwrite",
                                     "sock_shutdown",
                                     "sock_accept"};
const std::string_view riflags[2] = {"RECV_PEEK", "RECV_WAITALL"};
const std::string_view roflags[1] = {"RECV_DATA_TRUNCATED"};
const std::string_view sdflags[2] = {"RD", "WR"};
const std::string_view signals[31] = {"NONE", "HUP",  "INT",  "QUIT",   "ILL",  "TRAP",  "ABRT", "BUS",  "FPE",  "KILL", "USR1",
                                      "SEGV", "USR2", "PIPE", "ALRM",   "TERM", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
                                      "URG",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR",  "SYS"};
}  // namespace names

std::string show_fdstat(const calls::Call& call, uint64_t pointer) {
  const auto at = record_at(call, pointer, size::fdstat);
  if (!at) return nowhere(pointer);
  const uint8_t* stat = at->data();
  return format("{{filetype={}, flags={}, rights_base={}, rights_inheriting={}}}", calls::choice_text(stat[0], filetypes),
                calls::flags_text(load_le<uint16_t>(stat + 2), names::fdflags),
                calls::flags_text(load_le<uint64_t>(stat + 8), names::rights, signature::essential_rights),
                calls::flags_text(load_le<uint64_t>(stat + 16), names::rights, signature::essential_rights));
}

static std::string show_filestat_as(const calls::Call& call, uint64_t pointer, const Layout& layout) {
  const auto at = record_at(call, pointer, layout.filestat_size);
  if (!at) return nowhere(pointer);
  const uint8_t* stat = at->data();
  const uint64_t links =
      layout.links_size == sizeof(uint64_t) ? load_le<uint64_t>(stat + layout.links_at) : load_le<uint32_t>(stat + layout.links_at);
  return format("{{filetype={}, size={}, nlink={}, mtim={}}}", calls::choice_text(stat[16], filetypes),
                load_le<uint64_t>(stat + layout.file_size_at), links, load_le<uint64_t>(stat + layout.file_size_at + 16));
}
std::string show_filestat(const calls::Call& call, uint64_t pointer) {
  return show_filestat_as(call, pointer, preview1_layout);
}
std::string show_filestat_unstable(const calls::Call& call, uint64_t pointer) {
  return show_filestat_as(call, pointer, unstable_layout);
}

std::string show_prestat(const calls::Call& call, uint64_t pointer) {
  const auto at = record_at(call, pointer, size::prestat);
  if (!at) return nowhere(pointer);
  return format("{{tag=dir, name_len={}}}", load_le<uint32_t>(at->data() + 4));
}

static std::string show_subscriptions_as(const calls::Call& call, uint64_t pointer, const Layout& layout) {
  return list_text(call, pointer, call.values[2], layout.subscription_size, [&](const uint8_t* one) {
    if (one[8] != static_cast<uint8_t>(Event::clock)) {
      return format("{}, fd={}", calls::choice_text(one[8], event_types), load_le<uint32_t>(one + 16));
    }
    const uint8_t* const clock = one + layout.clock_at;
    return format("clock, id={}, timeout={}, flags={}", calls::choice_text(load_le<uint32_t>(clock), names::clocks),
                  load_le<uint64_t>(clock + 8), load_le<uint16_t>(clock + 24) != 0 ? "ABSTIME" : "0");
  });
}
std::string show_subscriptions(const calls::Call& call, uint64_t pointer) {
  return show_subscriptions_as(call, pointer, preview1_layout);
}
std::string show_subscriptions_unstable(const calls::Call& call, uint64_t pointer) {
  return show_subscriptions_as(call, pointer, unstable_layout);
}

std::string show_events(const calls::Call& call, uint64_t pointer) {
  const auto count = record_at(call, call.values[3], 4);
  if (!count) return nowhere(pointer);
  return list_text(call, pointer, load_le<uint32_t>(count->data()), size::event, [](const uint8_t* one) {
    const auto error = load_le<uint16_t>(one + 8);
    std::string text = std::string(calls::choice_text(one[10], event_types));
    if (error != 0 && error < std::size(errors)) text += format(", error={}", errors[error].name);
    if (one[10] != static_cast<uint8_t>(Event::clock)) text += format(", nbytes={}", load_le<uint64_t>(one + 16));
    return text;
  });
}

}  // namespace mote::wasi_p1
