#include "engine/api/cache.h"

#include "base/core/hash.h"
#include "engine/api/modules_testing.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace mote::api {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  void SetUp() override {
    root_ = *os::make_temporary_folder("mote-cache-test-");
    folder_ = root_ + "/cache";
  }
  void TearDown() override { (void)os::remove_folder(root_); }

  Cache open(uint64_t size_bytes = 1 << 20, std::string_view compiler = "one") {
    auto cache = Cache::open(folder_, size_bytes, compiler);
    EXPECT_TRUE(cache.has_value()) << cache.error().message;
    return std::move(*cache);
  }
  // Writes an entry without asking for durability: many are written.
  void put(const Cache& cache, Bytes content) const {
    std::ofstream(cache.entry_path(hash_, key_), std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  size_t count_files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  std::string root_, folder_;
  const std::vector<uint8_t> wasm_ = answer_module();
  const code::Hash hash_ = sha256(wasm_);
  const code::CodegenKey key_ = {.cpu_features = code::cpu_v2};
  const std::vector<uint8_t> artifact_ = answer_artifact(wasm_, key_);
};

TEST_F(CacheTest, MakesItsFolderPrivate) {
  open();
  EXPECT_EQ(os::identity(folder_)->mode & 0777, 0700u);
}

TEST_F(CacheTest, RefusesAFolderThatOthersMayEnter) {
  ASSERT_TRUE(os::make_folder(folder_, 0755));
  fs::permissions(folder_, fs::perms(0755));
  const auto cache = Cache::open(folder_, 1 << 20, "");
  ASSERT_FALSE(cache.has_value());
  EXPECT_EQ(cache.error().kind, ErrorKind::denied);
  EXPECT_NE(cache.error().message.find("chmod 700"), std::string::npos) << cache.error().message;
}

TEST_F(CacheTest, FindsWhatItStored) {
  const Cache cache = open();
  EXPECT_EQ(cache.find(hash_, key_), nullptr);
  ASSERT_TRUE(cache.store(hash_, key_, artifact_));
  const auto found = cache.find(hash_, key_);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->module_hash(), hash_);
}

TEST_F(CacheTest, KeyAndCompilerTellEntriesApart) {
  ASSERT_TRUE(open().store(hash_, key_, artifact_));
  code::CodegenKey other = key_;
  other.fuel = 1;
  EXPECT_EQ(open().find(hash_, other), nullptr);
  EXPECT_EQ(open(1 << 20, "two").find(hash_, key_), nullptr);
  EXPECT_NE(open().find(hash_, key_), nullptr);
}

// A flipped bit anywhere: the entry is refused and removed.
TEST_F(CacheTest, EveryFlippedByteIsAMiss) {
  const Cache cache = open();
  put(cache, artifact_);
  ASSERT_NE(cache.find(hash_, key_), nullptr);
  for (size_t at = 0; at < artifact_.size(); at += 1 + at % 5) {
    std::vector<uint8_t> bad = artifact_;
    bad[at] ^= static_cast<uint8_t>(1 << at % 8);
    put(cache, bad);
    EXPECT_EQ(cache.find(hash_, key_), nullptr) << "byte " << at;
    EXPECT_FALSE(os::exists(cache.entry_path(hash_, key_))) << "byte " << at;
  }
}

TEST_F(CacheTest, EveryTruncationIsAMiss) {
  const Cache cache = open();
  for (size_t size = 0; size < artifact_.size(); size += 7) {
    put(cache, Bytes(artifact_).first(size));
    EXPECT_EQ(cache.find(hash_, key_), nullptr) << "size " << size;
  }
}

TEST_F(CacheTest, AnotherModulesArtifactIsAMiss) {
  const Cache cache = open();
  const auto other = answer_module(7);
  ASSERT_TRUE(cache.store(hash_, key_, answer_artifact(other, key_, 7)));
  EXPECT_EQ(cache.find(hash_, key_), nullptr);
  code::CodegenKey dense = key_;
  dense.memory = code::MemoryMode::dense;
  ASSERT_TRUE(cache.store(hash_, key_, answer_artifact(wasm_, dense)));
  EXPECT_EQ(cache.find(hash_, key_), nullptr);
}

TEST_F(CacheTest, RemovesTheLeastRecentlyUsed) {
  const Cache cache = open(artifact_.size() * 3 + 100);
  std::vector<code::Hash> hashes;
  for (uint8_t i = 0; i < 5; ++i) {
    const auto wasm = answer_module(i);
    hashes.push_back(sha256(wasm));
    ASSERT_TRUE(cache.store(hashes[i], key_, answer_artifact(wasm, key_, i)));
    if (i >= 1) EXPECT_NE(cache.find(hashes[0], key_), nullptr);  // used every time
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_NE(cache.find(hashes[0], key_), nullptr);
  EXPECT_EQ(cache.find(hashes[1], key_), nullptr);
  EXPECT_EQ(cache.find(hashes[2], key_), nullptr);
  EXPECT_NE(cache.find(hashes[4], key_), nullptr);
}

TEST_F(CacheTest, RefusesWhatIsLargerThanItself) {
  const Cache cache = open(artifact_.size() - 1);
  EXPECT_EQ(cache.store(hash_, key_, artifact_).error().kind, ErrorKind::limit);
  EXPECT_EQ(count_files(), 0u);
}

TEST_F(CacheTest, LeavesForeignFilesAlone) {
  const Cache cache = open(artifact_.size());
  ASSERT_TRUE(os::write_file(folder_ + "/notes.txt", std::vector<uint8_t>(100'000)));
  ASSERT_TRUE(cache.store(hash_, key_, artifact_));
  EXPECT_TRUE(os::exists(folder_ + "/notes.txt"));
  EXPECT_NE(cache.find(hash_, key_), nullptr);
}

TEST_F(CacheTest, RemembersSettledFiles) {
  const Cache cache = open();
  const std::string path = root_ + "/module.wasm";
  ASSERT_TRUE(os::write_file(path, wasm_));
  const os::FileIdentity fresh = *os::identity(path);
  ASSERT_TRUE(cache.remember(fresh, hash_));
  EXPECT_FALSE(cache.remembered(fresh).has_value()) << "its time stamps cannot tell a write that follows now";
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  ASSERT_TRUE(cache.remember(fresh, hash_));
  EXPECT_EQ(cache.remembered(*os::identity(path)), hash_);

  ASSERT_TRUE(os::write_file(path, answer_module(7)));
  EXPECT_FALSE(cache.remembered(*os::identity(path)).has_value());
}

TEST_F(CacheTest, FlippedIdentityIsForgotten) {
  const Cache cache = open();
  os::FileIdentity file{
      .device = 1, .inode = 2, .size = 3, .modified_ns = 1'000'000'001, .changed_ns = 1'000'000'001, .is_regular = true};
  ASSERT_TRUE(cache.remember(file, hash_));
  ASSERT_EQ(cache.remembered(file), hash_);
  const std::string path = cache.identity_path(file);
  const auto good = *os::read_file(path, 1000);
  for (size_t at = 0; at < good.size(); ++at) {
    auto bad = good;
    bad[at] ^= 1;
    ASSERT_TRUE(os::write_file(path, bad));
    EXPECT_FALSE(cache.remembered(file).has_value()) << "byte " << at;
  }
}

TEST_F(CacheTest, RacingWritersAndReadersAreSafe) {
  const Cache cache = open(artifact_.size() * 2);  // eviction races too
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0, found = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const auto answer = static_cast<uint8_t>((i + t) % 4);
        const auto wasm = answer_module(answer);
        const code::Hash hash = sha256(wasm);
        (void)cache.store(hash, key_, answer_artifact(wasm, key_, answer));
        if (const auto artifact = cache.find(hash, key_)) {
          ++found;
          const auto image = artifact->image(key_);
          if (artifact->module_hash() != hash || !image || static_cast<const uint8_t*>((*image)->entry(0))[1] != answer) ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace mote::api
