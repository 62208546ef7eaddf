// Landlock, and the order in which everything is closed: see confinement.h. The filter of system calls is system_call_filter.cpp.
//
// Landlock grew in steps ("ABI" versions). Each step's rights are handled where the kernel knows them, else left alone; the numbers
// are written out, since headers are older than the kernels that programs meet.
#include "base/os/confinement.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/file.h"
#include "base/os/system_call_filter.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <utility>

namespace mote::os {

namespace {

// linux/landlock.h, to version 6.
namespace landlock {
constexpr uint32_t ask_version = 1;
constexpr int path_rule = 1, port_rule = 2;

constexpr uint64_t write_file = 1 << 1, read_file = 1 << 2, read_folder = 1 << 3, remove_folder = 1 << 4, remove_file = 1 << 5,
                   make_regular = 1 << 8, make_folder = 1 << 7, make_link = 1 << 12, all_of_1 = (1 << 13) - 1,
                   refer = 1 << 13 /* ABI 2 */, truncate = 1 << 14 /* 3 */, device_control = 1 << 15 /* 5 */;
constexpr uint64_t bind_tcp = 1, connect_tcp = 2;      // 4
constexpr uint64_t abstract_sockets = 1, signals = 2;  // 6
constexpr int with_move = 2, with_truncate = 3, with_ports = 4, with_devices = 5, with_scopes = 6;

struct Ruleset {
  uint64_t paths, ports, scopes;
};
struct [[gnu::packed]] PathRule {
  uint64_t allowed;
  int32_t folder;
};
struct PortRule {
  uint64_t allowed, port;
};
}  // namespace landlock

#if defined(MOTE_INSTRUMENTED)
constexpr std::string_view instrumented = "not in this build: what its instruments do when it ends would be refused";
#else
constexpr std::string_view instrumented = {};
#endif

// 0: none.
int landlock_version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, landlock::ask_version);
  return version > 0 ? static_cast<int>(version) : 0;
}

uint64_t known_paths(int version) {
  uint64_t rights = landlock::all_of_1;
  if (version >= landlock::with_move) rights |= landlock::refer;
  if (version >= landlock::with_truncate) rights |= landlock::truncate;
  if (version >= landlock::with_devices) rights |= landlock::device_control;
  return rights;
}

uint64_t rights_of(const Confinement::Folder& folder) {
  using namespace landlock;
  uint64_t rights = read_folder;
  if (folder.reads) rights |= read_file;
  if (folder.writes) rights |= write_file | truncate;
  if (folder.makes) rights |= make_regular | make_folder | make_link | remove_file | remove_folder | refer;
  return rights;
}

std::unexpected<Error> refused(const char* what) {
  return fail_errno(errno, format("the kernel has {} and refuses it", what));
}

// A port is one rule, so a rule for many of them is many: above this the kernel is not asked to watch that direction at all.
constexpr uint64_t ports_most = 1024;

uint64_t port_count(std::span<const Confinement::Ports> all) {
  uint64_t count = 0;
  for (const Confinement::Ports& ports : all) count += ports.last >= ports.first ? ports.last - ports.first + 1u : 0;
  return count;
}

Result<void> add_ports(int ruleset, uint64_t allowed, std::span<const Confinement::Ports> all) {
  for (const Confinement::Ports& ports : all) {
    for (uint32_t port = ports.first; port <= ports.last; ++port) {
      const landlock::PortRule rule = {allowed, port};
      if (syscall(SYS_landlock_add_rule, ruleset, landlock::port_rule, &rule, 0) != 0) return refused("Landlock's rules for ports");
    }
  }
  return {};
}

Result<void> add_folder(int ruleset, uint64_t handled, const Confinement::Folder& folder) {
  const File opened(open(folder.path.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
  if (!opened) return fail_errno(errno, "cannot open the folder " + folder.path);
  const landlock::PathRule rule = {rights_of(folder) & handled, opened.descriptor()};
  if (syscall(SYS_landlock_add_rule, ruleset, landlock::path_rule, &rule, 0) != 0) return refused("Landlock's rules for paths");
  return {};
}

Result<void> close_landlock(const Confinement& what, int version, bool watches_bind, bool watches_connect) {
  landlock::Ruleset handled = {known_paths(version), 0, 0};
  if (watches_bind) handled.ports |= landlock::bind_tcp;
  if (watches_connect) handled.ports |= landlock::connect_tcp;
  if (version >= landlock::with_scopes) handled.scopes = landlock::abstract_sockets | landlock::signals;
  // Older kernels accept a longer structure whose further fields are 0.
  const File ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!ruleset) return refused("Landlock");
  for (const Confinement::Folder& folder : what.folders) TRY(add_folder(ruleset.descriptor(), handled.paths, folder));
  if (watches_bind) TRY(add_ports(ruleset.descriptor(), landlock::bind_tcp, what.tcp_listen));
  if (watches_connect) TRY(add_ports(ruleset.descriptor(), landlock::connect_tcp, what.tcp_connect));
  if (syscall(SYS_landlock_restrict_self, ruleset.descriptor(), 0) != 0) return refused("Landlock");
  return {};
}

uint32_t groups_of(const Confinement& what) {
  uint32_t groups = engine_calls;
  for (const Confinement::Folder& folder : what.folders) {
    groups |= files_calls;
    if (folder.writes || folder.makes) groups |= changes_calls;
  }
  if (what.has_sockets || what.makes_sockets) groups |= sockets_calls;
  if (what.makes_sockets) groups |= network_calls;
  if (what.takes_versions) groups |= versions_calls;
  return groups;
}

// The links of /proc/self/task are ".", ".." and one for each thread. 0 where there is no /proc.
uint64_t thread_count() {
  struct stat status;
  return stat("/proc/self/task", &status) == 0 && status.st_nlink > 2 ? status.st_nlink - 2 : 0;
}

// A thread that was waited for is still counted for some microseconds.
bool is_alone() {
  constexpr uint64_t pause_ns = 50'000;
  for (int tries = 0; tries < 40; ++tries) {
    if (thread_count() <= 1) return true;
    sleep_until_ns(Clock::monotonic, now_ns(Clock::monotonic) + pause_ns);
  }
  return false;
}

void describe_landlock(Layers& layers, int version) {
  if (version == 0) {
    const std::string why = "this kernel has no Landlock, or it is not switched on (lsm=landlock)";
    layers.paths.text = layers.ports.text = layers.scopes.text = why;
    return;
  }
  layers.paths.is_active = true;
  layers.paths.text = format("Landlock ABI {}", version);
  layers.ports.is_active = version >= landlock::with_ports;
  layers.scopes.is_active = version >= landlock::with_scopes;
  layers.ports.text = layers.ports.is_active ? layers.paths.text : format("Landlock ABI {}, ports need 4 (Linux 6.7)", version);
  layers.scopes.text = layers.scopes.is_active ? layers.paths.text : format("Landlock ABI {}, scopes need 6 (Linux 6.12)", version);
}

}  // namespace

Layers available_layers() {
  Layers layers;
  layers.privileges.is_active = true;
  layers.privileges.text = "Linux 3.5";
  if (!instrumented.empty()) {
    for (Layer* layer : {&layers.privileges, &layers.paths, &layers.ports, &layers.scopes, &layers.calls})
      *layer = {layer->name, false, std::string(instrumented)};
    return layers;
  }
  describe_landlock(layers, landlock_version());
  layers.calls.is_active = has_filters();
  layers.calls.text = layers.calls.is_active ? "allow-list of system calls" : "this kernel has no filters for system calls";
  return layers;
}

Result<Layers> confine(const Confinement& what) {
  Layers layers = available_layers();
  if (!instrumented.empty()) return layers;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("no_new_privs");
  layers.privileges.text = "closed";

  if (layers.paths.is_active && !is_alone()) {
    layers.paths.is_active = layers.ports.is_active = layers.scopes.is_active = false;
    layers.paths.text = layers.ports.text = layers.scopes.text = "other threads run already, which it would not cover";
  }
  if (layers.paths.is_active) {
    const bool watches_bind = layers.ports.is_active && port_count(what.tcp_listen) <= ports_most;
    const bool watches_connect = layers.ports.is_active && port_count(what.tcp_connect) <= ports_most;
    TRY(close_landlock(what, landlock_version(), watches_bind, watches_connect));
    layers.paths.text += format(", {} folder{}", what.folders.size(), what.folders.size() == 1 ? "" : "s");
    if (layers.ports.is_active) {
      layers.ports.is_active = watches_bind && watches_connect;
      layers.ports.text += layers.ports.is_active ? format(", {} to listen on, {} to connect to", port_count(what.tcp_listen),
                                                           port_count(what.tcp_connect))
                                                  : format("; more than {} ports cannot be listed", ports_most);
    }
  }
  if (layers.calls.is_active) {
    const auto filter = make_filter(groups_of(what));
    if (const auto installed = install_filter(filter); !installed)
      return fail_errno(installed.error(), "the kernel has filters for system calls and refuses one");
    layers.calls.text = format("allow-list of system calls, {} steps", filter.size());
  }
  return layers;
}

}  // namespace mote::os
