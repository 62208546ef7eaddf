// What this room has the kernel write into memory whose pages are protected until code of ours stores to them: by mprotect, which
// is there always, and by userfaultfd, as pooled memories are. What was opened is counted, so that no page is opened in vain.
#include "base/os/writable.h"

#include "base/os/descriptor.h"
#include "base/os/machine.h"
#include "base/os/node.h"
#include "base/os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

namespace mote::os {
namespace {

constexpr uint64_t page_count = 1024;  // 4 MiB
enum class By : uint8_t { mprotect, userfaultfd };

// What the handler knows.
uint8_t* protected_pages = nullptr;
int user_faults = -1;
std::atomic<uint32_t> opened_pages = 0;

bool open_page(uint64_t page) {
  if (user_faults < 0) return mprotect(reinterpret_cast<void*>(page), page_size, PROT_READ | PROT_WRITE) == 0;
  uffdio_writeprotect request = {.range = {page, page_size}, .mode = 0};
  return ioctl(user_faults, UFFDIO_WRITEPROTECT, &request) == 0;
}
void handle(int signal_number, siginfo_t* info, void*) {
  const uint64_t at = reinterpret_cast<uint64_t>(info->si_addr), begin = reinterpret_cast<uint64_t>(protected_pages);
  if (at - begin < page_count * page_size && open_page(at / page_size * page_size)) {
    ++opened_pages;
    return;
  }
  signal(signal_number, SIG_DFL);
}

class WritableTest : public testing::TestWithParam<By> {
 protected:
  void SetUp() override {
    protected_pages = memory_.data();
    if (GetParam() == By::userfaultfd && !register_user_faults()) GTEST_SKIP() << "this kernel has no such userfaultfd";
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    ASSERT_EQ(sigaction(SIGSEGV, &action, &before_[0]), 0);
    ASSERT_EQ(sigaction(SIGBUS, &action, &before_[1]), 0);
    protect();
  }
  void TearDown() override {
    if (before_[1].sa_flags != -1) {
      sigaction(SIGSEGV, &before_[0], nullptr);
      sigaction(SIGBUS, &before_[1], nullptr);
    }
    if (user_faults >= 0) close(user_faults);
    user_faults = -1;
  }
  // The first half of the pages has content, the second was never touched.
  bool register_user_faults() {
    constexpr uint64_t write_protects_unpopulated = 1 << 13;  // Linux 6.4
    user_faults = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
    if (user_faults < 0) return false;
    uffdio_api api = {.api = UFFD_API,
                      .features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP | write_protects_unpopulated,
                      .ioctls = 0};
    uffdio_register area = {
        .range = {reinterpret_cast<uint64_t>(memory_.data()), memory_.size()}, .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
    return ioctl(user_faults, UFFDIO_API, &api) == 0 && ioctl(user_faults, UFFDIO_REGISTER, &area) == 0;
  }
  void protect() {
    opened_pages = 0;
    if (user_faults < 0) {
      ASSERT_EQ(mprotect(memory_.data(), memory_.size(), PROT_READ), 0);
    } else {
      uffdio_writeprotect request = {.range = {reinterpret_cast<uint64_t>(memory_.data()), memory_.size()},
                                     .mode = UFFDIO_WRITEPROTECT_MODE_WP};
      ASSERT_EQ(ioctl(user_faults, UFFDIO_WRITEPROTECT, &request), 0);
    }
  }
  MutableBytes at(uint64_t offset, uint64_t size) { return {memory_.data() + offset, size}; }

  Mapping memory_ = [] {
    Mapping made = std::move(*Mapping::anonymous(page_count * page_size));
    std::fill_n(made.data(), made.size() / 2, 1);
    return made;
  }();
  struct sigaction before_[2] = {{.sa_flags = -1}, {.sa_flags = -1}};
};

std::string text(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}
File file_with(const std::string& content) {
  File file = std::move(*File::in_memory({reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
  EXPECT_EQ(lseek(file.descriptor(), 0, SEEK_SET), 0);
  return file;
}
struct Ends {
  File a, b;
};
Ends pair_of(int type) {
  int ends[2];
  EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
  return {File(ends[0]), File(ends[1])};
}

TEST_P(WritableTest, TheKernelDoesNotOpenPages) {
  const File file = file_with("never read");
  EXPECT_EQ(read(file.descriptor(), memory_.data(), 10), -1);
  EXPECT_EQ(errno, EFAULT);
  EXPECT_EQ(opened_pages, 0u);
}

TEST_P(WritableTest, OpensEachPageOnceAndChangesNothing) {
  make_writable(at(page_size - 1, 2));
  EXPECT_EQ(opened_pages, 2u);
  EXPECT_EQ(memory_.data()[page_size - 1], 1);
  make_writable({});
  make_writable(at(10 * page_size, 0));
  make_writable(at(page_size, page_size));
  EXPECT_EQ(opened_pages, 2u);
  make_writable(at(page_count / 2 * page_size, 3 * page_size));
  EXPECT_EQ(opened_pages, 5u);
  EXPECT_EQ(memory_.data()[page_count / 2 * page_size], 0);
}

TEST_P(WritableTest, LosesNothingThatAnotherThreadWrites) {
  make_writable(at(0, page_size));
  std::atomic_ref<uint8_t> place(*memory_.data());
  place = 0;
  std::atomic<bool> is_done = false;
  std::thread other([&] {
    while (!is_done) make_writable(at(0, 1));
  });
  for (int i = 0; i < 200'000; ++i) {
    const auto expected = static_cast<uint8_t>(i);
    if (place != expected) ADD_FAILURE() << i;
    ++place;
  }
  is_done = true;
  other.join();
}

TEST_P(WritableTest, StreamsAreRead) {
  const Ends both = pair_of(SOCK_STREAM);
  ASSERT_EQ(write(both.a.descriptor(), "hello", 5), 5);
  EXPECT_EQ(read_descriptor(both.b.descriptor(), at(page_size - 2, 3 * page_size)), 5u);
  EXPECT_EQ(text(at(page_size - 2, 5)), "hello");
  EXPECT_EQ(opened_pages, 4u);
}

TEST_P(WritableTest, ALargeBufferForALittleIsNotOpenedWhole) {
  const Ends both = pair_of(SOCK_STREAM);
  ASSERT_EQ(write(both.a.descriptor(), "hello", 5), 5);
  EXPECT_EQ(read_descriptor(both.b.descriptor(), at(0, memory_.size())), 5u);
  EXPECT_LE(opened_pages, first_written / page_size);
  const File file = file_with("hello");
  const MutableBytes into = at(0, memory_.size());
  EXPECT_EQ(read_pieces(file.descriptor(), {&into, 1}, std::nullopt), 5u);
  EXPECT_LE(opened_pages, first_written / page_size);
}

TEST_P(WritableTest, FilesAreReadWholeFromTheirPositionOrFromAnother) {
  std::string content(3'000'000, ' ');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + i % 23);
  const File file = file_with(content);
  const MutableBytes whole = at(5000, content.size() + 100);
  EXPECT_EQ(read_pieces(file.descriptor(), {&whole, 1}, std::nullopt), content.size());
  EXPECT_EQ(text(whole.first(content.size())), content);
  protect();
  // Many pieces, some empty, some longer than a group; the last is not filled.
  std::vector<MutableBytes> pieces;
  for (uint64_t offset = 0, i = 0; offset < 3'100'000; ++i) {
    const uint64_t size = i % 7 == 0 ? 0 : i % 50 == 1 ? 300'000 : i % 5000;
    pieces.push_back(at(offset, std::min(size, 3'100'000 - offset)));
    offset += pieces.back().size();
  }
  EXPECT_EQ(read_pieces(file.descriptor(), pieces, 1), content.size() - 1);
  EXPECT_EQ(text(at(0, content.size() - 1)), content.substr(1));
  EXPECT_GE(opened_pages, content.size() / page_size);
}

TEST_P(WritableTest, SocketsAreReceivedFrom) {
  const Ends streams = pair_of(SOCK_STREAM), datagrams = pair_of(SOCK_DGRAM);
  const MutableBytes pieces[] = {at(page_size - 2, 2), at(7 * page_size - 1, page_size)};
  ASSERT_EQ(write(streams.a.descriptor(), "stream", 6), 6);
  EXPECT_EQ(receive(streams.b.descriptor(), SocketKind::stream, pieces, true)->size, 6u);
  protect();
  EXPECT_EQ(receive(streams.b.descriptor(), SocketKind::stream, pieces, false)->size, 6u);
  EXPECT_EQ(text(pieces[0]) + text(pieces[1].first(4)), "stream");
  protect();
  const std::string datagram(150'000, 'd');
  ASSERT_EQ(write(datagrams.a.descriptor(), datagram.data(), datagram.size()), 150'000);
  const MutableBytes into = at(3, 200'000);
  const auto received = receive(datagrams.b.descriptor(), SocketKind::datagram, {&into, 1}, false);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->size, datagram.size());
  EXPECT_FALSE(received->is_truncated);
  EXPECT_EQ(text(into.first(datagram.size())), datagram);
}

TEST_P(WritableTest, RandomNumbersArrive) {
  const MutableBytes into = at(page_size / 2, 3 * page_size);
  ASSERT_TRUE(fill_random(into));
  EXPECT_EQ(opened_pages, 4u);
  EXPECT_TRUE(std::ranges::any_of(into.last(100), [](uint8_t byte) { return byte != 1; }));
}

INSTANTIATE_TEST_SUITE_P(, WritableTest, testing::Values(By::mprotect, By::userfaultfd),
                         [](const auto& info) { return info.param == By::mprotect ? "mprotect" : "userfaultfd"; });

}  // namespace
}  // namespace mote::os
