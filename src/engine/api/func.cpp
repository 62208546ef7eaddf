// Func and Instance, and host functions between compiled code's registers and C++. See mote/store.h. Tested by func_test.cpp.
#include "base/core/format.h"
#include "engine/api/state.h"
#include "engine/runtime/call.h"

#include <mote/linker.h>

#include <array>

namespace mote {

namespace {

using runtime::HostCallFrame;

static_assert(sizeof(Slot16) == sizeof(code::Value16) && alignof(Slot16) == alignof(code::Value16));
static_assert(call::argument_integers == code::argument_integers && call::argument_vectors == code::argument_vectors &&
              call::result_integers == code::result_integers && call::result_vectors == code::result_vectors);

// Values of one call: few live on the stack.
template <class T, size_t few = 16>
class Values {
 public:
  explicit Values(size_t count) : count_(count) {
    if (count > few) many_.resize(count);
  }
  operator std::span<T>() { return {count_ > few ? many_.data() : few_.data(), count_}; }
  T& operator[](size_t i) { return std::span<T>(*this)[i]; }

 private:
  size_t count_;
  std::array<T, few> few_{};
  std::vector<T> many_;
};

struct ValHost {
  mote::HostFunc function;
};
struct FrameHost {
  HostResult (*function)(void*, Caller&, const CallFrame&);
  std::shared_ptr<void> data;
};

// For functions over Val: converts, calls, checks what came back.
bool val_thunk(HostCallFrame& frame, const runtime::HostFunc& self) {
  runtime::Store& store = frame.store();
  Store::State& state = Store::State::of(store);
  const runtime::TypeRegistry& types = state.engine->runtime->types();
  const wasm::FuncType& type = *self.signature;

  Values<code::Value16> raw(type.params.size() + type.results.size());
  const std::span<code::Value16> raw_args = std::span<code::Value16>(raw).first(type.params.size());
  const std::span<code::Value16> raw_results = std::span<code::Value16>(raw).subspan(type.params.size());
  Values<Val> vals(type.params.size() + type.results.size());
  const std::span<Val> args = std::span<Val>(vals).first(type.params.size());
  const std::span<Val> results = std::span<Val>(vals).subspan(type.params.size());

  runtime::read_arguments(frame, type, raw_args);
  for (size_t i = 0; i < args.size(); ++i) args[i] = api::to_val(state, raw_args[i], api::kind_of(type.params[i], types));
  for (size_t i = 0; i < results.size(); ++i) results[i] = Val::null(api::kind_of(type.results[i], types));
  Caller caller(&state, frame.importer());
  if (auto result = static_cast<ValHost*>(self.data)->function(caller, args, results); !result) {
    store.stop(api::to_stop(state, std::move(result.error())));
    return false;
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (auto right = api::check_value(state, results[i], type.results[i]); !right) {
      store.stop(runtime::Stop::of({ErrorKind::bad_input, format("result {} of a host function: {}", i, right.error().message)}));
      return false;
    }
    raw_results[i] = api::to_value16(state, results[i]);
  }
  runtime::write_results(frame, type, raw_results);
  return true;
}

bool frame_thunk(HostCallFrame& frame, const runtime::HostFunc& self) {
  runtime::Store& store = frame.store();
  const auto* host = static_cast<const FrameHost*>(self.data);
  Caller caller(&Store::State::of(store), frame.importer());
  const CallFrame view{frame.integers, reinterpret_cast<Slot16*>(frame.vectors), reinterpret_cast<Slot16*>(store.context.xbuf)};
  auto result = host->function(host->data.get(), caller, view);
  if (result) return true;
  store.stop(api::to_stop(Store::State::of(store), std::move(result.error())));
  return false;
}

Result<std::shared_ptr<runtime::HostFunc>> describe(Engine::State& engine, const FuncSignature& signature) {
  if (signature.params.size() > limits::parameters || signature.results.size() > limits::results) {
    return fail(ErrorKind::limit,
                format("a function has at most {} parameters and {} results", limits::parameters, limits::results));
  }
  wasm::FuncType type;
  for (const ValType& one : signature.params) type.params.push_back(api::type_of(one.kind));
  for (const ValType& one : signature.results) type.results.push_back(api::type_of(one.kind));
  auto host = std::make_shared<runtime::HostFunc>();
  host->type = TRY(engine.runtime->types().add(type));
  host->signature = &engine.runtime->types().type(host->type).func;
  return host;
}

}  // namespace

namespace api {

Result<std::shared_ptr<const runtime::HostFunc>> make_host_func(Engine::State& engine, const FuncSignature& signature,
                                                                mote::HostFunc function) {
  std::shared_ptr<runtime::HostFunc> host = TRY(describe(engine, signature));
  auto data = std::make_shared<ValHost>(ValHost{std::move(function)});
  host->thunk = val_thunk;
  host->data = data.get();
  host->owner = std::move(data);
  return host;
}

Result<std::shared_ptr<const runtime::HostFunc>> make_frame_func(Engine::State& engine, const FuncSignature& signature,
                                                                 HostResult (*function)(void*, Caller&, const CallFrame&),
                                                                 std::shared_ptr<void> data) {
  std::shared_ptr<runtime::HostFunc> host = TRY(describe(engine, signature));
  auto frame_host = std::make_shared<FrameHost>(FrameHost{function, std::move(data)});
  host->thunk = frame_thunk;
  host->data = frame_host.get();
  host->owner = std::move(frame_host);
  return host;
}

}  // namespace api

namespace {

const wasm::FuncType& type_of(const Func& func) {
  return func.store->engine->runtime->types().type(api::runtime_of(func).type).func;
}

Func func_of(const code::FuncRef* ref, Store::State* store) {
  Func func;
  func.handle = const_cast<code::FuncRef*>(ref);
  func.store = store;
  return func;
}

}  // namespace

Result<Func> Func::create(Store& store, const FuncSignature& signature, HostFunc function) {
  auto host = TRY(api::make_host_func(*store.state()->engine, signature, std::move(function)));
  return func_of(store.state()->store.add_func(std::move(host)), store.state());
}

FuncSignature Func::signature() const {
  return api::signature_of(type_of(*this), store->engine->runtime->types());
}

GuestResult<void> Func::call(std::span<const Val> args, std::span<Val> results) const {
  const wasm::FuncType& type = type_of(*this);
  const runtime::TypeRegistry& types = store->engine->runtime->types();
  if (args.size() != type.params.size() || results.size() < type.results.size()) {
    return std::unexpected(
        Failure(Error{ErrorKind::bad_input, format("the function is {}: {} arguments and room for {} results were given",
                                                   signature().text(), args.size(), results.size())}));
  }
  if (auto room = api::require_room_for_handles(*store); !room) return std::unexpected(Failure(std::move(room.error())));
  Values<code::Value16> raw(args.size() + type.results.size());
  for (size_t i = 0; i < args.size(); ++i) {
    if (auto right = api::check_value(*store, args[i], type.params[i]); !right) {
      return std::unexpected(Failure(Error{right.error().kind, format("argument {}: {}", i, right.error().message)}));
    }
    raw[i] = api::to_value16(*store, args[i]);
  }
  const std::span<code::Value16> raw_args = std::span<code::Value16>(raw).first(args.size());
  const std::span<code::Value16> raw_results = std::span<code::Value16>(raw).subspan(args.size());
  if (auto run = runtime::call(store->store, api::runtime_of(*this), raw_args, raw_results); !run) {
    return std::unexpected(api::to_failure(*store, std::move(run.error())));
  }
  for (size_t i = 0; i < type.results.size(); ++i)
    results[i] = api::to_val(*store, raw_results[i], api::kind_of(type.results[i], types));
  return {};
}

GuestResult<std::vector<Val>> Func::call(std::span<const Val> args) const {
  std::vector<Val> results(type_of(*this).results.size());
  if (auto run = call(args, results); !run) return std::unexpected(std::move(run.error()));
  return results;
}

Val Func::to_ref() const {
  return Val::from_bits(ValKind::funcref, reinterpret_cast<uint64_t>(handle));
}

std::optional<Func> Func::from_ref(const Store& store, Val reference) {
  if (reference.kind() != ValKind::funcref || reference.is_null()) return std::nullopt;
  return func_of(api::func_ref_of(reference), store.state());
}

Result<void> Func::expect(std::span<const ValKind> params, std::span<const ValKind> results) const {
  const wasm::FuncType& type = type_of(*this);
  const auto same = [](std::span<const ValKind> wanted, const std::vector<wasm::ValueType>& actual) {
    if (wanted.size() != actual.size()) return false;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (api::type_of(wanted[i]) != actual[i]) return false;
    }
    return true;
  };
  if (same(params, type.params) && same(results, type.results)) return {};
  FuncSignature wanted;
  for (const ValKind kind : params) wanted.params.push_back({kind, name(kind)});
  for (const ValKind kind : results) wanted.results.push_back({kind, name(kind)});
  return fail(ErrorKind::bad_input, format("type mismatch: the function is {}, not {}", signature().text(), wanted.text()));
}

GuestResult<void> Func::call_frame(const CallFrame& frame) const {
  runtime::RegisterImage registers;
  std::memcpy(registers.integers, frame.integers, sizeof registers.integers);
  std::memcpy(registers.vectors, frame.vectors, sizeof registers.vectors);
  if (auto run = runtime::call_registers(store->store, api::runtime_of(*this), registers); !run) {
    return std::unexpected(api::to_failure(*store, std::move(run.error())));
  }
  std::memcpy(frame.integers, registers.integers, sizeof registers.integers);
  std::memcpy(frame.vectors, registers.vectors, sizeof registers.vectors);
  return {};
}

std::optional<Func> Instance::func(std::string_view name) const {
  const auto found = api::runtime_of(*this).find_export(name);
  if (!found || found->kind != wasm::ExternKind::func) return std::nullopt;
  return func_of(found->func, store);
}

std::optional<Memory> Instance::memory(std::string_view name) const {
  const auto found = api::runtime_of(*this).find_export(name);
  if (!found || found->kind != wasm::ExternKind::memory) return std::nullopt;
  Memory memory;
  memory.handle = reinterpret_cast<Memory::Handle*>(found->memory);
  memory.store = store;
  return memory;
}

std::optional<Table> Instance::table(std::string_view name) const {
  const auto found = api::runtime_of(*this).find_export(name);
  if (!found || found->kind != wasm::ExternKind::table) return std::nullopt;
  Table table;
  table.handle = reinterpret_cast<Table::Handle*>(found->table);
  table.store = store;
  return table;
}

std::optional<Global> Instance::global(std::string_view name) const {
  const auto found = api::runtime_of(*this).find_export(name);
  if (!found || found->kind != wasm::ExternKind::global) return std::nullopt;
  Global global;
  global.handle = reinterpret_cast<Global::Handle*>(found->global);
  global.store = store;
  return global;
}

std::optional<Tag> Instance::tag(std::string_view name) const {
  const auto found = api::runtime_of(*this).find_export(name);
  if (!found || found->kind != wasm::ExternKind::tag) return std::nullopt;
  Tag tag;
  tag.handle = reinterpret_cast<Tag::Handle*>(found->tag);
  tag.store = store;
  return tag;
}

Module Instance::module() const {
  return Module(store->modules.at(&api::runtime_of(*this).module()).module);
}

}  // namespace mote
