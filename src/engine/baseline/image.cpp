// See image.h. Lookups may run in a signal handler: no allocation, no lock, bounded time.
#include "engine/baseline/image.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/baseline/x64/prologue.h"
#include "engine/code/image_frame.h"
#include "engine/code/image_map.h"
#include "engine/code/pc_map.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstring>

namespace mote::baseline {

namespace {

constexpr uint64_t function_alignment = 16;
constexpr uint64_t copied_at_once = 1 << 20;  // of a large batch, before its source is given back
constexpr uint64_t large_batch = 4 << 20;     // most are a little over a mebibyte: their source is written again at once

// The last row that begins at or before an offset.
template <class Row, class Start>
const Row* row_before(const std::vector<Row>& rows, uint32_t offset, Start Row::* start) {
  const auto after = std::ranges::upper_bound(rows, offset, {}, start);
  return after == rows.begin() ? nullptr : &*(after - 1);
}

class BaselineImage final : public code::Image {
 public:
  BaselineImage(const code::CodegenKey& key, os::Mapping memory, uint64_t size, std::vector<code::FuncEntry> funcs,
                std::vector<code::FrameSlots> frame_slots, std::vector<Batch> batches, std::vector<PcMapPart> pc_map,
                std::vector<code::FrameRow> frames, RootTables roots)
      : key_(key),
        memory_(std::move(memory)),
        text_(memory_.bytes().first(size)),
        funcs_(std::move(funcs)),
        frame_slots_(std::move(frame_slots)),
        batches_(std::move(batches)),
        pc_map_(std::move(pc_map)),
        frames_(std::move(frames)),
        roots_(std::move(roots)) {}
  ~BaselineImage() override {
    if (is_in_map_) code::remove_from_map(text_);
  }
  BaselineImage(const BaselineImage&) = delete;
  BaselineImage& operator=(const BaselineImage&) = delete;

  [[nodiscard]] Result<void> enter_map() {
    TRY(code::add_to_map(text_, this));
    is_in_map_ = true;
    return {};
  }

  [[nodiscard]] const code::CodegenKey& key() const override { return key_; }
  [[nodiscard]] Bytes text() const override { return text_; }
  [[nodiscard]] std::span<const code::FuncEntry> funcs() const override { return funcs_; }
  [[nodiscard]] const void* entry(uint32_t own_func) const override {
    ASSERT(own_func < funcs_.size());
    return text_.data() + funcs_[own_func].offset;
  }
  [[nodiscard]] std::optional<code::PcInfo> find(const void* pc) const override {
    const auto offset = offset_of(pc);
    if (!offset) return {};
    const Batch* batch = row_before(batches_, *offset, &Batch::start);
    if (batch == nullptr) return {};
    const auto funcs = std::span(funcs_).subspan(batch->first, batch->last - batch->first);
    const auto after = std::ranges::upper_bound(funcs, *offset, {}, &code::FuncEntry::offset);
    if (after == funcs.begin() || *offset - (after - 1)->offset >= (after - 1)->size) return {};
    const auto func = static_cast<uint32_t>(after - 1 - funcs.begin());
    const PcMapPart* part = row_before(pc_map_, *offset, &PcMapPart::start);
    return code::PcInfo{batch->first + func,
                        part == nullptr ? std::nullopt : code::find_wasm_offset(part->rows, *offset - part->start)};
  }
  [[nodiscard]] std::optional<code::FrameSlots> frame_slots(uint32_t own_func) const override {
    ASSERT(own_func < funcs_.size());
    return frame_slots_.empty() ? std::nullopt : std::optional(frame_slots_[own_func]);
  }
  [[nodiscard]] const code::FrameRow* frame(const void* pc) const override {
    const auto offset = offset_of(pc);
    if (!offset) return nullptr;
    const code::FrameRow* row = row_before(frames_, *offset, &code::FrameRow::offset);
    if (row != nullptr && *offset - row->offset < row->size) return row;
    return code::implied_frame(text_.subspan(*offset));
  }
  [[nodiscard]] std::optional<code::Handler> handler(const void* return_address) const override {
    const auto* row = row_at(roots_.handlers, return_address, &HandlerRow::return_offset);
    if (row == nullptr) return {};
    return code::Handler{text_.data() + row->pad, row->sp_from_fp};
  }
  void visit_roots(const void* return_address, uint8_t* fp, code::RootVisitor& visitor) const override {
    const auto* row = row_at(roots_.rows, return_address, &RootRow::return_offset);
    if (row == nullptr) return;
    if (row->locals != no_roots) {
      const int32_t* slots = &roots_.locals[row->locals];
      for (int32_t i = 1; i <= slots[0]; ++i) visitor.visit(reinterpret_cast<uint32_t*>(fp + slots[i]), 1);
    }
    for (uint32_t at = row->operands; at != no_roots; at = roots_.operands[at].below) {
      visitor.visit(reinterpret_cast<uint32_t*>(fp + roots_.operands[at].slot), 1);
    }
  }

 private:
  // The row of exactly this return address, which may be the text's end.
  template <class Row>
  [[nodiscard]] const Row* row_at(const std::vector<Row>& rows, const void* return_address, uint32_t Row::* place) const {
    const auto offset = reinterpret_cast<uint64_t>(return_address) - reinterpret_cast<uint64_t>(text_.data());
    const auto found = std::ranges::lower_bound(rows, offset, {}, place);
    return found == rows.end() || (*found).*place != offset ? nullptr : &*found;
  }
  [[nodiscard]] std::optional<uint32_t> offset_of(const void* pc) const {
    const auto offset = reinterpret_cast<uint64_t>(pc) - reinterpret_cast<uint64_t>(text_.data());
    return offset < text_.size() ? std::optional(static_cast<uint32_t>(offset)) : std::nullopt;
  }

  code::CodegenKey key_;
  os::Mapping memory_;
  Bytes text_;
  std::vector<code::FuncEntry> funcs_;         // by own-function index
  std::vector<code::FrameSlots> frame_slots_;  // likewise, or empty
  std::vector<Batch> batches_;                 // by start, as the following
  std::vector<PcMapPart> pc_map_;
  std::vector<code::FrameRow> frames_;
  RootTables roots_;
  bool is_in_map_ = false;
};

// A batch's tables behind those of the others; `at` is where its code lies.
void append(RootTables& all, const RootTables& part, uint32_t at) {
  const auto locals = static_cast<uint32_t>(all.locals.size()), operands = static_cast<uint32_t>(all.operands.size());
  const auto moved = [](uint32_t index, uint32_t by) { return index == no_roots ? no_roots : index + by; };
  for (const RootRow& row : part.rows) {
    all.rows.push_back({at + row.return_offset, moved(row.locals, locals), moved(row.operands, operands)});
  }
  for (const RootOperand& operand : part.operands) all.operands.push_back({operand.slot, moved(operand.below, operands)});
  all.locals.insert(all.locals.end(), part.locals.begin(), part.locals.end());
  for (const HandlerRow& row : part.handlers) all.handlers.push_back({at + row.return_offset, at + row.pad, row.sp_from_fp});
}

}  // namespace

struct CodeMemory::State {
  os::Mapping memory;
  uint64_t limit = 0;
  std::mutex mutex;  // guards the following
  uint64_t end = 0;  // of what is used
  std::vector<Batch> batches;
  std::vector<PcMapPart> pc_map;
  std::vector<code::FrameRow> frames;
  std::vector<code::FuncEntry> funcs;
  std::vector<code::FrameSlots> frame_slots;
  RootTables roots;
};

CodeMemory::CodeMemory(std::unique_ptr<State> state) : state_(std::move(state)) {}
CodeMemory::CodeMemory(CodeMemory&&) noexcept = default;
CodeMemory::~CodeMemory() = default;

Result<CodeMemory> CodeMemory::create(uint64_t code_bytes, uint64_t size_limit, uint32_t func_count) {
  auto state = std::make_unique<State>();
  state->limit = std::min(size_limit, limits::code_size.hard);
  // Only address space until it is used; where that is scarce, what code of this size has always fitted into. In whole huge pages,
  // which Linux then aligns.
  auto memory = os::Mapping::anonymous(align_up(state->limit, os::huge_page_size));
  if (!memory) memory = os::Mapping::anonymous(align_up(std::min(state->limit, code_bytes * 32 + (1 << 20)), os::huge_page_size));
  if (!memory) return fail(ErrorKind::unavailable, format("no memory for compiled code: {}", memory.error().message));
  state->memory = std::move(*memory);
  // Fewer faults: 4 to 10 % of the CPU time of large modules (./bench compile --compiler baseline, with and without).
  if (code_bytes >= least_for_huge_pages) state->memory.ask_for_huge_pages(0, state->memory.size());
  state->limit = std::min(state->limit, state->memory.size());
  const std::vector<uint8_t>& prologue = x64::prologue();
  if (prologue.size() > state->limit) {
    return fail(ErrorKind::limit, format("{} is {} bytes: too few for any code", limits::code_size.name, size_limit));
  }
  std::memcpy(state->memory.data(), prologue.data(), prologue.size());
  state->end = prologue.size();
  state->funcs.resize(func_count);
  return CodeMemory(std::move(state));
}

Result<void> CodeMemory::place(uint32_t first, os::Mapping& source, uint64_t size, Unit& unit) {
  State& state = *state_;
  uint64_t start = 0;
  {
    const std::lock_guard lock(state.mutex);
    start = align_up(state.end, function_alignment);
    if (size > state.limit - std::min(start, state.limit)) {
      return fail(ErrorKind::limit, format("the compiled code exceeds {} ({} bytes), at function {}; raise the limit or compile "
                                           "ahead of time",
                                           limits::code_size.name, state.limit, first));
    }
    state.end = start + size;
    const auto at = static_cast<uint32_t>(start);
    for (size_t i = 0; i < unit.funcs.size(); ++i) state.funcs[first + i] = {at + unit.funcs[i].offset, unit.funcs[i].size};
    if (!unit.frame_slots.empty()) {
      state.frame_slots.resize(state.funcs.size());
      std::ranges::copy(unit.frame_slots, state.frame_slots.begin() + first);
    }
    for (PcMapPart& part : unit.pc_map) state.pc_map.push_back({at + part.start, std::move(part.rows)});
    for (code::FrameRow row : unit.frames) {
      row.offset += at;
      state.frames.push_back(row);
    }
    append(state.roots, unit.roots, at);
    unit.relocations.shrink_to_fit();
    state.batches.push_back({first, first + static_cast<uint32_t>(unit.funcs.size()), at, std::move(unit.relocations)});
  }
  for (uint64_t done = 0; done < size; done += copied_at_once) {
    std::memcpy(state.memory.data() + start + done, source.data() + done, std::min(copied_at_once, size - done));
    if (size > large_batch) source.discard(done, copied_at_once);
  }
  unit.clear();
  return {};
}

Result<std::shared_ptr<const code::Image>> CodeMemory::finish(const code::CodegenKey& key) {
  State& state = *state_;
  uint8_t* const text = state.memory.data();
  for (Batch& batch : state.batches) {
    for (const Relocation& relocation : batch.relocations) {
      const bool is_prologue = (relocation.target & Relocation::is_prologue) != 0;
      const uint32_t target = is_prologue ? relocation.target << 1 >> 1 : state.funcs[relocation.target].offset;
      const uint32_t behind = batch.start + relocation.behind;
      store_le(text + behind - 4, target - behind);
    }
    batch.relocations = {};
  }
  std::ranges::sort(state.batches, {}, &Batch::start);
  std::ranges::sort(state.pc_map, {}, &PcMapPart::start);
  std::ranges::sort(state.frames, {}, &code::FrameRow::offset);
  std::ranges::sort(state.roots.rows, {}, &RootRow::return_offset);
  std::ranges::sort(state.roots.handlers, {}, &HandlerRow::return_offset);
  const uint64_t used = align_up(state.end, os::page_size);
  state.memory.shrink(used);
  TRY(state.memory.protect(0, used, os::Access::read_execute));
  auto image = std::make_shared<BaselineImage>(key, std::move(state.memory), state.end, std::move(state.funcs),
                                               std::move(state.frame_slots), std::move(state.batches), std::move(state.pc_map),
                                               std::move(state.frames), std::move(state.roots));
  TRY(image->enter_map());
  return image;
}

void Unit::close_rows(uint32_t end) {
  if (row_count_ == 0) return;
  pc_map.push_back({rows_start_, code::encode_pc_map(std::span(rows_).first(row_count_), end - rows_start_)});
  row_count_ = 0;
  last_text_ = no_text;
}

}  // namespace mote::baseline
