// Tests of import_hints.h.
#include "apps/mote/import_hints.h"

#include <gtest/gtest.h>

namespace mote::cli {
namespace {

TEST(ImportHints, TheFirstMissingImportIsNamedWithItsTypeAndHint) {
  const std::vector<ImportInfo> imports = {{"wasi_snapshot_preview1", "fd_write", ExternKind::func, "(func)"},
                                           {"env", "log", ExternKind::func, "(func (param i32))"},
                                           {"gojs", "runtime.wasmExit", ExternKind::func, "(func)"}};
  EXPECT_EQ(missing_imports_text(imports),
            "unknown import: \"env\" \"log\" (func (param i32)): most likely an undefined symbol: a library or a definition was "
            "missing when "
            "the module was linked (1 more missing: mote inspect lists all imports)");
  EXPECT_EQ(missing_imports_text({imports[0]}), "");
}

TEST(ImportHints, ThreadSpawnIsNamedBeforeTheMemoryThatComesWithIt) {
  const std::string text = missing_imports_text({{"env", "memory", ExternKind::memory, "(memory 17 1024 shared)"},
                                                 {"wasi", "thread-spawn", ExternKind::func, "(func (param i32) (result i32))"}});
  EXPECT_TRUE(text.starts_with("unknown import: \"wasi\" \"thread-spawn\" (func (param i32) (result i32)): wasi-threads")) << text;
  EXPECT_NE(text.find("SharedMemory"), std::string::npos) << text;
}

TEST(ImportHints, EveryImportHasOne) {
  EXPECT_NE(import_hint("gojs", "x").find("GOOS=wasip1"), std::string::npos);
  EXPECT_NE(import_hint("wasi:http/types@0.2.0", "x").find("components"), std::string::npos);
  EXPECT_NE(import_hint("env", "proxy_log").find("proxy-wasm"), std::string::npos);
  EXPECT_NE(import_hint("wasi_snapshot_preview1", "fd_wirte").find("no such function"), std::string::npos);
  EXPECT_NE(import_hint("", "").find("Linker"), std::string::npos);
}

}  // namespace
}  // namespace mote::cli
