// Memories grow in place up to their maximum, their limits and the machine; guard regions fault; the base is where huge pages
// begin.
#include "engine/runtime/memory.h"

#include <mote/limits.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mote::runtime {
namespace {

constexpr uint64_t page = limits::page_size_bytes;

wasm::MemoryType type(uint64_t min, std::optional<uint64_t> max, wasm::AddressType address = wasm::AddressType::i32) {
  wasm::MemoryType out;
  out.limits = {.address = address, .is_shared = false, .min = min, .max = max};
  return out;
}
constexpr Memory::Bounds no_limit = {.size_bytes = limits::memory_size.hard};

class MemoryTest : public ::testing::TestWithParam<code::MemoryMode> {
 protected:
  std::unique_ptr<Memory> make(const wasm::MemoryType& type, const Memory::Bounds& bounds = no_limit) {
    auto memory = Memory::create(type, GetParam(), bounds, nullptr);
    EXPECT_TRUE(memory) << memory.error().message;
    return std::move(*memory);
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, MemoryTest, ::testing::Values(code::MemoryMode::guard, code::MemoryMode::dense));

TEST_P(MemoryTest, GrowsInPlaceUpToItsMaximumWithZeroes) {
  auto memory = make(type(1, 4));
  uint8_t* base = memory->bytes().data();
  base[0] = 1;
  EXPECT_EQ(memory->grow(0), 1u);
  EXPECT_EQ(memory->grow(3), 1u);
  EXPECT_EQ(memory->grow(1), std::nullopt);
  EXPECT_EQ(memory->grow(UINT64_MAX), std::nullopt);
  EXPECT_EQ(memory->bytes().data(), base);
  EXPECT_EQ(memory->bytes().size(), 4 * page);
  EXPECT_EQ(memory->bytes()[0], 1);
  EXPECT_EQ(memory->bytes()[4 * page - 1], 0);
  memory->bytes()[4 * page - 1] = 2;
}

TEST_P(MemoryTest, TheStoresLimitIsAMaximumToo) {
  auto memory = make(type(1, std::nullopt), {.size_bytes = 2 * page});
  EXPECT_EQ(memory->grow(2), std::nullopt);
  EXPECT_EQ(memory->grow(1), 1u);
  const auto refused = Memory::create(type(3, std::nullopt), GetParam(), {.size_bytes = 2 * page}, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
}

TEST_P(MemoryTest, AnEmptyMemoryHasABaseAndMayGrow) {
  auto memory = make(type(0, 1));
  EXPECT_NE(memory->bytes().data(), nullptr);
  EXPECT_EQ(memory->pages(), 0u);
  EXPECT_EQ(memory->grow(1), 0u);
  memory->bytes()[page - 1] = 1;
}

TEST_P(MemoryTest, Memory64KeepsItsReservationBelowTheCap) {
  auto memory = make(type(1, 1ull << 40, wasm::AddressType::i64));
  EXPECT_EQ(memory->grow(limits::memory64_reservation.standard / page), std::nullopt);
  EXPECT_EQ(memory->grow(limits::memory64_reservation.standard / page - 1), 1u);
  memory->bytes().back() = 1;
}

TEST_P(MemoryTest, TheBaseIsWhereHugePagesBegin) {
  auto memory = make(type(0, 1024));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory->bytes().data()) % os::huge_page_size, 0u);
}

// Whether huge pages were asked for at an address: the flag `hg` of its line in smaps.
bool asks_for_huge_pages(const void* at) {
  std::ifstream smaps("/proc/self/smaps");
  bool is_here = false;
  for (std::string line; std::getline(smaps, line);) {
    unsigned long long begin = 0, end = 0;
    const auto address = reinterpret_cast<uintptr_t>(at);
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2) is_here = begin <= address && address < end;
    if (is_here && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return false;
}

TEST_P(MemoryTest, HugePagesAreAskedForHoweverSmallTheSteps) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) GTEST_SKIP() << "this kernel has no huge pages";
  code::MemoryDef def = {};
  auto memory = Memory::create(type(17, 1024), GetParam(), no_limit, &def, /*huge_pages=*/true);
  ASSERT_TRUE(memory);
  while ((*memory)->pages() < 70) (*memory)->grow(1);
  const uint8_t* const data = (*memory)->bytes().data();
  EXPECT_TRUE(asks_for_huge_pages(data));
  EXPECT_TRUE(asks_for_huge_pages(data + os::huge_page_size));
  EXPECT_FALSE(asks_for_huge_pages(data + 2 * os::huge_page_size));  // not whole yet
}

TEST_P(MemoryTest, KeepsItsDefinitionWhereItWasTold) {
  code::MemoryDef def = {};
  auto memory = Memory::create(type(1, 2), GetParam(), no_limit, &def);
  ASSERT_TRUE(memory);
  EXPECT_EQ(def.length, page);
  EXPECT_EQ((*memory)->grow(1), 1u);
  EXPECT_EQ(def.length, 2 * page);
  EXPECT_EQ(def.base, (*memory)->bytes().data());
}

wasm::MemoryType shared(uint64_t min, uint64_t max) {
  wasm::MemoryType out = type(min, max);
  out.limits.is_shared = true;
  return out;
}

TEST_P(MemoryTest, ASharedOneMayReachItsMaximumOrIsRefusedByName) {
  auto memory = make(shared(1, 40'000));  // above what dense mode reserves for an unshared one
  EXPECT_EQ(memory->grow(39'999), 1u);
  memory->bytes().back() = 1;
  EXPECT_NE(memory->parking_lot(), nullptr);
  EXPECT_EQ(make(type(1, 1))->parking_lot(), nullptr);
  const auto refused = Memory::create(shared(1, 3), GetParam(), {.shared_size_bytes = 2 * page}, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::limit);
  EXPECT_NE(refused.error().message.find("max-shared-memory-size"), std::string::npos) << refused.error().message;
}

// Each thread grows by one page until none is left and touches what it got: every page goes to exactly one of them.
TEST_P(MemoryTest, ASharedOneIsGrownByThreadsWhileOthersUseIt) {
  constexpr uint64_t most = 400;
  auto memory = make(shared(1, most));
  std::atomic<uint64_t> grown = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (const auto old = memory->grow(1)) {
        const MutableBytes bytes = memory->bytes();
        EXPECT_GE(bytes.size(), (*old + 1) * page);
        EXPECT_EQ(std::exchange(bytes[*old * page], uint8_t{1}), 0);
        ++grown;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(grown, most - 1);
  EXPECT_EQ(memory->pages(), most);
}

TEST(GuardedMemory, ReservesWhatA32BitAddressAndASmallOffsetReach) {
  auto memory = Memory::create(type(1, 1), code::MemoryMode::guard, no_limit, nullptr);
  ASSERT_TRUE(memory);
  const uint8_t* base = (*memory)->bytes().data();
  EXPECT_TRUE((*memory)->reserves(base));
  EXPECT_TRUE((*memory)->reserves(base + (4ull << 30) + guard_size_bytes - 1));
  EXPECT_TRUE((*memory)->reserves(base - guard_size_bytes));
}

TEST(GuardedMemoryDeathTest, FaultsBehindItsLength) {
  auto memory = Memory::create(type(1, 2), code::MemoryMode::guard, no_limit, nullptr);
  ASSERT_TRUE(memory);
  volatile uint8_t* base = (*memory)->bytes().data();
  base[page - 1] = 1;
  EXPECT_DEATH(base[page] = 1, "");
}

}  // namespace
}  // namespace mote::runtime
