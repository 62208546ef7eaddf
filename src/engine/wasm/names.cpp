// See names.h.
#include "engine/wasm/names.h"

#include "engine/wasm/reader.h"

#include <algorithm>
#include <optional>

namespace mote::wasm {

namespace {

constexpr uint32_t unbounded = UINT32_MAX;  // counts are still checked against the bytes that are left

enum SubsectionId : uint8_t {
  module_name,
  functions,
  locals,
  labels,
  types,
  tables,
  memories,
  globals,
  elements,
  datas,
  fields,
  tags
};

std::optional<Reader> find(const Module& module, std::string_view name) {
  const auto found = std::ranges::find(module.customs, name, &CustomSection::name);
  if (found == module.customs.end()) return std::nullopt;
  return Reader(module.bytes, found->content);
}

// Nothing unless the whole map can be read.
std::vector<Name> read_name_map(Reader& in, size_t indices) {
  std::vector<Name> names;
  const uint32_t count = in.count(unbounded, "names");
  names.reserve(count);
  for (uint32_t i = 0; i < count && !in.failed(); ++i) {
    const uint32_t index = in.u32();
    const std::string_view text = in.name();
    if (!names.empty() && index <= names.back().index) in.fail(in.offset(), "names out of order");
    if (!in.failed() && index < indices) names.push_back({index, text});
  }
  if (in.failed()) return {};
  return names;
}

std::vector<InnerName> read_indirect_name_map(Reader& in, size_t outer_indices) {
  std::vector<InnerName> names;
  const uint32_t count = in.count(unbounded, "names");
  for (uint32_t i = 0; i < count && !in.failed(); ++i) {
    const uint32_t outer = in.u32();
    const std::vector<Name> inner = read_name_map(in, unbounded);
    if (!names.empty() && outer <= names.back().outer) in.fail(in.offset(), "names out of order");
    if (in.failed() || outer >= outer_indices) continue;
    for (const Name& name : inner) names.push_back({outer, name.index, name.text});
  }
  if (in.failed()) return {};
  return names;
}

void read_subsection(uint8_t id, Reader in, const Module& module, Names& names) {
  switch (id) {
    case module_name:
      names.module = in.name();
      break;
    case functions:
      names.functions = read_name_map(in, module.funcs.size());
      break;
    case locals:
      names.locals = read_indirect_name_map(in, module.funcs.size());
      break;
    case labels:
      names.labels = read_indirect_name_map(in, module.funcs.size());
      break;
    case types:
      names.types = read_name_map(in, module.types.size());
      break;
    case tables:
      names.tables = read_name_map(in, module.tables.size());
      break;
    case memories:
      names.memories = read_name_map(in, module.memories.size());
      break;
    case globals:
      names.globals = read_name_map(in, module.globals.size());
      break;
    case elements:
      names.elements = read_name_map(in, module.elements.size());
      break;
    case datas:
      names.datas = read_name_map(in, module.datas.size());
      break;
    case fields:
      names.fields = read_indirect_name_map(in, module.types.size());
      break;
    case tags:
      names.tags = read_name_map(in, module.tags.size());
      break;
    default:
      break;  // from a later specification
  }
}

// Subsections for which `is_wanted(id)`.
template <class IsWanted>
Names read_subsections(const Module& module, IsWanted is_wanted) {
  Names names;
  std::optional<Reader> in = find(module, "name");
  while (in && !in->failed() && !in->at_end()) {
    const uint8_t id = in->u8();
    const uint32_t size = in->u32();
    const Range content = in->range(size);
    if (!in->failed() && is_wanted(id)) read_subsection(id, Reader(module.bytes, content), module, names);
  }
  return names;
}

}  // namespace

Names read_names(const Module& module) {
  return read_subsections(module, [](uint8_t) { return true; });
}

std::vector<Name> read_function_names(const Module& module) {
  return read_subsections(module, [](uint8_t id) { return id == functions; }).functions;
}

std::string_view find_name(std::span<const Name> names, uint32_t index) {
  const auto found = std::ranges::lower_bound(names, index, {}, &Name::index);
  return found != names.end() && found->index == index ? found->text : std::string_view();
}

std::string_view Names::function(FuncIndex index) const {
  return find_name(functions, index);
}

std::string_view Names::local(FuncIndex func, LocalIndex index) const {
  const auto key = [](const InnerName& name) { return std::pair(name.outer, name.index); };
  const auto found = std::ranges::lower_bound(locals, std::pair(func, index), {}, key);
  return found != locals.end() && found->outer == func && found->index == index ? found->text : std::string_view();
}

std::vector<Producer> read_producers(const Module& module) {
  std::vector<Producer> producers;
  std::optional<Reader> in = find(module, "producers");
  if (!in) return producers;
  const uint32_t field_count = in->count(unbounded, "fields");
  for (uint32_t i = 0; i < field_count && !in->failed(); ++i) {
    const std::string_view field = in->name();
    const uint32_t count = in->count(unbounded, "producers");
    for (uint32_t j = 0; j < count && !in->failed(); ++j) {
      const std::string_view name = in->name();
      const std::string_view version = in->name();
      if (!in->failed()) producers.push_back({field, name, version});
    }
  }
  return producers;
}

std::vector<TargetFeature> read_target_features(const Module& module) {
  std::vector<TargetFeature> features;
  std::optional<Reader> in = find(module, "target_features");
  if (!in) return features;
  const uint32_t count = in->count(unbounded, "features");
  for (uint32_t i = 0; i < count && !in->failed(); ++i) {
    const uint8_t prefix = in->u8();
    const std::string_view name = in->name();
    if (!in->failed() && (prefix == '+' || prefix == '-')) features.push_back({static_cast<char>(prefix), name});
  }
  return features;
}

}  // namespace mote::wasm
