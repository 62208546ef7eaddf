// From a manifest to what serves it: modules compiled, pools made and warmed, grants turned into contexts, routes compiled.
//
// Whatever is wrong with a new version is found here, before any traffic is for it. Tested by tests/up.
#pragma once

#include "base/os/confinement.h"
#include "platform/manifest/assets.h"
#include "platform/manifest/lock.h"
#include "platform/manifest/manifest.h"
#include "platform/observe/metrics.h"
#include "platform/serve/worker.h"
#include "platform/trigger_http/http_trigger.h"

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
  observe::Registry* registry = nullptr;
  uint32_t workers = 1;  // that a component's concurrency and queue are divided among
};

struct ComponentFacts {
  std::string name, source, digest;  // of the module's bytes; empty where nothing asked for it
  std::string code;                  // "optimizing guard …"
  uint64_t code_size = 0;
  Pool pool;
};

struct Version {
  manifest::Manifest manifest;
  manifest::Lookup values;  // of its variables
  serve::Deployment deployment;
  std::shared_ptr<const trigger_http::Routes> routes;
  std::vector<ComponentFacts> facts;  // by component of the manifest
  std::vector<size_t> places;         // in the deployment, by trigger: those of http, then mqtt, timers, commands
  std::vector<std::string> warnings;  // for whoever started it
  os::Confinement wall;               // what all components together need of the kernel

  enum class TriggerKind : uint8_t { http, mqtt, timer, command };
  [[nodiscard]] size_t place(TriggerKind kind, size_t index) const;
};

// Errors: bad_input, denied, not_found, …: a line for each thing that is wrong, with the component and the place in the manifest.
[[nodiscard]] Result<std::shared_ptr<const Version>> deploy(manifest::Manifest manifest, const std::optional<manifest::Lock>& lock,
                                                            const Surroundings& with);

// The digests of all modules as they are now, for mote.lock.
[[nodiscard]] Result<manifest::Lock> lock_now(const manifest::Manifest& manifest, std::string file);

}  // namespace mote::wiring
