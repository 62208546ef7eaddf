#include "apps/mote/aliases.h"

#include "apps/mote/arguments.h"

#include <gtest/gtest.h>

namespace mote::cli {
namespace {

Result<Options> parsed(std::vector<std::string_view> words) {
  words.push_back("a.wasm");
  return parse(for_run, words);
}
std::string message(std::vector<std::string_view> words) {
  const auto options = parsed(std::move(words));
  return options ? "accepted" : options.error().message;
}
std::string folder(std::vector<std::string_view> words) {
  const auto options = parsed(std::move(words));
  if (!options || options->folders.size() != 1) return options ? "none" : options.error().message;
  const auto& one = options->folders[0];
  return one.host + " as " + one.guest + (one.is_read_only ? ", read-only" : "");
}

TEST(Aliases, FoldersKeepTheirOwnersOrder) {
  EXPECT_EQ(folder({"--mapdir", "/guest:/host"}), "/host as /guest");
  EXPECT_EQ(folder({"--mapdir=/guest:C:/host"}), "C:/host as /guest");
  EXPECT_EQ(folder({"--volume", "/host:/guest"}), "/host as /guest");
  EXPECT_EQ(folder({"--volume", "/same"}), "/same as /same");
  EXPECT_EQ(folder({"-mount=/host:/guest"}), "/host as /guest");
  EXPECT_EQ(folder({"-mount", "/host:/guest:ro"}), "/host as /guest, read-only");
  EXPECT_EQ(folder({"-mount=/same:ro"}), "/same as /same, read-only");
  EXPECT_EQ(folder({"--map-dir=/guest::/host"}), "/host as /guest");
}

TEST(Aliases, UnitsAreTheirOwners) {
  EXPECT_EQ(parsed({"--time-limit", "2000"})->timeout->ns, 2'000'000'000u);
  EXPECT_EQ(parsed({"--timeout=1500"})->timeout->ns, 1'500'000'000u);
  EXPECT_EQ(parsed({"-timeout", "2s"})->timeout->ns, 2'000'000'000u);
  EXPECT_EQ(parsed({"--gas-limit", "77"})->fuel, 77);
  EXPECT_EQ(parsed({"--memory-page-limit", "16"})->limits.memory_size_bytes, 1u << 20);
  EXPECT_EQ(parsed({"--stack-size=1048576"})->limits.wasm_stack_bytes, 1u << 20);
}

TEST(Aliases, NamesAndVariables) {
  EXPECT_EQ(parsed({"-f", "add"})->invoke, "add");
  EXPECT_EQ(parsed({"-env=A=b=c"})->environment, (std::vector<std::string>{"A=b=c"}));
  EXPECT_TRUE(parsed({"-env-inherit"})->inherits_environment);
  EXPECT_TRUE(parsed({"-v"})->verbose);
  const auto reactor = parse(for_run, std::vector<std::string_view>{"--reactor", "a.wasm", "add", "1", "2"});
  ASSERT_TRUE(reactor);
  EXPECT_EQ(reactor->invoke, "add");
  EXPECT_EQ(reactor->words, (std::vector<std::string>{"a.wasm", "1", "2"}));
  EXPECT_EQ(message({"--reactor"}), "--reactor takes the function's name behind the file, and no --invoke");
}

TEST(Aliases, MistakesNameWhatWasTyped) {
  EXPECT_EQ(message({"--mapdir", "/nothing"}), "--mapdir needs GUEST:HOST");
  EXPECT_EQ(message({"--map-dir=/a:/b"}), "--map-dir needs GUEST::HOST");
  EXPECT_EQ(message({"-mount=:ro"}), "-mount needs HOST[:GUEST][:ro]");
  EXPECT_EQ(message({"--time-limit", "2s"}), "--time-limit needs a number, not \"2s\"");
  EXPECT_EQ(message({"--memory-page-limit", "99999999999999999"}), "--memory-page-limit is too large");
  EXPECT_EQ(message({"--stack-size=99999999999999"}), "--stack-size: -W max-wasm-stack can be at most 1073741824 bytes");
  EXPECT_EQ(message({"-v=3"}), "-v takes no value");
  EXPECT_EQ(message({"--mapdri", "a:b"}), "unknown flag \"--mapdri\", did you mean \"--mapdir\"?");
  // Of run only.
  EXPECT_FALSE(parse(for_compile, std::vector<std::string_view>{"--gas-limit", "1", "a.wasm"}).has_value());
}

TEST(Aliases, NoneIsAFlagOfOursOrRefused) {
  for (const Alias& alias : aliases()) {
    EXPECT_TRUE(why_refused(alias.name).empty()) << alias.name;
    for (const Flag& flag : flags()) EXPECT_NE(flag.name, alias.name);
  }
}

}  // namespace
}  // namespace mote::cli
