// What is logged: lines of guests, tagged by their event, and lines of the server. Formatted once, written to a file for each
// component or to one stream, and the last ones kept for who looks (`mote logs`, the dashboard). Tested by log_test.cpp.
//
// A guest can write what it likes: lines are cut, counted for each event, and made fit for a terminal. From any thread; a lock is
// held while a line is written.
#pragma once

#include "platform/observe/limits.h"

#include <mote/result.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mote::observe {

enum class LogLevel : uint8_t { debug, info, warning, error };
enum class LogStream : uint8_t { server, guest_stdout, guest_stderr };
[[nodiscard]] std::string_view name(LogLevel level);
[[nodiscard]] std::string_view name(LogStream stream);

struct LogLine {
  int64_t time_ns = 0;    // since 1970
  std::string component;  // empty: the server's own
  std::string event;      // its id; empty: of no event
  LogStream stream = LogStream::server;
  LogLevel level = LogLevel::info;
  std::string text;        // one line
  std::string trace = {};  // a trace's id, hexadecimal; empty: none
};

enum class LogFormat : uint8_t { human, json };
// With its newline. Human: "2026-11-26T13:05:00.123Z hello stderr [4f2a…] text", control characters as \u….
[[nodiscard]] std::string log_text(const LogLine& line, LogFormat format);

// Where text goes. Called with a lock held.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view text) = 0;
};

// A file that begins anew when it is full: NAME, and what it was before as NAME.1, NAME.2, … as many as are kept.
class RotatingFile : public LogSink {
 public:
  RotatingFile(std::string path, uint64_t most_size, uint64_t files);
  ~RotatingFile() override;
  void write(std::string_view text) override;
  [[nodiscard]] uint64_t lost() const { return lost_; }  // writes that failed: a full disk must not stop the server

 private:
  void open();
  void rotate();
  struct Open;
  std::string path_;
  uint64_t most_size_, files_, size_ = 0, lost_ = 0;
  std::unique_ptr<Open> open_;
};

// A descriptor of ours: 2.
class DescriptorSink : public LogSink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}
  void write(std::string_view text) override;

 private:
  int descriptor_;
};

class Log {
 public:
  using MakeSink = std::function<std::unique_ptr<LogSink>(std::string_view component)>;
  // Every component's lines go to one sink, or (`make`) each to its own, made at its first line; "" is the server.
  Log(LogFormat format, std::unique_ptr<LogSink> all) : format_(format), all_(std::move(all)) {}
  Log(LogFormat format, MakeSink make) : format_(format), make_(std::move(make)) {}

  void write(LogLine line);
  // What is to see each line besides: OTLP, `mote logs -f`. Called with the lock held; it must not log.
  void set_observer(std::function<void(const LogLine&)> observer);
  // The last lines, oldest first: of a component, or (empty) of all.
  [[nodiscard]] std::vector<LogLine> tail(std::string_view component, size_t most) const;
  [[nodiscard]] uint64_t written() const;  // lines so far, so that who follows sees what it missed

 private:
  LogSink& sink(const std::string& component);

  LogFormat format_;
  std::unique_ptr<LogSink> all_;
  MakeSink make_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<LogSink>, std::less<>> sinks_;
  std::deque<LogLine> tail_;
  uint64_t tail_size_ = 0, written_ = 0;
  std::function<void(const LogLine&)> observer_;
};

// Makes lines of what one stream of one event writes, piece by piece.
class LineSplitter {
 public:
  using Take = std::function<void(std::string_view line)>;
  // Hands on whole lines; a line that is too long is cut, and marked. False from the line on that is above limits::event_lines.
  bool add(std::string_view bytes, const Take& take);
  void finish(const Take& take);  // the last line, without its newline; and how many there were above the limit
  void reset();                   // for the next event

 private:
  void end_line(const Take& take);
  std::string line_;
  bool is_cut_ = false;
  uint64_t lines_ = 0, dropped_ = 0;
};

}  // namespace mote::observe
