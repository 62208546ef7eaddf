// Objects of the collected heap (structures, arrays, i31 numbers) and exceptions, as an embedder sees them.
//
// A value of kind anyref, exnref or externref that refers to an object is a *handle*: a number of the store's that keeps the object
// alive and follows it when the collector moves it. A handle stays valid until the innermost RefScope that was open when it was
// made ends; in a host function until that returns; without either until the store ends. A store holds at most limits::handles:
// then what would make one more fails (limit), but for Global::get. Two handles of one object differ: compare with same_object().
// Copying a handle costs nothing. Null, i31 and embedders' numbers (Store::new_externref) are no handles: they are always valid.
//
// any and extern are one world: `Val::from_bits(ValKind::externref, any.low())` is extern.convert_any, and the other way round.
// Threads: the store's. Errors: bad_input for a wrong type or index, limit when the heap is full (limits::gc_heap_size).
// Spec: core/syntax/types "Heap Types", core/exec/instructions "Aggregate Instructions", "throw". Tested by
// engine/api/object_test.cpp.
#pragma once

#include <mote/engine.h>
#include <mote/store.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mote {

// Handles made in its lifetime end with it. Scopes of one store nest. Must not outlive the store.
class RefScope {
 public:
  explicit RefScope(Store& store);
  ~RefScope();
  RefScope(const RefScope&) = delete;
  RefScope& operator=(const RefScope&) = delete;

 private:
  Store::State* store_;
  size_t mark_;
};

struct FieldType {
  ValKind kind = ValKind::i32;
  uint8_t packed_bits = 0;  // 8 or 16: kept in so many bits of an i32; else 0
  bool is_mutable = false;
};

// A final structure or array type without a supertype. Types are compared by what they are, so it is also the type of that
// description in any module. Belongs to the engine and is valid as long as that.
class ObjectType {
 public:
  [[nodiscard]] static Result<ObjectType> structure(const Engine& engine, std::span<const FieldType> fields);
  [[nodiscard]] static Result<ObjectType> array(const Engine& engine, FieldType element);
  [[nodiscard]] uint32_t id() const { return id_; }

 private:
  explicit ObjectType(uint32_t id) : id_(id) {}
  uint32_t id_;
};

enum class ObjectKind : uint8_t { null, i31, structure, array, exception, number };  // number: of the embedder's
struct ObjectInfo {
  ObjectKind kind = ObjectKind::null;
  std::string type;   // as the specification writes it; of an exception its tag's
  uint32_t size = 0;  // fields, elements, or payload values
};

[[nodiscard]] Val i31(int32_t value);                       // its low 31 bits
[[nodiscard]] std::optional<int32_t> i31_value(Val value);  // sign-extended

[[nodiscard]] Result<ObjectInfo> object_info(const Store& store, Val object);
[[nodiscard]] bool same_object(const Store& store, Val a, Val b);
// `fields` in order; elements are `length` times `element`.
[[nodiscard]] Result<Val> new_structure(Store& store, const ObjectType& type, std::span<const Val> fields);
[[nodiscard]] Result<Val> new_array(Store& store, const ObjectType& type, uint32_t length, Val element);
// A field of a structure, an element of an array, a payload value of an exception. Packed ones are zero-extended.
[[nodiscard]] Result<Val> get_field(Store& store, Val object, uint32_t index);
[[nodiscard]] Result<void> set_field(Store& store, Val object, uint32_t index, Val value);  // fails where it is immutable
// Collects now. For tests and for measuring what is live: a guest needs no such help.
[[nodiscard]] Result<void> collect(Store& store);
struct HeapUse {
  uint64_t used_bytes = 0;      // objects, garbage included
  uint64_t capacity_bytes = 0;  // until the next collection
  uint64_t collections = 0;
};
[[nodiscard]] HeapUse heap_use(const Store& store);  // zeros: no guest of the store needs a heap

// Exceptions. A host function throws by returning Failure::thrown(exception); a call that no guest's frame caught for returns a
// Failure whose `exception` it is, which a host function may look at, handle, or return again.
[[nodiscard]] Result<Val> new_exception(Store& store, const Tag& tag, std::span<const Val> payload);
[[nodiscard]] Result<Tag> tag_of(const Store& store, Val exception);
[[nodiscard]] Result<std::vector<Val>> payload_of(Store& store, Val exception);

}  // namespace mote
