#include "apps/mote/config_file.h"

#include "apps/mote/arguments.h"
#include "base/os/file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::cli {
namespace {

class ConfigFile : public testing::Test {
 protected:
  void SetUp() override { folder_ = *os::make_temporary_folder("mote-config-test-"); }
  void TearDown() override { (void)os::remove_folder(folder_); }

  Result<Options> parsed(std::string_view text, std::vector<std::string_view> words = {}, CommandBit command = for_run) {
    path_ = folder_ + "/c.toml";
    EXPECT_TRUE(os::write_file(path_, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}).has_value());
    words.insert(words.begin(), {"--config", path_});
    words.push_back("a.wasm");
    return parse(command, words);
  }
  // What is wrong, without the folder.
  std::string message(std::string_view text) {
    const auto options = parsed(text);
    if (options) return "accepted";
    std::string found = options.error().message;
    for (size_t at; (at = found.find(folder_ + "/")) != found.npos;) found.erase(at, folder_.size() + 1);
    return found;
  }

  std::string folder_, path_;
};

TEST_F(ConfigFile, EachTableIsAGroup) {
  const auto options = parsed(R"(
[optimize]
opt-level = 1
[codegen]
cache = false
memory = "dense"
[debug]
max-backtrace = 3
[wasm]
fuel = 5000
timeout = "2s"
max-memory-size = "1M"
nan-canonicalization = true
[wasi]
inherit-env = true
)");
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->codegen.opt_level, 1);
  EXPECT_FALSE(options->use_cache);
  EXPECT_EQ(options->codegen.memory, MemoryMode::dense);
  EXPECT_EQ(options->backtrace_frames, 3u);
  EXPECT_EQ(options->fuel, 5000);
  EXPECT_EQ(options->timeout->ns, 2'000'000'000u);
  EXPECT_EQ(options->limits.memory_size_bytes, 1u << 20);
  EXPECT_TRUE(options->codegen.canonical_nans);
  EXPECT_TRUE(options->inherits_environment);
  // The process that compiles for the next run is told the same.
  EXPECT_NE(std::ranges::find(options->engine_flags, "-Cmemory=dense"), options->engine_flags.end());
}

TEST_F(ConfigFile, TheCommandLineWins) {
  EXPECT_EQ(parsed("[wasm]\nfuel = 5\n", {"-W", "fuel=7"})->fuel, 7);
  EXPECT_EQ(parsed("[codegen]\nmemory = \"dense\"\n", {"-Cmemory=guard"}, for_compile)->codegen.memory, MemoryMode::guard);
  EXPECT_EQ(parsed("", {"--env", "A=1"})->environment.size(), 1u);  // not read twice
}

TEST_F(ConfigFile, MistakesSayWhere) {
  EXPECT_EQ(message("[wasm]\nfeul = 5\n"), "c.toml:2:8: unknown key \"feul\" of -W, did you mean \"fuel\"?; -W help lists them");
  EXPECT_EQ(message("[wsam]\nfuel = 5\n"),
            "c.toml:1:2: unknown table \"wsam\", did you mean \"wasm\"?; there are [optimize], [codegen], [debug], [wasm], [wasi]");
  EXPECT_EQ(message("wasm = 5\n"), "c.toml:1:1: \"wasm\" is a table: [wasm]");
  EXPECT_EQ(message("[wasm]\n  fuel = true\n"), "c.toml:2:10: -W fuel needs a number, not \"y\"");
  EXPECT_EQ(message("[wasm]\nfuel = 1.5\n"),
            "c.toml:2:8: fuel is true or false, a whole number or a text, not a number with a fraction");
  EXPECT_NE(message("[wasi]\nhttp = true\n").find("c.toml:2:8: -S http is not part of this build: "), std::string::npos);
  EXPECT_NE(message("[record]\npath = \"x\"\n").find("[record] is not part of this build"), std::string::npos);
  EXPECT_NE(message("[wasm\n").find("c.toml:1:"), std::string::npos);
  // All of them at once.
  EXPECT_NE(message("[wasm]\na = 1\nb = 2\n").find("c.toml:3:5"), std::string::npos);
  EXPECT_NE(parse(for_run, std::vector<std::string_view>{"--config", folder_ + "/none", "a"}).error().message.find("/none"),
            std::string::npos);
}

}  // namespace
}  // namespace mote::cli
