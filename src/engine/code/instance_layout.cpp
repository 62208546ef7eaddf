// Offsets of the part of an instance that depends on its module (instance_layout.h). Compiler and runtime compute them here, so
// they cannot disagree. Order: everything that calls and accesses touch first, what only the runtime reads last.
// Tested by instance_layout_test.cpp.
#include "engine/code/instance_layout.h"

#include "base/core/bytes.h"

namespace mote::code {

// Counts are bounded by limits.h (1,000,000 functions, globals, tags; 100 memories and tables), so 32 bits hold every offset:
// 1e6 x (16 + 64 + 40) + 1e6 x 16 + … < 2^28.
InstanceLayout::InstanceLayout(const wasm::Module& module)
    : objects_(module),
      imported_memories_(module.imported_memories),
      imported_tables_(module.imported_tables),
      imported_globals_(module.imported_globals) {
  uint32_t at = sizeof(VMContext);
  auto place = [&at](size_t count, size_t each, size_t alignment = 8) {
    at = static_cast<uint32_t>(align_up(at, alignment));
    const uint32_t offset = at;
    at += static_cast<uint32_t>(count * each);
    return offset;
  };
  memories_ = place(module.memories.size(), sizeof(MemoryImport));
  tables_ = place(module.tables.size(), sizeof(void*));
  func_imports_ = place(module.imported_funcs, sizeof(FuncImport));
  global_imports_ = place(module.imported_globals, sizeof(void*));
  tags_ = place(module.tags.size(), sizeof(void*));
  globals_ = place(module.globals.size() - module.imported_globals, sizeof(Value16), 16);
  memory_defs_ = place(module.memories.size() - module.imported_memories, sizeof(MemoryDef));
  table_defs_ = place(module.tables.size() - module.imported_tables, sizeof(TableDef));
  funcrefs_ = place(module.escaped.size(), sizeof(FuncRef));
  host_bindings_ = place(module.imported_funcs, host_binding_size, 16);
  dropped_data_ = place((module.datas.size() + 63) / 64, sizeof(uint64_t));
  dropped_elem_ = place((module.elements.size() + 63) / 64, sizeof(uint64_t));
  size_ = static_cast<uint32_t>(align_up(at, 16));
}

uint32_t InstanceLayout::memory_def(wasm::MemoryIndex index) const {
  if (index == 0) return offsetof(VMContext, mem0);
  return memory_defs_ + (index - imported_memories_) * static_cast<uint32_t>(sizeof(MemoryDef));
}

uint32_t InstanceLayout::table_def(wasm::TableIndex index) const {
  if (index == 0) return offsetof(VMContext, tab0);
  return table_defs_ + (index - imported_tables_) * static_cast<uint32_t>(sizeof(TableDef));
}

}  // namespace mote::code
