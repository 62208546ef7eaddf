// The table itself: see keys.h. From the inside out: forms, plain values, tables, the file.
#include "platform/manifest/keys.h"

#include "base/core/format.h"
#include "base/toml/values.h"
#include "platform/manifest/limits.h"
#include "platform/manifest/manifest.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using toml::Form;
using toml::Key;
using toml::Shape;
using Kind = Shape::Kind;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

Result<void> check_plain(std::string_view text) {
  if (text.find('\0') != text.npos) return refuse("has a NUL character");
  return {};
}
Result<void> check_path(std::string_view text) {
  const bool is_good = !text.empty() && std::ranges::none_of(text, [](char c) { return static_cast<uint8_t>(c) < 0x20; });
  if (is_good) return {};
  return refuse("is a path, without control characters");
}
Result<void> check_variable(std::string_view text) {
  if (is_variable_name(text)) return {};
  return refuse("is no name of a variable: lower_snake_case");
}
Result<void> check_environment_name(std::string_view text) {
  const bool is_good =
      !text.empty() && std::ranges::none_of(text, [](char c) { return c == '=' || static_cast<uint8_t>(c) < 0x20; });
  if (is_good) return {};
  return refuse("is no name of an environment variable");
}
Result<void> check_digest(std::string_view text) {
  constexpr std::string_view algorithm = "sha256:";
  const bool is_hex = std::ranges::all_of(text.substr(std::min(text.size(), algorithm.size())),
                                          [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.starts_with(algorithm) && text.size() == algorithm.size() + 64 && is_hex) return {};
  return refuse("is \"sha256:\" and 64 hexadecimal digits in lower case");
}
Result<void> check_url(std::string_view text) {
  const bool is_plain = std::ranges::none_of(text, [](char c) { return static_cast<uint8_t>(c) <= 0x20 || c == 0x7f; });
  if (is_plain && (text.starts_with("https://") || text.starts_with("http://")) && text.size() > 8) return {};
  return refuse("is the address of a module: \"https://…\"");
}
Result<void> check_route(std::string_view text) {
  if (auto route = Route::parse(text); !route) return std::unexpected(std::move(route.error()));
  return {};
}
Result<void> check_admin(std::string_view text) {
  if (text == "off" || (text.starts_with("unix:") && text.size() > 5 && check_path(text))) return {};
  if (check_listen(text)) return {};
  return refuse(format("is an address and a port like \"127.0.0.1:3001\", \"unix:PATH\" or \"off\", not {}",
                       toml::quoted(text.substr(0, 64))));
}
Result<void> check_cron(std::string_view text) {
  if (auto cron = Cron::parse(text); !cron) return std::unexpected(std::move(cron.error()));
  return {};
}
Result<void> check_template(std::string_view text) {
  TRY(check_plain(text));
  if (auto made = Template::parse(text); !made) return std::unexpected(std::move(made.error()));
  return {};
}
Result<void> check_base(std::string_view text) {
  const auto route = Route::parse(text);
  const bool is_good = route && !route->takes_rest && std::ranges::none_of(route->segments, &Route::Segment::is_parameter);
  if (is_good) return {};
  return refuse("is a path that all routes lie under: \"/\" or \"/app\"");
}
Result<void> check_content_type(std::string_view text) {
  const bool is_good = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (is_good) return {};
  return refuse("is a media type, like \"application/json\"");
}
Result<void> check_header_name(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  const bool is_good = !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
  if (is_good) return {};
  return refuse("is no name of a header");
}
Result<void> check_header_value(std::string_view text) {
  const bool is_good =
      std::ranges::none_of(text, [](char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f; });
  if (is_good) return {};
  return refuse("is no value of a header: it has control characters");
}

// Patterns say as much as a regular expression can without being a riddle; the functions say all.
constexpr Form plain_form{R"(^[^\u0000]*$)", check_plain}, path_form{R"(^[^\u0000-\u001f]+$)", check_path},
    component_form{R"(^(?=.{1,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$)", check_component_id},
    variable_form{R"(^[a-z][a-z0-9]*(_[a-z0-9]+)*$)", check_variable},
    environment_form{R"(^[^=\u0000-\u001f]+$)", check_environment_name}, digest_form{R"(^sha256:[0-9a-f]{64}$)", check_digest},
    url_form{R"(^https?://[^\u0000-\u0020\u007f]+$)", check_url}, route_form{R"(^/)", check_route},
    listen_form{R"(^(localhost|[0-9.]+|\[[0-9a-fA-F:.]+\]):(0|[1-9][0-9]{0,4})$)", check_listen},
    admin_form{R"(^(off|unix:[^\u0000-\u001f]+|(localhost|[0-9.]+|\[[0-9a-fA-F:.]+\]):(0|[1-9][0-9]{0,4}))$)", check_admin},
    topic_form{R"(^[^\u0000-\u001f\u007f]+$)", check_topic_filter}, template_form{R"(^[^\u0000]*$)", check_template},
    cron_form{R"(^(@[a-z]+|[ \t]*[^ \t]+([ \t]+[^ \t]+){4,5}[ \t]*)$)", check_cron}, base_form{R"(^/[^:]*$)", check_base},
    content_type_form{R"(^[ -~]+$)", check_content_type}, header_name_form{R"(^[!#$%&'*+.^_`|~0-9A-Za-z-]+$)", check_header_name},
    header_value_form{R"(^[^\u0000-\u0008\u000a-\u001f\u007f]*$)", check_header_value};

constexpr Shape boolean{.kind = Kind::boolean}, anything{.kind = Kind::anything};
constexpr Shape plain{.kind = Kind::text, .form = &plain_form}, path{.kind = Kind::text, .form = &path_form},
    variable_text{.kind = Kind::text, .form = &template_form}, content_type{.kind = Kind::text, .form = &content_type_form};
constexpr Shape texts{.kind = Kind::list, .of = &plain};

constexpr Shape size(const limits::Limit& limit, uint64_t least = 0) {
  return {.kind = Kind::size, .least = least, .most = limit.hard};
}
constexpr Shape count(const limits::Limit& limit, uint64_t least = 1) {
  return {.kind = Kind::integer, .least = least, .most = limit.hard};
}
constexpr Shape duration(uint64_t least_ms, uint64_t most_ms) {
  return {.kind = Kind::duration, .least = least_ms, .most = most_ms};
}
constexpr Shape refused(std::string_view why) {
  return {.kind = Kind::refused, .why = why};
}
constexpr uint64_t day_ms = 86'400'000, year_ms = 365 * day_ms;

// [component.ID]
constexpr Shape url{.kind = Kind::text, .form = &url_form}, digest{.kind = Kind::text, .form = &digest_form};
constexpr Key source_keys[] = {
    {"url", &url, "where to get the module", "", true},
    {"digest", &digest, "its SHA-256: \"sha256:\" and 64 hexadecimal digits", "", true},
};
constexpr Shape source_table{.kind = Kind::table, .keys = source_keys};
constexpr Shape source{.kind = Kind::text, .form = &path_form, .or_else = &source_table};

constexpr Key files_keys[] = {
    {"source", &path, "a folder or a file of this machine", "", true},
    {"destination", &path, "where the guest finds it: an absolute path", "", true},
};
constexpr Shape files_table{.kind = Kind::table, .keys = files_keys};
constexpr Shape files_one{.kind = Kind::text, .form = &path_form, .or_else = &files_table};
constexpr Shape files{.kind = Kind::list, .most = limits::entries.hard, .of = &files_one};

constexpr Shape environment{.kind = Kind::map, .form = &environment_form, .most = limits::entries.hard, .of = &variable_text};
constexpr Shape component_variables{.kind = Kind::map, .form = &variable_form, .most = limits::entries.hard, .of = &variable_text};
constexpr Shape outbound{.kind = Kind::list, .most = limits::entries.hard, .of = &variable_text};

constexpr Shape exclude_files{.kind = Kind::list, .most = limits::entries.hard, .of = &plain};

constexpr Shape command{.kind = Kind::text, .form = &plain_form, .or_else = &texts};
constexpr Key build_keys[] = {
    {"command", &command, "builds the component; a list is run one after another", "", true},
    {"workdir", &path, "the folder in which it runs, relative to that of the manifest", "the manifest's folder"},
    {"watch", &texts, "patterns of the files whose change means to build again"},
};
constexpr Shape build{.kind = Kind::table, .keys = build_keys};

constexpr Shape policy_table{.kind = Kind::elsewhere, .definition = "policy"};
constexpr Shape policy{.kind = Kind::text, .form = &path_form, .or_else = &policy_table};
constexpr Shape limits_table{.kind = Kind::elsewhere, .definition = "limits"};

constexpr Shape most_events = count(limits::concurrency), queued_events = count(limits::queue, 0);
constexpr Key concurrency_keys[] = {
    {"most", &most_events, "events of this component under way at once", "1000"},
    {"queue", &queued_events, "events that may wait for one of these to end; further ones are refused (503)", "1000"},
};
constexpr Shape concurrency{.kind = Kind::table, .keys = concurrency_keys};

constexpr Shape crash_on{.kind = Kind::choice, .values = "restart|quarantine"},
    crash_fail{.kind = Kind::choice, .values = "closed|open"};
constexpr Shape crash_after{.kind = Kind::integer, .least = 1, .most = 1'000'000}, back_off = duration(1, day_ms);
constexpr Key crash_keys[] = {
    {"on", &crash_on, "restart takes the component out for back_off, quarantine until the next reload", "restart"},
    {"after", &crash_after, "failures one after another until then", "5"},
    {"back_off", &back_off, "how long it is out; doubles each time in a row", "1s"},
    {"most_back_off", &back_off, "up to this", "1m"},
    {"fail", &crash_fail, "what its events get meanwhile: closed refuses them (503), open lets them pass unchanged", "closed"},
};
constexpr Shape crash{.kind = Kind::table, .keys = crash_keys};

constexpr Shape slo_us{.kind = Kind::integer, .least = 1, .most = 3'600'000'000}, slo_window = duration(1000, day_ms);
constexpr Key slo_keys[] = {
    {"p999_us", &slo_us, "99.9 % of the events are answered within so many microseconds", "", true},
    {"window", &slo_window, "looked at over this time", "1m"},
};
constexpr Shape slo{.kind = Kind::table, .keys = slo_keys};
constexpr Shape isolate{.kind = Kind::choice, .values = "none|process"};

constexpr std::string_view needs_spin =
    "is an interface of Spin's for components, which a program of WASI preview 1 cannot call; leave it out or empty";
constexpr Shape no_store = refused(needs_spin),
                no_dependencies = refused("components that are composed of others are not implemented; leave it out"),
                no_targets = refused("deployment targets are not implemented; leave it out or empty"),
                no_profile = refused("build profiles are not implemented; leave it out");

constexpr Key component_keys[] = {
    {"source", &source, "the module: a file, or { url, digest }", "", true},
    {"description", &plain, "for people"},
    {"environment", &environment, "environment variables of the guest; {{ name }} is the value of a variable"},
    {"variables", &component_variables, "values for the guest, as environment variables MOTE_VARIABLE_NAME"},
    {"files", &files, "files that the guest can read: patterns, or { source, destination }"},
    {"exclude_files", &exclude_files, "patterns of files that `files` leaves out"},
    {"allowed_outbound_hosts", &outbound, "whom the guest may connect to: \"https://example.org\""},
    {"build", &build, "how `mote build` makes the module"},
    {"policy", &policy, "capabilities besides: a policy file, or the same in place"},
    {"limits", &limits_table, "what one event may use up, by the names of -W", "those of `mote run`"},
    {"concurrency", &concurrency, "how many events at once, and how many may wait"},
    {"crash", &crash, "what follows when events fail again and again"},
    {"slo", &slo, "the latency that is promised; missing it raises a metric, a line in the log, and readiness"},
    {"isolate", &isolate, "process: a process and a kernel wall of its own", "none"},
    {"tool", &anything, "of other tools"},
    {"key_value_stores", &no_store},
    {"sqlite_databases", &no_store},
    {"ai_models", &no_store},
    {"targets", &no_targets},
    {"dependencies", &no_dependencies},
    {"dependencies_inherit_configuration", &no_dependencies},
    {"profile", &no_profile},
};
constexpr Shape component_table{.kind = Kind::table, .keys = component_keys, .definition = "component"};
constexpr Shape components{.kind = Kind::map, .form = &component_form, .most = limits::components.hard, .of = &component_table};
constexpr Shape component_use{.kind = Kind::text, .form = &plain_form, .or_else = &component_table};

// [[trigger.…]]
constexpr Shape executor_type{.kind = Kind::choice, .values = "http|wagi|stdio"};
constexpr Key executor_keys[] = {
    {"type", &executor_type,
     "stdio: the body is stdin, stdout is the answer; wagi: the same, with the answer's headers before it (CGI)", "", true},
    {"content_type", &content_type, "stdio: of the answer", "application/octet-stream"},
    {"argv", &plain, "wagi: the guest's arguments", "${SCRIPT_NAME} ${ARGS}"},
    {"entrypoint", &plain, "the export that is called, once for each event", "_start"},
};
constexpr Shape executor{.kind = Kind::table, .keys = executor_keys};

constexpr Shape header_value{.kind = Kind::text, .form = &header_value_form};
constexpr Shape headers{.kind = Kind::map, .form = &header_name_form, .most = 100, .of = &header_value};
constexpr Shape status_code{.kind = Kind::integer, .least = 200, .most = 599};
constexpr Key static_keys[] = {
    {"status_code", &status_code, "of the answer", "200"},
    {"headers", &headers, "of the answer"},
    {"body", &plain, "of the answer", "empty"},
};
constexpr Shape static_response{.kind = Kind::table, .keys = static_keys};

constexpr Key route_keys[] = {{"private", &boolean, "true: no path leads to it from outside", "", true}};
constexpr Shape route_table{.kind = Kind::table, .keys = route_keys};
constexpr Shape route{.kind = Kind::text, .form = &route_form, .or_else = &route_table};

constexpr Key http_keys[] = {
    {"id", &plain, "of this trigger", "http-1, http-2, …"},
    {"component", &component_use, "who answers: a component's name, or one in place"},
    {"route", &route, "\"/a\", \"/users/:id\", \"/files/...\" or { private = true }", "", true},
    {"executor", &executor, "how the program is run", "http, as in Spin: not implemented"},
    {"static_response", &static_response, "an answer without a component"},
    {"dependencies", &no_dependencies},
};
constexpr Shape http_trigger{.kind = Kind::table, .keys = http_keys};
constexpr Shape http_triggers{.kind = Kind::list, .most = limits::triggers.hard, .of = &http_trigger};

constexpr Shape expiry = duration(1000, year_ms), priority{.kind = Kind::integer, .most = 9};
constexpr Shape topic{.kind = Kind::text, .form = &topic_form}, qos{.kind = Kind::integer, .most = 2};
constexpr Key mqtt_keys[] = {
    {"id", &plain, "of this trigger", "mqtt-1, mqtt-2, …"},
    {"component", &component_use, "who answers: a component's name, or one in place", "", true},
    {"topic", &topic, "a filter: \"sensors/+/raw\", \"$share/GROUP/sensors/#\"", "", true},
    {"qos", &qos, "0, 1 or 2: of the subscription and of the answer", "0"},
    {"reply", &variable_text, "the topic for the answer; {{ topic }} is the event's own", "the answer is logged"},
    {"retain", &boolean, "the broker keeps the last answer for who subscribes later", "false"},
    {"expiry", &expiry, "how long an answer is worth sending", "for ever"},
    {"priority", &priority, "0 to 9: answers with a higher one leave the outbox first", "0"},
    {"executor", &executor, "how the program is run", "stdio"},
    {"dependencies", &no_dependencies},
};
constexpr Shape mqtt_trigger{.kind = Kind::table, .keys = mqtt_keys};
constexpr Shape mqtt_triggers{.kind = Kind::list, .most = limits::triggers.hard, .of = &mqtt_trigger};

constexpr Shape every = duration(1, year_ms), cron{.kind = Kind::text, .form = &cron_form};
constexpr Key timer_keys[] = {
    {"id", &plain, "of this trigger", "timer-1, timer-2, …"},
    {"component", &component_use, "who is called: a component's name, or one in place", "", true},
    {"every", &every, "\"10s\": how often; or cron"},
    {"cron", &cron, "\"*/5 * * * *\", five or six fields, in UTC; or every"},
    {"reply", &variable_text, "the topic for the answer", "the answer is logged"},
    {"retain", &boolean, "the broker keeps the last answer for who subscribes later", "false"},
    {"expiry", &expiry, "how long an answer is worth sending", "for ever"},
    {"priority", &priority, "0 to 9: answers with a higher one leave the outbox first", "0"},
    {"qos", &qos, "0, 1 or 2: of the answer", "0"},
    {"executor", &executor, "how the program is run", "stdio"},
    {"dependencies", &no_dependencies},
};
constexpr Shape timer_trigger{.kind = Kind::table, .keys = timer_keys};
constexpr Shape timer_triggers{.kind = Kind::list, .most = limits::triggers.hard, .of = &timer_trigger};

constexpr Shape at{.kind = Kind::choice, .values = "start|demand"}, command_name{.kind = Kind::text, .form = &component_form};
constexpr Key command_trigger_keys[] = {
    {"id", &plain, "of this trigger", "command-1, command-2, …"},
    {"component", &component_use, "who is run: a component's name, or one in place", "", true},
    {"name", &command_name, "of `mote trigger NAME`", "", true},
    {"at", &at, "start: once when the server starts; demand: when it is asked for", "demand"},
    {"arguments", &texts, "of the guest"},
    {"executor", &executor, "how the program is run", "stdio"},
    {"dependencies", &no_dependencies},
};
constexpr Shape command_trigger{.kind = Kind::table, .keys = command_trigger_keys};
constexpr Shape command_triggers{.kind = Kind::list, .most = limits::triggers.hard, .of = &command_trigger};

constexpr Key trigger_keys[] = {
    {"http", &http_triggers, "HTTP requests"},
    {"mqtt", &mqtt_triggers, "messages of an MQTT broker"},
    {"timer", &timer_triggers, "the clock"},
    {"command", &command_triggers, "once at the start, or on demand"},
};
constexpr Shape triggers{.kind = Kind::table, .keys = trigger_keys};

// [application]
constexpr Shape base{.kind = Kind::text, .form = &base_form}, mqtt_version{.kind = Kind::integer, .least = 4, .most = 5};
constexpr Key http_setting_keys[] = {{"base", &base, "comes before every route", "/"}};
constexpr Shape http_settings{.kind = Kind::table, .keys = http_setting_keys};
constexpr Shape keep_alive = duration(1000, 65'535'000), session_expiry = duration(0, 4'294'967'000'000);
constexpr Key broker_keys[] = {
    {"address", &variable_text, "\"mqtt://HOST:PORT\", \"mqtts://HOST:PORT\"", "", true},
    {"username", &variable_text, "may be a template"},
    {"password", &variable_text, "may be a template, and should: \"{{ mqtt_password }}\""},
    {"client_id", &plain, "under which the broker keeps the session", "mote- and the application's name"},
    {"keep_alive", &keep_alive, "the longest silence", "1m"},
    {"session_expiry", &session_expiry, "how long the broker keeps what is missed", "1h"},
    {"ca", &path, "a file with the certificates to trust", "the machine's"},
    {"version", &mqtt_version, "of MQTT: 5, or 4, which is 3.1.1", "5"},
};
constexpr Shape broker{.kind = Kind::table, .keys = broker_keys};
constexpr Key setting_keys[] = {
    {"http", &http_settings, "of all HTTP triggers"},
    {"mqtt", &broker, "the broker of all MQTT triggers"},
};
constexpr Shape settings{.kind = Kind::table, .keys = setting_keys};
constexpr Key application_keys[] = {
    {"name", &plain, "of the application", "mote"},
    {"version", &plain, "of the application"},
    {"description", &plain, "for people"},
    {"authors", &texts, "for people"},
    {"trigger", &settings, "settings of all triggers of a type"},
    {"tool", &anything, "of other tools"},
    {"targets", &no_targets},
};
constexpr Shape application{.kind = Kind::table, .keys = application_keys};

// [variables]
constexpr Key variable_keys[] = {
    {"default", &plain, "its value, if neither MOTE_VARIABLE_NAME nor SPIN_VARIABLE_NAME is set"},
    {"required", &boolean, "true: it has no default"},
    {"secret", &boolean, "true: no output shows it", "false"},
    {"description", &plain, "for people"},
};
constexpr Shape variable{.kind = Kind::table, .keys = variable_keys};
constexpr Shape variables{.kind = Kind::map, .form = &variable_form, .most = limits::variables.hard, .of = &variable};

// [server]
constexpr Shape listen{.kind = Kind::text, .form = &listen_form}, admin{.kind = Kind::text, .form = &admin_form};
constexpr Key tls_keys[] = {
    {"certificate", &path, "a file, PEM, with the chain", "", true},
    {"key", &path, "a file, PEM", "", true},
};
constexpr Shape tls{.kind = Kind::table, .keys = tls_keys};
constexpr Shape workers = count(limits::workers, 0), head_size = size(limits::head_size, 256), body_size = size(limits::body_size),
                header_count = count(limits::headers), connection_count = count(limits::connections),
                second = duration(1, 3'600'000);
constexpr Key server_limit_keys[] = {
    {"head_size", &head_size, "of a request's head", "16K"},
    {"headers", &header_count, "of a request", "100"},
    {"body_size", &body_size, "of a request's body", "16M"},
    {"connections", &connection_count, "open at once", "10000"},
    {"head_time", &second, "until a request's head is there", "10s"},
    {"body_time", &second, "between two pieces of its body", "30s"},
    {"idle_time", &second, "between two requests", "1m"},
    {"drain_time", &second, "for events under way when the server is to stop", "30s"},
};
constexpr Shape server_limits{.kind = Kind::table, .keys = server_limit_keys};
constexpr Shape outbox_size = size(limits::outbox_size, 4096);
constexpr Key outbox_keys[] = {
    {"path", &path, "the file in which messages lie while the broker is away", "", true},
    {"most_size", &outbox_size, "of all of them", "256M"},
};
constexpr Shape outbox{.kind = Kind::table, .keys = outbox_keys};
constexpr Shape log_format{.kind = Kind::choice, .values = "human|json"}, log_size = size(limits::log_size, 4096),
                                                                          log_files = count(limits::log_files);
constexpr Key log_keys[] = {
    {"format", &log_format, "of the lines", "human"},
    {"folder", &path, "a file for each component in it", "stderr"},
    {"most_size", &log_size, "of one file", "16M"},
    {"files", &log_files, "kept of one component", "3"},
};
constexpr Shape log{.kind = Kind::table, .keys = log_keys};
constexpr Key server_keys[] = {
    {"listen", &listen, "address and port of the HTTP server", "127.0.0.1:3000"},
    {"admin", &admin, "of metrics, health and the dashboard: an address, \"unix:PATH\" or \"off\"", "127.0.0.1:3001"},
    {"tls", &tls, "serve HTTPS"},
    {"workers", &workers, "threads; 0: one for each core", "0"},
    {"pin", &boolean, "each worker stays on a core", "false"},
    {"limits", &server_limits, "of requests and connections"},
    {"outbox", &outbox, "messages survive while the broker is away"},
    {"log", &log, "where and how it is logged"},
};
constexpr Shape server{.kind = Kind::table, .keys = server_keys};

constexpr Shape spin_version{.kind = Kind::integer, .least = 2, .most = 2};
constexpr Key root_keys[] = {
    {"spin_manifest_version", &spin_version, "2; needed in spin.toml"},
    {"application", &application, "what it is called, and settings of triggers"},
    {"variables", &variables, "values that are set where it runs"},
    {"trigger", &triggers, "what leads to an event"},
    {"component", &components, "what answers it"},
    {"server", &server, "how this machine serves; Mote's own"},
};
constexpr Shape root{.kind = Kind::table, .keys = root_keys};

constexpr Shape output_size = size(limits::output_size), event_size = size(limits::event_size);
constexpr Key own_limits[] = {
    {limits::output_size.name, &output_size, "bytes of an answer, and as much of stderr", "16M"},
    {limits::event_size.name, &event_size, "bytes of an event; more is refused (413)", "16M"},
};

}  // namespace

const toml::Shape& root_shape() {
  return root;
}
std::span<const toml::Key> own_limit_keys() {
  return own_limits;
}

}  // namespace mote::manifest
