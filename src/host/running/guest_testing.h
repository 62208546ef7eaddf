// A guest for the tests of this room (wat2wasm):
//
//   (module
//     (import "host" "call" (func $host (param i32) (result i32)))
//     (func (export "call") (param i32) (result i32) (call $host (local.get 0)))
//     (func (export "spin") (loop br 0))
//     (func (export "sum") (param i32) (result i32) (local $sum i32)
//       (loop $again
//         (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get 0) (local.get 0))))
//         (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
//       (local.get $sum)))
#pragma once

#include <mote/linker.h>
#include <mote/store.h>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace mote::running {

inline constexpr std::array<uint8_t, 110> guest_module = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x09, 0x02, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x00, 0x00,
    0x02, 0x0d, 0x01, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x04, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x00, 0x03, 0x04, 0x03, 0x00,
    0x01, 0x00, 0x07, 0x15, 0x03, 0x04, 0x63, 0x61, 0x6c, 0x6c, 0x00, 0x01, 0x04, 0x73, 0x70, 0x69, 0x6e, 0x00, 0x02,
    0x03, 0x73, 0x75, 0x6d, 0x00, 0x03, 0x0a, 0x2d, 0x03, 0x06, 0x00, 0x20, 0x00, 0x10, 0x00, 0x0b, 0x07, 0x00, 0x03,
    0x40, 0x0c, 0x00, 0x0b, 0x0b, 0x1c, 0x01, 0x01, 0x7f, 0x03, 0x40, 0x20, 0x01, 0x20, 0x00, 0x20, 0x00, 0x6c, 0x6a,
    0x21, 0x01, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x20, 0x01, 0x0b};

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    ADD_FAILURE() << result.error().text();
    abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using OnCall = std::function<std::expected<int32_t, Failure>(Caller&, int32_t)>;

// One engine for the process; each guest has a store and a host function of its own.
inline const Engine& test_engine() {
  static const Engine engine = [] {
    EngineConfig config;
    config.tiering = Tiering::baseline;
    return must(Engine::create(config));
  }();
  return engine;
}

struct TestGuest {
  explicit TestGuest(OnCall on_call = [](Caller&, int32_t value) { return value; }) : store(must(Store::create(test_engine()))) {
    static const Module module = must(Module::compile(test_engine(), guest_module, "guest.wasm"));
    Linker linker(test_engine());
    must(linker.func("host", "call", std::move(on_call)));
    instance = must(linker.instantiate(store, module));
  }
  template <class Signature>
  TypedFunc<Signature> func(std::string_view name) const {
    return must(instance.typed_func<Signature>(name));
  }
  Store store;
  Instance instance;
};

}  // namespace mote::running
