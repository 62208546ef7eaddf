// See object_program.h. The module's sections, and what to call.
#include "tests/differential/object_program.h"

#include "base/core/format.h"
#include "tests/differential/function_maker.h"
#include "tests/differential/object_function.h"
#include "tests/differential/object_shape.h"
#include "tests/differential/program.h"

namespace mote::differential {
namespace {

using oracle::Value;
using wasm::CompositeKind;
using wasm::HeapType;
using wasm::ValueType;

class ObjectMaker {
 public:
  explicit ObjectMaker(Choices& choices) : choices_(choices), shape_(choices) {}

  std::vector<uint8_t> make() {
    plan();
    std::vector<uint8_t> wasm = write();
    append_plan(wasm, plan_);
    return wasm;
  }

 private:
  void plan() {
    plan_.steps_global = ObjectShape::steps_global;
    plan_.fuel = 1'000'000;
    plan_.two = choices_.below(3) != 0;
    for (uint32_t i = 0; i < shape_.imported_funcs; ++i)  // the functions of these types stand behind digest
      plan_.links.push_back(choices_.below(4) == 3 ? Plan::from_host : shape_.digest + 1 + i);
    std::vector<uint32_t> callable;
    for (uint32_t i = shape_.digest + 1; i < shape_.funcs.size(); ++i) {
      bool is_callable = true;
      for (const ValueType param : shape_.func_type(i).params) is_callable &= param.is_defaultable();
      if (is_callable) callable.push_back(i);
    }
    for (uint32_t count = 8 + choices_.below(16); count != 0; --count) {
      Call call{.func = choices_.pick(callable), .instance = static_cast<uint8_t>(plan_.two && choices_.below(4) != 3)};
      for (const ValueType param : shape_.func_type(call.func).params) call.args.push_back(argument(param));
      plan_.calls.push_back(std::move(call));
    }
  }
  Value argument(ValueType type) {
    if (type == wasm::externref) return {choices_.below(4)};
    if (type.is_ref()) return {};
    const ConstantBits bits = interesting_constant(choices_, type);
    return {bits.low, bits.high};
  }

  std::vector<uint8_t> write() {
    Binary out;
    out.fixed(0x6d736100, 4), out.fixed(1, 4);
    out.section(1, types());
    out.section(2, imports());
    Binary funcs, codes;
    const auto defined = static_cast<uint32_t>(shape_.funcs.size()) - shape_.imported_funcs;
    funcs.u(defined), codes.u(defined);
    for (uint32_t i = shape_.imported_funcs; i < shape_.funcs.size(); ++i) {
      funcs.u(shape_.funcs[i]);
      ObjectFunction function(shape_, choices_, i);
      codes.sized(i == shape_.digest ? function.make_digest() : function.make());
    }
    out.section(3, funcs);
    out.section(4, tables());
    Binary tags;
    tags.u(shape_.tags.size() - shape_.imported_tags);
    for (uint32_t i = shape_.imported_tags; i < shape_.tags.size(); ++i) tags.byte(0), tags.u(shape_.tags[i]);
    out.section(13, tags);
    out.section(6, globals());
    out.section(9, elements());
    Binary count, data;
    count.u(1);
    out.section(12, count);
    out.section(10, codes);
    data.u(1), data.byte(1), data.u(ObjectShape::data_size);
    for (uint32_t i = 0; i < ObjectShape::data_size; ++i) data.byte(static_cast<uint8_t>(i * 37 + 11));
    out.section(11, data);
    return out.bytes();
  }

  static void field(Binary& out, const wasm::FieldType& field) {
    if (field.packed == wasm::PackedKind::none) {
      out.type(field.type);
    } else {
      out.byte(field.packed == wasm::PackedKind::i8 ? 0x78 : 0x77);
    }
    out.byte(field.is_mutable ? 1 : 0);
  }
  static void sub_type(Binary& out, const wasm::SubType& type) {
    if (type.kind != CompositeKind::func) {
      out.byte(type.is_final ? 0x4f : 0x50);
      out.u(type.supertype ? 1 : 0);
      if (type.supertype) out.u(*type.supertype);
    }
    switch (type.kind) {
      case CompositeKind::func:
        out.byte(0x60), out.u(type.func.params.size());
        for (const ValueType param : type.func.params) out.type(param);
        out.u(type.func.results.size());
        for (const ValueType result : type.func.results) out.type(result);
        return;
      case CompositeKind::struct_:
        out.byte(0x5f), out.u(type.struct_.fields.size());
        for (const wasm::FieldType& each : type.struct_.fields) field(out, each);
        return;
      case CompositeKind::array:
        out.byte(0x5e), field(out, type.array.element);
        return;
    }
  }
  [[nodiscard]] Binary types() const {
    Binary out;
    const size_t data_types = shape_.structs.size() + shape_.arrays.size();
    out.u(shape_.groups.size() + shape_.types.size() - data_types);
    uint32_t next = 0;
    for (const uint32_t size : shape_.groups) {
      out.byte(0x4e), out.u(size);
      for (uint32_t i = 0; i < size; ++i) sub_type(out, shape_.types[next++]);
    }
    while (next < shape_.types.size()) sub_type(out, shape_.types[next++]);
    return out;
  }

  [[nodiscard]] Binary imports() const {
    Binary out;
    out.u(shape_.imported_funcs + shape_.imported_tags);
    for (uint32_t i = 0; i < shape_.imported_funcs; ++i)
      out.name("host"), out.name(format("f{}", i)), out.byte(0), out.u(shape_.funcs[i]);
    for (uint32_t i = 0; i < shape_.imported_tags; ++i)
      out.name("host"), out.name(format("e{}", i)), out.byte(4), out.byte(0), out.u(shape_.tags[i]);
    return out;
  }

  [[nodiscard]] Binary tables() const {
    Binary out;
    out.u(shape_.tables.size());
    for (const ValueType table : shape_.tables) {
      const bool is_null = table.is_nullable();
      if (!is_null) out.byte(0x40), out.byte(0);
      out.type(table), out.byte(0), out.u(ObjectShape::table_size);
    }
    return out;
  }

  // A constant expression, without its end.
  void constant(Binary& out, ValueType type) {
    if (type == wasm::i32) return out.byte(0x41), out.s(-3);
    if (type == wasm::i64) return out.byte(0x42), out.s(5);
    if (type == wasm::f32) return out.byte(0x43), out.fixed(0x40400000, 4);
    if (type == wasm::f64) return out.byte(0x44), out.fixed(0x4008000000000000, 8);
    if (type == wasm::v128) return out.byte(0xfd), out.u(12), out.fixed(7, 8), out.fixed(9, 8);
    const HeapType heap = type.heap();
    if (heap.is_concrete() && shape_.is_default(heap.index()) && choices_.below(4) != 3) {
      const bool is_array = shape_.types[heap.index()].kind == CompositeKind::array;
      if (is_array) out.byte(0x41), out.s(2);
      return out.byte(0xfb), out.u(is_array ? 7 : 1), out.u(heap.index());
    }
    if (shape_.is_sub(HeapType::i31, heap)) return out.byte(0x41), out.s(choices_.below(64)), out.byte(0xfb), out.u(28);
    out.byte(0xd0), out.heap_type(heap);
  }
  Binary globals() {
    Binary out;
    out.u(shape_.globals.size());
    for (uint32_t i = 0; i < shape_.globals.size(); ++i) {
      const wasm::GlobalType& global = shape_.globals[i];
      out.type(global.type), out.byte(global.is_mutable ? 1 : 0);
      // Instances are made without steps, and the steps are given before each call.
      constant(out, global.type);
      out.byte(0x0b);
    }
    return out;
  }
  // The passive segments first, then all functions in table 0 and, for ref.func, declared.
  Binary elements() {
    Binary out;
    const auto funcs = static_cast<uint32_t>(shape_.funcs.size());
    out.u(shape_.elements.size() + 2);
    for (const ValueType element : shape_.elements) {
      out.byte(5), out.type(element), out.u(ObjectShape::element_count);
      for (uint32_t i = 0; i < ObjectShape::element_count; ++i) constant(out, element), out.byte(0x0b);
    }
    out.byte(0), out.byte(0x41), out.s(0), out.byte(0x0b), out.u(ObjectShape::table_size);
    for (uint32_t i = 0; i < ObjectShape::table_size; ++i) out.u(i < funcs ? i : i % funcs);
    out.byte(3), out.byte(0), out.u(funcs);
    for (uint32_t i = 0; i < funcs; ++i) out.u(i);
    return out;
  }

  Choices& choices_;
  ObjectShape shape_;
  Plan plan_;
};

}  // namespace

std::vector<uint8_t> generate_objects(Choices& choices) {
  return ObjectMaker(choices).make();
}

}  // namespace mote::differential
