// What became of a module's functions: each wasm instruction beside the machine code made from it. The facts behind `mote objdump`.
//
// Deterministic: equal images give equal listings, whatever addresses they are mapped at. Both tiers' code is shown alike: machine
// code in its own order, and before it the wasm instruction that it was made for. Instructions without code of their own
// (constants, blocks, what an optimiser removed) stand before the next one that has some. Tested by engine/api/listing_test.cpp.
#pragma once

#include <mote/engine.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mote {

struct WasmLine {
  uint64_t offset = 0;  // in the module
  uint32_t depth = 0;   // blocks around it
  std::string text;     // empty when the module is not at hand
};
struct MachineLine {
  uint32_t offset = 0;  // from the function's start
  std::span<const uint8_t> bytes;
  std::string text;               // "mov eax, dword ptr [r12 + 8]"; branches go to labels: "jne L2"
  std::string note;               // what it calls, why it traps; empty for most
  std::optional<uint32_t> label;  // number of the label before it
  std::vector<WasmLine> wasm;     // what stands before it
};
struct FunctionListing {
  uint32_t index = 0;  // in the module's index space
  std::string name;    // from the name section or its first export; may be empty
  std::string type;
  uint64_t wasm_offset = 0, wasm_size = 0;  // of the body; 0 when the module is not at hand
  uint32_t code_size = 0;
  std::vector<WasmLine> rest;      // wasm behind the last line: what left no code
  std::vector<MachineLine> lines;  // bytes are those of the image: valid during the call
};
struct CodeListing {
  std::string image;  // what it was compiled for: "optimizing guard opt-level=2 cpu=x86-64-v3"
  uint64_t code_size = 0;
  uint32_t function_count = 0;
};

struct ListingOptions {
  std::string func = {};  // only functions of this name or with this index; empty: all
  std::function<void(const CodeListing&)> on_start = {};
  std::function<void(const FunctionListing&)> on_function = {};
};

// Of a module ready to run. `wasm` is what it was compiled from.
[[nodiscard]] Result<void> list_code(const Module& module, std::span<const uint8_t> wasm, const ListingOptions& options);
// Of an artifact, whatever options this machine would choose: of its images the one for `memory`, or the first. `wasm` may be empty
// (then instructions are offsets alone), else it must be the module that the artifact was made from.
[[nodiscard]] Result<void> list_artifact(std::span<const uint8_t> artifact, std::span<const uint8_t> wasm, MemoryMode memory,
                                         const ListingOptions& options);

}  // namespace mote
