// Links objects to one image (link.h).
//
// Three passes: place every section of code and constants; find every function; apply relocations. Then the tables: functions,
// pc map, frames. Objects are bytes of our own compiler, yet every offset in them is checked: a surprise is an error, not a crash.
// Time is linear in the objects' size. Deterministic: nothing depends on addresses or threads.
#include "engine/aot/link.h"

#include "base/core/format.h"
#include "engine/aot/link_debug.h"
#include "engine/aot/link_unwind.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace mote::aot {

namespace {

constexpr uint64_t page_size = 4096;
constexpr uint64_t text_most = 0x7000'0000;  // every reference is a signed 32-bit distance
constexpr uint8_t breakpoint = 0xcc;         // between functions: whoever jumps there must not go on
constexpr uint32_t not_placed = UINT32_MAX;

std::unexpected<Error> broken(size_t object, std::string what) {
  return fail(ErrorKind::internal, format("linker: partition {}: {}; please report this", object, what));
}

// One object, with the places its sections get in the image.
struct Object {
  Bytes bytes;
  std::vector<Elf64_Shdr> sections;
  std::vector<uint32_t> places;  // per section: offset in the image's text, or not_placed
  Bytes section_names;
  Bytes symbols;  // Elf64_Sym each
  Bytes symbol_names;

  [[nodiscard]] Bytes content(const Elf64_Shdr& section) const {
    if (section.sh_type == SHT_NOBITS || section.sh_offset > bytes.size() || section.sh_size > bytes.size() - section.sh_offset)
      return {};
    return bytes.subspan(section.sh_offset, section.sh_size);
  }
  [[nodiscard]] static std::string_view string_at(Bytes strings, uint64_t offset) {
    if (offset >= strings.size()) return {};
    auto* start = reinterpret_cast<const char*>(strings.data() + offset);
    return {start, strnlen(start, strings.size() - offset)};
  }
  [[nodiscard]] std::string_view name(const Elf64_Shdr& section) const { return string_at(section_names, section.sh_name); }
  [[nodiscard]] std::string_view name(const Elf64_Sym& symbol) const { return string_at(symbol_names, symbol.st_name); }
  [[nodiscard]] size_t symbol_count() const { return symbols.size() / sizeof(Elf64_Sym); }
  [[nodiscard]] Elf64_Sym symbol(size_t index) const { return load_le<Elf64_Sym>(symbols.data() + index * sizeof(Elf64_Sym)); }
};

bool is_section(std::string_view name, std::string_view kind) {
  return name == kind || (name.starts_with(kind) && name[kind.size()] == '.');
}

// "f12" → 12.
std::optional<uint32_t> own_func(std::string_view name) {
  uint32_t index = 0;
  if (name.size() < 2 || name[0] != 'f') return {};
  auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), index);
  if (error != std::errc() || end != name.data() + name.size()) return {};
  return index;
}

class Linker {
 public:
  Linker(uint32_t own_func_count, const code::CodegenKey& key) : funcs_(own_func_count, code::FuncEntry{not_placed, 0}) {
    out_.key = key;
  }

  Result<code::ImageParts> run(std::span<const Bytes> objects) {
    for (Bytes bytes : objects) TRY(read_object(bytes));
    (void)TRY(place(".text", 16));
    out_.rodata_offset = static_cast<uint32_t>(TRY(place(".rodata", page_size)));
    for (size_t i = 0; i < objects_.size(); i++) TRY(find_funcs(i));
    TRY(check_funcs());
    for (size_t i = 0; i < objects_.size(); i++) TRY(relocate(i));
    fill_gaps();
    for (size_t i = 0; i < objects_.size(); i++) TRY(read_debug(i));
    TRY(reduce_pc_map());
    std::ranges::sort(out_.frames, {}, &code::FrameRow::offset);
    std::ranges::sort(out_.handlers, {}, &code::HandlerRange::offset);
    std::ranges::stable_sort(out_.roots, {}, &code::RootArea::func);
    out_.funcs = std::move(funcs_);
    return std::move(out_);
  }

 private:
  Result<void> read_object(Bytes bytes) {
    size_t number = objects_.size();
    Object object{.bytes = bytes};
    if (bytes.size() < sizeof(Elf64_Ehdr)) return broken(number, "not an object");
    auto head = load_le<Elf64_Ehdr>(bytes.data());
    bool is_ours = std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_ident[EI_CLASS] == ELFCLASS64 &&
                   head.e_type == ET_REL && head.e_machine == EM_X86_64 && head.e_shentsize == sizeof(Elf64_Shdr);
    if (!is_ours) return broken(number, "not an ELF64 x86-64 relocatable object");
    if (head.e_shoff > bytes.size() || (bytes.size() - head.e_shoff) / sizeof(Elf64_Shdr) < head.e_shnum) {
      return broken(number, "section table outside the object");
    }
    for (uint32_t i = 0; i < head.e_shnum; i++) {
      auto section = load_le<Elf64_Shdr>(bytes.data() + head.e_shoff + i * sizeof(Elf64_Shdr));
      if (section.sh_type != SHT_NOBITS && object.content(section).size() != section.sh_size) {
        return broken(number, format("section {} outside the object", i));
      }
      object.sections.push_back(section);
    }
    if (head.e_shstrndx >= head.e_shnum) return broken(number, "no section names");
    object.section_names = object.content(object.sections[head.e_shstrndx]);
    for (const Elf64_Shdr& section : object.sections) {
      if (section.sh_type != SHT_SYMTAB) continue;
      if (section.sh_link >= head.e_shnum) return broken(number, "symbols without names");
      object.symbols = object.content(section);
      object.symbol_names = object.content(object.sections[section.sh_link]);
    }
    object.places.assign(object.sections.size(), not_placed);
    objects_.push_back(std::move(object));
    return {};
  }

  // Appends every section of a kind, the first one aligned to `alignment`. Returns where the first one lies.
  Result<uint64_t> place(std::string_view kind, uint64_t alignment) {
    std::optional<uint64_t> first;
    for (Object& object : objects_) {
      for (size_t i = 0; i < object.sections.size(); i++) {
        const Elf64_Shdr& section = object.sections[i];
        if (section.sh_size == 0 || !is_section(object.name(section), kind) || section.sh_type != SHT_PROGBITS) continue;
        uint64_t align = std::clamp<uint64_t>(section.sh_addralign, kind == ".text" ? 16 : 1, page_size);
        uint64_t offset = align_up(out_.text.size(), first ? align : alignment);
        if (offset + section.sh_size > text_most) {
          return fail(ErrorKind::limit,
                      format("compiled code is larger than {} bytes, which its 32-bit references can span", text_most));
        }
        out_.text.resize(offset, breakpoint);
        Bytes content = object.content(section);
        out_.text.insert(out_.text.end(), content.begin(), content.end());
        object.places[i] = static_cast<uint32_t>(offset);
        if (!first) first = offset;
      }
    }
    return first.value_or(out_.text.size());
  }

  Result<void> find_funcs(size_t number) {
    const Object& object = objects_[number];
    for (size_t i = 0; i < object.symbol_count(); i++) {
      Elf64_Sym symbol = object.symbol(i);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      std::optional<uint32_t> index = own_func(object.name(symbol));
      if (!index || *index >= funcs_.size()) return broken(number, format("unknown function {}", object.name(symbol)));
      bool is_code = symbol.st_shndx < object.places.size() && object.places[symbol.st_shndx] < out_.rodata_offset &&
                     symbol.st_value <= object.sections[symbol.st_shndx].sh_size &&
                     symbol.st_size <= object.sections[symbol.st_shndx].sh_size - symbol.st_value;
      if (!is_code) return broken(number, format("{} does not lie in .text", object.name(symbol)));
      if (funcs_[*index].offset != not_placed) return broken(number, format("{} is defined twice", object.name(symbol)));
      funcs_[*index] = {object.places[symbol.st_shndx] + static_cast<uint32_t>(symbol.st_value),
                        static_cast<uint32_t>(symbol.st_size)};
    }
    return {};
  }

  Result<void> check_funcs() {
    uint64_t end = 0;
    for (size_t i = 0; i < funcs_.size(); i++) {
      if (funcs_[i].offset == not_placed)
        return fail(ErrorKind::internal, format("linker: function f{} is missing; please report this", i));
      if (funcs_[i].offset < end)
        return fail(ErrorKind::internal, format("linker: function f{} is out of order; please report this", i));
      end = uint64_t{funcs_[i].offset} + funcs_[i].size;
    }
    return {};
  }

  // Where a symbol lies in the image; nothing for one in a section that is dropped.
  Result<std::optional<uint64_t>> target(size_t number, uint64_t symbol_index) {
    const Object& object = objects_[number];
    if (symbol_index >= object.symbol_count()) return broken(number, "relocation by a symbol that is not there");
    Elf64_Sym symbol = object.symbol(symbol_index);
    if (symbol.st_shndx == SHN_UNDEF) {
      std::optional<uint32_t> index = own_func(object.name(symbol));
      if (index && *index < funcs_.size()) return funcs_[*index].offset;
      return broken(number, format("compiled code refers to {}, which nothing defines", object.name(symbol)));
    }
    if (symbol.st_shndx >= object.places.size() || object.places[symbol.st_shndx] == not_placed) return std::optional<uint64_t>();
    return object.places[symbol.st_shndx] + symbol.st_value;
  }

  // Calls `apply(relocation, target)` for each relocation of the sections for which `wanted(section index)` holds.
  template <class Wanted, class Apply>
  Result<void> for_relocations(size_t number, Wanted wanted, Apply apply) {
    const Object& object = objects_[number];
    for (const Elf64_Shdr& table : object.sections) {
      if (table.sh_type != SHT_RELA || table.sh_info >= object.sections.size() || !wanted(table.sh_info)) continue;
      Bytes rows = object.content(table);
      for (size_t at = 0; at + sizeof(Elf64_Rela) <= rows.size(); at += sizeof(Elf64_Rela)) {
        auto relocation = load_le<Elf64_Rela>(rows.data() + at);
        std::optional<uint64_t> to = TRY(target(number, ELF64_R_SYM(relocation.r_info)));
        TRY(apply(table.sh_info, relocation, to));
      }
    }
    return {};
  }

  Result<void> relocate(size_t number) {
    const Object& object = objects_[number];
    auto is_placed = [&](uint32_t section) { return object.places[section] != not_placed; };
    return for_relocations(
        number, is_placed, [&](uint32_t index, const Elf64_Rela& relocation, std::optional<uint64_t> to) -> Result<void> {
          const Elf64_Shdr& section = object.sections[index];
          uint64_t type = ELF64_R_TYPE(relocation.r_info);
          bool is_64 = type == R_X86_64_PC64;
          if (type != R_X86_64_PC32 && type != R_X86_64_PLT32 && !is_64) {
            return broken(number, format("relocation of type {} in {}", type, object.name(section)));
          }
          if (!to) return broken(number, format("{} refers to a section that is not part of an image", object.name(section)));
          uint64_t size = is_64 ? 8 : 4;
          if (section.sh_size < size || relocation.r_offset > section.sh_size - size) {
            return broken(number, format("relocation outside {}", object.name(section)));
          }
          uint64_t at = object.places[index] + relocation.r_offset;
          int64_t distance = static_cast<int64_t>(*to) + relocation.r_addend - static_cast<int64_t>(at);
          if (is_64) {
            store_le(out_.text.data() + at, distance);
          } else if (distance == static_cast<int32_t>(distance)) {
            store_le(out_.text.data() + at, static_cast<int32_t>(distance));
          } else {
            return broken(number, format("reference at {:#x} does not reach its target", at));
          }
          return {};
        });
  }

  // The assembler pads between functions with nops; nothing runs there.
  void fill_gaps() {
    for (size_t i = 0; i < funcs_.size(); i++) {
      uint64_t end = uint64_t{funcs_[i].offset} + funcs_[i].size;
      uint64_t next = i + 1 < funcs_.size() ? funcs_[i + 1].offset : out_.rodata_offset;
      std::fill(out_.text.begin() + static_cast<int64_t>(end), out_.text.begin() + static_cast<int64_t>(next), breakpoint);
    }
  }

  Result<void> read_debug(size_t number) {
    const Object& object = objects_[number];
    for (uint32_t index = 0; index < object.sections.size(); index++) {
      std::string_view name = object.name(object.sections[index]);
      bool is_lines = name == ".debug_line";
      if (!is_lines && name != ".eh_frame") continue;
      std::vector<Fixup> fixups;
      auto is_this = [&](uint32_t section) { return section == index; };
      auto add = [&](uint32_t, const Elf64_Rela& relocation, std::optional<uint64_t> to) -> Result<void> {
        if (to) fixups.push_back({relocation.r_offset, *to + static_cast<uint64_t>(relocation.r_addend)});
        return {};
      };
      TRY(for_relocations(number, is_this, add));
      std::ranges::sort(fixups, {}, &Fixup::at);
      Bytes content = object.content(object.sections[index]);
      if (is_lines) {
        TRY(read_lines(content, fixups, out_.pc_map));
      } else {
        TRY(read_unwinding(number, index, content, fixups));
      }
    }
    return {};
  }

  // Frames, and what hangs on them: handlers and roots.
  Result<void> read_unwinding(size_t number, uint32_t eh_frame, Bytes content, std::span<const Fixup> fixups) {
    const Object& object = objects_[number];
    uint32_t tables_section = 0;
    std::vector<FrameSize> sizes;
    for (uint32_t index = 0; index < object.sections.size(); index++) {
      std::string_view name = object.name(object.sections[index]);
      if (name == ".gcc_except_table") tables_section = index;
      if (name == ".llvm_stackmaps") TRY(read_stackmaps(object.content(object.sections[index]), out_.roots, sizes));
    }
    std::vector<Fixup> tables;
    if (tables_section != 0) tables = TRY(references(number, eh_frame, tables_section));
    std::vector<HandlerTable> handlers;
    Bytes code = Bytes(out_.text).first(out_.rodata_offset);
    TRY(read_frames(content, fixups, tables, code, out_.frames, handlers));
    for (const HandlerTable& handler : handlers) {
      auto size = std::ranges::find_if(sizes, [&](const FrameSize& one) { return funcs_[one.func].offset == handler.func; });
      if (size == sizes.end()) return broken(number, "a function with handlers and no stack map");
      TRY(read_handlers(object.content(object.sections[tables_section]), handler, size->bytes, out_.handlers));
    }
    return {};
  }

  // Places in one section that refer to another, which is not part of the image: as offsets in that.
  Result<std::vector<Fixup>> references(size_t number, uint32_t from, uint32_t to) {
    const Object& object = objects_[number];
    std::vector<Fixup> fixups;
    for (const Elf64_Shdr& table : object.sections) {
      if (table.sh_type != SHT_RELA || table.sh_info != from) continue;
      Bytes rows = object.content(table);
      for (size_t at = 0; at + sizeof(Elf64_Rela) <= rows.size(); at += sizeof(Elf64_Rela)) {
        auto relocation = load_le<Elf64_Rela>(rows.data() + at);
        if (ELF64_R_SYM(relocation.r_info) >= object.symbol_count())
          return broken(number, "relocation by a symbol that is not there");
        Elf64_Sym symbol = object.symbol(ELF64_R_SYM(relocation.r_info));
        if (symbol.st_shndx != to) continue;
        fixups.push_back({relocation.r_offset, symbol.st_value + static_cast<uint64_t>(relocation.r_addend)});
      }
    }
    std::ranges::sort(fixups, {}, &Fixup::at);
    return fixups;
  }

  // Keeps what matters: of rows at one offset the last, of equal neighbours the first; a row without a wasm offset only at the
  // start of a function, where it ends what the function before it left behind.
  Result<void> reduce_pc_map() {
    constexpr uint32_t none = code::PcMapRow::no_wasm_offset;
    std::vector<code::PcMapRow>& rows = out_.pc_map;
    if (!std::ranges::is_sorted(rows, {}, &code::PcMapRow::text_offset)) {
      return fail(ErrorKind::internal, "linker: .debug_line is not in the order of the text; please report this");
    }
    std::vector<code::PcMapRow> kept;
    auto add = [&kept](code::PcMapRow row) {
      if (!kept.empty() && kept.back().text_offset == row.text_offset) kept.pop_back();
      uint32_t before = kept.empty() ? none : kept.back().wasm_offset;
      if (row.wasm_offset != before) kept.push_back(row);
    };
    size_t func = 0;
    for (const code::PcMapRow& row : rows) {
      for (; func < funcs_.size() && funcs_[func].offset <= row.text_offset; func++) add({funcs_[func].offset, none});
      if (row.wasm_offset != none && row.text_offset < out_.rodata_offset) add(row);
    }
    for (; func < funcs_.size(); func++) add({funcs_[func].offset, none});
    rows = std::move(kept);
    return {};
  }

  std::vector<Object> objects_;
  std::vector<code::FuncEntry> funcs_;
  code::ImageParts out_;
};

}  // namespace

Result<code::ImageParts> link(std::span<const Bytes> objects, uint32_t own_func_count, const code::CodegenKey& key) {
  return Linker(own_func_count, key).run(objects);
}

}  // namespace mote::aot
