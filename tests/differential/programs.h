// Programs from seeds and files.
#pragma once

#include "tests/differential/program.h"
#include "tests/differential/setup.h"

#include <filesystem>

namespace mote::differential {

inline constexpr size_t choices_per_seed = 12000, choices_per_large_seed = 100'000;

enum class Maker : uint8_t { anything, large, calls, objects };  // generator.h, abi_program.h, object_program.h
[[nodiscard]] std::vector<uint8_t> choices_of(uint64_t seed, Maker maker);
// What a generator makes of choices under these rules.
[[nodiscard]] Result<Program> make_program(const std::vector<uint8_t>& choices, const Rules& rules, Maker maker = Maker::anything);
[[nodiscard]] Result<Program> make_program(uint64_t seed, Maker maker = Maker::anything);

[[nodiscard]] std::vector<uint8_t> read_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::vector<uint8_t>& bytes);

}  // namespace mote::differential
