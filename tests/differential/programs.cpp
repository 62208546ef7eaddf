// See programs.h.
#include "tests/differential/programs.h"

#include "tests/differential/abi_program.h"
#include "tests/differential/generator.h"
#include "tests/differential/object_program.h"

#include <fstream>
#include <iterator>

namespace mote::differential {

std::vector<uint8_t> choices_of(uint64_t seed, Maker maker) {
  return Choices::from_seed(seed, maker == Maker::large ? choices_per_large_seed : choices_per_seed);
}

Result<Program> make_program(const std::vector<uint8_t>& choices, const Rules& rules, Maker maker) {
  Choices stream(choices);
  if (maker == Maker::objects) return read_program(generate_objects(stream));
  if (maker == Maker::calls) return read_program(generate_abi(stream));
  return read_program(generate(stream, {.nan_safe = !rules.canonical_nans, .is_large = maker == Maker::large}));
}

Result<Program> make_program(uint64_t seed, Maker maker) {
  return make_program(choices_of(seed, maker), rules_of(seed), maker);
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
