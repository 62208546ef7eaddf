// PoolGroup: the modules of a pool's sandboxes, with where each of their imports comes from: found once, used for every sandbox.
// Immutable, thread-safe. Private to engine/api (pool.cpp).
#pragma once

#include "engine/api/state.h"
#include "engine/runtime/instantiate.h"

#include <mote/linker.h>
#include <mote/pool.h>

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

namespace mote::api {

class PoolGroup {
 public:
  // Errors: bad_input; not_found where neither an earlier member nor the linker has an import.
  [[nodiscard]] static Result<PoolGroup> create(const Linker& linker, const std::vector<PoolConfig::Member>& members);

  enum class Beginning : uint8_t { initialized, blank };  // with segments and start functions, or without (instantiate_blank)
  [[nodiscard]] GuestResult<void> instantiate(Store& store, Beginning beginning) const;

  [[nodiscard]] size_t size() const { return members_.size(); }
  [[nodiscard]] const runtime::Module& module(size_t member) const { return members_[member].code->runtime(); }
  [[nodiscard]] std::optional<size_t> find(std::string_view name) const;

 private:
  struct FromMember {
    size_t member;
    std::string name;
  };
  struct Member {
    std::string name;
    std::shared_ptr<const Module::State> module;
    std::shared_ptr<const ModuleCode> code;
    std::vector<std::variant<FromMember, runtime::ImportValue>> imports;
  };
  [[nodiscard]] Result<std::variant<FromMember, runtime::ImportValue>> resolve(const Linker::State& linker,
                                                                               const wasm::Import& import) const;
  std::vector<Member> members_;
};

}  // namespace mote::api
