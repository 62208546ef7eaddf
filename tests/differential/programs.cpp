// See programs.h.
#include "tests/differential/programs.h"

#include "tests/differential/generator.h"

#include <fstream>
#include <iterator>

namespace mote::differential {

Result<Program> make_program(const std::vector<uint8_t>& choices, const Rules& rules) {
  Choices stream(choices);
  return read_program(generate(stream, {.nan_safe = !rules.canonical_nans}));
}

Result<Program> make_program(uint64_t seed) {
  return make_program(Choices::from_seed(seed, choices_per_seed), rules_of(seed));
}

std::vector<uint8_t> read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& file, const std::vector<uint8_t>& bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace mote::differential
