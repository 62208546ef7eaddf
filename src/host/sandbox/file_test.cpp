// Tests of file.h and refusal.h on real files.
#include "host/sandbox/file.h"

#include "host/sandbox/fake.h"
#include "host/sandbox/folder.h"
#include "host/sandbox/refusal.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace mote::sandbox {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = *os::make_temporary_folder("mote-file-test-");
    folder_ = std::move(*Folder::granted(test_grant(path_, Access::read_write)));
  }
  void TearDown() override { ASSERT_TRUE(os::remove_folder(path_)); }
  std::unique_ptr<File> open(Opening how) { return std::move(folder_->open("file", how)->file); }
  static Outcome<uint64_t> write(File& file, std::string text, std::optional<uint64_t> at = std::nullopt) {
    MutableBytes bytes(reinterpret_cast<uint8_t*>(text.data()), text.size());
    return file.write({&bytes, 1}, at);
  }
  static std::string read(File& file, size_t size, std::optional<uint64_t> at = std::nullopt) {
    std::string text(size, ' ');
    MutableBytes bytes(reinterpret_cast<uint8_t*>(text.data()), text.size());
    text.resize(file.read({&bytes, 1}, at).value_or(0));
    return text;
  }
  std::string path_;
  std::unique_ptr<Folder> folder_;
};

constexpr Opening making{.reads = true, .writes = true, .creates = true};

TEST_F(FileTest, ReadsAndWritesAtItsPositionAndElsewhere) {
  auto file = open(making);
  EXPECT_EQ(write(*file, "hello world"), 11u);
  EXPECT_EQ(file->seek(0, SeekFrom::position), 11u);
  EXPECT_EQ(write(*file, "J", 0), 1u);
  EXPECT_EQ(file->seek(0, SeekFrom::position), 11u);  // an offset moves nothing
  EXPECT_EQ(file->seek(-5, SeekFrom::end), 6u);
  EXPECT_EQ(file->readiness(false).bytes, 5u);
  EXPECT_EQ(read(*file, 100), "world");
  EXPECT_EQ(read(*file, 100), "");
  EXPECT_EQ(read(*file, 5, 0), "Jello");
  EXPECT_EQ(file->seek(1000, SeekFrom::start), 1000u);
  EXPECT_EQ(file->readiness(false).bytes, 0u);
  EXPECT_TRUE(file->readiness(true).is_ready);
  EXPECT_EQ(file->seek(-1, SeekFrom::start), std::unexpected(Refusal::invalid));
  EXPECT_EQ(write(*file, "x", ~0ull), std::unexpected(Refusal::invalid));
  EXPECT_EQ(file->status()->size, 11u);
}

TEST_F(FileTest, MovesManyPiecesInOrder) {
  auto file = open(making);
  std::string text, back(1000, ' ');
  std::vector<MutableBytes> pieces, into;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>('a' + i % 26);
  for (size_t i = 0; i < 1000; ++i) {
    pieces.emplace_back(reinterpret_cast<uint8_t*>(text.data()) + i, 1);
    into.emplace_back(reinterpret_cast<uint8_t*>(back.data()) + i, 1);
  }
  EXPECT_EQ(file->write(pieces), 1000u);
  EXPECT_EQ(file->read(into, 0), 1000u);
  EXPECT_EQ(back, text);
  EXPECT_EQ(file->read(into, 900), 100u);
  EXPECT_EQ(file->read({}), 0u);
  EXPECT_EQ(file->write({}), 0u);
}

TEST_F(FileTest, AppendsWhileItIsToldTo) {
  auto file = open({.reads = true, .writes = true, .creates = true, .appends = true});
  EXPECT_EQ(write(*file, "one"), 3u);
  EXPECT_EQ(file->seek(0, SeekFrom::start), 0u);
  EXPECT_EQ(write(*file, "two"), 3u);
  ASSERT_TRUE(file->set_appending(false));
  EXPECT_EQ(file->seek(0, SeekFrom::start), 0u);
  EXPECT_EQ(write(*file, "ONE"), 3u);
  EXPECT_EQ(read(*file, 100, 0), "ONEtwo");
}

TEST_F(FileTest, SizesTimesAndAdvice) {
  auto file = open(making);
  ASSERT_TRUE(file->set_size(100));
  EXPECT_EQ(file->status()->size, 100u);
  EXPECT_EQ(file->set_size(~0ull), Outcome<void>(std::unexpected(Refusal::invalid)));
  ASSERT_TRUE(file->allocate(50, 100));
  EXPECT_EQ(file->status()->size, 150u);
  ASSERT_TRUE(file->allocate(0, 10));  // never shrinks
  EXPECT_EQ(file->status()->size, 150u);
  EXPECT_EQ(file->allocate(0, 0), Outcome<void>(std::unexpected(Refusal::invalid)));
  EXPECT_FALSE(file->allocate(1ull << 62, 1ull << 62));
  EXPECT_EQ(file->advise(~0ull, 1, Advice::normal), Outcome<void>(std::unexpected(Refusal::invalid)));
  for (int i = 0; i <= static_cast<int>(Advice::once); ++i) EXPECT_TRUE(file->advise(0, 0, static_cast<Advice>(i)));
  ASSERT_TRUE(file->set_times({NewTime::Kind::at, 1}, {NewTime::Kind::at, 2'000'000'001}));
  EXPECT_EQ(file->status()->accessed_ns, 1);
  EXPECT_EQ(file->status()->modified_ns, 2'000'000'001);
  EXPECT_TRUE(file->flush(Flush::data));
  EXPECT_TRUE(file->flush(Flush::everything));
}

TEST_F(FileTest, OpenedForOneIsNotOpenedForTheOther) {
  write(*open(making), "text").value();
  EXPECT_EQ(write(*open({}), "x"), std::unexpected(Refusal::bad_descriptor));
  auto writer = open({.reads = false, .writes = true});
  uint8_t byte;
  MutableBytes bytes(&byte, 1);
  EXPECT_EQ(writer->read({&bytes, 1}), std::unexpected(Refusal::bad_descriptor));
}

TEST(Refusals, HaveOneTable) {
  EXPECT_EQ(refusal(ENOENT), Refusal::not_found);
  EXPECT_EQ(refusal(EXDEV), Refusal::other_file_system);
  EXPECT_EQ(refusal(EDQUOT), Refusal::no_space);
  EXPECT_EQ(refusal(EMFILE), Refusal::too_many_open);
  EXPECT_EQ(refusal(12345), Refusal::io_failure);
}

}  // namespace
}  // namespace mote::sandbox
