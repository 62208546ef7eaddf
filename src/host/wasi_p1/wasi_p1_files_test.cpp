// Tests of preview 1's functions of files and folders, on a bare piece of memory and a real folder, granted as "/data" at 3 (both
// ways of resolution), read-only as "/ro" at 4: layouts, rights, errnos, and every pointer at every boundary.
#include "base/os/file.h"
#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t end = 65536;
constexpr uint32_t data_fd = 3, ro_fd = 4;
constexpr uint64_t reading = rights::fd_read | rights::fd_seek | rights::fd_tell | rights::fd_filestat_get;
constexpr uint64_t both = reading | rights::fd_write | rights::fd_fdstat_set_flags | rights::fd_filestat_set_size |
                          rights::fd_filestat_set_times | rights::fd_allocate | rights::fd_sync | rights::fd_datasync |
                          rights::fd_advise | rights::poll_fd_readwrite;

class WasiP1Files : public testing::TestWithParam<sandbox::Resolution> {
 protected:
  WasiP1Files() : memory_(end, 0xaa), guest_{process_, memory_} {
    base_ = *os::make_temporary_folder("mote-wasi-test-");
    fs::create_directories(base_ / "sub");
    put_file("file", "some content");
    process_.open({.stream = std::make_unique<sandbox::FakeStream>(in_), .is_readable = true});
    process_.open({.stream = std::make_unique<sandbox::FakeStream>(out_), .is_writable = true});
    process_.open({.stream = std::make_unique<sandbox::FakeStream>(err_), .is_writable = true});
    grant("/data", sandbox::Access::read_write);
    grant("/ro", sandbox::Access::read_only);
  }
  ~WasiP1Files() override { EXPECT_TRUE(os::remove_folder(base_.string())); }
  void grant(const std::string& as, sandbox::Access access) {
    sandbox::Descriptor descriptor{.granted_as = as};
    descriptor.folder =
        std::move(*sandbox::Folder::granted(sandbox::test_grant(base_.string(), access, &process_.denials), GetParam()));
    process_.open(std::move(descriptor));
  }
  void put_file(const std::string& name, const std::string& content) { std::ofstream(base_ / name) << content; }
  std::string get_file(const std::string& name) {
    std::ifstream file(base_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  template <class T>
  T at(uint32_t pointer) {
    return load_le<T>(memory_.data() + pointer);
  }
  template <class T>
  void put(uint32_t pointer, T value) {
    store_le(memory_.data() + pointer, value);
  }
  uint32_t put_text(const std::string& text, uint32_t pointer = 1001) {
    std::memcpy(memory_.data() + pointer, text.data(), text.size());
    return static_cast<uint32_t>(text.size());
  }
  std::string text(uint32_t pointer, size_t size) { return {reinterpret_cast<const char*>(memory_.data()) + pointer, size}; }
  void iovec(uint32_t pointer, uint32_t buffer, uint32_t size) {
    put(pointer, buffer);
    put(pointer + 4, size);
  }
  // path_open with the number, or a failure, as its result.
  Answer<uint32_t> open(const std::string& path, uint32_t oflags, uint64_t base, uint64_t inheriting = 0, uint32_t fdflags = 0,
                        uint32_t fd = data_fd, uint32_t dirflags = 1) {
    const uint32_t size = put_text(path);
    if (const Errno e = path_open(guest_, fd, dirflags, 1001, size, oflags, base, inheriting, fdflags, 903); e != Errno::success)
      return std::unexpected(e);
    return at<uint32_t>(903);
  }
  Errno write(uint32_t fd, const std::string& what) {
    iovec(16, 2001, put_text(what, 2001));
    return fd_write(guest_, fd, 16, 1, 8);
  }
  std::string read(uint32_t fd, uint32_t size) {
    iovec(16, 2001, size);
    return fd_read(guest_, fd, 16, 1, 8) == Errno::success ? text(2001, at<uint32_t>(8)) : "failed";
  }

  fs::path base_;
  std::string in_ = "some input", out_, err_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_;
  Guest guest_;
};

INSTANTIATE_TEST_SUITE_P(Resolutions, WasiP1Files, testing::Values(sandbox::Resolution::automatic, sandbox::Resolution::walk),
                         [](const auto& info) { return info.param == sandbox::Resolution::walk ? "Walk" : "Kernel"; });

TEST_P(WasiP1Files, GrantedFoldersAreFoundFromThreeOn) {
  EXPECT_EQ(fd_prestat_get(guest_, 3, 101), Errno::success);
  EXPECT_EQ(at<uint32_t>(101), 0u);
  EXPECT_EQ(at<uint32_t>(105), 5u);
  EXPECT_EQ(fd_prestat_dir_name(guest_, 3, 201, 5), Errno::success);
  EXPECT_EQ(text(201, 6), "/data\xaa");
  EXPECT_EQ(fd_prestat_dir_name(guest_, 3, 301, 100), Errno::success);  // larger is fine, and stays untouched behind the name
  EXPECT_EQ(text(301, 6), "/data\xaa");
  EXPECT_EQ(fd_prestat_dir_name(guest_, 3, 401, 4), Errno::nametoolong);
  EXPECT_EQ(at<uint8_t>(401), 0xaa);
  EXPECT_EQ(fd_prestat_get(guest_, 5, 101), Errno::badf);
  EXPECT_EQ(fd_prestat_get(guest_, 0, 101), Errno::badf);
  EXPECT_EQ(fd_prestat_dir_name(guest_, 5, 101, 9), Errno::badf);
  EXPECT_FALSE(process_.missed_folders);
  const uint32_t sub = *open("sub", oflags::directory, 0);
  EXPECT_EQ(fd_prestat_get(guest_, sub, 101), Errno::badf);  // open, but not granted from the start
}

TEST_P(WasiP1Files, AGuestWithoutFoldersIsRemembered) {
  ASSERT_TRUE(process_.close(3));
  ASSERT_TRUE(process_.close(4));
  EXPECT_EQ(fd_prestat_get(guest_, 3, 101), Errno::badf);
  EXPECT_TRUE(process_.missed_folders);
}

TEST_P(WasiP1Files, RightsOfFolders) {
  EXPECT_EQ(fd_fdstat_get(guest_, data_fd, 100), Errno::success);
  EXPECT_EQ(at<uint8_t>(100), 3);
  const auto base = at<uint64_t>(108), inheriting = at<uint64_t>(116);
  EXPECT_EQ(base & (rights::fd_seek | rights::fd_tell | rights::fd_read | rights::fd_write | rights::fd_filestat_set_size), 0u);
  EXPECT_EQ(base & (rights::path_open | rights::fd_readdir | rights::path_filestat_set_size),
            rights::path_open | rights::fd_readdir | rights::path_filestat_set_size);
  EXPECT_EQ(inheriting & (both | base), both | base);
  const auto same = open(".", 0, base, inheriting);
  ASSERT_TRUE(same);
  EXPECT_EQ(fd_fdstat_get(guest_, *same, 200), Errno::success);
  EXPECT_EQ(at<uint64_t>(208), base);
  EXPECT_EQ(at<uint64_t>(216), inheriting);
  EXPECT_TRUE(open(".", 0, 0));
  EXPECT_TRUE(open(".", oflags::directory, rights::fd_read));
  EXPECT_TRUE(open(".", oflags::directory, 0, 0, fdflags::nonblock));
  EXPECT_EQ(open(".", oflags::directory, rights::fd_read | rights::fd_write), std::unexpected(Errno::isdir));
  EXPECT_EQ(fd_fdstat_set_rights(guest_, data_fd, base, inheriting), Errno::success);
}

TEST_P(WasiP1Files, AccessModesAreReportedAsTheyAre) {
  const auto mode = [&](uint64_t base) {
    const auto fd = open("file", 0, base);
    EXPECT_EQ(fd_fdstat_get(guest_, *fd, 100), Errno::success);
    EXPECT_EQ(at<uint8_t>(100), 4);
    return at<uint64_t>(108) & (rights::fd_read | rights::fd_write);
  };
  EXPECT_EQ(mode(rights::fd_read), rights::fd_read);
  EXPECT_EQ(mode(rights::fd_write), rights::fd_write);
  EXPECT_EQ(mode(rights::fd_read | rights::fd_write), rights::fd_read | rights::fd_write);
  EXPECT_EQ(mode(0), rights::fd_read);
  EXPECT_EQ(mode(~0ull), rights::fd_read | rights::fd_write);
  const uint32_t reader = *open("file", 0, reading), writer = *open("file", 0, rights::fd_write | rights::fd_seek);
  EXPECT_EQ(write(reader, "x"), Errno::badf);
  iovec(16, 2001, 4);
  EXPECT_EQ(fd_read(guest_, writer, 16, 1, 8), Errno::badf);
  EXPECT_EQ(fd_pread(guest_, writer, 16, 1, 0, 8), Errno::badf);
  EXPECT_EQ(fd_pwrite(guest_, reader, 16, 1, 0, 8), Errno::badf);
  EXPECT_EQ(fd_allocate(guest_, reader, 0, 1), Errno::badf);
  EXPECT_EQ(fd_filestat_set_size(guest_, reader, 0), Errno::badf);
  EXPECT_EQ(get_file("file"), "some content");
}

TEST_P(WasiP1Files, RightsAreGivenUpForGood) {
  const uint32_t fd = *open("file", 0, both);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, fd, rights::fd_seek | rights::fd_tell, 0), Errno::success);
  iovec(16, 2001, 4);
  EXPECT_EQ(fd_read(guest_, fd, 16, 1, 8), Errno::notcapable);
  EXPECT_EQ(fd_write(guest_, fd, 16, 1, 8), Errno::notcapable);
  EXPECT_EQ(fd_pread(guest_, fd, 16, 1, 0, 8), Errno::notcapable);
  EXPECT_EQ(fd_pwrite(guest_, fd, 16, 1, 0, 8), Errno::notcapable);
  EXPECT_EQ(fd_filestat_get(guest_, fd, 100), Errno::notcapable);
  EXPECT_EQ(fd_filestat_set_size(guest_, fd, 1), Errno::notcapable);
  EXPECT_EQ(fd_filestat_set_times(guest_, fd, 1, 1, 5), Errno::notcapable);
  EXPECT_EQ(fd_allocate(guest_, fd, 0, 1), Errno::notcapable);
  EXPECT_EQ(fd_advise(guest_, fd, 0, 1, 0), Errno::notcapable);
  EXPECT_EQ(fd_sync(guest_, fd), Errno::notcapable);
  EXPECT_EQ(fd_datasync(guest_, fd), Errno::notcapable);
  EXPECT_EQ(fd_seek(guest_, fd, 0, 0, 8), Errno::success);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, fd, rights::fd_tell, 0), Errno::success);
  EXPECT_EQ(fd_seek(guest_, fd, 1, 0, 8), Errno::notcapable);
  EXPECT_EQ(fd_seek(guest_, fd, 0, 1, 8), Errno::success);  // only asks
  EXPECT_EQ(fd_fdstat_set_rights(guest_, fd, rights::fd_read, 0), Errno::notcapable);
  // What a folder does not pass on, nothing below it has.
  EXPECT_EQ(fd_fdstat_get(guest_, data_fd, 100), Errno::success);
  EXPECT_EQ(fd_fdstat_set_rights(guest_, data_fd, at<uint64_t>(108), at<uint64_t>(116) & ~rights::fd_write), Errno::success);
  EXPECT_EQ(open("file", 0, rights::fd_write), std::unexpected(Errno::notcapable));
  const uint32_t sub =
      *open("sub", oflags::directory, ~rights::fd_write & ~rights::fd_allocate & ~rights::fd_filestat_set_size, ~0ull);
  EXPECT_EQ(open("new", oflags::creat, rights::fd_write, 0, 0, sub), std::unexpected(Errno::notcapable));
  EXPECT_TRUE(open("new", oflags::creat, rights::fd_read, 0, 0, sub));
}

// Zig opens folders with the folder's own rights as both sets, and then makes files there; others pass no inheriting set at all.
TEST_P(WasiP1Files, AnInheritingSetThatNamesNoDataNarrowsNothing) {
  constexpr uint64_t of_folders = rights::fd_readdir | rights::path_open | rights::path_create_file | rights::path_filestat_get;
  for (const uint64_t inheriting : {of_folders, uint64_t{0}, rights::fd_seek | rights::fd_filestat_get}) {
    const auto sub = open("sub", oflags::directory, of_folders, inheriting);
    ASSERT_TRUE(sub);
    const auto file = open("new", oflags::creat, both, 0, 0, *sub);
    ASSERT_TRUE(file) << inheriting;
    EXPECT_EQ(write(*file, "x"), Errno::success);
  }
  // One that names data is meant: and what the folder above does not pass on is never gained so.
  const auto reads_only = open("sub", oflags::directory, of_folders, rights::fd_read | of_folders);
  EXPECT_EQ(open("new", 0, rights::fd_write, 0, 0, *reads_only), std::unexpected(Errno::notcapable));
  const auto below = open(".", oflags::directory, of_folders, 0, 0, *reads_only);
  EXPECT_EQ(open("new", 0, rights::fd_write, 0, 0, *below), std::unexpected(Errno::notcapable));
}

TEST_P(WasiP1Files, EveryPathFunctionAsksForItsRight) {
  ASSERT_EQ(fd_fdstat_set_rights(guest_, data_fd, 0, 0), Errno::success);
  const uint32_t n = put_text("file");
  const auto refused = Errno::notcapable;
  EXPECT_EQ(path_create_directory(guest_, data_fd, 1001, n), refused);
  EXPECT_EQ(path_filestat_get(guest_, data_fd, 0, 1001, n, 8), refused);
  EXPECT_EQ(path_filestat_set_times(guest_, data_fd, 0, 1001, n, 0, 0, 0), refused);
  EXPECT_EQ(path_link(guest_, data_fd, 0, 1001, n, data_fd, 1001, n), refused);
  EXPECT_EQ(path_open(guest_, data_fd, 0, 1001, n, 0, 0, 0, 0, 8), refused);
  EXPECT_EQ(path_readlink(guest_, data_fd, 1001, n, 2000, 9, 8), refused);
  EXPECT_EQ(path_remove_directory(guest_, data_fd, 1001, n), refused);
  EXPECT_EQ(path_rename(guest_, data_fd, 1001, n, data_fd, 1001, n), refused);
  EXPECT_EQ(path_symlink(guest_, 1001, n, data_fd, 1001, n), refused);
  EXPECT_EQ(path_unlink_file(guest_, data_fd, 1001, n), refused);
  EXPECT_EQ(fd_readdir(guest_, data_fd, 2000, 100, 0, 8), refused);
  EXPECT_EQ(fd_filestat_get(guest_, data_fd, 2000), refused);
  EXPECT_EQ(fd_filestat_set_times(guest_, data_fd, 0, 0, 0), refused);
  EXPECT_EQ(fd_sync(guest_, data_fd), refused);
  EXPECT_EQ(fd_fdstat_set_flags(guest_, data_fd, 0), refused);
}

TEST_P(WasiP1Files, TruncatingNeedsTheFoldersRight) {
  EXPECT_EQ(fd_fdstat_get(guest_, data_fd, 100), Errno::success);
  const auto base = at<uint64_t>(108), inheriting = at<uint64_t>(116);
  EXPECT_TRUE(open("file", oflags::trunc, 0));
  EXPECT_EQ(get_file("file"), "");
  ASSERT_EQ(fd_fdstat_set_rights(guest_, data_fd, base & ~rights::path_filestat_set_size & ~rights::path_create_file, inheriting),
            Errno::success);
  EXPECT_EQ(open("file", oflags::trunc, 0), std::unexpected(Errno::notcapable));
  EXPECT_EQ(open("file", oflags::creat, 0), std::unexpected(Errno::notcapable));
}

TEST_P(WasiP1Files, FilesHaveAPosition) {
  const uint32_t fd = *open("new", oflags::creat, both);
  EXPECT_GE(fd, 5u);
  EXPECT_EQ(write(fd, "hello world"), Errno::success);
  EXPECT_EQ(at<uint32_t>(8), 11u);
  EXPECT_EQ(fd_tell(guest_, fd, 101), Errno::success);
  EXPECT_EQ(at<uint64_t>(101), 11u);
  EXPECT_EQ(fd_seek(guest_, fd, -5, 2, 101), Errno::success);
  EXPECT_EQ(at<uint64_t>(101), 6u);
  EXPECT_EQ(read(fd, 100), "world");
  EXPECT_EQ(read(fd, 100), "");
  EXPECT_EQ(fd_seek(guest_, fd, -2000, 1, 101), Errno::inval);
  EXPECT_EQ(fd_seek(guest_, fd, 0, 3, 101), Errno::inval);  // whence 3 is the kernel's, not preview 1's
  EXPECT_EQ(at<uint64_t>(101), 6u);
  iovec(16, 2001, 2);
  iovec(24, 3001, 100);
  EXPECT_EQ(fd_pread(guest_, fd, 16, 2, 0, 8), Errno::success);
  EXPECT_EQ(at<uint32_t>(8), 11u);
  EXPECT_EQ(text(2001, 2), "he");
  EXPECT_EQ(text(3001, 9), "llo world");
  put_text("HE", 2001);
  EXPECT_EQ(fd_pwrite(guest_, fd, 16, 1, 0, 8), Errno::success);
  EXPECT_EQ(get_file("new"), "HEllo world");
  EXPECT_EQ(fd_pread(guest_, fd, 16, 1, ~0ull, 8), Errno::inval);
  EXPECT_EQ(fd_pwrite(guest_, fd, 16, 1, 1ull << 63, 8), Errno::inval);
  EXPECT_EQ(fd_close(guest_, fd), Errno::success);
  EXPECT_EQ(fd_tell(guest_, fd, 101), Errno::badf);
}

TEST_P(WasiP1Files, SizesTimesAdviceAndSync) {
  const uint32_t fd = *open("new", oflags::creat, both);
  EXPECT_EQ(fd_filestat_set_size(guest_, fd, 100), Errno::success);
  EXPECT_EQ(fd_allocate(guest_, fd, 0, 200), Errno::success);
  EXPECT_EQ(fd_allocate(guest_, fd, 0, 0), Errno::inval);
  EXPECT_EQ(fd_filestat_set_size(guest_, fd, ~0ull), Errno::inval);
  EXPECT_EQ(fd_filestat_set_times(guest_, fd, 5, 1'700'000'000'123'456'789, fstflags::mtim | fstflags::atim), Errno::success);
  EXPECT_EQ(fd_filestat_set_times(guest_, fd, 0, 0, fstflags::mtim | fstflags::mtim_now), Errno::inval);
  EXPECT_EQ(fd_filestat_set_times(guest_, fd, 0, 0, fstflags::atim | fstflags::atim_now), Errno::inval);
  EXPECT_EQ(fd_filestat_set_times(guest_, fd, 0, 0, 16), Errno::inval);
  EXPECT_EQ(fd_filestat_get(guest_, fd, 101), Errno::success);
  EXPECT_EQ(at<uint8_t>(101 + 16), 4);
  EXPECT_EQ(at<uint64_t>(101 + 24), 1u);
  EXPECT_EQ(at<uint64_t>(101 + 32), 200u);
  EXPECT_EQ(at<uint64_t>(101 + 40), 5u);
  EXPECT_EQ(at<uint64_t>(101 + 48), 1'700'000'000'123'456'789u);
  for (uint32_t advice = 0; advice < 6; ++advice) EXPECT_EQ(fd_advise(guest_, fd, 0, 0, advice), Errno::success);
  EXPECT_EQ(fd_advise(guest_, fd, 0, 0, 6), Errno::inval);
  EXPECT_EQ(fd_advise(guest_, fd, ~0ull, 0, 0), Errno::inval);
  EXPECT_EQ(fd_sync(guest_, fd), Errno::success);
  EXPECT_EQ(fd_datasync(guest_, fd), Errno::success);
  EXPECT_EQ(fd_sync(guest_, data_fd), Errno::success);
}

TEST_P(WasiP1Files, AppendAndSyncFlags) {
  const uint32_t fd = *open("file", 0, both, 0, fdflags::append | fdflags::sync);
  EXPECT_EQ(fd_fdstat_get(guest_, fd, 100), Errno::success);
  EXPECT_EQ(at<uint16_t>(102), fdflags::append | fdflags::sync);
  EXPECT_EQ(write(fd, "!"), Errno::success);
  EXPECT_EQ(get_file("file"), "some content!");
  EXPECT_EQ(fd_fdstat_set_flags(guest_, fd, 0), Errno::notsup);
  EXPECT_EQ(fd_fdstat_set_flags(guest_, fd, fdflags::sync), Errno::success);
  EXPECT_EQ(fd_seek(guest_, fd, 0, 0, 8), Errno::success);
  EXPECT_EQ(write(fd, "S"), Errno::success);
  EXPECT_EQ(get_file("file"), "Some content!");
  EXPECT_EQ(open("file", 0, both, 0, 32), std::unexpected(Errno::inval));
}

TEST_P(WasiP1Files, AFolderIsNoFile) {
  iovec(16, 2001, 4);
  for (const uint32_t fd : {data_fd, *open("sub", 0, 0)}) {
    EXPECT_EQ(fd_read(guest_, fd, 16, 1, 8), Errno::isdir);
    EXPECT_EQ(fd_write(guest_, fd, 16, 1, 8), Errno::isdir);
    EXPECT_EQ(fd_pread(guest_, fd, 16, 1, 0, 8), Errno::isdir);
    EXPECT_EQ(fd_pwrite(guest_, fd, 16, 1, 0, 8), Errno::isdir);
    for (const uint32_t whence : {0u, 1u, 2u}) EXPECT_EQ(fd_seek(guest_, fd, 0, whence, 8), Errno::isdir);
    EXPECT_EQ(fd_tell(guest_, fd, 8), Errno::isdir);
    EXPECT_EQ(fd_allocate(guest_, fd, 0, 1), Errno::isdir);
    EXPECT_EQ(fd_filestat_set_size(guest_, fd, 0), Errno::isdir);
    EXPECT_EQ(fd_advise(guest_, fd, 0, 0, 0), Errno::isdir);
  }
  const uint32_t file = *open("file", 0, 0);
  EXPECT_EQ(fd_readdir(guest_, file, 2000, 100, 0, 8), Errno::notdir);
  EXPECT_EQ(open("x", 0, 0, 0, 0, file), std::unexpected(Errno::notdir));
  EXPECT_EQ(open("x", 0, 0, 0, 0, 99), std::unexpected(Errno::badf));
}

TEST_P(WasiP1Files, OpeningSaysPreciselyWhatIsWrong) {
  fs::create_symlink("file", base_ / "link");
  fs::create_symlink("/etc/passwd", base_ / "absolute");
  const auto fails = [&](const std::string& path, Errno error, uint32_t oflags = 0, uint32_t dirflags = 1) {
    EXPECT_EQ(open(path, oflags, 0, 0, 0, data_fd, dirflags), std::unexpected(error)) << path;
  };
  fails("", Errno::noent);
  fails("missing", Errno::noent);
  fails("/file", Errno::perm);
  fails("../file", Errno::perm);
  fails("absolute", Errno::perm);
  fails("file/", Errno::notdir);
  fails("file", Errno::notdir, oflags::directory);
  fails("file", Errno::exist, oflags::creat | oflags::excl);
  fails("new", Errno::inval, oflags::creat | oflags::directory);
  fails("new", Errno::inval, 16);
  fails("link", Errno::loop, 0, 0);
  fails("link", Errno::inval, 0, 2);
  fails(std::string("file\0", 5), Errno::inval);
  fails("\xff", Errno::ilseq);
  fails(std::string(4096, 'x'), Errno::nametoolong);
  fails(std::string(256, 'x'), Errno::nametoolong);
  EXPECT_TRUE(open("link", 0, 0));
  EXPECT_TRUE(open("sub/.//../sub/../file", 0, 0));
  EXPECT_TRUE(open("sub//", 0, 0));
}

TEST_P(WasiP1Files, PathsAreMadeMovedLinkedAndRemoved) {
  const auto one = [&](Errno (*call)(Guest&, uint32_t, uint32_t, uint32_t), const std::string& path) {
    const uint32_t size = put_text(path);
    return call(guest_, data_fd, 1001, size);
  };
  const auto two = [&](const std::string& from, const std::string& to, auto call) {
    const uint32_t size = put_text(from), to_size = put_text(to, 6001);
    return call(1001u, size, 6001u, to_size);
  };
  const auto rename = [&](uint32_t a, uint32_t an, uint32_t b, uint32_t bn) { return path_rename(guest_, 3, a, an, 3, b, bn); };
  const auto link = [&](uint32_t a, uint32_t an, uint32_t b, uint32_t bn) { return path_link(guest_, 3, 0, a, an, 3, b, bn); };
  const auto follow = [&](uint32_t a, uint32_t an, uint32_t b, uint32_t bn) { return path_link(guest_, 3, 1, a, an, 3, b, bn); };
  const auto symlink = [&](uint32_t a, uint32_t an, uint32_t b, uint32_t bn) { return path_symlink(guest_, a, an, 3, b, bn); };
  EXPECT_EQ(one(path_create_directory, "made"), Errno::success);
  EXPECT_EQ(one(path_create_directory, "made"), Errno::exist);
  EXPECT_EQ(one(path_create_directory, "made/../../x"), Errno::perm);
  EXPECT_EQ(two("made", "moved", rename), Errno::success);
  EXPECT_EQ(two("file", "moved", rename), Errno::isdir);
  EXPECT_EQ(two("moved", "file", rename), Errno::notdir);
  EXPECT_EQ(two("file", "sub/renamed", rename), Errno::success);
  EXPECT_EQ(two("moved", "sub", rename), Errno::notempty);
  EXPECT_EQ(two("sub/renamed", "hard", link), Errno::success);
  EXPECT_EQ(two("sub/renamed", "hard", link), Errno::exist);
  EXPECT_EQ(two("sub/renamed", "hard2", follow), Errno::inval);
  EXPECT_EQ(two("sub", "hard2", link), Errno::perm);
  EXPECT_EQ(two("sub/renamed", "soft", symlink), Errno::success);
  EXPECT_EQ(two("/etc/passwd", "soft2", symlink), Errno::perm);
  EXPECT_EQ(two("", "soft2", symlink), Errno::noent);
  const uint32_t size = put_text("soft");
  EXPECT_EQ(path_readlink(guest_, data_fd, 1001, size, 2001, 4, 101), Errno::success);  // cut, and untouched behind
  EXPECT_EQ(at<uint32_t>(101), 4u);
  EXPECT_EQ(text(2001, 5), "sub/\xaa");
  EXPECT_EQ(path_readlink(guest_, data_fd, 1001, put_text("hard"), 2001, 4, 101), Errno::inval);
  EXPECT_EQ(path_filestat_get(guest_, data_fd, 0, 1001, put_text("soft"), 3001), Errno::success);
  EXPECT_EQ(at<uint8_t>(3001 + 16), 7);
  EXPECT_EQ(path_filestat_get(guest_, data_fd, 1, 1001, put_text("soft"), 3001), Errno::success);
  EXPECT_EQ(at<uint8_t>(3001 + 16), 4);
  EXPECT_EQ(at<uint64_t>(3001 + 24), 2u);
  EXPECT_EQ(at<uint64_t>(3001 + 32), 12u);
  EXPECT_EQ(path_filestat_set_times(guest_, data_fd, 1, 1001, put_text("soft"), 0, 77, fstflags::mtim), Errno::success);
  EXPECT_EQ(path_filestat_set_times(guest_, data_fd, 1, 1001, 4, 0, 78, fstflags::mtim | fstflags::mtim_now), Errno::inval);
  EXPECT_EQ(path_filestat_get(guest_, data_fd, 0, 1001, put_text("hard"), 3001), Errno::success);
  EXPECT_EQ(at<uint64_t>(3001 + 48), 77u);
  EXPECT_EQ(one(path_unlink_file, "moved"), Errno::isdir);
  EXPECT_EQ(one(path_unlink_file, "hard/"), Errno::notdir);
  EXPECT_EQ(one(path_unlink_file, "hard"), Errno::success);
  EXPECT_EQ(one(path_remove_directory, "sub"), Errno::notempty);
  EXPECT_EQ(one(path_remove_directory, "soft"), Errno::notdir);
  EXPECT_EQ(one(path_remove_directory, "moved/"), Errno::success);
}

TEST_P(WasiP1Files, ReadOnlyGrantsAnswerLikeAReadOnlyDisk) {
  EXPECT_EQ(open("file", 0, rights::fd_write, 0, 0, ro_fd), std::unexpected(Errno::rofs));
  EXPECT_EQ(open("new", oflags::creat, 0, 0, 0, ro_fd), std::unexpected(Errno::rofs));
  EXPECT_EQ(open("file", oflags::trunc, 0, 0, 0, ro_fd), std::unexpected(Errno::rofs));
  const uint32_t size = put_text("file");
  EXPECT_EQ(path_unlink_file(guest_, ro_fd, 1001, size), Errno::rofs);
  EXPECT_EQ(path_rename(guest_, data_fd, 1001, size, ro_fd, 1001, size), Errno::rofs);
  EXPECT_EQ(path_link(guest_, ro_fd, 0, 1001, size, data_fd, 1001, size), Errno::rofs);
  EXPECT_EQ(fd_filestat_set_times(
                guest_, *open("file", 0, ~rights::fd_write & ~rights::fd_allocate & ~rights::fd_filestat_set_size, 0, 0, ro_fd), 1,
                1, fstflags::mtim),
            Errno::rofs);
  EXPECT_EQ(read(*open("file", 0, reading, 0, 0, ro_fd), 100), "some content");
}

// Reads all entries through a buffer of a size, as libraries do: an entry that is cut is asked for again.
std::vector<std::string> list(Guest& guest, uint32_t fd, uint32_t size) {
  std::vector<std::string> names;
  uint64_t cookie = 0;
  for (int calls = 0; calls < 10'000; ++calls) {
    if (fd_readdir(guest, fd, 4001, size, cookie, 101) != Errno::success) return {"failed"};
    const uint32_t used = load_le<uint32_t>(guest.memory.data() + 101);
    uint32_t at = 0;
    while (at + 24 <= used) {
      const uint8_t* entry = guest.memory.data() + 4001 + at;
      const uint32_t name_size = load_le<uint32_t>(entry + 16);
      if (at + 24 + name_size > used) break;
      names.emplace_back(reinterpret_cast<const char*>(entry) + 24, name_size);
      cookie = load_le<uint64_t>(entry);
      at += 24 + name_size;
    }
    if (used < size) return names;
    if (at == 0) return {"stuck"};
  }
  return {"endless"};
}

TEST_P(WasiP1Files, FoldersAreListedThroughBuffersOfAnySize) {
  for (int i = 0; i < 200; ++i) put_file("sub/entry" + std::to_string(i), "");
  const uint32_t sub = *open("sub", oflags::directory, 0);
  const auto all = list(guest_, sub, 32'000);
  EXPECT_EQ(all.size(), 202u);
  for (const uint32_t size : {32u, 33u, 48u, 64u, 100u, 256u, 1000u, 4096u}) EXPECT_EQ(list(guest_, sub, size), all) << size;
  // Cut where the buffer ends: full to the byte, and not one byte behind it.
  std::memset(memory_.data() + 4001, 0xaa, 100);
  EXPECT_EQ(fd_readdir(guest_, sub, 4001, 10, 0, 101), Errno::success);
  EXPECT_EQ(at<uint32_t>(101), 10u);
  EXPECT_EQ(at<uint8_t>(4011), 0xaa);
  EXPECT_EQ(fd_readdir(guest_, sub, 4001, 0, 0, 101), Errno::success);
  EXPECT_EQ(at<uint32_t>(101), 0u);
  EXPECT_EQ(fd_readdir(guest_, sub, 4001, 100, ~0ull, 101), Errno::inval);
}

TEST_P(WasiP1Files, NumbersAreReusedAndCountedAndRenumbered) {
  process_.descriptors_most = 8;  // three streams and two folders are there
  EXPECT_EQ(open("file", 0, 0), 5u);
  EXPECT_EQ(open("file", 0, 0), 6u);
  EXPECT_EQ(open("file", 0, 0), 7u);
  EXPECT_EQ(open("not-made", oflags::creat, 0), std::unexpected(Errno::mfile));
  EXPECT_FALSE(fs::exists(base_ / "not-made"));
  EXPECT_EQ(fd_close(guest_, 6), Errno::success);
  EXPECT_EQ(open("file", 0, 0), 6u);
  EXPECT_EQ(fd_close(guest_, 0), Errno::success);  // stdio's numbers are not given to files
  EXPECT_EQ(fd_close(guest_, 6), Errno::success);
  EXPECT_EQ(open("sub", 0, 0), 6u);
  // Onto a granted folder: it is replaced, and its name with it; what was opened from it stays.
  EXPECT_EQ(fd_renumber(guest_, 5, 3), Errno::success);
  EXPECT_EQ(fd_prestat_get(guest_, 3, 101), Errno::badf);
  EXPECT_EQ(read(3, 4), "some");
  EXPECT_EQ(fd_close(guest_, 5), Errno::badf);
  EXPECT_EQ(open("file", 0, 0, 0, 0, 3), std::unexpected(Errno::notdir));
  EXPECT_EQ(open(".", 0, 0, 0, 0, 6), 5u);
  EXPECT_EQ(fd_renumber(guest_, 4, 4), Errno::success);
  EXPECT_EQ(fd_renumber(guest_, 4, 0), Errno::badf);     // closed above
  EXPECT_EQ(fd_renumber(guest_, 4, 1), Errno::success);  // a granted folder may go where stdout was
  EXPECT_EQ(fd_prestat_get(guest_, 1, 101), Errno::success);
  EXPECT_EQ(fd_renumber(guest_, ~0u, 3), Errno::badf);
  EXPECT_EQ(fd_renumber(guest_, 3, ~0u), Errno::badf);
}

TEST_P(WasiP1Files, AClosedGrantLeavesWhatWasOpenedFromIt) {
  const uint32_t sub = *open("sub", 0, 0);
  EXPECT_EQ(fd_close(guest_, data_fd), Errno::success);
  EXPECT_EQ(open("file", 0, 0), std::unexpected(Errno::badf));
  EXPECT_TRUE(open("new", oflags::creat, 0, 0, 0, sub));
}

TEST_P(WasiP1Files, FilesAreAlwaysReadyFoldersNever) {
  const uint32_t file = *open("file", 0, both);
  const auto subscribe = [&](uint32_t index, uint8_t type, uint32_t fd) {
    put<uint64_t>(4096 + index * 48, index);
    put<uint8_t>(4096 + index * 48 + 8, type);
    put<uint32_t>(4096 + index * 48 + 16, fd);
  };
  subscribe(0, 1, file);
  subscribe(1, 2, file);
  subscribe(2, 1, data_fd);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 0, 3, 900), Errno::success);
  EXPECT_EQ(at<uint32_t>(900), 3u);
  EXPECT_EQ(at<uint16_t>(8), 0);
  EXPECT_EQ(at<uint64_t>(16), 12u);  // bytes to the end
  EXPECT_EQ(at<uint16_t>(64 + 8), static_cast<uint16_t>(Errno::badf));
}

TEST_P(WasiP1Files, AFloodOfBuffersIsBounded) {
  // 1024 times the whole memory into one file: what is moved is bounded, whatever was asked.
  const uint32_t fd = *open("flood", oflags::creat, both);
  for (uint32_t i = 0; i < 4096; ++i) iovec(i * 8, 0, end);
  EXPECT_EQ(fd_write(guest_, fd, 0, 4096, 40'000), Errno::success);
  EXPECT_EQ(at<uint32_t>(40'000), 1024u * end);
  EXPECT_EQ(guest_.pieces_in(0, 4096)->size(), 1024u);
}

TEST_P(WasiP1Files, PlacesMayOverlap) {
  const uint32_t size = put_text("file");
  EXPECT_EQ(path_open(guest_, data_fd, 0, 1001, size, 0, 0, 0, 0, 1001), Errno::success);  // the number over the path
  EXPECT_EQ(at<uint32_t>(1001), 5u);
  iovec(3000, 3000, 64);  // a buffer over its own iovec
  EXPECT_EQ(fd_read(guest_, 5, 3000, 1, 3002), Errno::success);
  EXPECT_EQ(at<uint32_t>(3002), 12u);
  EXPECT_EQ(fd_readdir(guest_, data_fd, 5000, 100, 0, 5000), Errno::success);
}

// Every pointer of every function at every boundary: what does not lie inside is a fault that changes nothing, in memory or on
// disk.
struct Place {
  const char* name;
  uint32_t size;  // bytes that are touched there
  std::function<Errno(uint32_t)> call;
};

TEST_P(WasiP1Files, PointersAtEveryBoundary) {
  const uint32_t file = *open("file", 0, both), n = put_text("file");
  fs::create_symlink("file", base_ / "link");
  put_text("link", 7001);
  iovec(16, 2001, 4);
  Guest& g = guest_;
  const std::vector<Place> places = {
      {"fd_fdstat_get", 24, [&](uint32_t p) { return fd_fdstat_get(g, file, p); }},
      {"fd_filestat_get", 64, [&](uint32_t p) { return fd_filestat_get(g, file, p); }},
      {"fd_read iovs", 8, [&](uint32_t p) { return fd_read(g, file, p, 1, 8); }},
      {"fd_read out", 4, [&](uint32_t p) { return fd_read(g, file, 16, 1, p); }},
      {"fd_write iovs", 8, [&](uint32_t p) { return fd_write(g, file, p, 1, 8); }},
      {"fd_write out", 4, [&](uint32_t p) { return fd_write(g, file, 16, 1, p); }},
      {"fd_pread iovs", 8, [&](uint32_t p) { return fd_pread(g, file, p, 1, 0, 8); }},
      {"fd_pread out", 4, [&](uint32_t p) { return fd_pread(g, file, 16, 1, 0, p); }},
      {"fd_pwrite iovs", 8, [&](uint32_t p) { return fd_pwrite(g, file, p, 1, 0, 8); }},
      {"fd_pwrite out", 4, [&](uint32_t p) { return fd_pwrite(g, file, 16, 1, 0, p); }},
      {"fd_prestat_get", 8, [&](uint32_t p) { return fd_prestat_get(g, data_fd, p); }},
      {"fd_prestat_dir_name", 5, [&](uint32_t p) { return fd_prestat_dir_name(g, data_fd, p, 5); }},
      {"fd_readdir buf", 64, [&](uint32_t p) { return fd_readdir(g, data_fd, p, 64, 0, 8); }},
      {"fd_readdir out", 4, [&](uint32_t p) { return fd_readdir(g, data_fd, 2000, 64, 0, p); }},
      {"fd_seek", 8, [&](uint32_t p) { return fd_seek(g, file, 1, 1, p); }},
      {"fd_tell", 8, [&](uint32_t p) { return fd_tell(g, file, p); }},
      {"path_create_directory", 4, [&](uint32_t p) { return path_create_directory(g, data_fd, p, 4); }},
      {"path_filestat_get path", 4, [&](uint32_t p) { return path_filestat_get(g, data_fd, 0, p, 4, 2000); }},
      {"path_filestat_get out", 64, [&](uint32_t p) { return path_filestat_get(g, data_fd, 0, 1001, n, p); }},
      {"path_filestat_set_times", 4, [&](uint32_t p) { return path_filestat_set_times(g, data_fd, 0, p, 4, 0, 0, 0); }},
      {"path_link old", 4, [&](uint32_t p) { return path_link(g, data_fd, 0, p, 4, data_fd, 1001, n); }},
      {"path_link new", 4, [&](uint32_t p) { return path_link(g, data_fd, 0, 1001, n, data_fd, p, 4); }},
      {"path_open path", 4, [&](uint32_t p) { return path_open(g, data_fd, 0, p, 4, oflags::creat, 0, 0, 0, 8); }},
      {"path_open out", 4, [&](uint32_t p) { return path_open(g, data_fd, 0, 1001, n, oflags::trunc, 0, 0, 0, p); }},
      {"path_readlink path", 4, [&](uint32_t p) { return path_readlink(g, data_fd, p, 4, 2000, 9, 8); }},
      {"path_readlink buf", 9, [&](uint32_t p) { return path_readlink(g, data_fd, 7001, 4, p, 9, 8); }},
      {"path_readlink out", 4, [&](uint32_t p) { return path_readlink(g, data_fd, 7001, 4, 2000, 9, p); }},
      {"path_remove_directory", 4, [&](uint32_t p) { return path_remove_directory(g, data_fd, p, 4); }},
      {"path_rename old", 4, [&](uint32_t p) { return path_rename(g, data_fd, p, 4, data_fd, 1001, n); }},
      {"path_rename new", 4, [&](uint32_t p) { return path_rename(g, data_fd, 1001, n, data_fd, p, 4); }},
      {"path_symlink old", 4, [&](uint32_t p) { return path_symlink(g, p, 4, data_fd, 1001, n); }},
      {"path_symlink new", 4, [&](uint32_t p) { return path_symlink(g, 1001, n, data_fd, p, 4); }},
      {"path_unlink_file", 4, [&](uint32_t p) { return path_unlink_file(g, data_fd, p, 4); }},
  };
  const std::vector<uint8_t> before = memory_;
  const auto entries = [&] { return std::distance(fs::directory_iterator(base_), {}); };
  const auto entries_before = entries();
  for (const Place& place : places) {
    for (const uint32_t outside :
         {end - place.size + 1, end - 1, end, end + 1, 0x7fff'ffffu, 0x8000'0000u, ~0u - place.size, ~0u - 1, ~0u}) {
      EXPECT_EQ(place.call(outside), Errno::fault) << place.name << " " << outside;
      ASSERT_EQ(memory_, before) << place.name << " " << outside;
    }
  }
  EXPECT_EQ(entries(), entries_before);
  EXPECT_EQ(get_file("file"), "some content");
  EXPECT_EQ(fd_tell(guest_, file, 8), Errno::success);
  EXPECT_EQ(at<uint64_t>(8), 0u);
  for (const Place& place : places) {
    if (std::string_view(place.name).ends_with("iovs")) continue;  // what lies there is no iovec
    for (const uint32_t inside : {0u, 1u, 3u, 60'001u, end - place.size}) {
      EXPECT_NE(place.call(inside), Errno::fault) << place.name << " " << inside;
      memory_ = before;
      guest_.memory = memory_;
    }
  }
  // Buffers that an iovec names.
  for (const auto& [buffer, size] :
       std::vector<std::pair<uint32_t, uint32_t>>{{end - 3, 4}, {end, 1}, {~0u, 1}, {~0u, ~0u}, {1, ~0u}, {0, end + 1}}) {
    iovec(16, buffer, size);
    EXPECT_EQ(fd_read(guest_, file, 16, 1, 8), Errno::fault);
    EXPECT_EQ(fd_pread(guest_, file, 16, 1, 0, 8), Errno::fault);
    EXPECT_EQ(fd_write(guest_, file, 16, 1, 8), Errno::fault);
    EXPECT_EQ(fd_pwrite(guest_, file, 16, 1, 0, 8), Errno::fault);
  }
  iovec(16, end, 0);  // nothing, at the very end
  EXPECT_EQ(fd_read(guest_, file, 16, 1, 8), Errno::success);
}

TEST_P(WasiP1Files, LengthsAtEveryBoundary) {
  put_text("file");
  for (const uint32_t length : {end, end - 1000, 0x8000'0000u, ~0u}) {
    EXPECT_EQ(path_create_directory(guest_, data_fd, 1001, length), Errno::fault);
    EXPECT_EQ(path_readlink(guest_, data_fd, 1001, 4, 1001, length, 8), Errno::fault);
    EXPECT_EQ(fd_readdir(guest_, data_fd, 1001, length, 0, 8), Errno::fault);
  }
  EXPECT_EQ(path_create_directory(guest_, data_fd, 1001, 5000), Errno::nametoolong);
  EXPECT_EQ(path_create_directory(guest_, data_fd, end, 0), Errno::noent);
  EXPECT_EQ(path_create_directory(guest_, data_fd, end + 1, 0), Errno::fault);
  EXPECT_EQ(fd_prestat_dir_name(guest_, data_fd, 1001, ~0u), Errno::success);  // only the name is written
}

}  // namespace
}  // namespace mote::wasi_p1
