// The engine's side: the runtime with images made in this process, so that instances of different tiers can be linked. See run.h.
//
// A pooled run (Setup::pooled) makes the host's memories, tables and globals an instance of their own, captures the template of the
// initialized store, and makes the calls in another store that took it on, on a poisoned stack: the first call, reset; the first
// two, reset; …, and then all of them for the journal, packed and unpacked in between. So whatever one event leaves behind is a
// difference to the oracle in the next. A campaign with cycles goes on from there (cycles.h).
#include "base/core/format.h"
#include "engine/pool/packed.h"
#include "engine/runtime/call.h"
#include "engine/runtime/instantiate.h"
#include "engine/runtime/values.h"
#include "engine/wasm/decode.h"
#include "tests/differential/binary.h"
#include "tests/differential/memory_watch.h"
#include "tests/differential/run.h"

#include <algorithm>
#include <map>
#include <unordered_map>

namespace mote::differential {
namespace {

using code::Value16;
using oracle::Value;
using wasm::ValueType;
using Kind = Journal::Kind;

// Frames of hundreds of locals, as deep as the program's steps go.
constexpr uint64_t wasm_stack_bytes = 16 << 20;

Value plain(const Value16& value) {
  return {runtime::low_of(value), runtime::high_of(value)};
}

// One for the process, as an embedder would have.
const std::shared_ptr<runtime::Engine>& the_engine() {
  static const auto engine = std::make_shared<runtime::Engine>();
  return engine;
}

class EngineRun {
 public:
  EngineRun(const Program& program, const Setup& setup, Images& images, Cycling& cycling)
      : program_(program),
        setup_(setup),
        images_(images),
        cycling_(cycling),
        store_(the_engine(), {.wasm_stack_bytes = wasm_stack_bytes, .gc_zeal = setup.zeal}),
        hosts_(program.imported_funcs) {
    const auto is_shared = [](const wasm::MemoryType& memory) { return memory.limits.is_shared; };
    is_pooled_ = setup.pooled && std::ranges::none_of(program.memories, is_shared);  // those cannot be
  }

  Result<Journal> run() {
    if (!TRY(begin())) return std::move(journal_);
    if (is_pooled_) return run_pooled();
    for (const Call& call : program_.plan.calls) TRY(make(call));
    return std::move(journal_);
  }

 private:
  // False: instantiation trapped, and that is all there is.
  Result<bool> begin() {
    if (setup_.rules.fuel) store_.set_fuel(program_.plan.fuel);
    TRY(make_host());
    for (uint32_t i = 0; i < program_.instances(); ++i) {
      if (!TRY(instantiate(i))) return false;
    }
    return true;
  }
  Result<void> make(const Call& call) {
    if (setup_.rules.fuel) store_.set_fuel(program_.plan.fuel);
    for (runtime::Instance* instance : instances_) {
      *instance->global(program_.plan.steps_global)->value = runtime::value_of(static_cast<uint32_t>(steps_per_call));
    }
    TRY(this->call(call));
    return observe();
  }

  // This run has initialized its store; the calls are made in another one.
  Result<Journal> run_pooled() {
    const auto from = TRY(pool::StoreTemplate::capture(store_, pool::StoreTemplate::History::instantiated));
    EngineRun slot(program_, setup_, images_, cycling_);
    slot.donor_ = this;
    if (!TRY(slot.begin())) return fail(ErrorKind::internal, "a blank instance trapped");
    TRY(from->apply(slot.store_));
    const auto plan =
        TRY(pool::ResetPlan::create(slot.store_, from, setup_.copied ? pool::Tracking::copy : pool::Tracking::automatic));
    constexpr size_t most_events = 3;
    for (size_t count = 1; count <= std::min(program_.plan.calls.size(), most_events); ++count) {
      TRY(slot.poison_stack());
      for (size_t i = 0; i < count; ++i) TRY(slot.make(program_.plan.calls[i]));
      TRY(reset(*plan));
      if (count == 2) TRY(plan->trim());
    }
    slot.journal_ = journal_;
    const auto blocks = std::make_shared<pool::PageBlocks>();
    for (const Call& call : program_.plan.calls) {
      TRY(slot.make(call));
      TRY(pack_and_unpack(*plan, blocks));
    }
    Journal journal = std::move(slot.journal_);
    if (cycling_.events != 0) TRY(slot.cycle(*plan));
    return journal;
  }
  Result<void> cycle(pool::ResetPlan& plan) {
    TRY(reset(plan));
    const auto counts = TRY(run_cycles(plan, cycling_.events, program_.plan.calls.size(), [&](size_t number) -> Result<Journal> {
      journal_ = {};
      TRY(make(program_.plan.calls[number]));
      return std::move(journal_);
    }));
    cycling_.counts.events += counts.events;
    cycling_.counts.preempted += counts.preempted, cycling_.counts.killed += counts.killed;
    return {};
  }
  static Result<void> reset(pool::ResetPlan& plan) {
    if (!plan.restore()) return fail(ErrorKind::internal, "a store could not be reset");
    if (const auto difference = plan.difference()) return fail(ErrorKind::internal, "after a reset " + *difference);
    return {};
  }
  // What the host made for a call, such as references, stays where it is: nothing is packed then.
  static Result<void> pack_and_unpack(pool::ResetPlan& plan, const std::shared_ptr<pool::PageBlocks>& blocks) {
    const auto packed = pool::PackedStore::pack(plan, blocks);
    if (!packed && packed.error().kind == ErrorKind::unsupported) return {};
    if (!packed) return std::unexpected(packed.error());
    TRY(reset(plan));
    return packed->unpack(plan);
  }
  // What a guest reads without having written it would be this.
  Result<void> poison_stack() {
    constexpr size_t poisoned = 256 << 10;
    TRY(store_.stack());
    os::GuestStack stack = store_.return_stack();
    std::memset(stack.top() - poisoned, 0xa5, poisoned);
    std::memset(stack.exchange_buffer(), 0xa5, os::GuestStack::exchange_size);
    store_.lend_stack(std::move(stack));
    return {};
  }

  struct Host {
    EngineRun* run;
    uint32_t index;
  };

  Result<void> make_host() {
    make_host_funcs();
    return is_pooled_ ? make_host_instance() : make_host_definitions();
  }
  Result<std::shared_ptr<const runtime::Module>> make_host_module() {
    host_wasm_ = host_binary();
    wasm::Module info = TRY(wasm::decode(host_wasm_));
    auto image = TRY(Images(host_wasm_).get(key_of(setup_, code::Tier::baseline)));
    return runtime::Module::create(the_engine(), std::move(info), std::move(image), nullptr, "host");
  }
  // A module that defines what programs import, but for functions.
  [[nodiscard]] std::vector<uint8_t> host_binary() const {
    Binary memories, tables, globals, wasm;
    memories.u(program_.imported_memories);
    for (uint32_t i = 0; i < program_.imported_memories; ++i) memories.limits(program_.memories[i].limits);
    tables.u(program_.imported_tables);
    for (uint32_t i = 0; i < program_.imported_tables; ++i) {
      tables.type(program_.tables[i].element);
      tables.limits(program_.tables[i].limits);
    }
    globals.u(program_.imported_globals());
    for (uint32_t i = 0; i < program_.imported_globals(); ++i) {
      globals.type(program_.globals[i].type);
      globals.byte(program_.globals[i].is_mutable ? 1 : 0);
      zero(globals, program_.globals[i].type);
      globals.byte(0x0b);
    }
    wasm.fixed(0x1'6d73'6100, 8);
    if (!program_.imported_tags.empty()) wasm.section(1, tag_types());
    wasm.section(4, tables);
    wasm.section(5, memories);
    if (!program_.imported_tags.empty()) wasm.section(13, tags());
    wasm.section(6, globals);
    return wasm.bytes();
  }
  [[nodiscard]] Binary tag_types() const {
    Binary types;
    types.u(program_.imported_tags.size());
    for (const wasm::FuncType& type : program_.imported_tags) {
      types.byte(0x60), types.u(type.params.size());
      for (const ValueType param : type.params) types.type(param);
      types.u(0);
    }
    return types;
  }
  [[nodiscard]] Binary tags() const {
    Binary tags;
    tags.u(program_.imported_tags.size());
    for (uint32_t i = 0; i < program_.imported_tags.size(); ++i) tags.byte(0), tags.u(i);
    return tags;
  }
  static void zero(Binary& out, ValueType type) {
    const auto number = [&](uint8_t opcode, uint32_t zeros) {
      out.byte(opcode);
      for (uint32_t i = 0; i < zeros; ++i) out.byte(0);
    };
    if (type == wasm::i32) return number(0x41, 1);
    if (type == wasm::i64) return number(0x42, 1);
    if (type == wasm::f32) return number(0x43, 4);
    if (type == wasm::f64) return number(0x44, 8);
    if (type == wasm::v128) return out.byte(0xfd), number(0x0c, 16);
    out.byte(0xd0);
    out.byte(type.heap() == wasm::HeapType::func ? 0x70 : 0x6f);
  }
  Result<void> make_host_instance() {
    host_module_ = donor_ != nullptr ? donor_->host_module_ : TRY(make_host_module());
    auto made = runtime::instantiate_blank(store_, host_module_, {});
    if (!made) return std::unexpected(made.error().error);
    for (uint32_t i = 0; i < program_.imported_memories; ++i) memories_.push_back((*made)->memory(i));
    for (uint32_t i = 0; i < program_.imported_tables; ++i) tables_.push_back((*made)->table(i));
    for (uint32_t i = 0; i < program_.imported_globals(); ++i) {
      const Value& value = program_.plan.imported_globals[i];
      globals_.push_back((*made)->global(i));
      *globals_.back()->value = runtime::value_of(value.low, value.high);
    }
    for (uint32_t i = 0; i < program_.imported_tags.size(); ++i) tags_.push_back((*made)->tag(i));
    return {};
  }
  Result<void> make_host_definitions() {
    for (uint32_t i = 0; i < program_.imported_memories; ++i)
      memories_.push_back(TRY(store_.add_memory(program_.memories[i], setup_.memory)));
    for (uint32_t i = 0; i < program_.imported_tables; ++i) tables_.push_back(TRY(store_.add_table(program_.tables[i], 0)));
    for (uint32_t i = 0; i < program_.imported_globals(); ++i) {
      const Value& value = program_.plan.imported_globals[i];
      globals_.push_back(store_.add_global(program_.globals[i], runtime::value_of(value.low, value.high)));
    }
    for (const wasm::FuncType& type : program_.imported_tags) tags_.push_back(store_.add_tag(TRY(the_engine()->types().add(type))));
    return {};
  }
  void make_host_funcs() {
    for (uint32_t i = 0; i < program_.imported_funcs; ++i) {
      hosts_[i] = {this, i};
      auto func = std::make_shared<runtime::HostFunc>();
      func->type = *the_engine()->types().add(program_.funcs[i]);
      func->signature = &the_engine()->types().type(func->type).func;
      func->thunk = answer;
      func->data = &hosts_[i];
      host_funcs_.push_back(std::move(func));
    }
  }

  Result<bool> instantiate(uint32_t number) {
    journal_.begin(Kind::instantiate, number, 0);
    const auto module = donor_ != nullptr ? donor_->modules_[number] : TRY(make_module(number));
    modules_.push_back(module);
    std::vector<runtime::ImportValue> imports;
    for (const wasm::Import& import : module->info().imports) imports.push_back(import_of(number, import));
    auto instance =
        donor_ != nullptr ? runtime::instantiate_blank(store_, module, imports) : runtime::instantiate(store_, module, imports);
    if (!instance) {
      TRY(trap(instance.error()));
      return false;
    }
    instances_.push_back(*instance);
    for (uint32_t i = 0; i < program_.funcs.size(); ++i) {
      const bool is_host = i < program_.imported_funcs && (number == 0 || program_.plan.links[i] == Plan::from_host);
      names_.emplace((*instance)->func(i), Journal::func(number, i, is_host));
    }
    if (donor_ == nullptr) TRY(observe());
    return true;
  }

  Result<std::shared_ptr<const runtime::Module>> make_module(uint32_t number) {
    const code::Tier tier = number + 1 == program_.instances() ? setup_.tier : setup_.lower_tier;
    wasm::Module info = TRY(wasm::decode(program_.wasm));
    auto image = TRY(images_.get(key_of(setup_, tier)));
    return runtime::Module::create(the_engine(), std::move(info), std::move(image), nullptr, number == 0 ? "lower" : "upper");
  }
  runtime::ImportValue import_of(uint32_t number, const wasm::Import& import) {
    switch (import.kind) {
      case wasm::ExternKind::memory:
        return memories_[import.index];
      case wasm::ExternKind::table:
        return tables_[import.index];
      case wasm::ExternKind::global:
        return globals_[import.index];
      case wasm::ExternKind::func:
        if (number == 1 && program_.plan.links[import.index] != Plan::from_host)
          return instances_[0]->func(program_.plan.links[import.index]);
        return host_funcs_[import.index];
      case wasm::ExternKind::tag:
        return tags_[import.index];
    }
    return {};
  }

  static bool answer(runtime::HostCallFrame& frame, const runtime::HostFunc& self) {
    const auto* host = static_cast<const Host*>(self.data);
    host->run->answer(host->index, frame, self);
    return true;
  }

  void answer(uint32_t index, runtime::HostCallFrame& frame, const runtime::HostFunc& self) {
    const wasm::FuncType& type = program_.funcs[index];
    std::vector<Value16> raw(std::max(type.params.size(), type.results.size()));
    runtime::read_arguments(frame, *self.signature, raw);
    std::vector<Value> args;
    journal_.begin(Kind::host_call, 0, index);
    for (size_t i = 0; i < type.params.size(); ++i) {
      args.push_back(type.params[i].is_ref() ? Value{runtime::low_of(raw[i]) != 0} : plain(raw[i]));
      journal_.add(args.back(), type.params[i]);
    }
    const std::vector<Value> results = host_results(index, type, args);
    for (size_t i = 0; i < results.size(); ++i) raw[i] = runtime::value_of(results[i].low, results[i].high);
    runtime::write_results(frame, *self.signature, raw);
  }

  Result<void> trap(const runtime::Stop& stop) {
    if (stop.kind == runtime::Stop::Kind::error) return std::unexpected(stop.error);
    journal_.begin(Kind::trap, 0, 0);
    journal_.add(stop.kind == runtime::Stop::Kind::exception ? Journal::uncaught : static_cast<uint64_t>(stop.code));
    for (size_t i = 0; i < std::min(stop.frames.size(), Journal::compared_frames); ++i) {
      // Where a try_table without a clause for an exception throws it on is the tier's own affair.
      const bool has_offset = stop.kind != runtime::Stop::Kind::exception;
      journal_.add(stop.frames[i].func), journal_.add(has_offset ? stop.frames[i].wasm_offset.value_or(0) : 0);
    }
    return {};
  }

  Result<void> call(const Call& call) {
    const wasm::FuncType& type = program_.funcs[call.func];
    std::vector<Value16> args, results(type.results.size());
    for (size_t i = 0; i < call.args.size(); ++i) {
      const Value& arg = call.args[i];
      const bool is_external = type.params[i] == wasm::externref && arg.low != 0;
      args.push_back(is_external ? runtime::value_of(TRY(store_.new_externref(arg.low - 1)))
                                 : runtime::value_of(arg.low, arg.high));
    }
    journal_.begin(Kind::call, call.instance, call.func);
    if (auto ran = runtime::call(store_, *instances_[call.instance]->func(call.func), args, results); !ran)
      return trap(ran.error());
    journal_.begin(Kind::results, call.instance, call.func);
    for (size_t i = 0; i < results.size(); ++i) add(plain(results[i]), type.results[i]);
    return {};
  }

  [[nodiscard]] bool is_func(ValueType type) const { return code::is_func_ref(modules_.back()->info(), type); }
  void add(const Value& value, ValueType type) {
    if (!type.is_ref()) return journal_.add(value, type);
    if (value.low == 0) return journal_.add(Journal::null);
    if (type == wasm::externref) {
      const auto number = store_.externref_number(value.low);
      return journal_.add(number ? Journal::external(*number) : Journal::unknown);
    }
    if (!is_func(type)) return journal_.add(Journal::unknown);  // an object
    const auto found = names_.find(reinterpret_cast<const code::FuncRef*>(value.low));
    journal_.add(found == names_.end() ? Journal::unknown : found->second);
  }

  Result<void> observe() {
    if (setup_.rules.fuel) {
      journal_.begin(Kind::fuel, 0, 0);
      journal_.add(static_cast<uint64_t>(store_.fuel()));
    }
    for (uint32_t number = 0; number < instances_.size(); ++number) {
      runtime::Instance& instance = *instances_[number];
      for (uint32_t i = number == 0 ? 0 : program_.imported_memories; i < program_.memories.size(); ++i) {
        const runtime::Memory& memory = *instance.memory(i);
        journal_.begin(Kind::memory, number, i);
        journal_.add(memory.pages()), journal_.add(watches_[number][i].checksum(memory.bytes()));
      }
      for (uint32_t i = number == 0 ? 0 : program_.imported_globals(); i < program_.globals.size(); ++i) {
        journal_.begin(Kind::global, number, i);
        add(plain(*instance.global(i)->value), program_.globals[i].type);
      }
      for (uint32_t i = number == 0 ? 0 : program_.imported_tables; i < program_.tables.size(); ++i) {
        runtime::Table& table = *instance.table(i);
        journal_.begin(Kind::table, number, i);
        for (uint64_t at = 0; at < table.size(); ++at) add({table.get(at)}, program_.tables[i].element);
      }
    }
    return {};
  }

  const Program& program_;
  const Setup& setup_;
  Images& images_;
  Cycling& cycling_;
  const EngineRun* donor_ = nullptr;  // whose modules are taken, and whose state the store will be given; null: none
  bool is_pooled_ = false;
  std::vector<uint8_t> host_wasm_;
  std::shared_ptr<const runtime::Module> host_module_;           // of pooled runs
  std::vector<std::shared_ptr<const runtime::Module>> modules_;  // by instance
  runtime::Store store_;
  std::vector<Host> hosts_;
  std::vector<std::shared_ptr<const runtime::HostFunc>> host_funcs_;
  std::vector<runtime::Memory*> memories_;
  std::vector<runtime::Table*> tables_;
  std::vector<runtime::Global*> globals_;
  std::vector<runtime::Tag*> tags_;
  std::vector<runtime::Instance*> instances_;
  std::unordered_map<const code::FuncRef*, uint64_t> names_;
  std::map<uint32_t, MemoryWatch> watches_[2];  // by instance and memory
  Journal journal_;
};

}  // namespace

Result<Journal> run_engine(const Program& program, const Setup& setup, Images& images, Cycling& cycling) {
  return EngineRun(program, setup, images, cycling).run();
}

}  // namespace mote::differential
