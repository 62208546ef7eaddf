// The table: see capability.h.
#include "host/policy/capability.h"

namespace mote::policy {
namespace {

constexpr Capability functions[] = {
    {"args_get", Need::arguments, "reads the arguments"},
    {"args_sizes_get", Need::arguments, "counts the arguments"},
    {"clock_res_get", Need::clock, "asks how fine a clock is"},
    {"clock_time_get", Need::clock, "reads a clock"},
    {"environ_get", Need::environment, "reads the environment"},
    {"environ_sizes_get", Need::environment, "counts the variables of the environment"},
    {"fd_advise", Need::nothing, "says how an open file will be used"},
    {"fd_allocate", Need::writing, "makes an open file larger"},
    {"fd_close", Need::nothing, "closes a descriptor"},
    {"fd_datasync", Need::nothing, "waits until an open file is stored"},
    {"fd_fdstat_get", Need::nothing, "asks what a descriptor is"},
    {"fd_fdstat_set_flags", Need::nothing, "sets flags of a descriptor"},
    {"fd_fdstat_set_rights", Need::nothing, "drops rights of a descriptor"},
    {"fd_filestat_get", Need::nothing, "asks for size and times of an open file"},
    {"fd_filestat_set_size", Need::writing, "sets the size of an open file"},
    {"fd_filestat_set_times", Need::writing, "sets the times of an open file"},
    {"fd_pread", Need::nothing, "reads from an open file at a place"},
    {"fd_prestat_dir_name", Need::nothing, "asks for the path of a granted folder"},
    {"fd_prestat_get", Need::nothing, "asks for the granted folders"},
    {"fd_pwrite", Need::writing, "writes to an open file at a place"},
    {"fd_read", Need::nothing, "reads from a stream or an open file"},
    {"fd_readdir", Need::folder, "lists a folder"},
    {"fd_renumber", Need::nothing, "renumbers a descriptor"},
    {"fd_seek", Need::nothing, "moves in an open file"},
    {"fd_sync", Need::nothing, "waits until an open file is stored"},
    {"fd_tell", Need::nothing, "asks for the place in an open file"},
    {"fd_write", Need::nothing, "writes to a stream or an open file"},
    {"path_create_directory", Need::creating, "makes a folder"},
    {"path_filestat_get", Need::folder, "asks for size and times of a file"},
    {"path_filestat_set_times", Need::writing, "sets the times of a file"},
    {"path_link", Need::creating, "makes another name of a file"},
    {"path_open", Need::folder, "opens files and folders"},
    {"path_readlink", Need::folder, "reads a symbolic link"},
    {"path_remove_directory", Need::creating, "removes a folder"},
    {"path_rename", Need::creating, "renames a file or folder"},
    {"path_symlink", Need::creating, "makes a symbolic link"},
    {"path_unlink_file", Need::creating, "removes a file"},
    {"poll_oneoff", Need::nothing, "waits for time or descriptors"},
    {"proc_exit", Need::nothing, "ends the guest"},
    {"proc_raise", Need::nothing, "raises a signal in the guest itself"},
    {"random_get", Need::random, "asks for random numbers"},
    {"sched_yield", Need::nothing, "gives up its turn"},
    {"sock_accept", Need::listening, "accepts a connection"},
    {"sock_recv", Need::connection, "receives from a socket"},
    {"sock_send", Need::connection, "sends to a socket"},
    {"sock_shutdown", Need::connection, "closes one direction of a socket"},
};
static_assert(sizeof functions / sizeof *functions == 46, "preview 1 has 46 functions");

}  // namespace

bool is_wasi(std::string_view module) {
  return module == "wasi_snapshot_preview1" || module == "wasi_unstable";
}

std::optional<Capability> capability(std::string_view function) {
  for (const Capability& one : functions) {
    if (one.function == function) return one;
  }
  return std::nullopt;
}

std::string_view name(Need need) {
  switch (need) {
    case Need::nothing:
      return "none";
    case Need::folder:
      return "files";
    case Need::writing:
      return "files: write";
    case Need::creating:
      return "files: create";
    case Need::listening:
      return "network: listen";
    case Need::connection:
      return "network";
    case Need::arguments:
      return "arguments";
    case Need::environment:
      return "environment";
    case Need::clock:
      return "clock";
    case Need::random:
      return "random";
    case Need::other:
      return "other";
  }
  return "";
}

std::string_view example(Need need) {
  switch (need) {
    case Need::folder:
      return R"([fs] "/data" = { host = "./data", read = true })";
    case Need::writing:
      return R"([fs] "/data" = { host = "./data", read = true, write = true })";
    case Need::creating:
      return R"([fs] "/data" = { host = "./data", read = true, write = true, create = true })";
    case Need::listening:
    case Need::connection:
      return R"([net] listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 8080, classes = ["loopback"] }])";
    case Need::arguments:
      return "[args] allow = true";
    case Need::environment:
      return R"([env] NAME = "value")";
    case Need::clock:
      return R"([clock] mode = "real")";
    case Need::random:
      return R"([random] mode = "real")";
    case Need::nothing:
    case Need::other:
      return {};
  }
  return {};
}

}  // namespace mote::policy
