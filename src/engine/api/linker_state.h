// What a linker holds, for the files of this room that resolve imports.
#pragma once

#include "engine/api/state.h"
#include "engine/runtime/instantiate.h"

#include <mote/linker.h>

#include <map>

namespace mote {

struct Linker::State {
  struct Definition {
    runtime::ImportValue value;
    const Store::State* store = nullptr;           // null: a host function or shared memory, of any store
    std::shared_ptr<runtime::Memory> shared = {};  // then this is its value
  };
  using Names = std::map<std::string, Definition, std::less<>>;

  std::shared_ptr<Engine::State> engine;
  std::map<std::string, Names, std::less<>> modules;

  void define(std::string_view module, std::string_view name, Definition definition) {
    auto names = modules.find(module);
    if (names == modules.end()) names = modules.emplace(std::string(module), Names{}).first;
    names->second.insert_or_assign(std::string(name), std::move(definition));
  }
  [[nodiscard]] const Definition* find(std::string_view module, std::string_view name) const {
    const auto names = modules.find(module);
    if (names == modules.end()) return nullptr;
    const auto found = names->second.find(name);
    return found == names->second.end() ? nullptr : &found->second;
  }
};

}  // namespace mote
