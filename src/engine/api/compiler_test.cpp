#include "base/os/file.h"

#include <mote/compiler.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace mote {
namespace {

// Programs that stand for mote-aot: shell scripts.
class CompilerTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *os::make_temporary_folder("mote-compiler-test-");
    setenv("TMPDIR", root_.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("TMPDIR");
    (void)os::remove_folder(root_);
  }

  std::string script(std::string_view body) {
    const std::string path = root_ + "/compiler";
    const std::string text = "#!/bin/bash\n" + std::string(body);
    EXPECT_TRUE(os::write_file(path, {reinterpret_cast<const uint8_t*>(text.data()), text.size()}, 0755));
    return path;
  }
  Result<std::vector<uint8_t>> run(std::string_view body, ProgramCompilerOptions options = {}, const CodegenOptions& codegen = {}) {
    const std::vector<uint8_t> wasm = {'w', 'a', 's', 'm'};
    return program_compiler(script(body), std::move(options))(wasm, codegen);
  }
  Error error_of(std::string_view body, ProgramCompilerOptions options = {}) {
    const auto result = run(body, std::move(options));
    EXPECT_FALSE(result.has_value());
    return result ? Error{} : result.error();
  }
  // Nothing but the script may be left when a compile is over.
  size_t leftovers() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(root_), std::filesystem::directory_iterator())) -
           1;
  }

  std::string root_;
};

constexpr std::string_view find_output = R"(
while [ $# -gt 0 ]; do case $1 in --input) input=$2;; --output) output=$2;; esac; shift; done
)";

TEST_F(CompilerTest, PassesTheModuleInAndTheArtifactOut) {
  const auto artifact = run(std::string(find_output) + R"(cat "$input" "$input" >"$output")");
  ASSERT_TRUE(artifact.has_value()) << artifact.error().text();
  EXPECT_EQ(std::string(artifact->begin(), artifact->end()), "wasmwasm");
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(CompilerTest, NamesEveryOption) {
  CodegenOptions codegen{.memory = MemoryMode::dense,
                         .opt_level = 1,
                         .canonical_nans = true,
                         .deterministic_relaxed_simd = true,
                         .fuel = true,
                         .epochs = true,
                         .spectre = false,
                         .cpu = CodegenOptions::Cpu::v2};
  const auto words = run("all=\"$*\"\n" + std::string(find_output) + R"(echo "$all" >"$output")",
                         {.threads = 3, .both_memory_modes = true}, codegen);
  ASSERT_TRUE(words.has_value()) << words.error().text();
  const std::string line(words->begin(), words->end());
  for (const char* word : {"compile --input ", "--memory dense", "--opt-level 1", "--cpu v2", "--threads 3", "--both",
                           "--canonical-nans", "--deterministic-relaxed-simd", "--fuel", "--epochs", "--no-spectre"}) {
    EXPECT_NE(line.find(word), std::string::npos) << word << " in " << line;
  }
}

TEST_F(CompilerTest, TellsProgress) {
  std::vector<std::pair<uint64_t, uint64_t>> seen;
  ProgramCompilerOptions options;
  options.progress = [&](uint64_t done, uint64_t total) { seen.emplace_back(done, total); };
  ASSERT_TRUE(run(std::string(find_output) + "echo progress 5 10 >&2; echo progress 10 10 >&2; echo x >\"$output\"", options));
  EXPECT_EQ(seen, (std::vector<std::pair<uint64_t, uint64_t>>{{5, 10}, {10, 10}}));
}

TEST_F(CompilerTest, KindAndOffsetSurvive) {
  const Error error =
      error_of("echo chatter >&2; echo 'error unsupported 499 not supported by this build yet: threads' >&2; exit 1");
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_EQ(error.offset, 499u);
  EXPECT_EQ(error.message, "not supported by this build yet: threads");
  const Error no_offset = error_of("echo 'error limit - too many functions' >&2; exit 1");
  EXPECT_EQ(no_offset.kind, ErrorKind::limit);
  EXPECT_FALSE(no_offset.offset.has_value());
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(CompilerTest, CrashIsAnErrorWithTheLastWords) {
  const Error error = error_of("echo 'LLVM ERROR: cannot select' >&2; kill -SEGV $$");
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.message.find("SIGSEGV"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("LLVM ERROR: cannot select"), std::string::npos) << error.message;
  EXPECT_EQ(leftovers(), 0u);
}

TEST_F(CompilerTest, KilledMeansOutOfMemory) {
  EXPECT_NE(error_of("kill -KILL $$").message.find("memory ran out"), std::string::npos);
}

TEST_F(CompilerTest, OddStatusIsAnError) {
  const Error error = error_of("echo what >&2; exit 42");
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.message.find("status 42"), std::string::npos);
}

TEST_F(CompilerTest, NoArtifactIsAnError) {
  EXPECT_EQ(error_of("exit 0").kind, ErrorKind::not_found);
}

TEST_F(CompilerTest, StopsAfterItsTime) {
  const Error error = error_of("exec sleep 60", {.timeout_ms = 100});
  EXPECT_EQ(error.kind, ErrorKind::unavailable);
  EXPECT_NE(error.message.find("100 ms"), std::string::npos) << error.message;
}

TEST_F(CompilerTest, MissingProgramIsNamed) {
  const auto result = program_compiler("no-such-compiler")(std::vector<uint8_t>(), {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind, ErrorKind::unavailable);
  EXPECT_NE(result.error().message.find("no-such-compiler"), std::string::npos);
  EXPECT_EQ(program_version("no-such-compiler"), "");
}

TEST_F(CompilerTest, VersionChangesWithTheProgram) {
  const std::string path = script("exit 0");
  const std::string before = program_version(path);
  EXPECT_NE(before, "");
  EXPECT_EQ(program_version(path), before);
  script("exit 1 # another");
  EXPECT_NE(program_version(path), before);
}

}  // namespace
}  // namespace mote
