// See images.h.
#include "tests/differential/images.h"

#include "engine/aot/compile.h"
#include "engine/baseline/compile.h"
#include "engine/wasm/decode.h"

namespace mote::differential {

bool has_baseline() {
  return true;
}

namespace {

Result<std::shared_ptr<const code::Image>> make(Bytes wasm, const code::CodegenKey& key) {
  if (key.tier == code::Tier::baseline) return baseline::compile(TRY(wasm::decode(wasm)), {.key = key});
  aot::CompileOptions options;
  options.key = key;
  const auto artifact = TRY(code::load_artifact(TRY(aot::compile(wasm, options))));
  return artifact->image(key);
}

}  // namespace

Result<std::shared_ptr<const code::Image>> Images::get(const code::CodegenKey& key) {
  for (const auto& [known, image] : made_) {
    if (known == key) return image;
  }
  std::shared_ptr<const code::Image> image = TRY(make(wasm_, key));
  made_.emplace_back(key, image);
  return image;
}

}  // namespace mote::differential
