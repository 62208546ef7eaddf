// See abi_program.h. Indices are fixed: type 0 is the signature, function 0 the import, function 1 the one that looks at its
// parameters, table 0 holds them all, global 0 counts steps.
#include "tests/differential/abi_program.h"

#include "base/core/format.h"
#include "tests/differential/binary.h"
#include "tests/differential/function_maker.h"
#include "tests/differential/program.h"

namespace mote::differential {
namespace {

using oracle::Value;
using wasm::ValueType;

constexpr uint32_t first_forwarder = 2;

class AbiMaker {
 public:
  explicit AbiMaker(Choices& choices) : choices_(choices) {}

  std::vector<uint8_t> make() {
    static const std::vector<ValueType> numbers = {wasm::i32, wasm::i64, wasm::f32, wasm::f64, wasm::v128};
    static const std::vector<ValueType> all = {wasm::i32,  wasm::i64,       wasm::f32,    wasm::f64,
                                               wasm::v128, wasm::externref, wasm::funcref};
    type_.params.resize(choices_.below(choices_.below(4) == 3 ? 40 : 14));
    for (ValueType& param : type_.params) param = choices_.pick(all);
    type_.results.resize(choices_.below(choices_.below(3) == 2 ? 16 : 5));
    for (ValueType& result : type_.results) result = choices_.pick(numbers);
    funcs_ = first_forwarder + 1 + choices_.below(6);
    plan();
    std::vector<uint8_t> wasm = write();
    append_plan(wasm, plan_);
    return wasm;
  }

 private:
  void plan() {
    plan_.two = true;
    plan_.fuel = 1'000'000;
    plan_.links = {choices_.below(4) == 3 ? Plan::from_host : 1 + choices_.below(funcs_ - 1)};
    for (uint32_t count = 4 + choices_.below(20); count != 0; --count) {
      Call call;
      call.instance = choices_.below(4) != 3;
      call.func = choices_.below(funcs_);
      for (const ValueType param : type_.params) call.args.push_back(argument(param));
      plan_.calls.push_back(std::move(call));
    }
  }
  Value argument(ValueType type) {
    if (type == wasm::externref) return {choices_.below(4)};
    if (type.is_ref()) return {};
    if (choices_.below(4) == 3) {
      const ConstantBits bits = interesting_constant(choices_, type);
      return {bits.low, bits.high};
    }
    const uint64_t low = choices_.bits(type == wasm::i32 || type == wasm::f32 ? 32 : 64);
    return {low, type == wasm::v128 ? choices_.bits(64) : 0};
  }

  static Binary sized_list(std::initializer_list<uint8_t> bytes) {
    Binary out;
    for (const uint8_t byte : bytes) out.byte(byte);
    return out;
  }

  std::vector<uint8_t> write() {
    Binary out;
    out.fixed(0x6d736100, 4), out.fixed(1, 4);
    Binary types;
    types.u(1), types.byte(0x60), types.u(type_.params.size());
    for (const ValueType param : type_.params) types.type(param);
    types.u(type_.results.size());
    for (const ValueType result : type_.results) types.type(result);
    out.section(1, types);
    Binary imports;
    imports.u(1), imports.name("host"), imports.name("f0"), imports.byte(0), imports.u(0);
    out.section(2, imports);
    Binary funcs, exports, elements, codes;
    funcs.u(funcs_ - 1), exports.u(funcs_ + 3), codes.u(funcs_ - 1);
    elements.u(1), elements.byte(0), elements.byte(0x41), elements.s(0), elements.byte(0x0b), elements.u(funcs_);
    for (uint32_t i = 0; i < funcs_; ++i) {
      if (i != 0) funcs.u(0);
      exports.name(format("f{}", i)), exports.byte(0), exports.u(i);
      elements.u(i);
    }
    codes.sized(looker());
    for (uint32_t i = first_forwarder; i < funcs_; ++i) codes.sized(forwarder(i));
    exports.name("t0"), exports.byte(1), exports.u(0);
    exports.name("m0"), exports.byte(2), exports.u(0);
    exports.name("g0"), exports.byte(3), exports.u(0);
    out.section(3, funcs);
    Binary tables;
    tables.u(1), tables.byte(0x70), tables.byte(0), tables.u(funcs_);
    out.section(4, tables);
    out.section(5, sized_list({1, 0, 1}));                    // one page
    out.section(6, sized_list({1, 0x7f, 1, 0x41, 0, 0x0b}));  // (mut i32)
    out.section(7, exports);
    out.section(9, elements);
    out.section(10, codes);
    return out.bytes();
  }

  // Writes every parameter to memory; results are parameters of their type or constants.
  Binary looker() {
    Binary out;
    out.u(0);
    for (uint32_t i = 0; i < type_.params.size(); ++i) {
      out.byte(0x41), out.s(static_cast<int32_t>(16 * i));  // i32.const
      out.byte(0x20), out.u(i);                             // local.get
      store(out, type_.params[i]);
    }
    for (const ValueType result : type_.results) value(out, result);
    out.byte(0x0b);
    return out;
  }
  static void store(Binary& out, ValueType type) {
    switch (type.kind()) {
      case wasm::ValueKind::i32:
        return out.byte(0x36), out.u(0), out.u(0);
      case wasm::ValueKind::i64:
        return out.byte(0x37), out.u(0), out.u(0);
      case wasm::ValueKind::f32:
        return out.byte(0x38), out.u(0), out.u(0);
      case wasm::ValueKind::f64:
        return out.byte(0x39), out.u(0), out.u(0);
      case wasm::ValueKind::v128:
        return out.byte(0xfd), out.u(11), out.u(0), out.u(0);
      case wasm::ValueKind::ref:
      case wasm::ValueKind::bottom:
        break;
    }
    out.byte(0xd1), out.byte(0x36), out.u(0), out.u(0);  // ref.is_null, i32.store
  }

  // Some parameter of this type, mostly not the one at the same place: registers must be exchanged. Or a constant.
  void value(Binary& out, ValueType type) {
    std::vector<uint32_t> fitting;
    for (uint32_t i = 0; i < type_.params.size(); ++i) {
      if (type_.params[i] == type) fitting.push_back(i);
    }
    if (!fitting.empty() && choices_.below(8) != 7) return out.byte(0x20), out.u(choices_.pick(fitting));
    const ConstantBits bits = interesting_constant(choices_, type);
    switch (type.kind()) {
      case wasm::ValueKind::i32:
        return out.byte(0x41), out.s(static_cast<int32_t>(bits.low));
      case wasm::ValueKind::i64:
        return out.byte(0x42), out.s(static_cast<int64_t>(bits.low));
      case wasm::ValueKind::f32:
        return out.byte(0x43), out.fixed(bits.low, 4);
      case wasm::ValueKind::f64:
        return out.byte(0x44), out.fixed(bits.low, 8);
      case wasm::ValueKind::v128:
        return out.byte(0xfd), out.u(12), out.fixed(bits.low, 8), out.fixed(bits.high, 8);
      case wasm::ValueKind::ref:
      case wasm::ValueKind::bottom:
        break;
    }
    if (type == wasm::funcref && choices_.below(2) != 0) return out.byte(0xd2), out.u(choices_.below(funcs_));  // ref.func
    out.byte(0xd0), out.byte(type == wasm::funcref ? 0x70 : 0x6f);                                              // ref.null
  }

  Binary forwarder(uint32_t self) {
    Binary out;
    const bool is_tail = choices_.below(2) != 0;
    const uint32_t results = static_cast<uint32_t>(type_.results.size());
    out.u(is_tail ? 0 : results);  // locals for the results
    if (!is_tail) {
      for (const ValueType result : type_.results) out.u(1), out.type(result);
    }
    for (const ValueType param : type_.params) value(out, param);
    const uint32_t target = choices_.below(self);  // an earlier one: no endless recursion within an instance
    switch (choices_.below(3)) {
      case 0:
        out.byte(is_tail ? 0x12 : 0x10), out.u(target);
        break;
      case 1:
        out.byte(0x41), out.s(static_cast<int32_t>(target));
        out.byte(is_tail ? 0x13 : 0x11), out.u(0), out.u(0);  // call_indirect
        break;
      default:
        out.byte(0xd2), out.u(target);
        out.byte(is_tail ? 0x15 : 0x14), out.u(0);  // call_ref
    }
    if (!is_tail) return_permuted(out);
    out.byte(0x0b);
    return out;
  }
  void return_permuted(Binary& out) {
    const auto first = static_cast<uint32_t>(type_.params.size());
    for (size_t i = type_.results.size(); i-- > 0;) out.byte(0x21), out.u(first + i);
    for (const ValueType result : type_.results) {
      std::vector<uint32_t> fitting;
      for (uint32_t i = 0; i < type_.results.size(); ++i) {
        if (type_.results[i] == result) fitting.push_back(first + i);
      }
      out.byte(0x20), out.u(choices_.pick(fitting));
    }
  }

  Choices& choices_;
  wasm::FuncType type_;
  uint32_t funcs_ = 0;
  Plan plan_;
};

}  // namespace

std::vector<uint8_t> generate_abi(Choices& choices) {
  return AbiMaker(choices).make();
}

}  // namespace mote::differential
