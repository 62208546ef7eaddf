// From Options to an engine: where the compiler and the cache are.
#pragma once

#include "apps/mote/options.h"

#include <mote/compiler.h>

#include <string>

namespace mote::cli {

// mote-aot: $MOTE_AOT, else beside this program, else by name from PATH.
[[nodiscard]] std::string compiler_path();
// $XDG_CACHE_HOME/mote, else ~/.cache/mote; empty when neither is known.
[[nodiscard]] std::string cache_folder();

// `compiles_what`: the file's name, shown while a long compilation runs; empty when nothing will be compiled.
[[nodiscard]] EngineConfig engine_config(const Options& options, const std::string& compiles_what);
[[nodiscard]] ProgramCompilerOptions compiler_options(const Options& options, const std::string& compiles_what);

}  // namespace mote::cli
