// A guest with a bit of everything, compiled in process, and a store to run it in: for the tests of this room.
//
// Linking a compiler is the tests' privilege: engine/api itself knows it as a function only. Where the build has none, tests that
// need a guest skip. The text of the module (wat2wasm --enable-all --debug-names):
//
//   (module $guest
//     (type $i64s (func (param i64) (result i64)))
//     (import "host" "add" (func $add (param i32 i32) (result i32)))
//     (import "host" "wide" (func $wide (param i32 i32 i32 i32 i32 i64 i64 i32 i64 f32) (result i64)))
//     (memory (export "memory") 1 4)
//     (table (export "table") 2 10 funcref)
//     (global (export "counter") (mut i64) (i64.const 5))
//     (global (export "fixed") i32 (i32.const 3))
//     (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 call $add)
//     (func (export "wide") (result i64)
//       (call $wide (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5) (i64.const 6) (i64.const 7) (i32.const 8)
//         (i64.const 0x900000009) (f32.const 0.5)))
//     (func (export "divide") (param f64 f64) (result f64) local.get 0 local.get 1 f64.div)
//     (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
//     (func $crash unreachable)
//     (func (export "crash") call $crash)
//     (func (export "load") (param i32) (result i32) local.get 0 i32.load offset=4)
//     (func $recurse (export "recurse") call $recurse)
//     (func (export "spin") (loop br 0))
//     (func (export "same") (param externref) (result externref) local.get 0)
//     (func (export "many") (result i32 f32 i64 f64 i32 i64 f32) i32.const 1 f32.const 2 i64.const 3 f64.const 4 i32.const 5
//     i64.const 6 f32.const 7) (func (export "grow") (param i32) (result i32) local.get 0 memory.grow) (elem (i32.const 0) $crash)
//     (data (i32.const 8) "mote"))
#pragma once

#include "engine/api/state.h"
#ifdef MOTE_TEST_AOT
#include "engine/aot/compile.h"
#endif

#include <mote/linker.h>

#include <gtest/gtest.h>

#include <string_view>

namespace mote::api {

inline std::vector<uint8_t> bytes_of_hex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// Offsets in the module of two instructions that trap.
inline constexpr uint64_t offset_of_unreachable = 0x14f, offset_of_load = 0x15a;

inline const std::vector<uint8_t>& guest_module() {
  static const std::vector<uint8_t> bytes = bytes_of_hex(
      "0061736d0100000001420a60017e017e60027f7f017f600a7f7f7f7f7f7e7e7f7e7d017e6000017e60027c7c017c60027f7c027c7f6000006001"
      "7f017f60016f016f6000077f7d7e7c7f7e7d02180204686f737403616464000104686f737404776964650002030d0c0103040506060706060809"
      "070405017001020a050401010104060b027e0142050b7f0041030b07760f066d656d6f72790200057461626c65010007636f756e746572030005"
      "6669786564030103616464000204776964650003066469766964650004047377617000050563726173680007046c6f6164000807726563757273"
      "650009047370696e000a0473616d65000b046d616e79000c0467726f77000d0907010041000b01060a82010c08002000200110000b2000410141"
      "0241034104410542064207410842898080809001430000003f10010b070020002001a30b0600200120000b0300000b040010060b070020002802"
      "040b040010090b070003400c000b0b040020000b1d0041014300000040420344000000000000104041054206430000e0400b0600200040000b0b"
      "0a010041080b046d6f74650053046e616d650006056775657374011c04000361646401047769646506056372617368090772656375727365021d"
      "0e00000100020003000400050006000700080009000a000b000c000d00040701000469363473");
  return bytes;
}

// Compiles in process; empty where this build has no compiler.
inline Compiler test_compiler() {
#ifdef MOTE_TEST_AOT
  return [](std::span<const uint8_t> wasm, const CodegenOptions& options) {
    aot::CompileOptions compile_options;
    compile_options.key = key_of(options);
    return aot::compile(wasm, compile_options);
  };
#else
  return {};
#endif
}

// Unwraps what must not fail here.
template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text();
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The guest on code of one tier or the other, instantiated with its two host functions.
class GuestTest : public testing::TestWithParam<Tiering> {
 protected:
  void SetUp() override {
    tiering = GetParam();
    if (tiering == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
    start({});
  }
  void start(const CodegenOptions& codegen, const StoreLimits& limits = {}) {
    EngineConfig config;
    config.codegen = codegen;
    config.tiering = tiering;
    config.compiler = test_compiler();
    instance.reset();
    store.reset();
    engine.emplace(must(Engine::create(config)));
    store.emplace(must(Store::create(*engine, limits)));
    module.emplace(must(Module::compile(*engine, guest_module(), "guest.wasm")));
    linker.emplace(*engine);
    must(linker->func("host", "add", [this](Caller& caller, int32_t a, int32_t b) { return on_add(caller, a, b); }));
    must(linker->func("host", "wide",
                      [this](Caller&, int32_t a, int32_t b, int32_t c, int32_t d, uint32_t e, int64_t f, uint64_t g, int32_t h,
                             int64_t i, float j) -> int64_t {
                        seen = {a, b, c, d, e, f, static_cast<int64_t>(g), h, i, static_cast<int64_t>(j * 100)};
                        return i * 2;
                      }));
    instance.emplace(must(linker->instantiate(*store, *module)));
  }
  template <class Signature>
  TypedFunc<Signature> typed(std::string_view name) {
    return must(instance->typed_func<Signature>(name));
  }

  std::function<std::expected<int32_t, Failure>(Caller&, int32_t, int32_t)> on_add = [](Caller&, int32_t a, int32_t b) {
    return a + b;
  };
  std::vector<int64_t> seen;
  Tiering tiering = Tiering::optimizing;
  std::optional<Engine> engine;
  std::optional<Store> store;
  std::optional<Module> module;
  std::optional<Linker> linker;
  std::optional<Instance> instance;
};

// Runs every test of a suite on both tiers.
#define MOTE_ON_BOTH_TIERS(suite)                                                                 \
  INSTANTIATE_TEST_SUITE_P(Tiers, suite, testing::Values(Tiering::baseline, Tiering::optimizing), \
                           [](const auto& info) { return info.param == Tiering::baseline ? "baseline" : "optimizing"; })

}  // namespace mote::api
