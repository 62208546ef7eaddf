// Tests of strace.h, text.h and filter.h: lines of calls of an interface made up for them, and of hostile values.
#include "host/calls/strace.h"

#include "host/calls/text.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace mote::calls {
namespace {

constexpr ErrorName errors[] = {{"OK", "Fine"}, {"ENO", "No"}};
const Interface interface = {"test", errors};
constexpr std::string_view colours[] = {"RED", "GREEN"}, bits[] = {"A", "B"};
constexpr Parameter open_parameters[] = {{.name = "fd", .kind = ParameterKind::descriptor},
                                         {.name = "path", .kind = ParameterKind::path},
                                         {.name = "flags", .kind = ParameterKind::flags, .names = bits},
                                         {.name = "colour", .kind = ParameterKind::choice, .names = colours},
                                         {.name = "opened", .kind = ParameterKind::out_descriptor, .size = 4}};
constexpr Parameter read_parameters[] = {{.name = "iovs", .kind = ParameterKind::pieces_out, .filled_by = 1},
                                         {.name = "count", .kind = ParameterKind::out_number, .size = 4}};
constexpr Parameter write_parameters[] = {{.name = "iovs", .kind = ParameterKind::pieces_in},
                                          {.name = "offset", .kind = ParameterKind::signed_number},
                                          {.name = "buf", .kind = ParameterKind::buffer_out, .filled_by = -1}};
const Function open = {interface, "path_open", open_parameters, group::path};
const Function read = {interface, "fd_read", read_parameters, group::descriptor};
const Function write = {interface, "fd_write", write_parameters, group::descriptor};
constexpr std::string_view names[] = {"path_open", "fd_read", "fd_write"};

uint64_t frozen() {
  return 0;
}

class StraceTest : public testing::Test {
 protected:
  StraceTest() {
    put_text(100, "a\"\n");
    put(200, 300), put(204, 5), put(208, 400), put(212, 9);
    put_text(300, "helloX");
    put_text(400, "worldwide");
  }
  void put(uint32_t at, uint32_t value) { store_le(memory.data() + at, value); }
  void put_text(uint32_t at, std::string_view text) { std::memcpy(memory.data() + at, text.data(), text.size()); }
  // The line of one call.
  std::string line(const Function& function, std::vector<uint64_t> values, Ending ending = {}, std::string_view filter = "",
                   Strace::Format format = Strace::Format::text, bool is_denied = false) {
    std::string text;
    Strace strace([&](std::string_view part) { text += part; }, *Filter::parse(filter, names), format);
    Denials denials;
    Watch watch(frozen, denials);
    watch.add(strace);
    (void)watch.pass(function, values, memory, [&] {
      if (is_denied) denials.note({.kind = "k", .thing = "t", .rule = "p:1", .would_grant = "w"});
      put(500, 4);
      return ending;
    });
    return text;
  }
  std::vector<uint8_t> memory = std::vector<uint8_t>(1024);
};

TEST_F(StraceTest, DecodesByKind) {
  EXPECT_EQ(line(open, {3, 100, 3, 3, 1, 500}), "path_open(3, \"a\\\"\\n\", A|B, GREEN, [4]) = 0 <0.000000>\n");
  EXPECT_EQ(line(open, {3, 100, 3, 0, 9, 500}, {.value = 1}), "path_open(3, \"a\\\"\\n\", 0, 9, 0x1f4) = 1 ENO (No) <0.000000>\n");
  EXPECT_EQ(line(open, {3, 100, 3, 12, 0, 500}, {.value = 7}), "path_open(3, \"a\\\"\\n\", 0xc, RED, 0x1f4) = 7 <0.000000>\n");
  // Only what was read is shown: four bytes.
  EXPECT_EQ(line(read, {200, 2, 500}), "fd_read([{\"hell\", 5}, {\"\", 9}], 2, [4]) = 0 <0.000000>\n");
  EXPECT_EQ(line(write, {200, 2, UINT64_MAX, 300, 6}),
            "fd_write([{\"hello\", 5}, {\"worldwide\", 9}], 2, -1, \"helloX\", 6) = 0 <0.000000>\n");
}

TEST_F(StraceTest, HostilePointersAreNumbers) {
  EXPECT_EQ(line(open, {3, 0xffffffff, 0xffffffff, 0, 0, 0xfffffffe}),
            "path_open(3, 0xffffffff, 4294967295, 0, RED, 0xfffffffe) = 0 <0.000000>\n");
  EXPECT_EQ(line(read, {1020, 2, 500}), "fd_read(0x3fc, 2, [4]) = 0 <0.000000>\n");
  put(200, 0xfffffff0);
  EXPECT_EQ(line(write, {200, 1, 0, 0xffffffff, 10}), "fd_write([{\"\", 5}], 1, 0, 0xffffffff, 10) = 0 <0.000000>\n");
  EXPECT_EQ(line(write, {200, 0xffffffff, 0, 300, 0}).substr(0, 20), "fd_write([{\"\", 5}, {");
}

TEST_F(StraceTest, EndingsAndDenials) {
  EXPECT_EQ(line(read, {200, 1, 500}, {.kind = Ending::Kind::exited, .value = 3}), "fd_read(0xc8, 1, 0x1f4) = ? <0.000000>\n");
  EXPECT_EQ(line(read, {200, 1, 500}, {.value = 1}, "", Strace::Format::text, true),
            "fd_read(0xc8, 1, 0x1f4) = 1 ENO (No) DENIED (rule p:1) <0.000000>\n");
}

TEST_F(StraceTest, Json) {
  EXPECT_EQ(line(open, {3, 100, 3, 3, 1, 500}, {.value = 1}, "", Strace::Format::jsonl, true),
            R"({"event":"call","id":1,"interface":"test","call":"path_open","args":{"fd":3,"path":"a\"\u000a","flags":["A","B"],)"
            R"("colour":"GREEN","opened":null},"result":1,"errno":"ENO","denied":{"kind":"k","thing":"t","rule":"p:1",)"
            R"("would_grant":"w"},"written":[],"began_ns":0,"duration_ns":0})"
            "\n");
}

TEST_F(StraceTest, Filters) {
  const auto shows = [&](std::string_view filter, const Function& function, uint64_t result = 0, bool is_denied = false) {
    return !line(function, {200, 1, 500, 1, 0, 0}, {.value = result}, filter, Strace::Format::text, is_denied).empty();
  };
  EXPECT_TRUE(shows("all", read));
  EXPECT_TRUE(shows("fd_read", read));
  EXPECT_FALSE(shows("fd_read", write));
  EXPECT_TRUE(shows("fd_*", write));
  EXPECT_TRUE(shows("%path", open));
  EXPECT_FALSE(shows("path", read));
  EXPECT_TRUE(shows("!path", read));
  EXPECT_FALSE(shows("file,!fd_write", write));
  EXPECT_FALSE(shows("failed", read));
  EXPECT_TRUE(shows("failed", read, 1));
  EXPECT_FALSE(shows("denied", read, 1));
  EXPECT_TRUE(shows("denied", read, 1, true));
  const auto wrong = Filter::parse("fd_reed", names);
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("did you mean \"fd_read\""), std::string::npos);
}

TEST_F(StraceTest, UnfinishedCallsAndGrowth) {
  std::string text;
  Strace strace([&](std::string_view part) { text += part; }, {}, Strace::Format::text);
  const uint64_t values[] = {3, 100, 3, 0, 0, 500};
  const Call call{.function = open, .values = values, .memory = memory};
  strace.memory_grew({.old_pages = 2, .added_pages = 3, .is_done = true});
  strace.memory_grew({.old_pages = 2, .added_pages = 3});
  strace.began(call);
  strace.finish("killed");
  EXPECT_EQ(text,
            "memory.grow(+3) = 2\nmemory.grow(+3) = -1\npath_open(3, \"a\\\"\\n\", 0, RED <unfinished ...>\n+++ killed +++\n");
}

TEST_F(StraceTest, Summary) {
  Summary summary{{}};
  const uint64_t values[] = {200, 1, 500};
  Call call{.function = read, .values = values, .memory = memory};
  call.duration_ns = 2'000'000;
  summary.ended(call);
  call.ending.value = 1;
  summary.ended(call);
  const std::string text = summary.text();
  EXPECT_NE(text.find("100.00    0.004000        2000         2         1           fd_read"), std::string::npos) << text;
}

}  // namespace
}  // namespace mote::calls
