// See module_code.h.
#include "engine/api/module_code.h"

#include "base/core/format.h"
#include "base/os/file.h"
#include "engine/wasm/decode.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::api {

namespace {

// Code sections below this stay: a system call and the next start's page faults would cost more than the memory.
constexpr uint64_t least_released_bytes = 1 << 20;

}  // namespace

Result<std::shared_ptr<WasmBytes>> WasmBytes::allocate(uint64_t size) {
  auto wasm = std::make_shared<WasmBytes>();
  if (size != 0) wasm->mapping_ = TRY(os::Mapping::anonymous(size));
  wasm->size_ = size;
  return wasm;
}

Result<std::shared_ptr<WasmBytes>> WasmBytes::copy(Bytes bytes) {
  auto wasm = TRY(allocate(bytes.size()));
  std::ranges::copy(bytes, wasm->mapping_.data());
  return wasm;
}

Result<std::shared_ptr<WasmBytes>> WasmBytes::read(const std::string& path) {
  const os::File file = TRY(os::File::open(path));
  const os::FileIdentity identity = TRY(file.identity());
  if (!identity.is_regular) return copy(TRY(os::read_file(path, limits::module_size_bytes)));
  if (identity.size > limits::module_size_bytes) {
    return fail(ErrorKind::limit, format("{}: larger than {} bytes", path, limits::module_size_bytes));
  }
  auto wasm = TRY(allocate(identity.size));
  wasm->size_ = TRY(file.read_at(0, {wasm->mapping_.data(), identity.size}));  // fewer when it shrinks meanwhile
  return wasm;
}

// Whole pages inside it: what lies beside it on the first and the last one stays.
void WasmBytes::release(wasm::Range part) {
  const uint64_t begin = align_up(part.offset, os::page_size), end = (part.offset + part.size) / os::page_size * os::page_size;
  if (begin < end) mapping_.discard(begin, end - begin);
}

Result<std::shared_ptr<const ModuleCode>> ModuleCode::load(std::shared_ptr<runtime::Engine> engine,
                                                           std::shared_ptr<code::Artifact> artifact, const code::CodegenKey& key,
                                                           Module::Origin::Source source, std::string name) {
  std::shared_ptr<const code::Image> image = TRY(artifact->image(key));
  wasm::Module info = TRY(wasm::decode(artifact->module_bytes(), wasm::Bodies::elsewhere));
  auto code = std::make_shared<ModuleCode>();
  code->runtime_ = TRY(runtime::Module::create(std::move(engine), std::move(info), std::move(image), artifact, std::move(name)));
  code->artifact_ = std::move(artifact);
  code->source_ = source;
  return code;
}

Result<std::shared_ptr<const ModuleCode>> ModuleCode::make(std::shared_ptr<runtime::Engine> engine, wasm::Module info,
                                                           std::shared_ptr<WasmBytes> wasm,
                                                           std::shared_ptr<const code::Image> image, uint64_t compile_ns,
                                                           std::string name) {
  if (info.code_section.size >= least_released_bytes) wasm->release(info.code_section);
  auto code = std::make_shared<ModuleCode>();
  code->runtime_ =
      TRY(runtime::Module::create(std::move(engine), std::move(info), std::move(image), std::move(wasm), std::move(name)));
  code->compile_ns_ = compile_ns;
  return code;
}

Module::Origin ModuleCode::origin() const {
  const code::Image& image = runtime_->image();
  return {.source = source_,
          .tier = tier(),
          .image = code::text(image.key()),
          .code_size = image.text().size(),
          .compile_ns = compile_ns_};
}

std::string_view ModuleCode::func_name(uint32_t func) const {
  if (artifact_ != nullptr) return artifact_->func_name(func);
  std::call_once(names_read_, [&] { names_ = wasm::read_function_names(runtime_->info()); });
  return wasm::find_name(names_, func);
}

}  // namespace mote::api
