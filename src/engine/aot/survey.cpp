// Walks every body once before anything is compiled (survey.h).
#include "engine/aot/survey.h"

#include "base/core/format.h"
#include "engine/wasm/walk.h"

#include <algorithm>
#include <optional>

namespace mote::aot {

namespace {

// The first instruction that this build cannot compile. It is reported after everything was validated: a module that is both
// invalid and unsupported is invalid.
struct Unsupported {
  const char* feature;
  std::optional<wasm::FuncIndex> func;
  uint64_t offset;
};

bool is_supported(wasm::Group group) {
  return group != wasm::Group::exceptions && group != wasm::Group::gc && group != wasm::Group::threads;
}

// Notes the facts of one function.
struct Surveyor {
  Survey& result;
  std::optional<Unsupported>& unsupported;
  wasm::FuncIndex func;
  uint64_t blocks = 1;

  void instruction(const wasm::Instruction& instruction) {
    using enum wasm::Opcode;
    switch (instruction.op) {
      case block:
      case loop:
      case if_:
      case else_:
      case br_if:
      case br_on_null:
      case br_on_non_null:
        ++blocks;
        break;
      case br_table:
        blocks += instruction.targets.size();
        break;
      case return_call:
        result.is_uniform[instruction.index] = true;
        [[fallthrough]];
      case return_call_indirect:
      case return_call_ref:
        result.is_uniform[func] = true;
        break;
      default:
        if (const wasm::Group group = wasm::group(instruction.op); !is_supported(group) && !unsupported) {
          unsupported = Unsupported{wasm::text(group), func, instruction.offset};
        }
    }
  }
};

void check(const wasm::ConstExpr& expr, std::optional<Unsupported>& unsupported) {
  for (const wasm::ConstOp& op : expr) {
    if (op.kind >= wasm::ConstOp::ref_i31 && !unsupported) {
      unsupported = Unsupported{wasm::text(wasm::Group::gc), std::nullopt, op.offset};
    }
  }
}

void check_const_exprs(const wasm::Module& module, std::optional<Unsupported>& unsupported) {
  for (const wasm::Table& table : module.tables) check(table.init, unsupported);
  for (const wasm::Global& global : module.globals) check(global.init, unsupported);
  for (const wasm::ElementSegment& segment : module.elements) {
    for (const wasm::ConstExpr& expr : segment.exprs) check(expr, unsupported);
  }
}

Effort effort_for(uint32_t bytes, uint64_t locals, uint64_t blocks) {
  const uint64_t product = locals * blocks;
  if (bytes > huge_body_bytes || product > huge_locals_times_blocks) return Effort::none;
  if (bytes > cheap_body_bytes || product > cheap_locals_times_blocks) return Effort::cheap;
  return Effort::full;
}

std::vector<Partition> cut(const wasm::Module& module, const std::vector<Effort>& effort) {
  std::vector<Partition> partitions;
  Partition open;
  auto close = [&](uint32_t at) {
    if (open.last > open.first) partitions.push_back(open);
    open = {at, at, 0, false};
  };
  for (uint32_t own = 0; own < module.bodies.size(); ++own) {
    const uint32_t bytes = module.bodies[own].size;
    const bool is_huge = effort[own] == Effort::none;
    if (is_huge || open.bytes + bytes > partition_max_bytes) close(own);
    open.last = own + 1;
    open.bytes += bytes;
    open.is_huge = is_huge;
    if (is_huge || open.bytes >= partition_bytes) close(own + 1);
  }
  close(static_cast<uint32_t>(module.bodies.size()));
  return partitions;
}

}  // namespace

Result<Survey> survey(const wasm::Module& module) {
  Survey result;
  result.is_uniform.resize(module.funcs.size());
  result.effort.reserve(module.bodies.size());
  std::optional<Unsupported> unsupported;
  check_const_exprs(module, unsupported);
  wasm::Walker walker(module);
  for (uint32_t own = 0; own < module.bodies.size(); ++own) {
    const wasm::FuncIndex func = module.imported_funcs + own;
    Surveyor surveyor{result, unsupported, func};
    TRY(wasm::walk(walker, func, surveyor));
    const size_t locals = TRY(wasm::read_locals(module, func)).size();
    result.effort.push_back(effort_for(module.bodies[own].size, locals, surveyor.blocks));
    result.code_bytes += module.bodies[own].size;
  }
  if (unsupported) {
    const std::string where = unsupported->func ? format("function {}", *unsupported->func) : "a constant expression";
    return fail(ErrorKind::unsupported,
                format("not supported by this build yet: {}, {}, offset {:#x}", unsupported->feature, where, unsupported->offset));
  }
  result.partitions = cut(module, result.effort);
  return result;
}

}  // namespace mote::aot
