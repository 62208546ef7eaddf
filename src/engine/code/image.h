// Image: compiled code of one module with its tables, and Artifact, the file that holds one or two of them.
//
// An artifact is position independent: loading maps the file, checks it (magic, ABI version, CPU features, checksums over
// everything that is used) and makes the text executable; nothing is relocated. It is wrapped as ELF64 ET_DYN so that objdump,
// readelf, gdb and perf read it. An artifact is native code: load it only from a trusted place.
//
// Text offsets count from the start of the image's text. Functions lie in ascending order of own-function index.
// Format: docs/internals/artifact.md. Tested by artifact_test.cpp, fuzz/artifact.cpp.
#pragma once

#include "base/core/bytes.h"
#include "engine/code/codegen_key.h"
#include "engine/wasm/types.h"

#include <mote/result.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::code {

using Hash = std::array<uint8_t, 32>;  // SHA-256

// One own function's code. In order of own-function index, which is also the order of offsets.
struct FuncEntry {
  uint32_t offset;
  uint32_t size;
};
// A range of text in which the frame is not the standard one (rbp → caller's rbp, return address above it): there the return
// address lies at [rsp + return_address] and the caller's frame pointer is still in rbp (or was pushed at [rsp + saved_fp]).
struct FrameRow {
  uint32_t offset;
  uint32_t size;
  int32_t return_address;  // from rsp
  int32_t saved_fp;        // from rsp, or fp_in_register
  static constexpr int32_t fp_in_register = -1;
};
// What the compiler hands over; the writer lays it out.
struct PcMapRow {
  uint32_t text_offset;  // from here on …
  uint32_t wasm_offset;  // … code of the instruction at this offset of the module; no_wasm_offset for none
  static constexpr uint32_t no_wasm_offset = 0xffff'ffff;
};
// An array of references in a function's frame. Zero or more a function, sorted by function.
struct RootArea {
  uint32_t func;  // own-function index
  int32_t from_fp;
  uint32_t count;
};
// A range of text whose calls are in a try_table: where an exception that leaves one goes (Handler). Sorted, without overlap.
struct HandlerRange {
  uint32_t offset;
  uint32_t size;
  uint32_t pad;
  int32_t sp_from_fp;
};
struct ImageParts {
  CodegenKey key;
  std::vector<uint8_t> text;   // code, then (page aligned) read-only constants: see rodata_offset
  uint32_t rodata_offset = 0;  // in text: from here on not executable; = text.size() when there is none
  std::vector<FuncEntry> funcs;
  std::vector<PcMapRow> pc_map;  // sorted by text_offset
  std::vector<FrameRow> frames;  // sorted
  std::vector<HandlerRange> handlers;
  std::vector<RootArea> roots;
};

// Writes an artifact: one image, or two that differ in memory mode. `wasm` is the module they were compiled from; what `run` needs
// of it (everything but code and custom sections, and function names) is stored too. Deterministic.
[[nodiscard]] Result<std::vector<uint8_t>> write_artifact(Bytes wasm, std::span<const ImageParts> images);

struct PcInfo {
  uint32_t func;                        // own-function index
  std::optional<uint64_t> wasm_offset;  // in the module
};

// Where a function's frame keeps its values, in bytes from the frame pointer: local i at locals - i * slot_bytes, operand i (0 the
// deepest) at operands - i * slot_bytes, each in the first bytes of its slot. The root area of root_count references, 32 bits
// each, ends at roots; a collector may move what it holds. It is empty as long as no tier compiles the collected types.
struct FrameSlots {
  uint32_t local_count;
  uint32_t slot_bytes;
  int32_t roots;
  uint32_t root_count;
  int32_t locals;
  int32_t operands;
};

// Where an exception goes that leaves a call: the landing pad gets it (32 bits) in rax, with rbp the frame's and rsp at
// `sp_from_fp` bytes from it. No other register means anything there; references are in the frame's roots. Every pad is a
// catch-all: what its clauses do not match it throws again (builtin throw_ref).
struct Handler {
  const void* pad;
  int32_t sp_from_fp;
};
// Called with runs of references (object_layout.h), which it may change. Never with anything else than references.
class RootVisitor {
 public:
  virtual void visit(uint32_t* first, size_t count) = 0;

 protected:
  ~RootVisitor() = default;
};

// One image, mapped and executable. Immutable, thread-safe; unmapped with its last owner.
class Image {
 public:
  virtual ~Image() = default;
  [[nodiscard]] virtual const CodegenKey& key() const = 0;
  [[nodiscard]] virtual Bytes text() const = 0;                          // executable bytes (and rodata) at their address
  [[nodiscard]] virtual const void* entry(uint32_t own_func) const = 0;  // address of a function
  [[nodiscard]] virtual std::span<const FuncEntry> funcs() const = 0;
  // Async-signal-safe. `pc` need not lie in this image: then nullopt. For a return address pass pc - 1.
  [[nodiscard]] virtual std::optional<PcInfo> find(const void* pc) const = 0;
  [[nodiscard]] virtual const FrameRow* frame(const void* pc) const = 0;  // null: the standard frame
  // By the return address of a call in this image: where an exception that leaves the call is caught in that frame, if it is.
  [[nodiscard]] virtual std::optional<Handler> handler(const void* return_address) const {
    static_cast<void>(return_address);
    return std::nullopt;
  }
  // By the return address of a call in this image: the references that the frame at `fp` keeps over it.
  virtual void visit_roots(const void* return_address, uint8_t* fp, RootVisitor& visitor) const {
    static_cast<void>(return_address), static_cast<void>(fp), static_cast<void>(visitor);
  }
  // Of code with CodegenKey::debug_info: at the first machine instruction of each wasm instruction all values lie in these slots.
  [[nodiscard]] virtual std::optional<FrameSlots> frame_slots(uint32_t own_func) const {
    static_cast<void>(own_func);
    return std::nullopt;
  }
};

// Finds the image that holds a pc. Async-signal-safe: called by the trap handler. Null when pc is not compiled code.
[[nodiscard]] const Image* find_image(const void* pc);

// A checked artifact. Owns its bytes or its mapping; `images` keep it alive.
class Artifact {
 public:
  virtual ~Artifact() = default;
  [[nodiscard]] virtual const Hash& module_hash() const = 0;       // SHA-256 of the wasm
  [[nodiscard]] virtual uint64_t module_size() const = 0;          // bytes of the wasm
  [[nodiscard]] virtual uint64_t code_section_offset() const = 0;  // content of the wasm's code section: DWARF counts from here
  [[nodiscard]] virtual Bytes module_bytes() const = 0;  // the wasm without code and custom sections: decode with Bodies::elsewhere
  [[nodiscard]] virtual std::string_view func_name(uint32_t func) const = 0;  // any function index; empty when it has none
  [[nodiscard]] virtual std::span<const CodegenKey> keys() const = 0;         // of the images inside
  // Maps the image with this key executable (once; later calls return the same). Fails with what differs when there is none.
  [[nodiscard]] virtual Result<std::shared_ptr<const Image>> image(const CodegenKey& key) = 0;
};

// Why an artifact was refused starts the message: "not an artifact", "truncated", "corrupt", "ABI version 3, this build needs 1",
// "needs CPU features avx2", "hash mismatch".
[[nodiscard]] Result<std::shared_ptr<Artifact>> load_artifact(std::vector<uint8_t> bytes);    // copied into executable memory
[[nodiscard]] Result<std::shared_ptr<Artifact>> load_artifact_file(const std::string& path);  // mapped
[[nodiscard]] bool looks_like_artifact(Bytes bytes);

}  // namespace mote::code
