// Names and texts of the plain vocabulary: values, types, traps. See mote/value.h and mote/trap.h. Tested by value_test.cpp.
#include "base/core/format.h"
#include "engine/code/abi.h"

#include <mote/trap.h>
#include <mote/value.h>

namespace mote {

namespace {

std::string list(const std::vector<ValType>& types) {
  std::string text = "(";
  for (const ValType& type : types) text += (text.size() > 1 ? ", " : "") + (type.text.empty() ? name(type.kind) : type.text);
  return text + ")";
}

// The two enumerations of traps are one: the engine's codes are the public ones.
#define MOTE_TRAP(name, number, text) static_assert(static_cast<int>(TrapKind::name) == number);
#include "engine/code/traps.def"
#undef MOTE_TRAP

}  // namespace

const char* name(ValKind kind) {
  switch (kind) {
    case ValKind::i32:
      return "i32";
    case ValKind::i64:
      return "i64";
    case ValKind::f32:
      return "f32";
    case ValKind::f64:
      return "f64";
    case ValKind::v128:
      return "v128";
    case ValKind::funcref:
      return "funcref";
    case ValKind::externref:
      return "externref";
    case ValKind::anyref:
      return "anyref";
    case ValKind::exnref:
      return "exnref";
  }
  return "unknown";
}

const char* name(ExternKind kind) {
  switch (kind) {
    case ExternKind::func:
      return "func";
    case ExternKind::table:
      return "table";
    case ExternKind::memory:
      return "memory";
    case ExternKind::global:
      return "global";
    case ExternKind::tag:
      return "tag";
  }
  return "unknown";
}

std::string FuncSignature::text() const {
  return list(params) + " -> " + list(results);
}

const char* words(TrapKind kind) {
  return code::words(static_cast<code::TrapCode>(kind));
}

// "  0: 0x1f3 telemetry.wasm!parse" — frame number, offset in the module, module and function.
std::string Trap::text() const {
  std::string text = message;
  for (size_t i = 0; i < backtrace.size(); ++i) {
    const Frame& frame = backtrace[i];
    text += format("\n  {}: ", i);
    if (frame.wasm_offset) text += format("{:#x} ", *frame.wasm_offset);
    if (!frame.module_name.empty()) text += frame.module_name + "!";
    text += frame.func_name.empty() ? format("function {}", frame.func) : frame.func_name;
  }
  return text;
}

std::string Failure::text() const {
  switch (kind) {
    case Kind::error:
      return error.text();
    case Kind::trap:
      return trap.text();
    case Kind::exit:
      return format("exit with status {}", exit_code);
  }
  return {};
}

}  // namespace mote
