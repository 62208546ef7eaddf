// See features.h.
#include "engine/wasm/features.h"

#include "base/core/assert.h"
#include "engine/wasm/walk.h"

namespace mote::wasm {

namespace {

class Finder {
 public:
  explicit Finder(const Module& module) : module_(module) {}

  Result<FeatureSet> find() {
    find_in_types();
    find_in_imports_and_exports();
    find_in_storage();
    find_in_segments();
    Walker walker(module_);
    for (size_t i = 0; i < module_.bodies.size(); ++i)
      TRY(find_in_body(walker, module_.imported_funcs + static_cast<FuncIndex>(i)));
    return found_;
  }

 private:
  void add(Feature feature) { found_.add(feature); }

  void find_in_type(ValueType type) {
    if (type.is_vector()) add(Feature::simd);
    if (!type.is_ref()) return;
    add(Feature::reference_types);
    const HeapType heap = type.heap();
    if (!type.is_nullable() || (heap.is_concrete() && module_.types[heap.index()].kind == CompositeKind::func)) {
      add(Feature::function_references);
    }
    if (heap.is_concrete()) return;  // a structure or array is found where it is defined
    switch (heap.abstract()) {
      case HeapType::func:
      case HeapType::extern_:
        return;
      case HeapType::exn:
      case HeapType::noexn:
        return add(Feature::exceptions);
      case HeapType::any:
      case HeapType::eq:
      case HeapType::i31:
      case HeapType::struct_:
      case HeapType::array:
      case HeapType::none:
      case HeapType::nofunc:
      case HeapType::noextern:
        return add(Feature::gc);
      case HeapType::bot:
        break;
    }
    ASSERT(false);
  }

  void find_in_types() {
    for (const SubType& type : module_.types) {
      if (type.kind != CompositeKind::func || type.group_size != 1 || type.supertype || !type.is_final) add(Feature::gc);
      if (type.func.results.size() > 1) add(Feature::multi_value);
      for (const ValueType param : type.func.params) find_in_type(param);
      for (const ValueType result : type.func.results) find_in_type(result);
      for (const FieldType& field : type.struct_.fields) find_in_type(field.type);
    }
  }

  void find_in_imports_and_exports() {
    for (const Import& import : module_.imports) {
      if (import.kind == ExternKind::global && module_.globals[import.index].type.is_mutable) add(Feature::mutable_globals);
    }
    for (const Export& e : module_.exports) {
      if (e.kind == ExternKind::global && module_.globals[e.index].type.is_mutable) add(Feature::mutable_globals);
    }
  }

  void find_in_limits(const Limits& limits) {
    if (limits.address == AddressType::i64) add(Feature::memory64);
    if (limits.is_shared) add(Feature::threads);
  }

  void find_in_storage() {
    if (module_.memories.size() > 1) add(Feature::multi_memory);
    if (module_.tables.size() > 1) add(Feature::reference_types);
    if (!module_.tags.empty()) add(Feature::exceptions);
    for (const MemoryType& memory : module_.memories) find_in_limits(memory.limits);
    for (const Table& table : module_.tables) {
      find_in_limits(table.type.limits);
      if (table.type.element != funcref) find_in_type(table.type.element);
      if (!table.init.empty()) add(Feature::function_references);
      find_in_expr(table.init);
    }
    for (const Global& global : module_.globals) {
      find_in_type(global.type.type);
      find_in_expr(global.init);
    }
  }

  void find_in_expr(const ConstExpr& expr) {
    for (const ConstOp& op : expr) {
      if (op.kind >= ConstOp::i32_add && op.kind <= ConstOp::i64_mul) add(Feature::extended_const);
      if (op.kind >= ConstOp::ref_i31) add(Feature::gc);
      if (op.kind == ConstOp::global_get && op.index >= module_.imported_globals) add(Feature::gc);
    }
  }

  void find_in_segments() {
    if (module_.data_count) add(Feature::bulk_memory);
    for (const DataSegment& data : module_.datas) {
      if (data.mode != SegmentMode::active) add(Feature::bulk_memory);
      find_in_expr(data.offset);
    }
    for (const ElementSegment& segment : module_.elements) {
      if (segment.mode == SegmentMode::passive) add(Feature::bulk_memory);
      if (segment.mode == SegmentMode::declarative) add(Feature::reference_types);
      find_in_expr(segment.offset);
      for (const ConstExpr& expr : segment.exprs) find_in_expr(expr);
    }
  }

  Result<void> find_in_body(Walker& walker, FuncIndex func) {
    walker.start(func);
    while (walker.next()) find_in_instruction(walker.instruction());
    return walker.finish();
  }

  void find_in_instruction(const Instruction& instruction) {
    if (!instruction.block.params.empty() || instruction.block.results.size() > 1) add(Feature::multi_value);
    switch (group(instruction.op)) {
      case Group::control:
      case Group::variable:
      case Group::parametric:
      case Group::memory:
      case Group::numeric:
        return;
      case Group::sign_extension:
        return add(Feature::sign_extension);
      case Group::saturating:
        return add(Feature::saturating);
      case Group::bulk_memory:
        return add(Feature::bulk_memory);
      case Group::reference:
        return add(Feature::reference_types);
      case Group::simd:
        return add(Feature::simd);
      case Group::relaxed_simd:
        return add(Feature::relaxed_simd);
      case Group::tail_call:
        return add(Feature::tail_calls);
      case Group::function_references:
        return add(Feature::function_references);
      case Group::exceptions:
        return add(Feature::exceptions);
      case Group::gc:
        return add(Feature::gc);
      case Group::threads:
        return add(Feature::threads);
    }
    ASSERT(false);
  }

  const Module& module_;
  FeatureSet found_;
};

}  // namespace

Result<FeatureSet> features(const Module& module) {
  return Finder(module).find();
}

const char* name(Feature feature) {
  switch (feature) {
    case Feature::mutable_globals:
      return "mutable-globals";
    case Feature::sign_extension:
      return "sign-ext";
    case Feature::saturating:
      return "nontrapping-fptoint";
    case Feature::multi_value:
      return "multivalue";
    case Feature::bulk_memory:
      return "bulk-memory";
    case Feature::reference_types:
      return "reference-types";
    case Feature::simd:
      return "simd128";
    case Feature::relaxed_simd:
      return "relaxed-simd";
    case Feature::tail_calls:
      return "tail-call";
    case Feature::extended_const:
      return "extended-const";
    case Feature::multi_memory:
      return "multimemory";
    case Feature::memory64:
      return "memory64";
    case Feature::function_references:
      return "function-references";
    case Feature::exceptions:
      return "exception-handling";
    case Feature::gc:
      return "gc";
    case Feature::threads:
      return "threads";
  }
  ASSERT(false);
  return "";
}

}  // namespace mote::wasm
