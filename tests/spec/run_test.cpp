// The judge judged: patterns, and a runner that must fail when the engine is wrong. No module is read by any engine here.
#include "run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mote::spec {
namespace {

Pattern number(ScriptKind kind, uint32_t lane_bits, std::vector<Pattern::Lane> lanes) {
  return {.type = kind, .lane_bits = lane_bits, .lanes = std::move(lanes)};
}

TEST(Pattern, ComparesBits) {
  const Pattern one = number(ScriptKind::i32, 32, {{Pattern::bits, 1}});
  EXPECT_TRUE(one.matches({ScriptKind::i32, {}, {}, 1}));
  EXPECT_FALSE(one.matches({ScriptKind::i32, {}, {}, 2}));
  EXPECT_FALSE(one.matches({ScriptKind::i64, {}, {}, 1}));
  const Pattern minus_zero = number(ScriptKind::f32, 32, {{Pattern::bits, 0x8000'0000}});
  EXPECT_FALSE(minus_zero.matches({ScriptKind::f32, {}, {}, 0}));
}

TEST(Pattern, TellsNansApart) {
  const Pattern canonical = number(ScriptKind::f64, 64, {{Pattern::canonical_nan}});
  const Pattern arithmetic = number(ScriptKind::f64, 64, {{Pattern::arithmetic_nan}});
  const auto f64 = [](uint64_t bits) { return ScriptValue{ScriptKind::f64, {}, {}, bits}; };
  for (const uint64_t sign : {uint64_t{0}, uint64_t{1} << 63}) {
    EXPECT_TRUE(canonical.matches(f64(sign | 0x7ff8'0000'0000'0000)));
    EXPECT_FALSE(canonical.matches(f64(sign | 0x7ff8'0000'0000'0001)));
    EXPECT_TRUE(arithmetic.matches(f64(sign | 0x7ff8'0000'0000'0001)));
    EXPECT_FALSE(arithmetic.matches(f64(sign | 0x7ff0'0000'0000'0001))) << "signalling";
    EXPECT_FALSE(canonical.matches(f64(sign | 0x7ff0'0000'0000'0000))) << "infinity";
  }
}

TEST(Pattern, ComparesEveryLane) {
  std::vector<Pattern::Lane> lanes(16);
  for (uint64_t i = 0; i < 16; ++i) lanes[i].value = i;
  const Pattern pattern = number(ScriptKind::v128, 8, lanes);
  const ScriptValue right{ScriptKind::v128, {}, {}, 0x0706'0504'0302'0100, 0x0f0e'0d0c'0b0a'0908};
  EXPECT_TRUE(pattern.matches(right));
  for (int bit = 0; bit < 128; ++bit) {
    ScriptValue wrong = right;
    (bit < 64 ? wrong.low : wrong.high) ^= uint64_t{1} << bit % 64;
    EXPECT_FALSE(pattern.matches(wrong)) << bit;
  }
}

TEST(Pattern, KnowsReferences) {
  const ScriptValue null{ScriptKind::ref, RefClass::null, Hierarchy::func};
  const ScriptValue seven{ScriptKind::ref, RefClass::host, Hierarchy::extern_, 7};
  const Pattern any_null{.kind = Pattern::null, .type = ScriptKind::ref};
  const Pattern host7{.kind = Pattern::host, .type = ScriptKind::ref, .hierarchy = Hierarchy::extern_, .host_number = 7};
  const Pattern a_func{.kind = Pattern::a_ref, .type = ScriptKind::ref, .ref_type = "funcref"};
  EXPECT_TRUE(any_null.matches(null));
  EXPECT_FALSE(any_null.matches(seven));
  EXPECT_TRUE(host7.matches(seven));
  EXPECT_FALSE(host7.matches({ScriptKind::ref, RefClass::host, Hierarchy::extern_, 8}));
  EXPECT_FALSE(host7.matches({ScriptKind::ref, RefClass::host, Hierarchy::any, 7}));
  EXPECT_FALSE(a_func.matches(null));
  EXPECT_TRUE(a_func.matches({ScriptKind::ref, RefClass::func, Hierarchy::func, 1}));
  const Pattern either{.kind = Pattern::either, .alternatives = {any_null, host7}};
  EXPECT_TRUE(either.matches(seven));
  EXPECT_FALSE(either.matches({ScriptKind::ref, RefClass::func, Hierarchy::func, 1}));
}

// An engine that answers everything with the outcome it was given.
struct Parrot final : ScriptEngine {
  Outcome answer;
  Outcome instantiation;
  Outcome validation;
  Outcome validate(Bytes) override { return validation; }
  std::vector<std::string> import_modules(Bytes) override { return {"skipped"}; }
  Outcome instantiate(Bytes, const std::string&, Instance& instance) override {
    instance = 0;
    return instantiation;
  }
  Outcome register_as(const std::string&, Instance) override { return {}; }
  Outcome invoke(Instance, const std::string&, const std::vector<ScriptValue>&) override { return answer; }
  Outcome get_global(Instance, const std::string&) override { return answer; }
  std::unique_ptr<ScriptEngine> for_thread(std::optional<Instance> shared) override {
    if (!has_threads) return nullptr;
    auto thread = std::make_unique<Parrot>();
    thread->answer = in_threads;
    is_shared = shared.has_value();
    return thread;
  }
  bool has_threads = true, is_shared = false;
  Outcome in_threads;
};

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "mote-spec-run-test";
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/m.wasm") << "bytes";
    script_.folder = folder_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A module, then one command about it.
  Tally run(Command command, bool is_proposal = false) {
    script_.commands = {{.type = CommandType::module, .line = 1, .file = "m.wasm"}, std::move(command)};
    return ScriptRun(script_, "core/x", engine_, is_proposal).run();
  }
  static Command trap(std::string text) {
    return {.type = CommandType::assert_trap, .line = 2, .expected_text = std::move(text), .action = {.field = "f"}};
  }

  std::string folder_;
  Script script_;
  Parrot engine_;
};

TEST_F(RunTest, ResultsMustMatchInNumberAndOrder) {
  Command command{.type = CommandType::assert_return,
                  .line = 2,
                  .action = {.field = "f"},
                  .expected = {number(ScriptKind::i32, 32, {{Pattern::bits, 1}})}};
  engine_.answer.values = {{ScriptKind::i32, {}, {}, 1}};
  EXPECT_EQ(run(command).passed, 2u);
  engine_.answer.values = {{ScriptKind::i32, {}, {}, 2}};
  EXPECT_EQ(run(command).failed, 1u);
  engine_.answer.values = {};
  EXPECT_EQ(run(command).failed, 1u);
  engine_.answer = {Outcome::trap, "unreachable", {}};
  const Tally tally = run(command);
  EXPECT_EQ(tally.failed, 1u);
  ASSERT_EQ(tally.failures.size(), 1u);
  EXPECT_TRUE(tally.failures[0].starts_with("core/x:2: assert_return \"f\"")) << tally.failures[0];
}

TEST_F(RunTest, TrapsMustBeOfTheRightKind) {
  engine_.answer = {Outcome::trap, "uninitialized element", {}};
  EXPECT_EQ(run(trap("uninitialized element 2")).passed, 2u);
  EXPECT_EQ(run(trap("undefined element")).failed, 1u);
  engine_.answer = {};
  EXPECT_EQ(run(trap("unreachable")).failed, 1u);
  engine_.answer = {Outcome::error, "unreachable", {}};
  EXPECT_EQ(run(trap("unreachable")).failed, 1u);
}

TEST_F(RunTest, WrongModulesMustBeRefused) {
  const Command command{.type = CommandType::assert_invalid, .line = 2, .file = "m.wasm"};
  EXPECT_EQ(run(command).failed, 1u);
  engine_.validation = {Outcome::refused, "type mismatch", {}};
  EXPECT_EQ(run(command).passed, 2u);
  engine_.validation = {Outcome::error, "out of memory", {}};
  EXPECT_EQ(run(command).failed, 1u);
}

TEST_F(RunTest, LinkFailuresMustBeOfTheRightKind) {
  const Command command{.type = CommandType::assert_unlinkable, .line = 2, .file = "m.wasm", .expected_text = "unknown import"};
  EXPECT_EQ(run(command).failed, 1u) << "it linked";
  engine_.instantiation = {Outcome::unlinkable, "incompatible import type", {}};
  EXPECT_EQ(run(command).failed, 2u) << "the module and the command";
  engine_.instantiation = {Outcome::unlinkable, "unknown import \"a\" \"b\"", {}};
  EXPECT_EQ(run(command).passed, 1u);
}

TEST_F(RunTest, UnsupportedModulesTakeTheirCommandsAlong) {
  engine_.instantiation = {Outcome::unsupported, "not supported by this build yet: threads, function 3", {}};
  const Tally tally = run(trap("unreachable"));
  EXPECT_EQ(tally.skipped, 2u);
  EXPECT_EQ(tally.failed, 0u);
  ASSERT_EQ(tally.skips.size(), 1u);
  EXPECT_EQ(tally.skips[0].module, "core/x/m.wasm");
  EXPECT_EQ(tally.skips[0].commands, 2u);
}

TEST_F(RunTest, RefusedModulesFailExceptInProposals) {
  engine_.instantiation = {Outcome::refused, "illegal opcode", {}};
  EXPECT_EQ(run(trap("unreachable")).failed, 2u) << "there is no instance either";
  const Tally tally = run(trap("unreachable"), true);
  EXPECT_EQ(tally.failed, 0u);
  EXPECT_EQ(tally.skipped, 2u);
}

TEST_F(RunTest, CommandsWithoutInstanceFail) {
  Command command = trap("unreachable");
  command.action.module = "nobody";
  engine_.answer = {Outcome::trap, "unreachable", {}};
  EXPECT_EQ(run(command).failed, 1u);
}

TEST_F(RunTest, TextOnlyIsNeitherPassedNorFailed) {
  const Tally tally = run({.type = CommandType::assert_malformed, .line = 2, .is_text_only = true});
  EXPECT_EQ(tally.text_only, 1u);
  EXPECT_EQ(tally.passed, 1u);
}

// A thread that shares the module and expects a trap, and its wait.
std::vector<Command> a_thread() {
  Command thread{.type = CommandType::thread, .line = 2, .name = "T", .module = "M"};
  thread.nested = {{.type = CommandType::assert_trap, .line = 3, .expected_text = "unreachable", .action = {.module = "M"}}};
  return {{.type = CommandType::module, .line = 1, .name = "M", .file = "m.wasm"},
          std::move(thread),
          {.type = CommandType::wait, .line = 4, .name = "T"}};
}

TEST_F(RunTest, AThreadsCommandsCountAndItsWaitFailsWithThem) {
  script_.commands = a_thread();
  engine_.in_threads = {Outcome::trap, "unreachable", {}};
  EXPECT_EQ(ScriptRun(script_, "core/x", engine_, false).run().passed, 4u);
  EXPECT_TRUE(engine_.is_shared);
  engine_.in_threads = {Outcome::trap, "integer overflow", {}};
  EXPECT_EQ(ScriptRun(script_, "core/x", engine_, false).run().failed, 2u) << "the command and the wait";
  script_.commands.pop_back();
  EXPECT_EQ(ScriptRun(script_, "core/x", engine_, false).run().failed, 1u) << "joined at the end";
}

TEST_F(RunTest, ThreadsAreSkippedWhereAnEngineHasNone) {
  script_.commands = a_thread();
  engine_.has_threads = false;
  const Tally tally = ScriptRun(script_, "core/x", engine_, false).run();
  EXPECT_EQ(tally.skipped, 3u);
  EXPECT_EQ(tally.failed, 0u);
}

TEST(Script, ReadsTheDialect) {
  const std::string folder = testing::TempDir() + "mote-spec-script-test";
  std::filesystem::create_directories(folder);
  const std::string name = folder.substr(folder.rfind('/') + 1);
  std::ofstream(folder + "/" + name + ".json") << R"({"source_filename":"x.wast","commands":[
    {"type":"module","line":1,"name":"M","filename":"x.0.wat","module_type":"text","binary_filename":"x.0.wasm"},
    {"type":"assert_malformed","line":2,"filename":"x.1.wat","module_type":"text","text":"unexpected token"},
    {"type":"assert_return","line":3,"action":{"type":"invoke","module":"M","field":"a\u0000b","args":[{"type":"i32","value":"-1"},
      {"type":"v128","lane_type":"i16","value":["1","-2","0","0","0","0","0","-1"]},{"type":"externref","value":"7"}]},
     "expected":[{"type":"either","values":[{"type":"f32","value":"nan:canonical"},{"type":"f32","value":"2143289345"}]}]}]})";
  const auto script = read_script(folder);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(script.has_value()) << script.error().message;
  ASSERT_EQ(script->commands.size(), 3u);
  EXPECT_EQ(script->commands[0].file, "x.0.wasm");
  EXPECT_TRUE(script->commands[1].is_text_only);
  const Command& command = script->commands[2];
  EXPECT_EQ(command.action.field, std::string("a\0b", 3));
  EXPECT_EQ(command.action.args[0].low, 0xffff'ffffu);
  EXPECT_EQ(command.action.args[1].low, 0xfffe'0001u);
  EXPECT_EQ(command.action.args[1].high, 0xffff'0000'0000'0000u);
  EXPECT_EQ(command.action.args[2].ref, RefClass::host);
  EXPECT_TRUE(command.expected[0].matches({ScriptKind::f32, {}, {}, 0x7fc0'0001}));
  EXPECT_FALSE(command.expected[0].matches({ScriptKind::f32, {}, {}, 0x7fc0'0002}));
}

}  // namespace
}  // namespace mote::spec
