// Assignment of arguments and results to registers and xbuf slots (convention.h). Tested by instance_layout_test.cpp; that LLVM
// assigns the same registers is tested by engine/aot.
#include "engine/code/convention.h"

namespace mote::code {

namespace {

std::vector<Place> place(std::span<const wasm::ValueType> types, PlaceAssigner assigner) {
  std::vector<Place> places;
  places.reserve(types.size());
  for (const wasm::ValueType type : types) places.push_back(assigner.next(type));
  return places;
}

}  // namespace

std::vector<Place> place_arguments(std::span<const wasm::ValueType> types) {
  return place(types, PlaceAssigner::arguments());
}

std::vector<Place> place_results(std::span<const wasm::ValueType> types) {
  return place(types, PlaceAssigner::results());
}

}  // namespace mote::code
