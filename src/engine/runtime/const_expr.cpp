// Evaluation (const_expr.h): a stack of values; the references among them are also roots, since making an object may move others.
#include "engine/runtime/const_expr.h"

#include "base/core/assert.h"
#include "engine/runtime/roots.h"
#include "engine/runtime/store.h"
#include "engine/runtime/values.h"

#include <algorithm>
#include <cstring>

namespace mote::runtime {

namespace {

using Op = wasm::ConstOp;

class Evaluator {
 public:
  Evaluator(Instance& instance, size_t size) : instance_(instance), roots_(instance.store(), {}) {
    stack_.reserve(size);
    references_.reserve(size);
  }

  Run<code::Value16> run(const wasm::ConstExpr& expr) {
    for (const Op& op : expr) {
      if (auto done = one(op); !done) return std::unexpected(std::move(done.error()));
      roots_.set(references_);
    }
    ASSERT(stack_.size() == 1);  // validated
    return pop();
  }

 private:
  [[nodiscard]] const wasm::Module& info() const { return instance_.module().info(); }
  [[nodiscard]] Heap& heap() const { return *instance_.store().heap(); }

  void push(code::Value16 value, bool is_collected = false) {
    stack_.push_back(value);
    references_.push_back(is_collected ? static_cast<uint32_t>(low_of(value)) : 0);
  }
  void push_reference(uint32_t reference) { push(value_of(reference), true); }
  code::Value16 pop() {
    const uint32_t reference = references_.back();
    const code::Value16 value = reference != 0 ? value_of(reference) : stack_.back();
    stack_.pop_back();
    references_.pop_back();
    return value;
  }
  template <class Combine>
  void binary(Combine combine) {
    const uint64_t right = low_of(pop()), left = low_of(pop());
    push(value_of(combine(left, right)));
  }

  Run<void> one(const Op& op) {
    switch (op.kind) {
      case Op::i32_const:
      case Op::i64_const:
      case Op::f32_const:
      case Op::f64_const:
      case Op::v128_const:
        push(value_of(op.low, op.high));
        break;
      case Op::global_get:
        push(instance_.global_value(op.index), code::is_collected(info(), info().globals[op.index].type.type));
        break;
      case Op::ref_null:
        push(value_of(0));
        break;
      case Op::ref_func:
        push(value_of(reinterpret_cast<Ref>(instance_.func(op.index))));
        break;
      case Op::i32_add:
        binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a + b); });
        break;
      case Op::i32_sub:
        binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a - b); });
        break;
      case Op::i32_mul:
        binary([](uint64_t a, uint64_t b) { return static_cast<uint32_t>(a * b); });
        break;
      case Op::i64_add:
        binary([](uint64_t a, uint64_t b) { return a + b; });
        break;
      case Op::i64_sub:
        binary([](uint64_t a, uint64_t b) { return a - b; });
        break;
      case Op::i64_mul:
        binary([](uint64_t a, uint64_t b) { return a * b; });
        break;
      case Op::ref_i31:
        push_reference(static_cast<uint32_t>(low_of(pop())) << 1 | code::i31_bit);
        break;
      case Op::any_convert_extern:
      case Op::extern_convert_any:
        break;  // one representation for both hierarchies
      case Op::struct_new:
      case Op::struct_new_default:
        return make_struct(op);
      case Op::array_new:
      case Op::array_new_default:
      case Op::array_new_fixed:
        return make_array(op);
    }
    return {};
  }

  Run<void> made(std::expected<uint32_t, Heap::Failure> reference) {
    if (reference) {
      push_reference(*reference);
      return {};
    }
    instance_.store().stop_for_heap(reference.error());
    return std::unexpected(instance_.store().take_stop());
  }

  Run<void> make_struct(const Op& op) {
    const auto reference = heap().new_object(instance_.module().type_ids()[op.index], instance_.store());
    if (reference && op.kind == Op::struct_new) {
      const auto& fields = info().types[op.index].struct_.fields;
      const code::ObjectLayouts& layouts = instance_.module().layout().objects();
      for (auto i = static_cast<uint32_t>(fields.size()); i-- > 0;) {
        const code::Value16 value = pop();
        std::memcpy(heap().at<uint8_t>(*reference, layouts.field(op.index, i)), value.bytes,
                    code::field_bytes(fields[i], code::is_func_ref(info(), fields[i].type)));
      }
    }
    return made(reference);
  }

  Run<void> make_array(const Op& op) {
    const uint32_t length = op.kind == Op::array_new_fixed ? op.count : static_cast<uint32_t>(low_of(pop()));
    const auto reference = heap().new_array(instance_.module().type_ids()[op.index], length, instance_.store());
    if (reference && op.kind != Op::array_new_default) {
      const uint32_t bytes = instance_.module().layout().objects().element_bytes(op.index);
      auto* const elements = heap().at<uint8_t>(*reference, code::array_elements_offset(bytes));
      code::Value16 value = {};
      if (op.kind == Op::array_new) value = pop();
      for (uint32_t i = length; i-- > 0;) {
        if (op.kind == Op::array_new_fixed) value = pop();
        std::memcpy(elements + uint64_t{i} * bytes, value.bytes, bytes);
      }
    }
    return made(reference);
  }

  Instance& instance_;
  std::vector<code::Value16> stack_;
  std::vector<uint32_t> references_;  // of the same places: those the collector may change, else 0
  LocalRoots roots_;
};

}  // namespace

bool needs_heap(const wasm::ConstExpr& expr) {
  return std::ranges::any_of(expr, [](const Op& op) { return op.kind >= Op::struct_new && op.kind <= Op::array_new_fixed; });
}

Run<code::Value16> evaluate(Instance& instance, const wasm::ConstExpr& expr) {
  if (expr.size() == 1 && expr[0].kind <= Op::v128_const) return value_of(expr[0].low, expr[0].high);
  return Evaluator(instance, expr.size()).run(expr);
}

}  // namespace mote::runtime
