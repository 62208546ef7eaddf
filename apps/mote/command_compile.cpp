// mote compile: a module to an artifact, by mote-aot. The same input and flags give the same bytes. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/os/file.h"

namespace mote::cli {
namespace {

// "dir/app.wasm" → "app.cwasm": in the current folder, as other runtimes do it.
std::string default_output(const std::string& path) {
  const std::string name = file_name(path);
  const size_t dot = name.rfind('.');
  return (dot == name.npos || dot == 0 ? name : name.substr(0, dot)) + ".cwasm";
}

Result<void> compile(const Options& options, const std::string& path, const std::string& output) {
  Input input = TRY(read_input(path));
  if (input.kind == InputKind::artifact) return fail(ErrorKind::bad_input, "is an artifact already");
  CodegenOptions codegen = options.codegen;
  // An artifact travels: what is right for this machine's address space says nothing about the next one's.
  if (codegen.memory == MemoryMode::automatic) codegen.memory = MemoryMode::guard;
  codegen = decide(codegen);
  const Compiler compiler = program_compiler(compiler_path(), compiler_options(options, file_name(path)));
  const std::vector<uint8_t> artifact = TRY(compiler(input.bytes, codegen));
  return os::write_file(output, artifact);
}

}  // namespace

int run_compile(Options options) {
  if (options.words.size() != 1) {
    return report(
        "", Error{ErrorKind::bad_input, "compile takes one file: mote compile [FLAGS] FILE (flags may stand before or behind it)"});
  }
  const std::string& path = options.words[0];
  const std::string output = options.output.empty() ? default_output(path) : options.output;
  const auto source = os::identity(path), target = os::identity(output);
  if (source && target && source->device == target->device && source->inode == target->inode) {
    return report(path, Error{ErrorKind::bad_input, "would be overwritten by its own artifact: choose another name with -o"});
  }
  if (auto done = compile(options, path, output); !done) return report(path, done.error());
  return 0;
}

}  // namespace mote::cli
