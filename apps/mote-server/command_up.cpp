// mote up: serves what a manifest describes. mote serve: the same for one module, which answers every path. Tested by tests/up.
#include "apps/mote-server/commands.h"
#include "apps/mote-server/serving.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"

namespace mote::cli {
namespace {

// What the command line says wins.
Result<manifest::Manifest> with_options(Result<manifest::Manifest> manifest, const Options& options) {
  if (!manifest) return manifest;
  if (!options.listen.empty()) manifest->server.listen = options.listen;
  if (!options.admin.empty()) manifest->server.admin = options.admin;
  return manifest;
}

}  // namespace

int run_up(Options options) {
  std::vector<std::string> words = options.words;
  if (!options.manifest.empty()) words.push_back(options.manifest);
  const auto path = find_manifest(words);
  if (!path) return report("", path.error());
  return serve(options, [&] { return with_options(read_manifest(*path), options); });
}

int run_serve(Options options) {
  if (options.words.size() != 1) {
    return report("", {ErrorKind::bad_input, format("serve takes one module, not {}; several are what a manifest is for: mote up",
                                                    options.words.size())});
  }
  const std::string text = format(
      "[application]\nname = {0}\n[[trigger.http]]\nroute = \"/...\"\ncomponent = \"main\"\nexecutor = {{ type = \"stdio\" }}\n"
      "[component.main]\nsource = {0}\n",
      policy::quoted(options.words[0]));
  return serve(options, [&] { return with_options(manifest::parse(text, "(mote serve)"), options); });
}

}  // namespace mote::cli
