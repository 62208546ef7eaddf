// Module: a decoded module with its compiled code, ready to be instantiated. Immutable, shared by instances and threads.
//
// Holds what can be known before an instance exists: type ids, the instance layout, and for func tables the image of their
// active segments (index → function), so that instantiation need not fill them. Tested by instantiate_test.cpp.
#pragma once

#include "engine/code/image.h"
#include "engine/code/instance_layout.h"
#include "engine/runtime/engine.h"
#include "engine/wasm/module.h"

#include <mote/result.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::runtime {

// The value of an offset expression that is a plain constant.
[[nodiscard]] std::optional<uint64_t> constant(const wasm::ConstExpr& expr);

class Module {
  struct Key {
    explicit Key() = default;
  };

 public:
  // `bytes_owner` keeps the bytes alive that `info` borrows from (the artifact). `info` may have been decoded without bodies.
  // Fails when the image does not fit the module, or the module needs what this build lacks.
  [[nodiscard]] static Result<std::shared_ptr<const Module>> create(std::shared_ptr<Engine> engine, wasm::Module info,
                                                                    std::shared_ptr<const code::Image> image,
                                                                    std::shared_ptr<const void> bytes_owner, std::string name);

  Module(Key, std::shared_ptr<Engine> engine, wasm::Module info, std::shared_ptr<const code::Image> image,
         std::shared_ptr<const void> bytes_owner, std::string name, std::vector<TypeId> type_ids);

  [[nodiscard]] const wasm::Module& info() const { return info_; }
  [[nodiscard]] const code::Image& image() const { return *image_; }
  [[nodiscard]] const code::InstanceLayout& layout() const { return layout_; }
  [[nodiscard]] const std::vector<TypeId>& type_ids() const { return type_ids_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Engine& engine() const { return *engine_; }
  // The export of this name, or null.
  [[nodiscard]] const wasm::Export* find_export(std::string_view name) const;
  [[nodiscard]] TypeId func_type(wasm::FuncIndex func) const { return type_ids_[info_.funcs[func]]; }

  // Whether instances of it need the store to have a heap: it names objects, or references that may be to some.
  [[nodiscard]] bool needs_heap() const { return needs_heap_; }
  // Own globals that hold references which the collector follows.
  [[nodiscard]] const std::vector<wasm::GlobalIndex>& collected_globals() const { return collected_globals_; }

  // What an own func table starts with, by table index (Table::no_func: nothing): active segments whose place and functions are
  // known before instantiation. Empty: the table is not lazy.
  [[nodiscard]] std::span<const wasm::FuncIndex> lazy_image(wasm::TableIndex table) const { return lazy_images_[table]; }
  // Whether the segment is in the image of its table.
  [[nodiscard]] bool is_lazy(wasm::ElementIndex segment) const { return is_lazy_[segment]; }

 private:
  void find_collected();
  void find_lazy_segments();
  void index_exports();

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<const void> bytes_owner_;
  wasm::Module info_;
  std::shared_ptr<const code::Image> image_;
  std::string name_;
  code::InstanceLayout layout_;
  std::vector<TypeId> type_ids_;
  std::vector<wasm::GlobalIndex> collected_globals_;
  bool needs_heap_ = false;
  std::vector<std::vector<wasm::FuncIndex>> lazy_images_;  // by table; empty: not lazy
  std::vector<bool> is_lazy_;                              // by element segment
  std::vector<uint32_t> exports_by_name_;                  // indices into info_.exports, sorted by name; empty for few
};

}  // namespace mote::runtime
