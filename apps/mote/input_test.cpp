// Tests of input.h: what a file is, by its first bytes.
#include "apps/mote/input.h"

#include "base/os/file.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::cli {
namespace {

class InputTest : public testing::Test {
 protected:
  void SetUp() override { folder_ = *os::make_temporary_folder("mote-input-test-"); }
  void TearDown() override { (void)os::remove_folder(folder_); }
  Result<Input> look(std::string_view content) {
    const std::string path = folder_ + "/file";
    EXPECT_TRUE(os::write_file(path, Bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size())));
    return look_at(path);
  }
  std::string refusal(std::string_view content) {
    const auto input = look(content);
    return input ? "accepted" : input.error().message;
  }
  std::string folder_;
};

TEST_F(InputTest, ModulesAndTextAreRecognised) {
  EXPECT_EQ(look(std::string_view("\0asm\1\0\0\0", 8))->kind, InputKind::wasm);
  EXPECT_EQ(look(std::string_view("\0asm", 4))->kind, InputKind::wasm);  // the engine says what is wrong with it
  for (const auto text :
       {"(module)", " \n\t( module)", ";; comment\n(module)", "(; comment ;)(module)", "(func)", ";; one\n;; two\r\n(memory 1)"}) {
    const auto input = look(text);
    ASSERT_TRUE(input) << text;
    EXPECT_EQ(input->kind, InputKind::text) << text;
  }
}

TEST_F(InputTest, WhatElseItIsGetsNamed) {
  EXPECT_NE(refusal("").find("the file is empty"), std::string::npos);
  EXPECT_NE(refusal("\177ELF\2\1\1").find("ELF"), std::string::npos);
  EXPECT_NE(refusal("\x1f\x8b\x08").find("gzip"), std::string::npos);
  EXPECT_NE(refusal("\x28\xb5\x2f\xfd").find("zstd"), std::string::npos);
  EXPECT_NE(refusal("<!DOCTYPE html>").find("HTML"), std::string::npos);
  for (const auto other : {"(lambda x)", "(", ";; only a comment", "\\0asm", "hello"}) {
    EXPECT_EQ(refusal(other), "magic header not detected: not a WebAssembly module; the file is of no kind that Mote knows")
        << other;
  }
}

TEST_F(InputTest, FoldersAndMissingFilesAreRefused) {
  EXPECT_EQ(look_at(folder_).error().message, "is a folder, not a WebAssembly file");
  EXPECT_EQ(look_at(folder_ + "/none").error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace mote::cli
