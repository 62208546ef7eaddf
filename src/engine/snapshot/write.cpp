// See write.h. The sections of the module in their order, each copied or written anew; two may appear that the module has not.
#include "engine/snapshot/write.h"

#include "base/core/format.h"
#include "engine/snapshot/elements.h"
#include "engine/snapshot/encoder.h"
#include "engine/snapshot/memories.h"
#include "engine/wasm/reader.h"

#include <mote/limits.h>

#include <algorithm>
#include <string_view>

namespace mote::snapshot {

namespace {

// clang-format off
enum SectionId : uint8_t {
  custom, types, imports, functions, tables, memories, globals, exports, start, elements, code, datas, data_count, tags,
};
// clang-format on
// The place of each section in a module, by id. Spec: core/binary/modules.
constexpr uint8_t section_rank[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};
constexpr uint64_t preamble_size = 8;

// Sections whose content speaks of places in the module's bytes, or of segments, that are others in a snapshot. DWARF is none of
// them: its offsets count from the code section's begin.
bool is_outdated(std::string_view custom_name) {
  return custom_name == "linking" || custom_name.starts_with("reloc.") || custom_name == "sourceMappingURL";
}

class Writer {
 public:
  Writer(const wasm::Module& module, const State& state, ElementPlan plan, std::vector<wasm::Export> kept_exports)
      : module_(module), state_(state), elements_(std::move(plan)), exports_(std::move(kept_exports)) {}

  Result<std::vector<uint8_t>> write();

 private:
  struct Section {
    uint8_t id = custom;
    Bytes content, whole;
  };
  [[nodiscard]] std::vector<Section> split() const;
  [[nodiscard]] Result<void> plan_datas();
  void write_section(const Section& section);
  void write_missing(uint8_t before_rank);
  void write_custom(const Section& section);
  [[nodiscard]] bool filter_names(Bytes content, Encoder& out) const;
  void add(uint8_t id, const Encoder& content);

  void write_tables();
  void write_memories();
  void write_globals();
  void write_value(const wasm::Global& global, const GlobalValue& value, Encoder& to);
  void write_exports();
  void write_elements();
  void write_datas();
  [[nodiscard]] bool has_resized_table() const;
  [[nodiscard]] bool has_grown_memory() const;
  [[nodiscard]] bool has_mutable_global() const;
  [[nodiscard]] uint64_t pages(wasm::MemoryIndex memory) const { return state_.memories[memory].size() / limits::page_size_bytes; }

  const wasm::Module& module_;
  const State& state_;
  ElementPlan elements_;
  std::vector<wasm::Export> exports_;
  std::vector<wasm::DataSegment> datas_;
  std::vector<uint64_t> data_places_;              // per segment: where it is written to, of active ones
  bool has_elements_ = false, has_datas_ = false;  // whether the section is there, or was written
  Encoder out_;
};

Result<std::vector<uint8_t>> Writer::write() {
  TRY(plan_datas());
  out_.raw(module_.bytes.first(preamble_size));
  const std::vector<Section> sections = split();
  uint8_t last_rank = 0;
  for (const Section& section : sections) {
    last_rank = std::max(last_rank, section_rank[section.id]);
    has_elements_ = has_elements_ || section.id == elements;
    has_datas_ = has_datas_ || section.id == datas;
  }
  for (const Section& section : sections) {
    if (section.id != custom) write_missing(section_rank[section.id]);
    write_section(section);
    // Behind the last section but before custom ones that follow it: names come last.
    if (section.id != custom && section_rank[section.id] == last_rank) write_missing(UINT8_MAX);
  }
  if (out_.bytes().size() > limits::module_size_bytes) {
    return fail(ErrorKind::limit, format("the snapshot would have {} bytes; a module may have {}: the initialiser leaves too much",
                                         out_.bytes().size(), limits::module_size_bytes));
  }
  return out_.take();
}

// The module was decoded, so it consists of sections.
std::vector<Writer::Section> Writer::split() const {
  std::vector<Section> sections;
  wasm::Reader in(module_.bytes, {preamble_size, module_.bytes.size() - preamble_size});
  while (!in.at_end() && !in.failed()) {
    const uint64_t begin = in.offset();
    Section section{.id = in.u8()};
    section.content = in.bytes(in.u32());
    section.whole = module_.bytes.subspan(begin, in.offset() - begin);
    if (!in.failed()) sections.push_back(section);
  }
  return sections;
}

void Writer::add(uint8_t id, const Encoder& content) {
  out_.u8(id);
  out_.sized(content.bytes());
}

// The data segments of the snapshot. Without a data count no body can name one, so the old ones are of no use.
Result<void> Writer::plan_datas() {
  if (module_.data_count) {
    for (size_t i = 0; i < module_.datas.size(); ++i) {
      wasm::DataSegment segment = module_.datas[i];
      if (segment.mode == wasm::SegmentMode::active || state_.dropped_datas[i]) segment.bytes = {};
      datas_.push_back(std::move(segment));
    }
  }
  data_places_.resize(datas_.size());
  const size_t own = module_.memories.size() - module_.imported_memories;
  const size_t most = own == 0 ? 0 : (limits::data_segments - datas_.size()) / own;
  if (own != 0 && most == 0) {
    return fail(ErrorKind::limit,
                format("the snapshot needs more data segments than a module may have ({})", limits::data_segments));
  }
  uint64_t size = module_.bytes.size();
  for (wasm::MemoryIndex i = module_.imported_memories; i < module_.memories.size(); ++i) {
    for (const Piece& piece : find_pieces(state_.memories[i], most)) {
      size += piece.size;
      datas_.push_back(
          {.mode = wasm::SegmentMode::active, .memory = i, .bytes = state_.memories[i].subspan(piece.offset, piece.size)});
      data_places_.push_back(piece.offset);
    }
  }
  if (size > limits::module_size_bytes) {
    return fail(
        ErrorKind::limit,
        format("the memories hold {} bytes that would have to be kept; with them the snapshot would be larger than a module may be "
               "({} bytes): have the initialiser clear what it does not need any more",
               size - module_.bytes.size(), limits::module_size_bytes));
  }
  return {};
}

void Writer::write_section(const Section& section) {
  switch (static_cast<SectionId>(section.id)) {
    case custom:
      return write_custom(section);
    case tables:
      return has_resized_table() ? write_tables() : out_.raw(section.whole);
    case memories:
      return has_grown_memory() ? write_memories() : out_.raw(section.whole);
    case globals:
      return has_mutable_global() ? write_globals() : out_.raw(section.whole);
    case exports:
      return exports_.size() == module_.exports.size() &&
                     std::ranges::equal(exports_, module_.exports, {}, &wasm::Export::name, &wasm::Export::name)
                 ? out_.raw(section.whole)
                 : write_exports();
    case start:
      return;  // has run
    case elements:
      return elements_.is_unchanged() ? out_.raw(section.whole) : write_elements();
    case data_count: {
      Encoder content;
      content.u64(datas_.size());
      return add(data_count, content);
    }
    case datas:
      return write_datas();
    case types:
    case imports:
    case functions:
    case code:
    case tags:
      return out_.raw(section.whole);
  }
}

// Sections that the module has not, and whose place is before this rank.
void Writer::write_missing(uint8_t before_rank) {
  if (!has_elements_ && section_rank[elements] < before_rank) write_elements();
  if (!has_datas_ && section_rank[datas] < before_rank) write_datas();
}

void Writer::write_custom(const Section& section) {
  wasm::Reader in(module_.bytes, {static_cast<uint64_t>(section.content.data() - module_.bytes.data()), section.content.size()});
  const std::string_view name = in.name();
  if (is_outdated(name)) return;
  Encoder content;
  content.name(name);
  if (name != "name" || !filter_names(in.rest(), content)) return out_.raw(section.whole);
  add(custom, content);
}

// Copies a name section without the names of segments where those are others now. False when there is nothing to leave out, or it
// is not one that can be read.
bool Writer::filter_names(Bytes content, Encoder& out) const {
  constexpr uint8_t element_names = 8, data_names = 9;
  bool has_left_out = false;
  wasm::Reader in(content, {0, content.size()});
  while (!in.at_end() && !in.failed()) {
    const uint64_t begin = in.offset();
    const uint8_t id = in.u8();
    (void)in.bytes(in.u32());
    if (in.failed()) return false;
    if (id == data_names || (id == element_names && !elements_.is_unchanged())) {
      has_left_out = true;
    } else {
      out.raw(content.subspan(begin, in.offset() - begin));
    }
  }
  return has_left_out && !in.failed();
}

bool Writer::has_resized_table() const {
  for (wasm::TableIndex i = module_.imported_tables; i < module_.tables.size(); ++i) {
    if (module_.tables[i].type.limits.min != state_.tables[i].size()) return true;
  }
  return false;
}

void Writer::write_tables() {
  Encoder content;
  content.u64(module_.tables.size() - module_.imported_tables);
  for (wasm::TableIndex i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const wasm::Table& table = module_.tables[i];
    wasm::Limits limits = table.type.limits;
    limits.min = state_.tables[i].size();
    if (!table.init.empty()) {
      content.u8(0x40);
      content.u8(0);
    }
    content.value_type(table.type.element);
    content.limits(limits);
    if (!table.init.empty()) content.const_expr(table.init);
  }
  add(tables, content);
}

bool Writer::has_grown_memory() const {
  for (wasm::MemoryIndex i = module_.imported_memories; i < module_.memories.size(); ++i) {
    if (module_.memories[i].limits.min != pages(i)) return true;
  }
  return false;
}

void Writer::write_memories() {
  Encoder content;
  content.u64(module_.memories.size() - module_.imported_memories);
  for (wasm::MemoryIndex i = module_.imported_memories; i < module_.memories.size(); ++i) {
    wasm::Limits limits = module_.memories[i].limits;
    limits.min = pages(i);
    content.limits(limits);
  }
  add(memories, content);
}

bool Writer::has_mutable_global() const {
  return std::ranges::any_of(std::span(module_.globals).subspan(module_.imported_globals),
                             [](const wasm::Global& global) { return global.type.is_mutable; });
}

// What is immutable keeps its expression: it can only name others that are immutable.
void Writer::write_globals() {
  Encoder content;
  content.u64(module_.globals.size() - module_.imported_globals);
  for (wasm::GlobalIndex i = module_.imported_globals; i < module_.globals.size(); ++i) {
    const wasm::Global& global = module_.globals[i];
    content.value_type(global.type.type);
    content.u8(global.type.is_mutable ? 1 : 0);
    if (global.type.is_mutable)
      write_value(global, state_.globals[i], content);
    else
      content.const_expr(global.init);
  }
  add(globals, content);
}

void Writer::write_value(const wasm::Global& global, const GlobalValue& value, Encoder& to) {
  switch (global.type.type.kind()) {
    case wasm::ValueKind::i32:
      to.i32_const(static_cast<uint32_t>(value.low));
      break;
    case wasm::ValueKind::i64:
      to.i64_const(value.low);
      break;
    case wasm::ValueKind::f32:
      to.f32_const(static_cast<uint32_t>(value.low));
      break;
    case wasm::ValueKind::f64:
      to.f64_const(value.low);
      break;
    case wasm::ValueKind::v128:
      to.v128_const(value.low, value.high);
      break;
    case wasm::ValueKind::ref:
      if (value.func == null_func)
        to.ref_null(global.type.type.heap());
      else
        to.ref_func(value.func);
      break;
    case wasm::ValueKind::bottom:
      break;  // of no global
  }
  to.end();
}

void Writer::write_exports() {
  Encoder content;
  content.u64(exports_.size());
  for (const wasm::Export& one : exports_) {
    content.name(one.name);
    content.u8(static_cast<uint8_t>(one.kind));
    content.u32(one.index);
  }
  add(exports, content);
}

void Writer::write_elements() {
  has_elements_ = true;
  if (elements_.is_empty()) return;
  Encoder content;
  elements_.encode(content);
  add(elements, content);
}

void Writer::write_datas() {
  has_datas_ = true;
  if (datas_.empty() && !module_.data_count) return;
  Encoder content;
  content.u64(datas_.size());
  for (size_t i = 0; i < datas_.size(); ++i) {
    const wasm::DataSegment& segment = datas_[i];
    if (segment.mode == wasm::SegmentMode::active) {
      content.u8(segment.memory == 0 ? 0 : 2);
      if (segment.memory != 0) content.u32(segment.memory);
      content.address_const(module_.memories[segment.memory].limits.address, data_places_[i]);
      content.end();
    } else {
      content.u8(1);
    }
    content.sized(segment.bytes);
  }
  add(datas, content);
}

std::unexpected<Error> refuse_import(const wasm::Module& module, wasm::ExternKind kind) {
  const auto found = std::ranges::find(module.imports, kind, &wasm::Import::kind);
  return fail_at(
      ErrorKind::unsupported, found->offset,
      format("imports the {} \"{}\" \"{}\": a snapshot holds what a module owns, and an import may be another next time; "
             "link the module so that it defines its {} itself",
             wasm::text(kind), found->module, found->name, wasm::text(kind)));
}

Result<void> check_renames(const wasm::Module& module, const Edits& edits) {
  for (size_t i = 0; i < edits.renamed_exports.size(); ++i) {
    const Edits::Rename& rename = edits.renamed_exports[i];
    const auto found = std::ranges::find(module.exports, rename.from, &wasm::Export::name);
    if (found == module.exports.end() || found->kind != wasm::ExternKind::func) {
      return fail(ErrorKind::not_found,
                  format("exports no function \"{}\" that could be renamed to \"{}\"", rename.from, rename.to));
    }
    for (size_t j = 0; j < i; ++j) {
      const Edits::Rename& other = edits.renamed_exports[j];
      if (other.to == rename.to || other.from == rename.from) {
        return fail(ErrorKind::bad_input,
                    format("\"{}\" to \"{}\" and \"{}\" to \"{}\": a function is renamed once, and a name given once", other.from,
                           other.to, rename.from, rename.to));
      }
    }
  }
  return {};
}

// The names borrow from the module and from `edits`.
Result<std::vector<wasm::Export>> edit_exports(const wasm::Module& module, const Edits& edits) {
  TRY(check_renames(module, edits));
  for (const std::string& name : edits.removed_exports) {
    if (std::ranges::find(module.exports, name, &wasm::Export::name) == module.exports.end())
      return fail(ErrorKind::not_found, format("exports no \"{}\" that could be removed", name));
  }
  std::vector<wasm::Export> kept;
  for (const wasm::Export& one : module.exports) {
    const auto renamed = std::ranges::find(edits.renamed_exports, one.name, &Edits::Rename::from);
    if (renamed != edits.renamed_exports.end()) {
      kept.push_back({renamed->to, one.kind, one.index});
      continue;
    }
    const bool is_overwritten =
        std::ranges::find(edits.renamed_exports, one.name, &Edits::Rename::to) != edits.renamed_exports.end();
    const bool is_removed = std::ranges::find(edits.removed_exports, one.name) != edits.removed_exports.end();
    if (!is_overwritten && !is_removed) kept.push_back(one);
  }
  return kept;
}

}  // namespace

Result<void> check_ownership(const wasm::Module& module) {
  if (module.imported_memories != 0) return refuse_import(module, wasm::ExternKind::memory);
  if (module.imported_tables != 0) return refuse_import(module, wasm::ExternKind::table);
  if (module.imported_globals != 0) return refuse_import(module, wasm::ExternKind::global);
  for (size_t i = 0; i < module.memories.size(); ++i) {
    if (!module.memories[i].limits.is_shared) continue;
    return fail(
        ErrorKind::unsupported,
        format("memory {} is shared: other threads may be writing to it, and each store that has it would start anew; build "
               "the module without threads",
               i));
  }
  return {};
}

Result<std::vector<uint8_t>> write(const wasm::Module& module, const State& state, const Edits& edits) {
  TRY(check_ownership(module));
  std::vector<wasm::Export> kept = TRY(edit_exports(module, edits));
  ElementPlan plan = TRY(ElementPlan::make(module, state));
  std::vector<wasm::FuncIndex> exported;
  for (const wasm::Export& one : kept) {
    if (one.kind == wasm::ExternKind::func) exported.push_back(one.index);
  }
  TRY(plan.declare_missing(module, state, exported));
  return Writer(module, state, std::move(plan), std::move(kept)).write();
}

}  // namespace mote::snapshot
