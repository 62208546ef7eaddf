// Listings of a hand-made image, whose every byte is known.
#include "engine/api/guest_testing.h"
#include "engine/api/listing_context.h"
#include "engine/api/modules_testing.h"
#include "engine/api/objects_testing.h"

#include <mote/listing.h>

#include <gtest/gtest.h>

namespace mote {
namespace {

using api::bytes_of_hex;
using api::must;

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

TEST(Listing, SaysWhereExceptionsLand) {
  const auto wasm = bytes_of_hex(objects_hex);
  EngineConfig config;
  config.tiering = Tiering::baseline;
  const Module module = must(Module::compile(must(Engine::create(config)), wasm));
  std::vector<MachineLine> calls, pads;
  const auto note = [&](const FunctionListing& func) {
    for (const MachineLine& line : func.lines) {
      if (line.note.find("throws to") != std::string::npos) calls.push_back(line);
      if (line.note.find("landing pad") != std::string::npos) pads.push_back(line);
    }
  };
  must(list_code(module, wasm, {.func = "catch", .on_start = {}, .on_function = note}));
  ASSERT_EQ(calls.size(), 1u);  // the call of the host, but not the builtin that throws on what no clause took
  ASSERT_EQ(pads.size(), 1u);
  ASSERT_TRUE(pads[0].label);
  EXPECT_NE(calls[0].note.find("throws to L" + std::to_string(*pads[0].label)), std::string::npos) << calls[0].note;
  EXPECT_LT(calls[0].offset, pads[0].offset);
  must(list_code(module, wasm, {.func = "pass", .on_start = {}, .on_function = note}));
  EXPECT_EQ(calls.size(), 1u);
}

// Decodes a function and gives the notes of its lines.
std::vector<std::string> noted(const std::vector<uint8_t>& code) {
  auto disassembler = disassembly::Disassembler::create();
  EXPECT_TRUE(disassembler.has_value());
  std::vector<api::ContextNotes::Line> lines;
  for (uint32_t at = 0; at < code.size(); at += lines.back().in.size) {
    lines.push_back({at, disassembler->decode(Bytes(code).subspan(at), at)});
  }
  wasm::Module module;
  module.memories.resize(1);
  return api::ContextNotes(module).note(lines);
}

TEST(ContextNotes, FollowRegistersAndSlots) {
  const auto notes = noted({0x4c, 0x89, 0x65, 0xf8,        // mov [rbp - 8], r12
                            0x4c, 0x8b, 0x65, 0xf8,        // mov r12, [rbp - 8]
                            0x49, 0x8b, 0x44, 0x24, 0x38,  // mov rax, [r12 + 56]
                            0xff, 0x50, 0x08,              // call [rax + 8]
                            0x8b, 0x40, 0x10,              // mov eax, [rax + 16]
                            0x41, 0x8b, 0x44, 0x24, 0x10,  // mov eax, [r12 + 16]
                            0xe8, 0x00, 0x00, 0x00, 0x00,  // call
                            0x41, 0x8b, 0x44, 0x24, 0x10,  // mov eax, [r12 + 16]
                            0x48, 0x8b, 0x5d, 0xf8,        // mov rbx, [rbp - 8]
                            0x8b, 0x43, 0x10,              // mov eax, [rbx + 16]
                            0xc3});
  EXPECT_EQ(notes, (std::vector<std::string>{"", "", "builtins", "builtin memory_copy", "", "memory 0 base", "", "", "",
                                             "memory 0 base", ""}));
}

TEST(ContextNotes, SayNothingWhereTwoWaysDisagree) {
  const auto disagreeing = noted({0x4c, 0x89, 0xe3,  // mov rbx, r12
                                  0x74, 0x03,        // je over the next one
                                  0x48, 0x89, 0xc3,  // mov rbx, rax
                                  0x8b, 0x43, 0x10,  // mov eax, [rbx + 16]
                                  0xc3});
  EXPECT_EQ(disagreeing[3], "");
  const auto agreeing = noted({0x4c, 0x89, 0xe3, 0x74, 0x03, 0x48, 0x89, 0xc1, 0x8b, 0x43, 0x10, 0xc3});  // mov rcx, rax
  EXPECT_EQ(agreeing[3], "memory 0 base");
  const auto loop = noted({0x4c, 0x89, 0xe3,  // mov rbx, r12
                           0x8b, 0x43, 0x10,  // loop: mov eax, [rbx + 16]
                           0x48, 0x89, 0xc3,  // mov rbx, rax
                           0x75, 0xf8,        // jne loop
                           0xc3});
  EXPECT_EQ(loop[1], "") << "the second turn has something else";
}

}  // namespace
}  // namespace mote
