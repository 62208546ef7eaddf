// The heap by itself: what survives a collection, growth and its limit, zeal, and being stopped in the middle.
#include "engine/runtime/heap.h"

#include "engine/runtime/store.h"

#include <gtest/gtest.h>

namespace mote::runtime {
namespace {

using wasm::FieldType;
using wasm::HeapType;
using wasm::ValueType;

constexpr ValueType anyref = ValueType::ref(HeapType::any, true);

wasm::SubType structure(std::vector<FieldType> fields) {
  wasm::SubType type{.kind = wasm::CompositeKind::struct_};
  type.struct_.fields = std::move(fields);
  return type;
}
wasm::SubType array(FieldType element) {
  wasm::SubType type{.kind = wasm::CompositeKind::array};
  type.array.element = element;
  return type;
}

class HeapTest : public testing::Test {
 protected:
  void make_store(StoreLimits limits = {}) {
    store_ = std::make_unique<Store>(engine_, limits);
    heap_ = *store_->require_heap();
  }
  uint32_t make(TypeId type) { return *heap_->new_object(type, *store_); }
  // node: value at 8, next at 12.
  uint32_t make_list(uint32_t length) {
    uint32_t head = 0;
    const LocalRoots roots(*store_, std::span(&head, 1));
    for (uint32_t i = 0; i < length; ++i) {
      const uint32_t made = make(node_);
      *heap_->at<uint32_t>(made, 8) = i;
      *heap_->at<uint32_t>(made, 12) = head;
      head = made;
    }
    return head;
  }
  uint32_t length_of(uint32_t list) const {
    uint32_t length = 0;
    uint32_t expected = list == 0 ? 0 : *heap_->at<uint32_t>(list, 8);
    for (; list != 0; list = *heap_->at<uint32_t>(list, 12)) {
      EXPECT_EQ(*heap_->at<uint32_t>(list, 8), expected--);
      ++length;
    }
    return length;
  }

  std::shared_ptr<Engine> engine_ = std::make_shared<Engine>();
  TypeId node_ = *engine_->types().add(structure({{.type = wasm::i32, .is_mutable = true}, {.type = anyref, .is_mutable = true}}));
  std::unique_ptr<Store> store_;
  Heap* heap_ = nullptr;
};

TEST_F(HeapTest, AListSurvivesManyCollectionsAndGrowsTheHeap) {
  make_store();
  const uint32_t list = make_list(200'000);
  EXPECT_EQ(length_of(list), 200'000u);
  EXPECT_GT(heap_->collections(), 2u);
  EXPECT_GE(heap_->capacity_bytes(), 200'000u * 16);
}

TEST_F(HeapTest, GarbageAloneNeverGrowsIt) {
  make_store();
  (void)make(node_);
  const uint64_t capacity = heap_->capacity_bytes();
  for (int i = 0; i < 1'000'000; ++i) (void)make(node_);
  EXPECT_EQ(heap_->capacity_bytes(), capacity);
  ASSERT_TRUE(heap_->collect(*store_));
  EXPECT_EQ(heap_->used_bytes(), 0u);
}

TEST_F(HeapTest, TheLimitIsAFailureAndWhatThereIsStaysUsable) {
  make_store({.gc_heap_bytes = 1 << 20});
  uint32_t head = 0;
  const LocalRoots roots(*store_, std::span(&head, 1));
  uint32_t length = 0;
  while (const auto made = heap_->new_object(node_, *store_)) {
    *heap_->at<uint32_t>(*made, 8) = length++;
    *heap_->at<uint32_t>(*made, 12) = head;
    head = *made;
  }
  EXPECT_EQ(heap_->new_object(node_, *store_).error(), Heap::Failure::limit);
  EXPECT_EQ(length, ((1 << 20) - 8) / 16);
  EXPECT_EQ(length_of(head), length);
  head = *heap_->at<uint32_t>(head, 12);  // one object less: there is room for one again
  EXPECT_TRUE(heap_->new_object(node_, *store_));
}

TEST_F(HeapTest, AnArrayBeyondTheLimitIsRefusedWithoutACollection) {
  make_store({.gc_heap_bytes = 1 << 20});
  const TypeId bytes = *engine_->types().add(array({.type = wasm::i32, .packed = wasm::PackedKind::i8, .is_mutable = true}));
  EXPECT_EQ(heap_->new_array(bytes, UINT32_MAX, *store_).error(), Heap::Failure::limit);
  EXPECT_EQ(heap_->collections(), 0u);
  const auto fits = heap_->new_array(bytes, (1 << 20) - 24, *store_);
  ASSERT_TRUE(fits);
  EXPECT_EQ(heap_->array_length(*fits), (1u << 20) - 24);
}

TEST_F(HeapTest, FieldsElementsAndPayloadsAreFollowedNumbersAreNot) {
  make_store();
  const TypeId mixed =
      *engine_->types().add(structure({{.type = wasm::i64}, {.type = anyref}, {.type = wasm::i32}, {.type = anyref}}));
  const TypeId list = *engine_->types().add(array({.type = anyref, .is_mutable = true}));
  const TypeId thrown = *engine_->types().add(wasm::FuncType{{wasm::i32, anyref}, {}});
  uint32_t roots_array[3] = {};
  const LocalRoots roots(*store_, roots_array);
  roots_array[0] = make(mixed);
  roots_array[1] = *heap_->new_array(list, 3, *store_);
  roots_array[2] = make(thrown);
  const uint32_t leaf = make_list(1);
  *heap_->at<uint64_t>(roots_array[0], 8) = leaf;  // a number that looks like a reference
  *heap_->at<uint32_t>(roots_array[0], 24) = leaf;
  *heap_->at<uint32_t>(roots_array[1], 12 + 4) = leaf;
  *heap_->at<uint32_t>(roots_array[1], 12) = 7 << 1 | code::i31_bit;
  *heap_->at<uint32_t>(roots_array[1], 12 + 8) = 5 << 2 | code::host_reference_bits;
  *heap_->at<uint32_t>(roots_array[2], 20) = leaf;
  ASSERT_TRUE(heap_->collect(*store_));
  const uint32_t moved = *heap_->at<uint32_t>(roots_array[0], 24);
  EXPECT_NE(moved, leaf);
  EXPECT_EQ(*heap_->at<uint64_t>(roots_array[0], 8), leaf);
  EXPECT_EQ(*heap_->at<uint32_t>(roots_array[1], 12 + 4), moved);  // one object stays one object
  EXPECT_EQ(*heap_->at<uint32_t>(roots_array[1], 12), 7u << 1 | code::i31_bit);
  EXPECT_EQ(*heap_->at<uint32_t>(roots_array[1], 12 + 8), 5u << 2 | code::host_reference_bits);
  EXPECT_EQ(*heap_->at<uint32_t>(roots_array[2], 20), moved);
  EXPECT_EQ(length_of(moved), 1u);
}

TEST_F(HeapTest, ZealCollectsAtEachAllocationAndTakesTheOldSpaceAway) {
  make_store({.gc_zeal = true});
  const uint32_t list = make_list(100);
  EXPECT_EQ(length_of(list), 100u);
  EXPECT_EQ(heap_->collections(), 100u);
  EXPECT_EQ(store_->context.gc_limit, 0u);  // compiled code never allocates by itself
  (void)make(node_);
  EXPECT_DEATH((void)*static_cast<volatile uint32_t*>(heap_->at<uint32_t>(list, 8)), "");
}

TEST_F(HeapTest, AStoreThatIsToBeStoppedGivesUpAndResetMakesTheHeapWhole) {
  make_store();
  uint32_t list = make_list(10'000);
  const LocalRoots roots(*store_, std::span(&list, 1));
  store_->context.interrupt.store(code::interrupt_kill);
  EXPECT_EQ(heap_->collect(*store_).error(), Heap::Failure::stopped);
  store_->context.interrupt.store(0);
  EXPECT_EQ(heap_->new_object(node_, *store_).error(), Heap::Failure::stopped);
  list = 0;
  const auto content = heap_->reset(32);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->size(), 32u);
  EXPECT_EQ(content->data(), heap_->base() + code::object_alignment);
  EXPECT_EQ(length_of(make_list(10)), 10u);
}

TEST_F(HeapTest, HostRootsAndGlobalsOfTheHostAreRoots) {
  make_store();
  const uint32_t number = store_->host_roots().add(make_list(5));
  Global* global = store_->add_global({anyref, true}, {});
  store_le(global->value->bytes, uint64_t{make_list(7)});
  ASSERT_TRUE(heap_->collect(*store_));
  ASSERT_TRUE(heap_->collect(*store_));
  EXPECT_EQ(length_of(store_->host_roots().get(number)), 5u);
  EXPECT_EQ(length_of(load_le<uint32_t>(global->value->bytes)), 7u);
  EXPECT_EQ(heap_->used_bytes(), 12u * 16);
}

}  // namespace
}  // namespace mote::runtime
