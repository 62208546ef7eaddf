// The import tables of preview 1 and of its predecessor: names, and bridges from registers to the functions of functions.h, past
// whoever watches. Both have the same functions; a Layout says in what they differ.
#include "host/wasi_p1/wasi_p1.h"

#include "host/wasi_p1/functions.h"
#include "host/wasi_p1/signatures.h"

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

namespace mote::wasi_p1 {
namespace {

Guest guest_of(Caller& caller, const Layout& layout) {
  return {*static_cast<sandbox::Process*>(caller.data()), caller.memory(), layout, &caller};
}

// The functions as data, in the order of functions.def; proc_exit, which never returns, comes last.
constexpr calls::Function described[] = {
#define MOTE_WASI(name) {interface, #name, signature::name, signature::groups(#name)},
#include "host/wasi_p1/functions.def"
    {interface, "proc_exit", signature::proc_exit, signature::groups("proc_exit")},
};
static_assert(std::size(described) == 46, "preview 1 has 46 functions");
constexpr calls::Function described_unstable[] = {
#define MOTE_WASI(name) {unstable_interface, #name, signature::unstable::name, signature::groups(#name)},
#include "host/wasi_p1/functions.def"
    {unstable_interface, "proc_exit", signature::proc_exit, signature::groups("proc_exit")},
};
constexpr std::string_view only_in_preview1 = "sock_accept";

std::expected<uint32_t, Failure> to_guest(calls::Ending ending) {
  switch (ending.kind) {
    case calls::Ending::Kind::exited:
      return std::unexpected(Failure::exit(static_cast<int>(ending.value)));
    case calls::Ending::Kind::trapped:
      return std::unexpected(Failure(Trap{.kind = TrapKind::host, .message = std::move(ending.why)}));
    case calls::Ending::Kind::returned:
      break;
  }
  return static_cast<uint32_t>(ending.value);
}

template <class... Args>
constexpr bool describes(std::span<const calls::Parameter> parameters, Errno (*)(Guest&, Args...)) {
  return calls::value_count(parameters) == sizeof...(Args);
}

// A call that was to move more bytes than its guest may ends it: an errno would be one more thing that a program may overlook.
[[gnu::noinline]] Failure moved_too_much(const sandbox::Process& process) {
  return Failure(Trap{.kind = TrapKind::limit, .message = process.limit_text()});
}

// Off the path of a guest that nobody watches.
template <class... Args>
[[gnu::noinline]] std::expected<uint32_t, Failure> call_watched(const calls::Function& function, Guest& guest,
                                                                Errno (*body)(Guest&, Args...), Args... args) {
  const std::array<uint64_t, sizeof...(Args)> values = {static_cast<uint64_t>(args)...};
  const auto run = [&] {
    calls::Ending ending{.value = static_cast<uint64_t>(body(guest, args...))};
    if (guest.process.has_moved_too_much()) ending = {calls::Ending::Kind::trapped, 0, guest.process.limit_text()};
    return ending;
  };
  calls::Ending ending = guest.process.watch->pass(function, values, guest.memory, run);
  if (guest.process.has_moved_too_much()) return std::unexpected(moved_too_much(guest.process));
  return to_guest(std::move(ending));
}

// What stands behind a binding.
struct Bound {
  const calls::Function& function;
  const Layout& layout;
};

// From registers to a function and back, without a value of its own for what may fail: that alone takes as long as a call does.
template <auto body, class... Args>
HostResult enter(void* data, Caller& caller, const CallFrame& frame) {
  using Arguments = call::Kinds<std::tuple<Args...>>;
  constexpr call::Place result = call::Kinds<std::tuple<uint32_t>>::as_results[0];
  const Bound& bound = *static_cast<const Bound*>(data);
  const auto& process = *static_cast<const sandbox::Process*>(caller.data());
  return [&]<size_t... I>(std::index_sequence<I...>) -> HostResult {
    if (process.watch == nullptr) [[likely]] {
      Guest guest = guest_of(caller, bound.layout);  // not before: a function that needs no memory does not look for it
      call::put(frame, result, static_cast<uint32_t>(body(guest, call::get<Args>(frame, Arguments::as_arguments[I])...)));
      if (process.has_moved_too_much()) [[unlikely]]
        return std::unexpected(moved_too_much(process));
      return {};
    }
    Guest guest = guest_of(caller, bound.layout);
    auto answer = call_watched<Args...>(bound.function, guest, body, call::get<Args>(frame, Arguments::as_arguments[I])...);
    if (!answer) return std::unexpected(std::move(answer.error()));
    call::put(frame, result, *answer);
    return {};
  }(std::index_sequence_for<Args...>());
}

template <auto body, class... Args>
Result<void> define_one(Linker& linker, const calls::Function& function, const Layout& layout, Errno (*)(Guest&, Args...)) {
  const FuncSignature signature{call::Kinds<std::tuple<Args...>>::types(), call::Kinds<std::tuple<uint32_t>>::types()};
  return linker.define_frame_func(function.interface.name, function.name, signature, &enter<body, Args...>,
                                  std::make_shared<Bound>(function, layout));
}

// Ends the guest without running any more of it.
Result<void> define_proc_exit(Linker& linker, const calls::Function& function, const Layout& layout) {
  return linker.func(
      function.interface.name, function.name, [&function, &layout](Caller& caller, uint32_t code) -> std::expected<void, Failure> {
        Guest guest = guest_of(caller, layout);
        calls::Ending ending{calls::Ending::Kind::exited, code};
        if (guest.process.watch != nullptr) {
          const uint64_t values[] = {code};
          ending = guest.process.watch->pass(function, values, guest.memory, [&] { return ending; });
        }
        if (auto returned = to_guest(std::move(ending)); !returned) return std::unexpected(std::move(returned.error()));
        return {};  // an interposer said that it returns, which preview 1 does not foresee; the guest traps behind the call
      });
}

using Define = Result<void> (*)(Linker& linker, const calls::Function& function, const Layout& layout);
#define MOTE_WASI(name) static_assert(describes(signature::name, &name) && describes(signature::unstable::name, &name));
#include "host/wasi_p1/functions.def"
constexpr Define defines[] = {
#define MOTE_WASI(name)                                                       \
  [](Linker& linker, const calls::Function& function, const Layout& layout) { \
    return define_one<&name>(linker, function, layout, &name);                \
  },
#include "host/wasi_p1/functions.def"
    define_proc_exit,
};

struct Table {
  std::span<const calls::Function> functions;
  const Layout& layout;
};
constexpr Table tables[] = {{described, preview1_layout}, {described_unstable, unstable_layout}};

struct Found {
  const Table* table = nullptr;  // null: there is none
  size_t index = 0;
};
Found find(std::string_view module, std::string_view name) {
  const Table* table = module == module_name ? &tables[0] : module == unstable_module_name ? &tables[1] : nullptr;
  if (table == nullptr || (table == &tables[1] && name == only_in_preview1)) return {};
  const auto found = std::ranges::find(table->functions, name, &calls::Function::name);
  if (found == table->functions.end()) return {};
  return {table, static_cast<size_t>(found - table->functions.begin())};
}

}  // namespace

bool provides(std::string_view module, std::string_view name) {
  return find(module, name).table != nullptr;
}

std::span<const calls::Function> functions() {
  return described;
}

Result<void> define_all(Linker& linker) {
  for (const Table& table : tables) {
    for (size_t i = 0; i < table.functions.size(); ++i) {
      const calls::Function& function = table.functions[i];
      if (provides(function.interface.name, function.name)) TRY(defines[i](linker, function, table.layout));
    }
  }
  return {};
}

Result<void> define_imported(Linker& linker, const Module& module) {
  for (const ImportInfo& import : module.imports()) {
    const auto [table, i] = find(import.module, import.name);
    if (table != nullptr) TRY(defines[i](linker, table->functions[i], table->layout));
  }
  return {};
}

}  // namespace mote::wasi_p1
