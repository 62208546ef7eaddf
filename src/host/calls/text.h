// The values of a call as text and as JSON, decoded by its signature. Reads the guest's memory, trusts none of it: a pointer that
// leads nowhere is shown as a number. Tested by text_test.cpp.
#pragma once

#include "host/calls/watch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mote::calls {

inline constexpr size_t shown_bytes = 32;   // of data; paths are shown whole
inline constexpr size_t shown_pieces = 16;  // of an array of buffers
inline constexpr int shown_flags = 6;       // more are a long list
inline constexpr size_t shown_path_bytes = 4096;

// One parameter, its values beginning at `at`. Outputs are shown by what was written when the call has succeeded, as pointers
// otherwise.
[[nodiscard]] std::string shown(const Call& call, const Parameter& parameter, size_t at);
[[nodiscard]] std::string json(const Call& call, const Parameter& parameter, size_t at);

// The text of a path that a call names; empty when it cannot be read.
[[nodiscard]] std::string path_text(const Call& call, size_t at);
// A number that the call has written; nothing when the pointer leads nowhere.
[[nodiscard]] std::optional<uint64_t> written_number(const Call& call, const Parameter& parameter, size_t at);

// "0", "44 ENOENT (No such file or directory)".
[[nodiscard]] std::string result_text(const Call& call);
[[nodiscard]] const ErrorName* error_name(const Call& call);

// Text in quotes, with the escapes of C; at most `most` bytes of it, "..." behind what was cut.
[[nodiscard]] std::string quoted(Bytes bytes, size_t most);
// "a|b", the rest in hexadecimal; "0" when there is none. Of a long list, where some are said to be essential, only those.
[[nodiscard]] std::string flags_text(uint64_t bits, std::span<const std::string_view> names, uint64_t essential = 0);
[[nodiscard]] std::string choice_text(uint64_t value, std::span<const std::string_view> names);

}  // namespace mote::calls
