// One process serves one event after another: what a plain event costs (no allocation), that limits of an event hold, and that no
// sequence of calls, however hostile, leaves anything to the next event: after a reset the process is compared, answer by answer,
// with one that has served nothing.
#include "host/sandbox/event.h"

#include "base/core/allocations_testing.h"
#include "base/os/file.h"
#include "host/sandbox/clocks.h"
#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/store.h>

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

namespace fs = std::filesystem;
constexpr uint32_t end = 65536;

// A process as a server would make it, twice the same, each with a folder of equal content. Effects that remember are used.
class Served {
 public:
  explicit Served(const sandbox::EventLimits& limits = {})
      : clocks_(real_clocks_, 1'000'000'000),
        random_(7),
        events(clocks_, random_, limits),
        memory(end, 0xaa),
        guest{events.process(), memory} {
    base_ = *os::make_temporary_folder("mote-event-test-");
    fs::create_directories(base_ / "granted/sub");
    fs::create_directories(base_ / "read-only");
    std::ofstream(base_ / "granted/file") << "some content";
    std::ofstream(base_ / "read-only/file") << "more content";
    sandbox::Process& process = events.process();
    process.arguments = {"program", "an argument"};
    process.environment = {"NAME=value"};
    grant("granted", sandbox::Access::read_write);
    grant("read-only", sandbox::Access::read_only);
    fs::create_directories(base_ / "out of reach");
    std::ofstream(base_ / "out of reach/file") << "found open";
    auto folder = sandbox::Folder::granted(
        sandbox::test_grant((base_ / "out of reach").string(), sandbox::Access::read_write, &process.denials));
    auto opened = (*folder)->open("file", {.writes = true});
    EXPECT_TRUE(opened->file->seek(5, sandbox::SeekFrom::start));
    process.open({.file = std::move(opened->file), .is_readable = true, .is_writable = true});
    events.arm();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;
  ~Served() { EXPECT_TRUE(os::remove_folder(base_.string())); }

  void put(uint32_t pointer, uint32_t value) { store_le(memory.data() + pointer, value); }
  uint32_t at(uint32_t pointer) const { return load_le<uint32_t>(memory.data() + pointer); }
  // What is on storage is not the process's: as it was, by other means.
  void tidy_folder() {
    for (const auto& entry : fs::directory_iterator(base_ / "granted")) {
      if (entry.path().filename() != "file" && entry.path().filename() != "sub") fs::remove_all(entry.path());
    }
    fs::create_directories(base_ / "granted/sub");
    std::ofstream(base_ / "granted/file") << "some content";
    std::ofstream(base_ / "out of reach/file") << "found open";
  }

 private:
  void grant(const std::string& name, sandbox::Access access) {
    sandbox::Descriptor descriptor{.granted_as = "/" + name};
    descriptor.folder =
        std::move(*sandbox::Folder::granted(sandbox::test_grant((base_ / name).string(), access, &events.process().denials)));
    events.process().open(std::move(descriptor));
  }
  fs::path base_;
  sandbox::FakeClocks real_clocks_;
  sandbox::VirtualClocks clocks_;
  sandbox::SeededRandom random_;

 public:
  sandbox::EventProcess events;
  std::vector<uint8_t> memory;
  Guest guest;
};

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What libraries do before main, and a handler that reads all and answers in two pieces.
void handle_plainly(Served& served) {
  Guest& guest = served.guest;
  EXPECT_EQ(args_sizes_get(guest, 0, 4), Errno::success);
  EXPECT_EQ(args_get(guest, 64, 128), Errno::success);
  EXPECT_EQ(environ_sizes_get(guest, 0, 4), Errno::success);
  EXPECT_EQ(environ_get(guest, 64, 128), Errno::success);
  EXPECT_EQ(fd_fdstat_get(guest, 1, 64), Errno::success);
  EXPECT_EQ(fd_filestat_get(guest, 0, 64), Errno::success);
  EXPECT_EQ(clock_time_get(guest, 1, 0, 64), Errno::success);
  EXPECT_EQ(random_get(guest, 64, 16), Errno::success);
  uint32_t size = 0;
  do {
    served.put(0, 4096 + size);
    served.put(4, 1000);
    EXPECT_EQ(fd_read(guest, 0, 0, 1, 8), Errno::success);
    size += served.at(8);
  } while (served.at(8) != 0);
  for (const uint32_t fd : {1u, 2u}) {
    served.put(0, 4096);
    served.put(4, size / 2);
    served.put(8, 4096 + size / 2);
    served.put(12, size - size / 2);
    EXPECT_EQ(fd_write(guest, fd, 0, 2, 16), Errno::success);
    EXPECT_EQ(served.at(16), size);
  }
}

TEST(WasiP1Event, ThePlainOneAllocatesNothing) {
  Served served;
  const std::string small(50, 's'), large(30'000, 'l');
  for (int i = 0; i < 200; ++i) {
    const uint64_t before = allocations;
    const std::string& event = i % 2 == 0 ? large : small;
    served.events.begin(bytes(event));
    handle_plainly(served);
    const bool is_right = std::ranges::equal(served.events.answer(), bytes(event));
    served.events.reset();
    const uint64_t made = allocations - before;
    EXPECT_TRUE(is_right);
    if (i > 1) EXPECT_EQ(made, 0u) << "event " << i;
  }
}

TEST(WasiP1Event, HostCallBytesHaveALimit) {
  // One buffer: its iovec and the size that is written back are counted too.
  Served served({.host_call_bytes = 100});
  const auto read = [&](uint32_t size) {
    served.put(0, 4096);
    served.put(4, size);
    const Errno error = fd_read(served.guest, 0, 0, 1, 8);
    return error == Errno::success ? static_cast<int>(served.at(8)) : -1;
  };
  const std::string event(1000, 'e');
  for (int i = 0; i < 2; ++i) {
    served.events.begin(bytes(event));
    EXPECT_EQ(read(50), 50);
    EXPECT_FALSE(served.events.process().has_moved_too_much());
    EXPECT_EQ(read(1000), -1);  // some 30 of them; their number found no room any more: the guest ends
    EXPECT_TRUE(served.events.process().has_moved_too_much());
    served.events.reset();
    EXPECT_EQ(random_get(served.guest, 64, 100), Errno::success);
    EXPECT_FALSE(served.events.process().has_moved_too_much());
    EXPECT_NE(random_get(served.guest, 64, 1), Errno::success);
    EXPECT_TRUE(served.events.process().has_moved_too_much());
    served.events.reset();
    EXPECT_EQ(random_get(served.guest, 64, UINT32_MAX), Errno::fault);  // moved nothing
    EXPECT_FALSE(served.events.process().has_moved_too_much());
    EXPECT_EQ(fd_readdir(served.guest, 3, 4096, 32768, 0, 0), Errno::dquot);  // the list, not the buffer, has some 130 bytes
    served.events.reset();
    EXPECT_EQ(fd_readdir(served.guest, 3, 4096, 50, 0, 0), Errno::success);
    served.events.reset();
  }
}

// ---- Random sequences ----

using Numbers = std::mt19937;
uint32_t below(Numbers& numbers, uint32_t most) {
  return numbers() % most;
}

constexpr const char* paths[] = {"file", "sub", "new", "sub/new", ".", "..", "../read-only/file", "missing/file", "new/"};

uint32_t put_path(Served& served, Numbers& numbers, uint32_t pointer) {
  const std::string_view path = paths[below(numbers, std::size(paths))];
  std::memcpy(served.memory.data() + pointer, path.data(), path.size());
  return static_cast<uint32_t>(path.size());
}

// One call of any function that could leave something behind, with descriptors around those that are open.
Errno call_something(Served& served, Numbers& numbers) {
  Guest& guest = served.guest;
  const uint32_t fd = below(numbers, 10), other = below(numbers, 10);
  const uint32_t size = put_path(served, numbers, 1000), other_size = put_path(served, numbers, 2000);
  served.put(16, 4096 + below(numbers, 100));
  served.put(20, below(numbers, 4000));
  switch (below(numbers, 24)) {
    case 0:
      return fd_close(guest, fd);
    case 1:
    case 2:
      return fd_renumber(guest, fd, other);
    case 3:
      return fd_fdstat_set_flags(guest, fd, below(numbers, 32));
    case 4:
      return fd_fdstat_set_rights(guest, fd, numbers() & below(numbers, 1 << 30), numbers());
    case 5:
      return fd_seek(guest, fd, below(numbers, 40), below(numbers, 4), 64);
    case 6:
    case 7:
      return fd_read(guest, fd, 16, 1, 64);
    case 8:
    case 9:
      return fd_write(guest, fd, 16, 1, 64);
    case 10:
    case 11:
    case 12:
      return path_open(guest, fd, below(numbers, 2), 1000, size, below(numbers, 16), numbers() & 0x3fffffff, numbers() & 0x3fffffff,
                       below(numbers, 32), 64);
    case 13:
      return path_create_directory(guest, fd, 1000, size);
    case 14:
      return path_rename(guest, fd, 1000, size, other, 2000, other_size);
    case 15:
      return path_unlink_file(guest, fd, 1000, size);
    case 16:
      return random_get(guest, 4096, below(numbers, 100));
    case 17:
      return clock_time_get(guest, below(numbers, 3), 0, 64);
    case 18:
      return fd_prestat_get(guest, fd, 64);
    case 19:
      return fd_readdir(guest, fd, 4096, below(numbers, 1000), 0, 64);
    case 20:
      return fd_filestat_set_size(guest, fd, below(numbers, 100));
    case 21:
      return fd_pwrite(guest, fd, 16, 1, below(numbers, 50), 64);
    case 22:
      return sock_shutdown(guest, fd, 3);
    default: {
      std::memset(served.memory.data() + 3000, 0, 48);
      served.put(3000 + 16, below(numbers, 2));
      served.put(3000 + 24, below(numbers, 1000));
      return poll_oneoff(guest, 3000, 4096, 1, 64);
    }
  }
}

// All that a guest can learn of its process, by asking; `what` gets the guest's memory after each call.
using Learn = std::function<void(Errno, const std::vector<uint8_t>&)>;
void ask_everything(Served& served, const Learn& learn) {
  Guest& guest = served.guest;
  const auto ask = [&](Errno error) {
    learn(error, served.memory);
    std::ranges::fill(served.memory, uint8_t{0xaa});
  };
  std::ranges::fill(served.memory, uint8_t{0xaa});
  const auto use = [&](uint32_t size) {
    served.put(16, 4096);
    served.put(20, size);
  };
  for (uint32_t fd = 0; fd < 16; ++fd) {
    ask(fd_fdstat_get(guest, fd, 64));
    ask(fd_prestat_get(guest, fd, 64));
    ask(fd_tell(guest, fd, 64));
    use(1000);
    ask(fd_read(guest, fd, 16, 1, 64));
    use(4);
    ask(fd_write(guest, fd, 16, 1, 64));
    ask(fd_tell(guest, fd, 64));
    std::memcpy(served.memory.data() + 1000, "file", 4);
    ask(path_open(guest, fd, 0, 1000, 4, 0, rights::fd_read | rights::fd_write, 0, 0, 64));
    std::memcpy(served.memory.data() + 1000, "file", 4);
    ask(path_open(guest, fd, 0, 1000, 4, 0, rights::fd_read, 0, 0, 64));
  }
  ask(random_get(guest, 64, 32));
  ask(clock_time_get(guest, 0, 0, 64));
  ask(clock_time_get(guest, 1, 0, 64));
  ask(args_get(guest, 64, 128));
  ask(environ_get(guest, 64, 128));
}

struct Seen {
  std::vector<Errno> errors;
  std::vector<std::vector<uint8_t>> memories;
  std::vector<uint8_t> answer, messages;
  uint64_t denials = 0, movable = 0;
  bool missed_folders = false;
  bool operator==(const Seen&) const = default;
};
Seen seen_by_an_event(Served& served, std::string_view event) {
  Seen seen;
  const sandbox::Process& process = served.events.process();
  seen.denials = process.denials.count();
  seen.movable = process.movable();
  served.events.begin(bytes(event));
  ask_everything(served, [&](Errno error, const std::vector<uint8_t>& memory) {
    seen.errors.push_back(error);
    seen.memories.push_back(memory);
  });
  seen.answer.assign(served.events.answer().begin(), served.events.answer().end());
  seen.messages.assign(served.events.messages().begin(), served.events.messages().end());
  seen.missed_folders = process.missed_folders;
  served.events.reset();
  served.tidy_folder();
  return seen;
}

TEST(WasiP1Event, NoSequenceOfCallsLeavesAnythingBehind) {
  Served fresh, served;
  const Seen expected = seen_by_an_event(fresh, "an event");
  ASSERT_EQ(seen_by_an_event(fresh, "an event"), expected) << "asking is an event like others";
  ASSERT_FALSE(expected.answer.empty());
  uint64_t done = 0;
  for (uint32_t seed = 0; seed < 150; ++seed) {
    Numbers numbers(seed);
    const uint32_t calls = 1 + below(numbers, seed % 3 == 0 ? 400 : 30);
    served.events.begin(bytes("the event of somebody else"));
    for (uint32_t i = 0; i < calls; ++i) done += call_something(served, numbers) == Errno::success ? 1 : 0;
    served.events.reset();
    served.tidy_folder();
    const Seen seen = seen_by_an_event(served, "an event");
    for (size_t i = 0; i < seen.errors.size(); ++i) {
      ASSERT_EQ(seen.errors[i], expected.errors[i]) << "seed " << seed << ", question " << i;
      ASSERT_TRUE(seen.memories[i] == expected.memories[i]) << "seed " << seed << ", question " << i;
    }
    ASSERT_TRUE(seen == expected) << "seed " << seed;
  }
  EXPECT_GT(done, 150u) << "hardly a call did anything";
}

}  // namespace
}  // namespace mote::wasi_p1
