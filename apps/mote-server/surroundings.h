// What this program has for a deployment, in the server and in the processes of isolated components alike: engines, policies,
// files. Tested by tests/up.
#pragma once

#include "apps/mote/options.h"
#include "platform/manifest/manifest.h"
#include "platform/wiring/deploy.h"

#include <mote/engine.h>

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace mote::cli {

// A manifest's file and what it says.
struct ManifestText {
  std::string file, text;
};
using ReadManifest = std::function<Result<ManifestText>()>;

class Engines {
 public:
  explicit Engines(const Options& options) : options_(options) {}
  [[nodiscard]] Result<Engine> get(bool counts_fuel);

 private:
  const Options& options_;
  std::map<bool, std::optional<Engine>> engines_;  // by whether code counts fuel
};

// Reads a policy file, by its path.
using ReadPolicy = std::function<Result<policy::Policy>(const std::string& path)>;

// What all of them have; the rest is for the caller to add. `engines` outlives it.
[[nodiscard]] wiring::Surroundings surroundings(Engines& engines, ReadPolicy read_policy, uint32_t workers,
                                                observe::Registry& registry);

}  // namespace mote::cli
