// The decoder against any bytes: it accepts or refuses, and whatever a module says about itself can then be read without harm.
//
// Both modes of bodies are tried. Texts, custom sections and type relations are asked for too: they have no error path of their
// own, so anything out of range that decode() let through would show here under ASan and UBSan.
#include "engine/wasm/decode.h"

#include "engine/wasm/names.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace {

using namespace mote;

void look_through(const wasm::Module& module) {
  size_t sum = 0;
  const wasm::Names names = wasm::read_names(module);
  for (wasm::FuncIndex i = 0; i < module.funcs.size(); ++i) {
    sum += names.function(i).size() + names.local(i, 0).size() + text(module.func_type(i)).size();
  }
  sum += wasm::read_producers(module).size() + wasm::read_target_features(module).size();
  for (const wasm::SubType& type : module.types) sum += text(type).size();
  const size_t types = module.types.size() < 16 ? module.types.size() : 16;
  for (uint32_t i = 0; i < types; ++i) {
    for (uint32_t j = 0; j < types; ++j) {
      const wasm::HeapType a = wasm::HeapType::concrete(i), b = wasm::HeapType::concrete(j);
      const bool equal = module.equal_types(wasm::ValueType::ref(a, true), wasm::ValueType::ref(b, true));
      if (equal && !(module.matches(a, b) && module.matches(b, a))) std::abort();
    }
  }
  for (const wasm::CustomSection& custom : module.customs) {
    if (custom.content.offset + custom.content.size > module.bytes.size()) std::abort();
  }
  for (const wasm::Body& body : module.bodies) {
    if (body.offset + body.size > module.bytes.size()) std::abort();
  }
  if (module.bodies.size() > module.funcs.size()) std::abort();
  for (const wasm::FuncIndex func : module.escaped) {
    if (func >= module.funcs.size() || !module.is_escaped(func)) std::abort();
  }
  asm volatile("" : : "r"(sum));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // An allocation of exactly this size, so that a read of one byte too many is seen.
  const auto bytes = std::make_unique<uint8_t[]>(size);
  std::copy_n(data, size, bytes.get());
  for (const wasm::Bodies bodies : {wasm::Bodies::inside, wasm::Bodies::elsewhere}) {
    const Result<wasm::Module> module = wasm::decode(Bytes(bytes.get(), size), bodies);
    if (module) look_through(*module);
    if (!module && module.error().message.empty()) std::abort();
  }
  return 0;
}
