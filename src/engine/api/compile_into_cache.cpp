// compile_into_cache(): see mote/compiler.h. Tested by module_test.cpp.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/clock.h"
#include "engine/api/cache_claim.h"
#include "engine/api/state.h"
#include "engine/wasm/decode.h"

#include <mote/compiler.h>

namespace mote {

namespace {

uint64_t now_s() {
  return os::now_ns(os::Clock::realtime) / 1'000'000'000;
}

}  // namespace

Result<CacheFill> compile_into_cache(const Engine& engine, std::span<const uint8_t> wasm) {
  const Engine::State& state = *engine.state();
  if (state.cache == nullptr) return fail(ErrorKind::unavailable, format("there is no cache: {}", state.cache_reason));
  if (!state.config.compiler) return fail(ErrorKind::unavailable, "no optimising compiler was given");
  if (auto other = api::other_format(wasm)) return std::unexpected(std::move(*other));
  const code::Hash hash = sha256(wasm);
  if (state.cache->find(hash, state.key) != nullptr) return CacheFill::present;
  auto [verdict, claim] = TRY(api::CacheClaim::take(state.cache->entry_path(hash, state.key), now_s()));
  if (verdict == api::CacheClaim::Verdict::busy) return CacheFill::busy;
  if (verdict == api::CacheClaim::Verdict::gave_up) return CacheFill::gave_up;
  if (state.cache->find(hash, state.key) != nullptr) {  // its holder finished while we looked
    claim.succeeded();
    return CacheFill::present;
  }
  auto artifact = state.config.compiler(wasm, state.config.codegen);
  if (!artifact) {
    claim.failed(artifact.error(), now_s());
    return std::unexpected(std::move(artifact.error()));
  }
  if (auto stored = state.cache->store(hash, state.key, *artifact); !stored) {
    claim.failed(stored.error(), now_s());
    return std::unexpected(std::move(stored.error()));
  }
  if (state.cache->find(hash, state.key) == nullptr) {  // another version's, say: the loader removed it
    Error error{
        ErrorKind::unavailable, "the compiler's result cannot be used here: are mote and mote-aot of the same version?", {}};
    claim.failed(error, now_s());
    return std::unexpected(std::move(error));
  }
  claim.succeeded();
  return CacheFill::compiled;
}

}  // namespace mote
