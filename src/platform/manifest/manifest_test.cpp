// Manifests: what a file means, what is refused and where, all mistakes in one pass, defaults as the table says them.
#include "platform/manifest/manifest.h"

#include "platform/manifest/keys.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

namespace mote::manifest {
namespace {

std::string errors(std::string_view text, std::string file = "mote.toml") {
  const auto manifest = parse(text, std::move(file));
  return manifest ? "" : manifest.error().message;
}

void expect_error(std::string_view text, std::string_view part, std::string file = "mote.toml") {
  const std::string all = errors(text, std::move(file));
  EXPECT_NE(all.find(part), std::string::npos) << text << "\n→ " << (all.empty() ? "accepted" : all);
}

// A component and a route, to which a test adds what it is about.
std::string with(std::string_view more) {
  return "[[trigger.http]]\nroute = \"/\"\ncomponent = \"a\"\nexecutor = { type = \"stdio\" }\n[component.a]\nsource = "
         "\"a.wasm\"\n" +
         std::string(more);
}

TEST(Manifest, ReadsASpinManifest) {
  const auto manifest = parse(R"(spin_manifest_version = 2
[application]
name = "shop"
version = "1.0.0"
description = "sells"
authors = ["A <a@example.org>"]
targets = []
[application.tool.x]
any = [1, { b = true }]
[application.trigger.http]
base = "/api/"
[variables]
password = { required = true, secret = true, description = "of the store" }
host = { default = "db" }
[[trigger.http]]
id = "cart"
route = "/cart/..."
component = "cart"
executor = { type = "wagi", argv = "x ${ARGS}", entrypoint = "run" }
[[trigger.http]]
route = "/hello"
static_response = { status_code = 302, headers = { location = "/cart" }, body = "there" }
[[trigger.http]]
route = { private = true }
component = { source = "inner.wasm" }
executor = { type = "wagi" }
[component.cart]
source = { url = "https://example.org/cart.wasm", digest = "sha256:0123456789012345678901234567890123456789012345678901234567890123" }
environment = { DB = "{{ host }}:5432" }
variables = { password = "{{ password }}" }
files = ["images/**/*.png", { source = "styles/", destination = "/assets" }]
exclude_files = ["images/big/*"]
allowed_outbound_hosts = ["https://example.org", "postgres://{{ host }}:5432"]
key_value_stores = []
[component.cart.build]
command = "cargo build"
workdir = "cart"
watch = ["src/**/*.rs"]
[component.cart.tool.spin]
x = 1
)",
                              "dir/spin.toml");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_TRUE(manifest->is_spin);
  EXPECT_EQ(manifest->application.name, "shop");
  EXPECT_EQ(manifest->application.http_base, "/api");
  EXPECT_EQ(manifest->path("cart.wasm"), "dir/cart.wasm");
  ASSERT_EQ(manifest->http.size(), 3u);
  EXPECT_EQ(manifest->http[0].id, "cart");
  EXPECT_EQ(manifest->http[0].executor.kind, Executor::Kind::wagi);
  EXPECT_EQ(manifest->http[0].executor.entrypoint, "run");
  EXPECT_EQ(manifest->http[0].at.line, 15u);
  EXPECT_EQ(manifest->http[0].route_at.line, 17u);
  EXPECT_EQ(manifest->http[1].static_response->status_code, 302);
  EXPECT_EQ(manifest->http[1].component, no_component);
  EXPECT_EQ(manifest->components[manifest->http[2].component].id, "http-3");
  const Component& cart = *manifest->component("cart");
  EXPECT_EQ(cart.source.url, "https://example.org/cart.wasm");
  EXPECT_EQ(cart.source.digest.size(), 64u);
  EXPECT_EQ(cart.files[1].destination, "/assets");
  EXPECT_EQ(cart.build->commands, std::vector<std::string>{"cargo build"});
  const Router router = manifest->router();
  EXPECT_EQ(router.match("/api/cart/1")->index, 0u);
  EXPECT_FALSE(router.match("/cart/1"));
  const auto get = [](std::string_view name) -> std::optional<std::string> {
    if (name == "SPIN_VARIABLE_PASSWORD") return "spin";
    if (name == "MOTE_VARIABLE_PASSWORD") return "mote";
    return std::nullopt;
  };
  const auto values = values_of(*manifest, get);
  ASSERT_TRUE(values);
  EXPECT_EQ(cart.variables[0].value.render(lookup(*values)).value(), "mote");
  EXPECT_EQ(cart.environment[0].value.render(lookup(*values)).value(), "db:5432");
  const auto none = values_of(*manifest, [](std::string_view) { return std::nullopt; });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "dir/spin.toml:13: the variable password is required: set MOTE_VARIABLE_PASSWORD");
}

TEST(Manifest, ReadsMotesOwnWords) {
  const auto manifest = parse(R"([application.trigger.mqtt]
address = "mqtts://broker:8883"
username = "mote"
password = "{{ mqtt_password }}"
keep_alive = "30s"
version = 4
[variables]
mqtt_password = { required = true, secret = true }
[server]
listen = "[::1]:8080"
admin = "unix:/run/mote.sock"
tls = { certificate = "c.pem", key = "k.pem" }
workers = 2
pin = true
limits = { head_size = "8K", head_time = "5s" }
outbox = { path = "outbox.db", most_size = "1G" }
log = { format = "json", folder = "logs" }
[[trigger.mqtt]]
component = "a"
topic = "$share/g/sensors/+/raw"
qos = 1
reply = "answers/{{ topic }}"
retain = true
expiry = "10m"
priority = 7
[[trigger.timer]]
component = "a"
every = "10s"
reply = "ticks"
[[trigger.timer]]
component = "a"
cron = "0 3 * * *"
[[trigger.command]]
component = "a"
name = "migrate"
at = "start"
arguments = ["--all"]
[component.a]
source = "a.wasm"
policy = { clock = { mode = "real" }, fs = { "/d" = { host = "d", read = true } } }
limits = { timeout = "200ms", max-memory-size = "16M", fuel = 1000000, max-output-size = "1M" }
concurrency = { most = 10, queue = 0 }
crash = { on = "restart", after = 3, back_off = "2m", fail = "open" }
slo = { p999_us = 900, window = "5m" }
isolate = "process"
)",
                              "mote.toml");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ(manifest->broker->version, 4);
  EXPECT_EQ(manifest->broker->keep_alive_ms, 30'000u);
  EXPECT_EQ(manifest->server.listen, "[::1]:8080");
  EXPECT_EQ(manifest->server.limits.head_size, 8192u);
  EXPECT_EQ(manifest->server.limits.headers, 100u);
  EXPECT_EQ(manifest->server.outbox->most_size, 1u << 30);
  EXPECT_EQ(manifest->server.log.format, LogSettings::Format::json);
  EXPECT_EQ(manifest->mqtt[0].qos, 1);
  EXPECT_TRUE(manifest->mqtt[0].publishing.is_retained);
  EXPECT_EQ(manifest->mqtt[0].publishing.expiry_ms, 600'000u);
  EXPECT_EQ(manifest->mqtt[0].publishing.priority, 7);
  EXPECT_EQ(manifest->timers[0].every_ms, 10'000u);
  EXPECT_TRUE(manifest->timers[1].cron);
  EXPECT_TRUE(manifest->commands[0].at_start);
  const Component& a = manifest->components[0];
  EXPECT_EQ(a.policy->clock.mode, policy::Clock::Mode::real);
  EXPECT_EQ(a.policy->folders[0].at.line, 40u);
  EXPECT_EQ(a.limit("timeout"), 200u);
  EXPECT_EQ(a.limit("max-memory-size"), 16u << 20);
  EXPECT_EQ(a.limit("cpu-time"), std::nullopt);
  EXPECT_EQ(a.output_size, 1u << 20);
  EXPECT_EQ(a.concurrency.queue, 0u);
  EXPECT_EQ(a.crash.back_off_ms, 120'000u);
  EXPECT_EQ(a.crash.most_back_off_ms, 120'000u);
  EXPECT_EQ(a.crash.fail, Crash::Fail::open);
  EXPECT_EQ(a.slo->window_ms, 300'000u);
  EXPECT_TRUE(a.is_isolated);
}

TEST(Manifest, NamesEverythingThatIsWrongAtOnce) {
  const std::string all = errors(R"([server]
listen = "3000"
wokers = 2
[[trigger.http]]
route = "/a/:x"
component = "filtr"
executor = { type = "stdio" }
[[trigger.http]]
route = "/a/:y/"
component = "filter"
executor = { type = "wagi", content_type = "x" }
[component.filter]
sorce = "f.wasm"
limits = { timeout = "5", fule = 3, max-wasm-stack = "2G" }
policy = { clok = {} }
)");
  for (const std::string_view part : {
           R"(mote.toml:2:10: server.listen is an address and a port, like "127.0.0.1:3000" or "[::1]:3000", not "3000")",
           R"(mote.toml:3:1: unknown key "wokers" of server, did you mean "workers"?)",
           R"(mote.toml:6:13: there is no component "filtr", did you mean "filter"?: add [component.filtr])",
           R"(mote.toml:9:9: the route "/a/:y/" collides with "/a/:x": both match the same paths; in line 5)",
           R"(mote.toml:11:1: content_type is for executor "stdio")",
           R"(mote.toml:13:1: unknown key "sorce" of component.filter, did you mean "source"?)",
           R"(component.filter needs "source")",
           R"(mote.toml:14:22: timeout is a time like)",
           R"(mote.toml:14:27: component.filter.limits has no "fule", did you mean "fuel"?)",
           R"(max-wasm-stack can be at most)",
           R"(unknown key "clok", did you mean "clock"?)",
       })
    EXPECT_NE(all.find(part), std::string::npos) << part << "\nnot in\n" << all;
}

TEST(Manifest, RefusesWordsOfOthersWithAReason) {
  expect_error(with("key_value_stores = [\"default\"]"), "component.a.key_value_stores: is an interface of Spin's");
  expect_error(with("ai_models = [\"x\"]"), "component.a.ai_models: ");
  expect_error(with("dependencies = { \"a:b\" = \"1\" }"), "component.a.dependencies: components that are composed");
  expect_error("[application]\ntargets = [\"spin-up:3\"]", "application.targets: deployment targets");
  expect_error("[[trigger.redis]]\nchannel = \"x\"", "unknown key \"redis\" of trigger (there are: http, mqtt, timer, command)");
  expect_error("[[trigger.http]]\nroute = \"/\"\ncomponent = { source = \"a\" }",
               "executor \"http\" (which is meant where none is said)");
  expect_error("[[trigger.http]]\nroute = \"/\"\ncomponent = { source = \"a\" }\nexecutor = { type = \"http\" }",
               "components of wasi:http");
  EXPECT_EQ(errors(with("key_value_stores = []\nsqlite_databases = []\nai_models = []\ndependencies = {}\ntool = 3")), "");
}

TEST(Manifest, SpinManifestsSayTheirVersion) {
  expect_error("", "needs spin_manifest_version = 2", "x/spin.toml");
  expect_error("spin_version = \"1\"", "of version 1", "spin.toml");
  expect_error("spin_manifest_version = 1", "spin_manifest_version is at least 2", "spin.toml");
  expect_error("spin_manifest_version = 2", "needs [application] with a name", "spin.toml");
  EXPECT_EQ(errors(""), "");
}

TEST(Manifest, ChecksWhatBelongsTogether) {
  expect_error("[[trigger.http]]\nroute = \"/\"\nexecutor = { type = \"stdio\" }", "needs a component, or a static_response");
  expect_error(with("[[trigger.http]]\nid = \"http-1\"\nroute = \"/b\"\nstatic_response = {}"),
               "two triggers have the id \"http-1\"; the first is in line 1");
  expect_error(with("[[trigger.http]]\nroute = \"/\"\nstatic_response = {}"), "the route \"/\" is there already, in line 2");
  expect_error(with("[[trigger.http]]\nroute = \"/b\"\ncomponent = \"a\"\nstatic_response = {}"), "answers without a component");
  expect_error(with("[[trigger.mqtt]]\ncomponent = \"a\"\ntopic = \"t\""), "trigger.mqtt needs a broker");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\""), "either every = \"10s\" or cron");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\"\nevery = \"1s\"\ncron = \"@daily\""), "either every");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\"\nevery = \"1s\"\nreply = \"a/b\""), "reply needs a broker");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\"\ncron = \"61 * * * *\""), "minute, which is 0 to 59");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\"\nevery = \"0s\""), "every is at least 1 ms");
  expect_error(with("[[trigger.timer]]\ncomponent = \"a\"\nevery = \"1s\"\nexecutor = { type = \"wagi\" }"),
               "is for HTTP and MQTT");
  expect_error(with("[[trigger.command]]\ncomponent = \"a\"\nname = \"x\"\n[[trigger.command]]\ncomponent = \"a\"\nname = \"x\""),
               "two commands are called \"x\"");
  expect_error(with("environment = { A = \"{{ nosuch }}\" }"), "environment.A uses {{ nosuch }}, which [variables] does not have");
  expect_error(with("environment = { A = \"{{ b\" }"), "environment.A has \"{{\" without \"}}\"");
  expect_error("[variables]\na = {}", "has no value: give it a default, or required = true");
  expect_error("[variables]\na = { default = \"1\", required = true }", "it has one of the two");
  expect_error("[variables]\ntopic = { default = \"1\" }", "call it otherwise");
  expect_error("[variables]\naB = { default = \"1\" }", "lower_snake_case");
  expect_error("[component.aB]\nsource = \"x\"", "\"aB\" in component is no component's name: kebab-case");
  expect_error(with("crash = { on = \"quarantine\", back_off = \"1s\" }"), "back_off is for on = \"restart\"");
  expect_error(with("crash = { back_off = \"1m\", most_back_off = \"1s\" }"), "most_back_off is shorter");
  expect_error(with("files = [{ source = \"a\", destination = \"b\" }]"), "no absolute path");
  expect_error(with("files = [{ source = \"a\", destination = \"/b\" }, { source = \"c\", destination = \"/b/\" }]"),
               "is used in line");
  expect_error(with("concurrency = { most = 0 }"), "concurrency.most is at least 1");
  expect_error(with("isolate = \"vm\""), "isolate is one of none|process");
  expect_error(with("limits = { max-output-size = \"5G\" }"), "max-output-size can be at most");
  expect_error("[server]\noutbox = { path = \"x\" }", "keeps messages for a broker");
  expect_error("component = 3", "component is a table, not a whole number");
  expect_error("[[trigger.http]]\nroute = 3", "route is a text or a table, not a whole number");
}

TEST(Manifest, ChecksTopics) {
  const std::string broker =
      "[application.trigger.mqtt]\naddress = \"mqtt://h:1\"\n[component.a]\nsource = \"a\"\n[[trigger.mqtt]]\ncomponent = \"a\"\n";
  for (const std::string_view good : {"a", "a/b", "+", "#", "a/+/b/#", "/", "$share/g/a/+", "$SYS/x"})
    EXPECT_EQ(errors(broker + "topic = \"" + std::string(good) + "\""), "") << good;
  for (const std::string_view bad : {"", "a+", "a/#/b", "a#", "$share/g", "$share//a", "$share/g/", "$share/+/a", "a\\u0001"})
    EXPECT_NE(errors(broker + "topic = \"" + std::string(bad) + "\""), "") << bad;
  expect_error(broker + "topic = \"a\"\nreply = \"b/#\"", "has no wildcards");
  expect_error(broker + "topic = \"a\"\nexpiry = \"1m\"", "expiry is about an answer that is published");
  expect_error(broker + "topic = \"a\"\nreply = \"b\"\npriority = 10", "priority can be at most 9");
  expect_error(broker + "topic = \"a\"\nqos = 3", "qos can be at most 2");
  expect_error(broker + "topic = \"a\"\n[[trigger.mqtt]]\ncomponent = \"a\"\ntopic = \"a\"",
               "two triggers have the topic \"a\"; the first is in line 7");
  expect_error("[application.trigger.mqtt]\naddress = \"tcp://h\"", "address is \"mqtt://HOST:PORT\"");
  expect_error("[application.trigger.mqtt]\naddress = \"mqtt://h\"\npassword = \"x\"", "without a username");
}

TEST(Manifest, ReadsOutboundHosts) {
  const auto read = [](std::string_view text) {
    const auto made = parse_outbound(text);
    return made ? made->scheme + " " + made->host + " " + made->ports.text() : "refused: " + made.error().message;
  };
  EXPECT_EQ(read("https://Example.org"), "https example.org port 443");
  EXPECT_EQ(read("http://*.example.org:8080/"), "http *.example.org port 8080");
  EXPECT_EQ(read("*://*:*"), "* * any port");
  EXPECT_EQ(read("postgres://10.0.0.0/8"), "postgres 10.0.0.0/8 port 5432");
  EXPECT_EQ(read("tcp://[::1]:1-2"), "tcp ::1 ports 1-2");
  for (const std::string_view bad : {"example.org", "https://", "tcp://a", "://a:1", "https://a:0", "http://hello.spin.internal",
                                     "http://self", "https://a:2-1", "https://a b", "https://127.1", "https://[::1"})
    EXPECT_TRUE(read(bad).starts_with("refused: ")) << bad << " → " << read(bad);
}

// The schema's words about defaults are those of the parsed structs.
TEST(Manifest, DefaultsAreWhatTheTableSays) {
  std::map<std::string, std::string> said;
  const std::function<void(const toml::Shape&, const std::string&)> walk = [&](const toml::Shape& shape, const std::string& path) {
    for (const toml::Shape* one = &shape; one != nullptr; one = one->or_else) {
      if (one->of != nullptr) walk(*one->of, path);
      for (const toml::Key& key : one->keys) {
        if (!key.standard.empty()) said[path + "." + std::string(key.name)] = key.standard;
        EXPECT_FALSE(key.help.empty() && key.shape->kind != toml::Shape::Kind::refused) << path << "." << key.name;
        walk(*key.shape, path + "." + std::string(key.name));
      }
    }
  };
  walk(root_shape(), "");
  const auto manifest = parse("[application.trigger.mqtt]\naddress = \"mqtt://h\"\n" +
                                  with("crash = {}\nslo = { p999_us = 1 }\n[server]\noutbox = { path = \"x\" }\n"),
                              "m");
  ASSERT_TRUE(manifest) << manifest.error().message;
  const Server& server = manifest->server;
  const Component& a = manifest->components[0];
  const auto bytes = [](uint64_t n) { return n % (1u << 20) == 0 ? std::to_string(n >> 20) + "M" : std::to_string(n >> 10) + "K"; };
  const auto ms = [](uint64_t n) {
    return n % 3'600'000 == 0 ? std::to_string(n / 3'600'000) + "h"
           : n % 60'000 == 0  ? std::to_string(n / 60'000) + "m"
                              : std::to_string(n / 1000) + "s";
  };
  EXPECT_EQ(said[".server.listen"], server.listen);
  EXPECT_EQ(said[".server.admin"], server.admin);
  EXPECT_EQ(said[".server.workers"], std::to_string(server.workers));
  EXPECT_EQ(said[".server.limits.head_size"], bytes(server.limits.head_size));
  EXPECT_EQ(said[".server.limits.headers"], std::to_string(server.limits.headers));
  EXPECT_EQ(said[".server.limits.body_size"], bytes(server.limits.body_size));
  EXPECT_EQ(said[".server.limits.connections"], std::to_string(server.limits.connections));
  EXPECT_EQ(said[".server.limits.head_time"], ms(server.limits.head_time_ms));
  EXPECT_EQ(said[".server.limits.body_time"], ms(server.limits.body_time_ms));
  EXPECT_EQ(said[".server.limits.idle_time"], ms(server.limits.idle_time_ms));
  EXPECT_EQ(said[".server.limits.drain_time"], ms(server.limits.drain_time_ms));
  EXPECT_EQ(said[".server.outbox.most_size"], bytes(server.outbox->most_size));
  EXPECT_EQ(said[".server.log.most_size"], bytes(server.log.most_size));
  EXPECT_EQ(said[".server.log.files"], std::to_string(server.log.files));
  EXPECT_EQ(said[".component.concurrency.most"], std::to_string(a.concurrency.most));
  EXPECT_EQ(said[".component.concurrency.queue"], std::to_string(a.concurrency.queue));
  EXPECT_EQ(said[".component.crash.on"], name(a.crash.on));
  EXPECT_EQ(said[".component.crash.fail"], name(a.crash.fail));
  EXPECT_EQ(said[".component.crash.after"], std::to_string(a.crash.after));
  EXPECT_EQ(said[".component.crash.back_off"], ms(a.crash.back_off_ms));
  EXPECT_EQ(said[".component.crash.most_back_off"], ms(a.crash.most_back_off_ms));
  EXPECT_EQ(said[".component.slo.window"], ms(a.slo->window_ms));
  EXPECT_EQ(said[".application.trigger.mqtt.keep_alive"], ms(manifest->broker->keep_alive_ms));
  EXPECT_EQ(said[".application.trigger.mqtt.session_expiry"], ms(manifest->broker->session_expiry_ms));
  EXPECT_EQ(said[".application.trigger.mqtt.version"], std::to_string(manifest->broker->version));
  EXPECT_EQ(said[".trigger.http.executor.content_type"], Executor{}.content_type);
  EXPECT_EQ(said[".trigger.http.executor.argv"], Executor{}.argv);
  EXPECT_EQ(said[".trigger.http.executor.entrypoint"], Executor{}.entrypoint);
  EXPECT_EQ(said[".application.name"], Application{}.name);
  EXPECT_EQ(own_limit_keys()[0].standard, bytes(a.output_size));
  EXPECT_EQ(own_limit_keys()[1].standard, bytes(a.event_size));
}

}  // namespace
}  // namespace mote::manifest
