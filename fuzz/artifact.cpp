// The artifact loader against any bytes: it accepts or refuses, and whatever it accepts can be looked through without harm.
//
// Checksums would stop every mutation, so each input is tried three ways: as it is; with its checksums made right; and as a list of
// changes (u16 offset, u8 value) to a good artifact, checksums made right. Nothing that is loaded is run: that an artifact's code
// is harmless is a matter of trust, not of the loader.
#include "engine/code/artifact_testing.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using namespace mote;

// Looks everything up, and reads every byte that is handed out.
void look_through(code::Artifact& artifact, const code::Image& image) {
  uint64_t sum = checksum(artifact.module_bytes()) + checksum(image.text());
  for (uint32_t func : {0u, 1u, 2u, 1000u, UINT32_MAX}) {
    for (char character : artifact.func_name(func)) sum += static_cast<unsigned char>(character);
  }
  for (uint32_t i = 0; i < image.funcs().size(); i++) sum += reinterpret_cast<uintptr_t>(image.entry(i));
  size_t step = image.text().size() / 1000 + 1;
  for (size_t offset = 0; offset < image.text().size(); offset += step) {
    const uint8_t* pc = image.text().data() + offset;
    if (auto info = image.find(pc)) sum += info->func + info->wasm_offset.value_or(0);
    if (const code::FrameRow* row = image.frame(pc)) sum += row->offset;
  }
  sum += image.find(image.text().data() + image.text().size()).has_value() + image.find(nullptr).has_value();
  asm volatile("" : : "r"(sum));
}

void try_to_load(std::vector<uint8_t> bytes) {
  Result<std::shared_ptr<code::Artifact>> artifact = code::load_artifact(std::move(bytes));
  if (!artifact) return;
  for (const code::CodegenKey& key : (*artifact)->keys()) {
    Result<std::shared_ptr<const code::Image>> image = (*artifact)->image(key);
    if (image) look_through(**artifact, **image);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  try_to_load(bytes);
  code::artifact_testing::repair(bytes);
  try_to_load(std::move(bytes));

  static const std::vector<uint8_t> good = code::artifact_testing::test_artifact(
      {code::artifact_testing::test_parts(code::MemoryMode::guard), code::artifact_testing::test_parts(code::MemoryMode::dense)});
  bytes = good;
  for (; size >= 3; data += 3, size -= 3) bytes[load_le<uint16_t>(data) % bytes.size()] = data[2];
  code::artifact_testing::repair(bytes);
  try_to_load(std::move(bytes));
  return 0;
}
