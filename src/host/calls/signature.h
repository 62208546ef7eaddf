// What a host function is, as data: its name, what its values mean, what it answers. One static table for each interface.
//
// With it anybody can show or record a call without knowing the interface: strace, audit, policy learning. Values are what the
// guest passed, flattened to numbers; a Parameter stands for one of them or for two (a pointer and a length). Tested by
// text_test.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mote::calls {

struct Call;

enum class ParameterKind : uint8_t {
  descriptor,
  number,         // unsigned
  signed_number,  // 64 bits
  choice,         // one of `names`
  flags,          // a bit for each of `names`
  pointer,        // to what is not shown
  // A pointer and a length, two values.
  path,        // text, read by the host
  pieces_in,   // an array of (pointer, length), its count; the host reads what they name
  pieces_out,  // … and writes there
  buffer_out,  // bytes that the host writes
  // A pointer to what the host writes when it succeeds.
  out_number,
  out_descriptor,
  out_record,  // shown by `show`
  // A pointer alone, shown by `show`: when the call begins, or when it has succeeded.
  list_in,
  list_out,
};

using Show = std::string (*)(const Call& call, uint64_t pointer);

struct Parameter {
  std::string_view name;
  ParameterKind kind = ParameterKind::number;
  uint8_t size = 0;       // out_number: bytes
  int8_t filled_by = -1;  // pieces_out, buffer_out: the out_number (its index) that says how much was written
  std::span<const std::string_view> names = {};  // choice, flags
  uint64_t essential = 0;                        // flags: of a long list, only these are shown in text
  Show show = nullptr;
};

[[nodiscard]] constexpr size_t value_count(ParameterKind kind) {
  using enum ParameterKind;
  return kind == path || kind == pieces_in || kind == pieces_out || kind == buffer_out ? 2 : 1;
}
[[nodiscard]] constexpr size_t value_count(std::span<const Parameter> parameters) {
  size_t count = 0;
  for (const Parameter& one : parameters) count += value_count(one.kind);
  return count;
}
[[nodiscard]] constexpr bool is_output(ParameterKind kind) {
  using enum ParameterKind;
  return kind == pieces_out || kind == buffer_out || kind == out_number || kind == out_descriptor || kind == out_record ||
         kind == list_out;
}

// What a call is about, for filters; a call may be about several things.
namespace group {
inline constexpr uint32_t descriptor = 1, path = 2, clock = 4, poll = 8, random = 16, process = 32, network = 64, environment = 128,
                          memory = 256;
}

// A result that is one of a list of errors; 0 is success.
struct ErrorName {
  std::string_view name;   // "ENOENT"
  std::string_view words;  // "No such file or directory"
};

struct Interface {
  std::string_view name;              // "wasi_snapshot_preview1"
  std::span<const ErrorName> errors;  // by number
};

struct Function {
  const Interface& interface;
  std::string_view name;
  std::span<const Parameter> parameters;
  uint32_t groups = 0;
};

}  // namespace mote::calls
