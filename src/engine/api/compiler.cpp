// Runs mote-aot: module in by file, artifact out by file, progress and errors as lines. See mote/compiler.h.
//
//   mote-aot compile --input PATH --output PATH --memory guard|dense [--both] --opt-level N [--canonical-nans]
//            [--deterministic-relaxed-simd] [--fuel] [--epochs] [--no-spectre] --cpu v2|v3 --threads N [--progress]
//   lines: "progress DONE TOTAL" · last line of a failure: "error KIND OFFSET message", KIND as in ErrorKind, OFFSET a number or
//   "-"
// Tested by compiler_test.cpp.
#include "base/core/bytes.h"
#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/machine.h"
#include "base/os/process.h"

#include <mote/compiler.h>

#include <charconv>
#include <deque>

namespace mote {

namespace {

constexpr size_t kept_lines = 12;  // of the program's last words
constexpr uint64_t artifact_size_most = 16ull << 30;
constexpr std::pair<const char*, ErrorKind> error_kinds[] = {
    {"bad_input", ErrorKind::bad_input}, {"unsupported", ErrorKind::unsupported},
    {"denied", ErrorKind::denied},       {"not_found", ErrorKind::not_found},
    {"limit", ErrorKind::limit},         {"unavailable", ErrorKind::unavailable},
    {"internal", ErrorKind::internal},
};

// The part up to the next blank, taken off the text.
std::string_view next_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}
std::optional<uint64_t> number(std::string_view word) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::optional<Error> parse_error(std::string_view line) {
  if (next_word(line) != "error") return std::nullopt;
  const std::string_view kind = next_word(line);
  const std::optional<uint64_t> offset = number(next_word(line));
  for (const auto& [word, one] : error_kinds) {
    if (kind == word) return Error{one, std::string(line), offset};
  }
  return std::nullopt;
}

// A folder of our own that goes with everything in it.
struct TemporaryFolder {
  explicit TemporaryFolder(std::string at) : path(std::move(at)) {}
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { (void)os::remove_folder(path); }
  std::string path;
};

std::vector<std::string> command_line(const std::string& program, const std::string& folder, const ProgramCompilerOptions& options,
                                      const CodegenOptions& codegen) {
  std::vector<std::string> words = {program,       "compile",
                                    "--input",     folder + "/module.wasm",
                                    "--output",    folder + "/artifact",
                                    "--memory",    codegen.memory == MemoryMode::dense ? "dense" : "guard",
                                    "--opt-level", std::to_string(codegen.opt_level),
                                    "--cpu",       codegen.cpu == CodegenOptions::Cpu::v2 ? "v2" : "v3",
                                    "--threads",   std::to_string(options.threads != 0 ? options.threads : os::cpu_count())};
  if (options.both_memory_modes) words.push_back("--both");
  if (codegen.canonical_nans) words.push_back("--canonical-nans");
  if (codegen.deterministic_relaxed_simd) words.push_back("--deterministic-relaxed-simd");
  if (codegen.fuel) words.push_back("--fuel");
  if (codegen.epochs) words.push_back("--epochs");
  if (!codegen.spectre) words.push_back("--no-spectre");
  if (options.progress) words.push_back("--progress");
  return words;
}

class CompilerRun {
 public:
  explicit CompilerRun(const ProgramCompilerOptions& options) : options_(options) {}

  void line(std::string_view text) {
    std::string_view rest = text;
    if (next_word(rest) == "progress") {
      const auto done = number(next_word(rest)), total = number(next_word(rest));
      if (done && total && options_.progress) options_.progress(*done, *total);
      return;
    }
    if (last_.size() == kept_lines) last_.pop_front();
    last_.emplace_back(text);
  }

  // Nothing when the program succeeded.
  [[nodiscard]] std::optional<Error> judge(const std::string& program, const os::ProgramEnd& end) const {
    const auto unavailable = [&](const std::string& what) {
      return Error{ErrorKind::unavailable, format("the compiler ({}) {}{}", program, what, last_words())};
    };
    switch (end.kind) {
      case os::ProgramEnd::timed_out:
        return unavailable(format("took longer than {} ms and was stopped", options_.timeout_ms));
      case os::ProgramEnd::killed:
        if (end.code == 9) return unavailable("was killed, most likely because memory ran out");
        return unavailable(format("crashed (SIG{}); please report this with the module", os::signal_name(end.code)));
      case os::ProgramEnd::exited:
        break;
    }
    if (end.code == 0) return std::nullopt;
    if (!last_.empty()) {
      if (auto said = parse_error(last_.back())) return said;
    }
    return unavailable(format("ended with status {}", end.code));
  }

 private:
  [[nodiscard]] std::string last_words() const {
    std::string words;
    for (const std::string& line : last_) words += (words.empty() ? ". Its last words: " : " | ") + line;
    return words;
  }

  const ProgramCompilerOptions& options_;
  std::deque<std::string> last_;
};

Result<std::vector<uint8_t>> compile(const std::string& name, const ProgramCompilerOptions& options, Bytes wasm,
                                     const CodegenOptions& codegen) {
  const auto program = os::find_program(name);
  if (!program) {
    return fail(
        ErrorKind::unavailable,
        format("the compiler {} was not found: install mote-aot beside mote or in PATH, or run a precompiled module", name));
  }
  const TemporaryFolder folder(TRY(os::make_temporary_folder("mote-compile-")));
  TRY(os::write_file_unflushed(folder.path + "/module.wasm", wasm, 0600));
  CompilerRun run(options);
  const os::ProgramEnd end = TRY(os::run_program(
      {command_line(*program, folder.path, options, codegen), [&](std::string_view line) { run.line(line); }, options.timeout_ms}));
  if (auto error = run.judge(*program, end)) return std::unexpected(std::move(*error));
  return os::read_file(folder.path + "/artifact", artifact_size_most);
}

}  // namespace

Compiler program_compiler(std::string program, ProgramCompilerOptions options) {
  return
      [program = std::move(program), options = std::move(options)](std::span<const uint8_t> wasm, const CodegenOptions& codegen) {
        return compile(program, options, wasm, decide(codegen));
      };
}

std::string program_version(const std::string& program) {
  const auto path = os::find_program(program);
  if (!path) return {};
  const auto identity = os::identity(*path);
  if (!identity) return {};
  return format("{:x} {:x} {:x} {:x}", identity->device, identity->inode, identity->size, identity->modified_ns);
}

}  // namespace mote
