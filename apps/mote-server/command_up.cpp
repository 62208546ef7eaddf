// mote up: serves what a manifest describes. mote serve: the same for one module, which answers every path. Tested by tests/up.
#include "apps/mote-server/commands.h"
#include "apps/mote-server/serving.h"
#include "apps/mote/manifest_input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"

namespace mote::cli {
int run_up(Options options) {
  std::vector<std::string> words = options.words;
  if (!options.manifest.empty()) words.push_back(options.manifest);
  const auto path = find_manifest(words);
  if (!path) return report("", path.error());
  return serve(options, [path = *path]() -> Result<ManifestText> {
    return ManifestText{path, TRY(read_text(path, manifest::limits::file_size.hard))};
  });
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
  return serve(options, [text]() -> Result<ManifestText> { return ManifestText{"(mote serve)", text}; });
}

}  // namespace mote::cli
