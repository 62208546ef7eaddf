// The C++ side of the host-call trampoline (host_func.h).
#include "engine/runtime/host_func.h"

#include "engine/runtime/store.h"
#include "engine/runtime/values.h"

namespace mote::runtime {

Store& HostCallFrame::store() const {
  return Store::of(*binding->store);
}

void read_arguments(const HostCallFrame& call, const wasm::FuncType& type, std::span<code::Value16> into) {
  const TypeRegistry& types = call.store().engine().types();
  auto places = code::PlaceAssigner::arguments();
  for (size_t i = 0; i < type.params.size(); ++i) {
    into[i] =
        read_place(types, places.next(type.params[i]), type.params[i], call.integers, call.vectors, call.binding->store->xbuf);
  }
}

void write_results(HostCallFrame& call, const wasm::FuncType& type, std::span<const code::Value16> from) {
  auto places = code::PlaceAssigner::results();
  for (size_t i = 0; i < type.results.size(); ++i) {
    write_place(places.next(type.results[i]), from[i], call.integers, call.vectors, call.binding->store->xbuf);
  }
}

}  // namespace mote::runtime

// Called by mote_host_call on the guest's stack.
extern "C" bool mote_call_host_function(mote::runtime::HostCallFrame* call) {
  const mote::runtime::HostFunc& func = *call->binding->func;
  mote::runtime::Store& store = call->store();
  const size_t host_roots = store.host_roots().size();
  if (!func.thunk(*call, func)) {
    store.pass_on_exception(host_roots);
    return false;
  }
  store.host_roots().shrink_to(host_roots);
  return store.may_go_on();
}
