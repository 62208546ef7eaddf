// The writer of snapshots against any valid module and any state that could be one of it: what it writes is valid, and the same
// each time.
//
// The state is drawn from the module's own bytes: memories and tables that have grown, references of the right types, dropped
// segments, removed exports.
#include "engine/snapshot/write.h"
#include "engine/wasm/decode.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <vector>

namespace {

using namespace mote;
using wasm::FuncIndex;
using wasm::ValueType;

void require(bool condition) {
  if (!condition) std::abort();
}

constexpr uint64_t most_pages = 4, most_elements = 1000;  // larger ones say nothing more

class Drawn {
 public:
  Drawn(const wasm::Module& module, Bytes seed) : module_(module) {
    std::seed_seq sequence(seed.begin(), seed.end());
    random_.seed(sequence);
  }
  // Nothing where there is no value of some type, or too much of everything.
  std::optional<snapshot::State> state() {
    for (const wasm::MemoryType& memory : module_.memories) {
      if (memory.limits.min > most_pages) return std::nullopt;
      memories_.emplace_back(grown(memory.limits, most_pages) * limits::page_size_bytes);
      for (uint32_t i = below(30); i > 0 && !memories_.back().empty(); --i)
        memories_.back()[random_() % memories_.back().size()] = static_cast<uint8_t>(random_());
    }
    snapshot::State state;
    state.memories.assign(memories_.begin(), memories_.end());
    for (const wasm::Table& table : module_.tables) {
      if (table.type.limits.min > most_elements) return std::nullopt;
      std::vector<FuncIndex>& elements = state.tables.emplace_back(grown(table.type.limits, most_elements));
      for (FuncIndex& element : elements) {
        if (!draw(table.type.element, element)) return std::nullopt;
      }
    }
    for (const wasm::Global& global : module_.globals) {
      snapshot::GlobalValue& value = state.globals.emplace_back(random_(), random_());
      if (global.type.is_mutable && global.type.type.is_ref() && !draw(global.type.type, value.func)) return std::nullopt;
    }
    for (size_t i = 0; i < module_.elements.size(); ++i) state.dropped_elements.push_back(below(2) != 0);
    for (size_t i = 0; i < module_.datas.size(); ++i) state.dropped_datas.push_back(below(2) != 0);
    return state;
  }
  snapshot::Edits edits() {
    snapshot::Edits edits;
    for (const wasm::Export& one : module_.exports) {
      if (below(3) == 0) edits.removed_exports.emplace_back(one.name);
    }
    return edits;
  }

 private:
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
  uint64_t grown(const wasm::Limits& limits, uint64_t most) {
    return limits.min + below(3) * (std::min(limits.max.value_or(most), most) > limits.min + 2 ? 1 : 0);
  }
  // A reference of this type: of the functions that can have one, or null.
  bool draw(ValueType type, FuncIndex& to) {
    to = snapshot::null_func;
    if (type.is_nullable() && below(2) == 0) return true;
    for (int tries = 0; tries < 8 && !module_.escaped.empty(); ++tries) {
      const FuncIndex func = module_.escaped[below(static_cast<uint32_t>(module_.escaped.size()))];
      if (!module_.matches(ValueType::ref(wasm::HeapType::concrete(module_.funcs[func]), false), type)) continue;
      to = func;
      return true;
    }
    return type.is_nullable();
  }

  const wasm::Module& module_;
  std::mt19937_64 random_;
  std::vector<std::vector<uint8_t>> memories_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size);
  const Result<wasm::Module> module = wasm::decode(bytes);
  if (!module || !wasm::validate_bodies(*module)) return 0;
  Drawn drawn(*module, bytes);
  const std::optional<snapshot::State> state = drawn.state();
  if (!state) return 0;
  const snapshot::Edits edits = drawn.edits();
  const auto written = snapshot::write(*module, *state, edits);
  if (!written) {
    require(written.error().kind == ErrorKind::unsupported || written.error().kind == ErrorKind::limit);
    return 0;
  }
  require(*snapshot::write(*module, *state, edits) == *written);
  const Result<wasm::Module> again = wasm::decode(*written);
  require(again.has_value() && wasm::validate_bodies(*again).has_value());
  return 0;
}
