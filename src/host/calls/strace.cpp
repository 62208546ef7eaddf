// See strace.h.
#include "host/calls/strace.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "host/calls/text.h"

#include <algorithm>
#include <vector>

namespace mote::calls {
namespace {

constexpr uint64_t ns_per_s = 1'000'000'000;

// "0.000021", as strace -T has it.
std::string seconds(uint64_t ns) {
  return format("{}.{:06}", ns / ns_per_s, ns % ns_per_s / 1000);
}

// The arguments from the first one on; of a call that has not ended, as far as they can be known.
std::string arguments_text(const Call& call, bool only_inputs) {
  std::string text;
  size_t at = 0;
  for (const Parameter& parameter : call.function.parameters) {
    if (only_inputs && is_output(parameter.kind)) return text;
    if (at != 0) text += ", ";
    text += shown(call, parameter, at);
    at += value_count(parameter.kind);
  }
  return text;
}

// Inputs are shown as they were when the call began: what it wrote may lie over them. `inputs` are those before the first output.
std::string rest_text(const Call& call) {
  std::string text;
  size_t at = 0;
  bool is_rest = false;
  for (const Parameter& parameter : call.function.parameters) {
    is_rest = is_rest || is_output(parameter.kind);
    if (is_rest) text += (at != 0 ? ", " : "") + shown(call, parameter, at);
    at += value_count(parameter.kind);
  }
  return text;
}

}  // namespace

void Strace::began(const Call& call) {
  is_open_ = format_ == Format::text && filter_.shows_function(call.function);
  if (is_open_) inputs_ = format("{}({}", call.function.name, arguments_text(call, true));
}

void Strace::ended(const Call& call) {
  const bool is_shown = filter_.shows_function(call.function) && filter_.shows_outcome(call);
  is_open_ = false;
  if (!is_shown) return;
  if (format_ == Format::jsonl) return write_json(call);
  std::string line = format("{}{}) = {}", inputs_, rest_text(call), result_text(call));
  if (call.denial != nullptr && !call.denial->is_probe)
    line += format(" {} (rule {})", call.denial->is_let_through ? "WOULD BE DENIED" : "DENIED", call.denial->rule);
  if (call.is_answered) line += " (INJECTED)";
  write_(format("{} <{}>\n", line, seconds(call.duration_ns)));
}

void Strace::memory_grew(const Growth& growth) {
  if (!filter_.shows_growth()) return;
  if (format_ == Format::text) {
    write_(growth.is_done ? format("memory.grow(+{}) = {}\n", growth.added_pages, growth.old_pages)
                          : format("memory.grow(+{}) = -1\n", growth.added_pages));
    return;
  }
  write_(format("{{\"event\":\"memory.grow\",\"added_pages\":{},\"result\":{},\"at_ns\":{}}}\n", growth.added_pages,
                growth.is_done ? format("{}", growth.old_pages) : "-1", growth.at_ns));
}

void Strace::finish(std::string_view how) {
  if (format_ == Format::jsonl) {
    write_(format("{{\"event\":\"end\",\"how\":{}}}\n", json_string(how)));
    return;
  }
  if (is_open_) write_(inputs_ + " <unfinished ...>\n");
  is_open_ = false;
  write_(format("+++ {} +++\n", how));
}

void Strace::write_json(const Call& call) const {
  JsonWriter line;
  line.begin('{');
  line.member("event", "\"call\"");
  line.member("id", format("{}", call.id));
  line.member("interface", json_string(call.function.interface.name));
  line.member("call", json_string(call.function.name));
  line.name("args");
  line.begin('{');
  size_t at = 0;
  for (const Parameter& parameter : call.function.parameters) {
    line.member(parameter.name, json(call, parameter, at));
    at += value_count(parameter.kind);
  }
  line.end('}');
  if (call.ending.kind == Ending::Kind::returned) {
    line.member("result", format("{}", call.ending.value));
    if (const ErrorName* error = error_name(call)) line.member("errno", json_string(error->name));
  } else {
    line.member("ends", json_string(call.ending.kind == Ending::Kind::exited ? format("exited with {}", call.ending.value)
                                                                             : "trapped: " + call.ending.why));
  }
  if (call.denial != nullptr) {
    line.name("denied");
    line.begin('{');
    line.member("kind", json_string(call.denial->kind));
    line.member("thing", json_string(call.denial->thing));
    line.member("rule", json_string(call.denial->rule));
    line.member("would_grant", json_string(call.denial->would_grant));
    if (call.denial->is_probe) line.member("probe", "true");
    line.end('}');
  }
  line.name("written");
  line.begin('[');
  for (const Range& range : call.written) line.value(format("[{},{}]", range.at, range.size));
  line.end(']');
  line.member("began_ns", format("{}", call.began_ns));
  line.member("duration_ns", format("{}", call.duration_ns));
  line.end('}');
  write_(line.text() + "\n");
}

void Summary::ended(const Call& call) {
  if (!filter_.shows_function(call.function) || !filter_.shows_outcome(call)) return;
  Row& row = rows_[std::string(call.function.name)];
  ++row.calls;
  row.errors += call.ending.kind == Ending::Kind::returned && call.ending.value != 0 ? 1 : 0;
  row.denied += call.denial != nullptr && !call.denial->is_probe ? 1 : 0;
  row.total_ns += call.duration_ns;
}

void Summary::memory_grew(const Growth& growth) {
  if (!filter_.shows_growth()) return;
  Row& row = rows_["memory.grow"];
  ++row.calls;
  row.errors += growth.is_done ? 0 : 1;
}

std::string Summary::text() const {
  std::vector<std::pair<std::string_view, Row>> sorted(rows_.begin(), rows_.end());
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return a.second.total_ns != b.second.total_ns ? a.second.total_ns > b.second.total_ns : a.first < b.first;
  });
  Row all;
  for (const auto& [name, row] : sorted) {
    all.calls += row.calls, all.errors += row.errors, all.denied += row.denied, all.total_ns += row.total_ns;
  }
  constexpr std::string_view rule = "------ ----------- ----------- --------- --------- --------- ------------------------\n";
  std::string text = "% time     seconds  usecs/call     calls    errors    denied call\n" + std::string(rule);
  const auto add = [&](std::string_view name, const Row& row) {
    const double percent = all.total_ns == 0 ? 0 : 100.0 * static_cast<double>(row.total_ns) / static_cast<double>(all.total_ns);
    const auto or_blank = [](uint64_t count) { return count == 0 ? std::string() : format("{}", count); };
    text +=
        format("{:6.2f} {:>11} {:>11} {:>9} {:>9} {:>9} {}\n", percent, seconds(row.total_ns),
               row.calls == 0 ? 0 : row.total_ns / row.calls / 1000, row.calls, or_blank(row.errors), or_blank(row.denied), name);
  };
  for (const auto& [name, row] : sorted) add(name, row);
  text += rule;
  add("total", all);
  return text;
}

}  // namespace mote::calls
