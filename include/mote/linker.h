// Linker: names to definitions; instantiates modules with their imports resolved.
//
// Host functions are described once and may serve any number of stores of one engine. Definitions that are handles (instances,
// memories, …) belong to one store and may only be used to instantiate into it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <mote/store.h>

namespace mote {

class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  ~Linker();

  // A later definition of the same name replaces the earlier one.
  [[nodiscard]] Result<void> define_func(std::string_view module, std::string_view name, FuncSignature signature, HostFunc function);
  // From any callable: R f(Caller&, Args...) with int32_t, uint32_t, int64_t, uint64_t, float, double; R is void, one of these,
  // or std::expected of it with Failure. Reads and writes registers directly, without Val.
  template <class F>
  [[nodiscard]] Result<void> func(std::string_view module, std::string_view name, F function);

  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Func func);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Memory memory);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Table table);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Global global);
  // All exports of an instance under a module name.
  [[nodiscard]] Result<void> define(std::string_view module, Instance instance);

  // Resolves imports (error: not_found "unknown import …", bad_input "incompatible import type …", naming both types), allocates,
  // runs segments and the start function. What earlier segments wrote stays written when a later one traps.
  [[nodiscard]] GuestResult<Instance> instantiate(Store& store, const Module& module) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mote
