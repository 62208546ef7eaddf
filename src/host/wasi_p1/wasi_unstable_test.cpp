// Tests of what wasi_unstable ("preview 0") does otherwise: the layout of a filestat and of a subscription, and fd_seek's origins.
// The rest is preview 1, whose tests see to it.
#include "base/os/file.h"
#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

class WasiUnstable : public testing::Test {
 protected:
  WasiUnstable() : memory_(65536, 0xaa), guest_{process_, memory_, unstable_layout} {
    folder_ = *os::make_temporary_folder("mote-wasi-test-");
    const std::string content = "some content";
    EXPECT_TRUE(os::write_file(folder_ + "/file", {reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
    sandbox::Descriptor descriptor{.granted_as = "/"};
    descriptor.folder = std::move(*sandbox::Folder::granted(sandbox::test_grant(folder_, sandbox::Access::read_write)));
    process_.open(std::move(descriptor));
    put_text("file");
    EXPECT_EQ(path_open(guest_, 0, 0, path_at, 4, 0, rights::fd_read | rights::fd_seek | rights::fd_filestat_get, 0, 0, 8),
              Errno::success);
    fd_ = at<uint32_t>(8);
  }
  ~WasiUnstable() override { EXPECT_TRUE(os::remove_folder(folder_)); }
  template <class T>
  T at(uint32_t pointer) {
    return load_le<T>(memory_.data() + pointer);
  }
  template <class T>
  void put(uint32_t pointer, T value) {
    store_le(memory_.data() + pointer, value);
  }
  void put_text(const std::string& text) { std::memcpy(memory_.data() + path_at, text.data(), text.size()); }

  static constexpr uint32_t path_at = 1001, end = 65536;
  std::string folder_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_;
  Guest guest_;
  uint32_t fd_ = 0;
};

TEST_F(WasiUnstable, AFilestatHas56BytesWithA32BitCountOfLinks) {
  const auto check = [&](uint32_t stat) {
    EXPECT_EQ(at<uint8_t>(stat + 16), static_cast<uint8_t>(Filetype::regular_file));
    EXPECT_EQ(at<uint32_t>(stat + 20), 1u);
    EXPECT_EQ(at<uint64_t>(stat + 24), 12u);
    EXPECT_GT(at<uint64_t>(stat + 40), 1'500'000'000'000'000'000u);  // mtim
    EXPECT_EQ(at<uint64_t>(stat + 56), 0xaaaa'aaaa'aaaa'aaaau);      // untouched
  };
  EXPECT_EQ(fd_filestat_get(guest_, fd_, 2001), Errno::success);
  check(2001);
  EXPECT_EQ(path_filestat_get(guest_, 0, 0, path_at, 4, 3001), Errno::success);
  check(3001);
  EXPECT_EQ(fd_filestat_get(guest_, fd_, end - 56), Errno::success);
  EXPECT_EQ(fd_filestat_get(guest_, fd_, end - 55), Errno::fault);
}

TEST_F(WasiUnstable, AStreamsFilestatToo) {
  std::string content;
  const uint32_t stream = *process_.open({.stream = std::make_unique<sandbox::FakeStream>(content), .is_readable = true});
  EXPECT_EQ(fd_filestat_get(guest_, stream, 2001), Errno::success);
  EXPECT_EQ(at<uint64_t>(2001 + 48), 0u);
  EXPECT_EQ(at<uint8_t>(2001 + 56), 0xaa);
}

TEST_F(WasiUnstable, SeeksFromThePositionTheEndAndTheStart) {
  EXPECT_EQ(fd_seek(guest_, fd_, 5, 2, 8), Errno::success);
  EXPECT_EQ(at<uint64_t>(8), 5u);
  EXPECT_EQ(fd_seek(guest_, fd_, 2, 0, 8), Errno::success);
  EXPECT_EQ(at<uint64_t>(8), 7u);
  EXPECT_EQ(fd_seek(guest_, fd_, -1, 1, 8), Errno::success);
  EXPECT_EQ(at<uint64_t>(8), 11u);
  EXPECT_EQ(fd_seek(guest_, fd_, 0, 3, 8), Errno::inval);
}

TEST_F(WasiUnstable, SubscriptionsHave56BytesAndClocksAnIdentifier) {
  const auto clock = [&](uint32_t place, uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags) {
    put<uint64_t>(place, userdata), put<uint8_t>(place + 8, 0);
    put<uint64_t>(place + 16, 77), put<uint32_t>(place + 24, id), put<uint64_t>(place + 32, timeout), put<uint64_t>(place + 40, 0);
    put<uint16_t>(place + 48, flags);
  };
  clock(4096, 1, 1, 1'000'000'000, 0);
  clock(4096 + 56, 2, 1, 5, 0);
  put<uint64_t>(4096 + 112, 3), put<uint8_t>(4096 + 112 + 8, 1), put<uint32_t>(4096 + 112 + 16, 99);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 3, 8), Errno::success);
  EXPECT_EQ(at<uint32_t>(8), 1u);
  EXPECT_EQ(at<uint64_t>(8192), 3u);
  EXPECT_EQ(at<uint16_t>(8192 + 8), static_cast<uint16_t>(Errno::badf));
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 2, 8), Errno::success);
  EXPECT_EQ(at<uint32_t>(8), 1u);
  EXPECT_EQ(at<uint64_t>(8192), 2u);
  // Absolute: a time that is past.
  clock(4096, 4, 1, 1, subclock_abstime);
  EXPECT_EQ(poll_oneoff(guest_, 4096, 8192, 1, 8), Errno::success);
  EXPECT_EQ(at<uint64_t>(8192), 4u);
  EXPECT_EQ(poll_oneoff(guest_, end - 55, 8192, 1, 8), Errno::fault);
}

}  // namespace
}  // namespace mote::wasi_p1
