// The element section of a snapshot: which segments bring the tables into the state they are in. Private to engine/snapshot.
//
// Segments keep their indices, since bodies name them (table.init, elem.drop): passive and declarative ones stay as they are; an
// active one stays when its table is as the module makes it, and is empty otherwise, as is one that was dropped. What tables hold
// then follows in new segments, and a declarative one names the functions to which bodies refer and nothing else in the module does
// any more. Spec: core/syntax/modules (element segments), core/valid/modules (C.refs). Tested by write_test.cpp.
#pragma once

#include "engine/snapshot/encoder.h"
#include "engine/snapshot/write.h"

namespace mote::snapshot {

class ElementPlan {
 public:
  // Fails with kind limit.
  [[nodiscard]] static Result<ElementPlan> make(const wasm::Module& module, const State& state);
  // Looks which functions bodies refer to though nothing would declare them any more; `exported`: those that still are. Errors:
  // limit; bad_input when a body is not valid.
  [[nodiscard]] Result<void> declare_missing(const wasm::Module& module, const State& state,
                                             const std::vector<wasm::FuncIndex>& exported);

  [[nodiscard]] bool is_unchanged() const { return is_unchanged_; }  // the section can be copied
  [[nodiscard]] bool is_empty() const { return segments_.empty(); }
  void encode(Encoder& out) const;

 private:
  [[nodiscard]] Result<void> add_table(const wasm::Module& module, wasm::TableIndex table,
                                       const std::vector<wasm::FuncIndex>& elements, size_t most);

  std::vector<wasm::ElementSegment> segments_;
  bool is_unchanged_ = true;
};

}  // namespace mote::snapshot
