// Files: read whole within a limit, written atomically, with errors that name path and reason.
#include "base/os/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mote::os {
namespace {

class FileTest : public ::testing::Test {
 protected:
  FileTest() : folder(make_temporary_folder("mote-file-").value()) {}
  ~FileTest() override { EXPECT_TRUE(remove_folder(folder)); }
  std::string folder;
};

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text(const std::vector<uint8_t>& content) {
  return {content.begin(), content.end()};
}

TEST_F(FileTest, WritesReplaceWholeFilesAndLeaveNothingBeside) {
  const std::string path = folder + "/a";
  ASSERT_TRUE(write_file(path, bytes("first, longer"), 0600));
  ASSERT_TRUE(write_file(path, bytes("second")));
  EXPECT_EQ(text(*read_file(path, 100)), "second");
  EXPECT_EQ(identity(path)->mode, 0644u);
  EXPECT_EQ(list_folder(folder)->size(), 1u);
}

TEST_F(FileTest, ReadersOfTheOldFileKeepIt) {
  const std::string path = folder + "/a";
  ASSERT_TRUE(write_file(path, bytes("old")));
  auto open = File::open(path);
  ASSERT_TRUE(open);
  ASSERT_TRUE(write_file(path, bytes("new")));
  std::array<uint8_t, 8> content{};
  EXPECT_EQ(*open->read_at(0, content), 3u);
  EXPECT_EQ(content[0], 'o');
  EXPECT_NE(*open->identity(), *identity(path));
}

TEST_F(FileTest, ErrorsNamePathAndReason) {
  const auto missing = read_file(folder + "/none", 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::not_found);
  EXPECT_EQ(missing.error().message, "cannot open " + folder + "/none: No such file or directory");
  EXPECT_EQ(read_file(folder, 10).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(write_file(folder + "/no/such", bytes("x")).error().kind, ErrorKind::not_found);
}

TEST_F(FileTest, TheSizeLimitHoldsForFilesAndPipes) {
  const std::string path = folder + "/a";
  ASSERT_TRUE(write_file(path, std::vector<uint8_t>(100)));
  EXPECT_TRUE(read_file(path, 100));
  EXPECT_EQ(read_file(path, 99).error().kind, ErrorKind::limit);
  EXPECT_EQ(read_file("/dev/zero", 1 << 20).error().kind, ErrorKind::limit);
  EXPECT_EQ(read_file("/dev/null", 0)->size(), 0u);
  EXPECT_GT(read_file("/proc/self/maps", 1 << 20)->size(), 0u);  // says that its size is 0
  EXPECT_GE(read_file("/proc/sys/vm/max_map_count", 64)->size(), 5u);
}

TEST_F(FileTest, FoldersAreMadeWithParentsAndRemovedWithoutFollowingLinks) {
  ASSERT_TRUE(make_folder(folder + "/x/y/z", 0700));
  ASSERT_TRUE(make_folder(folder + "/x/y/z", 0700));
  EXPECT_EQ(identity(folder + "/x/y/z")->mode, 0700u);
  ASSERT_TRUE(write_file(folder + "/keep", bytes("x")));
  ASSERT_EQ(symlink((folder + "/keep").c_str(), (folder + "/x/link").c_str()), 0);
  ASSERT_TRUE(remove_folder(folder + "/x"));
  EXPECT_TRUE(exists(folder + "/keep"));
  EXPECT_FALSE(make_folder(folder + "/keep"));
}

TEST_F(FileTest, RenamesAndSaysWhyNot) {
  ASSERT_TRUE(write_file(folder + "/a", bytes("x")));
  ASSERT_TRUE(rename_file(folder + "/a", folder + "/b"));
  EXPECT_FALSE(exists(folder + "/a"));
  EXPECT_EQ(text(*read_file(folder + "/b", 10)), "x");
  const auto missing = rename_file(folder + "/a", folder + "/c");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "cannot rename " + folder + "/a to " + folder + "/c: No such file or directory");
}

TEST_F(FileTest, WritingToAClosedDescriptorIsAnError) {
  EXPECT_FALSE(write_all(-1, bytes("x")));
  EXPECT_FALSE(is_terminal(-1));
}

TEST(File, IsHeldByOne) {
  const std::string folder = *make_temporary_folder("mote-file-test-");
  const std::string path = folder + "/held";
  {
    const auto first = File::open_exclusively(path);
    ASSERT_TRUE(first && *first);
    const auto second = File::open_exclusively(path);
    ASSERT_TRUE(second.has_value());
    EXPECT_FALSE(static_cast<bool>(*second));
    const uint8_t bytes[] = {1, 2, 3};
    ASSERT_TRUE(first->write_at(0, bytes).has_value());
    ASSERT_TRUE(remove_file(path).has_value());
    const auto third = File::open_exclusively(path);  // another file of that name
    EXPECT_TRUE(third && *third);
  }
  const auto after = File::open_exclusively(path);
  EXPECT_TRUE(after && *after);
  EXPECT_FALSE(File::open_exclusively(folder + "/no/such").has_value());
  (void)remove_folder(folder);
}

}  // namespace
}  // namespace mote::os
