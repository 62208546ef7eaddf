// decode(): the order of sections and the sections that are lists of small things; see module_decoder.h for the others.
//
// One pass. What a section says is validated when it is read, since all it may refer to stands before it. Function bodies are
// measured only (their first reading is the walker's). Sections other than custom ones appear at most once and in order.
// Spec: core/binary/modules, core/valid/modules. Tested by decode_test.cpp and tests/spec.
#include "engine/wasm/decode.h"

#include "base/core/format.h"
#include "engine/wasm/module_decoder.h"
#include "engine/wasm/read_types.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::wasm {

namespace {

// clang-format off
enum SectionId : uint8_t {
  custom, types, imports, functions, tables, memories, globals, exports, start, elements, code, datas, data_count, tags,
};
// clang-format on
// The place of each section in a module, by id.
constexpr uint8_t section_rank[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

}  // namespace

Result<Module> decode(Bytes bytes, Bodies bodies) {
  if (bytes.size() > limits::module_size_bytes) {
    return fail(ErrorKind::limit, format("the module has {} bytes; the limit is {}", bytes.size(), limits::module_size_bytes));
  }
  return ModuleDecoder(bytes, bodies).decode();
}

Result<Module> ModuleDecoder::decode() {
  read_header();
  uint8_t last_rank = 0;
  while (!in_.failed() && !in_.at_end()) {
    const uint64_t start = in_.offset();
    const uint8_t id = in_.u8();
    if (id >= std::size(section_rank)) {
      in_.fail(start, format("malformed section id {}", id));
      break;
    }
    if (id != custom) {
      if (section_rank[id] <= last_rank) {
        in_.fail(start, format("unexpected content after last section: section {} is repeated or out of order", id));
        break;
      }
      last_rank = section_rank[id];
    }
    const uint32_t size = in_.u32();
    const Range content = in_.range(size);
    if (!in_.failed()) read_section(id, content);
  }
  if (!in_.failed()) check_section_counts();
  if (in_.failed()) return std::unexpected(in_.take_error());
  for (FuncIndex i = 0; i < escaped_.size(); ++i) {
    if (escaped_[i]) module_.escaped.push_back(i);
  }
  return std::move(module_);
}

void ModuleDecoder::read_header() {
  const uint32_t magic = in_.remaining() < 4
      ? in_.fail(0, format("unexpected end: {} bytes are no WebAssembly module", in_.remaining())),
                 0 : in_.fixed<uint32_t>();
  if (in_.failed()) return;
  if (magic != 0x6d73'6100) return in_.fail(0, "magic header not detected: this is not a WebAssembly module");
  const auto version = in_.fixed<uint32_t>();
  if (in_.failed() || version == 1) return;
  if (version >> 16 == 1) {
    return in_.fail(4, "unknown binary version: this is a component, and only core modules are accepted here",
                    ErrorKind::unsupported);
  }
  in_.fail(4, format("unknown binary version {}; this engine reads version 1", version));
}

// Reads `content` with a reader of its own, so that no section sees beyond its end.
void ModuleDecoder::read_section(uint8_t id, Range content) {
  Reader rest = std::exchange(in_, Reader(module_.bytes, content));
  if (id == custom) {
    read_custom_section(content);
  } else {
    read_known_section(id);
    if (!in_.at_end())
      in_.fail(in_.offset(), format("section size mismatch: {} bytes after the end of section {}", in_.remaining(), id));
  }
  if (in_.failed()) return;
  in_ = std::move(rest);
}

void ModuleDecoder::read_known_section(uint8_t id) {
  switch (static_cast<SectionId>(id)) {
    case custom:
      return;
    case types:
      return read_types();
    case imports:
      return read_imports();
    case functions:
      return read_functions();
    case tables:
      return read_tables();
    case memories:
      return read_memories();
    case tags:
      return read_tags();
    case globals:
      return read_globals();
    case exports:
      return read_exports();
    case start:
      return read_start();
    case elements:
      return read_elements();
    case data_count:
      module_.data_count = in_.u32();
      return;
    case code:
      return read_code();
    case datas:
      return read_datas();
  }
}

void ModuleDecoder::check_section_counts() {
  const size_t own_funcs = module_.funcs.size() - module_.imported_funcs;
  if (bodies_ == Bodies::inside && code_count_.value_or(0) != own_funcs) {
    return in_.fail(in_.offset(), format("function and code section have inconsistent lengths: {} functions, {} bodies", own_funcs,
                                         code_count_.value_or(0)));
  }
  if (module_.data_count && *module_.data_count != module_.datas.size()) {
    in_.fail(in_.offset(), format("data count and data section have inconsistent lengths: {} announced, {} found",
                                  *module_.data_count, module_.datas.size()));
  }
}

void ModuleDecoder::read_custom_section(Range content) {
  const uint64_t start = in_.offset();
  const std::string_view name = in_.name();
  if (in_.failed()) return;
  check_total(start, module_.customs.size() + 1, limits::custom_sections, "custom sections");
  const uint64_t at = in_.offset();
  module_.customs.push_back({name, {at, content.offset + content.size - at}});
  if (name != "metadata.code.branch_hint") return;
  read_branch_hints();
  // Hints are advice: a section that cannot be read is no error (core/binary/modules, custom sections).
  if (in_.failed()) module_.branch_hints.clear();
  in_ = Reader(module_.bytes, {content.offset + content.size, 0});
}

void ModuleDecoder::read_branch_hints() {
  const uint32_t funcs = in_.count(limits::functions, "functions with hints");
  for (uint32_t i = 0; i < funcs && !in_.failed(); ++i) {
    const FuncIndex func = in_.u32();
    const uint32_t count = in_.count(limits::function_body_bytes, "hints");
    std::vector<BranchHint> hints;
    hints.reserve(count);
    for (uint32_t j = 0; j < count && !in_.failed(); ++j) {
      const uint64_t at = in_.offset();
      const uint32_t offset = in_.u32();
      const uint32_t size = in_.u32();
      const uint8_t value = in_.u8();
      if (size != 1 || value > 1 || (!hints.empty() && offset <= hints.back().offset)) in_.fail(at, "malformed branch hint");
      hints.push_back({offset, value == 1});
    }
    module_.branch_hints.insert_or_assign(func, std::move(hints));
  }
}

uint32_t ModuleDecoder::read_index(size_t size, const char* what) {
  const uint64_t at = in_.offset();
  const uint32_t index = in_.u32();
  if (index < size || in_.failed()) return index;
  in_.fail(at, format("unknown {} {}", what, index));
  return 0;
}

void ModuleDecoder::check_total(uint64_t offset, uint64_t total, uint32_t limit, const char* what) {
  if (total > limit) in_.fail(offset, format("{} {} exceed the limit of {}", total, what, limit), ErrorKind::limit);
}

void ModuleDecoder::escape(FuncIndex index) {
  if (escaped_.size() <= index) escaped_.resize(module_.funcs.size());
  if (!in_.failed()) escaped_[index] = true;
}

void ModuleDecoder::read_imports() {
  const uint32_t count = in_.count(limits::imports, "imports");
  module_.imports.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) read_import();
  module_.imported_funcs = static_cast<uint32_t>(module_.funcs.size());
  module_.imported_tables = static_cast<uint32_t>(module_.tables.size());
  module_.imported_memories = static_cast<uint32_t>(module_.memories.size());
  module_.imported_globals = static_cast<uint32_t>(module_.globals.size());
  module_.imported_tags = static_cast<uint32_t>(module_.tags.size());
}

void ModuleDecoder::read_import() {
  const uint64_t start = in_.offset();
  Import& import = module_.imports.emplace_back();
  import.offset = start;
  import.module = in_.name();
  import.name = in_.name();
  const uint64_t kind_at = in_.offset();
  const uint8_t kind = in_.u8();
  if (in_.failed()) return;
  if (kind > 4) return in_.fail(kind_at, format("malformed import kind {}", kind));
  import.kind = static_cast<ExternKind>(kind);
  size_t index = 0;
  switch (import.kind) {
    case ExternKind::func:
      index = module_.funcs.size();
      module_.funcs.push_back(read_func_type_index());
      break;
    case ExternKind::table:
      index = module_.tables.size();
      module_.tables.push_back({read_table_type(), {}});
      check_total(start, index + 1, limits::tables, "tables");
      break;
    case ExternKind::memory:
      index = module_.memories.size();
      module_.memories.push_back(read_memory_type());
      check_total(start, index + 1, limits::memories, "memories");
      break;
    case ExternKind::global:
      index = module_.globals.size();
      module_.globals.push_back({read_global_type(), {}});
      break;
    case ExternKind::tag:
      index = module_.tags.size();
      module_.tags.push_back(read_tag_type());
      break;
  }
  import.index = static_cast<uint32_t>(index);
}

TypeIndex ModuleDecoder::read_func_type_index() {
  const uint64_t at = in_.offset();
  const TypeIndex index = read_index(module_.types.size(), "type");
  if (!in_.failed() && module_.types[index].kind != CompositeKind::func) {
    in_.fail(at, format("type mismatch: type {} is not a function type", index));
  }
  return index;
}

bool ModuleDecoder::read_mutability() {
  const uint64_t at = in_.offset();
  const uint8_t byte = in_.u8();
  if (byte > 1) in_.fail(at, format("malformed mutability 0x{:02x}", byte));
  return byte == 1;
}

// Flags: 1 has a maximum, 2 is shared, 4 has 64-bit addresses.
Limits ModuleDecoder::read_limits(bool may_be_shared) {
  const uint64_t at = in_.offset();
  const uint8_t flags = in_.u8();
  if (in_.failed()) return {};
  if (may_be_shared && flags > 7 && flags < 16) {
    in_.fail(at, "malformed limits flags: custom page sizes are not supported", ErrorKind::unsupported);
    return {};
  }
  if (flags > 7 || (!may_be_shared && (flags & 2) != 0)) {
    in_.fail(at, format("malformed limits flags 0x{:02x}", flags));
    return {};
  }
  Limits limits;
  limits.is_shared = (flags & 2) != 0;
  limits.address = (flags & 4) != 0 ? AddressType::i64 : AddressType::i32;
  limits.min = in_.u64();
  if ((flags & 1) != 0) limits.max = in_.u64();
  return limits;
}

MemoryType ModuleDecoder::read_memory_type() {
  const uint64_t at = in_.offset();
  const MemoryType type{read_limits(true)};
  if (in_.failed()) return type;
  const Limits& l = type.limits;
  const bool is_64 = l.address == AddressType::i64;
  const uint64_t most = is_64 ? limits::memory64_pages : limits::memory32_pages;
  if (l.min > most || l.max.value_or(0) > most) {
    in_.fail(at, format("memory size must be at most {} pages ({})", most, is_64 ? "2^64 bytes" : "4GiB"));
  } else if (l.max && l.min > *l.max) {
    in_.fail(at, format("size minimum must not be greater than maximum: {} > {} pages", l.min, *l.max));
  } else if (l.is_shared && !l.max) {
    in_.fail(at, "shared memory must have maximum");
  }
  return type;
}

TableType ModuleDecoder::read_table_type() {
  TableType type;
  type.element = read_ref_type(in_, type_count());
  const uint64_t at = in_.offset();
  type.limits = read_limits(false);
  if (in_.failed()) return type;
  const Limits& l = type.limits;
  if (l.address == AddressType::i32 && (l.min > limits::table32_elements || l.max.value_or(0) > limits::table32_elements)) {
    in_.fail(at, format("table size must be at most {} elements (2^32-1)", limits::table32_elements));
  } else if (l.max && l.min > *l.max) {
    in_.fail(at, format("size minimum must not be greater than maximum: {} > {} elements", l.min, *l.max));
  }
  return type;
}

GlobalType ModuleDecoder::read_global_type() {
  GlobalType type;
  type.type = read_value_type(in_, type_count());
  type.is_mutable = read_mutability();
  return type;
}

TagType ModuleDecoder::read_tag_type() {
  const uint64_t at = in_.offset();
  const uint8_t attribute = in_.u8();
  if (attribute != 0) in_.fail(at, format("malformed tag attribute 0x{:02x}", attribute));
  TagType type{read_func_type_index()};
  if (!in_.failed() && !module_.types[type.type].func.results.empty()) in_.fail(at, "non-empty tag result type");
  return type;
}

void ModuleDecoder::read_functions() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::functions, "functions");
  check_total(start, module_.funcs.size() + uint64_t{count}, limits::functions, "functions");
  module_.funcs.reserve(module_.funcs.size() + count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) module_.funcs.push_back(read_func_type_index());
}

void ModuleDecoder::read_tables() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::tables, "tables");
  check_total(start, module_.tables.size() + uint64_t{count}, limits::tables, "tables");
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    const uint64_t at = in_.offset();
    Table table;
    const bool has_init = in_.peek() == 0x40;
    if (has_init) {
      in_.u8();
      if (in_.u8() != 0) in_.fail(at + 1, "malformed table: zero byte expected");
    }
    table.type = read_table_type();
    if (has_init) {
      table.init = read_const_expr(table.type.element);
    } else if (!in_.failed() && !table.type.element.is_defaultable()) {
      in_.fail(at, format("type mismatch: a table of {} needs an initial value", text(table.type.element)));
    }
    module_.tables.push_back(std::move(table));
  }
}

void ModuleDecoder::read_memories() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::memories, "memories");
  check_total(start, module_.memories.size() + uint64_t{count}, limits::memories, "memories");
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) module_.memories.push_back(read_memory_type());
}

void ModuleDecoder::read_globals() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::globals, "globals");
  check_total(start, module_.globals.size() + uint64_t{count}, limits::globals, "globals");
  module_.globals.reserve(module_.globals.size() + count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    Global global;
    global.type = read_global_type();
    global.init = read_const_expr(global.type.type);
    module_.globals.push_back(std::move(global));
  }
}

void ModuleDecoder::read_tags() {
  const uint64_t start = in_.offset();
  const uint32_t count = in_.count(limits::tags, "tags");
  check_total(start, module_.tags.size() + uint64_t{count}, limits::tags, "tags");
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) module_.tags.push_back(read_tag_type());
}

void ModuleDecoder::read_exports() {
  const uint32_t count = in_.count(limits::exports, "exports");
  module_.exports.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    Export& e = module_.exports.emplace_back();
    e.name = in_.name();
    const uint64_t at = in_.offset();
    const uint8_t kind = in_.u8();
    if (kind > 4) return in_.fail(at, format("malformed export kind {}", kind));
    e.kind = static_cast<ExternKind>(kind);
    switch (e.kind) {
      case ExternKind::func:
        e.index = read_index(module_.funcs.size(), "function");
        escape(e.index);
        break;
      case ExternKind::table:
        e.index = read_index(module_.tables.size(), "table");
        break;
      case ExternKind::memory:
        e.index = read_index(module_.memories.size(), "memory");
        break;
      case ExternKind::global:
        e.index = read_index(module_.globals.size(), "global");
        break;
      case ExternKind::tag:
        e.index = read_index(module_.tags.size(), "tag");
        break;
    }
  }
  check_export_names();
}

void ModuleDecoder::check_export_names() {
  if (in_.failed()) return;
  std::vector<std::string_view> names;
  names.reserve(module_.exports.size());
  for (const Export& e : module_.exports) names.push_back(e.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) in_.fail(in_.offset(), format("duplicate export name \"{}\"", *twice));
}

void ModuleDecoder::read_start() {
  const uint64_t at = in_.offset();
  const FuncIndex index = read_index(module_.funcs.size(), "function");
  if (in_.failed()) return;
  const FuncType& type = module_.func_type(index);
  if (!type.params.empty() || !type.results.empty()) {
    in_.fail(at, format("start function {} must have type [] -> [], has {}", index, text(type)));
  }
  module_.start = index;
}

void ModuleDecoder::read_code() {
  const uint64_t start = in_.offset();
  if (bodies_ == Bodies::elsewhere) return in_.fail(start, "a code section in a module whose bodies are elsewhere");
  module_.code_section = {start, in_.remaining()};
  const size_t own_funcs = module_.funcs.size() - module_.imported_funcs;
  const uint32_t count = in_.count(limits::functions, "bodies");
  code_count_ = count;
  if (in_.failed()) return;
  if (count != own_funcs) {
    return in_.fail(start,
                    format("function and code section have inconsistent lengths: {} functions, {} bodies", own_funcs, count));
  }
  module_.bodies.reserve(count);
  for (uint32_t i = 0; i < count && !in_.failed(); ++i) {
    const uint64_t at = in_.offset();
    const uint32_t size = in_.u32();
    const Range range = in_.range(size);
    if (in_.failed()) return;
    const FuncIndex func = module_.imported_funcs + i;
    if (size > limits::function_body_bytes) {
      return in_.fail(at, format("function {} has {} bytes; the limit is {}", func, size, limits::function_body_bytes),
                      ErrorKind::limit);
    }
    module_.bodies.push_back({range.offset, size});
  }
}

}  // namespace mote::wasm
