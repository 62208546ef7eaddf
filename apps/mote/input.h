// The file on the command line: what kind of thing it is, and its bytes.
#pragma once

#include "apps/mote/options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mote::cli {

enum class InputKind : uint8_t { wasm, artifact, text };

struct Input {
  std::string path;
  InputKind kind = InputKind::wasm;
  bool is_regular = false;     // can be opened again by its path
  std::vector<uint8_t> bytes;  // of a regular file only when read_input() was asked for them; of anything else always
};

// Looks at a file's first bytes. Errors say what the file is when it is not WebAssembly.
[[nodiscard]] Result<Input> look_at(const std::string& path);
// The same with all bytes; text is made into a module by wat2wasm (and `kind` becomes wasm).
[[nodiscard]] Result<Input> read_input(const std::string& path);
[[nodiscard]] Result<void> read_all(Input& input);

[[nodiscard]] std::string file_name(const std::string& path);  // behind the last '/'

}  // namespace mote::cli
