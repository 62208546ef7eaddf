// Tests of folder.h and resolve.h on real folders, each by the kernel's resolution and by the walk. The list of attacks is written
// out at the end: `outside` lies beside the granted folder and must never be met, read or changed.
#include "host/sandbox/folder.h"

#include "base/os/file.h"
#include "host/sandbox/fake.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace mote::sandbox {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::TestWithParam<Resolution> {
 protected:
  void SetUp() override {
    base_ = *os::make_temporary_folder("mote-folder-test-");
    fs::create_directories(base_ / "granted/sub/deep");
    fs::create_directories(base_ / "outside/sub");
    put("granted/file", "inside");
    put("granted/sub/file", "inside sub");
    put("outside/secret", "secret");
    folder_ = grant("granted", Access::read_write);
    readonly_ = grant("granted", Access::read_only);
  }
  void TearDown() override {
    EXPECT_EQ(get("outside/secret"), "secret");
    EXPECT_EQ(std::distance(fs::directory_iterator(base_ / "outside"), {}), 2);
    EXPECT_TRUE(fs::is_empty(base_ / "outside/sub"));
    ASSERT_TRUE(os::remove_folder(base_.string()));
  }
  std::unique_ptr<Folder> grant(const std::string& name, Access access) {
    return std::move(*Folder::granted(test_grant((base_ / name).string(), access), GetParam()));
  }
  void put(const std::string& name, const std::string& content) { std::ofstream(base_ / name) << content; }
  std::string get(const std::string& name) {
    std::ifstream file(base_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void symlink(const std::string& target, const std::string& name) { fs::create_symlink(target, base_ / name); }

  // What opening answers: the content of a file, "a folder", or the refusal's number.
  std::string open(const std::string& path, Opening how = {}) {
    auto opened = folder_->open(path, how);
    if (!opened) return refused(opened.error());
    if (opened->folder) return "a folder";
    std::string content(100, ' ');
    MutableBytes bytes(reinterpret_cast<uint8_t*>(content.data()), content.size());
    const auto size = opened->file->read({&bytes, 1});
    content.resize(size.value_or(0));
    return content;
  }
  static std::string refused(Refusal refusal) { return "refused " + std::to_string(static_cast<int>(refusal)); }
  std::vector<std::string> names(Folder& folder, uint64_t from = 0) {
    std::vector<std::string> found;
    EXPECT_TRUE(folder.list(from, 4096, [&](const Folder::Entry& entry) {
      found.emplace_back(entry.name);
      return true;
    }));
    std::ranges::sort(found);
    return found;
  }

  fs::path base_;
  std::unique_ptr<Folder> folder_, readonly_;
};

INSTANTIATE_TEST_SUITE_P(Resolutions, FolderTest, testing::Values(Resolution::automatic, Resolution::walk),
                         [](const auto& info) { return info.param == Resolution::walk ? "Walk" : "Kernel"; });

const std::string not_permitted = "refused " + std::to_string(static_cast<int>(Refusal::outside));
const std::string not_found = "refused " + std::to_string(static_cast<int>(Refusal::not_found));
const std::string not_a_folder = "refused " + std::to_string(static_cast<int>(Refusal::not_a_folder));
const std::string too_many_links = "refused " + std::to_string(static_cast<int>(Refusal::too_many_symbolic_links));
template <class T>
Refusal error(const Outcome<T>& outcome) {
  return outcome ? Refusal::invalid : outcome.error();
}
using Nothing = Outcome<void>;
Nothing refuses(Refusal refusal) {
  return std::unexpected(refusal);
}

TEST_P(FolderTest, OpensWhatLiesInIt) {
  EXPECT_EQ(open("file"), "inside");
  EXPECT_EQ(open("sub/file"), "inside sub");
  EXPECT_EQ(open("./sub/.//deep/../file"), "inside sub");
  EXPECT_EQ(open("sub/deep/../../file"), "inside");
  EXPECT_EQ(open("."), "a folder");
  EXPECT_EQ(open("sub/.."), "a folder");
  EXPECT_EQ(open("sub/"), "a folder");
  EXPECT_EQ(open("sub//"), "a folder");
  EXPECT_EQ(open("missing"), not_found);
  EXPECT_EQ(open("missing/file"), not_found);
  EXPECT_EQ(open("file/"), not_a_folder);
  EXPECT_EQ(open("file/."), not_a_folder);
  EXPECT_EQ(open("file/../file"), not_a_folder);
  EXPECT_EQ(open("file", {.wants_folder = true}), not_a_folder);
  EXPECT_EQ(open("sub", {.writes = true}), refused(Refusal::is_a_folder));
}

TEST_P(FolderTest, FollowsLinksThatStayInside) {
  symlink("sub", "granted/to-sub");
  symlink("../file", "granted/sub/up");
  symlink("to-sub/up", "granted/chain");
  symlink("sub/", "granted/slash");
  symlink("file", "granted/sub/own");
  EXPECT_EQ(open("to-sub/file"), "inside sub");
  EXPECT_EQ(open("sub/up"), "inside");
  EXPECT_EQ(open("chain"), "inside");
  EXPECT_EQ(open("slash/file"), "inside sub");
  EXPECT_EQ(open("slash"), "a folder");
  EXPECT_EQ(open("to-sub/.."), "a folder");
  EXPECT_EQ(open("to-sub/../file"), "inside");  // the parent of where the link leads
  EXPECT_EQ(open("to-sub/own"), "inside sub");
  EXPECT_EQ(open("to-sub", {.follow = Follow::no}), too_many_links);
  EXPECT_EQ(open("chain", {.follow = Follow::no}), too_many_links);
  EXPECT_EQ(open("to-sub", {.follow = Follow::no, .wants_folder = true}), not_a_folder);
  EXPECT_EQ(open("to-sub/", {.follow = Follow::no}), "a folder");
  EXPECT_EQ(folder_->status_of("chain", Follow::yes)->kind, NodeKind::regular);
  EXPECT_EQ(folder_->status_of("chain", Follow::no)->kind, NodeKind::symbolic_link);
  EXPECT_EQ(folder_->status_of("to-sub/", Follow::no)->kind, NodeKind::folder);
  EXPECT_EQ(folder_->target_of("chain"), "to-sub/up");
  EXPECT_EQ(folder_->target_of("file"), std::unexpected(Refusal::invalid));
}

TEST_P(FolderTest, LoopsAndLongChainsOfLinksEnd) {
  symlink("loop", "granted/loop");
  symlink("b", "granted/a");
  symlink("a", "granted/b");
  symlink("file", "granted/link0");
  for (int i = 1; i <= 41; ++i) symlink("link" + std::to_string(i - 1), "granted/link" + std::to_string(i));
  EXPECT_EQ(open("loop"), too_many_links);
  EXPECT_EQ(open("a/x"), too_many_links);
  EXPECT_EQ(open("link39"), "inside");  // 40 links
  EXPECT_EQ(open("link40"), too_many_links);
  EXPECT_EQ(folder_->status_of("loop", Follow::no)->kind, NodeKind::symbolic_link);
}

TEST_P(FolderTest, MakesAndTruncates) {
  EXPECT_EQ(open("new", {.reads = true, .writes = true, .creates = true}), "");
  EXPECT_TRUE(fs::exists(base_ / "granted/new"));
  EXPECT_EQ(open("file", {.creates = true}), "inside");
  EXPECT_EQ(open("file", {.creates = true, .is_exclusive = true}), refused(Refusal::exists));
  EXPECT_EQ(open("new/", {.writes = true, .creates = true}), refused(Refusal::is_a_folder));
  EXPECT_EQ(open("nowhere/new", {.writes = true, .creates = true}), not_found);
  for (const char* here : {".", "./", "sub/..", "sub/../", "sub/./"}) {  // found by fuzz/file_model.cpp
    EXPECT_EQ(open(here, {.creates = true}), refused(Refusal::is_a_folder)) << here;
    EXPECT_EQ(open(here, {.creates = true, .is_exclusive = true}), refused(Refusal::exists)) << here;
  }
  symlink("made", "granted/dangling");
  EXPECT_EQ(open("dangling", {.writes = true, .creates = true, .is_exclusive = true}), refused(Refusal::exists));
  EXPECT_EQ(open("dangling"), not_found);
  EXPECT_EQ(open("dangling", {.writes = true, .creates = true}), "");
  EXPECT_TRUE(fs::exists(base_ / "granted/made"));
  EXPECT_EQ(open("file", {.writes = true, .truncates = true}), "");
  EXPECT_EQ(get("granted/file"), "");
}

TEST_P(FolderTest, MakesMovesAndRemoves) {
  EXPECT_TRUE(folder_->make_folder("made"));
  EXPECT_TRUE(folder_->make_folder("slash/"));
  EXPECT_EQ(folder_->make_folder("made"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_folder("."), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_folder("sub/.."), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_folder("file/x"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->remove_folder("sub"), refuses(Refusal::not_empty));
  EXPECT_EQ(folder_->remove_folder("file"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->remove_folder("."), refuses(Refusal::invalid));
  EXPECT_TRUE(folder_->remove_folder("slash///"));
  EXPECT_TRUE(folder_->rename("made", *folder_, "sub/moved"));
  EXPECT_TRUE(fs::exists(base_ / "granted/sub/moved"));
  EXPECT_TRUE(folder_->rename("sub/moved/", *folder_, "again/"));
  EXPECT_TRUE(folder_->rename("file", *folder_, "sub/file"));
  EXPECT_EQ(get("granted/sub/file"), "inside");
  EXPECT_EQ(folder_->unlink("again"), refuses(Refusal::is_a_folder));
  EXPECT_EQ(folder_->unlink("again/"), refuses(Refusal::is_a_folder));
  EXPECT_EQ(folder_->unlink("sub/file/"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->unlink("missing/"), refuses(Refusal::not_found));
  EXPECT_TRUE(folder_->unlink("sub/file"));
  EXPECT_TRUE(folder_->remove_folder("again"));
  EXPECT_EQ(folder_->unlink("sub/file"), refuses(Refusal::not_found));
}

TEST_P(FolderTest, RenamesAsPosixDoes) {
  fs::create_directory(base_ / "granted/empty");
  fs::create_directory(base_ / "granted/other");
  EXPECT_EQ(folder_->rename("other", *folder_, "sub"), refuses(Refusal::not_empty));
  EXPECT_EQ(folder_->rename("other", *folder_, "file"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->rename("file", *folder_, "other"), refuses(Refusal::is_a_folder));
  EXPECT_TRUE(folder_->rename("other", *folder_, "empty"));
  EXPECT_EQ(folder_->rename("file/", *folder_, "x"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->rename("file", *folder_, "x/"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->rename("sub", *folder_, "file/"), refuses(Refusal::not_a_folder));
  EXPECT_EQ(folder_->rename("sub", *folder_, "sub/inside"), refuses(Refusal::invalid));
  EXPECT_EQ(folder_->rename("missing", *folder_, "x"), refuses(Refusal::not_found));
}

TEST_P(FolderTest, Links) {
  EXPECT_TRUE(folder_->link("file", *folder_, "sub/hard"));
  EXPECT_EQ(folder_->status_of("file", Follow::no)->links, 2u);
  EXPECT_EQ(folder_->link("file", *folder_, "sub/hard"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->link("file", *folder_, "file"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->link("sub", *folder_, "x"), refuses(Refusal::not_permitted));
  EXPECT_EQ(folder_->link("file", *folder_, "x/"), refuses(Refusal::not_found));
  EXPECT_EQ(folder_->link("file/", *folder_, "x"), refuses(Refusal::not_a_folder));
  EXPECT_TRUE(folder_->make_link("nowhere", "dangling"));
  EXPECT_TRUE(folder_->link("dangling", *folder_, "hard-dangling"));  // the link itself
  EXPECT_EQ(folder_->link("file", *folder_, "dangling"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_link("x", "dangling"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_link("x", "new/"), refuses(Refusal::not_found));
  EXPECT_EQ(folder_->make_link("x", "sub/"), refuses(Refusal::exists));
  EXPECT_EQ(folder_->make_link("x", "file/"), refuses(Refusal::not_a_folder));
}

TEST_P(FolderTest, SetsTimesToTheNanosecond) {
  symlink("file", "granted/link");
  const NewTime keep, at{NewTime::Kind::at, 1'234'567'890'123'456'789};
  ASSERT_TRUE(folder_->set_times_of("link", Follow::yes, keep, at));
  EXPECT_EQ(folder_->status_of("file", Follow::yes)->modified_ns, 1'234'567'890'123'456'789);
  EXPECT_NE(folder_->status_of("file", Follow::yes)->accessed_ns, 1'234'567'890'123'456'789);
  ASSERT_TRUE(folder_->set_times_of("link", Follow::no, at, {NewTime::Kind::at, 5}));
  EXPECT_EQ(folder_->status_of("link", Follow::no)->modified_ns, 5);
  EXPECT_EQ(folder_->status_of("file", Follow::no)->modified_ns, 1'234'567'890'123'456'789);
  ASSERT_TRUE(folder_->set_times(at, at));
  EXPECT_EQ(folder_->status()->modified_ns, 1'234'567'890'123'456'789);
}

TEST_P(FolderTest, ListsFromAnyEntryOn) {
  for (int i = 0; i < 300; ++i) put("granted/sub/" + std::to_string(i), "");
  put("granted/sub/\xff", "");  // no UTF-8: no guest could name it
  auto sub = std::move(folder_->open("sub", {})->folder);
  std::vector<std::pair<std::string, uint64_t>> all;
  ASSERT_TRUE(sub->list(0, 300, [&](const Folder::Entry& entry) {
    all.emplace_back(entry.name, entry.next);
    if (entry.name == "file") {
      EXPECT_EQ(entry.kind, NodeKind::regular);
      EXPECT_EQ(entry.inode, sub->status_of("file", Follow::no)->inode);
    }
    if (entry.name == "." || entry.name == "..") {
      EXPECT_EQ(entry.inode, sub->status()->inode);
    }
    return true;
  }));
  EXPECT_EQ(all.size(), 304u);  // 300, file, deep, "." and ".."
  for (const size_t from : {size_t{0}, size_t{1}, size_t{150}, size_t{302}, size_t{303}}) {
    std::vector<std::string> rest;
    ASSERT_TRUE(sub->list(all[from].second, 4096, [&](const Folder::Entry& entry) {
      rest.emplace_back(entry.name);
      return true;
    }));
    ASSERT_EQ(rest.size(), 303 - from);
    for (size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i], all[from + 1 + i].first);
  }
  EXPECT_EQ(sub->list(~0ull, 4096, [](const auto&) { return true; }), refuses(Refusal::invalid));
}

TEST_P(FolderTest, AReadOnlyGrantRefusesEveryChange) {
  symlink("file", "granted/link");
  const auto read_only = refuses(Refusal::read_only);
  const auto is_refused = [&](const std::string& path, Opening how) {
    const auto opened = readonly_->open(path, how);
    return !opened && opened.error() == Refusal::read_only;
  };
  EXPECT_TRUE(is_refused("file", {.writes = true}));
  EXPECT_TRUE(is_refused("file", {.truncates = true}));
  EXPECT_TRUE(is_refused("new", {.creates = true}));
  EXPECT_TRUE(is_refused("new", {.creates = true, .is_exclusive = true}));
  EXPECT_FALSE(readonly_->open("file", {.creates = true, .is_exclusive = true}));
  EXPECT_EQ(readonly_->make_folder("new"), read_only);
  EXPECT_EQ(readonly_->remove_folder("sub/deep"), read_only);
  EXPECT_EQ(readonly_->unlink("file"), read_only);
  EXPECT_EQ(readonly_->rename("file", *folder_, "new"), read_only);
  EXPECT_EQ(folder_->rename("file", *readonly_, "new"), read_only);
  EXPECT_EQ(readonly_->link("file", *folder_, "new"), read_only);  // a writable name for a file that is not
  EXPECT_EQ(folder_->link("file", *readonly_, "new"), read_only);
  EXPECT_EQ(readonly_->make_link("file", "new"), read_only);
  EXPECT_EQ(readonly_->set_times_of("file", Follow::yes, {}, {NewTime::Kind::now, 0}), read_only);
  EXPECT_EQ(readonly_->set_times({}, {NewTime::Kind::now, 0}), read_only);
  auto file = readonly_->open("file", {.creates = true});  // as on a read-only disk: it is there
  ASSERT_TRUE(file);
  EXPECT_EQ(file->file->set_times({}, {NewTime::Kind::now, 0}), read_only);
  EXPECT_EQ(file->file->set_size(0), read_only);
  EXPECT_EQ(file->file->allocate(0, 1), read_only);
  auto sub = readonly_->open("sub", {});
  EXPECT_EQ(sub->folder->make_folder("new"), read_only);  // and what is opened below
  EXPECT_EQ(sub->folder->open("file", {.writes = true}).error(), Refusal::read_only);
  EXPECT_EQ(names(*readonly_), (std::vector<std::string>{".", "..", "file", "link", "sub"}));
  EXPECT_EQ(get("granted/file"), "inside");
}

TEST_P(FolderTest, GrantsOnlyFolders) {
  const auto message = [&](const std::string& path) {
    return Folder::granted(test_grant(path, Access::read_write), GetParam()).error().message;
  };
  EXPECT_NE(message((base_ / "missing").string()).find((base_ / "missing").string()), std::string::npos);
  EXPECT_NE(message((base_ / "granted/file").string()).find("Not a directory"), std::string::npos);
  EXPECT_NE(message("/proc").find("memory and files of processes"), std::string::npos);
  EXPECT_NE(message("/proc/self/fd").find("/proc/self/fd"), std::string::npos);
}

// The attacks. Each tries to meet `outside`.

TEST_P(FolderTest, AttackDotsAbove) {
  for (const char* path : {"..", "../", "../outside/secret", "sub/../../outside/secret", "./../outside/secret", "../granted/file",
                           "sub/deep/../../../outside/secret", "sub/..//..", "missing/../../outside/secret"}) {
    const std::string answer = open(path);
    EXPECT_TRUE(answer == not_permitted || answer == not_found) << path << ": " << answer;
    EXPECT_FALSE(folder_->status_of(path, Follow::yes)) << path;
    EXPECT_FALSE(folder_->status_of(path, Follow::no)) << path;
    EXPECT_FALSE(folder_->make_folder(path)) << path;
    EXPECT_FALSE(folder_->unlink(path)) << path;
    EXPECT_FALSE(folder_->remove_folder(path)) << path;
    EXPECT_FALSE(folder_->rename("file", *folder_, path)) << path;
    EXPECT_FALSE(folder_->rename(path, *folder_, "stolen")) << path;
    EXPECT_FALSE(folder_->link(path, *folder_, "stolen")) << path;
    EXPECT_FALSE(folder_->link("file", *folder_, path)) << path;
    EXPECT_FALSE(folder_->make_link("x", path)) << path;
    EXPECT_FALSE(folder_->target_of(path)) << path;
    EXPECT_FALSE(folder_->set_times_of(path, Follow::yes, {}, {NewTime::Kind::now, 0})) << path;
  }
  EXPECT_EQ(open("../outside/secret"), not_permitted);
  EXPECT_EQ(open("sub/../../outside/secret"), not_permitted);
}

TEST_P(FolderTest, AttackDotsAboveAFolderOpenedBelow) {
  auto sub = std::move(folder_->open("sub", {})->folder);
  EXPECT_EQ(sub->open("../file", {}).error(), Refusal::outside);
  EXPECT_EQ(sub->open("deep/../..", {}).error(), Refusal::outside);
  EXPECT_TRUE(sub->open("deep/../file", {}));
}

TEST_P(FolderTest, AttackAbsolutePaths) {
  for (const std::string& path : {std::string("/"), std::string("//"), std::string("/etc/passwd"),
                                  (base_ / "granted/file").string(), (base_ / "outside/secret").string()}) {
    EXPECT_EQ(open(path), not_permitted) << path;
    EXPECT_FALSE(folder_->status_of(path, Follow::no)) << path;
    EXPECT_EQ(folder_->make_folder(path + "x"), refuses(Refusal::outside)) << path;
    EXPECT_EQ(folder_->unlink(path), refuses(Refusal::outside)) << path;
    EXPECT_EQ(folder_->rename(path, *folder_, "x"), refuses(Refusal::outside)) << path;
    EXPECT_EQ(folder_->rename("file", *folder_, path), refuses(Refusal::outside)) << path;
    EXPECT_EQ(folder_->make_link(path, "x"), refuses(Refusal::outside)) << path;
    EXPECT_EQ(folder_->link(path, *folder_, "x"), refuses(Refusal::outside)) << path;
  }
}

TEST_P(FolderTest, AttackLinksThatLeadOutside) {
  symlink("../outside", "granted/relative");
  symlink("../outside/secret", "granted/to-secret");
  symlink((base_ / "outside").string(), "granted/absolute");
  symlink((base_ / "outside/secret").string(), "granted/absolute-secret");
  symlink((base_ / "granted/file").string(), "granted/absolute-inside");  // absolute, though it leads back
  symlink("relative", "granted/chain1");
  symlink("chain1", "granted/chain2");
  symlink("../outside/new", "granted/dangling");
  symlink("sub/../../outside/sub", "granted/winding");
  for (const char* path : {"relative", "relative/", "relative/secret", "to-secret", "absolute", "absolute/secret",
                           "absolute-secret", "absolute-inside", "chain1", "chain2", "chain2/secret", "winding", "winding/."}) {
    EXPECT_EQ(open(path), not_permitted) << path;
    EXPECT_EQ(open(path, {.writes = true, .creates = true}) == "", false) << path;
    EXPECT_FALSE(folder_->status_of(path, Follow::yes)) << path;
    EXPECT_FALSE(folder_->set_times_of(path, Follow::yes, {}, {NewTime::Kind::now, 0})) << path;
  }
  EXPECT_EQ(open("dangling", {.writes = true, .creates = true}), not_permitted);
  for (const char* through : {"relative/", "absolute/", "chain2/", "winding/"}) {
    const std::string path = through;
    EXPECT_FALSE(folder_->make_folder(path + "x")) << path;
    EXPECT_FALSE(folder_->unlink(path + "secret")) << path;
    EXPECT_FALSE(folder_->unlink(path)) << path;
    EXPECT_FALSE(folder_->remove_folder(path + "sub")) << path;
    EXPECT_FALSE(folder_->remove_folder(path)) << path;
    EXPECT_FALSE(folder_->rename(path + "secret", *folder_, "x")) << path;
    EXPECT_FALSE(folder_->rename("file", *folder_, path + "x")) << path;
    EXPECT_FALSE(folder_->rename("sub", *folder_, path)) << path;
    EXPECT_FALSE(folder_->link(path + "secret", *folder_, "x")) << path;
    EXPECT_FALSE(folder_->link("file", *folder_, path + "x")) << path;
    EXPECT_FALSE(folder_->make_link("x", path + "x")) << path;
    EXPECT_FALSE(folder_->status_of(path, Follow::no)) << path;
    EXPECT_FALSE(folder_->status_of(path + "secret", Follow::no)) << path;
    EXPECT_FALSE(folder_->target_of(path + "secret")) << path;
  }
  // The links themselves are the guest's to look at, move and remove.
  EXPECT_EQ(folder_->status_of("absolute", Follow::no)->kind, NodeKind::symbolic_link);
  EXPECT_EQ(folder_->target_of("relative"), "../outside");
  EXPECT_TRUE(folder_->rename("relative", *folder_, "sub/relative"));
  EXPECT_TRUE(folder_->unlink("absolute"));
  EXPECT_TRUE(folder_->link("to-secret", *folder_, "hard"));  // of the link, not of what it names
  EXPECT_EQ(folder_->status_of("hard", Follow::no)->kind, NodeKind::symbolic_link);
}

TEST_P(FolderTest, AttackAGuestMakesItsOwnLinks) {
  EXPECT_TRUE(folder_->make_link("../outside/secret", "made"));  // may be said, leads nowhere
  EXPECT_EQ(open("made"), not_permitted);
  EXPECT_TRUE(folder_->make_link("..", "sub/up"));  // to the granted folder itself: inside
  EXPECT_EQ(open("sub/up/file"), "inside");
  EXPECT_TRUE(folder_->rename("sub/up", *folder_, "up"));  // and now above it
  EXPECT_EQ(open("up"), not_permitted);
  EXPECT_EQ(open("up/outside/secret"), not_permitted);
}

TEST_P(FolderTest, AttackRenamedParents) {
  // The folder that the guest stands in moves outside: what it opens from there stays below that folder.
  fs::create_directory(base_ / "elsewhere");
  auto deep = std::move(folder_->open("sub/deep", {})->folder);
  fs::rename(base_ / "granted/sub", base_ / "elsewhere/sub");
  EXPECT_FALSE(deep->open("..", {}));
  EXPECT_FALSE(deep->open("../../../outside/secret", {}));
  EXPECT_EQ(open("sub/file"), not_found);
  // The granted folder itself moves: the grant is the folder, not its name.
  fs::rename(base_ / "granted", base_ / "elsewhere/granted");
  EXPECT_EQ(open("file"), "inside");
  EXPECT_EQ(open("../outside/secret"), not_permitted);
  EXPECT_EQ(open("../../outside/secret"), not_permitted);
}

TEST_P(FolderTest, AttackSwapsWhileOpening) {
  // "flip" is now a folder, now a link outside; "sub/deep" moves in and out of the granted folder under a path that leads through
  // it.
  fs::create_directory(base_ / "granted/flip");
  put("granted/flip/secret", "inside flip");
  fs::create_directory(base_ / "parking");
  symlink("../outside", "granted/link");
  std::jthread swapper([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ::renameat2(AT_FDCWD, (base_ / "granted/flip").c_str(), AT_FDCWD, (base_ / "granted/link").c_str(), RENAME_EXCHANGE);
      ::rename((base_ / "granted/sub").c_str(), (base_ / "parking/sub").c_str());
      ::rename((base_ / "parking/sub").c_str(), (base_ / "granted/sub").c_str());
    }
  });
  int met = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string answer = open("flip/secret");
    ASSERT_NE(answer, "secret");
    met += answer == "inside flip" ? 1 : 0;
    const std::string around = open("sub/deep/../../outside/secret");
    ASSERT_NE(around, "secret");
    if (i % 16 == 0) {
      (void)folder_->make_folder("flip/new");
      (void)folder_->remove_folder("flip/new");
      (void)folder_->rename("file", *folder_, "flip/file");
      (void)folder_->rename("flip/file", *folder_, "file");
      (void)folder_->link("flip/secret", *folder_, "stolen");
      ASSERT_NE(get("granted/stolen"), "secret");
      (void)folder_->unlink("stolen");
    }
  }
  swapper.request_stop();
  swapper.join();
  EXPECT_GT(met, 0);
}

TEST_P(FolderTest, AttackDevicesPipesAndSockets) {
  ASSERT_EQ(mkfifo((base_ / "granted/pipe").c_str(), 0600), 0);
  EXPECT_EQ(open("pipe"), not_permitted);  // at once, not when somebody writes
  EXPECT_EQ(open("pipe", {.reads = false, .writes = true}), not_permitted);
  EXPECT_EQ(open("pipe", {.reads = true, .writes = true}), not_permitted);
  EXPECT_EQ(folder_->status_of("pipe", Follow::no)->kind, NodeKind::pipe);
  EXPECT_TRUE(folder_->unlink("pipe"));
  auto devices = Folder::granted(test_grant("/dev", Access::read_write), GetParam());
  ASSERT_TRUE(devices);
  EXPECT_EQ((*devices)->open("null", {}).error(), Refusal::outside);
  EXPECT_EQ((*devices)->open("zero", {.reads = true, .writes = true}).error(), Refusal::outside);
  EXPECT_EQ((*devices)->status_of("null", Follow::no)->kind, NodeKind::character_device);
}

TEST_P(FolderTest, AttackProcThroughAWiderGrant) {
  auto all = Folder::granted(test_grant("/", Access::read_write), GetParam());
  ASSERT_TRUE(all);
  for (const char* path : {"proc", "proc/self", "proc/self/mem", "proc/self/environ", "proc/self/root/etc", "proc/self/cwd",
                           "proc/self/fd/0", "proc/1/root", "proc/sys/kernel/hostname", "dev/fd", "dev/stdin"}) {
    EXPECT_FALSE((*all)->open(path, {})) << path;
    EXPECT_FALSE((*all)->open(path, {.reads = true, .writes = true})) << path;
  }
  EXPECT_FALSE((*all)->make_folder("proc/x"));
  if (fs::exists("/sys/kernel")) {
    EXPECT_EQ((*all)->open("sys/kernel", {}).error(), Refusal::outside);              // not by accident …
    EXPECT_TRUE(Folder::granted(test_grant("/sys", Access::read_only), GetParam()));  // … but by its own name
  }
  EXPECT_TRUE((*all)->open("etc", {}));
  EXPECT_EQ((*all)->open("..", {}).error(), Refusal::outside);
}

TEST_P(FolderTest, AttackHardLinksStayWithinTheirGrants) {
  auto outside = grant("outside", Access::read_only);
  EXPECT_EQ(outside->link("secret", *folder_, "stolen"), refuses(Refusal::read_only));
  EXPECT_EQ(outside->rename("secret", *folder_, "stolen"), refuses(Refusal::read_only));
  EXPECT_EQ(outside->open("secret", {.writes = true}).error(), Refusal::read_only);
  EXPECT_FALSE(fs::exists(base_ / "granted/stolen"));
}

TEST_P(FolderTest, AttackLongAndDeepPaths) {
  const auto too_long = refused(Refusal::name_too_long);
  EXPECT_EQ(open(std::string(256, 'x')), too_long);
  EXPECT_EQ(open(std::string(255, 'x')), not_found);
  EXPECT_EQ(open(std::string(100'000, 'x')), too_long);
  // As deep as a path can say, and back again: a walk holds few folders open meanwhile.
  std::string down;
  while (down.size() < 1000) down += "d/";
  fs::create_directories(base_ / "granted" / down);
  std::string up;
  for (size_t i = 0; i < down.size() / 2; ++i) up += "../";
  EXPECT_EQ(open(down + up + "file"), "inside");
  EXPECT_EQ(open(down + up + "../outside/secret"), not_permitted);
  EXPECT_EQ(open(down + up.substr(3) + "../file"), "inside");
  std::string dots;
  while (dots.size() < 4000) dots += "./";
  EXPECT_EQ(open(dots + "file"), "inside");
  EXPECT_EQ(open(dots + "../outside/secret"), not_permitted);
}

TEST_P(FolderTest, AttackExhaustion) {
  // This process has no descriptors left: a refusal, and nothing is lost for good.
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<Opened> held;
  Outcome<Opened> next = folder_->open("file", {});
  while (next && held.size() < 1000) {
    held.push_back(std::move(*next));
    next = folder_->open("file", {});
  }
  EXPECT_FALSE(next);
  EXPECT_EQ(error(next), Refusal::too_many_open);
  EXPECT_EQ(error(folder_->status_of("sub/file", Follow::yes)), Refusal::too_many_open);
  EXPECT_EQ(folder_->make_folder("sub/new"), refuses(Refusal::too_many_open));
  held.clear();
  EXPECT_EQ(open("sub/file"), "inside sub");
  // The deepest path there is, with few descriptors: a walk must do with those it holds.
  std::string down;
  while (down.size() < 1000) down += "d/";
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  fs::create_directories(base_ / "granted" / down);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_EQ(open(down), "a folder");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Utf8, OnlyWellFormed) {
  for (const char* good : {"", "a", "ä", "€", "𐍈", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"}) EXPECT_TRUE(is_utf8(good));
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80",
                          "\xff", "a\xe2\x82", "\xc3z"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace mote::sandbox
