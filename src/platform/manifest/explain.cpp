// See explain.h.
#include "platform/manifest/explain.h"

#include "base/core/format.h"
#include "base/toml/values.h"

namespace mote::manifest {
namespace {

using toml::quoted;

class Explainer {
 public:
  Explainer(const Manifest& manifest, std::span<const policy::Policy> policies) : manifest_(manifest), policies_(policies) {}

  std::string run() {
    say(format("{} runs {}:", manifest_.file, quoted(manifest_.application.name)));
    explain_http();
    explain_mqtt();
    explain_timers();
    explain_commands();
    explain_variables();
    for (size_t i = 0; i < manifest_.components.size(); ++i) explain_component(manifest_.components[i], policies_[i]);
    return std::move(text_);
  }

 private:
  void say(std::string_view line) {
    text_ += line;
    text_ += '\n';
  }
  // The same, each line further in.
  void quote(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      if (!line.empty()) say(format("  {}", line));
      lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    }
  }
  [[nodiscard]] std::string place(Position at) const { return at.line == 0 ? "by default" : manifest_.place(at); }

  [[nodiscard]] std::string who(const Trigger& trigger) const {
    const std::string name = trigger.component == no_component ? "nobody" : manifest_.components[trigger.component].id;
    return format("{}, by {}", name, trigger.executor.kind == Executor::Kind::wagi ? "wagi" : "stdin and stdout");
  }

  void explain_http() {
    if (manifest_.http.empty()) return;
    const bool is_encrypted = manifest_.server.tls.has_value();
    say(format("\n{} on {}{}", is_encrypted ? "HTTPS" : "HTTP", manifest_.server.listen,
               manifest_.application.http_base == "/" ? "" : format(", below {}", manifest_.application.http_base)));
    for (const HttpTrigger& one : manifest_.http) {
      const std::string route = one.route.is_private ? "(private: no path leads to it)" : one.route.text;
      const std::string answer = one.static_response ? format("status {} and {} bytes, always", one.static_response->status_code,
                                                              one.static_response->body.size())
                                                     : who(one);
      say(format("  {} → {} ({})", route, answer, place(one.at)));
    }
  }

  [[nodiscard]] static std::string answer(const Template& reply) {
    return reply.empty() ? std::string("; the answer is logged") : format("; the answer goes to {}", quoted(reply.text()));
  }

  void explain_mqtt() {
    if (!manifest_.broker) return;
    const Broker& broker = *manifest_.broker;
    say(format("\nMQTT {} at {}{} ({})", broker.version == 5 ? "5" : "3.1.1", quoted(broker.address.text()),
               broker.username.empty() ? "" : format(" as {}", quoted(broker.username.text())), place(broker.at)));
    for (const MqttTrigger& one : manifest_.mqtt)
      say(format("  {} (QoS {}) → {}{} ({})", quoted(one.topic), one.qos, who(one), answer(one.reply), place(one.at)));
    if (manifest_.server.outbox) {
      say(format("  While the broker is away, up to {} of messages lie in {} ({}).",
                 policy::size_text(manifest_.server.outbox->most_size), quoted(manifest_.path(manifest_.server.outbox->path)),
                 place(manifest_.server.outbox->at)));
    }
  }

  void explain_timers() {
    if (!manifest_.timers.empty()) say("\nTimers");
    for (const TimerTrigger& one : manifest_.timers) {
      const std::string when =
          one.cron ? format("{} (UTC)", quoted(one.cron->text())) : format("every {}", policy::duration_text(one.every_ms));
      say(format("  {} → {}{} ({})", when, who(one), answer(one.reply), place(one.at)));
    }
  }

  void explain_commands() {
    if (!manifest_.commands.empty()) say("\nCommands");
    for (const CommandTrigger& one : manifest_.commands) {
      say(format("  {} → {} ({})", one.at_start ? "once at the start" : format("mote trigger {}", one.name),
                 manifest_.components[one.component].id, place(one.at)));
    }
  }

  void explain_variables() {
    if (!manifest_.variables.empty()) say("\nVariables");
    for (const Variable& one : manifest_.variables) {
      const std::string value = !one.standard   ? "is required"
                                : one.is_secret ? "has a default, which is secret"
                                                : format("is {} unless it is set", quoted(*one.standard));
      say(format("  {} {} ({})", one.name, value, place(one.at)));
    }
  }

  void explain_component(const Component& component, const policy::Policy& granted) {
    say(format("\nComponent {} ({})", component.id, place(component.at)));
    const bool is_elsewhere = !component.source.url.empty();
    say(format("  is {}{}.", is_elsewhere ? component.source.url : manifest_.path(component.source.path),
               is_elsewhere ? format(", SHA-256 {}", component.source.digest) : ""));
    if (component.policy_file.empty() && !component.policy)
      say("  It has no policy: beside what the manifest says it gets a clock and random numbers.");
    quote(policy::explain(granted));
    explain_limits(component);
  }

  void explain_limits(const Component& component) {
    say(format("  An event has at most {}, its answer {} (limits: {}).", policy::size_text(component.event_size),
               policy::size_text(component.output_size), place(component.limits_at)));
    say(format("  {} events at once, {} may wait ({}).", component.concurrency.most, component.concurrency.queue,
               place(component.concurrency.at)));
    const Crash& crash = component.crash;
    const std::string out = crash.on == Crash::On::quarantine
                                ? std::string("out until the next reload")
                                : format("out for {}, then longer, up to {}", policy::duration_text(crash.back_off_ms),
                                         policy::duration_text(crash.most_back_off_ms));
    say(format("  After {} failures in a row it is {}; its events are then {} ({}).", crash.after, out,
               crash.fail == Crash::Fail::open ? "let through unchanged" : "refused", place(crash.at)));
    if (component.slo) {
      say(format("  99.9 % of its events are to be answered within {} us, looked at over {} ({}).", component.slo->p999_us,
                 policy::duration_text(component.slo->window_ms), place(component.slo->at)));
    }
    if (component.is_isolated) say(format("  It runs in a process of its own ({}).", place(component.isolate_at)));
  }

  const Manifest& manifest_;
  std::span<const policy::Policy> policies_;
  std::string text_;
};

}  // namespace

std::string explain(const Manifest& manifest, std::span<const policy::Policy> policies) {
  return Explainer(manifest, policies).run();
}

}  // namespace mote::manifest
