// Functions of the host as compiled code calls them.
//
// One trampoline (x64/trampolines.S) serves all: it stores the argument registers of MoteCC into a HostCallFrame, calls the
// thunk, and loads the results from the same frame. A HostFunc is described once and serves any number of stores; a HostBinding
// exists per importing instance, so a host function knows whose memory it works on, also when called through a table.
// Tested by call_test.cpp.
#pragma once

#include "engine/code/convention.h"
#include "engine/code/instance_layout.h"

#include <cstdint>
#include <memory>
#include <span>

namespace mote::runtime {

class Instance;
class Store;
struct HostFunc;

// The context (r12) of a host function. `store` lies where a VMContext has it: trampolines rely on that.
struct HostBinding {
  uint32_t magic;             // 0: host_binding_magic
  code::TypeId type;          // 4
  code::StoreContext* store;  // 8
  const HostFunc* func;       // 16
  Instance* importer;         // 24: null for a function made for no instance (a host's own reference)
  uint64_t reserved[4];
};
static_assert(sizeof(HostBinding) == code::InstanceLayout::host_binding_size);
inline constexpr uint32_t host_binding_magic = 0x74736f68;  // "host"

// Registers at the call; results go to the same places, from the first on: integers[0..2], vectors[0..1].
struct HostCallFrame {
  uint64_t integers[code::argument_integers];
  code::Value16 vectors[code::argument_vectors];
  const HostBinding* binding;
  uint64_t reserved;

  [[nodiscard]] Store& store() const;
  [[nodiscard]] Instance* importer() const { return binding->importer; }
};

// Returns true, or false after Store::stop() was told why the guest ends.
using HostThunk = bool (*)(HostCallFrame& call, const HostFunc& self);

struct HostFunc {
  code::TypeId type = 0;
  const wasm::FuncType* signature = nullptr;  // of the registry: TypeRegistry::type(type).func
  HostThunk thunk = nullptr;
  void* data = nullptr;  // for the thunk; owned by `owner`
  std::shared_ptr<void> owner = {};
};

// All arguments in order, from registers and the exchange buffer. To be called before anything that may call into a guest.
void read_arguments(const HostCallFrame& call, const wasm::FuncType& type, std::span<code::Value16> into);
void write_results(HostCallFrame& call, const wasm::FuncType& type, std::span<const code::Value16> from);

}  // namespace mote::runtime
