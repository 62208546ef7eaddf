// Readers of .debug_line (DWARF 5, section 6.2) and .eh_frame (LSB core, section 10.6; instructions: DWARF 5, section 6.4).
//
// Own readers because LLVM's build whole tables of every file, row and register: on SQLite's 1.2 MB of code they take longer than
// all the rest of linking. A Reader never runs past its bytes: a read beyond the end gives 0 and marks it as failed, which every
// loop ends on. See link_debug.h.
#include "engine/aot/link_debug.h"

#include "base/core/format.h"
#include "engine/aot/link_reader.h"
#include "engine/code/image_frame.h"

#include <algorithm>

namespace mote::aot {

namespace {

std::unexpected<Error> bad(const char* section, uint64_t at, const char* what) {
  return fail(ErrorKind::internal, format("linker: {} at {:#x}: {}", section, at, what));
}

// The fixup at a position, if there is one.
const Fixup* fixup_at(std::span<const Fixup> fixups, uint64_t at) {
  auto found = std::ranges::lower_bound(fixups, at, {}, &Fixup::at);
  return found != fixups.end() && found->at == at ? &*found : nullptr;
}

// One line program, run.
class LineProgram {
 public:
  LineProgram(Reader reader, std::span<const Fixup> fixups, std::vector<code::PcMapRow>& rows)
      : in_(reader), fixups_(fixups), rows_(rows) {}

  Result<void> run() {
    TRY(read_header());
    while (!in_.is_done()) {
      auto opcode = in_.fixed<uint8_t>();
      if (opcode >= opcode_base_) {
        uint32_t adjusted = opcode - opcode_base_;
        address_ += adjusted / line_range_ * step_;
        line_ += line_base_ + static_cast<int32_t>(adjusted % line_range_);
        add_row();
      } else if (opcode == 0) {
        TRY(run_extended());
      } else {
        run_standard(opcode);
      }
    }
    return in_.has_failed() ? Result<void>(bad(".debug_line", in_.at(), "ends inside an instruction")) : Result<void>();
  }

 private:
  Result<void> read_header() {
    auto version = in_.fixed<uint16_t>();
    if (version != 4 && version != 5) return bad(".debug_line", in_.at(), "neither DWARF 4 nor 5");
    if (version == 5) in_.skip(2);  // sizes of an address (8) and a segment selector (0)
    auto header_size = in_.fixed<uint32_t>();
    uint64_t program = in_.at() + header_size;
    step_ = in_.fixed<uint8_t>();
    in_.skip(2);  // operations per instruction (1), default_is_stmt
    line_base_ = in_.fixed<int8_t>();
    line_range_ = in_.fixed<uint8_t>();
    opcode_base_ = in_.fixed<uint8_t>();
    if (in_.has_failed() || line_range_ == 0 || opcode_base_ < 10) return bad(".debug_line", in_.at(), "malformed header");
    for (uint32_t opcode = 1; opcode < opcode_base_; opcode++) operand_counts_[opcode] = in_.fixed<uint8_t>();
    in_.skip(program - in_.at());  // folders and files: nothing we need
    return {};
  }

  Result<void> run_extended() {
    uint64_t size = in_.uleb(), at = in_.at();
    auto opcode = in_.fixed<uint8_t>();
    if (opcode == 1) {  // DW_LNE_end_sequence
      line_ = 0;
      add_row();
      address_ = 0;
      line_ = 1;
    } else if (opcode == 2) {  // DW_LNE_set_address
      const Fixup* fixup = fixup_at(fixups_, at + 1);
      if (fixup == nullptr) return bad(".debug_line", at, "an address that is not in the text");
      address_ = fixup->target;
    }
    in_.skip(at + size - in_.at());
    return {};
  }

  void run_standard(uint8_t opcode) {
    switch (opcode) {
      case 1:
        add_row();
        break;  // DW_LNS_copy
      case 2:
        address_ += in_.uleb() * step_;
        break;  // DW_LNS_advance_pc
      case 3:
        line_ += in_.sleb();
        break;  // DW_LNS_advance_line
      case 8:
        address_ += (255 - opcode_base_) / line_range_ * step_;
        break;  // DW_LNS_const_add_pc
      case 9:
        address_ += in_.fixed<uint16_t>();
        break;  // DW_LNS_fixed_advance_pc
      default:  // files, columns, flags
        for (uint32_t i = 0; i < operand_counts_[opcode]; i++) in_.uleb();
    }
  }

  void add_row() {
    bool none = line_ <= 0 || line_ >= code::PcMapRow::no_wasm_offset;
    rows_.push_back({static_cast<uint32_t>(address_), none ? code::PcMapRow::no_wasm_offset : static_cast<uint32_t>(line_)});
  }

  Reader in_;
  std::span<const Fixup> fixups_;
  std::vector<code::PcMapRow>& rows_;
  uint64_t address_ = 0;
  int64_t line_ = 1;
  uint64_t step_ = 1;
  uint32_t line_range_ = 1, opcode_base_ = 10;
  int8_t line_base_ = 0;
  uint8_t operand_counts_[256] = {};
};

constexpr uint64_t rbp = 6, rsp = 7;  // DWARF's numbers

// Where the caller's things are, at one pc: what call frame instructions compute.
struct FrameState {
  uint64_t cfa_register = rsp;
  int64_t cfa_offset = 8;  // CFA = register + offset; the return address lies at CFA - 8
  bool is_rbp_saved = false;
  int64_t rbp_offset = 0;  // from the CFA
  bool operator==(const FrameState&) const = default;

  [[nodiscard]] bool is_standard() const { return cfa_register == rbp && cfa_offset == 16 && is_rbp_saved && rbp_offset == -16; }
};

class FrameReader {
 public:
  FrameReader(Bytes section, std::span<const Fixup> fixups, std::span<const Fixup> tables, Bytes text,
              std::vector<code::FrameRow>& rows, std::vector<HandlerTable>& handlers)
      : section_(section), fixups_(fixups), tables_(tables), text_(text), rows_(rows), handlers_(handlers) {}

  Result<void> run() {
    for (uint64_t at = 0; section_.size() - at >= 8;) {
      auto size = load_le<uint32_t>(section_.data() + at);
      if (size == 0) break;
      if (size > section_.size() - at - 4) return bad(".eh_frame", at, "entry runs past the end");
      uint64_t id_at = at + 4;
      auto id = load_le<uint32_t>(section_.data() + id_at);
      Reader entry(section_, id_at + 4, id_at + size);
      if (id != 0) {
        if (id > id_at) return bad(".eh_frame", at, "refers to an entry before the start");
        TRY(read_common(id_at - id));
        TRY(read_function(entry));
      }
      at = id_at + size;
    }
    return {};
  }

 private:
  // The entry that functions share (CIE). LLVM writes one per object, so it is read again only when another one is meant.
  Result<void> read_common(uint64_t at) {
    if (at == common_at_) return {};
    if (at + 8 > section_.size()) return bad(".eh_frame", at, "refers to an entry past the end");
    auto size = load_le<uint32_t>(section_.data() + at);
    Reader in(section_, at + 8, at + 4 + std::min<uint64_t>(size, section_.size()));
    auto version = in.fixed<uint8_t>();
    // "zR", or "zPLR" where functions have handlers: a personality, which is a stand-in, and a pointer to their table.
    bool is_known = version == 1 && in.fixed<uint8_t>() == 'z';
    auto letter = in.fixed<uint8_t>();
    has_handlers_ = letter == 'P';
    if (has_handlers_) is_known = is_known && in.fixed<uint8_t>() == 'L' && (letter = in.fixed<uint8_t>()) == 'R';
    is_known = is_known && letter == 'R' && in.fixed<uint8_t>() == 0;
    code_step_ = in.uleb();
    data_step_ = in.sleb();
    is_known = is_known && in.fixed<uint8_t>() == 16;  // return address column
    uint64_t augmentation = in.uleb();
    if (has_handlers_) {
      auto personality = in.fixed<uint8_t>();
      in.skip((personality & 0x0f) == 0x0c ? 8 : 4);
      in.skip(1);  // encoding of the pointer to the table
      is_known = is_known && ((personality & 0x0f) == 0x0b || (personality & 0x0f) == 0x0c);
    } else {
      is_known = is_known && augmentation == 1;
    }
    auto encoding = in.fixed<uint8_t>();
    if (!is_known || (encoding != 0x1b && encoding != 0x1c)) return bad(".eh_frame", at, "a common entry of another kind");
    address_size_ = encoding == 0x1b ? 4 : 8;
    initial_ = {};
    state_ = {};
    TRY(run_instructions(in, [](uint64_t) {}));
    initial_ = state_;
    common_at_ = at;
    return {};
  }

  Result<void> read_function(Reader in) {
    const Fixup* fixup = fixup_at(fixups_, in.at());
    if (fixup == nullptr) return bad(".eh_frame", in.at(), "a function that is not in the text");
    uint64_t start = fixup->target;
    in.skip(address_size_);
    uint64_t size = address_size_ == 4 ? in.fixed<uint32_t>() : in.fixed<uint64_t>();
    uint64_t augmentation = in.uleb();
    if (has_handlers_) {
      if (const Fixup* table = fixup_at(tables_, in.at())) handlers_.push_back({start, table->target});
    }
    in.skip(augmentation);
    if (in.has_failed() || start > text_.size() || size > text_.size() - start)
      return bad(".eh_frame", in.at(), "outside the text");
    state_ = initial_;
    uint64_t from = 0;
    Result<void> added;
    auto advance = [&](uint64_t to) {
      to = std::min(to, size);
      if (added) added = add_row(start + from, start + to);
      from = to;
    };
    TRY(run_instructions(in, advance));
    advance(size);
    return added;
  }

  // Calls `advance` with the pc, counted from the function's start, before the state changes for it.
  template <class Advance>
  Result<void> run_instructions(Reader in, Advance advance) {
    uint64_t pc = 0;
    std::vector<FrameState> remembered;
    auto step = [&](uint64_t count) { advance(pc += count * code_step_); };
    while (!in.is_done()) {
      auto byte = in.fixed<uint8_t>();
      uint8_t low = byte & 0x3f;
      if (byte >> 6 == 1) {  // DW_CFA_advance_loc
        step(low);
        continue;
      }
      if (byte >> 6 == 2) {  // DW_CFA_offset
        save(low, static_cast<int64_t>(in.uleb()) * data_step_);
        continue;
      }
      if (byte >> 6 == 3) {  // DW_CFA_restore
        if (low == rbp) state_.is_rbp_saved = initial_.is_rbp_saved;
        continue;
      }
      switch (byte) {
        case 0x00:
          break;  // DW_CFA_nop
        case 0x02:
          step(in.fixed<uint8_t>());
          break;  // DW_CFA_advance_loc1, 2, 4
        case 0x03:
          step(in.fixed<uint16_t>());
          break;
        case 0x04:
          step(in.fixed<uint32_t>());
          break;
        case 0x0a:
          remembered.push_back(state_);
          break;    // DW_CFA_remember_state
        case 0x0b:  // DW_CFA_restore_state
          if (remembered.empty()) return bad(".eh_frame", in.at(), "restores a state that was not remembered");
          state_ = remembered.back();
          remembered.pop_back();
          break;
        case 0x0c:  // DW_CFA_def_cfa
          state_.cfa_register = in.uleb();
          state_.cfa_offset = static_cast<int64_t>(in.uleb());
          break;
        case 0x0d:
          state_.cfa_register = in.uleb();
          break;  // DW_CFA_def_cfa_register
        case 0x0e:
          state_.cfa_offset = static_cast<int64_t>(in.uleb());
          break;  // DW_CFA_def_cfa_offset
        default:
          return bad(".eh_frame", in.at(), "an instruction the linker does not know");
      }
    }
    return in.has_failed() ? Result<void>(bad(".eh_frame", in.at(), "ends inside an instruction")) : Result<void>();
  }

  void save(uint64_t reg, int64_t offset) {
    if (reg != rbp) return;  // the return address never moves; nothing else is preserved
    state_.is_rbp_saved = true;
    state_.rbp_offset = offset;
  }

  Result<void> add_row(uint64_t from, uint64_t to) {
    if (from >= to || state_.is_standard()) return {};
    if (state_.cfa_register != rsp) return bad(".eh_frame", from, "a frame that is neither the standard one nor relative to rsp");
    code::FrameRow row{static_cast<uint32_t>(from), static_cast<uint32_t>(to - from), static_cast<int32_t>(state_.cfa_offset - 8),
                       code::FrameRow::fp_in_register};
    // A slot below rsp is one that was popped again: then the register has its value back.
    int64_t saved_fp = state_.cfa_offset + state_.rbp_offset;
    if (state_.is_rbp_saved && saved_fp >= 0) row.saved_fp = static_cast<int32_t>(saved_fp);
    const code::FrameRow* implied = code::implied_frame(text_.subspan(from, to - from));
    if (implied != nullptr && implied->size == row.size && implied->return_address == row.return_address &&
        implied->saved_fp == row.saved_fp) {
      return {};
    }
    rows_.push_back(row);
    return {};
  }

  Bytes section_;
  std::span<const Fixup> fixups_, tables_;
  Bytes text_;
  std::vector<code::FrameRow>& rows_;
  std::vector<HandlerTable>& handlers_;

  bool has_handlers_ = false;
  uint64_t common_at_ = UINT64_MAX;
  uint64_t code_step_ = 1, address_size_ = 4;
  int64_t data_step_ = -8;
  FrameState initial_, state_;
};

}  // namespace

Result<void> read_lines(Bytes section, std::span<const Fixup> fixups, std::vector<code::PcMapRow>& rows) {
  for (uint64_t at = 0; section.size() - at >= 4;) {
    auto size = load_le<uint32_t>(section.data() + at);
    if (size > section.size() - at - 4) return bad(".debug_line", at, "unit runs past the end");
    TRY(LineProgram(Reader(section, at + 4, at + 4 + size), fixups, rows).run());
    at += 4 + size;
  }
  return {};
}

Result<void> read_frames(Bytes section, std::span<const Fixup> fixups, std::span<const Fixup> tables, Bytes text,
                         std::vector<code::FrameRow>& rows, std::vector<HandlerTable>& handlers) {
  return FrameReader(section, fixups, tables, text, rows, handlers).run();
}

}  // namespace mote::aot
