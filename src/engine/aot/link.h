// The ImageLinker: relocatable objects, as LLVM emits them into memory, to the parts of one image.
//
// It reads just enough ELF and DWARF for what our own code generator produces and refuses everything else by name: a relocation
// it does not know or an undefined symbol means that the compiler asked for something the runtime does not provide (a libcall,
// say), and that must fail here and not when the code runs. No LLVM header is needed. Tested by link_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <cstdint>
#include <span>

namespace mote::aot {

// What each object must look like (ELF64 x86-64 relocatable, one per partition, in order of their functions):
//   - function symbols "f<own-function index>", hidden, each defined exactly once over all objects; inside an object, and from
//     object to object, they lie in ascending order of index, 16-byte aligned;
//   - code in .text*, constants and jump tables in .rodata*; references by R_X86_64_PC32, PLT32, PC64; nothing writable;
//   - .debug_line (DWARF 4 or 5) in which the line is the offset in the module of the wasm instruction. Instructions that can
//     neither fault, trap nor call need no location and are better off without: a row for line 0 is dropped, the row before it
//     goes on;
//   - .eh_frame with exact rows (uwtable(async)), from which the ranges without the standard frame are taken;
//   - .gcc_except_table and .llvm_stackmaps, where functions have handlers or references (link_unwind.h).
// Every other section is ignored, unless a relocation in code or constants refers to it.
[[nodiscard]] Result<code::ImageParts> link(std::span<const Bytes> objects, uint32_t own_func_count, const code::CodegenKey& key);

}  // namespace mote::aot
