// Linker: names to definitions; instantiates modules with their imports resolved.
//
// Host functions and shared memories are described once and may serve any number of stores of one engine. Definitions that are
// handles (instances, memories, …) belong to one store and may only be used to instantiate into it; the linker must not outlive
// that store.
// Threads: defining needs exclusive use; instantiate is const and may run on several threads, each with its own store.
// Spec: core/exec/modules "Instantiation", embedding function module_instantiate. Tested by engine/api/linker_test.cpp.
#pragma once

#include <mote/call.h>
#include <mote/store.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mote {

// A host function that reads its arguments from registers and leaves its results there. `data` is what it was defined with.
// Arguments must be read before anything that may call into a guest.
using FrameFunc = HostResult (*)(void* data, Caller& caller, const CallFrame& frame);

class Linker {
 public:
  explicit Linker(const Engine& engine);
  Linker(Linker&&) noexcept;
  Linker& operator=(Linker&&) noexcept;
  ~Linker();

  // A later definition of the same name replaces the earlier one. All define… fail on a definition of another store or engine.
  [[nodiscard]] Result<void> define_func(std::string_view module, std::string_view name, const FuncSignature& signature,
                                         HostFunc function);
  // From any callable: R f(Caller&, Args...) with int32_t, uint32_t, int64_t, uint64_t, float, double; R is void, one of these, a
  // std::tuple of them, or std::expected of any of those with Failure. Reads and writes registers directly, without Val.
  template <class F>
  [[nodiscard]] Result<void> func(std::string_view module, std::string_view name, F function);
  // The same by hand: `data` lives as long as anything that can call the function.
  [[nodiscard]] Result<void> define_frame_func(std::string_view module, std::string_view name, const FuncSignature& signature,
                                               FrameFunc function, std::shared_ptr<void> data = nullptr);

  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Func func);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Memory memory);
  // For any number of stores, as host functions are.
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, const SharedMemory& memory);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Table table);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Global global);
  [[nodiscard]] Result<void> define(std::string_view module, std::string_view name, Tag tag);
  // All exports of an instance under a module name.
  [[nodiscard]] Result<void> define(std::string_view module, Instance instance);

  // Functions that the module imports and nothing defines yet: calling one ends the guest with what `refuse` makes of it. For
  // guests that are expected not to call them, or not now.
  [[nodiscard]] Result<void> define_missing(const Module& module, std::function<Failure(const ImportInfo& import)> refuse);

  // Resolves imports (error: not_found "unknown import …", bad_input "incompatible import type …", naming both types), allocates,
  // runs segments and the start function. What earlier segments wrote stays written when a later one traps.
  [[nodiscard]] GuestResult<Instance> instantiate(Store& store, const Module& module) const;

  struct State;
  [[nodiscard]] const State* state() const { return state_.get(); }  // for the engine's own files

 private:
  std::unique_ptr<State> state_;
};

namespace call {

template <class R>
struct Unwrapped {  // the result without a Failure's possibility
  using Type = R;
  static constexpr bool can_fail = false;
};
template <class R>
struct Unwrapped<std::expected<R, Failure>> {
  using Type = R;
  static constexpr bool can_fail = true;
};

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... Args>
struct Signature<R (*)(Caller&, Args...)> {
  using Returned = R;
  using Result = typename Unwrapped<R>::Type;
  using Arguments = std::tuple<std::remove_cvref_t<Args>...>;
};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Caller&, Args...) const> : Signature<R (*)(Caller&, Args...)> {};
template <class C, class R, class... Args>
struct Signature<R (C::*)(Caller&, Args...)> : Signature<R (*)(Caller&, Args...)> {};

template <class R>
void put_results(const CallFrame& frame, const R& value) {
  using Tuple = typename Results<R>::Tuple;
  constexpr auto& at = Kinds<Tuple>::as_results;
  if constexpr (Number<R>) {
    put<R>(frame, at[0], value);
  } else {
    [&]<size_t... I>(std::index_sequence<I...>) {
      (put<std::tuple_element_t<I, R>>(frame, at[I], std::get<I>(value)), ...);
    }(std::make_index_sequence<std::tuple_size_v<R>>());
  }
}

// The bridge from registers to a callable F kept behind `data`.
template <class F>
HostResult bridge(void* data, Caller& caller, const CallFrame& frame) {
  using S = Signature<F>;
  using Arguments = typename S::Arguments;
  F& function = *static_cast<F*>(data);
  return [&]<size_t... I>(std::index_sequence<I...>) -> HostResult {
    constexpr auto& at = Kinds<Arguments>::as_arguments;
    (void)at;
    if constexpr (Unwrapped<typename S::Returned>::can_fail) {
      auto result = function(caller, get<std::tuple_element_t<I, Arguments>>(frame, at[I])...);
      if (!result) return std::unexpected(std::move(result.error()));
      if constexpr (!std::is_void_v<typename S::Result>) put_results<typename S::Result>(frame, *result);
    } else if constexpr (std::is_void_v<typename S::Result>) {
      function(caller, get<std::tuple_element_t<I, Arguments>>(frame, at[I])...);
    } else {
      put_results<typename S::Result>(frame, function(caller, get<std::tuple_element_t<I, Arguments>>(frame, at[I])...));
    }
    return {};
  }(std::make_index_sequence<std::tuple_size_v<Arguments>>());
}

}  // namespace call

template <class F>
Result<void> Linker::func(std::string_view module, std::string_view name, F function) {
  using S = call::Signature<F>;
  const FuncSignature signature{call::Kinds<typename S::Arguments>::types(),
                                call::Kinds<typename call::Results<typename S::Result>::Tuple>::types()};
  return define_frame_func(module, name, signature, &call::bridge<F>, std::make_shared<F>(std::move(function)));
}

}  // namespace mote
