// compile(): batches of functions on the caller's threads, into code memory (compile.h).
//
// Batches are taken in the module's order, and nobody takes another after an error; so every function before the first bad one has
// been looked at, and the error that is told does not depend on the threads.
#include "engine/baseline/compile.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/os/memory_map.h"
#include "engine/baseline/image.h"
#include "engine/baseline/x64/compiler.h"
#include "engine/wasm/walk.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace mote::baseline {

namespace {

constexpr uint32_t batch_body_bytes = 64 << 10;
constexpr uint64_t batch_code_bytes = 1 << 20;  // a batch is placed when its code is this large
constexpr uint32_t nothing = UINT32_MAX;

bool mentions_vectors(const wasm::Module& module) {
  const auto is_vector = [](wasm::ValueType type) { return type.is_vector(); };
  const auto holds_vector = [&](const wasm::FieldType& field) { return is_vector(field.type); };
  for (const wasm::SubType& type : module.types) {
    if (std::ranges::any_of(type.func.params, is_vector) || std::ranges::any_of(type.func.results, is_vector)) return true;
    if (std::ranges::any_of(type.struct_.fields, holds_vector)) return true;
    if (type.kind == wasm::CompositeKind::array && holds_vector(type.array.element)) return true;
  }
  return std::ranges::any_of(module.globals, [](const wasm::Global& global) { return global.type.type.is_vector(); });
}

class Job {
 public:
  Job(const Source& source, CodeMemory& memory) : source_(source), memory_(memory) {}

  void work() {
    auto buffer = os::Mapping::anonymous(limits::function_code_size.standard);
    if (!buffer) return report(0, Error{ErrorKind::unavailable, format("no memory to compile in: {}", buffer.error().message), {}});
    // Worth a huge page only where most of it will be used.
    if (source_.module.code_section.size >= least_for_huge_pages) buffer->ask_for_huge_pages(0, 2 * batch_code_bytes);
    Worker worker(*this, std::move(*buffer));
    while (const auto range = take()) {
      if (!worker.compile(range->first, range->second)) return;
    }
    worker.close();
  }

  [[nodiscard]] Result<void> result() {
    if (error_func_ != nothing) return std::unexpected(std::move(error_));
    return {};
  }

 private:
  class Worker {
   public:
    Worker(Job& job, os::Mapping buffer)
        : job_(job),
          buffer_(std::move(buffer)),
          code_(buffer_.data(), buffer_.data() + buffer_.size()),
          walker_(job.source_.module),
          compiler_(job.source_, walker_, code_, unit_) {}

    // Own functions [first, last).
    bool compile(uint32_t first, uint32_t last) {
      if (first != first_ + unit_.funcs.size() && !close()) return false;
      if (unit_.funcs.empty()) first_ = first;
      for (uint32_t own = first; own < last; ++own) {
        if (!compile(own)) return false;
        if (code_.position() >= batch_code_bytes && !close()) return false;
      }
      return true;
    }

    // Hands over what there is.
    bool close() {
      if (unit_.funcs.empty()) return true;
      unit_.close_rows(code_.position());
      const auto next = first_ + static_cast<uint32_t>(unit_.funcs.size());
      const Result<void> placed = job_.memory_.place(first_, buffer_, code_.position(), unit_);
      code_.reset();
      if (!placed) job_.report(first_, placed.error());
      first_ = next;
      return placed.has_value();
    }

   private:
    bool compile(uint32_t own) {
      const wasm::FuncIndex func = job_.source_.module.imported_funcs + own;
      walker_.start(func);
      compiler_.begin(func);
      while (walker_.next(compiler_)) {
      }
      if (const Result<void> valid = walker_.finish(); !valid) {
        job_.report(own, valid.error());
        return false;
      }
      compiler_.finish();
      if (!code_.overflowed()) return true;
      job_.report(own, Error{ErrorKind::limit,
                             format("the machine code of function {} exceeds {} ({} bytes); compile it ahead of time", func,
                                    limits::function_code_size.name, limits::function_code_size.standard),
                             job_.source_.module.bodies[own].offset});
      return false;
    }

    Job& job_;
    os::Mapping buffer_;
    x64::Assembler code_;
    wasm::Walker walker_;
    Unit unit_;
    x64::FuncCompiler compiler_;
    uint32_t first_ = 0;  // of the functions in unit_
  };

  // The next functions to compile.
  [[nodiscard]] std::optional<std::pair<uint32_t, uint32_t>> take() {
    const std::lock_guard lock(mutex_);
    const std::vector<wasm::Body>& bodies = source_.module.bodies;
    if (error_func_ != nothing || next_ == bodies.size()) return std::nullopt;
    const uint32_t first = next_;
    for (uint32_t bytes = 0; next_ < bodies.size() && bytes < batch_body_bytes; ++next_) bytes += bodies[next_].size;
    return std::pair(first, next_);
  }

  void report(uint32_t own, const Error& error) {
    const std::lock_guard lock(mutex_);
    if (own >= error_func_) return;
    error_func_ = own;
    error_ = error;
  }

  const Source& source_;
  CodeMemory& memory_;
  std::mutex mutex_;  // guards the following
  uint32_t next_ = 0;
  uint32_t error_func_ = nothing;
  Error error_;
};

}  // namespace

Result<std::shared_ptr<const code::Image>> compile(const wasm::Module& module, const CompileOptions& options) {
  code::CodegenKey key = options.key;
  key.tier = code::Tier::baseline;
  const code::InstanceLayout layout(module);
  const Source source{module, layout, key, mentions_vectors(module)};
  const uint64_t code_bytes = module.code_section.size;
  CodeMemory memory = TRY(CodeMemory::create(code_bytes, options.code_size_limit, static_cast<uint32_t>(module.bodies.size())));
  Job job(source, memory);
  const auto batches = static_cast<uint32_t>(std::min<uint64_t>(code_bytes / batch_body_bytes + 1, UINT32_MAX));
  const uint32_t threads = std::min(options.threads, batches);
  if (threads > 1 && options.run_parallel) {
    options.run_parallel(threads, [&] { job.work(); });
  } else {
    job.work();
  }
  TRY(job.result());
  return memory.finish(key);
}

}  // namespace mote::baseline
