// Linker: definitions by two names. See mote/linker.h. Tested by linker_test.cpp.
//
// Matching of types is the runtime's (runtime/instantiate.h); here names become definitions. Names of one module are few and are
// looked up once per import of an instantiation.
#include "base/core/format.h"
#include "engine/api/linker_state.h"
#include "engine/runtime/instantiate.h"

namespace mote {

namespace {

Result<void> check_store(const Engine::State& engine, const Store::State* store) {
  if (store == nullptr) return fail(ErrorKind::bad_input, "the definition is an empty handle");
  if (store->engine.get() != &engine) return fail(ErrorKind::bad_input, "the definition belongs to a store of another engine");
  return {};
}

}  // namespace

Linker::Linker(const Engine& engine) : state_(std::make_unique<State>()) {
  state_->engine = engine.state();
}
Linker::Linker(Linker&&) noexcept = default;
Linker& Linker::operator=(Linker&&) noexcept = default;
Linker::~Linker() = default;

Result<void> Linker::define_func(std::string_view module, std::string_view name, const FuncSignature& signature,
                                 HostFunc function) {
  state_->define(module, name, {TRY(api::make_host_func(*state_->engine, signature, std::move(function)))});
  return {};
}

Result<void> Linker::define_frame_func(std::string_view module, std::string_view name, const FuncSignature& signature,
                                       FrameFunc function, std::shared_ptr<void> data) {
  state_->define(module, name, {TRY(api::make_frame_func(*state_->engine, signature, function, std::move(data)))});
  return {};
}

Result<void> Linker::define(std::string_view module, std::string_view name, Func func) {
  TRY(check_store(*state_->engine, func.store));
  state_->define(module, name, {&api::runtime_of(func), func.store});
  return {};
}
Result<void> Linker::define(std::string_view module, std::string_view name, Memory memory) {
  TRY(check_store(*state_->engine, memory.store));
  state_->define(module, name, {&api::runtime_of(memory), memory.store});
  return {};
}
Result<void> Linker::define(std::string_view module, std::string_view name, const SharedMemory& memory) {
  if (memory.state()->engine != state_->engine) return fail(ErrorKind::bad_input, "the shared memory belongs to another engine");
  state_->define(module, name, {{}, nullptr, memory.state()->memory});
  return {};
}
Result<void> Linker::define(std::string_view module, std::string_view name, Table table) {
  TRY(check_store(*state_->engine, table.store));
  state_->define(module, name, {&api::runtime_of(table), table.store});
  return {};
}
Result<void> Linker::define(std::string_view module, std::string_view name, Global global) {
  TRY(check_store(*state_->engine, global.store));
  state_->define(module, name, {&api::runtime_of(global), global.store});
  return {};
}
Result<void> Linker::define(std::string_view module, std::string_view name, Tag tag) {
  TRY(check_store(*state_->engine, tag.store));
  state_->define(module, name, {&api::runtime_of(tag), tag.store});
  return {};
}

Result<void> Linker::define(std::string_view module, Instance instance) {
  TRY(check_store(*state_->engine, instance.store));
  runtime::Instance& from = api::runtime_of(instance);
  for (const wasm::Export& one : from.module().info().exports) {
    if (const auto found = from.find_export(one.name)) {
      state_->define(module, one.name, {runtime::import_value(*found), instance.store});
    }
  }
  return {};
}

namespace {

// What stands behind an import that is there to be refused.
struct Refused {
  ImportInfo import;
  std::function<Failure(const ImportInfo&)> refuse;
};

bool refuse_thunk(runtime::HostCallFrame& frame, const runtime::HostFunc& self) {
  const auto& refused = *static_cast<const Refused*>(self.data);
  frame.store().stop(api::to_stop(Store::State::of(frame.store()), refused.refuse(refused.import)));
  return false;
}

}  // namespace

// By the import's own type, which Val cannot always spell.
Result<void> Linker::define_missing(const Module& module, std::function<Failure(const ImportInfo& import)> refuse) {
  if (module.state()->engine != state_->engine) return fail(ErrorKind::bad_input, "the module belongs to another engine");
  const std::shared_ptr<const api::ModuleCode> code = module.state()->code();
  const wasm::Module& info = code->runtime().info();
  const std::vector<ImportInfo> imports = api::imports_of(info);
  for (size_t i = 0; i < imports.size(); ++i) {
    const wasm::Import& import = info.imports[i];
    if (import.kind != wasm::ExternKind::func || state_->find(import.module, import.name) != nullptr) continue;
    auto data = std::make_shared<Refused>(Refused{imports[i], refuse});
    auto host = std::make_shared<runtime::HostFunc>();
    host->type = code->runtime().func_type(import.index);
    host->signature = &state_->engine->runtime->types().type(host->type).func;
    host->thunk = refuse_thunk;
    host->data = data.get();
    host->owner = std::move(data);
    state_->define(import.module, import.name, {std::shared_ptr<const runtime::HostFunc>(std::move(host))});
  }
  return {};
}

GuestResult<Instance> Linker::instantiate(Store& store, const Module& module) const {
  Store::State& in = *store.state();
  const auto error = [](ErrorKind kind, std::string text) { return std::unexpected(Failure(Error{kind, std::move(text)})); };
  if (module.state()->engine != in.engine) return error(ErrorKind::bad_input, "module and store belong to different engines");
  const std::shared_ptr<const api::ModuleCode> code = module.state()->code();
  const wasm::Module& info = code->runtime().info();
  std::vector<runtime::ImportValue> imports;
  imports.reserve(info.imports.size());
  for (const wasm::Import& import : info.imports) {
    const State::Definition* found = state_->find(import.module, import.name);
    if (found != nullptr && found->store != nullptr && found->store != &in) {
      return error(ErrorKind::bad_input, format("import \"{}\" \"{}\" is defined in another store", import.module, import.name));
    }
    if (found != nullptr && found->shared != nullptr) {
      imports.emplace_back(in.store.add_memory(found->shared));
    } else {
      imports.push_back(found != nullptr ? found->value : runtime::ImportValue());
    }
  }
  in.modules.try_emplace(&code->runtime(), Store::State::Running{module.state(), code});
  auto instance = runtime::instantiate(in.store, code->shared_runtime(), imports);
  if (!instance) return std::unexpected(api::to_failure(in, std::move(instance.error())));
  Instance handle;
  handle.handle = *instance;
  handle.store = &in;
  return handle;
}

}  // namespace mote
