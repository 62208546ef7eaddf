// What a server is to run: mote.toml, or a spin.toml (Spin's manifest, version 2), parsed and checked, as plain data that knows
// where it stands. Immutable once parsed.
//
// parse() refuses a file with anything wrong in it and names everything that is wrong, each with FILE:LINE:COLUMN and what was
// probably meant; a word that is not known, or that this version does not implement, is wrong. It reads no other file: whether the
// files that are named exist is asked by check.h. docs/reference/manifest.md has every word. Tested by manifest_test.cpp,
// fuzz/manifest.cpp, tests/cases/manifest-*.case.
#pragma once

#include "base/toml/document.h"
#include "host/policy/policy.h"
#include "platform/manifest/cron.h"
#include "platform/manifest/limits.h"
#include "platform/manifest/route.h"
#include "platform/manifest/template.h"

#include <mote/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::manifest {

using toml::Position;

struct Application {
  std::string name = "mote", version = {}, description = {};
  std::vector<std::string> authors = {};
  std::string http_base = "/";  // [application.trigger.http]; begins with '/', has none at its end
  Position at = {};
};

// [variables]. Exactly one of a default and `is_required`.
struct Variable {
  std::string name;
  std::optional<std::string> standard = {};
  bool is_required = false, is_secret = false;
  std::string description = {};
  Position at = {};
};

struct Executor {
  enum class Kind : uint8_t {
    stdio,  // the event's body is stdin, stdout is the answer's body
    wagi,   // the same, but stdout begins with the answer's headers (CGI)
  };
  Kind kind = Kind::stdio;
  std::string content_type = "application/octet-stream";  // of a stdio answer
  std::string argv = "${SCRIPT_NAME} ${ARGS}";            // wagi
  std::string entrypoint = "_start";                      // the export that is called
  Position at = {};
};

inline constexpr uint32_t no_component = UINT32_MAX;

// Fields that all triggers have.
struct Trigger {
  std::string id;                     // "http-1" when the file gives none
  uint32_t component = no_component;  // index into Manifest::components
  Executor executor = {};
  Position at = {};
};

struct StaticResponse {
  uint16_t status_code = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};
struct HttpTrigger : Trigger {
  Route route = {};
  Position route_at = {};
  std::optional<StaticResponse> static_response = {};  // then there is no component
};

// How an answer is published.
struct Publishing {
  bool is_retained = false;
  uint64_t expiry_ms = 0;  // how long it is worth sending; 0: for ever
  uint8_t priority = 0;    // a higher one leaves the outbox first
};
struct MqttTrigger : Trigger {
  std::string topic;  // a filter, "$share/NAME/…" too
  uint8_t qos = 0;
  Publishing publishing = {};
  Template reply = {};  // a topic for the answer; {{ topic }} is the event's own. Empty: the answer is logged
  Position topic_at = {}, reply_at = {};
};
// [application.trigger.mqtt]
struct Broker {
  Template address, username, password;
  std::string client_id = {};  // empty: from the application's name
  uint64_t keep_alive_ms = 60'000;
  uint64_t session_expiry_ms = 3'600'000;
  std::string ca = {};  // a file; empty: the machine's own
  uint8_t version = 5;  // of MQTT: 4 (which is 3.1.1) or 5
  Position at = {};
};

struct TimerTrigger : Trigger {
  uint64_t every_ms = 0;  // exactly one of the two
  std::optional<Cron> cron = {};
  Template reply = {};  // as of MqttTrigger, without {{ topic }}
  uint8_t qos = 0;      // of the reply
  Publishing publishing = {};
  Position when_at = {}, reply_at = {};
};

struct CommandTrigger : Trigger {
  std::string name;  // of `mote trigger NAME`
  bool at_start = false;
  std::vector<std::string> arguments = {};
};

struct Source {
  std::string path = {};              // as the file says; Manifest::path resolves it
  std::string url = {}, digest = {};  // instead: where to get it, and the 64 hexadecimal digits of its SHA-256
  Position at = {};
};
// `files`: a folder or file under a name of the guest's, or files by a pattern ("images/**/*.png") under their own names.
struct Files {
  std::string source;       // a path, or a pattern
  std::string destination;  // empty: `source` is a pattern
  Position at = {};
};
struct NamedTemplate {
  std::string name;
  Template value;
  Position at = {};
};
struct OutboundHost {
  Template text;  // parse_outbound() reads it when variables are put in
  Position at = {};
};
struct Build {
  std::vector<std::string> commands = {}, watch = {};
  std::string workdir = {};
  Position at = {};
};
struct Concurrency {
  uint64_t most = limits::concurrency.standard, queue = limits::queue.standard;
  Position at = {};
};
// What follows when events of a component trap or overrun again and again.
struct Crash {
  enum class On : uint8_t {
    restart,     // taken out for back_off, which doubles each time up to most_back_off
    quarantine,  // taken out until the next reload
  };
  enum class Fail : uint8_t {
    closed,  // meanwhile events are refused: 503, no acknowledgement
    open,    // meanwhile events pass unchanged: the event itself is the answer
  };
  On on = On::restart;
  Fail fail = Fail::closed;
  uint64_t after = 5;  // failures one after another
  uint64_t back_off_ms = 1000, most_back_off_ms = 60'000;
  Position at = {};
};
struct Slo {
  uint64_t p999_us = 0, window_ms = 60'000;
  Position at = {};
};

struct Component {
  std::string id;
  Source source = {};
  std::string description = {};
  std::vector<NamedTemplate> environment = {}, variables = {};
  std::vector<Files> files = {};
  std::vector<std::string> exclude_files = {};
  std::vector<OutboundHost> outbound = {};
  std::optional<Build> build = {};

  // Mote's own words.
  std::string policy_file = {};                 // as the file says; empty: none
  std::optional<policy::Policy> policy = {};    // written in place
  std::vector<policy::LimitValue> limits = {};  // by the names of -W
  uint64_t output_size = limits::output_size.standard, event_size = limits::event_size.standard;
  Concurrency concurrency = {};
  Crash crash = {};
  std::optional<Slo> slo = {};
  bool is_isolated = false;  // isolate = "process"
  Position at = {}, policy_at = {}, limits_at = {}, isolate_at = {};

  [[nodiscard]] std::optional<uint64_t> limit(std::string_view name) const;
};

struct Tls {
  std::string certificate, key;  // files
  Position at = {};
};
struct ServerLimits {
  uint64_t head_size = limits::head_size.standard, headers = limits::headers.standard, body_size = limits::body_size.standard,
           connections = limits::connections.standard;
  uint64_t head_time_ms = limits::head_time.standard, body_time_ms = limits::body_time.standard,
           idle_time_ms = limits::idle_time.standard, drain_time_ms = limits::drain_time.standard;
};
struct Outbox {
  std::string path;
  uint64_t most_size = limits::outbox_size.standard;
  Position at = {};
};
struct LogSettings {
  enum class Format : uint8_t { human, json } format = Format::human;
  std::string folder = {};  // empty: stderr
  uint64_t most_size = limits::log_size.standard, files = limits::log_files.standard;
};
struct Server {
  std::string listen = "127.0.0.1:3000";
  std::string admin = "127.0.0.1:3001";  // or "unix:PATH", or "off"
  std::optional<Tls> tls = {};
  uint64_t workers = limits::workers.standard;  // 0: one for each core
  bool pin = false;                             // each worker to a core
  ServerLimits limits = {};
  std::optional<Outbox> outbox = {};
  LogSettings log = {};
  Position at = {};
};

struct Manifest {
  std::string file;      // as it was named
  bool is_spin = false;  // it says spin_manifest_version
  Application application = {};
  std::vector<Variable> variables = {};
  std::vector<Component> components = {};
  std::vector<HttpTrigger> http = {};
  std::vector<MqttTrigger> mqtt = {};
  std::vector<TimerTrigger> timers = {};
  std::vector<CommandTrigger> commands = {};
  std::optional<Broker> broker = {};
  Server server = {};

  [[nodiscard]] const Component* component(std::string_view id) const;
  // A path of the file: relative ones are relative to its folder.
  [[nodiscard]] std::string path(std::string_view named) const;
  // "mote.toml:4", for messages.
  [[nodiscard]] std::string place(Position at) const;
  // Of all HTTP triggers; Match::index is that of `http`.
  [[nodiscard]] Router router() const;
};

// Errors: bad_input, a line for each thing that is wrong. A file whose name ends with "spin.toml" has to say spin_manifest_version.
[[nodiscard]] Result<Manifest> parse(std::string_view text, std::string file);

// The values of all variables: SPIN_VARIABLE_NAME or MOTE_VARIABLE_NAME (which wins) of `environment`, else the default. Fails with
// a line for each that is required and has none. Which of them are secret is what the manifest says.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> values_of(const Manifest& manifest,
                                                                                 const Lookup& environment);
// For Template::render.
[[nodiscard]] Lookup lookup(std::vector<std::pair<std::string, std::string>> values);

// "https://*.example.org:443", "*://10.0.0.0/8:*", "postgres://db:5432-5440": one of
// allowed_outbound_hosts.
struct Outbound {
  std::string scheme;  // "*": any
  std::string host;    // a name, "*.NAME", "*", an address or a block of addresses
  policy::Ports ports;
};
[[nodiscard]] Result<Outbound> parse_outbound(std::string_view text);

// The JSON Schema (2020-12) of manifests, as one line of JSON.
[[nodiscard]] std::string schema();

[[nodiscard]] std::string_view name(Executor::Kind kind);
[[nodiscard]] std::string_view name(Crash::On on);
[[nodiscard]] std::string_view name(Crash::Fail fail);

}  // namespace mote::manifest
