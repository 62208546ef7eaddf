// Tests of arguments.h and of the tables in options.h.
#include "apps/mote/arguments.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace mote::cli {
namespace {

Result<Options> parsed(std::vector<std::string_view> words, CommandBit command = for_run) {
  return parse(command, words);
}
std::string message(std::vector<std::string_view> words, CommandBit command = for_run) {
  const auto options = parsed(std::move(words), command);
  return options ? "accepted" : options.error().message;
}

TEST(Arguments, FlagsStandBeforeTheFileAndTheRestIsTheGuests) {
  const auto options = parsed({"--env", "A=1", "--env=B=x=y", "--argv0", "me", "app.wasm", "--env", "C=3", "-W", "--"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->environment, (std::vector<std::string>{"A=1", "B=x=y"}));
  EXPECT_EQ(options->argv0, "me");
  EXPECT_EQ(options->words, (std::vector<std::string>{"app.wasm", "--env", "C=3", "-W", "--"}));
  EXPECT_EQ(parsed({"--", "--env"})->words, (std::vector<std::string>{"--env"}));
  EXPECT_EQ(parsed({"a.wasm", "-o", "b.cwasm"}, for_compile)->output, "b.cwasm");
}

TEST(Arguments, FoldersAreGrantedByHostNameGuestNameAndAccess) {
  const auto folder = [](std::string_view text) { return parsed({"--dir", text, "a.wasm"})->folders.at(0); };
  EXPECT_EQ(folder("a").host + "|" + folder("a").guest, "a|a");
  EXPECT_FALSE(folder("a").is_read_only);
  EXPECT_EQ(folder("/x:y::/b").host + "|" + folder("/x:y::/b").guest, "/x:y|/b");
  EXPECT_EQ(folder("a::b::c").guest, "b::c");
  EXPECT_TRUE(folder("a::b:ro").is_read_only);
  EXPECT_EQ(folder("a::b:ro").guest, "b");
  EXPECT_EQ(folder("a:ro").host + "|" + folder("a:ro").guest, "a|a");
  EXPECT_EQ(parsed({"--dir", "a", "--dir=b", "a.wasm"})->folders.size(), 2u);
  for (const std::string_view bad : {"", ":ro", "::", "a::", "::b", "a:::ro"}) {
    EXPECT_NE(message({"--dir", bad, "a.wasm"}).find("--dir needs HOST"), std::string::npos) << bad;
  }
}

TEST(Arguments, GroupsAreCommaListsGluedOrNot) {
  const auto options = parsed(
      {"-W", "fuel=5K,max-memory-size=1M", "-Cmemory=dense,cache=n", "-O", "opt-level=1", "-D", "max-backtrace=0", "a.wasm"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->fuel, 5120);
  EXPECT_TRUE(options->codegen.fuel);
  EXPECT_EQ(options->limits.memory_size_bytes, 1u << 20);
  EXPECT_EQ(options->codegen.memory, MemoryMode::dense);
  EXPECT_FALSE(options->use_cache);
  EXPECT_EQ(options->codegen.opt_level, 1);
  EXPECT_EQ(options->backtrace_frames, 0u);
  EXPECT_TRUE(parsed({"-W", "nan-canonicalization", "a"})->codegen.canonical_nans);
  EXPECT_FALSE(parsed({"-W", "nan-canonicalization=n", "a"})->codegen.canonical_nans);
  EXPECT_EQ(parsed({"-W", "help"})->help_for, "-W");
  EXPECT_EQ(parsed({"--help"})->help_for, "--help");
}

TEST(Arguments, MistakesAreNamed) {
  EXPECT_EQ(message({"--evn", "A=1"}), "unknown flag \"--evn\", did you mean \"--env\"?");
  EXPECT_EQ(message({"--completely-else"}), "unknown flag \"--completely-else\"");
  EXPECT_EQ(message({"-W", "feul=1"}), "unknown key \"feul\" of -W, did you mean \"fuel\"?; -W help lists them");
  EXPECT_EQ(message({"--env"}), "--env needs a value: --env NAME[=VALUE]");
  EXPECT_EQ(message({"-W", "fuel"}), "-W fuel needs a value: -W fuel=N");
  EXPECT_EQ(message({"-W", "timeout=1.5s"}), "-W timeout needs a time like 500ms, 2s or 1m, not \"1.5s\"");
  EXPECT_EQ(message({"-W", "timeout=99999h"}), "-W timeout is too long: at most a year");
  EXPECT_EQ(message({"-W", "fuel=many"}), "-W fuel needs a number, not \"many\"");
  EXPECT_EQ(message({"-W", "fuel=99999999999999999999"}), "-W fuel is too large");
  EXPECT_EQ(message({"-W", "fuel=99999999999999999G"}), "-W fuel is too large");
  EXPECT_EQ(message({"-C", "memory=fast"}), "-C memory is guard, dense or auto, not \"fast\"");
  EXPECT_EQ(message({"-O", "opt-level=9"}), "-O opt-level is 0, 1, 2 or 3, not \"9\"");
  EXPECT_EQ(message({"-W", "max-wasm-stack=9999999999999"}), "-W max-wasm-stack can be at most 1073741824 bytes");
  EXPECT_EQ(message({"--json", "a.wasm"}), "--json is a flag of another command: see mote help");
  EXPECT_EQ(message({"--env", "=x"}), "--env needs NAME=VALUE, or NAME to hand on a variable of this process");
}

TEST(Arguments, FlagsOfOtherBuildsAreRefusedByName) {
  const auto options = parsed({"--preload", "."});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error().kind, ErrorKind::unsupported);
  EXPECT_TRUE(options.error().message.starts_with("--preload is not part of this build: ")) << options.error().message;
  EXPECT_TRUE(message({"-S", "http"}).starts_with("-S http is not part of this build: "));
  EXPECT_TRUE(message({"-cachedir=/x"}).starts_with("-cachedir is not part of this build: "));
  EXPECT_TRUE(message({"-W", "epoch-interruption"}).starts_with("-W epoch-interruption is not part of this build: "));
}

TEST(Arguments, TheEnvironmentIsInheritedBelowWhatEnvSays) {
  setenv("MOTE_ARGUMENTS_TEST", "inherited", 1);
  setenv("MOTE_ARGUMENTS_TEST_2", "also", 1);
  const auto options = parsed({"--env", "MOTE_ARGUMENTS_TEST=set", "-S", "inherit-env,cli", "a.wasm"});
  const std::set<std::string> all(options->environment.begin(), options->environment.end());
  EXPECT_EQ(all.size(), options->environment.size());
  EXPECT_TRUE(all.contains("MOTE_ARGUMENTS_TEST=set"));
  EXPECT_FALSE(all.contains("MOTE_ARGUMENTS_TEST=inherited"));
  EXPECT_TRUE(all.contains("MOTE_ARGUMENTS_TEST_2=also"));
  EXPECT_TRUE(parsed({"a.wasm"})->environment.empty());
  EXPECT_EQ(message({"-S", "inherit-evn"}), "unknown key \"inherit-evn\" of -S, did you mean \"inherit-env\"?; -S help lists them");
}

TEST(Arguments, AVariableNamedAloneIsInheritedWhenItIsSet) {
  setenv("MOTE_ARGUMENTS_TEST", "inherited", 1);
  unsetenv("MOTE_ARGUMENTS_TEST_NOT");
  const auto options = parsed({"--env", "MOTE_ARGUMENTS_TEST", "--env", "MOTE_ARGUMENTS_TEST_NOT", "a.wasm"});
  EXPECT_EQ(options->environment, std::vector<std::string>{"MOTE_ARGUMENTS_TEST=inherited"});
}

TEST(Arguments, NoFlagIsWrittenDownTwiceOrBothKnownAndRefused) {
  std::set<std::string> seen;
  std::map<std::string_view, uint32_t> commands;  // a name may mean another thing to another command
  for (const Flag& flag : flags()) {
    EXPECT_EQ(commands[flag.name] & flag.commands, 0u) << flag.name;
    commands[flag.name] |= flag.commands;
    EXPECT_TRUE(why_refused(flag.name).empty()) << flag.name;
  }
  for (const Key& key : keys()) {
    const std::string name = std::string("-") + key.group + " " + std::string(key.name);
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_TRUE(why_refused(name).empty()) << name;
  }
}

}  // namespace
}  // namespace mote::cli
