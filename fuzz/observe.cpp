// What clients and guests may make a server log and trace: the first line is a traceparent header, the second a tracestate, the
// rest a guest's output. A trace that is read is written as it came, or as its known part; lines stay within their limits, and a
// log line is one line in both formats.
#include "platform/observe/log.h"
#include "platform/observe/otlp.h"
#include "platform/observe/trace.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace mote;
using namespace mote::observe;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

void look_at_trace(std::string_view parent, std::string_view state) {
  const auto context = TraceContext::parse(parent, state);
  if (!context) return;
  const std::string written = context->traceparent();
  require(TraceContext::parse(written).has_value() && written.size() == 55 && written.substr(3, 49) == parent.substr(3, 49));
  require(context->state.empty() || context->state == state);
}

void look_at_output(std::string_view output) {
  LineSplitter splitter;
  const auto take = [](std::string_view text) {
    require(text.size() <= observe::limits::line.standard + 16 && text.find('\n') == text.npos);
    const LogLine line{.component = "c", .event = "1", .stream = LogStream::guest_stdout, .text = std::string(text)};
    for (const LogFormat format : {LogFormat::human, LogFormat::json}) {
      const std::string shown = log_text(line, format);
      require(std::ranges::count(shown, '\n') == 1 && shown.find('\x1b') == shown.npos);
    }
    require(!encode_logs({}, "1", std::span(&line, 1)).empty());
  };
  const size_t half = output.size() / 2;
  splitter.add(output.substr(0, half), take);
  splitter.add(output.substr(half), take);
  splitter.finish(take);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view parent = take_line(text), state = take_line(text);
  look_at_trace(parent, state);
  look_at_output(text);
  const std::string pairs(state);
  (void)OtlpSettings::read([&](std::string_view) { return std::optional(pairs); }, "fuzz");
  return 0;
}
