// See supported.h. Tested by engine/aot/survey_test.cpp and engine/baseline/compile_test.cpp.
#include "engine/code/supported.h"

#include "base/core/format.h"

#include <algorithm>

namespace mote::code {

std::optional<Unsupported> find_unsupported_constant(const wasm::Module& module) {
  std::optional<Unsupported> found;
  const auto check = [&](const wasm::ConstExpr& expr) {
    const auto op = std::ranges::find_if(expr, [](const wasm::ConstOp& one) { return one.kind >= wasm::ConstOp::ref_i31; });
    if (op != expr.end() && !found) found = Unsupported{wasm::text(wasm::Group::gc), std::nullopt, op->offset};
  };
  for (const wasm::Table& table : module.tables) check(table.init);
  for (const wasm::Global& global : module.globals) check(global.init);
  for (const wasm::ElementSegment& segment : module.elements) std::ranges::for_each(segment.exprs, check);
  return found;
}

Error error_of(const Unsupported& unsupported) {
  const std::string where = unsupported.func ? format("function {}", *unsupported.func) : "a constant expression";
  return {ErrorKind::unsupported,
          format("not supported by this build yet: {}, {}, offset {:#x}", unsupported.feature, where, unsupported.offset)};
}

}  // namespace mote::code
