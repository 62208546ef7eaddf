// Linking the modules of a pool (pool_group.h).
#include "engine/api/pool_group.h"

#include "base/core/format.h"
#include "engine/api/linker_state.h"

#include <algorithm>

namespace mote::api {

Result<PoolGroup> PoolGroup::create(const Linker& linker, const std::vector<PoolConfig::Member>& members) {
  if (members.empty()) return fail(ErrorKind::bad_input, "a pool has at least one module");
  PoolGroup group;
  for (const PoolConfig::Member& one : members) {
    if (one.module.state()->engine != linker.state()->engine) {
      return fail(ErrorKind::bad_input, "modules and linker of a pool belong to different engines");
    }
    if (group.find(one.name)) return fail(ErrorKind::bad_input, format("two modules of a pool are called \"{}\"", one.name));
    Member member{.name = one.name, .module = one.module.state(), .code = one.module.state()->code(), .imports = {}};
    for (const wasm::Import& import : member.code->runtime().info().imports) {
      member.imports.push_back(TRY(group.resolve(*linker.state(), import)));
    }
    group.members_.push_back(std::move(member));
  }
  return group;
}

std::optional<size_t> PoolGroup::find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &Member::name);
  if (found == members_.end()) return std::nullopt;
  return static_cast<size_t>(found - members_.begin());
}

// What nobody has stays empty: instantiation says so in the words that it always uses.
Result<std::variant<PoolGroup::FromMember, runtime::ImportValue>> PoolGroup::resolve(const Linker::State& linker,
                                                                                     const wasm::Import& import) const {
  using Source = std::variant<FromMember, runtime::ImportValue>;
  const std::optional<size_t> member = find(import.module);
  if (member && module(*member).find_export(import.name) != nullptr) return Source(FromMember{*member, std::string(import.name)});
  const Linker::State::Definition* found = linker.find(import.module, import.name);
  if (found == nullptr) return Source(runtime::ImportValue());
  if (found->store != nullptr) {
    return fail(ErrorKind::bad_input, format("import \"{}\" \"{}\" is defined in one store; each sandbox of a pool is a store of its own: "
                                             "make the module that defines it a member of the pool",
                                             import.module, import.name));
  }
  if (found->shared != nullptr) {
    return fail(ErrorKind::unsupported, format("import \"{}\" \"{}\" is a shared memory: a sandbox that others write to cannot be brought "
                                               "back to its beginning, so it cannot be pooled",
                                               import.module, import.name));
  }
  return Source(found->value);
}

GuestResult<void> PoolGroup::instantiate(Store& store, Beginning beginning) const {
  Store::State& in = *store.state();
  for (const Member& member : members_) {
    std::vector<runtime::ImportValue> imports;
    imports.reserve(member.imports.size());
    for (const auto& source : member.imports) {
      const auto* from = std::get_if<FromMember>(&source);
      imports.push_back(from == nullptr ? std::get<runtime::ImportValue>(source)
                                        : runtime::import_value(*in.store.instances()[from->member]->find_export(from->name)));
    }
    in.modules.try_emplace(&member.code->runtime(), Store::State::Running{member.module, member.code});
    auto made = beginning == Beginning::blank ? runtime::instantiate_blank(in.store, member.code->shared_runtime(), imports)
                                              : runtime::instantiate(in.store, member.code->shared_runtime(), imports);
    if (!made) return std::unexpected(to_failure(in, std::move(made.error())));
  }
  return {};
}

}  // namespace mote::api
