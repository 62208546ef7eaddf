// Listings of a hand-made image, whose every byte is known.
#include "engine/api/modules_testing.h"

#include <mote/listing.h>

#include <gtest/gtest.h>

namespace mote {
namespace {

TEST(Listing, JoinsWasmAndMachineCode) {
  const auto wasm = api::answer_module();
  const auto artifact = api::answer_artifact(wasm);
  std::vector<FunctionListing> functions;
  std::string image;
  const auto done = list_artifact(artifact, wasm, MemoryMode::automatic,
                                  {.func = {},
                                   .on_start = [&](const CodeListing& code) { image = code.image; },
                                   .on_function =
                                       [&](const FunctionListing& func) {
                                         functions.push_back(func);
                                         for (MachineLine& line : functions.back().lines) line.bytes = {};
                                       }});
  ASSERT_TRUE(done.has_value()) << done.error().text();
  EXPECT_EQ(image, "optimizing guard opt-level=2 cpu=x86-64-v3");
  ASSERT_EQ(functions.size(), 1u);
  const FunctionListing& func = functions[0];
  EXPECT_EQ(func.name, "f");
  EXPECT_EQ(func.type, "[] -> [i32]");
  EXPECT_EQ(func.code_size, 6u);
  ASSERT_EQ(func.lines.size(), 2u);
  EXPECT_EQ(func.lines[0].text, "mov eax, 0x2a");
  ASSERT_EQ(func.lines[0].wasm.size(), 1u);
  EXPECT_EQ(func.lines[0].wasm[0].offset, 31u);
  EXPECT_EQ(func.lines[0].wasm[0].text, "i32.const 42");
  EXPECT_EQ(func.lines[1].text, "ret");
  ASSERT_EQ(func.rest.size(), 1u);
  EXPECT_EQ(func.rest[0].text, "end");
}

TEST(Listing, ShowsOffsetsWithoutTheModule) {
  const auto artifact = api::answer_artifact(api::answer_module());
  std::string text = "?";
  const auto done = list_artifact(artifact, {}, MemoryMode::automatic,
                                  {.on_function = [&](const FunctionListing& func) { text = func.lines.at(0).wasm.at(0).text; }});
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(text, "");
}

TEST(Listing, RefusesWhatDoesNotFit) {
  const auto artifact = api::answer_artifact(api::answer_module());
  const auto other = list_artifact(artifact, api::answer_module(43), MemoryMode::automatic, {});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::bad_input);
  EXPECT_FALSE(list_artifact(artifact, {}, MemoryMode::dense, {}).has_value());
  EXPECT_FALSE(list_artifact(artifact, {}, MemoryMode::automatic, {.func = "7"}).has_value());
  EXPECT_FALSE(list_artifact(api::answer_module(), {}, MemoryMode::automatic, {}).has_value());
}

}  // namespace
}  // namespace mote
