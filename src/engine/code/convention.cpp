// Assignment of arguments and results to registers and xbuf slots (convention.h). Tested by instance_layout_test.cpp; that LLVM
// assigns the same registers is tested by engine/aot.
#include "engine/code/convention.h"

namespace mote::code {

namespace {

std::vector<Place> place(std::span<const wasm::ValueType> types, uint32_t integers, uint32_t vectors) {
  std::vector<Place> places;
  places.reserve(types.size());
  uint16_t used_integers = 0, used_vectors = 0, used_slots = 0;
  for (const wasm::ValueType type : types) {
    if (is_vector_class(type)) {
      places.push_back(used_vectors < vectors ? Place{Place::vector, used_vectors++} : Place{Place::xbuf, used_slots++});
    } else {
      places.push_back(used_integers < integers ? Place{Place::integer, used_integers++} : Place{Place::xbuf, used_slots++});
    }
  }
  return places;
}

}  // namespace

std::vector<Place> place_arguments(std::span<const wasm::ValueType> types) {
  return place(types, argument_integers, argument_vectors);
}

std::vector<Place> place_results(std::span<const wasm::ValueType> types) {
  return place(types, result_integers, result_vectors);
}

}  // namespace mote::code
