// Host functions written in C. Declared in host_func.h. Tested by capi_test.c.
#include "engine/capi/host_func.h"

#include "base/core/format.h"
#include "engine/capi/values.h"

#include <algorithm>
#include <cstring>

namespace mote::capi {

namespace {

// A function over numbers and vectors, with the place of each value (mote/call.h).
struct InRegisters {
  mote_host_func_t function;
  Owned owned;
  std::vector<ValKind> params, results;
  std::vector<call::Place> param_places, result_places;
};

bool is_vector(ValKind kind) {
  return kind == ValKind::f32 || kind == ValKind::f64 || kind == ValKind::v128;
}

std::vector<call::Place> places_of(const std::vector<ValKind>& kinds, uint16_t integers, uint16_t vectors) {
  std::vector<call::Place> places;
  places.reserve(kinds.size());
  uint16_t integer = 0, vector = 0, overflow = 0;
  for (const ValKind kind : kinds) {
    uint16_t& used = is_vector(kind) ? vector : integer;
    const bool fits = used < (is_vector(kind) ? vectors : integers);
    if (!fits) {
      places.push_back({call::Place::overflow, overflow++});
    } else {
      places.push_back({is_vector(kind) ? call::Place::vector : call::Place::integer, used++});
    }
  }
  return places;
}

std::vector<ValKind> kinds_of(const std::vector<ValType>& types) {
  std::vector<ValKind> kinds;
  kinds.reserve(types.size());
  for (const ValType& type : types) kinds.push_back(type.kind);
  return kinds;
}

Val read(const CallFrame& frame, call::Place place, ValKind kind) {
  const Slot16 slot = place.kind == call::Place::integer  ? Slot16{frame.integers[place.index], 0}
                      : place.kind == call::Place::vector ? frame.vectors[place.index]
                                                          : frame.overflow[place.index];
  const bool is_half = kind == ValKind::i32 || kind == ValKind::f32;  // above it, registers have anything
  const bool is_whole = kind == ValKind::v128;
  return Val::from_bits(kind, is_half ? static_cast<uint32_t>(slot.low) : slot.low, is_whole ? slot.high : 0);
}

void write(const CallFrame& frame, call::Place place, Val value) {
  if (place.kind == call::Place::integer) {
    frame.integers[place.index] = value.low();
  } else {
    (place.kind == call::Place::vector ? frame.vectors : frame.overflow)[place.index] = {value.low(), value.high()};
  }
}

// What the function said, once its results are there.
HostResult called(mote_host_func_t function, void* data, Caller& caller, std::span<const mote_value_t> args,
                  std::span<mote_value_t> results) {
  mote_caller_t handle{caller};
  mote_failure_t* failure = function(data, &handle, args.data(), args.size(), results.data(), results.size());
  if (failure != nullptr) return std::unexpected(taken(failure));
  return {};
}

Failure wrong_result(size_t index, const std::string& why) {
  return Failure(Error{ErrorKind::bad_input, format("result {} of a host function: {}", index, why)});
}

Failure wrong_kind(size_t index, ValKind expected, const mote_value_t& got) {
  const auto value = from_c(got);
  if (!value) return wrong_result(index, value.error().message);
  return wrong_result(index, format("type mismatch: expected {}, got {}", name(expected), name(value->kind())));
}

HostResult call_in_registers(void* data, Caller& caller, const CallFrame& frame) {
  const auto& self = *static_cast<const InRegisters*>(data);
  const size_t params = self.params.size(), results = self.results.size();
  Few<mote_value_t> values(params + results);
  const std::span<mote_value_t> inputs = values.all().first(params), outputs = values.all().subspan(params);
  for (size_t i = 0; i < params; ++i) inputs[i] = to_c(read(frame, self.param_places[i], self.params[i]));
  for (size_t i = 0; i < results; ++i) outputs[i].kind = to_c(self.results[i]);
  if (auto done = called(self.function, self.owned.data(), caller, inputs, outputs); !done) return done;
  for (size_t i = 0; i < results; ++i) {
    if (outputs[i].kind != to_c(self.results[i])) [[unlikely]]
      return std::unexpected(wrong_kind(i, self.results[i], outputs[i]));
    write(frame, self.result_places[i], bits_from_c(self.results[i], outputs[i]));
  }
  return {};
}

}  // namespace

HostFunc by_values(mote_host_func_t function, Owned data) {
  return [function, owned = std::make_shared<const Owned>(std::move(data))](Caller& caller, std::span<const Val> args,
                                                                            std::span<Val> results) -> HostResult {
    Few<mote_value_t> values(args.size() + results.size());
    const std::span<mote_value_t> inputs = values.all().first(args.size()), outputs = values.all().subspan(args.size());
    for (size_t i = 0; i < args.size(); ++i) inputs[i] = to_c(args[i]);
    for (size_t i = 0; i < results.size(); ++i) outputs[i] = to_c(results[i]);
    if (auto done = called(function, owned->data(), caller, inputs, outputs); !done) return done;
    for (size_t i = 0; i < results.size(); ++i) {
      const auto value = from_c(outputs[i]);
      if (!value) return std::unexpected(wrong_result(i, value.error().message));
      results[i] = *value;  // its type is checked by who called
    }
    return {};
  };
}

Result<void> define_host_func(Linker& linker, std::string_view module, std::string_view name, const FuncSignature& signature,
                              mote_host_func_t function, Owned data) {
  const auto is_reference = [](const ValType& type) { return Val::null(type.kind).is_ref(); };
  if (std::ranges::any_of(signature.params, is_reference) || std::ranges::any_of(signature.results, is_reference)) {
    return linker.define_func(module, name, signature, by_values(function, std::move(data)));
  }
  std::vector<ValKind> params = kinds_of(signature.params), results = kinds_of(signature.results);
  auto param_places = places_of(params, call::argument_integers, call::argument_vectors);
  auto result_places = places_of(results, call::result_integers, call::result_vectors);
  auto self = std::make_shared<InRegisters>(InRegisters{function, std::move(data), std::move(params), std::move(results),
                                                        std::move(param_places), std::move(result_places)});
  return linker.define_frame_func(module, name, signature, call_in_registers, std::move(self));
}

}  // namespace mote::capi
