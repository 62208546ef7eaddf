// The linker on objects assembled here: what it puts together runs, its tables say what the directives said, and whatever it does
// not know is refused by name.
#include "engine/aot/link.h"

#include <gtest/gtest.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/MC/MCAsmBackend.h>
#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCCodeEmitter.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCObjectFileInfo.h>
#include <llvm/MC/MCObjectWriter.h>
#include <llvm/MC/MCParser/MCAsmParser.h>
#include <llvm/MC/MCParser/MCTargetAsmParser.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <algorithm>

namespace mote::aot {
namespace {

using Object = std::vector<uint8_t>;

// AT&T assembly to an ELF object, by the assembler that LLVM's code generators use.
Object assemble(const std::string& text) {
  static const bool ready = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmParser();
    return true;
  }();
  (void)ready;
  const llvm::Triple triple("x86_64-unknown-linux-gnu");
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(triple.str(), error);
  llvm::SourceMgr sources;
  sources.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(text), llvm::SMLoc());
  std::unique_ptr<llvm::MCRegisterInfo> registers(target->createMCRegInfo(triple.str()));
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCAsmInfo> asm_info(target->createMCAsmInfo(*registers, triple.str(), options));
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(target->createMCSubtargetInfo(triple.str(), "", ""));
  std::unique_ptr<llvm::MCInstrInfo> instructions(target->createMCInstrInfo());
  llvm::MCContext context(triple, asm_info.get(), registers.get(), subtarget.get(), &sources, &options);
  std::unique_ptr<llvm::MCObjectFileInfo> files(target->createMCObjectFileInfo(context, true));
  context.setObjectFileInfo(files.get());
  llvm::SmallVector<char, 0> out;
  llvm::raw_svector_ostream stream(out);
  std::unique_ptr<llvm::MCAsmBackend> backend(target->createMCAsmBackend(*subtarget, *registers, options));
  std::unique_ptr<llvm::MCObjectWriter> writer = backend->createObjectWriter(stream);
  std::unique_ptr<llvm::MCCodeEmitter> emitter(target->createMCCodeEmitter(*instructions, context));
  std::unique_ptr<llvm::MCStreamer> streamer(
      target->createMCObjectStreamer(triple, context, std::move(backend), std::move(writer), std::move(emitter), *subtarget));
  std::unique_ptr<llvm::MCAsmParser> parser(llvm::createMCAsmParser(sources, context, *streamer, *asm_info));
  std::unique_ptr<llvm::MCTargetAsmParser> target_parser(target->createMCAsmParser(*subtarget, *parser, *instructions, options));
  parser->setTargetParser(*target_parser);
  EXPECT_FALSE(parser->Run(false)) << text;
  return {out.begin(), out.end()};
}

// A function as the code generator writes one.
std::string func(int index, const std::string& body) {
  std::string name = "f" + std::to_string(index);
  return ".text\n.hidden " + name + "\n.globl " + name + "\n.p2align 4\n.type " + name + ",@function\n" + name +
         ":\n.cfi_startproc\n" + body + "\n.cfi_endproc\n.size " + name + ", .-" + name + "\n";
}

Result<code::ImageParts> link_objects(const std::vector<Object>& objects, uint32_t count) {
  std::vector<Bytes> bytes(objects.begin(), objects.end());
  code::CodegenKey key;
  key.cpu_features = 0;
  return link(bytes, count, key);
}

Result<code::ImageParts> link_texts(const std::vector<std::string>& texts, uint32_t count) {
  std::vector<Object> objects;
  for (const std::string& text : texts) objects.push_back(assemble(text));
  return link_objects(objects, count);
}

std::string refusal(const std::vector<std::string>& texts, uint32_t count) {
  Result<code::ImageParts> parts = link_texts(texts, count);
  return parts ? "" : parts.error().message;
}

// Runs a function of the linked image, with C's convention. UBSan would look for the function's type in the bytes before it.
#ifdef __clang__
__attribute__((no_sanitize("function")))
#endif
int call(const code::ImageParts& parts, uint32_t own_func, int argument = 0) {
  static const uint8_t wasm[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  std::shared_ptr<code::Artifact> artifact = code::load_artifact(code::write_artifact(wasm, std::span(&parts, 1)).value()).value();
  std::shared_ptr<const code::Image> image = artifact->image(parts.key).value();
  return reinterpret_cast<int (*)(int)>(reinterpret_cast<uintptr_t>(image->entry(own_func)))(argument);
}

TEST(Link, CallsAcrossObjects) {
  code::ImageParts parts =
      link_texts({func(0, "call f2@PLT\nadd $1, %eax\nret") + func(1, "mov $5, %eax\nret"), func(2, "call f1\nadd $10, %eax\nret")},
                 3)
          .value();
  EXPECT_EQ(parts.funcs.size(), 3u);
  EXPECT_EQ(call(parts, 0), 16);
  EXPECT_EQ(call(parts, 2), 15);
}

TEST(Link, ConstantsAndJumpTables) {
  const std::string body =
      "lea .Ltable(%rip), %rax\nmovslq (%rax,%rdi,4), %rcx\nadd %rax, %rcx\njmp *%rcx\n"
      ".La: mov $3, %eax\nret\n.Lb: mov .Lconstant(%rip), %eax\nret\n";
  const std::string constants =
      ".section .rodata,\"a\",@progbits\n.p2align 2\n.Ltable: .long .La-.Ltable, .Lb-.Ltable\n"
      ".section .rodata.cst4,\"aM\",@progbits,4\n.p2align 2\n.Lconstant: .long 77\n";
  code::ImageParts parts = link_texts({func(0, "mov $1, %eax\nret"), func(1, body) + constants}, 2).value();
  EXPECT_EQ(parts.rodata_offset % 4096, 0u);
  EXPECT_EQ(parts.text.size(), parts.rodata_offset + 12);
  EXPECT_EQ(call(parts, 1, 0), 3);
  EXPECT_EQ(call(parts, 1, 1), 77);
}

TEST(Link, FunctionsAreAlignedAndNothingRunsBetweenThem) {
  code::ImageParts parts = link_texts({func(0, "ret") + func(1, "ret"), func(2, "ret")}, 3).value();
  ASSERT_EQ(parts.text.size(), 33u);
  for (uint32_t i = 0; i < 3; i++) EXPECT_EQ(parts.funcs[i].offset, i * 16);
  for (size_t i = 0; i < parts.text.size(); i++) EXPECT_EQ(parts.text[i], i % 16 == 0 ? 0xc3 : 0xcc) << i;
}

TEST(Link, NoFunctions) {
  code::ImageParts parts = link_texts({}, 0).value();
  EXPECT_TRUE(parts.text.empty());
  EXPECT_EQ(parts.rodata_offset, 0u);
}

TEST(Link, PcMapKeepsWhatMatters) {
  const std::string first = func(0,
                                 ".loc 1 100\nnop\n.loc 1 0\nnop\n.loc 1 100\nnop\n.loc 1 300\nnop\n.loc 1 200\nnop\n"
                                 ".loc 1 0\nret");
  const std::string second = func(1, ".loc 1 0\nnop\n.loc 1 70000\nud2");
  code::ImageParts parts = link_texts({".file 1 \"w\"\n" + first, ".file 1 \"w\"\n" + second}, 2).value();
  std::vector<std::pair<uint32_t, uint32_t>> rows;
  for (const code::PcMapRow& row : parts.pc_map) rows.emplace_back(row.text_offset, row.wasm_offset);
  const uint32_t none = code::PcMapRow::no_wasm_offset;
  EXPECT_EQ(rows, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 100}, {3, 300}, {4, 200}, {16, none}, {17, 70000}}));
}

TEST(Link, FramesOfPrologueAndEpilogueAreImplied) {
  const std::string body =
      "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\nmov %rsp, %rbp\n.cfi_def_cfa_register %rbp\nnop\n"
      "pop %rbp\n.cfi_def_cfa %rsp, 8\nret";
  EXPECT_TRUE(link_texts({func(0, body)}, 1).value().frames.empty());
}

TEST(Link, FramesThatAreNotStandardAreListed) {
  const std::string body =
      "nop\nud2\n"                                                          // no frame: 0–3
      "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n"          // implied, but part of the same range: 3–4
      "nop\nmov %rsp, %rbp\n.cfi_def_cfa_register %rbp\n"                   // pushed, and not only for the next one: 4–8
      "nop\n.cfi_remember_state\npop %rbp\n.cfi_def_cfa %rsp, 8\njmp f0\n"  // popped, before a jump: 10–15
      ".cfi_restore_state\nnop\npop %rbp\n.cfi_def_cfa %rsp, 8\nret";       // implied
  code::ImageParts parts = link_texts({func(0, "ret"), func(1, body)}, 2).value();
  ASSERT_EQ(parts.frames.size(), 3u);
  auto expect_row = [](const code::FrameRow& row, uint32_t offset, uint32_t end, int32_t return_address, int32_t saved_fp) {
    EXPECT_EQ(row.offset, offset + 16);
    EXPECT_EQ(row.offset + row.size, end + 16);
    EXPECT_EQ(row.return_address, return_address);
    EXPECT_EQ(row.saved_fp, saved_fp);
  };
  expect_row(parts.frames[0], 0, 4, 0, code::FrameRow::fp_in_register);
  expect_row(parts.frames[1], 4, 8, 8, 0);
  expect_row(parts.frames[2], 10, 15, 0, code::FrameRow::fp_in_register);
}

TEST(Link, RefusesByName) {
  EXPECT_EQ(refusal({func(0, "call memcpy@PLT\nret")}, 1),
            "linker: partition 0: compiled code refers to memcpy, which nothing defines; please report this");
  EXPECT_EQ(refusal({func(0, "ret"), func(1, "movabs $f0, %rax\nret")}, 2),
            "linker: partition 1: relocation of type 1 in .text; please report this");
  EXPECT_EQ(refusal({func(0, "mov x(%rip), %eax\nret") + ".data\nx: .long 1\n"}, 1),
            "linker: partition 0: .text refers to a section that is not part of an image; please report this");
  EXPECT_EQ(refusal({func(0, "ret")}, 2), "linker: function f1 is missing; please report this");
  EXPECT_EQ(refusal({func(0, "ret"), func(0, "ret")}, 1), "linker: partition 1: f0 is defined twice; please report this");
  EXPECT_EQ(refusal({func(1, "ret") + func(0, "ret")}, 2), "linker: function f1 is out of order; please report this");
  EXPECT_EQ(refusal({func(3, "ret")}, 2), "linker: partition 0: unknown function f3; please report this");
  EXPECT_EQ(refusal({func(0, "call f9\nret")}, 1),
            "linker: partition 0: compiled code refers to f9, which nothing defines; please report this");
}

TEST(Link, DamagedObjectsAreErrorsNotCrashes) {
  const Object good = assemble(".file 1 \"w\"\n" + func(0, ".loc 1 9\npush %rbp\n.cfi_def_cfa_offset 16\ncall f0\nret") +
                               ".section .rodata,\"a\",@progbits\n.long 5\n");
  ASSERT_TRUE(link_objects({good}, 1).has_value());
  for (size_t size = 0; size < good.size(); size++) {
    Object cut(good.begin(), good.begin() + static_cast<int64_t>(size));
    EXPECT_FALSE(link_objects({cut}, 1).has_value()) << size;
  }
  for (size_t i = 0; i < good.size(); i++) {
    for (uint8_t flip : {0x01, 0x80, 0xff}) {
      Object changed = good;
      changed[i] ^= flip;
      (void)link_objects({changed}, 1);
    }
  }
}

}  // namespace
}  // namespace mote::aot
