// What a module or an artifact contains, without an engine and without compiling: the facts behind `mote inspect`.
//
// Plain data that borrows nothing. Spec: core/binary/modules. Tested by engine/api/inspect_test.cpp.
#pragma once

#include <mote/result.h>
#include <mote/value.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mote {

struct SectionInfo {
  std::string name;  // "type", "code", … or a custom section's own name
  bool is_custom = false;
  uint64_t offset = 0, size_bytes = 0;  // of the content
};
struct FeatureUse {
  std::string feature;  // "simd", "exception handling", …
  uint64_t count = 0;   // instructions that need it
  uint32_t func = 0;    // where it occurs first
  uint64_t offset = 0;
};
struct Inspection {
  bool is_artifact = false;
  uint64_t size_bytes = 0;         // of the input
  uint64_t module_size_bytes = 0;  // of the wasm (an artifact remembers that of its module)
  std::string module_sha256;
  std::string module_name;  // from the name section
  std::vector<ImportInfo> imports;
  std::vector<ExportInfo> exports;
  uint32_t types = 0, struct_types = 0, array_types = 0, funcs = 0, tables = 0, memories = 0, globals = 0, tags = 0,
           element_segments = 0,
           data_segments = 0;  // imports included
  std::optional<uint32_t> start;
  std::vector<SectionInfo> sections;   // of a wasm module, in order
  std::vector<FeatureUse> features;    // of a wasm module, beyond WebAssembly 1.0
  std::vector<std::string> producers;  // "language Rust 1.63", from the producers section
  std::vector<std::string> images;     // of an artifact: what each image was compiled for
};

// Decodes and validates. Errors as Module::validate, or why an artifact is refused.
[[nodiscard]] Result<Inspection> inspect(std::span<const uint8_t> bytes);

}  // namespace mote
