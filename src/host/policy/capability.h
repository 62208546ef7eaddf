// What an import is for: which grant of a policy each function of WASI needs to be of any use. Tested by check_test.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mote::policy {

// The grant that a function needs.
enum class Need : uint8_t {
  nothing,      // acts on what the guest has already: descriptors, its own end, its turn
  folder,       // any folder
  writing,      // a folder with write
  creating,     // a folder with create
  listening,    // a rule of net.listen
  connection,   // any rule of [net]
  arguments,    // without a grant there are none, and no call fails
  environment,  // likewise
  clock,
  random,
  other,  // what is not WASI: an embedder provides it, [imports] allows it
};

struct Capability {
  std::string_view function;
  Need need = Need::nothing;
  std::string_view words;  // "opens files and folders"
};

[[nodiscard]] bool is_wasi(std::string_view module);  // preview 1 and its predecessor
// Of a function of WASI preview 1; nothing when it has no such function.
[[nodiscard]] std::optional<Capability> capability(std::string_view function);
[[nodiscard]] std::string_view name(Need need);     // "files: write", "clock": for people and machines
[[nodiscard]] std::string_view example(Need need);  // the lines of a policy that grant it; empty: none is needed

}  // namespace mote::policy
