// The code map finds what was added, page by page, and only while it is there; also under concurrent readers.
#include "engine/code/image_map.h"

#include "base/os/memory_map.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace mote::code {
namespace {

// Only the address matters here.
const Image* fake(uint64_t number) {
  return reinterpret_cast<const Image*>(number * 16);
}

TEST(ImageMap, FindsExactlyTheRange) {
  os::Mapping pages = *os::Mapping::reserve(4 * os::page_size);
  Bytes code = pages.bytes().subspan(os::page_size, 2 * os::page_size);
  ASSERT_TRUE(add_to_map(code, fake(1)));
  EXPECT_EQ(find_image(code.data() - 1), nullptr);
  EXPECT_EQ(find_image(code.data()), fake(1));
  EXPECT_EQ(find_image(code.data() + code.size() - 1), fake(1));
  EXPECT_EQ(find_image(code.data() + code.size()), nullptr);
  remove_from_map(code);
  EXPECT_EQ(find_image(code.data()), nullptr);
}

TEST(ImageMap, ForeignAddresses) {
  EXPECT_EQ(find_image(nullptr), nullptr);
  EXPECT_EQ(find_image(reinterpret_cast<const void*>(UINT64_MAX)), nullptr);
  EXPECT_EQ(find_image(reinterpret_cast<const void*>(1ull << 47)), nullptr);
  EXPECT_EQ(find_image(reinterpret_cast<const void*>(&find_image)), nullptr);
}

TEST(ImageMap, RangeOverTwoLeaves) {
  constexpr uint64_t span = 1ull << 30;
  os::Mapping area = *os::Mapping::reserve(2 * span);
  uint64_t border = align_up(reinterpret_cast<uint64_t>(area.data()) + os::page_size, span);
  Bytes code(reinterpret_cast<const uint8_t*>(border - os::page_size), 2 * os::page_size);
  ASSERT_TRUE(add_to_map(code, fake(2)));
  EXPECT_EQ(find_image(code.data()), fake(2));
  EXPECT_EQ(find_image(code.data() + os::page_size), fake(2));
  remove_from_map(code);
}

TEST(ImageMap, ReadersSeeAllOrNothingOfASlot) {
  os::Mapping pages = *os::Mapping::reserve(64 * os::page_size);
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0, seen = 0;
  std::thread reader([&] {
    while (!stop) {
      for (uint64_t page = 0; page < 64; page++) {
        const Image* found = find_image(pages.data() + page * os::page_size);
        if (found != nullptr && found != fake(page + 1)) wrong++;
        if (found != nullptr) seen++;
      }
    }
  });
  for (int round = 0; round < 2000 || seen == 0; round++) {
    for (uint64_t page = 0; page < 64; page++) {
      ASSERT_TRUE(add_to_map(pages.bytes().subspan(page * os::page_size, os::page_size), fake(page + 1)));
    }
    for (uint64_t page = 0; page < 64; page++) remove_from_map(pages.bytes().subspan(page * os::page_size, os::page_size));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(seen, 0u);
}

}  // namespace
}  // namespace mote::code
