// A manifest of any bytes: refused with a place, or data that holds what it promises: routes match what they say, timers have a
// next time, names lead somewhere. The same bytes are also read as a lock file, a route, a cron expression, a template, an outbound
// host and a pattern.
#include "platform/manifest/check.h"
#include "platform/manifest/glob.h"
#include "platform/manifest/grants.h"
#include "platform/manifest/lock.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace mote;
using namespace mote::manifest;

void require(bool holds) {
  if (!holds) std::abort();
}

std::optional<std::string> any_value(std::string_view name) {
  return std::string(name.substr(0, 8));
}

void look_at_routes(const Manifest& manifest) {
  const Router router = manifest.router();
  for (size_t i = 0; i < manifest.http.size(); ++i) {
    const Route& route = manifest.http[i].route;
    if (route.is_private) continue;
    // The route with its parameters filled in leads to it, or to a more exact one.
    std::string path = manifest.application.http_base == "/" ? "" : manifest.application.http_base;
    for (const Route::Segment& segment : route.segments) path += "/" + (segment.is_parameter ? "~1" : segment.text);
    if (route.takes_rest) path += "/~2/~3";
    require(router.match(path.empty() ? "/" : path).has_value());
  }
  (void)router.match(manifest.file);
}

void look_through(const Manifest& manifest) {
  look_at_routes(manifest);
  for (const TimerTrigger& timer : manifest.timers) require((timer.every_ms != 0) != timer.cron.has_value());
  for (const HttpTrigger& one : manifest.http)
    require(one.static_response ? one.component == no_component : one.component < manifest.components.size());
  for (const MqttTrigger& one : manifest.mqtt) require(one.component < manifest.components.size() && one.qos <= 2);
  const Disk disk{.kind = [](const std::string& path) { return path.size() % 2 == 0 ? Disk::Kind::file : Disk::Kind::nothing; },
                  .list = [](const std::string&) { return std::vector<Disk::Entry>{{"a.png", Disk::Kind::file}}; }};
  (void)check(manifest, disk, any_value);
  for (const Component& component : manifest.components) {
    require(manifest.component(component.id) == &component);
    const auto policy = grants(manifest, component, {.values = any_value});
    if (policy) require(!policy::explain(*policy).empty());
  }
  const auto values = values_of(manifest, any_value);
  require(values && values->size() == manifest.variables.size());
}

void read_as_values(std::string_view text) {
  if (const auto route = Route::parse(text)) {
    const Route* one = &*route;
    const Router router("/", std::span(&one, 1));
    if (!route->segments.empty() && !route->takes_rest && route->segments.front().is_parameter)
      require(!router.match("/").has_value());
  }
  if (const auto cron = Cron::parse(text)) {
    const auto next = cron->next(1'800'000'000);
    require(!next || (*next > 1'800'000'000 && cron->next(*next - 1) == next));
  }
  if (const auto made = Template::parse(text))
    require(made->names().empty() ? made->render(any_value).value_or("?") == text : true);
  if (const auto outbound = parse_outbound(text)) require(!outbound->host.empty() && !outbound->scheme.empty());
  const size_t half = text.size() / 2;
  (void)matches_glob(text.substr(0, half), text.substr(half));
  if (const auto lock = parse_lock(text, "fuzz.lock")) require(parse_lock(write(*lock), "fuzz.lock").has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = parse(text, "fuzz.toml");
  if (manifest) look_through(*manifest);
  if (!manifest) require(manifest.error().kind == ErrorKind::bad_input && manifest.error().message.starts_with("fuzz.toml"));
  if (size < 4096) read_as_values(text);
  return 0;
}
