// [[trigger.…]], the broker and the server. See read.h.
#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/toml/values.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/read.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using toml::Member;
using toml::Node;
using toml::Problems;

class TriggerReader {
 public:
  TriggerReader(Manifest& manifest, Problems& problems) : manifest_(manifest), problems_(problems) {}

  void read_http(const Node& table) {
    HttpTrigger trigger;
    read_common(table, "http", manifest_.http.size(), trigger);
    if (const Member* route = table.find("route")) {
      trigger.route_at = route->value.at;
      if (route->value.kind == Node::Kind::text) {
        if (auto parsed = Route::parse(route->value.text)) trigger.route = *std::move(parsed);
      } else {
        Fields{route->value}.read("private", trigger.route.is_private);
        if (!trigger.route.is_private && route->value.find("private") != nullptr)
          problems_.add(route->value.at, "a route is a path, or { private = true }");
      }
    }
    if (const Member* response = Fields{table}.map("static_response")) {
      trigger.static_response = read_static(response->value);
      if (table.find("component") != nullptr)
        problems_.add(response->at, "static_response answers without a component: leave out one of the two");
      if (table.find("executor") != nullptr) problems_.add(response->at, "static_response runs no program: leave out executor");
    } else {
      if (table.find("component") == nullptr) problems_.add(table.at, "an HTTP trigger needs a component, or a static_response");
      if (table.find("executor") == nullptr) problems_.add(table.at, no_components);
    }
    manifest_.http.push_back(std::move(trigger));
  }

  void read_mqtt(const Node& table) {
    MqttTrigger trigger;
    read_common(table, "mqtt", manifest_.mqtt.size(), trigger);
    const Fields fields{table};
    if (const Member* topic = fields.find("topic", Node::Kind::text)) {
      trigger.topic = topic->value.text;
      trigger.topic_at = topic->value.at;
    }
    read_reply(fields, trigger.reply, trigger.reply_at, trigger.qos, trigger.publishing);
    manifest_.mqtt.push_back(std::move(trigger));
  }

  void read_timer(const Node& table) {
    TimerTrigger trigger;
    read_common(table, "timer", manifest_.timers.size(), trigger);
    const Fields fields{table};
    const Member *const every = table.find("every"), *const cron = table.find("cron");
    if ((every == nullptr) == (cron == nullptr))
      problems_.add(table.at, "a timer has either every = \"10s\" or cron = \"0 * * * *\"");
    fields.read_ms("every", trigger.every_ms);
    if (const Member* when = fields.find("cron", Node::Kind::text)) {
      if (auto parsed = Cron::parse(when->value.text)) trigger.cron = *std::move(parsed);
    }
    trigger.when_at = every != nullptr ? every->value.at : cron != nullptr ? cron->value.at : table.at;
    read_reply(fields, trigger.reply, trigger.reply_at, trigger.qos, trigger.publishing);
    refuse_wagi(trigger, "a timer");
    manifest_.timers.push_back(std::move(trigger));
  }

  void read_command(const Node& table) {
    CommandTrigger trigger;
    read_common(table, "command", manifest_.commands.size(), trigger);
    const Fields fields{table};
    fields.read("name", trigger.name);
    fields.read("arguments", trigger.arguments);
    std::string at;
    fields.read("at", at);
    trigger.at_start = at == "start";
    refuse_wagi(trigger, "a command");
    manifest_.commands.push_back(std::move(trigger));
  }

 private:
  static constexpr std::string_view no_components =
      "executor \"http\" (which is meant where none is said) runs components of wasi:http, which this version cannot; a program of "
      "WASI preview 1 "
      "runs by executor = { type = \"stdio\" } or { type = \"wagi\" }";

  void read_common(const Node& table, std::string_view type, size_t index, Trigger& trigger) {
    const Fields fields{table};
    trigger.at = table.at;
    trigger.id = format("{}-{}", type, index + 1);
    fields.read("id", trigger.id);
    if (trigger.id.empty()) problems_.add(table.at, "id is empty: leave it out, or give it one");
    read_component_use(table, trigger);
    if (const Member* executor = fields.map("executor")) read_executor(*executor, trigger.executor);
  }

  void read_component_use(const Node& table, Trigger& trigger) {
    const Member* member = table.find("component");
    if (member == nullptr) return;
    if (member->value.kind == Node::Kind::table) {  // in place: it is called like its trigger
      std::string id = trigger.id;
      if (!check_component_id(id)) id = format("component-{}", manifest_.components.size() + 1);
      trigger.component = static_cast<uint32_t>(manifest_.components.size());
      manifest_.components.push_back(read_component(id, member->at, member->value, manifest_.file, problems_));
      return;
    }
    if (member->value.kind != Node::Kind::text) return;
    const auto found = std::ranges::find(manifest_.components, member->value.text, &Component::id);
    if (found != manifest_.components.end()) {
      trigger.component = static_cast<uint32_t>(found - manifest_.components.begin());
      return;
    }
    if (problems_.is_full()) return problems_.add(member->value.at, "");
    std::vector<std::string_view> names;
    names.reserve(manifest_.components.size());
    for (const Component& one : manifest_.components) names.emplace_back(one.id);
    problems_.add(
        member->value.at,
        format("there is no component {}{}: add [component.{}]", toml::quoted(std::string_view(member->value.text).substr(0, 64)),
               did_you_mean(member->value.text, names), check_component_id(member->value.text) ? member->value.text : "NAME"));
  }

  void read_executor(const Member& member, Executor& executor) {
    const Fields fields{member.value};
    executor.at = member.at;
    std::string type;
    fields.read("type", type);
    if (type == "http") problems_.add(member.at, no_components);
    executor.kind = type == "wagi" ? Executor::Kind::wagi : Executor::Kind::stdio;
    fields.read("content_type", executor.content_type);
    fields.read("argv", executor.argv);
    fields.read("entrypoint", executor.entrypoint);
    if (type == "wagi" && member.value.find("content_type") != nullptr)
      problems_.add(member.at, "content_type is for executor \"stdio\"; a program under wagi writes its own content-type header");
    if (type == "stdio" && member.value.find("argv") != nullptr)
      problems_.add(member.at, "argv is for executor \"wagi\"; a policy's [args] fixed gives a guest arguments");
  }

  void refuse_wagi(const Trigger& trigger, std::string_view what) {
    if (trigger.executor.kind == Executor::Kind::wagi)
      problems_.add(trigger.executor.at, format("executor \"wagi\" is for HTTP and MQTT: {} has nobody to send headers to", what));
  }

  void read_reply(const Fields& fields, Template& reply, Position& at, uint8_t& qos, Publishing& publishing) {
    read_publishing(fields, publishing);
    uint64_t level = 0;
    fields.read_count("qos", level);
    qos = static_cast<uint8_t>(std::min<uint64_t>(level, 2));
    if (!fields.read("reply", reply, &at)) return;
    std::string plain = reply.text();  // wildcards are wrong whatever the variables hold
    if (const auto good = check_topic(plain); !good) problems_.add(at, format("reply {}", good.error().message));
  }

  void read_publishing(const Fields& fields, Publishing& publishing) {
    uint64_t priority = 0;
    fields.read("retain", publishing.is_retained);
    fields.read_ms("expiry", publishing.expiry_ms);
    fields.read_count("priority", priority);
    publishing.priority = static_cast<uint8_t>(std::min<uint64_t>(priority, 9));
    if (fields.table.find("reply") != nullptr) return;
    for (const std::string_view key : {"retain", "expiry", "priority"}) {
      if (const Member* member = fields.table.find(key))
        problems_.add(member->at, format("{} is about an answer that is published: add reply = \"TOPIC\"", key));
    }
  }

  StaticResponse read_static(const Node& table) {
    StaticResponse response;
    const Fields fields{table};
    uint64_t status = response.status_code;
    fields.read_count("status_code", status);
    response.status_code = static_cast<uint16_t>(std::min<uint64_t>(status, 599));
    fields.read("body", response.body);
    if (const Member* headers = fields.map("headers")) {
      for (const Member& one : headers->value.members) {
        if (one.value.kind == Node::Kind::text) response.headers.emplace_back(one.name, one.value.text);
      }
    }
    const bool has_no_body = response.status_code == 204 || response.status_code == 304;
    if (has_no_body && !response.body.empty())
      problems_.add(table.at, format("static_response: an answer with status {} has no body", response.status_code));
    return response;
  }

  Manifest& manifest_;
  Problems& problems_;
};

}  // namespace

void read_triggers(const Node& table, Manifest& manifest, Problems& problems) {
  TriggerReader reader(manifest, problems);
  struct Type {
    std::string_view name;
    void (TriggerReader::*read)(const Node& table);
  };
  constexpr Type types[] = {{"http", &TriggerReader::read_http},
                            {"mqtt", &TriggerReader::read_mqtt},
                            {"timer", &TriggerReader::read_timer},
                            {"command", &TriggerReader::read_command}};
  for (const Type& type : types) {
    const Member* list = Fields{table}.list(type.name);
    if (list == nullptr) continue;
    for (const Member& one : list->value.members) {
      if (one.value.kind == Node::Kind::table) (reader.*type.read)(one.value);
    }
  }
}

Broker read_broker(const Node& table, Problems& problems) {
  Broker broker{.at = table.at};
  const Fields fields{table};
  Position at;
  if (fields.read("address", broker.address, &at)) {
    const std::string& text = broker.address.text();
    const bool is_good = text.starts_with("mqtt://") || text.starts_with("mqtts://") || text.starts_with("{{");
    if (!is_good)
      problems.add(at,
                   format("address is \"mqtt://HOST:PORT\" or \"mqtts://HOST:PORT\", not {}", toml::quoted(text.substr(0, 64))));
  }
  fields.read("username", broker.username);
  fields.read("password", broker.password);
  fields.read("client_id", broker.client_id);
  fields.read_ms("keep_alive", broker.keep_alive_ms);
  fields.read_ms("session_expiry", broker.session_expiry_ms);
  fields.read("ca", broker.ca);
  uint64_t version = broker.version;
  fields.read_count("version", version);
  broker.version = version == 4 ? 4 : 5;
  if (!broker.password.empty() && broker.username.empty())
    problems.add(table.at, "application.trigger.mqtt has a password without a username");
  if (!broker.ca.empty() && broker.address.text().starts_with("mqtt://"))
    problems.add(table.at,
                 "application.trigger.mqtt: ca is for \"mqtts://\", and the address is \"mqtt://\", which is not encrypted");
  return broker;
}

Server read_server(const Node& table) {
  Server server{.at = table.at};
  const Fields fields{table};
  fields.read("listen", server.listen);
  fields.read("admin", server.admin);
  fields.read_count("workers", server.workers);
  fields.read("pin", server.pin);
  if (const Member* tls = fields.map("tls")) {
    server.tls.emplace().at = tls->at;
    Fields{tls->value}.read("certificate", server.tls->certificate);
    Fields{tls->value}.read("key", server.tls->key);
  }
  if (const Member* member = fields.map("limits")) {
    const Fields limits{member->value};
    limits.read_size("head_size", server.limits.head_size);
    limits.read_count("headers", server.limits.headers);
    limits.read_size("body_size", server.limits.body_size);
    limits.read_count("connections", server.limits.connections);
    limits.read_ms("head_time", server.limits.head_time_ms);
    limits.read_ms("body_time", server.limits.body_time_ms);
    limits.read_ms("idle_time", server.limits.idle_time_ms);
    limits.read_ms("drain_time", server.limits.drain_time_ms);
  }
  if (const Member* outbox = fields.map("outbox")) {
    server.outbox.emplace().at = outbox->at;
    Fields{outbox->value}.read("path", server.outbox->path);
    Fields{outbox->value}.read_size("most_size", server.outbox->most_size);
  }
  if (const Member* member = fields.map("log")) {
    const Fields log{member->value};
    std::string format;
    if (log.read("format", format)) server.log.format = format == "json" ? LogSettings::Format::json : LogSettings::Format::human;
    log.read("folder", server.log.folder);
    log.read_size("most_size", server.log.most_size);
    log.read_count("files", server.log.files);
  }
  return server;
}

}  // namespace mote::manifest
