// Constants that generated programs compute with: see function_maker.h.
#include "tests/differential/function_maker.h"

#include <bit>

namespace mote::differential {

using wasm::ValueKind;
using wasm::ValueType;

ConstantBits interesting_constant(Choices& choices, ValueType type) {
  static const std::vector<uint64_t> ints = {0,
                                             1,
                                             ~uint64_t{0},
                                             2,
                                             3,
                                             7,
                                             8,
                                             15,
                                             16,
                                             31,
                                             32,
                                             33,
                                             63,
                                             64,
                                             127,
                                             128,
                                             255,
                                             256,
                                             0x7fff,
                                             0x8000,
                                             0xffff,
                                             0x10000,
                                             0x7fffffff,
                                             0x80000000,
                                             0xffffffff,
                                             0x100000000,
                                             0x7fffffffffffffff,
                                             0x8000000000000000,
                                             0x8000000000000001,
                                             0x5555555555555555};
  static const std::vector<float> floats = {0.0f,          -0.0f,          1.0f,          -1.0f,        0.5f,         1.5f,
                                            2.5f,          -0.5f,          3.4028235e38f, 1e-45f,       1.17549e-38f, 2147483648.0f,
                                            4294967296.0f, -2147483904.0f, 2147483520.0f, 9.223372e18f, 16777217.0f};
  static const std::vector<double> doubles = {0.0,
                                              -0.0,
                                              1.0,
                                              -1.0,
                                              0.5,
                                              1.5,
                                              2.5,
                                              -0.5,
                                              1.7976931348623157e308,
                                              5e-324,
                                              2.2250738585072014e-308,
                                              2147483647.5,
                                              -2147483649.0,
                                              4294967295.5,
                                              9223372036854775808.0,
                                              1.8446744073709552e19,
                                              3.4028235677973366e38,
                                              9007199254740993.0};
  static const std::vector<uint32_t> odd32 = {0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001,
                                              0x7fffffff, 0x7f800000, 0xff800000, 0x7fc12345};
  static const std::vector<uint64_t> odd64 = {0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xfff0000000000001,
                                              0x7fffffffffffffff, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000012345678};
  uint32_t kind = choices.below(8);
  switch (type.kind()) {
    case ValueKind::i32:
      return {static_cast<uint32_t>(kind < 6 ? choices.pick(ints) : choices.bits(32))};
    case ValueKind::i64:
      return {kind < 6 ? choices.pick(ints) : choices.bits(64)};
    case ValueKind::f32:
      if (kind < 4) return {std::bit_cast<uint32_t>(choices.pick(floats))};
      return {kind < 6 ? choices.pick(odd32) : static_cast<uint32_t>(choices.bits(32))};
    case ValueKind::f64:
      if (kind < 4) return {std::bit_cast<uint64_t>(choices.pick(doubles))};
      return {kind < 6 ? choices.pick(odd64) : choices.bits(64)};
    case ValueKind::v128: {
      auto half = [&] {
        if (kind < 2) return interesting_constant(choices, wasm::f32).low | interesting_constant(choices, wasm::f32).low << 32;
        if (kind < 4) return interesting_constant(choices, wasm::f64).low;
        return kind < 6 ? choices.pick(ints) : choices.bits(64);
      };
      uint64_t low = half();
      return {low, half()};
    }
    case ValueKind::ref:
    case ValueKind::bottom:
      break;
  }
  return {};
}

}  // namespace mote::differential
