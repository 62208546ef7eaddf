// See surroundings.h.
#include "apps/mote-server/surroundings.h"

#include "apps/mote-server/module_source.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/manifest_input.h"
#include "platform/manifest/grants.h"

#include <utility>

namespace mote::cli {

Result<Engine> Engines::get(bool counts_fuel) {
  std::optional<Engine>& engine = engines_[counts_fuel];
  if (!engine) {
    EngineConfig config = engine_config(options_, "components");
    config.codegen.fuel = counts_fuel;
    config.huge_pages = false;
    engine.emplace(TRY(Engine::create(std::move(config))));
  }
  return *engine;
}

wiring::Surroundings surroundings(Engines& engines, ReadPolicy read_policy, uint32_t workers, observe::Registry& registry) {
  return {.engine = [&engines](bool counts_fuel) { return engines.get(counts_fuel); },
          .policy = [read_policy = std::move(read_policy)](const manifest::Manifest& manifest, const manifest::Component& component,
                                                           const manifest::Lookup& values,
                                                           const std::string& assets) -> Result<policy::Policy> {
            std::optional<policy::Policy> of_file;
            if (!component.policy_file.empty()) of_file = TRY(read_policy(manifest.path(component.policy_file)));
            return manifest::grants(manifest, component,
                                    {.of_file = of_file ? &*of_file : nullptr, .values = values, .assets = assets});
          },
          .environment = this_environment(),
          .disk = this_disk(),
          .assets_folder = cache_folder() + "/assets",
          .fetch = fetch_module,
          .registry = &registry,
          .workers = workers};
}

}  // namespace mote::cli
