// Tests of watch.h, denial.h and audit.h with an interface made up for them.
#include "host/calls/watch.h"

#include "host/calls/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mote::calls {
namespace {

constexpr ErrorName errors[] = {{"OK", "Fine"}, {"ENO", "No"}};
const Interface interface = {"test", errors};
constexpr Parameter parameters[] = {{.name = "fd", .kind = ParameterKind::descriptor}};
const Function function = {interface, "do_it", parameters, group::clock};

uint64_t time_ns = 0;
uint64_t tick() {
  return time_ns += 10;
}

struct Recorder : Sink {
  void began(const Call& call) override { log.push_back("began " + std::to_string(call.id)); }
  void ended(const Call& call) override {
    log.push_back("ended " + std::to_string(call.id) + " = " + std::to_string(call.ending.value));
    written = call.written;
    duration = call.duration_ns;
    was_denied = call.denial != nullptr;
    was_answered = call.is_answered;
  }
  void completed(const Completion& completion) override { log.push_back("completed " + std::to_string(completion.call_id)); }
  void memory_grew(const Growth& growth) override { log.push_back("grew by " + std::to_string(growth.added_pages)); }
  std::vector<std::string> log;
  std::vector<Range> written;
  uint64_t duration = 0;
  bool was_denied = false, was_answered = false;
};

class WatchTest : public testing::Test {
 protected:
  WatchTest() { watch.add(sink); }
  Ending pass(const std::function<Ending()>& run) {
    const uint64_t values[] = {7};
    return watch.pass(function, values, memory, run);
  }
  std::vector<uint8_t> memory = std::vector<uint8_t>(64);
  Denials denials;
  Watch watch{tick, denials};
  Recorder sink;
};

TEST_F(WatchTest, TellsWhatACallDid) {
  const Ending ending = pass([&] {
    EXPECT_EQ(watch.current_id(), 1u);
    watch.note_written(8, 4);
    watch.note_written(20, 0);  // nothing
    return Ending{.value = 1};
  });
  EXPECT_EQ(ending.value, 1u);
  EXPECT_EQ(sink.log, (std::vector<std::string>{"began 1", "ended 1 = 1"}));
  EXPECT_EQ(sink.written, (std::vector<Range>{{8, 4}}));
  EXPECT_EQ(sink.duration, 10u);
  EXPECT_FALSE(sink.was_denied);
  EXPECT_EQ(watch.current_id(), 0u);
}

TEST_F(WatchTest, CallsNest) {
  (void)pass([&] {
    watch.note_written(1, 1);
    (void)pass([&] {
      watch.note_written(2, 1);
      return Ending{};
    });
    watch.note_written(3, 1);
    return Ending{};
  });
  EXPECT_EQ(sink.log, (std::vector<std::string>{"began 1", "began 2", "ended 2 = 0", "ended 1 = 0"}));
  EXPECT_EQ(sink.written, (std::vector<Range>{{1, 1}, {3, 1}}));
}

TEST_F(WatchTest, TellsOfCompletionsAndGrowth) {
  const Range range{4, 4};
  watch.note_completed(3, 0, {&range, 1});
  watch.note_growth(1, 5, true);
  EXPECT_EQ(sink.log, (std::vector<std::string>{"completed 3", "grew by 5"}));
}

struct FixedAnswer : Interposer {
  bool answer(Call& call) override {
    if (call.values[0] != 7) return false;
    call.memory[0] = 99;
    call.written.push_back({0, 1});
    call.ending.value = 1;
    return true;
  }
};

TEST_F(WatchTest, AnInterposerAnswersInstead) {
  FixedAnswer interposer;
  watch.set_interposer(&interposer);
  bool ran = false;
  const auto run = [&] {
    ran = true;
    return Ending{};
  };
  EXPECT_EQ(pass(run).value, 1u);
  EXPECT_FALSE(ran);
  EXPECT_EQ(memory[0], 99);
  EXPECT_TRUE(sink.was_answered);
  EXPECT_EQ(sink.written, (std::vector<Range>{{0, 1}}));
  const uint64_t other[] = {8};
  EXPECT_EQ(watch.pass(function, other, memory, run).value, 0u);
  EXPECT_TRUE(ran);
}

TEST_F(WatchTest, ADenialIsSeenAndMayEndTheGuest) {
  const auto refuse = [&](bool is_let_through, bool is_probe = false) {
    return pass([&] {
      denials.note({.kind = "write",
                    .thing = "write to x",
                    .rule = "p.toml:4",
                    .would_grant = "write = true",
                    .is_let_through = is_let_through,
                    .is_probe = is_probe});
      return Ending{.value = 1};
    });
  };
  EXPECT_EQ(refuse(false).kind, Ending::Kind::returned);
  EXPECT_TRUE(sink.was_denied);
  watch.set_denial_ends_guest(true);
  const Ending ended = refuse(false);
  EXPECT_EQ(ended.kind, Ending::Kind::trapped);
  EXPECT_EQ(ended.why, "write to x: refused by p.toml:4; write = true would allow it");
  EXPECT_EQ(refuse(true).kind, Ending::Kind::returned);
  EXPECT_EQ(refuse(false, true).kind, Ending::Kind::returned);
  EXPECT_EQ(pass([] { return Ending{}; }).kind, Ending::Kind::returned);
}

TEST(Recent, IsBounded) {
  Recent recent(2);
  const auto is_new = [&](const std::string& rule, const std::string& thing) {
    return recent.is_new({.kind = "write", .thing = thing, .rule = rule, .would_grant = ""});
  };
  EXPECT_TRUE(is_new("a", "1"));
  EXPECT_FALSE(is_new("a", "1"));
  EXPECT_TRUE(is_new("a", "2"));
  EXPECT_FALSE(is_new("a", "3"));
  EXPECT_TRUE(is_new("b", "1"));
  for (size_t i = 0; i < Recent::rules_most + 5; ++i) (void)is_new("rule " + std::to_string(i), "x");
  EXPECT_EQ(recent.rules().size(), Recent::rules_most);
  EXPECT_EQ(recent.uncounted(), 7u);
}

TEST(Audit, WritesWhatIsNewAndCountsTheRest) {
  std::string text;
  Audit audit([&](std::string_view line) { text += line; }, "a \"guest\"", [] { return uint64_t{1'795'700'626'226'000'000}; });
  for (int i = 0; i < 100; ++i) {
    audit.denied({.kind = "outside", .thing = "open \"../" + std::to_string(i) + "\"", .rule = "--dir d", .would_grant = ""});
  }
  audit.finish();
  EXPECT_TRUE(text.starts_with(
      R"({"time":"2026-11-26T13:43:46.226Z","guest":"a \"guest\"","event":"denied","kind":"outside","thing":"open \"../0\"","rule":"--dir d","would_grant":""})"
      "\n"))
      << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<ptrdiff_t>(Audit::things_most) + 1);
  EXPECT_NE(text.find("\"text\":\"suppressed 84\""), std::string::npos) << text;
}

}  // namespace
}  // namespace mote::calls
