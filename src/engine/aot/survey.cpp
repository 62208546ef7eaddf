// Walks every body once before anything is compiled (survey.h).
//
// Costs one validation of the module, about a hundredth of its compilation. It keeps a few bytes per function. Errors come in
// this order: invalid, too large. Tested by survey_test.cpp.
#include "engine/aot/survey.h"

#include "base/core/format.h"
#include "engine/wasm/walk.h"

#include <algorithm>
#include <optional>

namespace mote::aot {

namespace {

bool has_one_length(const wasm::Limits& limits) {
  return limits.max == limits.min;
}

// Before the bodies are looked at.
std::vector<std::optional<uint64_t>> fixed_lengths(const wasm::Module& module) {
  std::vector<std::optional<uint64_t>> lengths;
  lengths.reserve(module.tables.size());
  for (const wasm::Table& table : module.tables) lengths.emplace_back(table.type.limits.min);
  const auto reset = [&](wasm::TableIndex index) {
    if (!has_one_length(module.tables[index].type.limits)) lengths[index].reset();
  };
  for (wasm::TableIndex index = 0; index < module.imported_tables; ++index) reset(index);
  for (const wasm::Export& one : module.exports) {
    if (one.kind == wasm::ExternKind::table) reset(one.index);
  }
  return lengths;
}

// Before the bodies are looked at: whether other modules or the host can change elements.
std::vector<bool> changed_tables(const wasm::Module& module) {
  std::vector<bool> changed(module.tables.size());
  for (wasm::TableIndex index = 0; index < module.imported_tables; ++index) changed[index] = true;
  for (const wasm::Export& one : module.exports) {
    if (one.kind == wasm::ExternKind::table) changed[one.index] = true;
  }
  return changed;
}

std::optional<uint64_t> constant(const wasm::ConstExpr& offset) {
  if (offset.size() != 1) return std::nullopt;
  const wasm::ConstOp& only = offset.front();
  if (only.kind == wasm::ConstOp::i32_const) return static_cast<uint32_t>(only.low);
  if (only.kind == wasm::ConstOp::i64_const) return only.low;
  return std::nullopt;
}

constexpr wasm::FuncIndex no_func = UINT32_MAX;
constexpr uint64_t most_elements = 1 << 20;  // of a table that is looked at

// What its segments put into a table that nothing else changes, up to the last of them; nothing: that is only known when an
// instance is made.
std::optional<std::vector<wasm::FuncIndex>> elements_of(const wasm::Module& module, wasm::TableIndex table) {
  const uint64_t length = module.tables[table].type.limits.min;
  if (!module.tables[table].init.empty() || length > most_elements) return std::nullopt;
  std::vector<wasm::FuncIndex> elements;
  for (const wasm::ElementSegment& segment : module.elements) {
    if (segment.mode != wasm::SegmentMode::active || segment.table != table) continue;
    const std::optional<uint64_t> offset = constant(segment.offset);
    if (!segment.exprs.empty() || !offset || *offset > length || segment.size() > length - *offset) return std::nullopt;
    elements.resize(std::max<uint64_t>(elements.size(), *offset + segment.size()), no_func);
    std::ranges::copy(segment.funcs, elements.begin() + static_cast<ptrdiff_t>(*offset));
  }
  return elements;
}

// An instance whose segments do not all fit is none, but functions of it that came into another's table before live on, and see
// those segments only that came before: so with segments for imported tables nothing is known.
void find_known_elements(const wasm::Module& module, const std::vector<bool>& changed, Survey& result) {
  for (const wasm::ElementSegment& segment : module.elements) {
    if (segment.mode == wasm::SegmentMode::active && segment.table < module.imported_tables) return;
  }
  for (wasm::TableIndex table = 0; table < module.tables.size(); ++table) {
    if (changed[table]) continue;
    const auto elements = elements_of(module, table);
    if (!elements) continue;
    for (uint32_t index = 0; index < elements->size(); ++index) {
      const wasm::FuncIndex func = (*elements)[index];
      if (func == no_func || module.is_imported(func)) continue;
      std::vector<KnownElement>& known = result.known_elements[{table, module.canonical[module.funcs[func]]}];
      if (known.size() <= most_known_elements) known.push_back({index, func});
    }
  }
  std::erase_if(result.known_elements, [](const auto& one) { return one.second.size() > most_known_elements; });
}

// Notes the facts of one function.
struct Surveyor {
  Surveyor(const wasm::Module& module, Survey& result, std::vector<bool>& changed, wasm::FuncIndex func)
      : module(module), result(result), changed(changed), func(func) {
    const wasm::FuncType& type = module.func_type(func);
    moved = type.params.size() + type.results.size();
    arities.push_back(type.results.size());
  }

  void instruction(const wasm::Instruction& instruction) {
    using enum wasm::Opcode;
    switch (instruction.op) {
      case local_set:
      case local_tee:
        ++sets;
        locals = std::max<uint64_t>(locals, uint64_t{instruction.index} + 1);
        break;
      case try_table:
        result.has_handlers = true;
        blocks += 2 * instruction.catches.size() + 1;
        for (const wasm::Catch& clause : instruction.catches) moved += arity(clause.depth);
        [[fallthrough]];
      case block:
      case loop:
      case if_:
        ++blocks;
        moved += instruction.block.params.size() + instruction.block.results.size();
        arities.push_back(instruction.op == loop ? instruction.block.params.size() : instruction.block.results.size());
        break;
      case else_:
        ++blocks;
        break;
      case end:
        arities.pop_back();
        break;
      case br:
      case br_if:
      case br_on_null:
      case br_on_non_null:
      case br_on_cast:
      case br_on_cast_fail:
        ++blocks;
        moved += arity(instruction.index);
        break;
      case br_table: {
        blocks += instruction.targets.size();
        // Targets share a block between when they are equal (FuncTranslator::branch_table).
        std::vector<uint32_t> depths(instruction.targets.begin(), instruction.targets.end());
        std::ranges::sort(depths);
        depths.erase(std::ranges::unique(depths).begin(), depths.end());
        for (const uint32_t depth : depths) moved += arity(depth);
        break;
      }
      case return_:
        moved += arities.front();
        break;
      case call:
        has_safepoint = true;
        moves(module.funcs[instruction.index]);
        break;
      case call_indirect:
        has_safepoint = true;
        moves(instruction.index2);
        break;
      case call_ref:
        has_safepoint = true;
        moves(instruction.index);
        break;
      case throw_:
        has_safepoint = true;
        moves(module.tags[instruction.index].type);
        break;
      case struct_new:
        has_safepoint = true;
        moved += module.types[instruction.index].struct_.fields.size();
        break;
      case array_new_fixed:
        has_safepoint = true;
        moved += instruction.index2;
        break;
      case throw_ref:
      case struct_new_default:
      case array_new:
      case array_new_default:
      case array_new_data:
      case array_new_elem:
        has_safepoint = true;
        break;
      case return_call:
        result.is_uniform[instruction.index] = true;
        tail_call(module.funcs[instruction.index]);
        break;
      case return_call_indirect:
        tail_call(instruction.index2);
        break;
      case return_call_ref:
        tail_call(instruction.index);
        break;
      case table_grow:
        if (!has_one_length(module.tables[instruction.index].type.limits)) result.fixed_lengths[instruction.index].reset();
        break;
      case table_set:
      case table_fill:
      case table_copy:
        changed[instruction.index] = true;
        break;
      case table_init:
        changed[instruction.index2] = true;
        break;
      default:
        break;
    }
  }

  [[nodiscard]] uint64_t arity(uint32_t depth) const { return arities[arities.size() - 1 - depth]; }
  void moves(wasm::TypeIndex type) { moved += module.types[type].func.params.size() + module.types[type].func.results.size(); }
  void tail_call(wasm::TypeIndex type) {
    result.is_uniform[func] = true;
    moves(type);
  }
  const wasm::Module& module;
  Survey& result;
  std::vector<bool>& changed;  // by table index
  wasm::FuncIndex func;
  bool has_safepoint = false;
  uint64_t blocks = 1, moved = 0, sets = 0, locals = 0;
  std::vector<uint64_t> arities;  // of the label of each open block
};

Effort effort_for(uint64_t weight, uint64_t locals, uint64_t blocks) {
  const uint64_t product = locals * blocks;
  if (weight > huge_weight || product > huge_locals_times_blocks) return Effort::none;
  if (weight > cheap_weight || product > cheap_locals_times_blocks) return Effort::cheap;
  return Effort::full;
}

std::vector<Partition> cut(const wasm::Module& module, const std::vector<Effort>& effort, const std::vector<uint64_t>& weights) {
  std::vector<Partition> partitions;
  Partition open;
  auto close = [&](uint32_t at) {
    if (open.last > open.first) partitions.push_back(open);
    open = {.first = at, .last = at};
  };
  for (uint32_t own = 0; own < module.bodies.size(); ++own) {
    const bool is_huge = effort[own] == Effort::none;
    if (is_huge || open.weight + weights[own] > partition_max_weight) close(own);
    open.last = own + 1;
    open.weight += weights[own];
    open.code_bytes += module.bodies[own].size;
    open.is_huge = is_huge;
    if (is_huge || open.weight >= partition_weight) close(own + 1);
  }
  close(static_cast<uint32_t>(module.bodies.size()));
  return partitions;
}

}  // namespace

Result<Survey> survey(const wasm::Module& module) {
  Survey result;
  result.is_uniform.resize(module.funcs.size());
  result.fixed_lengths = fixed_lengths(module);
  result.effort.reserve(module.bodies.size());
  std::optional<Error> too_large;
  std::vector<uint64_t> weights;
  weights.reserve(module.bodies.size());
  std::vector<bool> changed = changed_tables(module);
  wasm::Walker walker(module);
  for (uint32_t own = 0; own < module.bodies.size(); ++own) {
    const wasm::Body& body = module.bodies[own];
    Surveyor surveyor(module, result, changed, module.imported_funcs + own);
    TRY(wasm::walk(walker, surveyor.func, surveyor));
    if (surveyor.moved > most_moved_values && !too_large) {
      too_large = Error{ErrorKind::limit,
                        format("function {} moves {} values in calls, blocks and branches; this compiler takes {}", surveyor.func,
                               surveyor.moved, most_moved_values),
                        body.offset};
    }
    result.has_safepoints.push_back(surveyor.has_safepoint);
    weights.push_back(weight_of(body.size, surveyor.moved));
    result.effort.push_back(effort_for(weights.back(), std::min(surveyor.sets, surveyor.locals), surveyor.blocks));
    result.code_bytes += body.size;
  }
  if (too_large) return std::unexpected(*too_large);
  find_known_elements(module, changed, result);
  result.partitions = cut(module, result.effort, weights);
  return result;
}

}  // namespace mote::aot
