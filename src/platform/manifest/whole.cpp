// What holds only of the whole manifest: every name is there once, routes do not collide, variables are declared, what is used has
// its settings. See read.h.
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/toml/values.h"
#include "platform/manifest/read.h"

#include <algorithm>
#include <functional>
#include <map>

namespace mote::manifest {
namespace {

using toml::Problems;

class Whole {
 public:
  Whole(const Manifest& manifest, Problems& problems) : manifest_(manifest), problems_(problems) {}

  void check() {
    check_ids();
    check_routes();
    check_topics();
    check_commands();
    check_variables();
  }

 private:
  void for_each_trigger(const std::function<void(const Trigger&)>& look) const {
    for (const HttpTrigger& one : manifest_.http) look(one);
    for (const MqttTrigger& one : manifest_.mqtt) look(one);
    for (const TimerTrigger& one : manifest_.timers) look(one);
    for (const CommandTrigger& one : manifest_.commands) look(one);
  }

  // A name that must be there once: says where the first one is.
  void once(std::map<std::string, Position>& seen, const std::string& key, Position at, const std::string& what) {
    const auto [first, is_new] = seen.try_emplace(key, at);
    if (!is_new) problems_.add(at, format("{}; the first is in line {}", what, first->second.line));
  }

  void check_ids() {
    std::map<std::string, Position> seen, components;
    for_each_trigger(
        [&](const Trigger& one) { once(seen, one.id, one.at, format("two triggers have the id {}", toml::quoted(one.id))); });
    for (const Component& one : manifest_.components)
      once(components, one.id, one.at, format("two components are called {}", toml::quoted(one.id)));
  }

  void check_routes() {
    std::map<std::string, const HttpTrigger*> seen;
    for (const HttpTrigger& one : manifest_.http) {
      if (one.route.text.empty()) continue;  // private, or refused already
      const auto [first, is_new] = seen.try_emplace(one.route.shape(), &one);
      if (is_new) continue;
      const bool is_same = first->second->route.text == one.route.text;
      problems_.add(one.route_at, format("the route {} {} in line {}", toml::quoted(one.route.text),
                                         is_same ? std::string("is there already,")
                                                 : format("collides with {}: both match the same paths;",
                                                          toml::quoted(first->second->route.text)),
                                         first->second->route_at.line));
    }
  }

  void check_topics() {
    std::map<std::string, Position> seen;
    bool has_reply = false;
    for (const MqttTrigger& one : manifest_.mqtt) {
      if (!one.topic.empty())
        once(seen, one.topic, one.topic_at, format("two triggers have the topic {}", toml::quoted(one.topic)));
      has_reply = has_reply || !one.reply.empty();
    }
    if (manifest_.broker) return;
    constexpr std::string_view missing = "needs a broker: add [application.trigger.mqtt] with an address";
    if (!manifest_.mqtt.empty()) problems_.add(manifest_.mqtt.front().at, format("trigger.mqtt {}", missing));
    for (const TimerTrigger& one : manifest_.timers) {
      if (!one.reply.empty()) problems_.add(one.reply_at, format("reply {}", missing));
    }
    if (manifest_.server.outbox)
      problems_.add(manifest_.server.outbox->at,
                    format("server.outbox keeps messages for a broker, and there is none: {}", missing));
  }

  void check_commands() {
    std::map<std::string, Position> seen;
    for (const CommandTrigger& one : manifest_.commands) {
      if (!one.name.empty()) once(seen, one.name, one.at, format("two commands are called {}", toml::quoted(one.name)));
    }
  }

  void check_names(const Template& text, Position at, bool has_topic, std::string_view what) {
    for (const std::string_view name : text.names()) {
      if (std::ranges::find(manifest_.variables, name, &Variable::name) != manifest_.variables.end()) continue;
      if (has_topic && name == "topic") continue;
      std::vector<std::string_view> names;
      if (has_topic) names.emplace_back("topic");
      for (const Variable& one : manifest_.variables) names.emplace_back(one.name);
      problems_.add(at, format("{} uses {{{{ {} }}}}, which [variables] does not have{}", what, name.substr(0, 64),
                               did_you_mean(name, names)));
    }
  }

  void check_variables() {
    for (const Component& component : manifest_.components) {
      for (const NamedTemplate& one : component.environment)
        check_names(one.value, one.at, false, format("environment.{}", one.name));
      for (const NamedTemplate& one : component.variables) check_names(one.value, one.at, false, format("variables.{}", one.name));
      for (const OutboundHost& one : component.outbound) check_names(one.text, one.at, false, "allowed_outbound_hosts[]");
    }
    for (const MqttTrigger& one : manifest_.mqtt) check_names(one.reply, one.reply_at, true, "reply");
    for (const TimerTrigger& one : manifest_.timers) check_names(one.reply, one.reply_at, false, "reply");
    if (!manifest_.broker) return;
    const Broker& broker = *manifest_.broker;
    check_names(broker.address, broker.at, false, "address");
    check_names(broker.username, broker.at, false, "username");
    check_names(broker.password, broker.at, false, "password");
  }

  const Manifest& manifest_;
  Problems& problems_;
};

}  // namespace

void check_whole(const Manifest& manifest, Problems& problems) {
  Whole(manifest, problems).check();
}

}  // namespace mote::manifest
