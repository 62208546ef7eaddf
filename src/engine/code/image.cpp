// Lookups in an image: by function, by pc. Everything here may run in a signal handler: no allocation, no lock, bounded time.
// See image.h; tested by artifact_test.cpp.
#include "engine/code/image.h"

#include "base/core/assert.h"
#include "engine/code/image_frame.h"
#include "engine/code/image_map.h"
#include "engine/code/image_mapped.h"
#include "engine/code/pc_map.h"

#include <algorithm>

namespace mote::code {

namespace {

// The last row that begins at or before an offset, and only if it reaches that far.
template <class Row>
const Row* row_at(std::span<const Row> rows, uint32_t offset) {
  auto after = std::ranges::upper_bound(rows, offset, {}, &Row::offset);
  if (after == rows.begin()) return nullptr;
  const Row& row = *(after - 1);
  return offset - row.offset < row.size ? &row : nullptr;
}

}  // namespace

MappedImage::MappedImage(const Tables& tables, Bytes text, std::shared_ptr<const ArtifactBytes> owner, os::Mapping copy)
    : tables_(tables), text_(text), owner_(std::move(owner)), copy_(std::move(copy)) {}

MappedImage::~MappedImage() {
  if (is_in_map_) remove_from_map(code());
}

Result<void> MappedImage::enter_map() {
  if (code().empty()) return {};
  TRY(add_to_map(code(), this));
  is_in_map_ = true;
  return {};
}

const void* MappedImage::entry(uint32_t own_func) const {
  ASSERT(own_func < tables_.funcs.size());
  return text_.data() + tables_.funcs[own_func].offset;
}

std::optional<uint32_t> MappedImage::code_offset(const void* pc) const {
  auto offset = reinterpret_cast<uint64_t>(pc) - reinterpret_cast<uint64_t>(text_.data());
  return offset < tables_.rodata_offset ? std::optional(static_cast<uint32_t>(offset)) : std::nullopt;
}

std::optional<PcInfo> MappedImage::find(const void* pc) const {
  std::optional<uint32_t> offset = code_offset(pc);
  if (!offset) return {};
  const FuncEntry* func = row_at(tables_.funcs, *offset);
  if (func == nullptr) return {};
  return PcInfo{static_cast<uint32_t>(func - tables_.funcs.data()), find_wasm_offset(tables_.pc_map, *offset)};
}

const FrameRow* MappedImage::frame(const void* pc) const {
  std::optional<uint32_t> offset = code_offset(pc);
  if (!offset) return nullptr;
  const FrameRow* row = row_at(tables_.frames, *offset);
  return row != nullptr ? row : implied_frame(code().subspan(*offset));
}

std::optional<Handler> MappedImage::handler(const void* return_address) const {
  std::optional<uint32_t> offset = code_offset(static_cast<const uint8_t*>(return_address) - 1);
  const HandlerRange* range = offset ? row_at(tables_.handlers, *offset) : nullptr;
  if (range == nullptr) return {};
  return Handler{text_.data() + range->pad, range->sp_from_fp};
}

void MappedImage::visit_roots(const void* return_address, uint8_t* fp, RootVisitor& visitor) const {
  if (tables_.roots.empty()) return;
  std::optional<uint32_t> offset = code_offset(static_cast<const uint8_t*>(return_address) - 1);
  const FuncEntry* func = offset ? row_at(tables_.funcs, *offset) : nullptr;
  if (func == nullptr) return;
  const auto index = static_cast<uint32_t>(func - tables_.funcs.data());
  for (const RootArea& area : std::ranges::equal_range(tables_.roots, index, {}, &RootArea::func)) {
    visitor.visit(reinterpret_cast<uint32_t*>(fp + area.from_fp), area.count);
  }
}

}  // namespace mote::code
