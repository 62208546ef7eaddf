// Tests of node.h: what opening promises, which host/sandbox builds upon. The rest is tested there, through folders and files.
#include "base/os/node.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace mote::os {
namespace {

class Nodes : public testing::Test {
 protected:
  void SetUp() override {
    path_ = *make_temporary_folder("mote-node-test-");
    folder_ = std::move(*open_in(current_folder, path_, opening::folder));
  }
  void TearDown() override { ASSERT_TRUE(remove_folder(path_)); }
  std::string path_;
  File folder_;
};

TEST_F(Nodes, OpensCloseOnExecAndReportsTheErrno) {
  EXPECT_EQ(open_in(folder_.descriptor(), "missing", 0).error(), ENOENT);
  const auto file = open_in(folder_.descriptor(), "new", opening::write | opening::create | opening::exclusive);
  ASSERT_TRUE(file);
  EXPECT_EQ(fcntl(file->descriptor(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_EQ(fcntl(file->descriptor(), F_GETFL) & O_ACCMODE, O_WRONLY);
  EXPECT_EQ(open_in(folder_.descriptor(), "new", opening::write | opening::create | opening::exclusive).error(), EEXIST);
  EXPECT_EQ(open_in(folder_.descriptor(), "new", opening::folder).error(), ENOTDIR);
}

TEST_F(Nodes, BeneathMeansBeneath) {
  const auto out = open_beneath(folder_.descriptor(), "..", opening::folder);
  ASSERT_FALSE(out);
  if (out.error() == ENOSYS) GTEST_SKIP() << "this kernel has no openat2";
  EXPECT_EQ(out.error(), EXDEV);
  EXPECT_EQ(open_beneath(folder_.descriptor(), "/", opening::folder).error(), EXDEV);
  EXPECT_TRUE(open_beneath(folder_.descriptor(), ".", opening::folder));
}

TEST_F(Nodes, APathOnlyDescriptorNamesALink) {
  ASSERT_TRUE(make_link_in("nowhere", folder_.descriptor(), "link"));
  const auto link = open_in(folder_.descriptor(), "link", opening::path_only | opening::no_follow);
  ASSERT_TRUE(link);
  EXPECT_EQ(status(link->descriptor())->kind, NodeKind::symbolic_link);
  EXPECT_EQ(link_target(link->descriptor(), ""), "nowhere");
  ASSERT_TRUE(set_times(link->descriptor(), {NewTime::Kind::at, 7}, {NewTime::Kind::at, 8}));
  EXPECT_EQ(status_in(folder_.descriptor(), "link")->modified_ns, 8);
  EXPECT_EQ(unlink_in(folder_.descriptor(), "missing").error(), ENOENT);
}

TEST_F(Nodes, KnowsTheKernelsTables) {
  EXPECT_EQ(file_system_kind(folder_.descriptor()), FileSystemKind::storage);
  const auto processes = open_in(current_folder, "/proc", opening::folder);
  ASSERT_TRUE(processes);
  EXPECT_EQ(file_system_kind(processes->descriptor()), FileSystemKind::processes);
}

}  // namespace
}  // namespace mote::os
