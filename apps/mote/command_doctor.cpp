// mote doctor: whether this machine has what Mote wants, and what to do where it has not. Looks, and changes nothing but the cache
// folder, which is made. Tested by tests/cases/doctor.case.
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/listeners.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "apps/mote/server_program.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/confinement.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "base/os/process.h"
#include "base/os/socket.h"
#include "base/os/write_watch.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

namespace mote::cli {
namespace {

enum class Verdict : uint8_t { good, worse, bad };  // worse: it works, slower or less safe than it could
constexpr std::string_view verdict_words[] = {"ok", "warning", "error"};

struct Look {
  std::string name, found;
  Verdict verdict = Verdict::good;
  std::string advice = {};
};
using Looks = std::vector<Look>;

uint64_t kernel_number(const char* path) {
  const auto bytes = os::read_file(path, 4096);
  uint64_t value = 0;
  if (bytes)
    (void)std::from_chars(reinterpret_cast<const char*>(bytes->data()),
                          reinterpret_cast<const char*>(bytes->data()) + bytes->size(), value);
  return value;
}

void look_at_wall(Looks& looks) {
  const os::Layers layers = os::available_layers();
  for (const os::Layer* layer : {&layers.privileges, &layers.paths, &layers.ports, &layers.scopes, &layers.calls}) {
    looks.push_back(
        {std::string(layer->name), layer->is_active ? layer->text : "absent: " + layer->text,
         layer->is_active ? Verdict::good : Verdict::worse,
         layer->is_active
             ? ""
             : "the kernel wall has a hole here, guests are held by the sandbox alone: a newer kernel (6.7 has all), or "
               "`lsm=landlock,…` on its command line; in a container its seccomp profile"});
  }
}

void look_at_memory(Looks& looks) {
  const std::string missing = os::WriteWatch::missing();
  looks.push_back({"userfaultfd", missing.empty() ? "write protection, user mode" : "absent: " + missing,
                   missing.empty() ? Verdict::good : Verdict::worse,
                   missing.empty() ? ""
                                   : "sandboxes are brought back by comparing or remapping, which is slower: Linux 5.19, and no "
                                     "seccomp profile against it"});
  constexpr uint64_t good_maps = 262'144;
  const uint64_t maps = kernel_number("/proc/sys/vm/max_map_count");
  looks.push_back({"vm.max_map_count", format("{}", maps), maps < good_maps ? Verdict::worse : Verdict::good,
                   maps < good_maps
                       ? format("tens of thousands of sandboxes in one process need more: sysctl -w vm.max_map_count={}", good_maps)
                       : ""});
  const uint64_t overcommit = kernel_number("/proc/sys/vm/overcommit_memory");
  constexpr uint64_t strict = 2;
  looks.push_back({"vm.overcommit_memory", format("{}", overcommit), overcommit == strict ? Verdict::worse : Verdict::good,
                   overcommit == strict
                       ? "memory that sandboxes might write counts as used: fewer fit; sysctl -w vm.overcommit_memory=0"
                       : ""});
  constexpr uint64_t guarded = 8ull << 30;
  const uint64_t space = os::address_space_bytes();
  looks.push_back(
      {"address space", format("{} GiB", space >> 30), space < guarded ? Verdict::worse : Verdict::good,
       space < guarded ? "memories are bounded by comparisons instead of guard pages, which is slower: ulimit -v unlimited" : ""});
}

void look_at_descriptors(Looks& looks) {
  constexpr uint64_t good_files = 16'384;
  const uint64_t files = os::most_descriptors();
  looks.push_back({"open files", format("{}", files), files < good_files ? Verdict::worse : Verdict::good,
                   files < good_files
                       ? format("a connection is a file: raise the hard limit, ulimit -Hn 65536, or LimitNOFILE= of the service")
                       : ""});
}

void look_at_programs(Looks& looks) {
  const auto compiler = os::find_program(compiler_path());
  looks.push_back({"mote-aot", compiler.value_or("not found"), compiler ? Verdict::good : Verdict::worse,
                   compiler ? "" : "modules stay on baseline code: install it beside mote or in PATH, or set MOTE_AOT"});
  const std::string server = server_path();
  looks.push_back({"mote-server", server.empty() ? "not found" : server, server.empty() ? Verdict::bad : Verdict::good,
                   server.empty() ? "mote up and its like cannot run: install it beside mote, or in ../libexec/mote" : ""});
  const std::string folder = cache_folder();
  const std::string probe = format("{}/doctor-{}", folder, os::process_id());
  const bool is_good = !folder.empty() && os::make_folder(folder, 0700) && os::write_file_unflushed(probe, {}, 0600);
  if (is_good) (void)os::remove_file(probe);
  looks.push_back({"cache folder", folder.empty() ? "none" : folder, is_good ? Verdict::good : Verdict::worse,
                   is_good ? "" : "cannot be written: each start compiles anew; set XDG_CACHE_HOME to a folder of yours"});
}

// Of the manifest that is here, else the usual ones.
void look_at_ports(Looks& looks) {
  manifest::Server server;
  if (const auto path = find_manifest({})) {
    if (const auto manifest = read_manifest(*path)) server = manifest->server;
  }
  for (const auto& [name, text] : {std::pair("server.listen", server.listen), std::pair("server.admin", server.admin)}) {
    const auto address = parse_socket_address(text);
    if (!address) continue;  // "off", a socket that is a file
    const auto listener = os::listen_tcp(*address);
    looks.push_back({name, text + (listener ? "" : format(": {}", std::strerror(listener.error()))),
                     listener ? Verdict::good : Verdict::worse,
                     listener ? "" : format("mote up cannot listen there now: is one running? else another {}", name)});
  }
}

std::string json_of(const Looks& looks) {
  JsonWriter json;
  json.begin('{');
  json.member("mote", json_string(version()));
  json.name("checks");
  json.begin('[');
  for (const Look& look : looks) {
    json.begin('{');
    json.member("name", json_string(look.name));
    json.member("verdict", json_string(verdict_words[static_cast<size_t>(look.verdict)]));
    json.member("found", json_string(look.found));
    if (!look.advice.empty()) json.member("advice", json_string(look.advice));
    json.end('}');
  }
  json.end(']');
  json.end('}');
  return json.text() + "\n";
}

}  // namespace

int run_doctor(Options options) {
  if (!options.words.empty()) return report("", {ErrorKind::bad_input, "doctor takes no file: mote doctor [--json]"});
  Looks looks;
  look_at_wall(looks);
  look_at_memory(looks);
  look_at_descriptors(looks);
  look_at_programs(looks);
  look_at_ports(looks);
  const bool is_bad = std::ranges::any_of(looks, [](const Look& look) { return look.verdict == Verdict::bad; });
  if (options.json) {
    print(json_of(looks));
    return is_bad ? 1 : 0;
  }
  std::string text = version() + "\n";
  for (const Look& look : looks) {
    text += format("  {:<8} {:<20} {}\n", verdict_words[static_cast<size_t>(look.verdict)], look.name, look.found);
    if (!look.advice.empty()) text += format("  {:<8} {:<20} {}\n", "", "", look.advice);
  }
  print(text);
  return is_bad ? 1 : 0;
}

}  // namespace mote::cli
