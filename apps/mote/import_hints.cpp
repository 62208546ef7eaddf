// Hints for missing imports: see import_hints.h. Tested by import_hints_test.cpp.
#include "apps/mote/import_hints.h"

#include "base/core/format.h"
#include "host/wasi_p1/wasi_p1.h"

namespace mote::cli {
namespace {

struct Hint {
  std::string_view module;  // a name, or the beginning of one when it ends with '*'
  std::string_view name;    // likewise
  std::string_view text;
};

// The first that fits is taken.
constexpr Hint hints[] = {
    {"wasi_snapshot_preview1", "*", "WASI preview 1 has no such function; check the toolchain that linked it"},
    {"wasi_unstable", "*", "WASI preview 0 has no such function; rebuild with a current toolchain (target wasm32-wasip1)"},
    {"wasi", "thread-spawn",
     "wasi-threads, by which a program starts threads; Mote starts none for a guest: rebuild without threads (wasm32-wasip1). "
     "An embedder can run a guest per thread of its own over one SharedMemory (include/mote/store.h)"},
    {"wasi_ephemeral_nn", "*", "wasi-nn, neural networks; not part of this build"},
    {"wasi:*", "*",
     "an interface of WASI 0.2 or later, which components use; this build runs core modules with WASI preview 1 (wasm32-wasip1)"},
    {"wbg", "*", "wasm-bindgen's JavaScript; rebuild for wasm32-wasip1 instead of a browser"},
    {"__wbindgen_placeholder__", "*", "wasm-bindgen's JavaScript; rebuild for wasm32-wasip1 instead of a browser"},
    {"gojs", "*", "Go's JavaScript support; rebuild with GOOS=wasip1"},
    {"go", "*", "Go's JavaScript support; rebuild with GOOS=wasip1"},
    {"env", "proxy_*", "proxy-wasm, the interface of proxy filters; not part of this build"},
    {"env", "emscripten_*", "Emscripten's JavaScript; link with -sSTANDALONE_WASM"},
    {"env", "invoke_*", "Emscripten's JavaScript; link with -sSTANDALONE_WASM"},
    {"env", "__cxa_*", "C++ exceptions; compile with -fno-exceptions, or link a C++ runtime that has them"},
    {"env", "memory", "a memory that the module expects from its host; link it without --import-memory"},
    {"env", "__indirect_function_table", "a table that the module expects from its host; link it without --import-table"},
    {"env", "__stack_pointer", "a shared library (dynamic linking); link it into one module"},
    {"env", "__memory_base", "a shared library (dynamic linking); link it into one module"},
    {"env", "abort", "AssemblyScript's abort; build with --use abort= or with wasi-shim"},
    {"env", "*", "most likely an undefined symbol: a library or a definition was missing when the module was linked"},
    {"GOT.*", "*", "a shared library (dynamic linking); link it into one module"},
    {"a", "*", "Emscripten's JavaScript, with shortened names; link with -sSTANDALONE_WASM"},
    {"extism:*", "*", "Extism's plug-in interface; not part of this build"},
    {"spectest", "*", "the host of the WebAssembly specification's tests; ./test spec provides it"},
    {"*", "*", "nothing this build knows provides it; an embedder can, with Linker (include/mote/linker.h)"},
};

bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

}  // namespace

std::string import_hint(std::string_view module, std::string_view name) {
  for (const Hint& hint : hints) {
    if (fits(hint.module, module) && fits(hint.name, name)) return std::string(hint.text);
  }
  return {};
}

std::string missing_imports_text(const std::vector<ImportInfo>& imports) {
  const ImportInfo* first = nullptr;
  size_t count = 0;
  for (const ImportInfo& import : imports) {
    if (import.kind == ExternKind::func && wasi_p1::provides(import.module, import.name)) continue;
    // A program with threads imports its memory as well; what it is about is the threads.
    if (first == nullptr || (import.module == "wasi" && import.name == "thread-spawn")) first = &import;
    ++count;
  }
  if (first == nullptr) return {};
  const std::string more = count == 1 ? "" : format(" ({} more missing: mote inspect lists all imports)", count - 1);
  return format("unknown import: \"{}\" \"{}\" {}: {}{}", first->module, first->name, first->type,
                import_hint(first->module, first->name), more);
}

}  // namespace mote::cli
