// Writes artifacts (artifact_format.h): the loader's layout first, then an ELF section table over it for other people's tools.
//
// Deterministic: the bytes are a function of the module and the images; no time, path or address gets in.
// Tested by artifact_test.cpp, which also runs readelf and objdump over the result.
#include "base/core/assert.h"
#include "base/core/hash.h"
#include "engine/code/abi.h"
#include "engine/code/artifact_format.h"
#include "engine/code/artifact_module.h"
#include "engine/code/image.h"
#include "engine/code/pc_map.h"

#include <elf.h>

#include <string_view>

namespace mote::code {

namespace {

static_assert(head_offset == sizeof(Elf64_Ehdr));

template <class T>
Bytes bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

class Writer {
 public:
  std::vector<uint8_t> run(Bytes wasm, const StrippedModule& module, std::span<const ImageParts> images) {
    ASSERT(!images.empty() && images.size() <= std::size(head_.images));
    out_.resize(head_end);
    section(".mote.head", SHT_PROGBITS, SHF_ALLOC, {head_offset, sizeof head_}, 8);
    write_shared(wasm, module);
    for (size_t i = 0; i < images.size(); i++) write_image(i, images);
    write_symbols(module, images);
    write_section_table();
    finish(images.size());
    return std::move(out_);
  }

 private:
  FileRange append(Bytes bytes, uint64_t alignment) {
    out_.resize(align_up(out_.size(), alignment));
    FileRange range{out_.size(), bytes.size()};
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return range;
  }

  // Adds a row to the section table. Addresses equal file offsets.
  uint16_t section(std::string_view name, uint32_t type, uint64_t flags, FileRange range, uint64_t alignment) {
    if (sections_.empty()) {
      sections_.push_back({});
      section_names_.assign(1, 0);
    }
    Elf64_Shdr row{};
    row.sh_name = static_cast<uint32_t>(section_names_.size());
    row.sh_type = type;
    row.sh_flags = flags;
    row.sh_addr = (flags & SHF_ALLOC) != 0 ? range.offset : 0;
    row.sh_offset = range.offset;
    row.sh_size = range.size;
    row.sh_addralign = alignment;
    section_names_.insert(section_names_.end(), name.begin(), name.end());
    section_names_.push_back(0);
    sections_.push_back(row);
    return static_cast<uint16_t>(sections_.size() - 1);
  }

  void write_shared(Bytes wasm, const StrippedModule& module) {
    std::ranges::copy(artifact_magic, head_.magic);
    head_.format_version = format_version;
    head_.abi_version = abi_version;
    std::ranges::copy(sha256(wasm), head_.module_hash);
    head_.module_size = wasm.size();
    head_.code_section_offset = module.code_section_offset;
    head_.module = append(module.bytes, 8);
    section(".mote.module", SHT_PROGBITS, SHF_ALLOC, head_.module, 8);

    // Index and characters lie together for the loader and are two sections for the symbol table's sake.
    auto count = static_cast<uint32_t>(module.name_starts.size() - 1);
    FileRange index = append(bytes_of(std::span<const uint32_t>(&count, 1)), 8);
    index.size += append(bytes_of(std::span<const uint32_t>(module.name_starts)), 4).size;
    FileRange characters = append(bytes_of(std::span<const char>(module.names)), 1);
    head_.names = {index.offset, index.size + characters.size};
    section(".mote.names", SHT_PROGBITS, SHF_ALLOC, index, 8);
    string_table_ = section(".strtab", SHT_STRTAB, SHF_ALLOC, characters, 1);
  }

  void write_image(size_t number, std::span<const ImageParts> images) {
    const ImageParts& parts = images[number];
    ImageHead& head = head_.images[number];
    std::string suffix = number == 0 ? "" : parts.key.memory == MemoryMode::dense ? ".dense" : ".guard";
    head.key = parts.key;
    head.text_size = parts.text.size();
    head.rodata_offset = parts.rodata_offset;
    FileRange text = append(parts.text, artifact_alignment), code{text.offset, parts.rodata_offset};
    uint64_t start = text.offset;
    text_sections_[number] = section(".text" + suffix, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, code, artifact_alignment);
    if (code.size < text.size) {
      section(".rodata" + suffix, SHT_PROGBITS, SHF_ALLOC, {start + code.size, text.size - code.size}, artifact_alignment);
    }
    // Where there are no constants, the tables start a page of their own: nothing but code becomes executable.
    uint64_t table_alignment = code.size < text.size ? 8 : artifact_alignment;
    FileRange funcs = append(bytes_of(std::span<const FuncEntry>(parts.funcs)), table_alignment);
    head.func_count = static_cast<uint32_t>(parts.funcs.size());
    head.funcs_offset = funcs.offset - start;
    section(".mote.funcs" + suffix, SHT_PROGBITS, SHF_ALLOC, funcs, 8);
    FileRange frames = append(bytes_of(std::span<const FrameRow>(parts.frames)), 8);
    head.frames_offset = frames.offset - start;
    head.frame_count = parts.frames.size();
    section(".mote.frames" + suffix, SHT_PROGBITS, SHF_ALLOC, frames, 8);
    FileRange handlers = append(bytes_of(std::span<const HandlerRange>(parts.handlers)), 8);
    head.handlers_offset = handlers.offset - start;
    head.handler_count = parts.handlers.size();
    section(".mote.handlers" + suffix, SHT_PROGBITS, SHF_ALLOC, handlers, 8);
    FileRange roots = append(bytes_of(std::span<const RootArea>(parts.roots)), 8);
    head.roots_offset = roots.offset - start;
    head.root_count = parts.roots.size();
    section(".mote.roots" + suffix, SHT_PROGBITS, SHF_ALLOC, roots, 8);
    FileRange pc_map = append(encode_pc_map(parts.pc_map, parts.rodata_offset), 8);
    head.pc_map = {pc_map.offset - start, pc_map.size};
    section(".mote.pcmap" + suffix, SHT_PROGBITS, SHF_ALLOC, pc_map, 8);
    head.all = {start, out_.size() - start};
  }

  // One symbol per function that has a name.
  void write_symbols(const StrippedModule& module, std::span<const ImageParts> images) {
    std::vector<Elf64_Sym> symbols(1);
    for (size_t i = 0; i < images.size(); i++) {
      for (size_t own = 0; own < images[i].funcs.size(); own++) {
        size_t func = module.imported_funcs + own;
        if (func + 1 >= module.name_starts.size() || module.name_starts[func] == module.name_starts[func + 1]) continue;
        Elf64_Sym symbol{};
        symbol.st_name = module.name_starts[func];
        symbol.st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
        symbol.st_shndx = text_sections_[i];
        symbol.st_value = head_.images[i].all.offset + images[i].funcs[own].offset;
        symbol.st_size = images[i].funcs[own].size;
        symbols.push_back(symbol);
      }
    }
    uint16_t row = section(".symtab", SHT_SYMTAB, 0, append(bytes_of(std::span<const Elf64_Sym>(symbols)), 8), 8);
    sections_[row].sh_link = string_table_;
    sections_[row].sh_info = static_cast<uint32_t>(symbols.size());  // index of the first symbol that is not local
    sections_[row].sh_entsize = sizeof(Elf64_Sym);
  }

  void write_section_table() {
    uint16_t names = section(".shstrtab", SHT_STRTAB, 0, {}, 1);
    FileRange range = append(bytes_of(std::span<const char>(section_names_)), 1);
    sections_[names].sh_offset = range.offset;
    sections_[names].sh_size = range.size;
    FileRange table = append(bytes_of(std::span<const Elf64_Shdr>(sections_)), 8);

    Elf64_Ehdr elf{};
    std::memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_ident[EI_DATA] = ELFDATA2LSB;
    elf.e_ident[EI_VERSION] = EV_CURRENT;
    elf.e_type = ET_DYN;
    elf.e_machine = EM_X86_64;
    elf.e_version = EV_CURRENT;
    elf.e_shoff = table.offset;
    elf.e_ehsize = sizeof elf;
    elf.e_shentsize = sizeof(Elf64_Shdr);
    elf.e_shnum = static_cast<uint16_t>(sections_.size());
    elf.e_shstrndx = names;
    store_le(out_.data(), elf);
  }

  void finish(size_t image_count) {
    head_.file_size = out_.size();
    head_.image_count = static_cast<uint32_t>(image_count);
    head_.body_checksum = checksum(Bytes(out_).subspan(head_end));
    store_le(out_.data() + head_offset, head_);
    head_.checksum = checksum(Bytes(out_).first(head_end - sizeof head_.checksum));
    store_le(out_.data() + head_offset, head_);
  }

  std::vector<uint8_t> out_;
  ArtifactHead head_{};
  std::vector<Elf64_Shdr> sections_;
  std::vector<char> section_names_;
  uint16_t string_table_ = 0, text_sections_[2] = {};
};

}  // namespace

Result<std::vector<uint8_t>> write_artifact(Bytes wasm, std::span<const ImageParts> images) {
  StrippedModule module = TRY(strip_module(wasm));
  return Writer().run(wasm, module, images);
}

}  // namespace mote::code
