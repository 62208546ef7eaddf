// From a manifest to what serves it: modules compiled, pools made and warmed, grants turned into contexts, routes compiled.
//
// Whatever is wrong with a new version is found here, before any traffic is for it. Tested by tests/up.
#pragma once

#include "base/os/confinement.h"
#include "platform/isolate/link.h"
#include "platform/manifest/assets.h"
#include "platform/manifest/lock.h"
#include "platform/manifest/manifest.h"
#include "platform/observe/metrics.h"
#include "platform/serve/worker.h"
#include "platform/trigger_http/http_trigger.h"
#include "platform/wiring/guest_trace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::wiring {

// Who is told what guests write to stderr and how they failed. Any thread.
using GuestLog =
    std::function<void(std::string_view component, uint64_t event, std::string_view messages, std::string_view failure)>;

// The process of an isolated component, when it serves.
struct CellProcess {
  uint64_t number = 0;             // among all that were started
  std::vector<os::File> channels;  // one for each worker
  isolate::Hello hello;
};

// What the program has for it.
struct Surroundings {
  std::function<Result<Engine>(bool counts_fuel)> engine;  // the same one for equal questions
  std::function<Result<policy::Policy>(const manifest::Manifest&, const manifest::Component&, const manifest::Lookup& values,
                                       const std::string& assets)>
      policy;
  manifest::Lookup environment;  // where values of variables come from
  manifest::Disk disk;
  std::string assets_folder;  // where folders for `files` are put together; made when it is needed
  GuestLog log;
  std::function<Tracing(const manifest::Component& component)> tracing = {};  // empty: nobody looks
  TraceLog trace = {};
  // The bytes of a module that has an address and a digest. Empty: it is to be in the cache.
  std::function<Result<std::vector<uint8_t>>(const manifest::Source& source)> fetch = {};
  // Starts the process of an isolated component and waits until it serves. Empty: they are not told apart, as in such a process.
  std::function<Result<CellProcess>(const manifest::Component& component)> start_cell = {};
  // The version that serves, deployed anew for the code that the cache has by now: its modules, and its isolated components'
  // processes, are taken over. Null: everything is read.
  const struct Version* before = nullptr;
  std::function<void(const isolate::Cell& cell)> cell_is_stuck = {};  // from any worker's thread
  observe::Registry* registry = nullptr;
  uint32_t workers = 1;  // that a component's concurrency and queue are divided among
};

struct ComponentFacts {
  std::string name, source, digest;  // of the module's bytes; empty where nothing asked for it
  std::string code;                  // "optimizing guard …"
  uint64_t code_size = 0;
  std::optional<Module> module = {};  // none: as pool
  bool counts_fuel = false;
  std::optional<Pool> pool;  // none: of an isolated component, in its process
  [[nodiscard]] Pool::Report report() const { return pool ? pool->report() : Pool::Report(); }
};

// A component in a process of its own, as one version has it.
struct Isolated {
  size_t component = 0;  // of the manifest
  std::shared_ptr<const isolate::Cell> cell;
  std::vector<std::string> entries;        // its functions that triggers call
  mutable std::vector<os::File> channels;  // of its first process, until the workers have them
  uint64_t first_process = 0;              // its number
};

struct Version {
  manifest::Manifest manifest;
  manifest::Lookup values;  // of its variables
  serve::Deployment deployment;
  std::shared_ptr<const trigger_http::Routes> routes;
  std::vector<ComponentFacts> facts;  // by component of the manifest
  std::vector<size_t> places;         // in the deployment, by trigger: those of http, then mqtt, timers, commands
  std::vector<Isolated> isolated;
  std::vector<std::string> warnings;  // for whoever started it
  os::Confinement wall;               // what all components together need of the kernel

  enum class TriggerKind : uint8_t { http, mqtt, timer, command };
  [[nodiscard]] size_t place(TriggerKind kind, size_t index) const;
  // Places of functions of isolated components: their number in `isolated`, and which of its entries.
  static constexpr size_t first_isolated = size_t{1} << 32, entry_bits = 16;
};

// Errors: bad_input, denied, not_found, …: a line for each thing that is wrong, with the component and the place in the manifest.
[[nodiscard]] Result<std::shared_ptr<const Version>> deploy(manifest::Manifest manifest, const std::optional<manifest::Lock>& lock,
                                                            const Surroundings& with);

// The same application with this component alone, and its triggers: what the component's own process deploys. Entries have the same
// order there.
[[nodiscard]] manifest::Manifest only(manifest::Manifest manifest, size_t component);

// The digests of all modules as they are now, for mote.lock.
[[nodiscard]] Result<manifest::Lock> lock_now(const manifest::Manifest& manifest, std::string file);

}  // namespace mote::wiring
