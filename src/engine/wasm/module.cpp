// The queries of wasm::Module: subtyping between types of the module, and which functions escape.
// Spec: core/valid/matching. Tested by types_test.cpp.
#include "engine/wasm/module.h"

#include "base/core/assert.h"

#include <algorithm>

namespace mote::wasm {

namespace {

// The abstract type directly above a concrete one.
HeapType::Abstract kind_of(const SubType& type) {
  switch (type.kind) {
    case CompositeKind::func:
      return HeapType::func;
    case CompositeKind::struct_:
      return HeapType::struct_;
    case CompositeKind::array:
      return HeapType::array;
  }
  ASSERT(false);
  return HeapType::func;
}

}  // namespace

bool Module::is_escaped(FuncIndex index) const {
  return std::ranges::binary_search(escaped, index);
}

bool Module::matches(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (!sub.is_concrete()) {
    if (!super.is_concrete()) return wasm::matches(sub.abstract(), super.abstract());
    // Below a concrete type there is only the bottom of its hierarchy.
    return wasm::matches(sub.abstract(), types[super.index()].kind == CompositeKind::func ? HeapType::nofunc : HeapType::none);
  }
  if (!super.is_concrete()) return wasm::matches(kind_of(types[sub.index()]), super.abstract());
  // Up the declared supertypes to the depth of `super`: at most limits::subtyping_depth steps.
  const uint32_t depth = types[super.index()].depth;
  for (std::optional<TypeIndex> at = sub.index(); at && types[*at].depth >= depth; at = types[*at].supertype) {
    if (types[*at].depth == depth) return canonical[*at] == canonical[super.index()];
  }
  return false;
}

bool Module::matches(ValueType sub, ValueType super) const {
  if (sub == super || sub.kind() == ValueKind::bottom) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return (super.is_nullable() || !sub.is_nullable()) && matches(sub.heap(), super.heap());
}

bool Module::equal_types(ValueType a, ValueType b) const {
  if (a == b) return true;
  if (!a.is_ref() || !b.is_ref() || a.is_nullable() != b.is_nullable()) return false;
  const HeapType x = a.heap(), y = b.heap();
  return x.is_concrete() && y.is_concrete() && canonical[x.index()] == canonical[y.index()];
}

}  // namespace mote::wasm
