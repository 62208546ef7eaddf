// See elements.h.
#include "engine/snapshot/elements.h"

#include "base/core/format.h"
#include "engine/wasm/walk.h"

#include <mote/limits.h>

#include <algorithm>
#include <optional>

namespace mote::snapshot {

namespace {

using wasm::ConstExpr;
using wasm::ConstOp;
using wasm::ElementSegment;
using wasm::FuncIndex;
using wasm::SegmentMode;

// The reference that an expression makes, where the module alone says which. A global.get names an earlier, immutable global.
std::optional<FuncIndex> reference_of(const wasm::Module& module, const ConstExpr* expr) {
  while (expr->size() == 1) {
    const ConstOp& op = expr->front();
    if (op.kind == ConstOp::ref_null) return null_func;
    if (op.kind == ConstOp::ref_func) return op.index;
    if (op.kind != ConstOp::global_get || op.index < module.imported_globals) return std::nullopt;
    expr = &module.globals[op.index].init;
  }
  return std::nullopt;
}

std::optional<uint64_t> constant(const ConstExpr& expr) {
  if (expr.size() != 1) return std::nullopt;
  if (expr[0].kind == ConstOp::i32_const) return static_cast<uint32_t>(expr[0].low);
  if (expr[0].kind == ConstOp::i64_const) return expr[0].low;
  return std::nullopt;
}

// What every element of a table is before its segments are applied; nothing where that is not known here.
std::optional<FuncIndex> default_of(const wasm::Module& module, const wasm::Table& table) {
  return table.init.empty() ? null_func : reference_of(module, &table.init);
}

// Applies an active segment; false where its place or an element is not known here.
bool apply(const wasm::Module& module, const ElementSegment& segment, std::vector<FuncIndex>& elements) {
  const std::optional<uint64_t> offset = constant(segment.offset);
  if (!offset || *offset > elements.size() || segment.size() > elements.size() - *offset) return false;
  for (size_t i = 0; i < segment.size(); ++i) {
    const auto reference = segment.exprs.empty() ? segment.funcs[i] : reference_of(module, &segment.exprs[i]);
    if (!reference) return false;
    elements[*offset + i] = *reference;
  }
  return true;
}

// Whether instances of the module start with a table that is like this.
bool is_as_declared(const wasm::Module& module, wasm::TableIndex index, const std::vector<FuncIndex>& elements) {
  const wasm::Table& table = module.tables[index];
  const std::optional<FuncIndex> initial = default_of(module, table);
  if (!initial || table.type.limits.min != elements.size()) return false;
  std::vector<FuncIndex> made(elements.size(), *initial);
  for (const ElementSegment& segment : module.elements) {
    const bool is_for_it = segment.mode == SegmentMode::active && segment.table == index;
    if (is_for_it && !apply(module, segment, made)) return false;
  }
  return made == elements;
}

ConstExpr address(const wasm::Table& table, uint64_t at) {
  const bool is_64 = table.type.limits.address == wasm::AddressType::i64;
  return {ConstOp{.kind = is_64 ? ConstOp::i64_const : ConstOp::i32_const, .low = at}};
}

// A range of a table's elements.
struct Run {
  uint64_t begin = 0, end = 0;
};

// The ranges whose elements are not the initial one; a single range around all of them when there would be more than `most`.
std::vector<Run> find_runs(const std::vector<FuncIndex>& elements, std::optional<FuncIndex> initial, size_t most) {
  if (!initial) return elements.empty() ? std::vector<Run>{} : std::vector<Run>{{0, elements.size()}};
  std::vector<Run> runs;
  for (uint64_t i = 0; i < elements.size(); ++i) {
    if (elements[i] == *initial) continue;
    if (!runs.empty() && (runs.back().end == i || runs.size() == most)) {
      runs.back().end = i + 1;
    } else {
      runs.push_back({i, i + 1});
    }
  }
  return runs;
}

ElementSegment segment_of(const wasm::Module& module, wasm::TableIndex index, const std::vector<FuncIndex>& elements, Run run) {
  const wasm::Table& table = module.tables[index];
  const auto first = elements.begin() + static_cast<ptrdiff_t>(run.begin);
  const auto last = elements.begin() + static_cast<ptrdiff_t>(run.end);
  ElementSegment segment{
      .mode = SegmentMode::active, .type = table.type.element, .table = index, .offset = address(table, run.begin)};
  if (std::find(first, last, null_func) == last) {
    segment.funcs.assign(first, last);
    // Where plain functions may stand, in the form that every engine reads.
    if (const wasm::ValueType plain = wasm::funcref.as_non_null(); module.matches(plain, segment.type)) segment.type = plain;
    return segment;
  }
  const ConstOp null{.kind = ConstOp::ref_null, .index = table.type.element.heap().bits()};
  for (auto at = first; at != last; ++at) {
    segment.exprs.push_back({*at == null_func ? null : ConstOp{.kind = ConstOp::ref_func, .index = *at}});
  }
  return segment;
}

// An empty segment of the same type.
ElementSegment emptied(const wasm::Module& module, const ElementSegment& segment) {
  ElementSegment empty{.mode = segment.mode, .type = segment.type, .table = segment.table};
  if (segment.mode == SegmentMode::active) empty.offset = address(module.tables[segment.table], 0);
  return empty;
}

void encode_segment(const ElementSegment& segment, Encoder& out) {
  // Plain functions are of type (ref func) and need no type; nor do expressions of type funcref for table 0.
  const bool has_exprs = segment.type != wasm::funcref.as_non_null() || !segment.exprs.empty();
  const bool is_active = segment.mode == SegmentMode::active;
  const bool is_short = is_active && segment.table == 0 && (!has_exprs || segment.type == wasm::funcref);
  const bool has_second_flag = is_active ? !is_short : segment.mode == SegmentMode::declarative;
  out.u8(static_cast<uint8_t>((is_active ? 0 : 1) | (has_second_flag ? 2 : 0) | (has_exprs ? 4 : 0)));
  if (is_active && !is_short) out.u32(segment.table);
  if (is_active) out.const_expr(segment.offset);
  if (!is_short) {
    if (has_exprs)
      out.value_type(segment.type);
    else
      out.u8(0);
  }
  out.u64(segment.size());
  for (const FuncIndex func : segment.funcs) {
    if (!has_exprs) {
      out.u32(func);
      continue;
    }
    out.ref_func(func);
    out.end();
  }
  for (const ConstExpr& expr : segment.exprs) out.const_expr(expr);
}

void collect(const ConstExpr& expr, std::vector<bool>& declared) {
  for (const ConstOp& op : expr) {
    if (op.kind == ConstOp::ref_func) declared[op.index] = true;
  }
}

// The functions of `wanted` that bodies refer to. Unreachable code counts: it is validated too.
Result<std::vector<FuncIndex>> referred_to(const wasm::Module& module, const std::vector<bool>& wanted) {
  std::vector<bool> found(wanted.size());
  wasm::Walker walker(module);
  for (FuncIndex func = module.imported_funcs; func < module.funcs.size(); ++func) {
    walker.start(func);
    while (walker.next()) {
      const wasm::Instruction& instruction = walker.instruction();
      if (instruction.op == wasm::Opcode::ref_func && wanted[instruction.index]) found[instruction.index] = true;
    }
    TRY(walker.finish());
  }
  std::vector<FuncIndex> funcs;
  for (FuncIndex func = 0; func < found.size(); ++func) {
    if (found[func]) funcs.push_back(func);
  }
  return funcs;
}

}  // namespace

Result<ElementPlan> ElementPlan::make(const wasm::Module& module, const State& state) {
  ElementPlan plan;
  std::vector<wasm::TableIndex> changed;
  for (wasm::TableIndex i = module.imported_tables; i < module.tables.size(); ++i) {
    if (!is_as_declared(module, i, state.tables[i])) changed.push_back(i);
  }
  for (size_t i = 0; i < module.elements.size(); ++i) {
    const ElementSegment& segment = module.elements[i];
    const bool is_dead = segment.mode == SegmentMode::active ? std::ranges::binary_search(changed, segment.table)
                                                             : segment.mode == SegmentMode::passive && state.dropped_elements[i];
    plan.is_unchanged_ = plan.is_unchanged_ && (!is_dead || segment.size() == 0);
    plan.segments_.push_back(is_dead ? emptied(module, segment) : segment);
  }
  // One is left for declare_missing().
  const size_t room = limits::element_segments - std::min<size_t>(plan.segments_.size() + 1, limits::element_segments);
  for (const wasm::TableIndex table : changed) TRY(plan.add_table(module, table, state.tables[table], room / changed.size()));
  return plan;
}

Result<void> ElementPlan::add_table(const wasm::Module& module, wasm::TableIndex table, const std::vector<FuncIndex>& elements,
                                    size_t most) {
  // A segment has at most so many entries: a long range is several.
  constexpr uint64_t longest = limits::element_segment_entries;
  const size_t most_pieces = elements.size() / longest + 1;
  const auto no_room = [&] {
    return fail(ErrorKind::limit,
                format("table {} needs more element segments than a module may have ({}); fewer segments in the module would help",
                       table, limits::element_segments));
  };
  if (most <= most_pieces) return elements.empty() ? Result<void>() : no_room();
  for (Run run : find_runs(elements, default_of(module, module.tables[table]), most - most_pieces)) {
    for (; run.begin < run.end; run.begin += std::min(longest, run.end - run.begin)) {
      segments_.push_back(segment_of(module, table, elements, {run.begin, std::min(run.end, run.begin + longest)}));
      is_unchanged_ = false;
    }
  }
  return {};
}

Result<void> ElementPlan::declare_missing(const wasm::Module& module, const State& state, const std::vector<FuncIndex>& exported) {
  std::vector<bool> declared(module.funcs.size());
  for (const FuncIndex func : exported) declared[func] = true;
  for (size_t i = module.imported_globals; i < module.globals.size(); ++i) {
    const wasm::Global& global = module.globals[i];
    if (!global.type.is_mutable) {
      collect(global.init, declared);
    } else if (global.type.type.is_ref() && state.globals[i].func != null_func) {
      declared[state.globals[i].func] = true;
    }
  }
  for (const wasm::Table& table : module.tables) collect(table.init, declared);
  for (const ElementSegment& segment : segments_) {
    for (const FuncIndex func : segment.funcs) declared[func] = true;
    for (const ConstExpr& expr : segment.exprs) collect(expr, declared);
  }
  std::vector<bool> missing(module.funcs.size());
  bool is_any = false;
  for (const FuncIndex func : module.escaped) {
    missing[func] = !declared[func];
    is_any = is_any || missing[func];
  }
  if (!is_any) return {};
  std::vector<FuncIndex> funcs = TRY(referred_to(module, missing));
  if (funcs.empty()) return {};
  if (segments_.size() == limits::element_segments) {
    return fail(ErrorKind::limit,
                format("the snapshot needs more element segments than a module may have ({})", limits::element_segments));
  }
  segments_.push_back({.mode = SegmentMode::declarative, .type = wasm::funcref.as_non_null(), .funcs = std::move(funcs)});
  is_unchanged_ = false;
  return {};
}

void ElementPlan::encode(Encoder& out) const {
  out.u64(segments_.size());
  for (const ElementSegment& segment : segments_) encode_segment(segment, out);
}

}  // namespace mote::snapshot
