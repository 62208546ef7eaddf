// The type section: recursion groups, their canonical form, and subtyping declarations.
//
// Two groups are equal when they have the same contents after indices into the own group are counted from its start and indices
// to earlier types are replaced by canonical ones. That is a key of words, looked up in a hash table: time is linear in the
// section whatever it holds, also for a million types. Spec: core/valid/types, core/binary/types. Tested by types_test.cpp.
#include "base/core/format.h"
#include "base/core/hash.h"
#include "engine/wasm/module_decoder.h"
#include "engine/wasm/read_types.h"

#include <mote/limits.h>

#include <algorithm>

namespace mote::wasm {

namespace {

constexpr uint8_t form_rec = 0x4e, form_sub_final = 0x4f, form_sub = 0x50, form_array = 0x5e, form_struct = 0x5f, form_func = 0x60;
constexpr uint32_t most_reserved = 1000;  // types, on the word of the module alone
constexpr uint32_t in_group = 0x0400'0000;  // in a key: an index that counts from the group's start (real ones are below 1e6)

}  // namespace

void ModuleDecoder::read_types() {
  const uint32_t groups = in_.count(limits::recursion_groups, "recursive types");
  module_.types.reserve(std::min(groups, most_reserved));
  for (uint32_t i = 0; i < groups && !in_.failed(); ++i) {
    const uint64_t start = in_.offset();
    uint32_t size = 1;
    if (in_.peek() == form_rec) {
      in_.u8();
      size = in_.count(limits::recursion_group_types, "types of a recursive type");
    }
    check_total(start, module_.types.size() + uint64_t{size}, limits::types, "types");
    if (!in_.failed()) read_recursion_group(size);
  }
}

void ModuleDecoder::read_recursion_group(uint32_t size) {
  const TypeIndex start = type_count();
  for (uint32_t i = 0; i < size && !in_.failed(); ++i) {
    SubType& type = module_.types.emplace_back();
    type.group_start = start;
    type.group_size = size;
    read_sub_type(type, start + size);
  }
  if (!in_.failed()) link_supertypes(start);
  if (!in_.failed()) canonicalize(start);
  if (!in_.failed()) check_supertypes(start);
}

void ModuleDecoder::read_sub_type(SubType& type, uint32_t known_types) {
  uint8_t form = in_.u8();
  if (form == form_sub || form == form_sub_final) {
    type.is_final = form == form_sub_final;
    const uint64_t at = in_.offset();
    const uint32_t supertypes = in_.u32();
    if (supertypes > 1) in_.fail(at, "at most one supertype is allowed");
    if (supertypes == 1) type.supertype = in_.u32();
    form = in_.u8();
  }
  read_composite_type(type, form, known_types);
}

void ModuleDecoder::read_composite_type(SubType& type, uint8_t form, uint32_t known_types) {
  const uint64_t at = in_.offset() - 1;
  switch (form) {
    case form_func: {
      type.kind = CompositeKind::func;
      const auto read = [&](std::vector<ValueType>& types, uint32_t limit, const char* what) {
        const uint32_t count = in_.count(limit, what);
        types.reserve(count);
        for (uint32_t i = 0; i < count && !in_.failed(); ++i) types.push_back(read_value_type(in_, known_types));
      };
      read(type.func.params, limits::parameters, "parameters");
      read(type.func.results, limits::results, "results");
      return;
    }
    case form_struct: {
      type.kind = CompositeKind::struct_;
      const uint32_t count = in_.count(limits::struct_fields, "fields");
      type.struct_.fields.reserve(count);
      for (uint32_t i = 0; i < count && !in_.failed(); ++i) type.struct_.fields.push_back(read_field_type(known_types));
      return;
    }
    case form_array:
      type.kind = CompositeKind::array;
      type.array.element = read_field_type(known_types);
      return;
    default:
      if (!in_.failed()) in_.fail(at, format("malformed type definition: unknown form 0x{:02x}", form));
  }
}

FieldType ModuleDecoder::read_field_type(uint32_t known_types) {
  FieldType field;
  switch (in_.peek()) {
    case 0x78:
      field.packed = PackedKind::i8;
      break;
    case 0x77:
      field.packed = PackedKind::i16;
      break;
    default:
      break;
  }
  if (field.packed == PackedKind::none) {
    field.type = read_value_type(in_, known_types);
  } else {
    in_.u8();
    field.type = i32;
  }
  field.is_mutable = read_mutability();
  return field;
}

// Supertypes precede, are open, and are not too many: afterwards chains may be followed.
void ModuleDecoder::link_supertypes(TypeIndex start) {
  for (TypeIndex i = start; i < type_count(); ++i) {
    SubType& type = module_.types[i];
    if (!type.supertype) continue;
    if (*type.supertype >= i)
      return in_.fail(in_.offset(), format("unknown type {}: the supertype of type {} must precede it", *type.supertype, i));
    const SubType& super = module_.types[*type.supertype];
    if (super.is_final) return in_.fail(in_.offset(), format("sub type {} of type {}, which is final", i, *type.supertype));
    type.depth = super.depth + 1;
    if (type.depth > limits::subtyping_depth) {
      return in_.fail(in_.offset(), format("type {} has more than {} supertypes above it", i, limits::subtyping_depth),
                      ErrorKind::limit);
    }
  }
}

size_t ModuleDecoder::GroupHash::operator()(const std::vector<uint32_t>& key) const {
  // A module can be made to have colliding keys under any weak hash, and then a million types take hours.
  return load_le<size_t>(sha256(Bytes(reinterpret_cast<const uint8_t*>(key.data()), key.size() * sizeof(uint32_t))).data());
}

void ModuleDecoder::canonicalize(TypeIndex start) {
  std::vector<uint32_t> key;
  const auto index_word = [&](TypeIndex index) { return index >= start ? in_group | (index - start) : module_.canonical[index]; };
  const auto add_type = [&](ValueType type) {
    const bool is_index = type.is_ref() && type.heap().is_concrete();
    key.push_back(is_index ? (type.bits() & ~0x0fff'ffffu) | index_word(type.heap().index()) : type.bits());
  };
  const auto add_field = [&](const FieldType& field) {
    key.push_back(static_cast<uint32_t>(field.packed) << 1 | static_cast<uint32_t>(field.is_mutable));
    add_type(field.type);
  };
  for (TypeIndex i = start; i < type_count(); ++i) {
    const SubType& type = module_.types[i];
    key.push_back(static_cast<uint32_t>(type.kind) << 2 | static_cast<uint32_t>(type.is_final) << 1 |
                  static_cast<uint32_t>(type.supertype.has_value()));
    if (type.supertype) key.push_back(index_word(*type.supertype));
    switch (type.kind) {
      case CompositeKind::func:
        key.push_back(static_cast<uint32_t>(type.func.params.size()));
        key.push_back(static_cast<uint32_t>(type.func.results.size()));
        for (const ValueType param : type.func.params) add_type(param);
        for (const ValueType result : type.func.results) add_type(result);
        break;
      case CompositeKind::struct_:
        key.push_back(static_cast<uint32_t>(type.struct_.fields.size()));
        for (const FieldType& field : type.struct_.fields) add_field(field);
        break;
      case CompositeKind::array:
        add_field(type.array.element);
        break;
    }
  }
  const TypeIndex first = groups_.try_emplace(std::move(key), start).first->second;
  for (TypeIndex i = start; i < type_count(); ++i) module_.canonical.push_back(first + (i - start));
}

void ModuleDecoder::check_supertypes(TypeIndex start) {
  for (TypeIndex i = start; i < type_count(); ++i) {
    const SubType& type = module_.types[i];
    if (type.supertype && !is_structural_subtype(type, module_.types[*type.supertype])) {
      return in_.fail(in_.offset(), format("sub type {} does not match its supertype {}", i, *type.supertype));
    }
  }
}

bool ModuleDecoder::is_structural_subtype(const SubType& sub, const SubType& super) const {
  if (sub.kind != super.kind) return false;
  const auto match = [&](ValueType a, ValueType b) { return module_.matches(a, b); };
  switch (sub.kind) {
    case CompositeKind::func:
      return std::ranges::equal(super.func.params, sub.func.params, match) &&
             std::ranges::equal(sub.func.results, super.func.results, match);
    case CompositeKind::struct_: {
      const auto& fields = sub.struct_.fields;
      const size_t common = super.struct_.fields.size();
      return fields.size() >= common &&
             std::equal(fields.begin(), fields.begin() + static_cast<ptrdiff_t>(common), super.struct_.fields.begin(),
                        [&](const FieldType& a, const FieldType& b) { return matches_field(a, b); });
    }
    case CompositeKind::array:
      return matches_field(sub.array.element, super.array.element);
  }
  return false;
}

bool ModuleDecoder::matches_field(const FieldType& sub, const FieldType& super) const {
  if (sub.is_mutable != super.is_mutable || sub.packed != super.packed) return false;
  return sub.is_mutable ? module_.equal_types(sub.type, super.type) : module_.matches(sub.type, super.type);
}

}  // namespace mote::wasm
