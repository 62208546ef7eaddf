// mote settings: what was decided for this machine and why, and where things are. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/kernel_wall.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/process.h"

#include <algorithm>

namespace mote::cli {
namespace {

std::vector<Engine::Setting> limit_settings(const StoreLimits& chosen) {
  const auto one = [](const limits::Limit& limit, uint64_t value) {
    return Engine::Setting{limit.name, format("{}", value), format("{}; at most {}: -W {}=N", limit.unit, limit.hard, limit.name)};
  };
  return {one(limits::memory_size, chosen.memory_size_bytes),
          one(limits::shared_memory_size, chosen.shared_memory_size_bytes),
          one(limits::waiters, chosen.waiters),
          one(limits::wasm_stack, chosen.wasm_stack_bytes),
          one(limits::gc_heap_size, chosen.gc_heap_size_bytes),
          one(limits::table_elements, chosen.table_elements),
          one(limits::instances, chosen.instances)};
}

Engine::Setting compiler_setting() {
  const std::string named = compiler_path();
  const auto found = os::find_program(named);
  if (!found)
    return {"mote-aot", named,
            "not found: install mote-aot beside mote or in PATH, or set MOTE_AOT; until then modules stay on baseline code"};
  return {"mote-aot", *found, "the optimising compiler: MOTE_AOT, else beside mote, else in PATH"};
}

}  // namespace

int run_settings(Options options) {
  if (!options.words.empty()) return report("", Error{ErrorKind::bad_input, "settings takes no file: mote settings [FLAGS]"});
  const auto engine = Engine::create(engine_config(options, "settings"));
  if (!engine) return report("", engine.error());
  std::vector<Engine::Setting> settings = engine->settings();
  settings.push_back(compiler_setting());
  for (Engine::Setting& layer : wall_settings()) settings.push_back(std::move(layer));
  for (Engine::Setting& limit : limit_settings(options.limits)) settings.push_back(std::move(limit));
  if (options.json) {
    JsonWriter json;
    json.begin('{');
    for (const Engine::Setting& setting : settings) {
      json.name(setting.name);
      json.begin('{');
      json.member("value", json_string(setting.value));
      json.member("reason", json_string(setting.reason));
      json.end('}');
    }
    json.end('}');
    print(json.text() + "\n");
    return 0;
  }
  size_t name_width = 0, value_width = 0;
  for (const Engine::Setting& setting : settings) {
    name_width = std::max(name_width, setting.name.size());
    value_width = std::max(value_width, setting.value.size());
  }
  std::string text = version() + "\n";
  for (const Engine::Setting& setting : settings) {
    std::string line = format("  {:<{}}  {:<{}}  {}", setting.name, name_width, setting.value, value_width, setting.reason);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  print(text);
  return 0;
}

}  // namespace mote::cli
