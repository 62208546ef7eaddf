// compile(): decode, survey, partitions in parallel, link, artifact (compile.h).
//
// Nothing but the module decides what is compiled together and in which order objects are linked, so the artifact is the same for
// any number of threads. Partitions are *started* in order of size, the largest first, so that none is left over at the end.
#include "engine/aot/compile.h"

#include "engine/aot/backend.h"
#include "engine/aot/link.h"
#include "engine/aot/survey.h"
#include "engine/aot/unit.h"
#include "engine/code/image.h"
#include "engine/wasm/decode.h"

#include <llvm/Support/thread.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <vector>

namespace mote::aot {

namespace {

// LLVM recurses over nested expressions and regions; untrusted code decides how deep. Only address space, until it is used.
constexpr unsigned worker_stack_bytes = 256 << 20;
// A module that fits into one small partition is compiled by the calling thread: starting one costs more than its stack is worth.
constexpr uint64_t small_module_bytes = 16 << 10;

// Setting up passes takes longer than compiling a tiny module, so each thread keeps what it made last.
Backend& backend(const code::CodegenKey& key) {
  thread_local std::optional<Backend> kept;
  if (!kept || kept->key() != key) kept.emplace(key);
  return *kept;
}

// The objects of one image.
class Job {
 public:
  Job(const Source& source, const CompileOptions& options, uint64_t done_before, uint64_t total)
      : source_(source), options_(options), done_(done_before), total_(total), results_(source.survey.partitions.size()) {
    order_.resize(results_.size());
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::ranges::sort(order_, [&](size_t a, size_t b) {
      const uint64_t a_weight = source.survey.partitions[a].weight, b_weight = source.survey.partitions[b].weight;
      return a_weight != b_weight ? a_weight > b_weight : a < b;
    });
  }

  [[nodiscard]] Result<code::ImageParts> run() {
    if (results_.size() <= 1 && source_.survey.code_bytes <= small_module_bytes) {
      work();
    } else {
      const size_t count = std::clamp<size_t>(options_.threads, 1, results_.size());
      std::vector<llvm::thread> threads;
      threads.reserve(count);
      for (size_t i = 0; i < count; ++i) threads.emplace_back(std::optional<unsigned>(worker_stack_bytes), [this] { work(); });
      for (llvm::thread& thread : threads) thread.join();
    }
    std::vector<Bytes> objects;
    for (const Result<std::vector<uint8_t>>& result : results_) {
      if (!result) return std::unexpected(result.error());  // the first in the module's order
      objects.emplace_back(*result);
    }
    return link(objects, static_cast<uint32_t>(source_.module.bodies.size()), source_.key);
  }

 private:
  void work() {
    Backend& compiler = backend(source_.key);
    for (size_t next = next_++; next < order_.size(); next = next_++) {
      const size_t index = order_[next];
      const Partition& partition = source_.survey.partitions[index];
      results_[index] = compiler.compile(source_, partition);
      const std::lock_guard lock(progress_);
      done_ += partition.code_bytes;
      if (options_.progress) options_.progress(done_, total_);
    }
  }

  const Source& source_;
  const CompileOptions& options_;
  uint64_t done_, total_;
  std::vector<size_t> order_;
  std::vector<Result<std::vector<uint8_t>>> results_;
  std::atomic<size_t> next_ = 0;
  std::mutex progress_;
};

}  // namespace

Result<std::vector<uint8_t>> compile(Bytes wasm, const CompileOptions& options) {
  const wasm::Module module = TRY(wasm::decode(wasm));
  const Survey survey = TRY(aot::survey(module));
  const code::InstanceLayout layout(module);

  std::vector<code::CodegenKey> keys{options.key};
  if (options.both_memory_modes) {
    keys.assign(2, options.key);
    keys[0].memory = code::MemoryMode::guard;
    keys[1].memory = code::MemoryMode::dense;
  }
  const uint64_t total = survey.code_bytes * keys.size();
  std::vector<code::ImageParts> images;
  for (const code::CodegenKey& key : keys) {
    const Source source{module, survey, layout, key};
    images.push_back(TRY(Job(source, options, survey.code_bytes * images.size(), total).run()));
  }
  return code::write_artifact(wasm, images);
}

}  // namespace mote::aot
