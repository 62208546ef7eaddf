// Snapshots of real instances: an instance of the snapshot is what the instance was, seen from outside and by what it does later.
//
// The property test makes modules at random (several memories and tables, 32 and 64 bits, globals of all types, segments of all
// kinds) with straight-line functions that change all of it, so that the generator knows at each step what is in bounds.
#include "base/core/format.h"
#include "engine/api/guest_testing.h"
#include "engine/snapshot/encoder.h"
#include "engine/wasm/module_builder_testing.h"

#include <mote/snapshot.h>
#include <mote/task.h>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace mote::api {
namespace {

using snapshot::Encoder;
using wasm::Buffer;
using wasm::join;
using wasm::leb;
using wasm::ModuleBuilder;
using wasm::sized;

class Guest {
 public:
  explicit Guest(Buffer bytes, MemoryMode memory = MemoryMode::automatic, Tiering tiering = Tiering::baseline)
      : wasm(std::move(bytes)) {
    EngineConfig config;
    config.codegen.memory = memory;
    config.tiering = tiering;
    config.compiler = test_compiler();
    engine.emplace(must(Engine::create(config)));
    store.emplace(must(Store::create(*engine)));
    module.emplace(must(Module::compile(*engine, wasm)));
    Linker linker(*engine);
    must(linker.define_missing(*module, [](const ImportInfo& import) {
      return Failure(Error{ErrorKind::denied, "called " + import.module + "." + import.name});
    }));
    instance.emplace(must(linker.instantiate(*store, *module)));
  }
  GuestResult<void> call(std::string_view name) { return must(instance->typed_func<void()>(name))(); }
  Buffer take(const SnapshotOptions& options = {}) { return must(take_snapshot(*instance, wasm, options)); }

  Buffer wasm;
  std::optional<Engine> engine;
  std::optional<Store> store;
  std::optional<Module> module;
  std::optional<Instance> instance;
};

// What can be seen of an instance whose exports are all it has: functions stand for the number that they return.
std::string seen(Guest& guest) {
  std::string text;
  const auto show = [&](Val value) {
    if (value.kind() != ValKind::funcref || value.is_null())
      return format("{}:{:x}:{:x} ", name(value.kind()), value.low(), value.high());
    return format("func {} ", must(must(Func::from_ref(*guest.store, value)->typed<int32_t()>())()));
  };
  for (const ExportInfo& one : guest.module->exports()) {
    switch (one.kind) {
      case ExternKind::memory: {
        const auto bytes = guest.instance->memory(one.name)->bytes();
        uint64_t hash = bytes.size();
        for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
        text += format("{} {} {:x}\n", one.name, bytes.size(), hash);
        break;
      }
      case ExternKind::table: {
        const Table table = *guest.instance->table(one.name);
        text += format("{} {}: ", one.name, table.size());
        for (uint64_t i = 0; i < table.size(); ++i) text += show(must(table.get(i)));
        text += "\n";
        break;
      }
      case ExternKind::global:
        text += one.name + " " + show(guest.instance->global(one.name)->get()) + "\n";
        break;
      case ExternKind::func:
      case ExternKind::tag:
        break;
    }
  }
  return text;
}

// Whether segments are dropped: probes that use one byte or element of each.
std::string probed(Guest& guest) {
  std::string text;
  for (const ExportInfo& one : guest.module->exports()) {
    if (one.name.starts_with("probe")) text += one.name + (guest.call(one.name) ? " there\n" : " gone\n");
  }
  return text;
}

class RandomModule {
 public:
  explicit RandomModule(uint32_t seed) : random_(seed) {}

  Buffer make() {
    builder_.func_type({}, {});
    builder_.func_type({}, {0x7f});
    for (uint32_t i = 0; i < funcs; ++i) {
      Encoder body;
      body.i32_const(100 + i);
      body.end();
      builder_.func(1, body.take());
    }
    make_memories();
    make_tables();
    make_globals();
    declare_funcs();
    make_segments();
    for (const char* const name : {"init", "more"}) {
      Encoder body;
      for (uint32_t i = below(30); i > 0; --i) step(body);
      body.end();
      builder_.export_(name, 0, builder_.func(0, body.take()));
    }
    make_probes();
    if (one_in(3)) builder_.custom("name", join({{0, 2, 1, 'm'}, {9, 4, 1, 0, 1, 'd'}}));
    return builder_.build();
  }

 private:
  static constexpr uint32_t funcs = 5;
  static constexpr uint32_t segment_size = 4;
  struct Sized {
    bool is_64 = false;
    uint64_t size = 0, most = 0;
    uint8_t element = 0x70;  // of tables: funcref, (ref null 1), externref
    bool is_func = true;
  };

  uint32_t below(uint32_t bound) { return bound == 0 ? 0 : random_() % bound; }
  bool one_in(uint32_t n) { return below(n) == 0; }
  Buffer limits(const Sized& one) { return join({{static_cast<uint8_t>(1 | (one.is_64 ? 4 : 0))}, leb(one.size), leb(one.most)}); }
  static Buffer type(const Sized& table) { return table.element == 0x63 ? Buffer{0x63, 1} : Buffer{table.element}; }
  static Buffer heap(const Sized& table) { return table.element == 0x63 ? Buffer{1} : Buffer{table.element}; }

  void make_memories() {
    for (uint32_t i = 1 + below(3); i > 0; --i) {
      memories_.push_back({.is_64 = one_in(3), .size = 1 + below(2), .most = 4});
      builder_.export_(format("memory{}", memories_.size()), 2, builder_.memory(limits(memories_.back())));
    }
  }
  void make_tables() {
    constexpr uint8_t elements[] = {0x70, 0x70, 0x63, 0x6f};
    for (uint32_t i = 1 + below(3); i > 0; --i) {
      Sized table{.is_64 = one_in(3), .size = segment_size + below(20), .most = 60, .element = elements[below(4)]};
      table.is_func = table.element != 0x6f;
      tables_.push_back(table);
      Buffer description = join({type(table), limits(table)});
      if (table.is_func && one_in(3)) description = join({{0x40, 0}, description, {0xd2}, leb(below(funcs)), {0x0b}});
      builder_.export_(format("table{}", tables_.size()), 1, builder_.table(description));
    }
  }
  void make_globals() {
    for (const uint8_t type : {0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x63, 0x6f}) {
      for (const uint8_t is_mutable : {0, 1}) {
        Encoder out;
        out.raw(type == 0x63 ? Buffer{0x63, 1} : Buffer{type});
        out.u8(is_mutable);
        constant(type, out);
        out.end();
        globals_.push_back({type, is_mutable != 0});
        builder_.export_(format("global{}", globals_.size()), 3, builder_.global(out.take()));
      }
    }
  }
  void constant(uint8_t type, Encoder& out) {
    const uint64_t bits = static_cast<uint64_t>(random_()) << 32 | random_();
    switch (type) {
      case 0x7f:
        return out.i32_const(static_cast<uint32_t>(bits));
      case 0x7e:
        return out.i64_const(bits);
      case 0x7d:
        return out.f32_const(one_in(3) ? 0x7fa0'0000 | static_cast<uint32_t>(bits & 0xffff) : static_cast<uint32_t>(bits));
      case 0x7c:
        return out.f64_const(bits);
      case 0x7b:
        return out.v128_const(bits, ~bits);
      case 0x6f:
        return out.ref_null(wasm::HeapType::extern_);
      default:
        if (one_in(2)) return out.ref_func(below(funcs));
        return type == 0x70 ? out.ref_null(wasm::HeapType::func) : out.ref_null(wasm::HeapType::concrete(1));
    }
  }

  // Bodies may refer to a function that the module names elsewhere: in exports, or in segments, either of which a snapshot may
  // lose.
  void declare_funcs() {
    if (one_in(2)) {
      for (uint32_t i = 0; i < funcs; ++i) builder_.export_(format("f{}", i), 0, i);
      return;
    }
    const bool is_active = tables_[0].element == 0x70 && !tables_[0].is_64 && tables_[0].size >= funcs;
    builder_.element(join({is_active ? Buffer{0, 0x41, 0, 0x0b} : Buffer{3, 0}, {funcs, 0, 1, 2, 3, 4}}));
    elements_.push_back({false, 0});
  }
  void make_segments() {
    for (uint32_t i = below(4); i > 0; --i) {
      const bool is_passive = one_in(2);
      Encoder out;
      if (is_passive) {
        out.u8(1);
      } else {
        const uint32_t memory = below(static_cast<uint32_t>(memories_.size()));
        out.u8(2);
        out.u32(memory);
        address(memories_[memory], below(65536 - segment_size), out);
        out.end();
      }
      out.sized(Buffer{static_cast<uint8_t>(random_()), 0, 7, static_cast<uint8_t>(random_())});
      builder_.data(out.take());
      datas_.push_back(is_passive);
    }
    builder_.data_count(static_cast<uint32_t>(datas_.size()));
    for (uint32_t i = below(6); i > 0; --i) make_element_segment();
  }
  void make_element_segment() {
    const uint32_t kind = below(3);  // active, passive, declarative
    const uint32_t table = below(static_cast<uint32_t>(tables_.size()));
    const Sized& of = tables_[table];
    Encoder out;
    // With expressions and the table's type; or function indices, for tables of funcref.
    const bool has_exprs = kind == 0 ? of.element != 0x70 || one_in(2) : one_in(2);
    out.u8(static_cast<uint8_t>((kind == 0 ? 2 : kind == 1 ? 1 : 3) | (has_exprs ? 4 : 0)));
    if (kind == 0) {
      out.u32(table);
      address(of, below(static_cast<uint32_t>(of.size) - segment_size + 1), out);
      out.end();
    }
    out.raw(has_exprs ? type(of) : Buffer{0});
    out.u32(segment_size);
    for (uint32_t j = 0; j < segment_size; ++j) {
      if (!has_exprs) {
        out.u32(below(funcs));
        continue;
      }
      constant(of.element, out);
      out.end();
    }
    builder_.element(out.take());
    elements_.push_back({kind == 1, has_exprs ? of.element : uint8_t{0}});
  }

  static void address(const Sized& of, uint64_t at, Encoder& out) {
    out.address_const(of.is_64 ? wasm::AddressType::i64 : wasm::AddressType::i32, at);
  }
  static void op(uint8_t prefix, uint32_t code, Encoder& out) {
    out.u8(prefix);
    out.u32(code);
  }

  // Whether a segment's elements may stand in a table.
  static bool fits(uint8_t segment, const Sized& table) {
    return segment == table.element || (table.element == 0x70 && segment != 0x6f);
  }

  // One change, always in bounds.
  void step(Encoder& out) {
    const uint32_t memory = below(static_cast<uint32_t>(memories_.size())), table = below(static_cast<uint32_t>(tables_.size()));
    switch (below(10)) {
      case 0:
      case 1: {  // i64.store
        address(memories_[memory], below(65528), out);
        out.i64_const(random_());
        out.u8(0x37);
        out.raw(memory == 0 ? Buffer{0, 0} : join({{0x40}, leb(memory), {0}}));
        return;
      }
      case 2: {  // memory.grow: beyond the maximum too
        address(memories_[memory], below(3), out);
        out.u8(0x40);
        out.u32(memory);
        return out.u8(0x1a);
      }
      case 3: {  // memory.fill, at times with zeros
        address(memories_[memory], below(60000), out);
        out.i32_const(one_in(2) ? 0 : random_());
        address(memories_[memory], below(5000), out);
        op(0xfc, 11, out);
        return out.u32(memory);
      }
      case 4: {
        const uint32_t global = below(static_cast<uint32_t>(globals_.size()));
        if (!globals_[global].second) return;
        constant(globals_[global].first, out);
        out.u8(0x24);
        return out.u32(global);
      }
      case 5: {  // table.set
        address(tables_[table], below(static_cast<uint32_t>(tables_[table].size)), out);
        constant(tables_[table].element, out);
        out.u8(0x26);
        return out.u32(table);
      }
      case 6: {  // table.grow
        constant(tables_[table].element, out);
        address(tables_[table], below(5), out);
        op(0xfc, 15, out);
        out.u32(table);
        return out.u8(0x1a);
      }
      case 7: {  // table.fill
        address(tables_[table], 0, out);
        constant(tables_[table].element, out);
        address(tables_[table], below(4), out);
        op(0xfc, 17, out);
        return out.u32(table);
      }
      case 8:
        return use_data(memory, out);
      default:
        return use_element(table, out);
    }
  }
  // memory.init of a segment that is there, data.drop of any.
  void use_data(uint32_t memory, Encoder& out) {
    if (datas_.empty()) return;
    const uint32_t segment = below(static_cast<uint32_t>(datas_.size()));
    if (datas_[segment] && one_in(2)) {
      address(memories_[memory], below(60000), out);
      out.i32_const(0);
      out.i32_const(segment_size);
      op(0xfc, 8, out);
      out.u32(segment);
      return out.u32(memory);
    }
    op(0xfc, 9, out);
    out.u32(segment);
    datas_[segment] = false;
  }
  void use_element(uint32_t table, Encoder& out) {
    if (elements_.empty()) return;
    const uint32_t segment = below(static_cast<uint32_t>(elements_.size()));
    auto& [is_there, element] = elements_[segment];
    if (is_there && one_in(2) && fits(element, tables_[table])) {
      address(tables_[table], 0, out);
      out.i32_const(0);
      out.i32_const(segment_size);
      op(0xfc, 12, out);
      out.u32(segment);
      return out.u32(table);
    }
    op(0xfc, 13, out);
    out.u32(segment);
    is_there = false;
  }

  // table.init and memory.init of length 1, which trap when the segment is dropped.
  void make_probes() {
    for (uint32_t i = 0; i < datas_.size(); ++i) {
      Encoder body;
      address(memories_[0], 0, body);
      body.i32_const(0);
      body.i32_const(1);
      op(0xfc, 8, body);
      body.u32(i);
      body.u32(0);
      body.end();
      builder_.export_(format("probe data {}", i), 0, builder_.func(0, body.take()));
    }
    for (uint32_t i = 0; i < elements_.size(); ++i) {
      for (uint32_t t = 0; t < tables_.size(); ++t) {
        if (!fits(elements_[i].second, tables_[t])) continue;
        Encoder body;
        address(tables_[t], 0, body);
        body.i32_const(0);
        body.i32_const(1);
        op(0xfc, 12, body);
        body.u32(i);
        body.u32(t);
        body.end();
        builder_.export_(format("probe element {} {}", i, t), 0, builder_.func(0, body.take()));
      }
    }
  }

  std::mt19937 random_;
  ModuleBuilder builder_;
  std::vector<Sized> memories_, tables_;
  std::vector<std::pair<uint8_t, bool>> globals_;   // type, mutable
  std::vector<bool> datas_;                         // there
  std::vector<std::pair<bool, uint8_t>> elements_;  // there; type, 0 for (ref func)
};

TEST(Snapshot, OfAnyModuleIsWhatTheInstanceWas) {
  constexpr uint32_t modules = 400;
  uint32_t with_gone_segments = 0;
  for (uint32_t seed = 0; seed < modules; ++seed) {
    SCOPED_TRACE(format("seed {}", seed));
    const MemoryMode mode = seed % 2 == 0 ? MemoryMode::guard : MemoryMode::dense;
    // Optimised code takes its time: every 57th, in both modes.
    const Tiering tiering = seed % 57 == 0 && test_compiler() ? Tiering::optimizing : Tiering::baseline;
    const Buffer wasm = RandomModule(seed).make();
    Guest before(wasm, mode, tiering);
    must(before.call("init"));
    SnapshotOptions options{.removed_exports = {"init"}};
    for (const ExportInfo& one : before.module->exports()) {
      if (one.name.starts_with("f")) options.removed_exports.push_back(one.name);
    }
    const Buffer bytes = before.take(options);
    ASSERT_EQ(before.take(options), bytes);
    Guest after(bytes, mode, tiering);
    ASSERT_EQ(seen(before), seen(after));
    must(before.call("more"));
    must(after.call("more"));
    ASSERT_EQ(seen(before), seen(after));
    // A snapshot is a module like any other, and has no more to write down than it was given.
    Guest again(after.take(), mode, tiering);
    ASSERT_EQ(seen(before), seen(again));
    const std::string probes = probed(before);
    ASSERT_EQ(probes, probed(after));
    ASSERT_EQ(probes, probed(again));
    with_gone_segments += probes.find("gone") != probes.npos ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(with_gone_segments, modules / 4);
}

// The start function has run; the snapshot does not run it again. From optimised code as well.
TEST(Snapshot, StartRunsOnce) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func(0, {0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x0b});  // global 0 += 1
  m.global({0x7f, 1, 0x41, 0, 0x0b});
  m.start(0);
  m.export_("count", 3, 0);
  for (const Tiering tiering : {Tiering::baseline, Tiering::optimizing}) {
    if (tiering == Tiering::optimizing && !test_compiler()) continue;
    Guest before(m.build(), MemoryMode::automatic, tiering);
    Guest after(before.take(), MemoryMode::automatic, tiering);
    EXPECT_EQ(after.instance->global("count")->get().i32(), 1);
  }
}

TEST(Snapshot, ImportedFunctionsAreReferredTo) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.import("host", "never", {0, 0});
  m.import("host", "named", {0, 0});
  m.func(0, {0x41, 0, 0xd2, 1, 0x26, 0, 0x0b});  // table.set 0 (ref.func 1)
  m.func(0, {0x41, 0, 0x11, 0, 0, 0x0b});        // call_indirect
  m.table({0x70, 0, 1});
  m.element({3, 0, 1, 1});
  m.export_("init", 0, 2);
  m.export_("go", 0, 3);
  Guest before(m.build());
  must(before.call("init"));
  Guest after(before.take());
  const auto called = after.call("go");
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().error.message, "called host.named");
  EXPECT_EQ(called.error().error.kind, ErrorKind::denied);
}

// Typed references in signatures: define_missing knows the import's own type.
TEST(Snapshot, MissingImportsOfAnyTypeAreDefined) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.type({0x60, 2, 0x63, 0, 0x7b, 1, 0x64, 0});  // ((ref null 0), v128) -> ((ref 0))
  m.import("env", "typed", {0, 1});
  m.func(0, join({{0xd0, 0, 0xfd, 12}, Buffer(16), {0x10, 0, 0x1a, 0x0b}}));
  m.export_("go", 0, 1);
  Guest guest(m.build());
  const auto called = guest.call("go");
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().text(), "called env.typed");
}

TEST(Snapshot, WhatIsNotTheModulesIsRefused) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.table({0x70, 0, 2});
  m.table({0x6f, 0, 2});
  m.global({0x6f, 1, 0xd0, 0x6f, 0x0b});
  m.export_("funcs", 1, 0);
  m.export_("values", 1, 1);
  m.export_("value", 3, 0);
  Guest guest(m.build());
  const auto refusal = [&] {
    const auto refused = take_snapshot(*guest.instance, guest.wasm);
    return refused ? "taken" : format("{}: {}", name(refused.error().kind), refused.error().message);
  };
  const Table funcs = *guest.instance->table("funcs"), values = *guest.instance->table("values");
  const Global value = *guest.instance->global("value");
  EXPECT_EQ(refusal(), "taken");
  const Func host = must(Func::create(*guest.store, {}, [](Caller&, auto, auto) -> HostResult { return {}; }));
  must(funcs.set(1, host.to_ref()));
  EXPECT_EQ(refusal(),
            "unsupported: element 1 of table 0 holds a function of the host or of another instance that the module does "
            "not import, which a module cannot write down; have the initialiser leave null there");
  must(funcs.set(1, Val::null(ValKind::funcref)));
  must(values.set(0, must(guest.store->new_externref(7))));
  EXPECT_TRUE(refusal().starts_with("unsupported: element 0 of table 1 holds a value of the host")) << refusal();
  must(values.set(0, Val::null(ValKind::externref)));
  must(value.set(must(guest.store->new_externref(7))));
  EXPECT_TRUE(refusal().starts_with("unsupported: global 0 holds a value of the host")) << refusal();
  must(value.set(Val::null(ValKind::externref)));
  EXPECT_EQ(refusal(), "taken");
}

TEST(Snapshot, OtherBytesAreRefused) {
  ModuleBuilder m;
  m.memory({0, 1});
  Guest guest(m.build());
  ModuleBuilder other;
  other.memory({0, 2});
  EXPECT_EQ(take_snapshot(*guest.instance, other.build()).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(take_snapshot(*guest.instance, Buffer{1, 2, 3}).error().kind, ErrorKind::bad_input);
}

TEST(Snapshot, ImportedMemoryIsRefusedBeforeAnythingRuns) {
  ModuleBuilder m;
  m.import("env", "memory", {2, 0, 1});
  const Engine engine = must(Engine::create());
  const auto refused = can_snapshot(must(Module::compile(engine, m.build())));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_NE(refused.error().message.find("\"env\" \"memory\""), std::string::npos);
}

// In the middle of a call part of the state is on a stack.
TEST(Snapshot, OfARunningGuestIsRefused) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.import("host", "now", {0, 0});
  m.func(0, {0x10, 0, 0x0b});
  m.export_("go", 0, 1);
  const Buffer wasm = m.build();
  const Engine engine = must(Engine::create());
  Store store = must(Store::create(engine));
  std::optional<Instance> instance;
  Linker linker(engine);
  std::string refusal;
  must(linker.func("host", "now", [&](Caller&) {
    const auto refused = take_snapshot(*instance, wasm);
    refusal = refused ? "taken" : refused.error().message;
  }));
  instance = must(linker.instantiate(store, must(Module::compile(engine, wasm))));
  must(must(instance->typed_func<void()>("go"))());
  EXPECT_TRUE(refusal.starts_with("a guest of the store is running")) << refusal;
}

// A memory of 4 GiB with little in it: a small module.
TEST(Snapshot, SparseMemoryIsSmall) {
  ModuleBuilder m;
  m.memory({0, 1});
  m.export_("memory", 2, 0);
  Guest before(m.build(), MemoryMode::guard);
  const Memory memory = *before.instance->memory("memory");
  must(memory.grow(65'535));
  memory.bytes()[5] = 1;
  memory.bytes()[3'000'000'000] = 2;
  const Buffer bytes = before.take();
  EXPECT_LT(bytes.size(), 100U);
  Guest after(bytes, MemoryMode::guard);
  const auto held = after.instance->memory("memory")->bytes();
  EXPECT_EQ(held.size(), 1ull << 32);
  EXPECT_EQ(held[5], 1);
  EXPECT_EQ(held[3'000'000'000], 2);
}

// One segment is left, which would have to reach from one end to the other.
TEST(Snapshot, TooLargeIsALimit) {
  ModuleBuilder m;
  m.memory(join({{0}, leb(20'000)}));
  m.export_("memory", 2, 0);
  m.data_count(limits::data_segments - 1);
  for (uint32_t i = 1; i < limits::data_segments; ++i) m.data({1, 0});
  Guest guest(m.build(), MemoryMode::guard);
  const auto bytes = guest.instance->memory("memory")->bytes();
  bytes.front() = bytes.back() = 1;
  const auto refused = take_snapshot(*guest.instance, guest.wasm);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  EXPECT_TRUE(refused.error().message.starts_with("the memories hold 1310720000 bytes")) << refused.error().message;
}

}  // namespace
}  // namespace mote::api
