// Reading and recognising input: see input.h. Tested by input_test.cpp.
#include "apps/mote/input.h"

#include "base/core/format.h"
#include "base/os/file.h"
#include "base/os/process.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mote::cli {
namespace {

// Largest input that is read into memory. Artifacts are larger than their modules.
constexpr uint64_t input_size_most = 4 * limits::module_size_bytes;

bool begins_with(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

// Text format: blanks and comments, then an opening parenthesis with a word behind it.
bool looks_like_text(Bytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (!text.starts_with(";;")) break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  if (text.starts_with("(;")) return true;
  if (!text.starts_with('(')) return false;
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n", 1), text.size()));
  for (const std::string_view word :
       {"module", "component", "func", "import", "export", "memory", "table", "type", "global", "data", "start"}) {
    if (text.starts_with(word)) return true;
  }
  return false;
}

std::string_view what_it_is(Bytes bytes) {
  constexpr std::pair<std::string_view, std::string_view> known[] = {
      {"\177ELF", "a native program or library (ELF)"},
      {"\x1f\x8b", "gzip-compressed: unpack it first"},
      {"PK\x03\x04", "a ZIP archive: unpack it first"},
      {"\x28\xb5\x2f\xfd", "zstd-compressed: unpack it first"},
      {"BZh", "bzip2-compressed: unpack it first"},
      {"#!", "a script"},
      {"BC\xc0\xde", "LLVM bitcode: link it to a module first"},
      {"!<arch>\n", "a static library: link it to a module first"},
      {"<!DOCTYPE", "an HTML page, perhaps from a failed download"},
      {"<html", "an HTML page, perhaps from a failed download"},
      {"version https://git-lfs", "a Git LFS pointer: run git lfs pull"},
  };
  if (bytes.empty()) return "empty";
  for (const auto& [magic, what] : known) {
    if (begins_with(bytes, magic)) return what;
  }
  return "of no kind that Mote knows";
}

Result<InputKind> kind_of(Bytes first) {
  if (begins_with(first, std::string_view("\0asm", 4))) return InputKind::wasm;
  if (Module::is_artifact(first)) return InputKind::artifact;
  if (looks_like_text(first)) return InputKind::text;
  return fail(ErrorKind::bad_input,
              format("magic header not detected: not a WebAssembly module; the file is {}", what_it_is(first)));
}

// A private folder that goes with everything in it.
struct TemporaryFolder {
  explicit TemporaryFolder(std::string at) : path(std::move(at)) {}
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { (void)os::remove_folder(path); }
  std::string path;
};

Result<std::vector<uint8_t>> assemble(Bytes text) {
  const auto program = os::find_program("wat2wasm");
  if (!program) {
    return fail(
        ErrorKind::unavailable,
        "this is WebAssembly text, which needs wat2wasm to become a module: install the package wabt, or give a .wasm file");
  }
  const TemporaryFolder folder(TRY(os::make_temporary_folder("mote-wat-")));
  const std::string source = folder.path + "/module.wat", output = folder.path + "/module.wasm";
  TRY(os::write_file_unflushed(source, text, 0600));
  std::string said;
  const auto end =
      TRY(os::run_program({{*program, "--enable-all", "--debug-names", source, "-o", output}, [&](std::string_view line) {
                             std::string shown(line);
                             // wat2wasm names the copy it was given: only line and column mean something here.
                             if (shown.starts_with(source + ":")) shown = "line " + shown.substr(source.size() + 1);
                             if (said.size() < 4096) said += "\n  " + shown;
                           }}));
  if (end.kind != os::ProgramEnd::exited || end.code != 0) return fail(ErrorKind::bad_input, "wat2wasm refuses this text:" + said);
  return os::read_file(output, limits::module_size_bytes);
}

}  // namespace

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<Input> look_at(const std::string& path) {
  const os::File file = TRY(os::File::open(path));
  const os::FileIdentity identity = TRY(file.identity());
  if (identity.is_folder) return fail(ErrorKind::bad_input, "is a folder, not a WebAssembly file");
  Input input{.path = path, .is_regular = identity.is_regular};
  if (!input.is_regular) {  // a pipe: what was read cannot be read again
    input.bytes = TRY(os::read_file(path, input_size_most));
    input.kind = TRY(kind_of(input.bytes));
    return input;
  }
  std::array<uint8_t, 512> first;
  const uint64_t count = TRY(file.read_at(0, first));
  input.kind = TRY(kind_of({first.data(), count}));
  return input;
}

Result<void> read_all(Input& input) {
  if (input.is_regular) input.bytes = TRY(os::read_file(input.path, input_size_most));
  if (input.kind == InputKind::text) {
    input.bytes = TRY(assemble(input.bytes));
    input.kind = InputKind::wasm;
    input.is_regular = false;
  }
  return {};
}

Result<Input> read_input(const std::string& path) {
  Input input = TRY(look_at(path));
  TRY(read_all(input));
  return input;
}

}  // namespace mote::cli
