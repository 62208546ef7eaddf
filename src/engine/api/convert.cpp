// Between the front door's values, types and failures and the runtime's. Declared in state.h. Tested by store_test.cpp,
// linker_test.cpp and the specification suite.
#include "base/core/format.h"
#include "engine/api/state.h"

namespace mote::api {

namespace {

using wasm::HeapType;

ValKind kind_of(HeapType heap, const runtime::TypeRegistry& types) {
  if (heap.is_concrete()) {
    return types.type(heap.index()).kind == wasm::CompositeKind::func ? ValKind::funcref : ValKind::anyref;
  }
  switch (heap.abstract()) {
    case HeapType::func:
    case HeapType::nofunc:
      return ValKind::funcref;
    case HeapType::extern_:
    case HeapType::noextern:
      return ValKind::externref;
    case HeapType::exn:
    case HeapType::noexn:
      return ValKind::exnref;
    case HeapType::any:
    case HeapType::eq:
    case HeapType::i31:
    case HeapType::struct_:
    case HeapType::array:
    case HeapType::none:
      return ValKind::anyref;
    case HeapType::bot:
      break;  // the type of no value
  }
  return ValKind::anyref;
}

const ModuleCode* find_module(const Store::State& store, const runtime::Module* module) {
  const auto found = store.modules.find(module);
  return found == store.modules.end() ? nullptr : found->second.code.get();
}

Trap to_trap(const Store::State& store, const runtime::Stop& stop) {
  Trap trap;
  trap.kind = static_cast<TrapKind>(stop.code);
  const std::string words = code::words(stop.code);
  trap.message = stop.message.empty() ? words : stop.message.starts_with(words) ? stop.message : words + ": " + stop.message;
  for (const runtime::StackFrame& frame : stop.frames) {
    Frame named{.func = frame.func, .func_name = {}, .module_name = {}, .wasm_offset = frame.wasm_offset};
    if (const ModuleCode* module = find_module(store, frame.module)) {
      named.func_name = module->func_name(frame.func);
      named.module_name = module->runtime().name();
    }
    trap.backtrace.push_back(std::move(named));
  }
  return trap;
}

}  // namespace

// An exception is told as a trap of its own kind, with itself.
Failure to_failure(Store::State& store, runtime::Stop stop) {
  switch (stop.kind) {
    case runtime::Stop::Kind::trap:
      return to_trap(store, stop);
    case runtime::Stop::Kind::exception: {
      stop.code = code::TrapCode::uncaught_exception;
      stop.message = describe_exception(store, store.store.host_roots().get(stop.exception));
      Failure failure = to_trap(store, stop);
      failure.exception = Val::from_bits(ValKind::exnref, (uint64_t{stop.exception} + 1) << 32);
      return failure;
    }
    case runtime::Stop::Kind::exit:
      return Failure::exit(stop.exit_code);
    case runtime::Stop::Kind::error:
      return std::move(stop.error);
  }
  return {};
}

namespace {

// A host function may return anything: only an exception of this store is one.
runtime::Stop thrown(Store::State& store, Val exception) {
  const uint32_t reference = exception.kind() == ValKind::exnref ? reference_of(store, exception) : 0;
  const bool is_object = reference != 0 && (reference & code::reference_tag_mask) == 0;
  if (is_object && store.store.heap()->header(reference).kind == code::ObjectKind::exception) {
    return runtime::Stop::thrown(store.store.host_roots().add(reference));
  }
  return runtime::Stop::of({ErrorKind::bad_input, "a host function threw what is no exception, or one whose handle has ended"});
}

}  // namespace

runtime::Stop to_stop(Store::State& store, Failure failure) {
  switch (failure.kind) {
    case Failure::Kind::trap:
      if (failure.exception) return thrown(store, *failure.exception);
      return runtime::Stop::trap(static_cast<code::TrapCode>(failure.trap.kind), std::move(failure.trap.message));
    case Failure::Kind::exit:
      return runtime::Stop::exit(failure.exit_code);
    case Failure::Kind::error:
      return runtime::Stop::of(std::move(failure.error));
  }
  return runtime::Stop::of({});
}

ValKind kind_of(wasm::ValueType type, const runtime::TypeRegistry& types) {
  switch (type.kind()) {
    case wasm::ValueKind::i32:
      return ValKind::i32;
    case wasm::ValueKind::i64:
      return ValKind::i64;
    case wasm::ValueKind::f32:
      return ValKind::f32;
    case wasm::ValueKind::f64:
      return ValKind::f64;
    case wasm::ValueKind::v128:
      return ValKind::v128;
    case wasm::ValueKind::ref:
      return kind_of(type.heap(), types);
    case wasm::ValueKind::bottom:
      break;  // the type of no value
  }
  return ValKind::i32;
}

wasm::ValueType type_of(ValKind kind) {
  switch (kind) {
    case ValKind::i32:
      return wasm::i32;
    case ValKind::i64:
      return wasm::i64;
    case ValKind::f32:
      return wasm::f32;
    case ValKind::f64:
      return wasm::f64;
    case ValKind::v128:
      return wasm::v128;
    case ValKind::funcref:
      return wasm::funcref;
    case ValKind::externref:
      return wasm::externref;
    case ValKind::anyref:
      return wasm::ValueType::ref(HeapType::any, true);
    case ValKind::exnref:
      return wasm::ValueType::ref(HeapType::exn, true);
  }
  return wasm::i32;
}

FuncSignature signature_of(const wasm::FuncType& type, const runtime::TypeRegistry& types) {
  const auto list = [&](const std::vector<wasm::ValueType>& from) {
    std::vector<ValType> to;
    to.reserve(from.size());
    for (const wasm::ValueType one : from) to.push_back({kind_of(one, types), wasm::text(one)});
    return to;
  };
  return {list(type.params), list(type.results)};
}

Result<void> require_room_for_handles(const Store::State& store) {
  if (store.store.host_roots().size() < limits::handles.standard) [[likely]]
    return {};
  return fail(ErrorKind::limit, format("{}: {} of this store are held; those made in the lifetime of a RefScope end with it",
                                       limits::handles.name, limits::handles.standard));
}

Val to_val(Store::State& store, const code::Value16& value, ValKind kind) {
  const auto low = load_le<uint64_t>(value.bytes);
  switch (kind) {
    case ValKind::v128:
      return Val::v128(low, load_le<uint64_t>(value.bytes + 8));
    case ValKind::i64:
    case ValKind::f64:
    case ValKind::funcref:
      return Val::from_bits(kind, low);
    case ValKind::i32:
    case ValKind::f32:
      return Val::from_bits(kind, static_cast<uint32_t>(low));
    case ValKind::externref:
    case ValKind::anyref:
    case ValKind::exnref:
      break;
  }
  const auto reference = static_cast<uint32_t>(low);
  const bool is_object = reference != 0 && (reference & code::reference_tag_mask) == 0;
  return Val::from_bits(kind, is_object ? (uint64_t{store.store.host_roots().add(reference)} + 1) << 32 : reference);
}

uint32_t reference_of(const Store::State& store, Val value) {
  if (!is_handle(value)) return static_cast<uint32_t>(value.low());
  return store.store.host_roots().get(static_cast<uint32_t>(value.low() >> 32) - 1);
}

code::Value16 to_value16(const Store::State& store, Val value) {
  code::Value16 result;
  store_le(result.bytes, value.kind() >= ValKind::externref ? reference_of(store, value) : value.low());
  store_le(result.bytes + 8, value.high());
  return result;
}

namespace {

// The least type that a reference of the host's is known to have.
wasm::HeapType heap_type_of(const Store::State& store, Val value) {
  if (value.kind() == ValKind::funcref) return wasm::HeapType::concrete(func_ref_of(value)->type);
  if (value.kind() == ValKind::externref) return wasm::HeapType::extern_;
  if (value.kind() == ValKind::exnref) return wasm::HeapType::exn;
  const uint32_t reference = reference_of(store, value);
  if ((reference & code::i31_bit) != 0) return wasm::HeapType::i31;
  if ((reference & code::reference_tag_mask) != 0) return wasm::HeapType::any;
  return wasm::HeapType::concrete(store.store.heap()->header(reference).type);
}

}  // namespace

Result<void> check_value(const Store::State& store, Val value, wasm::ValueType type) {
  const runtime::TypeRegistry& types = store.engine->runtime->types();
  const ValKind wanted = kind_of(type, types);
  if (value.kind() != wanted)
    return fail(ErrorKind::bad_input, format("type mismatch: expected {}, got {}", wasm::text(type), name(value.kind())));
  if (!type.is_ref()) return {};
  if (value.is_null()) {
    if (type.is_nullable()) return {};
    return fail(ErrorKind::bad_input, format("type mismatch: expected {}, got null", wasm::text(type)));
  }
  if (wanted != ValKind::funcref && reference_of(store, value) == 0) {
    return fail(ErrorKind::bad_input,
                format("a handle of {} whose scope has ended (RefScope, or a host function that returned)", name(wanted)));
  }
  if (types.matches(heap_type_of(store, value), type.heap())) return {};
  return fail(ErrorKind::bad_input, format("type mismatch: expected {}, got another type of {}", wasm::text(type), name(wanted)));
}

}  // namespace mote::api
