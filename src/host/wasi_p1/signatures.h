// Preview 1's functions as host/calls describes them: names and kinds of parameters, for whoever shows or records calls.
//
// One table for each function of functions.def, checked against its C++ type in wasi_p1.cpp. Names are those of the witx files.
// Private to this room. Tested by strace_p1_test.cpp.
#pragma once

#include "host/calls/signature.h"

#include <string>

namespace mote::wasi_p1 {

extern const calls::Interface interface;           // wasi_snapshot_preview1
extern const calls::Interface unstable_interface;  // wasi_unstable: the same errors

namespace names {
extern const std::string_view clocks[4], whences[3], unstable_whences[3], advices[6];  // by value
extern const std::string_view fdflags[5], oflags[4], lookupflags[1], fstflags[4];      // by bit
extern const std::string_view rights[30], riflags[2], roflags[1], sdflags[2], signals[31];
}  // namespace names

// Records that functions write or read, as text; a pointer that leads nowhere as a number.
[[nodiscard]] std::string show_fdstat(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_filestat(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_filestat_unstable(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_prestat(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_subscriptions(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_subscriptions_unstable(const calls::Call& call, uint64_t pointer);
[[nodiscard]] std::string show_events(const calls::Call& call, uint64_t pointer);

namespace signature {

using calls::Parameter;
using enum calls::ParameterKind;

constexpr Parameter fd(std::string_view name = "fd") {
  return {.name = name, .kind = descriptor};
}
constexpr Parameter num(std::string_view name) {
  return {.name = name, .kind = number};
}
constexpr Parameter ptr(std::string_view name) {
  return {.name = name, .kind = pointer};
}
constexpr Parameter text(std::string_view name = "path") {
  return {.name = name, .kind = path};
}
constexpr Parameter one_of(std::string_view name, std::span<const std::string_view> names) {
  return {.name = name, .kind = choice, .names = names};
}
constexpr Parameter bits(std::string_view name, std::span<const std::string_view> names) {
  return {.name = name, .kind = flags, .names = names};
}
constexpr uint64_t essential_rights = 1 << 1 | 1 << 6 | 1 << 10 | 1 << 14;  // to read, to write, to make files, to list
constexpr Parameter rights(std::string_view name) {
  return {.name = name, .kind = flags, .names = names::rights, .essential = essential_rights};
}
constexpr Parameter out(std::string_view name, uint8_t size) {
  return {.name = name, .kind = out_number, .size = size};
}
constexpr Parameter out_fd(std::string_view name) {
  return {.name = name, .kind = out_descriptor, .size = 4};
}
constexpr Parameter record(std::string_view name, calls::Show show) {
  return {.name = name, .kind = out_record, .show = show};
}
constexpr Parameter filled(std::string_view name, calls::ParameterKind kind, int8_t by) {
  return {.name = name, .kind = kind, .filled_by = by};
}
constexpr Parameter pieces(std::string_view name) {
  return {.name = name, .kind = pieces_in};
}

inline constexpr Parameter args_get[] = {ptr("argv"), ptr("argv_buf")};
inline constexpr Parameter args_sizes_get[] = {out("argc", 4), out("argv_buf_size", 4)};
inline constexpr Parameter clock_res_get[] = {one_of("id", names::clocks), out("resolution", 8)};
inline constexpr Parameter clock_time_get[] = {one_of("id", names::clocks), num("precision"), out("time", 8)};
inline constexpr Parameter environ_get[] = {ptr("environ"), ptr("environ_buf")};
inline constexpr Parameter environ_sizes_get[] = {out("environc", 4), out("environ_buf_size", 4)};
inline constexpr Parameter fd_advise[] = {fd(), num("offset"), num("len"), one_of("advice", names::advices)};
inline constexpr Parameter fd_allocate[] = {fd(), num("offset"), num("len")};
inline constexpr Parameter fd_close[] = {fd()};
inline constexpr Parameter fd_datasync[] = {fd()};
inline constexpr Parameter fd_fdstat_get[] = {fd(), record("stat", show_fdstat)};
inline constexpr Parameter fd_fdstat_set_flags[] = {fd(), bits("flags", names::fdflags)};
inline constexpr Parameter fd_fdstat_set_rights[] = {fd(), rights("fs_rights_base"), rights("fs_rights_inheriting")};
inline constexpr Parameter fd_filestat_get[] = {fd(), record("buf", show_filestat)};
inline constexpr Parameter fd_filestat_set_size[] = {fd(), num("size")};
inline constexpr Parameter fd_filestat_set_times[] = {fd(), num("atim"), num("mtim"), bits("fst_flags", names::fstflags)};
inline constexpr Parameter fd_pread[] = {fd(), filled("iovs", pieces_out, 3), num("offset"), out("nread", 4)};
inline constexpr Parameter fd_prestat_dir_name[] = {fd(), filled("path", buffer_out, -1)};
inline constexpr Parameter fd_prestat_get[] = {fd(), record("buf", show_prestat)};
inline constexpr Parameter fd_pwrite[] = {fd(), pieces("iovs"), num("offset"), out("nwritten", 4)};
inline constexpr Parameter fd_read[] = {fd(), filled("iovs", pieces_out, 2), out("nread", 4)};
inline constexpr Parameter fd_readdir[] = {fd(), filled("buf", buffer_out, 3), num("cookie"), out("bufused", 4)};
inline constexpr Parameter fd_renumber[] = {fd(), fd("to")};
inline constexpr Parameter fd_seek[] = {
    fd(), {.name = "offset", .kind = signed_number}, one_of("whence", names::whences), out("newoffset", 8)};
inline constexpr Parameter fd_sync[] = {fd()};
inline constexpr Parameter fd_tell[] = {fd(), out("offset", 8)};
inline constexpr Parameter fd_write[] = {fd(), pieces("iovs"), out("nwritten", 4)};
inline constexpr Parameter path_create_directory[] = {fd(), text()};
inline constexpr Parameter path_filestat_get[] = {fd(), bits("flags", names::lookupflags), text(), record("buf", show_filestat)};
inline constexpr Parameter path_filestat_set_times[] = {fd(),        bits("flags", names::lookupflags), text(), num("atim"),
                                                        num("mtim"), bits("fst_flags", names::fstflags)};
inline constexpr Parameter path_link[] = {fd("old_fd"), bits("old_flags", names::lookupflags), text("old_path"), fd("new_fd"),
                                          text("new_path")};
inline constexpr Parameter path_open[] = {fd(),
                                          bits("dirflags", names::lookupflags),
                                          text(),
                                          bits("oflags", names::oflags),
                                          rights("fs_rights_base"),
                                          rights("fs_rights_inheriting"),
                                          bits("fdflags", names::fdflags),
                                          out_fd("opened_fd")};
inline constexpr Parameter path_readlink[] = {fd(), text(), filled("buf", buffer_out, 3), out("bufused", 4)};
inline constexpr Parameter path_remove_directory[] = {fd(), text()};
inline constexpr Parameter path_rename[] = {fd(), text("old_path"), fd("new_fd"), text("new_path")};
inline constexpr Parameter path_symlink[] = {text("old_path"), fd(), text("new_path")};
inline constexpr Parameter path_unlink_file[] = {fd(), text()};
inline constexpr Parameter poll_oneoff[] = {{.name = "in", .kind = list_in, .show = show_subscriptions},
                                            {.name = "out", .kind = list_out, .show = show_events},
                                            num("nsubscriptions"),
                                            out("nevents", 4)};
inline constexpr Parameter proc_exit[] = {num("rval")};
inline constexpr Parameter proc_raise[] = {one_of("sig", names::signals)};
inline constexpr Parameter random_get[] = {filled("buf", buffer_out, -1)};
inline constexpr std::span<const Parameter> sched_yield = {};
inline constexpr Parameter sock_accept[] = {fd(), bits("flags", names::fdflags), out_fd("new_fd")};
inline constexpr Parameter sock_recv[] = {fd(), filled("ri_data", pieces_out, 3), bits("ri_flags", names::riflags),
                                          out("ro_datalen", 4), out("ro_flags", 2)};
inline constexpr Parameter sock_send[] = {fd(), pieces("si_data"), num("si_flags"), out("so_datalen", 4)};
inline constexpr Parameter sock_shutdown[] = {fd(), bits("how", names::sdflags)};

// Those of wasi_unstable that differ; the others are the same.
namespace unstable {
using namespace signature;
inline constexpr Parameter fd_filestat_get[] = {fd(), record("buf", show_filestat_unstable)};
inline constexpr Parameter fd_seek[] = {
    fd(), {.name = "offset", .kind = signed_number}, one_of("whence", names::unstable_whences), out("newoffset", 8)};
inline constexpr Parameter path_filestat_get[] = {fd(), bits("flags", names::lookupflags), text(),
                                                  record("buf", show_filestat_unstable)};
inline constexpr Parameter poll_oneoff[] = {{.name = "in", .kind = list_in, .show = show_subscriptions_unstable},
                                            {.name = "out", .kind = list_out, .show = show_events},
                                            num("nsubscriptions"),
                                            out("nevents", 4)};
}  // namespace unstable

// What each is about: by its name's first word, and what a path or a wait makes of it.
constexpr uint32_t groups(std::string_view function) {
  using namespace calls::group;
  if (function.starts_with("fd_")) return calls::group::descriptor;
  if (function.starts_with("path_")) return calls::group::path | calls::group::descriptor;
  if (function.starts_with("clock_")) return clock;
  if (function.starts_with("poll_")) return poll;
  if (function.starts_with("sock_")) return network | calls::group::descriptor;
  if (function.starts_with("random_")) return random;
  if (function.starts_with("proc_") || function.starts_with("sched_")) return process;
  return environment;
}

}  // namespace signature
}  // namespace mote::wasi_p1
