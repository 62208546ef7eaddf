// Which imports a module can reach, and how: its call graph from what a host can call, without an engine and without running it.
//
// Roots are the start function and the exports. Edges are calls; a call by reference or through a table may go to every function of
// a fitting type whose reference exists: those in element segments and constant expressions, and those of ref.func in code that is
// reached itself. Where references can leave the module (a table or global that is exported or imported, a reference that an import
// takes or an export returns), a host may call any of them. So nothing that can be reached is missed; something that never is may
// be listed, and dead code inside a function is not followed. Plain data that borrows nothing. Tested by engine/api/reach_test.cpp.
#pragma once

#include <mote/result.h>
#include <mote/value.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace mote {

struct ReachStep {
  enum class By : uint8_t {
    exported,
    start,
    call,
    reference,
    host
  };  // how the function is entered; host: by a reference that it may get
  By by = By::call;
  uint32_t func = 0;
  std::string name;     // from the name section, else an export's, an import's, "func[3]"
  uint64_t offset = 0;  // of the call in the module; 0 when there is none
};
struct ReachedImport {
  ImportInfo import;
  bool is_reachable = false;    // of what is no function: always
  std::vector<ReachStep> path;  // a shortest one, from the root to the import; empty for what is no function or not reachable
  uint64_t offset = 0;          // of the import in the module
};

// In the order of the import section. Decodes and validates all of the module. Errors as Module::validate; of an artifact, which
// has no code to follow: unsupported.
[[nodiscard]] Result<std::vector<ReachedImport>> reach_imports(std::span<const uint8_t> wasm);

}  // namespace mote
