// Preview 1's functions of files against a model of a file system (file_model.h): after every call both must have answered alike,
// and at the end the folder on disk must be what the model says. The first byte chooses how paths are followed; the rest is a list
// of calls.
#include "fuzz/file_model.h"

#include "base/os/file.h"
#include "host/sandbox/fake.h"
#include "host/wasi_p1/functions.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace {

using namespace mote;
using namespace mote::wasi_p1;
namespace fs = std::filesystem;

constexpr uint32_t first = 3, memory_size = 65536, path_at = 1000, other_path_at = 2000, piece_at = 3000, out_at = 3100,
                   buffer_at = 4000;
constexpr size_t calls_most = 128;

class World {
 public:
  World(const fs::path& base, sandbox::Resolution resolution) : guest_{process_, memory_} {
    for (int i = 0; i < 3; ++i) (void)process_.open({.stream = std::make_unique<sandbox::FakeStream>(stream_)});
    sandbox::Descriptor descriptor{.granted_as = "/"};
    auto folder = sandbox::Folder::granted(sandbox::test_grant(base.string(), sandbox::Access::read_write), resolution);
    if (!folder) abort();
    descriptor.folder = std::move(*folder);
    (void)process_.open(std::move(descriptor));
  }
  Guest& guest() { return guest_; }
  uint32_t put(const std::string& text, uint32_t at) {
    std::memcpy(memory_.data() + at, text.data(), text.size());
    return static_cast<uint32_t>(text.size());
  }
  template <class T>
  T get(uint32_t at) {
    return load_le<T>(memory_.data() + at);
  }
  std::string text(uint32_t at, size_t size) { return {reinterpret_cast<const char*>(memory_.data()) + at, size}; }
  void piece(uint32_t size) {
    store_le(memory_.data() + piece_at, buffer_at);
    store_le(memory_.data() + piece_at + 4, size);
  }

 private:
  std::string stream_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(memory_size, 0);
  Guest guest_;
};

class Arguments {
 public:
  Arguments(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool is_empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // Mostly an open one of a kind, sometimes any.
  uint32_t descriptor(model::FileSystem& model, model::Kind kind) {
    const uint8_t choice = byte();
    std::vector<uint32_t> wanted;
    for (uint32_t number = first; number < first + 16; ++number) {
      if (const auto* found = model.find(number); found != nullptr && found->node->kind == kind) wanted.push_back(number);
    }
    return choice >= 240 || wanted.empty() ? first + choice % 8 : wanted[choice % wanted.size()];
  }
  uint64_t offset() {
    constexpr uint64_t offsets[] = {0, 1, 5, 10, 100, 4096, 5000, ~0ull};
    return offsets[byte() % std::size(offsets)];
  }
  std::string path() {
    static const std::string parts[] = {"a", "b", "c", "d", "e", "a", "b", "c", "d", "a", "d", "e", "b", ".", "..", ".."};
    const uint8_t choice = byte();
    std::string text = parts[choice & 15];
    if ((choice & 0x30) != 0) text += "/" + parts[byte() & 15];
    if ((choice & 0x30) == 0x30) text += "/" + parts[byte() & 15];
    if (choice >= 0xe0) text += choice % 2 != 0 ? "/" : "//";
    if (choice == 0xdf) text = "";
    if (choice == 0xde) text.insert(0, "/");
    return text;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

class Comparison {
 public:
  // Begins with a few things that calls can meet.
  Comparison(const fs::path& base, sandbox::Resolution resolution) : base_(base), world_(base, resolution), model_(first) {
    const auto put = [&](const char* text, uint32_t at) { return world_.put(text, at); };
    for (const char* folder : {"a", "a/b", "d"})
      same(path_create_directory(g(), first, path_at, put(folder, path_at)), model_.make_folder(first, folder));
    for (const auto& [target, name] : {std::pair{"a", "b"}, {"../c", "a/c"}, {"..", "d/a"}, {"b/b", "d/b"}}) {
      same(path_symlink(g(), path_at, put(target, path_at), first, other_path_at, put(name, other_path_at)),
           model_.symlink(target, first, name));
    }
    for (const char* file : {"c", "a/d", "d"}) {
      uint32_t number = 0;
      const bool is_file = std::string_view(file) != "d";
      const Errno error = path_open(g(), first, 0, path_at, put(file, path_at), is_file ? oflags::creat : 0, is_file ? ~0ull : 0,
                                    is_file ? ~0ull : 0, 0, out_at);
      same(error, model_.open(first, file, {.creates = is_file, .reads = true, .writes = is_file}, number));
    }
  }

  void call(Arguments& in) {
    const uint8_t which = in.byte() % 24;
    const uint32_t fd = in.descriptor(model_, which > 10 && which < 19 ? model::Kind::file : model::Kind::folder);
    said_ = std::to_string(which) + " on " + std::to_string(fd);
    if (which < 9 || which > 19) {
      constexpr uint8_t opening = 3;
      of_path(which < 9 ? which : opening, fd, in);
    } else {
      of_descriptor(which, fd, in);
    }
  }

  void compare_trees() {
    std::string expected, found;
    describe(*model_.root(), "", expected);
    describe(base_, "", found);
    if (expected != found) give_up("the folder is\n" + found + "and not\n" + expected);
  }

 private:
  Guest& g() { return world_.guest(); }

  void same(Errno seen, model::Errno expected) {
    if (static_cast<uint16_t>(seen) != expected)
      give_up("errno " + std::to_string(static_cast<int>(seen)) + ", the model says " + std::to_string(expected));
  }
  template <class T>
  void same_value(const char* what, T seen, T expected) {
    if (seen != expected) give_up(std::string(what) + " differs");
  }
  [[noreturn]] void give_up(const std::string& what) {
    fprintf(stderr, "call %s: %s\n", said_.c_str(), what.c_str());
    abort();
  }
  uint32_t path(Arguments& in, uint32_t at, std::string& text) {
    text = in.path();
    said_ += " \"" + text + "\"";
    return world_.put(text, at);
  }

  void of_path(uint8_t which, uint32_t fd, Arguments& in) {
    std::string text, other;
    const uint32_t size = path(in, path_at, text);
    switch (which) {
      case 0:
        return same(path_create_directory(g(), fd, path_at, size), model_.make_folder(fd, text));
      case 1:
        return same(path_remove_directory(g(), fd, path_at, size), model_.remove_folder(fd, text));
      case 2:
        return same(path_unlink_file(g(), fd, path_at, size), model_.unlink(fd, text));
      case 3:
      case 4:
        return open(fd, text, size, in);
      case 5:
        return look(fd, text, size, in.byte() % 2);
      default:
        break;
    }
    const uint32_t other_fd = in.descriptor(model_, model::Kind::folder), other_size = path(in, other_path_at, other);
    said_ += " on " + std::to_string(other_fd);
    switch (which) {
      case 6:
        return same(path_symlink(g(), path_at, size, other_fd, other_path_at, other_size), model_.symlink(text, other_fd, other));
      case 7:
        return same(path_link(g(), fd, 0, path_at, size, other_fd, other_path_at, other_size),
                    model_.link(fd, text, other_fd, other));
      default:
        return same(path_rename(g(), fd, path_at, size, other_fd, other_path_at, other_size),
                    model_.rename(fd, text, other_fd, other));
    }
  }

  void open(uint32_t fd, const std::string& text, uint32_t size, Arguments& in) {
    const uint8_t choice = in.byte(), how = in.byte();
    constexpr uint32_t usual[] = {
        0, 0, oflags::creat, oflags::creat | oflags::trunc, oflags::directory, oflags::creat | oflags::excl, oflags::trunc};
    const uint32_t flags = choice % 8 < 7 ? usual[choice % 8] : how / 4 % 16, follows = choice / 16 % 2, fdflags = choice / 32 % 2;
    const bool writes = how % 4 != 0, reads = how % 4 != 1;
    constexpr uint64_t of_writing = rights::fd_write | rights::fd_allocate | rights::fd_filestat_set_size;
    uint64_t base = ~0ull;
    if (!writes) base &= ~of_writing;
    if (!reads) base &= ~(rights::fd_read | rights::fd_readdir);
    said_ += " oflags " + std::to_string(flags) + (writes ? " writing" : "") + (follows != 0 ? " following" : "");
    const Errno error = path_open(g(), fd, follows, path_at, size, flags, base, ~0ull, fdflags, out_at);
    uint32_t number = 0;
    same(error, model_.open(fd, text,
                            {.follows = follows != 0,
                             .creates = (flags & oflags::creat) != 0,
                             .excludes = (flags & oflags::excl) != 0,
                             .truncates = (flags & oflags::trunc) != 0,
                             .wants_folder = (flags & oflags::directory) != 0,
                             .reads = reads || !writes,
                             .writes = writes,
                             .appends = fdflags != 0},
                            number));
    if (error == Errno::success) same_value("the number", world_.get<uint32_t>(out_at), number);
  }

  void look(uint32_t fd, const std::string& text, uint32_t size, uint32_t follows) {
    model::NodePtr node;
    model::Errno expected = model_.look_up(fd, text, follows != 0, node);
    const Errno error = path_filestat_get(g(), fd, follows, path_at, size, buffer_at);
    same(error, expected);
    if (error == Errno::success) same_status(*node);
    expected = model_.look_up(fd, text, false, node);
    if (expected == model::ok && node->kind != model::Kind::link) expected = model::inval;
    const Errno read = path_readlink(g(), fd, path_at, size, buffer_at, 100, out_at);
    same(read, expected);
    if (read == Errno::success) same_value("the target", world_.text(buffer_at, world_.get<uint32_t>(out_at)), node->text);
  }
  void same_status(const model::Node& node) {
    same_value("the kind", world_.get<uint8_t>(buffer_at + 16), static_cast<uint8_t>(node.kind));
    if (node.kind == model::Kind::folder) return;
    same_value("the number of links", world_.get<uint64_t>(buffer_at + 24), node.names);
    same_value("the size", world_.get<uint64_t>(buffer_at + 32), uint64_t{node.text.size()});
  }

  void of_descriptor(uint8_t which, uint32_t fd, Arguments& in) {
    switch (which) {
      case 9: {
        if (fd == first) return;
        return same(fd_close(g(), fd), model_.close(fd));
      }
      case 10: {
        const uint32_t to = in.descriptor(model_, model::Kind::file);
        if (fd == first) return;
        return same(fd_renumber(g(), fd, to), model_.renumber(fd, to));
      }
      case 11:
      case 12:
        return write(fd, in, which == 12);
      case 13:
      case 14:
        return read(fd, in, which == 14);
      case 15: {
        const int64_t by = static_cast<int8_t>(in.byte());
        const uint32_t whence = in.byte() % 3;
        uint64_t expected = 0;
        const Errno error = fd_seek(g(), fd, by, whence, out_at);
        same(error, model_.seek(fd, by, static_cast<int>(whence), expected));
        if (error == Errno::success) same_value("the position", world_.get<uint64_t>(out_at), expected);
        return;
      }
      case 16: {
        const uint64_t size = in.byte();
        return same(fd_filestat_set_size(g(), fd, size), model_.set_size(fd, size));
      }
      case 17: {
        const uint64_t offset = in.byte(), size = in.byte() % 16;
        return same(fd_allocate(g(), fd, offset, size), model_.allocate(fd, offset, size));
      }
      case 18: {
        const uint32_t appends = in.byte() % 2;
        model::Descriptor* const found = model_.find(fd);
        same(fd_fdstat_set_flags(g(), fd, appends), found != nullptr ? model::ok : model::badf);
        if (found != nullptr) found->appends = appends != 0;
        return;
      }
      default:
        return list(fd);
    }
  }

  void write(uint32_t fd, Arguments& in, bool at_offset) {
    const std::string text(in.byte() % 20, static_cast<char>('A' + in.byte() % 26));
    const uint64_t offset = at_offset ? in.offset() : 0;
    world_.put(text, buffer_at);
    world_.piece(static_cast<uint32_t>(text.size()));
    const Errno error = at_offset ? fd_pwrite(g(), fd, piece_at, 1, offset, out_at) : fd_write(g(), fd, piece_at, 1, out_at);
    same(error, model_.write(fd, text, at_offset ? &offset : nullptr));
    if (error == Errno::success) same_value("the count", world_.get<uint32_t>(out_at), static_cast<uint32_t>(text.size()));
  }
  void read(uint32_t fd, Arguments& in, bool at_offset) {
    const uint32_t size = in.byte() * 8u;
    const uint64_t offset = at_offset ? in.offset() : 0;
    world_.piece(size);
    const Errno error = at_offset ? fd_pread(g(), fd, piece_at, 1, offset, out_at) : fd_read(g(), fd, piece_at, 1, out_at);
    std::string expected;
    same(error, model_.read(fd, size, at_offset ? &offset : nullptr, expected));
    if (error == Errno::success) same_value("what was read", world_.text(buffer_at, world_.get<uint32_t>(out_at)), expected);
  }
  void list(uint32_t fd) {
    model::NodePtr folder;
    model::Errno expected = model_.folder_at(fd, folder);
    const Errno status = fd_filestat_get(g(), fd, buffer_at);
    same(status, expected == model::notdir ? model::ok : expected);
    if (status == Errno::success) same_status(*model_.find(fd)->node);
    if (expected == model::ok && folder->is_removed) expected = model::noent;
    const Errno error = fd_readdir(g(), fd, buffer_at, 8192, 0, out_at);
    same(error, expected);
    if (error != Errno::success) return;
    std::set<std::string> names{".", ".."}, seen;
    for (const auto& [name, node] : folder->entries) names.insert(name);
    for (uint32_t at = buffer_at, end = buffer_at + world_.get<uint32_t>(out_at); at < end;) {
      const auto length = world_.get<uint32_t>(at + 16);
      const std::string name = world_.text(at + 24, length);
      if (!seen.insert(name).second) give_up("\"" + name + "\" is listed twice");
      if (const auto node = folder->entries.find(name); node != folder->entries.end())
        same_value("a listed kind", world_.get<uint8_t>(at + 20), static_cast<uint8_t>(node->second->kind));
      at += 24 + length;
    }
    if (names != seen) give_up("other names are listed");
  }

  static void describe(const model::Node& node, const std::string& path, std::string& to) {
    for (const auto& [name, child] : node.entries) {
      to += path + name + " " + std::to_string(static_cast<int>(child->kind)) + " " + child->text + "\n";
      if (child->kind == model::Kind::folder) describe(*child, path + name + "/", to);
    }
  }
  static void describe(const fs::path& folder, const std::string& path, std::string& to) {
    std::map<std::string, fs::directory_entry> entries;
    for (const auto& entry : fs::directory_iterator(folder)) entries[entry.path().filename().string()] = entry;
    for (const auto& [name, entry] : entries) {
      if (entry.is_symlink()) {
        to += path + name + " 7 " + fs::read_symlink(entry.path()).string() + "\n";
      } else if (entry.is_directory()) {
        to += path + name + " 3 \n";
        describe(entry.path(), path + name + "/", to);
      } else {
        std::ifstream file(entry.path());
        to += path + name + " 4 " + std::string(std::istreambuf_iterator<char>(file), {}) + "\n";
      }
    }
  }

  fs::path base_;
  World world_;
  model::FileSystem model_;
  std::string said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto base = os::make_temporary_folder("mote-fuzz-model-");
  if (!base) abort();
  {
    Comparison comparison(*base, data[0] % 2 != 0 ? sandbox::Resolution::walk : sandbox::Resolution::automatic);
    Arguments in(data + 1, size - 1);
    for (size_t i = 0; i < calls_most && !in.is_empty(); ++i) comparison.call(in);
    comparison.compare_trees();
  }
  if (!os::remove_folder(*base)) abort();
  return 0;
}
