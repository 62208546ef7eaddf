// Address space: reserved ranges fault until committed; files are private views.
#include "base/os/memory_map.h"

#include "base/os/memory_file.h"
#include "base/os/touched_pages.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

namespace mote::os {
namespace {

TEST(Mapping, ReservedSpaceIsLargeAndBecomesZeroedMemory) {
  auto mapping = Mapping::reserve(1ull << 36);  // 64 GiB: more than the machine has
  ASSERT_TRUE(mapping);
  ASSERT_TRUE(mapping->protect(page_size, 2 * page_size, Access::read_write));
  EXPECT_EQ(mapping->data()[page_size], 0);
  mapping->data()[3 * page_size - 1] = 7;
  EXPECT_EQ(mapping->data()[3 * page_size - 1], 7);
}

TEST(MappingDeathTest, TouchingReservedSpaceFaults) {
  auto mapping = Mapping::reserve(page_size);
  ASSERT_TRUE(mapping);
  EXPECT_DEATH(*static_cast<volatile uint8_t*>(mapping->data()) = 1, "");
}

TEST(Mapping, TellsWhatItContains) {
  auto mapping = Mapping::anonymous(2 * page_size);
  ASSERT_TRUE(mapping);
  EXPECT_TRUE(mapping->contains(mapping->data()));
  EXPECT_TRUE(mapping->contains(mapping->data() + 2 * page_size - 1));
  EXPECT_FALSE(mapping->contains(mapping->data() + 2 * page_size));
  EXPECT_FALSE(mapping->contains(mapping->data() - 1));
  EXPECT_FALSE(Mapping().contains(mapping->data()));
}

TEST(Mapping, CopiedCodeRunsOnceItIsExecutable) {
  auto mapping = Mapping::anonymous(page_size);
  ASSERT_TRUE(mapping);
  const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov eax, 42; ret
  std::copy(std::begin(code), std::end(code), mapping->data());
  ASSERT_TRUE(mapping->protect(0, page_size, Access::read_execute));
  EXPECT_EQ(reinterpret_cast<int (*)()>(mapping->data())(), 42);
}

TEST(Mapping, FilesAreMappedPrivately) {
  auto folder = make_temporary_folder("mote-map-");
  ASSERT_TRUE(folder);
  const std::string path = *folder + "/file";
  std::vector<uint8_t> content(2 * page_size, 'a');
  content[page_size] = 'b';
  ASSERT_TRUE(write_file(path, content));
  auto file = File::open(path);
  ASSERT_TRUE(file);
  auto view = Mapping::file(*file, page_size, page_size);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->data()[0], 'b');
  EXPECT_EQ(read_file(path, 1 << 20)->at(0), 'a');
  EXPECT_TRUE(remove_folder(*folder));
}

TEST(Mapping, SaysWhyThereIsNoRoom) {
  const auto mapping = Mapping::reserve(1ull << 60);
  ASSERT_FALSE(mapping);
  EXPECT_EQ(mapping.error().kind, ErrorKind::unavailable);
}

TEST(MemoryFile, IsShownInManyPlacesEachWithItsOwnChanges) {
  const auto bytes = Mapping::anonymous(3 * page_size);
  ASSERT_TRUE(bytes);
  std::memset(bytes->data(), 7, bytes->size());
  const auto file = MemoryFile::create(bytes->bytes());
  ASSERT_TRUE(file) << file.error().message;
  auto a = Mapping::anonymous(4 * page_size), b = Mapping::anonymous(4 * page_size);
  ASSERT_TRUE(a && b);
  ASSERT_TRUE(file->show_at(a->data()) && file->show_at(b->data()));
  a->data()[100] = 1;
  a->data()[3 * page_size] = 2;  // behind what it shows
  EXPECT_EQ(b->data()[100], 7);
  EXPECT_EQ(file->bytes()[100], 7);
  EXPECT_TRUE(discard(a->data(), page_size));
  EXPECT_EQ(a->data()[100], 7) << "the file again";
  ASSERT_TRUE(show_zeros(a->data(), 3 * page_size));
  EXPECT_EQ(a->data()[100], 0);
  EXPECT_EQ(a->data()[3 * page_size], 2);
}

TEST(TouchedPages, AreThoseAndNoOthers) {
  auto memory = Mapping::anonymous(2000 * page_size);
  ASSERT_TRUE(memory);
  memory->refuse_huge_pages();
  for (const uint64_t page : {3, 4, 511, 512, 513, 1999}) memory->data()[page * page_size + 5] = page == 512 ? 0 : 1;
  EXPECT_EQ(
      touched_pages(memory->bytes()),
      (std::vector<PageRun>{{3 * page_size, 2 * page_size}, {511 * page_size, 3 * page_size}, {1999 * page_size, page_size}}));
  EXPECT_EQ(nonzero_pages(memory->bytes()), (std::vector<PageRun>{{3 * page_size, 2 * page_size},
                                                                  {511 * page_size, page_size},
                                                                  {513 * page_size, page_size},
                                                                  {1999 * page_size, page_size}}));
}

TEST(TouchedPages, ManyAreTouchedAtOnce) {
  auto memory = Mapping::anonymous(20 * page_size);
  ASSERT_TRUE(memory);
  memory->refuse_huge_pages();
  touch_to_write({memory->data() + 3 * page_size + 5, 2 * page_size});
  touch_to_write({memory->data() + 9 * page_size, 0});
  EXPECT_EQ(touched_pages(memory->bytes()), (std::vector<PageRun>{{3 * page_size, 3 * page_size}}));
  EXPECT_EQ(nonzero_pages(memory->bytes()), std::vector<PageRun>());
}

}  // namespace
}  // namespace mote::os
