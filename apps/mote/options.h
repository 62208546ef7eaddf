// Options: everything that can be said on mote's command line, and the tables of flags and keys that say it.
//
// A flag (`--env`) belongs to some commands; a group (`-W`) is a comma list of keys (`fuel=N`). The tables in options.cpp are the
// one place where a flag is written down: parsing, help, "did you mean" and the refusal of flags that only other builds know are
// made from them. Tested by options_test.cpp.
#pragma once

#include <mote/engine.h>
#include <mote/store.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::cli {

struct Options {
  // How to compile, and what guests may hold.
  CodegenOptions codegen = {};
  Tiering tiering = Tiering::automatic;
  bool compile_in_parallel = true;
  StoreLimits limits = {};
  bool use_cache = true;
  std::optional<int64_t> fuel = {};
  struct Time {
    uint64_t ns;
    std::string text;  // as it was typed
  };
  std::optional<Time> timeout = {};   // from the start on
  std::optional<Time> cpu_time = {};  // of the thread that runs the guest
  struct SaidLimit {
    std::string_view name;
    uint64_t value;  // durations in milliseconds
  };
  std::vector<SaidLimit> said_limits = {};  // by -W
  uint64_t backtrace_frames = limits::backtrace_frames.standard;

  // run
  std::string invoke = {};
  std::optional<std::string> argv0 = {};
  std::vector<std::string> environment = {};  // "NAME=value"
  struct GrantedFolder {
    std::string host, guest;
    bool is_read_only = false;
  };
  std::vector<GrantedFolder> folders = {};
  uint64_t descriptors = limits::descriptors.standard;
  uint64_t host_call_bytes = UINT64_MAX;
  std::string policy = {};  // a file; empty: none
  bool allow_unsafe_policy = false;
  std::string audit = {};  // a file to add to
  bool is_quiet = false;   // refusals are not told on stderr
  struct Tracing {
    bool is_on = false, has_summary = false, is_json = false;
    std::string filter = {};
    std::string file = {};  // empty: stderr
  };
  Tracing strace = {};
  bool allow_precompiled = false;
  bool verbose = false;
  enum class KernelWall : uint8_t { by_policy, off, on, require } kernel_wall = KernelWall::by_policy;

  std::string config = {};  // a file of options
  bool is_reactor = false;  // as WasmEdge means it: the first word behind the file is what `invoke` says
  bool inherits_environment = false;
  std::vector<std::string> tcp_listen = {};  // "127.0.0.1:8080"
  bool takes_listeners = false;              // those that LISTEN_FDS names

  // compile
  std::string output = {};
  bool both_memory_modes = false;
  bool into_cache = false;
  bool in_background = false;

  // snapshot
  std::string init_func = {};  // empty: one of the usual names
  bool keeps_init_func = false;
  std::vector<std::pair<std::string, std::string>> renamed_funcs = {};  // an export's new name, and what it was called
  struct Allowed {
    bool clocks = false, random = false, environment = false, arguments = false, input = false;
  };
  Allowed allowed = {};  // to be read in the initialisation

  // inspect, settings, objdump, bench
  bool json = false;

  // bench
  std::string event = {};  // a file; empty: no bytes
  uint64_t seconds = 10;
  std::string container = {};  // a root folder; empty: one is made

  // up, serve
  std::string manifest = {};  // a file; empty: one of the usual names
  std::string listen = {}, admin = {};
  bool follows = false;                     // logs
  std::string language = {}, trigger = {};  // new
  bool watches = false, audits = false;
  std::vector<std::string> traced = {};  // components; empty: all

  // objdump
  std::string func = {};
  std::string wasm = {};

  // policy
  std::string format = "text";
  bool deny_warnings = false;

  // check
  bool prints_schema = false;
  bool writes_lock = false;

  // -C, -O and -W as they were typed: for a second process that is to compile the same.
  std::vector<std::string> engine_flags = {};

  // The command's own words: files, and for `run` what belongs to the guest.
  std::vector<std::string> words = {};
  std::string help_for = {};  // set by --help and by `-W help`: what to explain instead of running ("" otherwise)
};

enum CommandBit : uint32_t {
  for_run = 1,
  for_compile = 2,
  for_validate = 4,
  for_inspect = 8,
  for_settings = 16,
  for_objdump = 32,
  for_completion = 64,
  for_policy = 128,
  for_snapshot = 256,
  for_bench = 512,
  for_check = 1024,
  for_explain = 2048,
  for_up = 4096,
  for_serve = 8192,
  for_admin = 16384,  // ps, top, stats, reload, stop
  for_logs = 32768,
  for_trigger = 65536,
  for_new = 131072,
  for_build = 262144,
  for_doctor = 524288,
  for_engine = for_run | for_compile | for_settings | for_objdump | for_snapshot | for_bench | for_up | for_serve,
};

using Apply = Result<void> (*)(Options& options, std::string_view value);

struct Flag {
  std::string_view name;   // "--env"
  std::string_view value;  // what stands behind it, for the help; empty: a switch; "[…]": may be left out, else behind a =
  uint32_t commands;       // CommandBit
  std::string_view help;
  Apply apply;
};
struct Key {
  char group;  // 'W' of -W
  std::string_view name;
  std::string_view value;
  std::string_view help;
  Apply apply;
};
struct Group {
  char letter;
  uint32_t commands;
  std::string_view help;
};

// Sets a limit as -W NAME=VALUE does.
[[nodiscard]] Result<void> set_limit(Options& options, std::string_view name, std::string_view value);

[[nodiscard]] std::span<const Flag> flags();
[[nodiscard]] std::span<const Key> keys();
[[nodiscard]] std::span<const Group> groups();

// Why a flag or key that users of other runtimes know is refused here; empty when it is simply unknown. `name` as typed ("--dir",
// "-W timeout").
[[nodiscard]] std::string_view why_refused(std::string_view name);

}  // namespace mote::cli
