// How types are written in messages, and the part of subtyping that needs no module: abstract heap types.
// Spec: core/text/types, core/valid/matching. Tested by types_test.cpp.
#include "engine/wasm/types.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/wasm/module.h"

namespace mote::wasm {

bool matches(HeapType::Abstract sub, HeapType::Abstract super) {
  if (sub == super || sub == HeapType::bot) return true;
  switch (super) {
    case HeapType::any:
      return sub == HeapType::eq || sub == HeapType::i31 || sub == HeapType::struct_ || sub == HeapType::array ||
             sub == HeapType::none;
    case HeapType::eq:
      return sub == HeapType::i31 || sub == HeapType::struct_ || sub == HeapType::array || sub == HeapType::none;
    case HeapType::i31:
    case HeapType::struct_:
    case HeapType::array:
      return sub == HeapType::none;
    case HeapType::func:
      return sub == HeapType::nofunc;
    case HeapType::extern_:
      return sub == HeapType::noextern;
    case HeapType::exn:
      return sub == HeapType::noexn;
    case HeapType::none:
    case HeapType::nofunc:
    case HeapType::noextern:
    case HeapType::noexn:
    case HeapType::bot:
      return false;
  }
  ASSERT(false);
  return false;
}

std::string text(HeapType type) {
  if (type.is_concrete()) return format("{}", type.index());
  switch (type.abstract()) {
    case HeapType::func:
      return "func";
    case HeapType::extern_:
      return "extern";
    case HeapType::any:
      return "any";
    case HeapType::eq:
      return "eq";
    case HeapType::i31:
      return "i31";
    case HeapType::struct_:
      return "struct";
    case HeapType::array:
      return "array";
    case HeapType::exn:
      return "exn";
    case HeapType::none:
      return "none";
    case HeapType::nofunc:
      return "nofunc";
    case HeapType::noextern:
      return "noextern";
    case HeapType::noexn:
      return "noexn";
    case HeapType::bot:
      return "bot";
  }
  ASSERT(false);
  return "";
}

std::string text(ValueType type) {
  switch (type.kind()) {
    case ValueKind::i32:
      return "i32";
    case ValueKind::i64:
      return "i64";
    case ValueKind::f32:
      return "f32";
    case ValueKind::f64:
      return "f64";
    case ValueKind::v128:
      return "v128";
    case ValueKind::ref:
      return format("(ref {}{})", type.is_nullable() ? "null " : "", text(type.heap()));
    case ValueKind::bottom:
      return "any type";
  }
  ASSERT(false);
  return "";
}

std::string text(std::span<const ValueType> types) {
  constexpr size_t shown = 16;  // a signature may have a thousand
  std::string out = "[";
  for (size_t i = 0; i < types.size() && i < shown; ++i) {
    if (i != 0) out += ' ';
    out += text(types[i]);
  }
  if (types.size() > shown) out += format(" … {} more", types.size() - shown);
  return out + "]";
}

std::string text(const FuncType& type) {
  return text(type.params) + " -> " + text(type.results);
}

namespace {

std::string text(const FieldType& field) {
  std::string type = field.packed == PackedKind::none ? wasm::text(field.type) : field.packed == PackedKind::i8 ? "i8" : "i16";
  return field.is_mutable ? format("(mut {})", type) : type;
}

}  // namespace

std::string text(const SubType& type) {
  std::string body;
  switch (type.kind) {
    case CompositeKind::func: {
      body = "(func";
      if (!type.func.params.empty()) body += " (param " + text(type.func.params).substr(1);
      if (!type.func.params.empty()) body.back() = ')';
      if (!type.func.results.empty()) body += " (result " + text(type.func.results).substr(1);
      if (!type.func.results.empty()) body.back() = ')';
      body += ")";
      break;
    }
    case CompositeKind::struct_:
      body = "(struct";
      for (const FieldType& field : type.struct_.fields) body += " (field " + text(field) + ")";
      body += ")";
      break;
    case CompositeKind::array:
      body = "(array " + text(type.array.element) + ")";
      break;
  }
  if (type.is_final && !type.supertype) return body;
  return format("(sub {}{}{})", type.is_final ? "final " : "", type.supertype ? format("{} ", *type.supertype) : "", body);
}

std::string text(const Limits& limits) {
  std::string out = limits.address == AddressType::i64 ? "i64 " : "";
  out += format("{}", limits.min);
  if (limits.max) out += format(" {}", *limits.max);
  if (limits.is_shared) out += " shared";
  return out;
}

const char* text(ExternKind kind) {
  switch (kind) {
    case ExternKind::func:
      return "func";
    case ExternKind::table:
      return "table";
    case ExternKind::memory:
      return "memory";
    case ExternKind::global:
      return "global";
    case ExternKind::tag:
      return "tag";
  }
  ASSERT(false);
  return "";
}

}  // namespace mote::wasm
