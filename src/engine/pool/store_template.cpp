// Capturing and applying templates (store_template.h).
#include "engine/pool/store_template.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/runtime/values.h"

#include <algorithm>
#include <bit>

namespace mote::pool {

using runtime::Instance;
using runtime::Ref;
using runtime::Store;
using runtime::Table;

namespace {

uint64_t size_of(std::span<const os::PageRun> runs) {
  uint64_t size = 0;
  for (const os::PageRun& run : runs) size += run.size;
  return size;
}

// Whole pages around the parts, lowest first, each once.
std::vector<os::PageRun> pages_of(std::span<const StoreTemplate::Declared::Part> parts) {
  std::vector<os::PageRun> pages;
  for (const auto& [offset, bytes] : parts) {
    const uint64_t begin = offset / os::page_size * os::page_size;
    pages.push_back({begin, align_up(offset + bytes.size(), os::page_size) - begin});
  }
  std::ranges::sort(pages, {}, &os::PageRun::offset);
  std::vector<os::PageRun> runs;
  for (const os::PageRun& run : pages) {
    if (runs.empty() || run.offset > runs.back().offset + runs.back().size) {
      runs.push_back(run);
    } else {
      runs.back().size = std::max(runs.back().offset + runs.back().size, run.offset + run.size) - runs.back().offset;
    }
  }
  return runs;
}

// Nothing: a segment's place depends on what the module imports.
std::optional<std::vector<StoreTemplate::Declared::Part>> parts_of(const wasm::Module& info, wasm::MemoryIndex memory) {
  std::vector<StoreTemplate::Declared::Part> parts;
  for (const wasm::DataSegment& segment : info.datas) {
    if (segment.mode != wasm::SegmentMode::active || segment.memory != memory) continue;
    const std::optional<uint64_t> offset = runtime::constant(segment.offset);
    if (!offset) return std::nullopt;
    if (!segment.bytes.empty()) parts.push_back({*offset, segment.bytes});
  }
  return parts;
}

// A memory that nothing but its module's segments was written to. The copy's place is there; its pages come when it is needed.
// Nothing: it is to be looked at as any other.
Result<std::optional<StoreTemplate::MemoryState>> declare_memory(const runtime::Memory& memory, const wasm::Module& info,
                                                                 wasm::MemoryIndex index) {
  auto parts = parts_of(info, index);
  if (!parts) return std::nullopt;
  StoreTemplate::MemoryState state;
  state.length = memory.bytes().size();
  state.nonzero = pages_of(*parts);
  if (state.nonzero.empty()) return state;
  if (size_of(state.nonzero) > StoreTemplate::most_copied_bytes) return std::nullopt;
  state.copy = TRY(os::Mapping::anonymous(state.nonzero.back().offset + state.nonzero.back().size));
  state.declared = std::make_unique<StoreTemplate::Declared>();
  state.declared->parts = *std::move(parts);
  return state;
}

Result<StoreTemplate::MemoryState> capture_memory(const runtime::Memory& memory) {
  StoreTemplate::MemoryState state;
  const Bytes bytes = memory.bytes();
  state.length = bytes.size();
  state.nonzero = os::nonzero_pages(bytes);
  if (state.nonzero.empty()) return state;
  const uint64_t used = state.nonzero.back().offset + state.nonzero.back().size;
  if (size_of(state.nonzero) > StoreTemplate::most_copied_bytes) {
    state.shared = TRY(os::MemoryFile::create(bytes.first(used)));
    return state;
  }
  state.copy = TRY(os::Mapping::anonymous(used));
  for (const os::PageRun& run : state.nonzero) std::memcpy(state.copy.data() + run.offset, bytes.data() + run.offset, run.size);
  return state;
}

Result<PortableFunc> must_be_portable(const Store& store, Ref func, std::string_view where, uint64_t index) {
  if (const auto found = portable(store, func)) return *found;
  return fail(ErrorKind::unsupported,
              format("{} {} holds a function that the host made for one store; a pool can only keep functions of "
                     "its modules and their imports",
                     where, index));
}

Result<StoreTemplate::TableState> capture_table(const Store& store, Table& table, std::span<const wasm::FuncIndex> declared,
                                                const Instance& owner) {
  StoreTemplate::TableState state{.length = table.size(), .is_func = table.is_func()};
  state.is_as_declared = table.is_func() && !table.lazy_image().empty() && state.length == table.type().limits.min;
  uint64_t used = 0;
  for (uint64_t i = 0; i < state.length; ++i) {
    const Ref ref = table.get(i);
    const uint64_t entry = state.is_func ? TRY(must_be_portable(store, ref, "a table's element", i)) : ref;
    const bool has_declared = i < declared.size() && declared[i] != Table::no_func;
    const Ref expected = has_declared ? reinterpret_cast<Ref>(const_cast<Instance&>(owner).func(declared[i])) : 0;
    if (ref != expected) state.is_as_declared = false;
    if (entry != 0) used = i + 1;
    state.entries.push_back(entry);
  }
  state.entries.resize(state.is_as_declared ? 0 : used);
  state.entries.shrink_to_fit();
  return state;
}

Result<StoreTemplate::InstanceState> capture_instance(const Store& store, const Instance& instance, bool is_as_declared) {
  const runtime::Module& module = instance.module();
  const wasm::Module& info = module.info();
  StoreTemplate::InstanceState state{.module = &module};
  for (uint32_t i = 0; i < info.memories.size(); ++i) {
    if (instance.memory(i)->parking_lot() != nullptr) {
      return fail(ErrorKind::unsupported,
                  format("memory {} is shared: a sandbox that others write to cannot be brought back to its "
                         "beginning, so it cannot be pooled",
                         i));
    }
    if (i < info.imported_memories) continue;
    std::optional<StoreTemplate::MemoryState> declared;
    if (is_as_declared) declared = TRY(declare_memory(*instance.memory(i), info, i));
    state.memories.push_back(declared ? *std::move(declared) : TRY(capture_memory(*instance.memory(i))));
  }
  for (uint32_t i = info.imported_tables; i < info.tables.size(); ++i) {
    state.tables.push_back(TRY(capture_table(store, *instance.table(i), module.lazy_image(i), instance)));
  }
  for (uint32_t i = info.imported_globals; i < info.globals.size(); ++i) {
    code::Value16 value = instance.own_global(i);
    if (is_func_global(module, i)) value = runtime::value_of(TRY(must_be_portable(store, runtime::low_of(value), "global", i)));
    state.globals.push_back(value);
  }
  const std::span<uint64_t> dropped = instance.dropped_bits();
  state.dropped.assign(dropped.begin(), dropped.end());
  state.element_objects = instance.element_objects();
  return state;
}

Result<void> apply_memory(const StoreTemplate::MemoryState& state, runtime::Memory& memory) {
  const uint64_t missing = state.length - memory.bytes().size();
  if (missing > 0 && !memory.grow(missing / limits::page_size_bytes)) {
    return fail(ErrorKind::unavailable, format("no room for a memory of {} bytes", state.length));
  }
  if (state.shared) return memory.show(*state.shared);
  for (const os::PageRun& run : state.nonzero) {
    std::memcpy(memory.bytes().data() + run.offset, state.bytes().data() + run.offset, run.size);
  }
  return {};
}

Result<void> apply_table(const Store& store, const StoreTemplate::TableState& state, Table& table) {
  if (state.is_as_declared) return {};
  table.drop_lazy();
  const uint64_t missing = state.length - table.size();
  if (missing > 0 && !table.grow(missing, 0)) {
    return fail(ErrorKind::unavailable, format("no room for a table of {} elements", state.length));
  }
  for (uint64_t i = 0; i < state.length; ++i) {
    const uint64_t entry = i < state.entries.size() ? state.entries[i] : 0;
    const Ref ref = state.is_func ? func_in(store, entry) : entry;
    if (table.get(i) != ref) table.set(i, ref);
  }
  return {};
}

}  // namespace

Bytes StoreTemplate::MemoryState::bytes() const {
  if (declared != nullptr) {
    std::call_once(declared->written, [&] {
      for (const os::PageRun& run : nonzero) os::touch_to_write({copy.data() + run.offset, run.size});
      for (const auto& [offset, from] : declared->parts) std::memcpy(copy.data() + offset, from.data(), from.size());
    });
  }
  return extent();
}

std::optional<PortableFunc> portable(const Store& store, Ref func) {
  if (func == 0) return 0;
  const auto* ref = reinterpret_cast<const code::FuncRef*>(func);
  for (uint64_t i = 0; i < store.instances().size(); ++i) {
    if (const auto index = store.instances()[i]->index_of(ref)) return i << 32 | (uint64_t{*index} + 1);
  }
  return std::nullopt;
}

Ref func_in(const Store& store, PortableFunc func) {
  if (func == 0) return 0;
  return reinterpret_cast<Ref>(store.instances()[func >> 32]->func(static_cast<wasm::FuncIndex>(func) - 1));
}

bool is_func_global(const runtime::Module& module, uint32_t index) {
  return code::is_func_ref(module.info(), module.info().globals[index].type.type);
}

// Of several modules, one may have segments for another's memory, or a start function that writes to it.
Result<std::shared_ptr<const StoreTemplate>> StoreTemplate::capture(Store& store, History history) {
  auto made = std::make_shared<StoreTemplate>();
  made->heap_ = TRY(HeapState::capture(store));  // first: it moves objects
  const bool is_as_declared =
      history == History::instantiated && store.instances().size() == 1 && !store.instances().front()->module().info().start;
  for (const auto& instance : store.instances()) {
    made->instances_.push_back(TRY(capture_instance(store, *instance, is_as_declared)));
  }
  made->externrefs_ = store.externrefs();
  return made;
}

Result<void> StoreTemplate::apply(Store& store) const {
  ASSERT(store.instances().size() == instances_.size());
  for (const uint64_t number : externrefs_) TRY(store.new_externref(number));
  TRY(heap_.apply(store));
  for (size_t n = 0; n < instances_.size(); ++n) {
    const InstanceState& state = instances_[n];
    Instance& instance = *store.instances()[n];
    const wasm::Module& info = instance.module().info();
    ASSERT(&instance.module() == state.module);
    for (uint32_t i = 0; i < state.memories.size(); ++i) {
      TRY(apply_memory(state.memories[i], *instance.memory(info.imported_memories + i)));
    }
    for (uint32_t i = 0; i < state.tables.size(); ++i) {
      TRY(apply_table(store, state.tables[i], *instance.table(info.imported_tables + i)));
    }
    for (uint32_t i = 0; i < state.globals.size(); ++i) {
      const uint32_t index = info.imported_globals + i;
      const bool is_func = is_func_global(instance.module(), index);
      instance.own_global(index) =
          is_func ? runtime::value_of(func_in(store, runtime::low_of(state.globals[i]))) : state.globals[i];
    }
    std::ranges::copy(state.dropped, instance.dropped_bits().begin());
    instance.element_objects() = state.element_objects;
  }
  return {};
}

uint64_t StoreTemplate::size_bytes() const {
  uint64_t size = heap_.size_bytes();
  for (const InstanceState& instance : instances_) {
    for (const MemoryState& memory : instance.memories) size += size_of(memory.nonzero);
    for (const TableState& table : instance.tables) size += table.entries.size() * sizeof(uint64_t);
  }
  return size;
}

}  // namespace mote::pool
