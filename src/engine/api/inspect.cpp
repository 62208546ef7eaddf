// inspect(): one decode, one walk over all bodies, and what an artifact says of itself. See mote/inspect.h.
// Tested by inspect_test.cpp.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/api/state.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/walk.h"

#include <mote/inspect.h>

#include <algorithm>
#include <array>

namespace mote {

namespace {

// Reads what custom sections hold; stops quietly where one is malformed, as the specification asks.
class SectionReader {
 public:
  SectionReader(Bytes bytes, uint64_t at) : bytes_(bytes), at_(at) {}
  [[nodiscard]] bool at_end() const { return failed_ || at_ >= bytes_.size(); }
  [[nodiscard]] uint64_t at() const { return at_; }
  void skip(uint64_t size) {
    failed_ |= size > bytes_.size() - at_;
    if (!failed_) at_ += size;
  }
  uint8_t byte() { return at_end() ? (failed_ = true, uint8_t{0}) : bytes_[at_++]; }
  uint32_t number() {  // LEB128
    uint32_t value = 0;
    for (uint32_t shift = 0; shift < 35; shift += 7) {
      const uint8_t next = byte();
      value |= static_cast<uint32_t>(next & 127) << (shift & 31);
      if (next < 128) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string name() {
    const uint32_t size = number();
    const uint64_t from = at_;
    skip(size);
    return failed_ ? std::string() : std::string(reinterpret_cast<const char*>(bytes_.data()) + from, size);
  }

 private:
  Bytes bytes_;
  uint64_t at_;
  bool failed_ = false;
};

class FeatureCounter {
 public:
  void start(uint32_t func) { func_ = func; }
  void instruction(const wasm::Instruction& instruction) {
    FeatureUse& use = uses_[static_cast<size_t>(wasm::group(instruction.op))];
    if (use.count++ == 0) {
      use.func = func_;
      use.offset = instruction.offset;
    }
  }
  // What WebAssembly 1.0 does not have.
  [[nodiscard]] std::vector<FeatureUse> beyond_first_version() const {
    std::vector<FeatureUse> found;
    for (size_t i = static_cast<size_t>(wasm::Group::sign_extension); i < uses_.size(); ++i) {
      if (uses_[i].count == 0) continue;
      found.push_back(uses_[i]);
      found.back().feature = wasm::text(static_cast<wasm::Group>(i));
    }
    return found;
  }

 private:
  std::array<FeatureUse, static_cast<size_t>(wasm::Group::threads) + 1> uses_{};
  uint32_t func_ = 0;
};

constexpr const char* section_names[] = {"custom", "type",  "import",  "function", "table", "memory",     "global",
                                         "export", "start", "element", "code",     "data",  "data count", "tag"};

std::vector<SectionInfo> sections_of(Bytes bytes) {
  std::vector<SectionInfo> sections;
  SectionReader reader(bytes, 8);
  while (!reader.at_end()) {
    const uint8_t id = reader.byte();
    const uint32_t size = reader.number();
    SectionInfo section{id < std::size(section_names) ? section_names[id] : "unknown", id == 0, reader.at(), size};
    if (id == 0) {
      SectionReader inside(bytes, reader.at());
      section.name = inside.name();
    }
    reader.skip(size);
    sections.push_back(std::move(section));
  }
  return sections;
}

const wasm::CustomSection* find_custom(const wasm::Module& module, std::string_view name) {
  for (const wasm::CustomSection& section : module.customs) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

std::string module_name_of(const wasm::Module& module) {
  const wasm::CustomSection* section = find_custom(module, "name");
  if (section == nullptr) return {};
  SectionReader reader(module.bytes.first(section->content.offset + section->content.size), section->content.offset);
  while (!reader.at_end()) {
    const uint8_t id = reader.byte();
    const uint32_t size = reader.number();
    if (id == 0) return reader.name();
    reader.skip(size);
  }
  return {};
}

std::vector<std::string> producers_of(const wasm::Module& module) {
  const wasm::CustomSection* section = find_custom(module, "producers");
  if (section == nullptr) return {};
  SectionReader reader(module.bytes.first(section->content.offset + section->content.size), section->content.offset);
  std::vector<std::string> producers;
  const uint32_t fields = reader.number();
  for (uint32_t i = 0; i < fields && !reader.at_end(); ++i) {
    const std::string field = reader.name();
    const uint32_t values = reader.number();
    for (uint32_t k = 0; k < values && !reader.at_end(); ++k) {
      const std::string name = reader.name();
      const std::string version = reader.name();
      producers.push_back(version.empty() ? format("{} {}", field, name) : format("{} {} {}", field, name, version));
    }
  }
  return producers;
}

void describe(const wasm::Module& module, Inspection& out) {
  out.imports = api::imports_of(module);
  out.exports = api::exports_of(module);
  out.types = static_cast<uint32_t>(module.types.size());
  const auto of_kind = [&](wasm::CompositeKind kind) {
    return static_cast<uint32_t>(std::ranges::count_if(module.types, [&](const auto& type) { return type.kind == kind; }));
  };
  out.struct_types = of_kind(wasm::CompositeKind::struct_);
  out.array_types = of_kind(wasm::CompositeKind::array);
  out.funcs = static_cast<uint32_t>(module.funcs.size());
  out.tables = static_cast<uint32_t>(module.tables.size());
  out.memories = static_cast<uint32_t>(module.memories.size());
  out.globals = static_cast<uint32_t>(module.globals.size());
  out.tags = static_cast<uint32_t>(module.tags.size());
  out.element_segments = static_cast<uint32_t>(module.elements.size());
  out.data_segments = static_cast<uint32_t>(module.datas.size());
  out.start = module.start;
}

Result<Inspection> inspect_artifact(Bytes bytes) {
  const auto artifact = TRY(code::load_artifact({bytes.begin(), bytes.end()}));
  Inspection out;
  out.is_artifact = true;
  out.size_bytes = bytes.size();
  out.module_size_bytes = artifact->module_size();
  out.module_sha256 = hex(artifact->module_hash());
  for (const code::CodegenKey& key : artifact->keys()) out.images.push_back(code::text(key));
  describe(TRY(wasm::decode(artifact->module_bytes(), wasm::Bodies::elsewhere)), out);
  return out;
}

}  // namespace

Result<Inspection> inspect(std::span<const uint8_t> bytes) {
  if (code::looks_like_artifact(bytes)) return inspect_artifact(bytes);
  if (auto other = api::other_format(bytes)) return std::unexpected(std::move(*other));
  const wasm::Module module = TRY(wasm::decode(bytes));
  FeatureCounter features;
  wasm::Walker walker(module);
  for (uint32_t func = module.imported_funcs; func < module.funcs.size(); ++func) {
    features.start(func);
    TRY(wasm::walk(walker, func, features));
  }
  Inspection out;
  out.size_bytes = out.module_size_bytes = bytes.size();
  out.module_sha256 = hex(sha256(bytes));
  out.module_name = module_name_of(module);
  describe(module, out);
  out.sections = sections_of(bytes);
  out.features = features.beyond_first_version();
  out.producers = producers_of(module);
  return out;
}

}  // namespace mote
