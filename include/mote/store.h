// Store: one unit of trust. Owns instances that may be linked to each other, their memories, tables and globals, and the stack
// they run on. Func, Memory, Table, Global, Instance are light handles of one store; a handle must not outlive its store.
//
// Threads: a store and its handles are used by one thread at a time; any thread will do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include <mote/engine.h>
#include <mote/limits.h>
#include <mote/trap.h>

namespace mote {

struct StoreLimits {
  uint64_t memory_size_bytes = limits::memory_size.standard;        // per memory
  uint64_t table_elements = limits::table_elements.standard;        // per table
  uint64_t instances = limits::instances.standard;
  uint64_t wasm_stack_bytes = limits::wasm_stack.standard;
};

class Store {
 public:
  [[nodiscard]] static Result<Store> create(const Engine& engine, StoreLimits limits = {});
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // Fuel counts wasm instructions; needs CodegenOptions::fuel. Starts at 0.
  void set_fuel(int64_t fuel);
  [[nodiscard]] int64_t fuel() const;
  // Traps (interrupt) when the engine's epoch has advanced by this many. Needs CodegenOptions::epochs.
  void set_epoch_deadline(uint64_t ticks_from_now);

  // Stores an embedder's pointer, handed to host functions as Caller::data.
  void set_data(void* data);
  [[nodiscard]] void* data() const;

  // Makes an externref that stands for an embedder's number, and reads it back. Equal numbers need not give equal references.
  [[nodiscard]] Result<Val> new_externref(uint64_t number);
  [[nodiscard]] std::optional<uint64_t> externref_number(Val reference) const;

  struct State;
  [[nodiscard]] State* state() const { return state_.get(); }

 private:
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Memory {
 public:
  // A memory of its own, to be given to guests by Linker::define.
  [[nodiscard]] static Result<Memory> create(Store& store, uint64_t min_pages, std::optional<uint64_t> max_pages);
  [[nodiscard]] std::span<uint8_t> bytes() const;   // valid until the guest runs or the memory grows
  [[nodiscard]] uint64_t pages() const;
  [[nodiscard]] Result<uint64_t> grow(uint64_t pages) const;  // old size in pages
  struct Handle; Handle* handle = nullptr;          // runtime::Memory
  Store::State* store = nullptr;
};

class Table {
 public:
  [[nodiscard]] static Result<Table> create(Store& store, ValKind element, uint64_t min, std::optional<uint64_t> max);
  [[nodiscard]] uint64_t size() const;
  [[nodiscard]] Result<Val> get(uint64_t index) const;
  [[nodiscard]] Result<void> set(uint64_t index, Val value) const;
  struct Handle; Handle* handle = nullptr;
  Store::State* store = nullptr;
};

class Global {
 public:
  [[nodiscard]] static Result<Global> create(Store& store, Val value, bool is_mutable);
  [[nodiscard]] Val get() const;
  [[nodiscard]] Result<void> set(Val value) const;  // fails on immutable globals and on a wrong type
  struct Handle; Handle* handle = nullptr;
  Store::State* store = nullptr;
};

// What a host function sees of its caller. Valid during the call only.
class Caller {
 public:
  [[nodiscard]] Store::State* store() const { return store_; }
  [[nodiscard]] void* data() const;                                // Store::set_data
  [[nodiscard]] std::span<uint8_t> memory() const;                 // the calling instance's exported memory "memory", or its memory 0; may be empty
  Caller(Store::State* store, void* instance) : store_(store), instance_(instance) {}

 private:
  Store::State* store_;
  void* instance_;
};

// The result of a host function: nothing, or what ends the guest (a trap, an exit, an error).
using HostResult = std::expected<void, Failure>;
using HostFunc = std::function<HostResult(Caller& caller, std::span<const Val> args, std::span<Val> results)>;

class Func {
 public:
  [[nodiscard]] static Result<Func> create(Store& store, FuncSignature signature, HostFunc function);
  [[nodiscard]] FuncSignature signature() const;
  // Checks kinds and counts, then calls. `results` must have room for all results.
  [[nodiscard]] GuestResult<void> call(std::span<const Val> args, std::span<Val> results) const;
  [[nodiscard]] GuestResult<std::vector<Val>> call(std::span<const Val> args = {}) const;
  [[nodiscard]] Val to_ref() const;                                // as a funcref value
  void* handle = nullptr;                                          // code::FuncRef*
  Store::State* store = nullptr;
};

class Instance {
 public:
  [[nodiscard]] std::optional<Func> func(std::string_view name) const;
  [[nodiscard]] std::optional<Memory> memory(std::string_view name) const;
  [[nodiscard]] std::optional<Table> table(std::string_view name) const;
  [[nodiscard]] std::optional<Global> global(std::string_view name) const;
  void* handle = nullptr;                                          // runtime::Instance*
  Store::State* store = nullptr;
};

}  // namespace mote
