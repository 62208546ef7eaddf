// See log.h.
#include "platform/observe/log.h"

#include "base/core/format.h"
#include "base/core/json.h"
#include "base/core/time.h"
#include "base/os/file.h"
#include "base/os/node.h"

#include <algorithm>

namespace mote::observe {
namespace {

// What could move a terminal's cursor or begin another line, as an escape.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f)
      out += format("\\u{:04x}", static_cast<uint32_t>(byte));
    else
      out += c;
  }
  return out;
}

uint64_t size_of(const LogLine& line) {
  return sizeof line + line.component.size() + line.event.size() + line.text.size() + line.trace.size();
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "";
}

std::string_view name(LogStream stream) {
  switch (stream) {
    case LogStream::server:
      return "mote";
    case LogStream::guest_stdout:
      return "stdout";
    case LogStream::guest_stderr:
      return "stderr";
  }
  return "";
}

std::string log_text(const LogLine& line, LogFormat log_format) {
  const std::string time = utc_text(line.time_ns, 3);
  if (log_format == LogFormat::human) {
    std::string text = format("{} {} {}", time, line.component.empty() ? "mote" : line.component,
                              line.stream == LogStream::server ? name(line.level) : name(line.stream));
    if (!line.event.empty()) text += format(" [{}]", line.event);
    return text + " " + printable(line.text) + "\n";
  }
  JsonWriter json;
  json.begin('{');
  json.member("time", json_string(time));
  json.member("level", json_string(name(line.level)));
  if (!line.component.empty()) json.member("component", json_string(line.component));
  json.member("stream", json_string(name(line.stream)));
  if (!line.event.empty()) json.member("event", json_string(line.event));
  if (!line.trace.empty()) json.member("trace", json_string(line.trace));
  json.member("text", json_string(line.text));
  json.end('}');
  return json.text() + "\n";
}

struct RotatingFile::Open {
  os::File file;
};

RotatingFile::RotatingFile(std::string path, uint64_t most_size, uint64_t files)
    : path_(std::move(path)), most_size_(most_size), files_(std::max<uint64_t>(files, 1)) {}

RotatingFile::~RotatingFile() = default;

void RotatingFile::open() {
  auto file = os::File::append_to(path_);
  if (!file) return;
  const auto identity = file->identity();
  size_ = identity ? identity->size : 0;
  open_ = std::make_unique<Open>(Open{*std::move(file)});
}

// NAME.1 becomes NAME.2, NAME becomes NAME.1; the last one goes.
void RotatingFile::rotate() {
  open_.reset();
  const auto nth = [&](uint64_t n) { return n == 0 ? path_ : format("{}.{}", path_, n); };
  if (files_ == 1) (void)os::remove_file(path_);  // that it is not there is fine
  for (uint64_t n = files_ - 1; n > 0; --n) {
    if (os::exists(nth(n - 1)))
      (void)os::rename_in(os::current_folder, nth(n - 1), os::current_folder, nth(n));  // else it grows on
  }
  open();
}

void RotatingFile::write(std::string_view text) {
  if (!open_) open();
  if (open_ && size_ != 0 && size_ + text.size() > most_size_) rotate();
  const bool is_written =
      open_ && os::write_all(open_->file.descriptor(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()}).has_value();
  if (is_written)
    size_ += text.size();
  else
    ++lost_;
}

void DescriptorSink::write(std::string_view text) {
  // Nobody is left to be told when our own stderr is gone.
  (void)os::write_all(descriptor_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

LogSink& Log::sink(const std::string& component) {
  if (all_) return *all_;
  auto& made = sinks_[component];
  if (!made) made = make_(component);
  return *made;
}

void Log::write(LogLine line) {
  const std::lock_guard lock(mutex_);
  sink(line.component).write(log_text(line, format_));
  if (observer_) observer_(line);
  ++written_;
  tail_size_ += size_of(line);
  tail_.push_back(std::move(line));
  while (tail_.size() > limits::tail_lines.standard || tail_size_ > limits::tail_size.standard) {
    tail_size_ -= size_of(tail_.front());
    tail_.pop_front();
  }
}

void Log::set_observer(std::function<void(const LogLine&)> observer) {
  const std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

std::vector<LogLine> Log::tail(std::string_view component, size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<LogLine> lines;
  for (auto line = tail_.rbegin(); line != tail_.rend() && lines.size() < most; ++line) {
    if (component.empty() || line->component == component) lines.push_back(*line);
  }
  std::ranges::reverse(lines);
  return lines;
}

uint64_t Log::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

void LineSplitter::end_line(const Take& take) {
  if (++lines_ > limits::event_lines.standard) {
    ++dropped_;
  } else {
    if (line_.ends_with('\r')) line_.pop_back();
    if (is_cut_) line_ += "… (cut)";
    take(line_);
  }
  line_.clear();
  is_cut_ = false;
}

bool LineSplitter::add(std::string_view bytes, const Take& take) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    const size_t room = limits::line.standard - std::min<size_t>(line_.size(), limits::line.standard);
    is_cut_ = is_cut_ || piece.size() > room;
    if (lines_ < limits::event_lines.standard) line_ += piece.substr(0, room);
    bytes.remove_prefix(piece.size());
    if (end == bytes.npos) break;
    bytes.remove_prefix(1);
    end_line(take);
  }
  return dropped_ == 0;
}

void LineSplitter::finish(const Take& take) {
  if (!line_.empty()) end_line(take);
  if (dropped_ != 0) take(format("… and {} more lines of this event ({})", dropped_, limits::event_lines.name));
}

void LineSplitter::reset() {
  line_.clear();
  is_cut_ = false;
  lines_ = dropped_ = 0;
}

}  // namespace mote::observe
