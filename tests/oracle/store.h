// The oracle's store: functions, tables, memories, globals and instances, their linking and instantiation.
//
// Plain on purpose. Memories are bytes with a length, tables are vectors, everything lives until the store goes. It is the judge
// of the compilers (tests/differential) and is itself judged by the specification's scripts (oracle_spec.cpp), so it shares
// only the decoder and the walker with them: a fault in those is found by the scripts and the fuzz targets of engine/wasm.
// Spec: core/exec/modules.
#pragma once

#include "engine/wasm/module.h"
#include "tests/oracle/types.h"
#include "tests/oracle/value.h"

#include <mote/error.h>
#include <mote/trap.h>

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace mote::oracle {

// Where a trap happened; the innermost function first. Offsets count in each function's own module.
struct TrapFrame {
  uint32_t func = 0;
  uint64_t offset = 0;
  bool operator==(const TrapFrame&) const = default;
};
struct OracleTrap {
  TrapKind kind = TrapKind::unreachable;
  std::vector<TrapFrame> frames;  // empty when no function ran: a segment at instantiation
};
// A trap, or an Error: the module is invalid, cannot be linked, or needs what the oracle does not have.
using Stop = std::variant<OracleTrap, Error>;
template <class T>
using Outcome = std::expected<T, Stop>;

struct Code;
struct Instance;

using HostFunction = std::function<std::expected<std::vector<Value>, TrapKind>(std::span<const Value> args)>;

struct Func {
  TypeId type = 0;
  Instance* instance = nullptr;  // null: a host function
  uint32_t index = 0;            // in its module
  HostFunction host;
  std::unique_ptr<Code> code;  // decoded at the first call

  Func();
  ~Func();
};

class Memory {
 public:
  static constexpr uint64_t page = 65536;
  explicit Memory(wasm::MemoryType type);
  [[nodiscard]] const wasm::MemoryType& type() const { return type_; }
  [[nodiscard]] bool is_64() const { return type_.limits.address == wasm::AddressType::i64; }
  [[nodiscard]] uint64_t pages() const { return size_ / page; }
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] uint8_t* data() { return bytes_.get(); }
  // Whether [at, at + count) lies inside, without wrapping.
  [[nodiscard]] bool has(uint64_t at, uint64_t count) const { return count <= size_ && at <= size_ - count; }
  // The old size in pages, or nothing when the memory stays as it was.
  std::optional<uint64_t> grow(uint64_t pages, uint64_t limit_bytes);

 private:
  struct Free {
    void operator()(uint8_t* bytes) const;
  };
  bool resize(uint64_t size);

  wasm::MemoryType type_;
  uint64_t size_ = 0;
  std::unique_ptr<uint8_t, Free> bytes_;  // calloc: pages that nobody touched cost nothing
};

struct Table {
  wasm::TableType type;  // element renamed
  std::vector<uint64_t> elements;
  [[nodiscard]] bool is_64() const { return type.limits.address == wasm::AddressType::i64; }
  [[nodiscard]] bool has(uint64_t at, uint64_t count) const { return count <= elements.size() && at <= elements.size() - count; }
};

struct Global {
  wasm::GlobalType type;  // renamed
  Value value;
};

using Extern = std::variant<Func*, Table*, Memory*, Global*>;

struct Instance {
  std::vector<uint8_t> bytes;  // the module borrows from them
  wasm::Module module;
  std::vector<TypeId> types;
  std::vector<Func*> funcs;
  std::vector<Table*> tables;
  std::vector<Memory*> memories;
  std::vector<Global*> globals;
  std::vector<std::vector<uint64_t>> elements;  // emptied when dropped
  std::vector<bool> data_dropped;
  std::map<std::string, Extern, std::less<>> exports;
};

// Resolves an import; nothing when there is no such definition.
using Resolver = std::function<std::optional<Extern>(std::string_view module, std::string_view name)>;

class Store {
 public:
  struct Config {
    Rules rules = {};
    bool fuel = false;                         // count instructions as engine/code/fuel.h says
    uint64_t memory_limit_bytes = 4ull << 30;  // growing beyond fails
    uint64_t table_limit = 1'000'000;
    uint64_t step_limit = UINT64_MAX;  // interpreted instructions; beyond, an Error: for runs that might not end
  };
  explicit Store(Config config);
  Store() : Store(Config{}) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  // Decodes, validates, links, allocates, runs segments and the start function. What ran before a trap stays done, and the
  // instance stays alive, since tables may hold its functions.
  Outcome<Instance*> instantiate(std::span<const uint8_t> wasm, const Resolver& imports);

  Outcome<std::vector<Value>> invoke(Func& func, std::span<const Value> args);

  Func* host_func(wasm::FuncType type, HostFunction function);
  Memory* new_memory(wasm::MemoryType type);
  Table* new_table(wasm::TableType type);
  Global* new_global(wasm::GlobalType type, Value value);

  Types types;
  Config config;
  int64_t fuel = 0;
  uint64_t steps = 0;

 private:
  Outcome<void> link(Instance& instance, const Resolver& imports);
  Outcome<void> allocate(Instance& instance);
  Outcome<void> run_segments(Instance& instance);
  Outcome<Value> evaluate(Instance& instance, const wasm::ConstExpr& expression);

  std::vector<std::unique_ptr<Func>> funcs_;
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Global>> globals_;
  std::vector<std::unique_ptr<Instance>> instances_;
};

// A function reference as a value, and back.
[[nodiscard]] inline uint64_t reference(Func* func) {
  return reinterpret_cast<uintptr_t>(func);
}
[[nodiscard]] inline Func* func_of(uint64_t reference) {
  return reinterpret_cast<Func*>(reference);
}

// table.init, table.copy, memory.init, memory.copy as both instructions and segments need them: whether the ranges are inside.
[[nodiscard]] bool table_init(Table& table, const std::vector<uint64_t>& segment, uint64_t to, uint64_t from, uint64_t count);
[[nodiscard]] bool memory_init(Memory& memory, Bytes segment, uint64_t to, uint64_t from, uint64_t count);

}  // namespace mote::oracle
