// Tests of grant.h on real folders: rights apart from each other, quotas, and what is noted of refusals.
#include "host/sandbox/grant.h"

#include "base/os/file.h"
#include "host/sandbox/fake.h"
#include "host/sandbox/folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace mote::sandbox {
namespace {

namespace fs = std::filesystem;

class GrantTest : public testing::Test, protected calls::DenialListener {
 protected:
  void SetUp() override {
    base_ = *os::make_temporary_folder("mote-grant-test-");
    std::ofstream(base_ / "old") << "content";
    denials_.add(*this);
    grant_ = test_grant(base_.string(), Access::read_write, &denials_);
    grant_->guest = "/data";
    grant_->is_of_policy = true;
    grant_->rule = "p.toml:3";
  }
  void TearDown() override { ASSERT_TRUE(os::remove_folder(base_.string())); }
  void denied(const calls::Denial& denial) override { noted_.push_back(std::string(denial.kind) + ": " + denial.text()); }
  Folder& folder() {
    if (!folder_) folder_ = std::move(*Folder::granted(grant_));
    return *folder_;
  }
  std::unique_ptr<File> open(const std::string& name, Opening how) {
    auto opened = folder().open(name, how);
    return opened ? std::move(opened->file) : nullptr;
  }
  static Outcome<uint64_t> write(File& file, size_t size, std::optional<uint64_t> at = std::nullopt) {
    std::vector<uint8_t> content(size, 'x');
    const MutableBytes pieces[] = {MutableBytes(content).first(size / 2), MutableBytes(content).subspan(size / 2)};
    return file.write(pieces, at);
  }
  fs::path base_;
  calls::Denials denials_;
  std::shared_ptr<Grant> grant_;
  std::unique_ptr<Folder> folder_;
  std::vector<std::string> noted_;
};

constexpr Opening reading{}, writing{.reads = false, .writes = true}, making{.reads = false, .writes = true, .creates = true};

TEST_F(GrantTest, WritingWithoutCreating) {
  grant_->creates = false;
  EXPECT_TRUE(open("old", making));
  EXPECT_EQ(folder().open("new", making).error(), Refusal::access_denied);
  EXPECT_EQ(folder().unlink("old").error(), Refusal::access_denied);
  EXPECT_EQ(folder().rename("old", folder(), "new").error(), Refusal::access_denied);
  EXPECT_EQ(noted_[0], "create: make \"/data/new\": refused by p.toml:3; [fs] \"/data\" = { host = \"" + base_.string() +
                           "\", read = true, write = true, create = true } would allow it");
  EXPECT_EQ(noted_.size(), 3u);
}

TEST_F(GrantTest, WritingWithoutReading) {
  grant_->reads = false;
  EXPECT_TRUE(open("old", writing));
  EXPECT_EQ(folder().open("old", reading).error(), Refusal::access_denied);
  EXPECT_EQ(folder().status_of("old", Follow::no).error(), Refusal::access_denied);
  EXPECT_EQ(folder().list(0, 1000, [](const Folder::Entry&) { return true; }).error(), Refusal::access_denied);
}

TEST_F(GrantTest, WhatLiesOutsideIsNotedAndNeverLetThrough) {
  grant_->lets_through = true;
  EXPECT_EQ(folder().open("../../etc/passwd", reading).error(), Refusal::outside);
  EXPECT_EQ(folder().make_link("/etc", "x").error(), Refusal::outside);
  EXPECT_EQ(noted_[0],
            "outside: open \"/data/../../etc/passwd\", which leads out of \"/data\": refused by p.toml:3; nothing can allow it");
}

TEST_F(GrantTest, LettingThroughNotesOnly) {
  grant_->writes = grant_->creates = false;
  grant_->lets_through = true;
  EXPECT_TRUE(open("new", making));
  EXPECT_TRUE(fs::exists(base_ / "new"));
  EXPECT_EQ(noted_.size(), 2u);
}

TEST_F(GrantTest, BytesAreCountedNet) {
  grant_->bytes_most = 100;
  auto file = open("new", making);
  EXPECT_EQ(write(*file, 60), 60u);
  EXPECT_EQ(write(*file, 60), 40u);  // what there is room for
  EXPECT_EQ(write(*file, 1).error(), Refusal::quota_exceeded);
  EXPECT_EQ(write(*file, 50, 0), 50u);  // over what is there
  EXPECT_EQ(write(*file, 10, 1000).error(), Refusal::quota_exceeded);
  EXPECT_EQ(file->set_size(1000).error(), Refusal::quota_exceeded);
  EXPECT_EQ(file->allocate(90, 20).error(), Refusal::quota_exceeded);
  EXPECT_TRUE(file->set_size(30));
  EXPECT_EQ(write(*file, 100, 30), 70u);
  file.reset();
  EXPECT_TRUE(folder().unlink("new"));
  file = open("old", {.reads = false, .writes = true, .truncates = true});  // gives back no more than was taken
  EXPECT_EQ(write(*file, 200), 100u);
  EXPECT_EQ(fs::file_size(base_ / "old"), 100u);
}

TEST_F(GrantTest, GrantsOfOneFileKnowItsSizeTogether) {
  grant_->bytes_most = 100;
  auto other = std::make_shared<Grant>(*grant_);
  other->rule = "another";
  const auto by_other = std::move(*Folder::granted(other));
  auto file = open("new", making);
  EXPECT_EQ(write(*file, 100), 100u);
  // What the other one takes away is no room that can be filled again for nothing.
  EXPECT_TRUE(by_other->open("new", {.reads = false, .writes = true})->file->set_size(0));
  EXPECT_EQ(write(*file, 10, 0).error(), Refusal::quota_exceeded);
  const auto second = open("new", writing);
  EXPECT_TRUE(file->seek(0, SeekFrom::start));
  EXPECT_EQ(write(*second, 1).error(), Refusal::quota_exceeded);
}

TEST_F(GrantTest, PositionsAreFollowed) {
  grant_->bytes_most = 10;
  auto file = open("old", {.reads = true, .writes = true});
  std::vector<uint8_t> some(3);
  const MutableBytes pieces[] = {MutableBytes(some)};
  EXPECT_EQ(file->read(pieces), 3u);
  EXPECT_EQ(write(*file, 4), 4u);  // to the end of the seven bytes
  EXPECT_EQ(write(*file, 10), 10u);
  EXPECT_EQ(write(*file, 1).error(), Refusal::quota_exceeded);
  EXPECT_EQ(*file->seek(0, SeekFrom::position), 17u);
  EXPECT_TRUE(file->seek(2, SeekFrom::start));
  EXPECT_EQ(write(*file, 15), 15u);
}

TEST_F(GrantTest, AppendingIsCountedFromTheEnd) {
  grant_->bytes_most = 5;
  auto file = open("old", {.reads = false, .writes = true, .appends = true});
  EXPECT_EQ(write(*file, 9), 5u);
  EXPECT_EQ(write(*file, 1).error(), Refusal::quota_exceeded);
}

TEST_F(GrantTest, FilesAreCountedNet) {
  grant_->files_most = 2;
  EXPECT_TRUE(open("a", making));
  EXPECT_TRUE(open("a", making));  // it is there
  EXPECT_TRUE(folder().make_folder("b"));
  EXPECT_EQ(folder().open("c", making).error(), Refusal::quota_exceeded);
  EXPECT_EQ(folder().make_folder("c").error(), Refusal::quota_exceeded);
  EXPECT_EQ(folder().make_link("a", "c").error(), Refusal::quota_exceeded);
  EXPECT_EQ(folder().link("a", folder(), "c").error(), Refusal::quota_exceeded);
  EXPECT_TRUE(folder().rename("a", folder(), "d"));
  EXPECT_TRUE(folder().unlink("d"));
  EXPECT_TRUE(folder().make_link("a", "c"));
  EXPECT_EQ(folder().make_folder("e").error(), Refusal::quota_exceeded);
  EXPECT_TRUE(open("old", making));
}

TEST(ShownName, IsFitForATerminal) {
  EXPECT_EQ(shown_name("a\x1b[2J\"\\\n"), "\"a\\x1b[2J\\x22\\x5c\\x0a\"");
  EXPECT_EQ(shown_name(std::string(300, 'a')).size(), 205u);
}

}  // namespace
}  // namespace mote::sandbox
