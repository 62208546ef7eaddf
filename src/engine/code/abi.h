// What compiled code and the runtime agree on, besides the layout of an instance (instance_layout.h): the version of the whole
// agreement, trap codes and builtins. Changing anything here, in the .def files, the layout or the calling convention
// (convention.h) bumps abi_version; artifacts of another version are refused by name.
#pragma once

#include <cstdint>

namespace mote::code {

inline constexpr uint32_t abi_version = 3;

enum class TrapCode : uint8_t {
#define MOTE_TRAP(name, code, words) name = (code),
#include "engine/code/traps.def"
#undef MOTE_TRAP
};
[[nodiscard]] const char* words(TrapCode code);  // "out of bounds memory access"
[[nodiscard]] bool is_trap_code(uint32_t code);  // for codes read from an instruction

enum class Builtin : uint8_t {
#define MOTE_BUILTIN(name, ...) name,
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN
  count
};
// Whether the builtin may move objects: before it, every reference that is needed afterwards lies where Image::visit_roots finds
// it; after it, references are read from there again. Calls of wasm functions and host functions may too. throw_ref does not
// return.
[[nodiscard]] constexpr bool may_collect(Builtin builtin) {
  return builtin >= Builtin::struct_new && builtin <= Builtin::exception_new;
}
enum class BuiltinType : uint8_t { none, i32, i64 };

// The trap instruction on x86-64 is `ud1 code(%eax), %eax` (67 0f b9 40 ib): what llvm.ubsantrap emits.
inline constexpr uint8_t trap_instruction[4] = {0x67, 0x0f, 0xb9, 0x40};

}  // namespace mote::code
