// How a C++ function and compiled code meet in registers, without Val: the part that typed host functions (linker.h) and typed
// calls (store.h) share. Embedders rarely need it; it is public because templates must see it.
//
// Compiled code passes at most 8 integers and 8 floats or vectors in registers, in order of appearance per class; what does not
// fit lies in 16-byte overflow slots, numbered from 0 over both classes in order of appearance. Results: 3 integers and 2 floats
// or vectors, then overflow slots. (The engine's own table is engine/code/convention.h; engine/api/value_test.cpp compares them.)
#pragma once

#include <mote/value.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <vector>

namespace mote {

struct alignas(16) Slot16 {
  uint64_t low = 0, high = 0;
};

// The registers of one call in progress, borrowed: arguments on entry, results on return.
struct CallFrame {
  uint64_t* integers;  // 8
  Slot16* vectors;     // 8
  Slot16* overflow;
};

namespace call {

inline constexpr size_t argument_integers = 8, argument_vectors = 8, result_integers = 3, result_vectors = 2;

// The C++ types that stand for numbers: 32- and 64-bit integers of either sign, float, double.
template <class T>
concept Number = std::is_same_v<T, int32_t> || std::is_same_v<T, uint32_t> || std::is_same_v<T, int64_t> ||
                 std::is_same_v<T, uint64_t> || std::is_same_v<T, float> || std::is_same_v<T, double>;

template <Number T>
inline constexpr ValKind kind_of = std::is_same_v<T, float>    ? ValKind::f32
                                   : std::is_same_v<T, double> ? ValKind::f64
                                   : sizeof(T) == 4            ? ValKind::i32
                                                               : ValKind::i64;

struct Place {
  enum Kind : uint8_t { integer, vector, overflow } kind;
  uint16_t index;
};

// Where each value of a list goes, given how many registers of each class there are.
template <Number... Ts>
[[nodiscard]] constexpr std::array<Place, sizeof...(Ts)> places(size_t integers, size_t vectors) {
  std::array<Place, sizeof...(Ts)> result{};
  uint16_t integer = 0, vector = 0, overflow = 0;
  size_t at = 0;
  [[maybe_unused]] const auto next = [&](bool is_vector) {
    uint16_t& used = is_vector ? vector : integer;
    const bool fits = used < (is_vector ? vectors : integers);
    result[at++] = fits ? Place{is_vector ? Place::vector : Place::integer, used++} : Place{Place::overflow, overflow++};
  };
  (next(std::is_floating_point_v<Ts>), ...);
  return result;
}

template <Number T>
[[nodiscard]] T get(const CallFrame& frame, Place place) {
  const uint64_t bits = place.kind == Place::integer  ? frame.integers[place.index]
                        : place.kind == Place::vector ? frame.vectors[place.index].low
                                                      : frame.overflow[place.index].low;
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
template <Number T>
void put(const CallFrame& frame, Place place, T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  if (place.kind == Place::integer) {
    frame.integers[place.index] = bits;
  } else {
    (place.kind == Place::vector ? frame.vectors : frame.overflow)[place.index] = {bits, 0};
  }
}

// What a function returns, as a list: void is none, a number is one, a tuple of numbers is many.
template <class R>
struct Results;
template <>
struct Results<void> {
  using Tuple = std::tuple<>;
};
template <Number R>
struct Results<R> {
  using Tuple = std::tuple<R>;
};
template <Number... Rs>
struct Results<std::tuple<Rs...>> {
  using Tuple = std::tuple<Rs...>;
};

template <class Tuple>
struct Kinds;
template <Number... Ts>
struct Kinds<std::tuple<Ts...>> {
  static constexpr std::array<ValKind, sizeof...(Ts)> value{kind_of<Ts>...};
  static constexpr auto as_arguments = places<Ts...>(argument_integers, argument_vectors);
  static constexpr auto as_results = places<Ts...>(result_integers, result_vectors);
  [[nodiscard]] static std::vector<ValType> types() { return {ValType{kind_of<Ts>, name(kind_of<Ts>)}...}; }
};

}  // namespace call
}  // namespace mote
