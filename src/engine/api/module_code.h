// ModuleCode: a module's code of one tier with everything that must live as long as somebody runs it, and the bytes of a module.
//
// Optimised code comes as an artifact, which holds the module without its code and the names of functions. Baseline code is made
// from the wasm itself, which is kept, but for its code section: nobody reads that again. Names are looked for when a backtrace
// asks. Immutable, shared by threads. Tested by module_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_map.h"
#include "engine/code/image.h"
#include "engine/runtime/module.h"
#include "engine/wasm/names.h"

#include <mote/engine.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mote::api {

// The bytes of a wasm module, ours alone. Not a mapping of its file: what the validator saw must be what runs, and a file that is
// truncated under us must not be a SIGBUS.
class WasmBytes {
 public:
  [[nodiscard]] static Result<std::shared_ptr<WasmBytes>> copy(Bytes wasm);
  // Errors: as os::File; limit above limits::module_size_bytes.
  [[nodiscard]] static Result<std::shared_ptr<WasmBytes>> read(const std::string& path);
  [[nodiscard]] Bytes bytes() const { return mapping_.bytes().first(size_); }
  // Gives back the memory of a part that is not read any more.
  void release(wasm::Range part);

 private:
  [[nodiscard]] static Result<std::shared_ptr<WasmBytes>> allocate(uint64_t size);
  os::Mapping mapping_;  // none for no bytes
  uint64_t size_ = 0;
};

class ModuleCode {
 public:
  // Optimised code. `key` names one of the artifact's images.
  [[nodiscard]] static Result<std::shared_ptr<const ModuleCode>> load(std::shared_ptr<runtime::Engine> engine,
                                                                      std::shared_ptr<code::Artifact> artifact,
                                                                      const code::CodegenKey& key, Module::Origin::Source source,
                                                                      std::string name);
  // Baseline code, made from `info`, which borrows from `wasm`.
  [[nodiscard]] static Result<std::shared_ptr<const ModuleCode>> make(std::shared_ptr<runtime::Engine> engine, wasm::Module info,
                                                                      std::shared_ptr<WasmBytes> wasm,
                                                                      std::shared_ptr<const code::Image> image, uint64_t compile_ns,
                                                                      std::string name);

  [[nodiscard]] const runtime::Module& runtime() const { return *runtime_; }
  [[nodiscard]] const std::shared_ptr<const runtime::Module>& shared_runtime() const { return runtime_; }
  [[nodiscard]] Module::Origin origin() const;
  [[nodiscard]] Tier tier() const { return artifact_ != nullptr ? Tier::optimizing : Tier::baseline; }
  [[nodiscard]] std::string_view func_name(uint32_t func) const;  // any function index; empty when it has none

 private:
  std::shared_ptr<code::Artifact> artifact_;  // or null
  std::shared_ptr<const runtime::Module> runtime_;
  Module::Origin::Source source_ = Module::Origin::compiled;
  uint64_t compile_ns_ = 0;
  mutable std::once_flag names_read_;
  mutable std::vector<wasm::Name> names_;  // without an artifact, once they were asked for
};

}  // namespace mote::api
