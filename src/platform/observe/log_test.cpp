// Logs: both formats, what a guest may write, files that turn over, the last lines for who looks.
#include "platform/observe/log.h"

#include "base/os/file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

namespace mote::observe {
namespace {

constexpr int64_t time_ns = 1'795'698'300'123'000'000;

TEST(Log, HasTwoFormats) {
  const LogLine guest{.time_ns = time_ns,
                      .component = "hello",
                      .event = "4f",
                      .stream = LogStream::guest_stderr,
                      .text = "a\x1b[31m \"b\"\t\xc3\xa4"};
  EXPECT_EQ(log_text(guest, LogFormat::human), "2026-11-26T13:05:00.123Z hello stderr [4f] a\\u001b[31m \"b\"\t\xc3\xa4\n");
  EXPECT_EQ(
      log_text(guest, LogFormat::json),
      "{\"time\":\"2026-11-26T13:05:00.123Z\",\"level\":\"info\",\"component\":\"hello\",\"stream\":\"stderr\",\"event\":\"4f\","
      "\"text\":\"a\\u001b[31m \\\"b\\\"\\u0009\xc3\xa4\"}\n");
  const LogLine own{.time_ns = time_ns, .level = LogLevel::warning, .text = "x"};
  EXPECT_EQ(log_text(own, LogFormat::human), "2026-11-26T13:05:00.123Z mote warning x\n");
}

struct Kept : LogSink {
  explicit Kept(std::string& text) : text(text) {}
  void write(std::string_view more) override { text += more; }
  std::string& text;
};

TEST(Log, KeepsTheLastLines) {
  std::string text;
  Log log(LogFormat::human, std::make_unique<Kept>(text));
  for (size_t i = 0; i < limits::tail_lines.standard + 10; ++i)
    log.write({.component = i % 2 == 0 ? "a" : "b", .text = std::to_string(i)});
  EXPECT_EQ(log.written(), limits::tail_lines.standard + 10);
  EXPECT_EQ(log.tail("", 1'000'000).size(), limits::tail_lines.standard);
  const auto last = log.tail("a", 2);
  ASSERT_EQ(last.size(), 2u);
  EXPECT_EQ(last[1].text, "1008");
  EXPECT_EQ(last[0].text, "1006");
  for (int i = 0; i < 100; ++i) log.write({.text = std::string(100'000, 'x')});
  EXPECT_LE(log.tail("", 1'000'000).size(), limits::tail_size.standard / 100'000);
}

TEST(Log, GivesEachComponentItsOwn) {
  std::map<std::string, std::string> texts;
  Log log(LogFormat::human, [&](std::string_view component) { return std::make_unique<Kept>(texts[std::string(component)]); });
  size_t seen = 0;
  log.set_observer([&](const LogLine&) { ++seen; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 500; ++j) log.write({.component = "c" + std::to_string(i), .text = "line"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, 2000u);
  ASSERT_EQ(texts.size(), 4u);
  for (const auto& [component, text] : texts) EXPECT_EQ(std::ranges::count(text, '\n'), 500) << component;
}

std::string lines_of(std::initializer_list<std::string_view> pieces) {
  LineSplitter splitter;
  std::string all;
  const auto take = [&](std::string_view line) { all += "[" + std::string(line) + "]"; };
  for (const std::string_view piece : pieces) splitter.add(piece, take);
  splitter.finish(take);
  return all;
}

TEST(LineSplitter, MakesLines) {
  EXPECT_EQ(lines_of({"a\nb", "c\n", "\nlast"}), "[a][bc][][last]");
  EXPECT_EQ(lines_of({"a\r\n"}), "[a]");
  EXPECT_EQ(lines_of({}), "");
}

TEST(LineSplitter, IsBounded) {
  const std::string large(limits::line.standard + 5, 'x');
  const std::string cut = lines_of({large, large, "\nnext\n"});
  EXPECT_EQ(cut, "[" + std::string(limits::line.standard, 'x') + "… (cut)][next]");
  LineSplitter splitter;
  size_t lines = 0;
  std::string last;
  const auto take = [&](std::string_view line) { ++lines, last = line; };
  bool has_room = true;
  for (size_t i = 0; i < limits::event_lines.standard + 7; ++i) has_room = splitter.add("x\n", take);
  EXPECT_FALSE(has_room);
  splitter.finish(take);
  EXPECT_EQ(lines, limits::event_lines.standard + 1);
  EXPECT_EQ(last, "… and 7 more lines of this event (event-lines)");
  splitter.reset();
  EXPECT_TRUE(splitter.add("x\n", take));
}

TEST(RotatingFile, TurnsOver) {
  const std::string folder = os::make_temporary_folder("mote-log").value();
  const std::string path = folder + "/hello.log";
  const auto content = [&](const std::string& name) {
    const auto bytes = os::read_file(name, 1000);
    return bytes ? std::string(bytes->begin(), bytes->end()) : "none";
  };
  {
    RotatingFile file(path, 10, 3);
    for (const std::string_view text : {"11111\n", "22222\n", "33333\n", "44444\n"}) file.write(text);
    EXPECT_EQ(content(path), "44444\n");
    EXPECT_EQ(content(path + ".1"), "33333\n");
    EXPECT_EQ(content(path + ".2"), "22222\n");
    EXPECT_EQ(content(path + ".3"), "none");
    file.write("5\n");
    EXPECT_EQ(file.lost(), 0u);
  }
  RotatingFile again(path, 10, 1);  // goes on behind what is there
  again.write("6\n");
  EXPECT_EQ(content(path), "44444\n5\n6\n");
  again.write("7777777\n");
  EXPECT_EQ(content(path), "7777777\n");
  RotatingFile nowhere(folder + "/nosuch/x", 10, 3);
  nowhere.write("lost");
  EXPECT_EQ(nowhere.lost(), 1u);
  EXPECT_TRUE(os::remove_folder(folder));
}

}  // namespace
}  // namespace mote::observe
