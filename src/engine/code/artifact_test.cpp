// Artifacts: what goes in comes out, equal input gives equal bytes, and nothing that is damaged, foreign or truncated is accepted.
// binutils must be able to read the file. Code in these images is written by hand; that compiled code runs is shown elsewhere.
#include "base/core/hash.h"
#include "base/os/file.h"
#include "engine/code/abi.h"
#include "engine/code/artifact_format.h"
#include "engine/code/artifact_testing.h"
#include "engine/code/image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace mote::code {
namespace {

using namespace artifact_testing;

std::string refusal(std::vector<uint8_t> bytes) {
  Result<std::shared_ptr<Artifact>> artifact = load_artifact(std::move(bytes));
  if (!artifact) return artifact.error().message;
  for (const CodegenKey& key : (*artifact)->keys()) {
    if (Result<std::shared_ptr<const Image>> image = (*artifact)->image(key); !image) return image.error().message;
  }
  return "";
}

void expect_test_image(Artifact& artifact, const Image& image) {
  EXPECT_EQ(artifact.module_hash(), sha256(test_wasm));
  EXPECT_EQ(artifact.module_size(), sizeof test_wasm);
  EXPECT_EQ(artifact.code_section_offset(), wasm_code_content);
  std::vector<uint8_t> stripped(test_wasm, test_wasm + 8);
  stripped.insert(stripped.end(), test_wasm + 14, test_wasm + wasm_code_content - 2);
  EXPECT_TRUE(std::ranges::equal(artifact.module_bytes(), stripped));
  EXPECT_EQ(artifact.func_name(0), "");
  EXPECT_EQ(artifact.func_name(1), "one");
  EXPECT_EQ(artifact.func_name(2), "");
  EXPECT_EQ(artifact.func_name(UINT32_MAX), "");
  ASSERT_EQ(image.funcs().size(), 2u);
  EXPECT_EQ(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(image.entry(0)))(), 42);
  EXPECT_EQ(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(image.entry(1)))(), 7);
}

class Folder {
 public:
  Folder() : path_(os::make_temporary_folder("mote-artifact-test").value()) {}
  ~Folder() { (void)os::remove_folder(path_); }
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

TEST(Artifact, RoundTripFromMemory) {
  std::shared_ptr<Artifact> artifact = load_artifact(test_artifact()).value();
  ASSERT_EQ(artifact->keys().size(), 1u);
  std::shared_ptr<const Image> image = artifact->image(artifact->keys()[0]).value();
  expect_test_image(*artifact, *image);
  EXPECT_EQ(artifact->image(artifact->keys()[0]).value(), image);
}

TEST(Artifact, RoundTripFromFile) {
  Folder folder;
  ASSERT_TRUE(os::write_file(folder.file("a.cwasm"), test_artifact()));
  std::shared_ptr<Artifact> artifact = load_artifact_file(folder.file("a.cwasm")).value();
  std::shared_ptr<const Image> image = artifact->image(artifact->keys()[0]).value();
  expect_test_image(*artifact, *image);
  artifact.reset();  // an image keeps what it needs
  EXPECT_EQ(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(image->entry(0)))(), 42);
}

TEST(Artifact, ImageIsFoundByPcWhileItLives) {
  std::shared_ptr<Artifact> artifact = load_artifact(test_artifact()).value();
  std::shared_ptr<const Image> image = artifact->image(artifact->keys()[0]).value();
  const uint8_t* code = image->text().data();
  EXPECT_EQ(find_image(code), image.get());
  EXPECT_EQ(find_image(code + 20), image.get());
  image.reset();
  EXPECT_NE(find_image(code), nullptr);
  artifact.reset();
  EXPECT_EQ(find_image(code), nullptr);
}

TEST(Artifact, LooksUpByPc) {
  std::shared_ptr<Artifact> artifact = load_artifact(test_artifact()).value();
  std::shared_ptr<const Image> image = artifact->image(artifact->keys()[0]).value();
  const uint8_t* code = image->text().data();
  EXPECT_EQ(image->find(code)->func, 0u);
  EXPECT_EQ(image->find(code + 5)->wasm_offset, 45u);
  EXPECT_FALSE(image->find(code + 6).has_value());  // padding
  EXPECT_EQ(image->find(code + 16)->func, 1u);
  EXPECT_FALSE(image->find(code + 17)->wasm_offset.has_value());
  EXPECT_EQ(image->find(code + 18)->wasm_offset, 50u);
  EXPECT_FALSE(image->find(code + 4096).has_value());  // constants
  EXPECT_FALSE(image->find(code - 1).has_value());
  ASSERT_NE(image->frame(code + 3), nullptr);
  EXPECT_EQ(image->frame(code + 3)->return_address, 24);
  ASSERT_NE(image->frame(code + 5), nullptr);  // ret: no row needed
  EXPECT_EQ(image->frame(code + 5)->return_address, 0);
  EXPECT_EQ(image->frame(code + 16), nullptr);
}

TEST(Artifact, TwoImagesShareTheModule) {
  std::vector<uint8_t> bytes = test_artifact({test_parts(MemoryMode::guard), test_parts(MemoryMode::dense)});
  std::shared_ptr<Artifact> artifact = load_artifact(bytes).value();
  ASSERT_EQ(artifact->keys().size(), 2u);
  std::shared_ptr<const Image> guard = artifact->image(artifact->keys()[0]).value();
  std::shared_ptr<const Image> dense = artifact->image(artifact->keys()[1]).value();
  EXPECT_EQ(guard->key().memory, MemoryMode::guard);
  EXPECT_EQ(dense->key().memory, MemoryMode::dense);
  expect_test_image(*artifact, *guard);
  expect_test_image(*artifact, *dense);
  EXPECT_EQ(find_image(dense->entry(0)), dense.get());
}

TEST(Artifact, AnotherKeyIsRefusedWithTheFlag) {
  std::shared_ptr<Artifact> artifact = load_artifact(test_artifact()).value();
  CodegenKey wanted = artifact->keys()[0];
  wanted.memory = MemoryMode::dense;
  EXPECT_EQ(artifact->image(wanted).error().message, "compiled for guard memory, this run wants dense (-C memory=guard)");
}

TEST(Artifact, EmptyImage) {
  constexpr uint8_t empty_wasm[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  ImageParts parts;
  parts.key.cpu_features = 0;
  std::shared_ptr<Artifact> artifact = load_artifact(write_artifact(empty_wasm, std::span(&parts, 1)).value()).value();
  std::shared_ptr<const Image> image = artifact->image(parts.key).value();
  EXPECT_TRUE(image->text().empty());
  EXPECT_TRUE(image->funcs().empty());
  EXPECT_TRUE(std::ranges::equal(artifact->module_bytes(), empty_wasm));
}

TEST(Artifact, ImageWithoutConstants) {
  Folder folder;
  ImageParts parts = test_parts();
  parts.text.resize(23);
  parts.rodata_offset = 23;
  ASSERT_TRUE(os::write_file(folder.file("a.cwasm"), test_artifact({parts})));
  std::shared_ptr<Artifact> artifact = load_artifact_file(folder.file("a.cwasm")).value();
  std::shared_ptr<const Image> image = artifact->image(parts.key).value();
  EXPECT_EQ(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(image->entry(0)))(), 42);
  EXPECT_EQ(image->find(image->text().data() + 18)->wasm_offset, 50u);

  artifact = load_artifact(test_artifact({parts})).value();
  image = artifact->image(parts.key).value();
  EXPECT_EQ(reinterpret_cast<int (*)()>(reinterpret_cast<uintptr_t>(image->entry(0)))(), 42);
}

TEST(Artifact, EqualInputGivesEqualBytes) {
  EXPECT_EQ(test_artifact(), test_artifact());
}

TEST(Artifact, MalformedNameSectionCostsTheNamesOnly) {
  std::vector<uint8_t> wasm(std::begin(test_wasm), std::end(test_wasm));
  for (size_t i = wasm.size() - 10; i < wasm.size(); i++) {
    std::vector<uint8_t> changed = wasm;
    changed[i] = 0xff;
    ImageParts parts = test_parts();
    Result<std::vector<uint8_t>> bytes = write_artifact(changed, std::span(&parts, 1));
    ASSERT_TRUE(bytes) << bytes.error().text();
    EXPECT_EQ(refusal(*bytes), "");
  }
}

TEST(Artifact, TruncatedAtEveryByteIsRefused) {
  std::vector<uint8_t> bytes = test_artifact();
  Folder folder;
  for (size_t size = 0; size < bytes.size(); size++) {
    std::string reason = refusal({bytes.begin(), bytes.begin() + static_cast<int64_t>(size)});
    EXPECT_TRUE(reason.starts_with(size < head_offset + 8 ? "not an artifact" : "truncated")) << size << ": " << reason;
    if (size % 97 != 0) continue;
    ASSERT_TRUE(os::write_file(folder.file("a"), Bytes(bytes).first(size)));
    EXPECT_FALSE(load_artifact_file(folder.file("a")).has_value()) << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(refusal(bytes), "corrupt: bytes behind its end; compile the module again");
}

// Padding and symbols too: a file that is damaged there is not the file that was written.
TEST(Artifact, EveryFlippedByteIsRefused) {
  const std::vector<uint8_t> bytes = test_artifact({test_parts(MemoryMode::guard), test_parts(MemoryMode::dense)});
  ASSERT_TRUE(load_artifact(bytes));
  for (size_t i = 0; i < bytes.size(); i++) {
    for (uint8_t flip : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> changed = bytes;
      changed[i] ^= flip;
      ASSERT_FALSE(load_artifact(changed)) << "byte " << i;
    }
  }
}

TEST(Artifact, ForeignOnesAreRefusedByReason) {
  std::vector<uint8_t> bytes = test_artifact();
  auto with = [&](auto change) {
    std::vector<uint8_t> changed = bytes;
    auto head = load_le<ArtifactHead>(changed.data() + head_offset);
    change(head);
    store_le(changed.data() + head_offset, head);
    repair(changed);
    return refusal(changed);
  };
  EXPECT_EQ(with([](ArtifactHead& head) { head.abi_version = abi_version + 2; }),
            "ABI version " + std::to_string(abi_version + 2) + ", this build needs " + std::to_string(abi_version) +
                "; compile the module again");
  EXPECT_EQ(with([](ArtifactHead& head) { head.format_version = 99; }),
            "artifact format 99, this build needs 4; compile the module again");
  EXPECT_EQ(with([](ArtifactHead& head) { head.images[0].key.cpu_features = 1u << 31; }),
            "needs CPU features unknown features 0x80000000, which this machine lacks; compile the module again on it");
  EXPECT_EQ(with([](ArtifactHead& head) { head.magic[0] = 'x'; }), "not an artifact");
  EXPECT_EQ(with([](ArtifactHead&) {}), "");
}

// Heads that only someone who computes checksums can make: refused, and never read out of bounds (the sanitizers watch).
TEST(Artifact, ContradictionsAreRefused) {
  std::vector<uint8_t> bytes = test_artifact();
  auto refused = [&](auto change) {
    std::vector<uint8_t> changed = bytes;
    auto head = load_le<ArtifactHead>(changed.data() + head_offset);
    change(head, changed);
    store_le(changed.data() + head_offset, head);
    auto repaired = load_le<ArtifactHead>(changed.data() + head_offset);
    repaired.checksum = checksum(Bytes(changed).first(head_end - sizeof repaired.checksum));
    store_le(changed.data() + head_offset, repaired);
    return refusal(changed).starts_with("corrupt");
  };
  for (uint64_t value : {uint64_t{1}, uint64_t{4096}, uint64_t{1} << 31, uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 4095}) {
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.module.offset = value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.names.size = value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].all.offset += value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].all.size += value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].text_size += value << 12; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].rodata_offset += value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].funcs_offset += value; })) << value;
    EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].frame_count += value / 2 + 1; })) << value;
  }
  EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.image_count = 0; }));
  EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.image_count = 3; }));
  EXPECT_TRUE(refused([&](ArtifactHead& head, auto&) { head.images[0].key.memory = MemoryMode{7}; }));
}

TEST(Artifact, FunctionsOutsideTheCodeAreRefused) {
  for (std::vector<FuncEntry> funcs :
       {std::vector<FuncEntry>{{16, 7}, {0, 6}}, {{0, 6}, {16, 4090}}, {{0, 17}, {16, 7}}, {{0, UINT32_MAX}}}) {
    ImageParts parts = test_parts();
    parts.funcs = funcs;
    EXPECT_EQ(refusal(test_artifact({parts})), "corrupt: functions, frames, handlers or roots out of order; compile the module again");
  }
}

TEST(Artifact, MissingFileIsNotFound) {
  EXPECT_EQ(load_artifact_file("/nonexistent/a.cwasm").error().kind, ErrorKind::not_found);
  EXPECT_EQ(load_artifact_file("/dev/null").error().kind, ErrorKind::bad_input);
}

std::string output_of(const std::string& command) {
  std::string out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  char buffer[4096];
  while (size_t count = fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
  int status = pclose(pipe);
  return status == 0 ? out : "exit status " + std::to_string(status) + ": " + out;
}

TEST(Artifact, BinutilsReadIt) {
  if (std::system("command -v readelf objdump >/dev/null") != 0) GTEST_SKIP() << "needs readelf and objdump (package binutils)";
  Folder folder;
  ASSERT_TRUE(
      os::write_file(folder.file("a.cwasm"), test_artifact({test_parts(MemoryMode::guard), test_parts(MemoryMode::dense)})));
  std::string elf = output_of("readelf -aW " + folder.file("a.cwasm"));
  EXPECT_EQ(elf.find("arning"), std::string::npos) << elf;
  EXPECT_EQ(elf.find("rror"), std::string::npos) << elf;
  EXPECT_NE(elf.find(".mote.pcmap.dense"), std::string::npos) << elf;
  std::string code = output_of("objdump -d --no-show-raw-insn " + folder.file("a.cwasm"));
  EXPECT_NE(code.find("<one>:"), std::string::npos) << code;
  EXPECT_NE(code.find("$0x2a,%eax"), std::string::npos) << code;
}

}  // namespace
}  // namespace mote::code
