// The walker against any body, and its promise to consumers: what it tells is balanced, in range and reachable.
//
// Each input is tried as a module, and as the body of a function in a module that has something of everything, since random
// bytes seldom get as far as a code section.
#include "engine/wasm/decode.h"
#include "engine/wasm/features.h"
#include "engine/wasm/module_builder_testing.h"
#include "engine/wasm/walk.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace mote;
using namespace mote::wasm;

void require(bool condition) {
  if (!condition) std::abort();
}

// Checks what a compiler relies on.
class Checker {
 public:
  explicit Checker(const Module& module) : module_(module) {}
  void instruction(const Instruction& instruction) {
    require(depth_ > 0);
    // After a jump the next thing told is the end, or the else, of a block.
    require(reachable_ || instruction.op == Opcode::end || instruction.op == Opcode::else_);
    if (instruction.op == Opcode::end || instruction.op == Opcode::else_) require(instruction.end_reachable == reachable_);
    require(instruction.offset < module_.bytes.size());
    for (const ValueType type : {instruction.type, instruction.type2}) {
      require(!type.is_ref() || type.heap() != HeapType(HeapType::bot));
      require(!type.is_ref() || !type.heap().is_concrete() || type.heap().index() < module_.types.size());
    }
    switch (instruction.op) {
      case Opcode::block:
      case Opcode::loop:
      case Opcode::if_:
      case Opcode::try_table:
        ++depth_;
        break;
      case Opcode::end:
        --depth_;
        break;
      case Opcode::br:
      case Opcode::br_if:
        require(instruction.index < depth_);
        break;
      case Opcode::br_table:
        require(!instruction.targets.empty());
        for (const uint32_t target : instruction.targets) require(target < depth_);
        break;
      case Opcode::call:
        require(instruction.index < module_.funcs.size());
        break;
      case Opcode::drop:
      case Opcode::select:
        require(instruction.type.kind() != ValueKind::bottom);
        break;
      default:
        break;
    }
    reachable_ = is_reachable_after(instruction);
  }
  void finish() const { require(depth_ == 0); }

 private:
  static bool is_reachable_after(const Instruction& instruction) {
    switch (instruction.op) {
      case Opcode::unreachable:
      case Opcode::br:
      case Opcode::br_table:
      case Opcode::return_:
      case Opcode::return_call:
      case Opcode::return_call_indirect:
      case Opcode::return_call_ref:
      case Opcode::throw_:
      case Opcode::throw_ref:
        return false;
      default:
        return true;
    }
  }
  const Module& module_;
  uint32_t depth_ = 1;
  bool reachable_ = true;
};

void walk_all(const Buffer& bytes) {
  const Result<Module> module = decode(bytes);
  if (!module) return;
  const bool is_valid = validate_bodies(*module).has_value();
  bool all_walked = true;
  Walker walker(*module);
  for (size_t i = 0; i < module->bodies.size(); ++i) {
    const FuncIndex func = module->imported_funcs + static_cast<FuncIndex>(i);
    Checker checker(*module);
    const Result<void> walked = walk(walker, func, checker);
    if (walked) {
      checker.finish();
      require(read_locals(*module, func).has_value());
    }
    all_walked = all_walked && walked.has_value();
  }
  require(is_valid == all_walked);
  require(is_valid == features(*module).has_value());
}

// A module with types, tables, memories, globals, tags and segments of every sort, and one function with this body.
Buffer surround(const Buffer& body) {
  ModuleBuilder m;
  m.func_type({}, {});
  m.func_type({0x7f}, {0x7f});
  m.func_type({0x7e, 0x7d}, {0x7c, 0x7f});
  m.type({0x50, 0, 0x5f, 2, 0x7f, 1, 0x78, 1});
  m.type({0x4f, 1, 3, 0x5f, 3, 0x7f, 1, 0x78, 1, 0x63, 3, 0});
  m.type({0x5e, 0x7f, 1});
  m.type({0x5e, 0x63, 0x70, 1});
  m.import("m", "f", {0x00, 0x01});
  m.table({0x70, 0x00, 0x01});
  m.table({0x6f, 0x05, 0x01, 0x02});
  m.memory({0x00, 0x01});
  m.memory({0x07, 0x01, 0x01});
  m.tag(m.func_type({0x7f, 0x6f}, {}));
  m.global({0x7f, 1, 0x41, 0, 0x0b});
  m.global({0x7e, 0, 0x42, 0, 0x0b});
  m.element({0x01, 0x00, 0x01, 0x00});
  m.data_count(1);
  m.data({0x01, 0x01, 'x'});
  m.add(10, sized(body));
  m.add(3, leb(1));
  return m.build();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Buffer bytes(data, data + size);
  walk_all(bytes);
  walk_all(surround(bytes));
  return 0;
}
