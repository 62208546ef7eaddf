// Table: references in a reserved array whose base never moves.
//
// Tables of the func hierarchy hold FuncRef pointers, all others 32-bit references. A func table may be *lazy*: its entries start
// as zero, and an entry that reads as zero is looked up in the image of its module's active segments (index → function) when it
// is first used; then an explicit null is the null_funcref sentinel. Everything here speaks plain references (null = 0); only
// compiled code sees raw entries. Spec: core/exec/instructions (table instructions). Tested by table_test.cpp.
#pragma once

#include "base/os/memory_map.h"
#include "base/os/write_watch.h"
#include "engine/code/instance_layout.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace mote::runtime {

class Instance;

// A reference as a number: a FuncRef's address, or a 32-bit reference. 0 is null.
using Ref = uint64_t;
// A real FuncRef that stands for an explicit null in lazy tables; its type matches nothing.
extern const code::FuncRef null_funcref;

class Table {
  struct Key {
    explicit Key() = default;
  };

 public:
  static constexpr wasm::FuncIndex no_func = 0xffff'ffff;

  // `element` has TypeIds for concrete types. Fails with kind limit or unavailable. `def` as in Memory::create.
  [[nodiscard]] static Result<std::unique_ptr<Table>> create(const wasm::TableType& type, bool is_func, uint64_t most_elements,
                                                             code::TableDef* def);
  Table(Key, const wasm::TableType& type, bool is_func) : type_(type), is_func_(is_func) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  [[nodiscard]] const wasm::TableType& type() const { return type_; }  // limits as declared, element with TypeIds
  [[nodiscard]] bool is_func() const { return is_func_; }
  [[nodiscard]] uint64_t size() const { return def_->length; }
  // The index must be below size(); ranges must lie inside.
  [[nodiscard]] Ref get(uint64_t index);
  void set(uint64_t index, Ref value);
  void fill(uint64_t index, Ref value, uint64_t count);
  void copy_from(Table& source, uint64_t to, uint64_t from, uint64_t count);  // overlap is fine
  // The old size, or nothing when the maximum or a limit forbids.
  [[nodiscard]] std::optional<uint64_t> grow(uint64_t delta, Ref value);
  [[nodiscard]] code::TableDef* def() const { return def_; }

  // For pooled stores (engine/pool): the array as it is, entries as compiled code sees them.
  [[nodiscard]] bool is_small() const { return !reservation_; }
  // A small one: the whole array; else as much as was ever in use.
  [[nodiscard]] MutableBytes array() const;
  // From now on writes to the array are noted. Not for small ones. Fails where the kernel cannot (os::WriteWatch).
  [[nodiscard]] Result<void> watch();
  [[nodiscard]] os::WriteWatch* write_watch() const { return watch_.get(); }
  [[nodiscard]] std::span<const wasm::FuncIndex> lazy_image() const { return lazy_; }

  // Entries that read as zero are these functions of `owner` (no_func: null). To be called before anything is written.
  void set_lazy(Instance& owner, std::span<const wasm::FuncIndex> image);
  // Forgets the image: entries not yet resolved become null.
  void drop_lazy() { lazy_ = {}; }

 private:
  [[nodiscard]] const code::FuncRef** funcs() const { return static_cast<const code::FuncRef**>(def_->base); }
  [[nodiscard]] uint32_t* refs() const { return static_cast<uint32_t*>(def_->base); }
  [[nodiscard]] uint64_t entry_size() const { return is_func_ ? sizeof(code::FuncRef*) : sizeof(uint32_t); }
  [[nodiscard]] bool use_up_to(uint64_t elements);
  // What a reference looks like in the array.
  [[nodiscard]] const code::FuncRef* raw(Ref value) const;

  wasm::TableType type_;
  bool is_func_;
  code::TableDef* def_ = nullptr;
  code::TableDef own_def_ = {};
  uint64_t most_elements_ = 0;
  os::Mapping reservation_;      // large or growing tables
  std::vector<uint64_t> small_;  // … or, where the largest size is small, this
  uint64_t used_bytes_ = 0;      // of it, so far, in whole pages
  std::unique_ptr<os::WriteWatch> watch_;
  Instance* lazy_owner_ = nullptr;
  std::span<const wasm::FuncIndex> lazy_;
};

}  // namespace mote::runtime
