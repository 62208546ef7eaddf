// Preview 1's functions of files against any sequence of calls with any arguments, in two worlds at once: in one the kernel follows
// paths, in the other the walk does. Both must answer alike, byte for byte of what a guest sees (but for inodes, cookies and
// times); what lies outside the granted folders, or was granted to read only, must be as it was.
//
// The input is a list of calls: one byte says which, then its arguments, most of them chosen from few values so that they meet.
#include "base/os/file.h"
#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace mote;
using namespace mote::wasi_p1;
namespace fs = std::filesystem;

constexpr uint32_t memory_size = 65536, hidden = 49152;  // from `hidden` on lies what differs between two worlds: inodes, times
constexpr size_t calls_most = 64;

class World {
 public:
  World(const fs::path& base, sandbox::Resolution resolution) : base_(base), guest_{process_, memory_} {
    fs::create_directories(base / "granted/a/b");
    fs::create_directories(base / "readonly/a");
    fs::create_directories(base / "outside");
    write(base / "granted/file", "content");
    write(base / "readonly/file", "read only");
    write(base / "outside/secret", "secret");
    fs::create_symlink("../outside", base / "granted/out");
    fs::create_symlink("a/b", base / "granted/link");
    for (const bool is_readable : {true, false, false}) {
      process_.open(
          {.stream = std::make_unique<sandbox::FakeStream>(stream_), .is_readable = is_readable, .is_writable = !is_readable});
    }
    grant("granted", sandbox::Access::read_write, resolution);
    grant("readonly", sandbox::Access::read_only, resolution);
  }

  Guest& guest() { return guest_; }
  std::vector<uint8_t>& memory() { return memory_; }

  // "" or what is not as it was.
  std::string damage() const {
    if (read(base_ / "outside/secret") != "secret") return "the secret was changed";
    if (count(base_ / "outside") != 1) return "something was made or removed outside";
    if (count(base_) != 3) return "something was made or removed beside the granted folders";
    if (read(base_ / "readonly/file") != "read only") return "a read-only file was changed";
    if (count(base_ / "readonly") != 2 || !fs::is_empty(base_ / "readonly/a")) return "a read-only folder was changed";
    if (fs::hard_link_count(base_ / "readonly/file") != 1) return "a read-only file got another name";
    const std::string seen(memory_.begin(), memory_.end());
    if (seen.find("secret") != std::string::npos && !said_secret) return "the secret was read";
    return {};
  }
  bool said_secret = false;  // the guest wrote the word itself: as a part of a path

 private:
  void grant(const std::string& name, sandbox::Access access, sandbox::Resolution resolution) {
    sandbox::Descriptor descriptor{.granted_as = name};
    auto folder = sandbox::Folder::granted(sandbox::test_grant((base_ / name).string(), access, &process_.denials), resolution);
    if (!folder) abort();
    descriptor.folder = std::move(*folder);
    process_.open(std::move(descriptor));
  }
  static void write(const fs::path& path, const std::string& content) { std::ofstream(path) << content; }
  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static ptrdiff_t count(const fs::path& path) { return std::distance(fs::directory_iterator(path), {}); }

  fs::path base_;
  std::string stream_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(memory_size, 0);
  Guest guest_;
};

// Takes arguments from the input; zeros behind its end.
class Arguments {
 public:
  Arguments(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool is_empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  uint32_t descriptor() {
    const uint8_t choice = byte();
    return choice == 0xff ? ~0u : choice % 9;
  }
  uint32_t pointer() {
    constexpr uint32_t places[] = {0,           1,   64,     1001, 8192, 30'000, hidden - 1, memory_size - 8, memory_size - 1,
                                   memory_size, ~0u, ~0u - 7};
    const uint8_t choice = byte();
    return choice < 224 ? places[choice % 6] : places[choice % std::size(places)];
  }
  uint32_t size() {
    constexpr uint32_t sizes[] = {0, 1, 7, 24, 100, 300, 4096, memory_size, ~0u};
    return sizes[byte() % std::size(sizes)];
  }
  uint64_t offset() {
    constexpr uint64_t offsets[] = {0, 1, 5, 100, 70'000, 1ull << 40, (1ull << 63) - 1, 1ull << 63, ~0ull};
    return offsets[byte() % std::size(offsets)];
  }
  uint64_t rights() {
    const uint8_t choice = byte();
    if (choice < 64) return 0;
    if (choice < 128) return ~0ull;
    if (choice < 192) return choice % 2 != 0 ? rights::fd_read : rights::fd_read | rights::fd_write;
    return uint64_t{1} << (choice % 30) | rights::path_open;
  }
  std::string path() {
    static const std::string parts[] = {"a",       "b",       "c",   "file",     "link",
                                        "out",     ".",       "..",  "",         "secret",
                                        "outside", "granted", "new", "readonly", std::string(256, 'x'),
                                        "\xff"};
    std::string text;
    const int count = byte() % 6;
    for (int i = 0; i < count; ++i) text += (i == 0 ? "" : "/") + parts[byte() % std::size(parts)];
    const uint8_t more = byte();
    if (more < 40) text += '/';
    if (more > 250) text.insert(0, "/");
    return text;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

struct Text {
  uint32_t pointer, size;
};
Text place(World& world, const std::string& text, uint32_t pointer) {
  if (text.find("secret") != std::string::npos) world.said_secret = true;
  std::memcpy(world.memory().data() + pointer, text.data(), text.size());
  return {pointer, static_cast<uint32_t>(text.size())};
}
constexpr uint32_t first_path = 2000, second_path = 5000, iovecs = 10'000;

void place_iovecs(World& world, Arguments& in) {
  for (uint32_t i = 0; i < 3; ++i) {
    store_le(world.memory().data() + iovecs + i * 8, in.pointer());
    store_le(world.memory().data() + iovecs + i * 8 + 4, in.size());
  }
}

Errno call_of_descriptor(World& world, uint8_t which, Arguments& in) {
  Guest& g = world.guest();
  const uint32_t fd = in.descriptor();
  switch (which) {
    case 0:
      return fd_close(g, fd);
    case 1:
      return fd_renumber(g, fd, in.descriptor());
    case 2:
      return fd_seek(g, fd, static_cast<int64_t>(in.offset()), in.byte() % 4, in.pointer());
    case 3:
      return fd_tell(g, fd, in.pointer());
    case 4:
      return fd_filestat_set_size(g, fd, in.offset());
    case 5: {
      const uint64_t offset = in.offset();
      return fd_allocate(g, fd, offset, offset > 100'000 ? 1ull << 62 : in.byte());
    }
    case 6:
      return fd_advise(g, fd, in.offset(), in.offset(), in.byte() % 8);
    case 7:
      return fd_fdstat_get(g, fd, in.pointer());
    case 8:
      return fd_fdstat_set_flags(g, fd, in.byte() % 40);
    case 9:
      return fd_fdstat_set_rights(g, fd, in.rights(), in.rights());
    case 10:
      return fd_filestat_get(g, fd, hidden);
    case 11:
      return fd_filestat_set_times(g, fd, in.offset(), in.offset(), in.byte() % 20);
    case 12:
      return fd_prestat_get(g, fd, in.pointer());
    case 13:
      return fd_prestat_dir_name(g, fd, in.pointer(), in.size());
    case 14:
      return fd_readdir(g, fd, hidden, in.size(), 0, hidden - 4);
    default:
      place_iovecs(world, in);
      switch (which) {
        case 15:
          return fd_read(g, fd, iovecs, in.byte() % 4, in.pointer());
        case 16:
          return fd_write(g, fd, iovecs, in.byte() % 4, in.pointer());
        case 17:
          return fd_pread(g, fd, iovecs, in.byte() % 4, in.offset(), in.pointer());
        default:
          return fd_pwrite(g, fd, iovecs, in.byte() % 4, in.offset(), in.pointer());
      }
  }
}

Errno call_of_path(World& world, uint8_t which, Arguments& in) {
  Guest& g = world.guest();
  const uint32_t fd = in.descriptor();
  const Text path = place(world, in.path(), first_path);
  switch (which) {
    case 0:
      return path_create_directory(g, fd, path.pointer, path.size);
    case 1:
      return path_filestat_get(g, fd, in.byte() % 3, path.pointer, path.size, hidden);
    case 2:
      return path_filestat_set_times(g, fd, in.byte() % 3, path.pointer, path.size, in.offset(), in.offset(), in.byte() % 20);
    case 3:
      return path_readlink(g, fd, path.pointer, path.size, in.pointer(), in.size(), in.pointer());
    case 4:
      return path_remove_directory(g, fd, path.pointer, path.size);
    case 5:
      return path_unlink_file(g, fd, path.pointer, path.size);
    case 6:
    case 7:
    case 8: {
      const uint32_t oflags = in.byte() % 17;
      const uint64_t base = in.rights();
      return path_open(g, fd, in.byte() % 3, path.pointer, path.size, oflags, base, in.rights(), in.byte() % 40, in.pointer());
    }
    default:
      break;
  }
  const uint32_t other = in.descriptor();
  const Text second = place(world, in.path(), second_path);
  switch (which) {
    case 9:
      return path_link(g, fd, in.byte() % 3, path.pointer, path.size, other, second.pointer, second.size);
    case 10:
      return path_rename(g, fd, path.pointer, path.size, other, second.pointer, second.size);
    default:
      return path_symlink(g, path.pointer, path.size, other, second.pointer, second.size);
  }
}

[[noreturn]] void give_up(size_t call, uint8_t which, const std::string& what) {
  fprintf(stderr, "call %zu (kind %u): %s\n", call, which, what.c_str());
  abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint8_t of_descriptors = 19, of_paths = 12;
  auto base = os::make_temporary_folder("mote-fuzz-files-");
  if (!base) abort();
  {
    World kernel(fs::path(*base) / "one", sandbox::Resolution::automatic), walk(fs::path(*base) / "two", sandbox::Resolution::walk);
    Arguments in(data, size);
    for (size_t i = 0; i < calls_most && !in.is_empty(); ++i) {
      const uint8_t which = in.byte() % (of_descriptors + of_paths);
      Errno answers[2];
      Arguments rest = in;
      for (World* world : {&kernel, &walk}) {
        Arguments same = in;
        answers[world == &walk] = which < of_descriptors ? call_of_descriptor(*world, which, same)
                                                         : call_of_path(*world, static_cast<uint8_t>(which - of_descriptors), same);
        rest = same;
        if (const std::string damage = world->damage(); !damage.empty()) give_up(i, which, damage);
      }
      in = rest;
      if (answers[0] != answers[1]) {
        give_up(i, which,
                "errno " + std::to_string(static_cast<int>(answers[0])) + " by the kernel, " +
                    std::to_string(static_cast<int>(answers[1])) + " by the walk, path \"" +
                    reinterpret_cast<const char*>(kernel.memory().data() + first_path) + "\"");
      }
      if (!std::equal(kernel.memory().begin(), kernel.memory().begin() + hidden - 8, walk.memory().begin())) {
        give_up(i, which, "the two guests see different things");
      }
    }
  }
  if (!os::remove_folder(*base)) abort();
  return 0;
}
