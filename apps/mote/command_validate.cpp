// mote validate: says nothing about valid modules, and where and why the others are not. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"

namespace mote::cli {
namespace {

Result<void> validate(const std::string& path) {
  const Input input = TRY(read_input(path));
  if (input.kind == InputKind::artifact) return fail(ErrorKind::bad_input, "is an artifact, made from a module that was valid");
  return Module::validate(input.bytes);
}

}  // namespace

int run_validate(Options options) {
  if (options.words.empty()) return report("", Error{ErrorKind::bad_input, "validate needs a file: mote validate FILE…"});
  int status = 0;
  for (const std::string& path : options.words) {
    if (auto valid = validate(path); !valid) status = report(path, valid.error());
  }
  return status;
}

}  // namespace mote::cli
