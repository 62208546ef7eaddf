// See admin.h.
#include "platform/wiring/admin.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/core/time.h"
#include "base/os/clock.h"
#include "platform/wiring/dashboard/dashboard.h"

#include <charconv>
#include <utility>

namespace mote::wiring {
namespace {

constexpr uint64_t most_input = 16u << 20;
constexpr http::Header plain{"Content-Type", "text/plain; charset=utf-8"}, json_type{"Content-Type", "application/json"};

Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
// Ours, so nothing in it is refused.
void answer(http::Exchange& exchange, int status, std::string_view text, const http::Header& type = plain) {
  const http::Header headers[] = {
      type, dashboard_policy, {"X-Content-Type-Options", "nosniff"}, {"Referrer-Policy", "no-referrer"}};
  (void)exchange.answer(status, headers, as_bytes(text));
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') return pair.substr(name.size() + 1);
  }
  return {};
}
uint64_t number(std::string_view text, uint64_t otherwise) {
  uint64_t value = otherwise;
  (void)std::from_chars(text.begin(), text.end(), value);
  return value;
}

// "127.0.0.1:3001", "[::1]:3001", "localhost:3001", or of a socket that is a file anything: what a page of another site cannot make
// a browser say.
bool names_this_machine(std::string_view authority, bool is_local_socket) {
  if (is_local_socket || authority.empty()) return true;
  std::string_view host = authority.substr(0, authority.rfind(':'));
  if (host.starts_with('[')) return true;  // an address
  return host == "localhost" || host.find_first_not_of("0123456789.") == host.npos;
}

std::string microseconds(uint64_t ns) {
  return format("{:.1f}", static_cast<double>(ns) / 1e3);
}

void write_latencies(JsonWriter& json, std::string_view name, const observe::Distribution& held) {
  json.name(name);
  json.begin('{');
  json.member("p50", microseconds(held.quantile(0.5)));
  json.member("p90", microseconds(held.quantile(0.9)));
  json.member("p99", microseconds(held.quantile(0.99)));
  json.member("p999", microseconds(held.quantile(0.999)));
  json.member("mean", microseconds(held.total == 0 ? 0 : held.sum_ns / held.total));
  json.member("count", format("{}", held.total));
  json.name("below");  // powers of two of nanoseconds, from 2^14 (16 µs) to 2^35 (34 s), as in /metrics
  json.begin('[');
  for (const uint64_t count : held.below_powers(14, 35)) json.value(format("{}", count));
  json.end(']');
  json.end('}');
}

void write_component(JsonWriter& json, const ComponentFacts& facts, const observe::Snapshot::Of* seen) {
  const Pool::Report pool = facts.report();
  json.begin('{');
  json.member("name", json_string(facts.name));
  json.member("source", json_string(facts.source));
  if (!facts.digest.empty()) json.member("sha256", json_string(facts.digest));
  json.member("code", json_string(facts.code));
  json.member("code_bytes", format("{}", facts.code_size));
  json.member("sandboxes", format("{}", pool.sandboxes));
  json.member("memory_bytes", format("{}", pool.kept_bytes + pool.template_bytes));
  if (seen != nullptr) {
    using observe::Metric;
    json.name("events");
    json.begin('{');
    for (const auto& [name, outcome] :
         {std::pair("answered", observe::Outcome::answered), std::pair("failed", observe::Outcome::failed),
          std::pair("trapped", observe::Outcome::trapped), std::pair("timed_out", observe::Outcome::timed_out),
          std::pair("refused", observe::Outcome::refused), std::pair("unready", observe::Outcome::unready)}) {
      uint64_t count = 0;
      for (unsigned kind = 0; kind < 4; ++kind) count += seen->value(Metric::events, kind, static_cast<unsigned>(outcome));
      json.member(name, format("{}", count));
    }
    json.end('}');
    json.member("active", format("{}", seen->value(Metric::active)));
    json.member("waiting", format("{}", seen->value(Metric::waiting)));
    json.member("preempted", format("{}", seen->value(Metric::preempted)));
    write_latencies(json, "latency_us", seen->histogram(Metric::event_duration));
    write_latencies(json, "guest_us", seen->histogram(Metric::invoke_duration));
  }
  json.end('}');
}

void write_routes(JsonWriter& json, const manifest::Manifest& manifest) {
  json.name("triggers");
  json.begin('[');
  const auto begin = [&](const manifest::Trigger& trigger, std::string_view type) {
    json.begin('{');
    json.member("type", json_string(type));
    json.member("id", json_string(trigger.id));
    if (trigger.component != manifest::no_component)
      json.member("component", json_string(manifest.components[trigger.component].id));
  };
  for (const manifest::HttpTrigger& trigger : manifest.http) {
    begin(trigger, "http");
    json.member("route", trigger.route.is_private ? "null" : json_string(trigger.route.text));
    json.member("executor", json_string(trigger.static_response ? "static" : manifest::name(trigger.executor.kind)));
    json.end('}');
  }
  for (const manifest::MqttTrigger& trigger : manifest.mqtt) {
    begin(trigger, "mqtt");
    json.member("topic", json_string(trigger.topic));
    json.end('}');
  }
  for (const manifest::TimerTrigger& trigger : manifest.timers) {
    begin(trigger, "timer");
    json.member("when", json_string(trigger.cron ? trigger.cron->text() : format("every {} ms", trigger.every_ms)));
    json.end('}');
  }
  for (const manifest::CommandTrigger& trigger : manifest.commands) {
    begin(trigger, "command");
    json.member("name", json_string(trigger.name));
    json.end('}');
  }
  json.end(']');
}

// Columns as wide as what is in them; the first one to the left, the others to the right.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(widths[i] - row[i].size(), ' ');
      text += i == 0 ? row[i] + blanks : "  " + blanks + row[i];
    }
    text += '\n';
  }
  return text;
}

std::string size_text(uint64_t bytes) {
  constexpr double kib = 1024;
  const auto size = static_cast<double>(bytes);
  return size < kib * kib ? format("{:.0f} KiB", size / kib) : format("{:.1f} MiB", size / kib / kib);
}

std::string trigger_text(const manifest::Manifest& manifest, size_t component) {
  std::string text;
  const auto add = [&](const manifest::Trigger& trigger, const std::string& what) {
    if (trigger.component == component) text += (text.empty() ? "" : ", ") + what;
  };
  for (const auto& one : manifest.http) add(one, one.route.is_private ? "(private)" : one.route.text);
  for (const auto& one : manifest.mqtt) add(one, "mqtt " + one.topic);
  for (const auto& one : manifest.timers) add(one, one.cron ? "cron " + one.cron->text() : format("every {} ms", one.every_ms));
  for (const auto& one : manifest.commands) add(one, "command " + one.name);
  return text;
}

}  // namespace

void Admin::on_request(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string path(head.path);
  if (!names_this_machine(head.authority, head.peer.empty()))
    return answer(exchange, 403, "this address is asked by the name of another machine\n");
  if (head.method == "GET" || head.method == "HEAD") return get(exchange, path);
  if (head.method != "POST") return answer(exchange, 405, "GET or POST\n");
  if (head.find("origin") != nullptr) return answer(exchange, 403, "not for web pages\n");
  post(exchange, path);
}

void Admin::get(http::Exchange& exchange, std::string_view path) {
  if (const auto file = dashboard_file(path)) return answer(exchange, 200, file->content, {"Content-Type", file->type});
  if (path == "/healthz" || path == "/livez") return answer(exchange, 200, "ok\n");
  if (path == "/readyz") return answer_ready(exchange);
  if (path == "/metrics") {
    const std::string text = observe::prometheus_text(server_.registry.snapshot(), server_.process(), server_.program_version);
    return answer(exchange, 200, text, {"Content-Type", observe::prometheus_content_type});
  }
  if (path == "/api/status") return answer(exchange, 200, status_json() + "\n", json_type);
  if (path == "/api/ps") return answer(exchange, 200, ps_text());
  if (path == "/api/stats") return answer(exchange, 200, stats_text());
  if (path == "/api/logs") return answer_logs(exchange);
  answer(exchange, 404,
         "there are / (a page for people), /healthz, /livez, /readyz, /metrics, /api/status, /api/ps, /api/stats and /api/logs\n");
}

void Admin::post(http::Exchange& exchange, std::string_view path) {
  constexpr std::string_view trigger_path = "/api/trigger/";
  if (path == "/api/reload") return reload(exchange);
  if (path == "/api/stop") {
    answer(exchange, 200, "stopping\n");
    return server_.stop();
  }
  if (path.starts_with(trigger_path)) return trigger(exchange, path.substr(trigger_path.size()));
  answer(exchange, 404, "there are /api/reload, /api/stop and /api/trigger/NAME\n");
}

void Admin::answer_ready(http::Exchange& exchange) {
  const std::vector<std::string> reasons = server_.not_ready();
  if (reasons.empty()) return answer(exchange, 200, "ok\n");
  std::string text;
  for (const std::string& reason : reasons) text += reason + "\n";
  answer(exchange, 503, text);
}

// Lines are numbered from the server's start; `after` is the `next` of an earlier answer.
void Admin::answer_logs(http::Exchange& exchange) {
  const std::string_view query = exchange.head().query;
  const uint64_t written = server_.log.written();
  uint64_t most = number(query_value(query, "lines"), 100);
  if (const std::string_view after = query_value(query, "after"); !after.empty()) {
    const uint64_t seen = std::min(number(after, 0), written);
    most = std::min(most, written - seen);
  }
  const auto lines = server_.log.tail(query_value(query, "component"), most);
  if (query_value(query, "format") == "text") {
    std::string text = format("next {}\n", written);
    for (const observe::LogLine& line : lines) text += observe::log_text(line, observe::LogFormat::human);
    return answer(exchange, 200, text);
  }
  JsonWriter json;
  json.begin('{');
  json.member("next", format("{}", written));
  json.name("lines");
  json.begin('[');
  for (const observe::LogLine& line : lines) {
    std::string text = observe::log_text(line, observe::LogFormat::json);
    if (text.ends_with('\n')) text.pop_back();
    json.value(text);
  }
  json.end(']');
  json.end('}');
  answer(exchange, 200, json.text() + "\n", json_type);
}

void Admin::reload(http::Exchange& exchange) {
  const auto done = server_.reload();
  if (done) return answer(exchange, 200, "reloaded\n");
  answer(exchange, 422, done.error().message + "\n");
}

void Admin::trigger(http::Exchange& exchange, std::string_view name) {
  const auto version = server_.node.version();
  const auto& commands = version->manifest.commands;
  for (size_t i = 0; i < commands.size(); ++i) {
    if (commands[i].name != name) continue;
    const size_t place = version->place(Version::TriggerKind::command, i);
    exchange.read_body(most_input, [this, &exchange, version, place, &command = commands[i]](Result<Bytes> body) {
      if (!body) return;
      const auto tell = [this, &exchange](const Node::Reply& reply) {
        server_.loop.post([&exchange, reply] {
          const std::string event = trigger::id_text(reply.event), outcome = trigger::word(reply.outcome.kind);
          const http::Header headers[] = {plain, {"Mote-Event", event}, {"Mote-Outcome", outcome}};
          const bool is_answer = reply.outcome.kind == trigger::Outcome::Kind::answered;
          (void)exchange.answer(is_answer ? 200 : 500, headers, as_bytes(is_answer ? reply.answer : reply.text + "\n"));
        });
      };
      server_.node.send(place, std::string(reinterpret_cast<const char*>(body->data()), body->size()),
                        {{"TRIGGER", "command"}, {"TRIGGER_ID", command.id}}, command.arguments, tell);
    });
    return;
  }
  answer(exchange, 404, format("the manifest has no [[trigger.command]] with name = \"{}\"\n", name));
}

std::string Admin::ps_text() const {
  const auto version = server_.node.version();
  const observe::Snapshot seen = server_.registry.snapshot();
  std::vector<std::vector<std::string>> rows = {
      {"COMPONENT", "CODE", "SANDBOXES", "MEMORY", "ACTIVE", "WAITING", "EVENTS", "TRIGGERS"}};
  for (size_t i = 0; i < version->facts.size(); ++i) {
    const ComponentFacts& facts = version->facts[i];
    const Pool::Report pool = facts.report();
    const observe::Snapshot::Of* const counts = seen.find(facts.name);
    const auto of = [&](uint64_t value) { return format("{}", counts != nullptr ? value : 0); };
    rows.push_back({facts.name, facts.code.substr(0, facts.code.find(' ')), format("{}", pool.sandboxes),
                    size_text(pool.kept_bytes + pool.template_bytes), of(counts->value(observe::Metric::active)),
                    of(counts->value(observe::Metric::waiting)), of(counts->sum(observe::Metric::events)),
                    trigger_text(version->manifest, i)});
  }
  return format("{} at {}, {} workers, {}\n\n", version->manifest.application.name, server_.address, server_.node.workers(),
                size_text(server_.process().resident_bytes)) +
         table(rows);
}

std::string Admin::stats_text() const {
  const auto version = server_.node.version();
  const observe::Snapshot seen = server_.registry.snapshot();
  std::vector<std::vector<std::string>> rows = {
      {"COMPONENT", "ANSWERED", "FAILED", "TRAPPED", "TIMED OUT", "REFUSED", "P50 us", "P99 us", "P99.9 us", "GUEST P50 us"}};
  for (const ComponentFacts& facts : version->facts) {
    const observe::Snapshot::Of* const counts = seen.find(facts.name);
    if (counts == nullptr) continue;
    std::vector<std::string> row = {facts.name};
    for (const auto outcome : {observe::Outcome::answered, observe::Outcome::failed, observe::Outcome::trapped,
                               observe::Outcome::timed_out, observe::Outcome::refused}) {
      uint64_t count = 0;
      for (unsigned kind = 0; kind < 4; ++kind)
        count += counts->value(observe::Metric::events, kind, static_cast<unsigned>(outcome));
      row.push_back(format("{}", count));
    }
    const observe::Distribution& took = counts->histogram(observe::Metric::event_duration);
    for (const double share : {0.5, 0.99, 0.999}) row.push_back(microseconds(took.quantile(share)));
    row.push_back(microseconds(counts->histogram(observe::Metric::invoke_duration).quantile(0.5)));
    rows.push_back(std::move(row));
  }
  return table(rows);
}

std::string Admin::status_json() const {
  const auto version = server_.node.version();
  const observe::Snapshot seen = server_.registry.snapshot();
  const auto now = static_cast<int64_t>(os::now_ns(os::Clock::realtime));
  const http::ServerCounts http = server_.node.http_counts();
  JsonWriter json;
  json.begin('{');
  json.member("application", json_string(version->manifest.application.name));
  json.member("version", json_string(version->manifest.application.version));
  json.member("manifest", json_string(version->manifest.file));
  json.member("mote", json_string(server_.program_version));
  json.member("address", json_string(server_.address));
  json.member("started", json_string(utc_text(server_.started_ns, 3)));
  json.member("uptime_s", format("{}", (now - server_.started_ns) / 1'000'000'000));
  json.member("workers", format("{}", server_.node.workers()));
  json.member("resident_bytes", format("{}", server_.process().resident_bytes));
  json.member("connections", format("{}", http.connections));
  json.member("requests", format("{}", http.requests));
  json.member("malformed", format("{}", http.malformed));
  if (const observe::Snapshot::Of* const server = seen.find(""))
    write_latencies(json, "http_us", server->histogram(observe::Metric::http_duration));
  json.name("components");
  json.begin('[');
  for (const ComponentFacts& facts : version->facts) write_component(json, facts, seen.find(facts.name));
  json.end(']');
  write_routes(json, version->manifest);
  json.end('}');
  return json.text();
}

}  // namespace mote::wiring
