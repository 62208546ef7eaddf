// Collects a function's instructions from the walker: see code.h.
#include "tests/oracle/code.h"

#include "base/core/assert.h"
#include "base/core/format.h"

namespace mote::oracle {
namespace {

using wasm::Opcode;

// The groups that interpret.cpp has. Exceptions and garbage collection would be added there and here.
bool is_known(Opcode op) {
  switch (wasm::group(op)) {
    case wasm::Group::control:
    case wasm::Group::variable:
    case wasm::Group::parametric:
    case wasm::Group::memory:
    case wasm::Group::numeric:
    case wasm::Group::sign_extension:
    case wasm::Group::saturating:
    case wasm::Group::bulk_memory:
    case wasm::Group::reference:
    case wasm::Group::simd:
    case wasm::Group::relaxed_simd:
    case wasm::Group::tail_call:
    case wasm::Group::function_references:
    case wasm::Group::threads:
      return true;
    case wasm::Group::exceptions:
    case wasm::Group::gc:
      return false;
  }
  return false;
}

class Collector {
 public:
  explicit Collector(Code& code) : code_(code) {}

  void instruction(const wasm::Instruction& instruction) {
    if (!is_known(instruction.op) && !unknown_) unknown_ = instruction.op;
    auto at = static_cast<uint32_t>(code_.steps.size());
    Step step;
    step.instruction = instruction;
    step.params = static_cast<uint32_t>(instruction.block.params.size());
    step.results = static_cast<uint32_t>(instruction.block.results.size());
    step.targets.assign(instruction.targets.begin(), instruction.targets.end());
    code_.steps.push_back(std::move(step));
    if (instruction.op == Opcode::block || instruction.op == Opcode::loop || instruction.op == Opcode::if_) {
      open_.push_back({at, at});
    } else if (instruction.op == Opcode::else_) {
      code_.steps[open_.back().begin].else_at = at + 1;
      open_.back().branch = at;
    } else if (instruction.op == Opcode::end && !open_.empty()) {
      close(at);
    }
  }
  [[nodiscard]] std::optional<Opcode> unknown() const { return unknown_; }

 private:
  struct Open {
    uint32_t begin;   // of the block
    uint32_t branch;  // its `else`, or begin
  };
  void close(uint32_t end) {
    auto [begin, branch] = open_.back();
    open_.pop_back();
    code_.steps[begin].end_at = code_.steps[branch].end_at = end;
    if (branch == begin) code_.steps[begin].else_at = end;
  }

  Code& code_;
  std::vector<Open> open_;
  std::optional<Opcode> unknown_;
};

}  // namespace

Result<Code> read_code(const wasm::Module& module, wasm::FuncIndex func) {
  Code code;
  code.locals = TRY(wasm::read_locals(module, func));
  code.params = static_cast<uint32_t>(module.func_type(func).params.size());
  code.results = static_cast<uint32_t>(module.func_type(func).results.size());
  code.offset = module.bodies[func - module.imported_funcs].offset;
  Collector collector(code);
  TRY(wasm::walk(module, func, collector));
  if (auto op = collector.unknown()) {
    return fail(ErrorKind::unsupported, format("the oracle does not run {} (function {})", wasm::text(*op), func));
  }
  return code;
}

}  // namespace mote::oracle
