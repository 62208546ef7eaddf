// What custom sections tell about a module: names, producers, target features. For backtraces and `mote inspect`.
//
// A custom section can hold anything, and by the specification a malformed one is no error: what cannot be read is left out,
// subsection by subsection. Texts borrow from the module's bytes; they are UTF-8 but otherwise untrusted, so printers escape them.
// Spec: appendix/custom; tool-conventions (producers, target_features). Tested by names_test.cpp.
#pragma once

#include "engine/wasm/module.h"

#include <span>
#include <string_view>
#include <vector>

namespace mote::wasm {

struct Name {
  uint32_t index = 0;
  std::string_view text;
};
// The name of a thing inside another: a local or label of a function, a field of a type.
struct InnerName {
  uint32_t outer = 0;
  uint32_t index = 0;
  std::string_view text;
};

// Lists ascend by index, without repetition; indices exist in the module (those inside functions are not checked).
struct Names {
  std::string_view module;
  std::vector<Name> functions, types, tables, memories, globals, elements, datas, tags;
  std::vector<InnerName> locals, labels, fields;

  // Empty when there is none.
  [[nodiscard]] std::string_view function(FuncIndex index) const;
  [[nodiscard]] std::string_view local(FuncIndex func, LocalIndex index) const;
};
// From the first section called "name".
[[nodiscard]] Names read_names(const Module& module);
// Only those of functions, which is what a backtrace needs; names of locals can be many times more.
[[nodiscard]] std::vector<Name> read_function_names(const Module& module);
// The name of an index in such a list; empty when there is none.
[[nodiscard]] std::string_view find_name(std::span<const Name> names, uint32_t index);

struct Producer {
  std::string_view field;  // "language", "processed-by", "sdk"
  std::string_view name;
  std::string_view version;
};
[[nodiscard]] std::vector<Producer> read_producers(const Module& module);

struct TargetFeature {
  char prefix = '+';  // '+' used, '-' not to be linked with
  std::string_view name;
};
[[nodiscard]] std::vector<TargetFeature> read_target_features(const Module& module);

}  // namespace mote::wasm
