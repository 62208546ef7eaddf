// Takes the state of an instance as plain data, and has engine/snapshot write it down. See mote/snapshot.h. Tested by
// snapshot_test.cpp.
//
// References are the one thing that needs thought: a function is a FuncRef's address at run time and an index in a module. Those of
// the instance's own functions, and of imported host functions, lie in its slots; imported functions of others are passed on as
// they were given. Anything else came from elsewhere and cannot be written down.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/api/state.h"
#include "engine/runtime/values.h"
#include "engine/snapshot/write.h"
#include "engine/wasm/decode.h"
#include "engine/wasm/reader.h"

#include <mote/snapshot.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace mote {

namespace {

using snapshot::null_func;

class FuncIndices {
 public:
  explicit FuncIndices(runtime::Instance& instance) : instance_(instance) {
    const wasm::Module& info = instance.module().info();
    for (const wasm::FuncIndex func : info.escaped) {
      if (func < info.imported_funcs) imported_.try_emplace(instance.func(func), func);
    }
  }
  [[nodiscard]] std::optional<wasm::FuncIndex> find(const code::FuncRef* ref) const {
    if (ref == nullptr) return null_func;
    if (const auto found = imported_.find(ref); found != imported_.end()) return found->second;
    return instance_.index_of(ref);
  }

 private:
  const runtime::Instance& instance_;
  std::unordered_map<const code::FuncRef*, wasm::FuncIndex> imported_;
};

std::unexpected<Error> refuse_reference(std::string where, bool is_func) {
  return fail(
      ErrorKind::unsupported,
      format("{} holds {}, which a module cannot write down; have the initialiser leave null there", where,
             is_func ? "a function of the host or of another instance that the module does not import" : "a value of the host"));
}

bool is_object(uint64_t reference) {
  return static_cast<uint32_t>(reference) != 0 && (reference & code::reference_tag_mask) == 0;
}
std::unexpected<Error> refuse_object(const std::string& where) {
  return fail(ErrorKind::unsupported, format("{} holds an object of the collected heap, which a snapshot cannot write down", where));
}

class Capture {
 public:
  explicit Capture(runtime::Instance& instance) : instance_(instance), info_(instance.module().info()), funcs_(instance) {}

  Result<snapshot::State> take() {
    for (wasm::MemoryIndex i = 0; i < info_.memories.size(); ++i) state_.memories.emplace_back(instance_.memory(i)->bytes());
    for (wasm::TableIndex i = 0; i < info_.tables.size(); ++i) TRY(take_table(i));
    for (wasm::GlobalIndex i = 0; i < info_.globals.size(); ++i) TRY(take_global(i));
    for (wasm::DataIndex i = 0; i < info_.datas.size(); ++i) state_.dropped_datas.push_back(instance_.data(i).empty());
    for (wasm::ElementIndex i = 0; i < instance_.element_objects().size(); ++i) {
      const bool is_kept = instance_.element_count(i) != 0 && !instance_.element_objects()[i].empty();
      if (is_kept) return refuse_object(format("element segment {}", i));
    }
    for (wasm::ElementIndex i = 0; i < info_.elements.size(); ++i)
      state_.dropped_elements.push_back(instance_.element_count(i) == 0);
    return std::move(state_);
  }

 private:
  Result<void> take_table(wasm::TableIndex index) {
    runtime::Table& table = *instance_.table(index);
    std::vector<wasm::FuncIndex>& elements = state_.tables.emplace_back();
    elements.reserve(table.size());
    for (uint64_t i = 0; i < table.size(); ++i) {
      const runtime::Ref ref = table.get(i);
      const auto func = table.is_func() ? funcs_.find(reinterpret_cast<const code::FuncRef*>(ref)) : std::nullopt;
      if (!table.is_func() && is_object(ref)) return refuse_object(format("element {} of table {}", i, index));
      if (!func && ref != 0) return refuse_reference(format("element {} of table {}", i, index), table.is_func());
      elements.push_back(func.value_or(null_func));
    }
    return {};
  }

  Result<void> take_global(wasm::GlobalIndex index) {
    const wasm::GlobalType& type = info_.globals[index].type;
    snapshot::GlobalValue& to = state_.globals.emplace_back();
    const code::Value16& value = *instance_.global(index)->value;
    if (!type.is_mutable) {  // as the module says, unless it is an object that may have changed since
      if (code::is_collected(info_, type.type) && is_object(runtime::low_of(value))) return refuse_object(format("global {}", index));
      return {};
    }
    to.low = runtime::low_of(value);
    to.high = runtime::high_of(value);
    if (!type.type.is_ref()) return {};
    const bool is_func = code::is_func_ref(info_, type.type);
    const uint64_t ref = is_func ? to.low : static_cast<uint32_t>(to.low);
    const auto func = is_func ? funcs_.find(reinterpret_cast<const code::FuncRef*>(ref)) : std::nullopt;
    if (!is_func && is_object(ref)) return refuse_object(format("global {}", index));
    if (!func && ref != 0) return refuse_reference(format("global {}", index), is_func);
    to.func = func.value_or(null_func);
    return {};
  }

  runtime::Instance& instance_;
  const wasm::Module& info_;
  FuncIndices funcs_;
  snapshot::State state_;
};

// The sections of a module but those that an artifact, or a module with baseline code, does not keep.
std::vector<Bytes> kept_sections(const wasm::Module& module) {
  constexpr uint64_t preamble_size = 8;
  constexpr uint8_t custom = 0, code = 10;
  std::vector<Bytes> sections;
  wasm::Reader in(module.bytes, {preamble_size, module.bytes.size() - preamble_size});
  while (!in.at_end() && !in.failed()) {
    const uint64_t begin = in.offset();
    const uint8_t id = in.u8();
    (void)in.bytes(in.u32());
    if (id != custom && id != code) sections.push_back(module.bytes.subspan(begin, in.offset() - begin));
  }
  return sections;
}

bool is_same_module(const wasm::Module& given, const wasm::Module& known) {
  return std::ranges::equal(kept_sections(given), kept_sections(known), [](Bytes a, Bytes b) { return std::ranges::equal(a, b); });
}

Result<void> check_bytes(const Instance& instance, Bytes wasm, const wasm::Module& module) {
  const std::optional<code::Hash> known = instance.module().state()->hash;
  const bool is_same = known ? sha256(wasm) == *known : is_same_module(module, api::runtime_of(instance).module().info());
  if (is_same) return {};
  return fail(ErrorKind::bad_input, "these are not the bytes from which the instance's module was made");
}

}  // namespace

Result<void> can_snapshot(const Module& module) {
  return snapshot::check_ownership(module.state()->code()->runtime().info());
}

bool has_start(const Module& module) {
  return module.state()->code()->runtime().info().start.has_value();
}

Result<std::vector<uint8_t>> take_snapshot(const Instance& instance, std::span<const uint8_t> wasm,
                                           const SnapshotOptions& options) {
  const runtime::Store& store = instance.store->store;
  if (store.context.activation != nullptr || store.task() != nullptr) {
    return fail(ErrorKind::bad_input,
                "a guest of the store is running: a snapshot is taken between calls, since what is in the "
                "middle of one is on a stack");
  }
  const wasm::Module module = TRY(wasm::decode(wasm));
  TRY(check_bytes(instance, wasm, module));
  TRY(snapshot::check_ownership(module));
  snapshot::Edits edits{.removed_exports = options.removed_exports, .renamed_exports = {}};
  for (const SnapshotOptions::Rename& rename : options.renamed_exports) edits.renamed_exports.push_back({rename.from, rename.to});
  const snapshot::State state = TRY(Capture(api::runtime_of(instance)).take());
  std::vector<uint8_t> bytes = TRY(snapshot::write(module, state, edits));
  if (auto valid = Module::validate(bytes); !valid) {
    return fail(ErrorKind::internal, "the snapshot would not be valid, please report this: " + valid.error().text());
  }
  return bytes;
}

}  // namespace mote
