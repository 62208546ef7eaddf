// Reads value, reference and heap types, as sections and function bodies spell them. Private to engine/wasm.
// Type indices are checked against `types`, the number of types known there. Spec: core/binary/types.
#pragma once

#include "engine/wasm/reader.h"

namespace mote::wasm {

[[nodiscard]] HeapType read_heap_type(Reader& in, uint32_t types);
[[nodiscard]] ValueType read_ref_type(Reader& in, uint32_t types);
[[nodiscard]] ValueType read_value_type(Reader& in, uint32_t types);

}  // namespace mote::wasm
