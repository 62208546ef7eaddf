// See reduce.h. Candidates that are not valid cost microseconds, so they are made blindly and sorted out by the validator.
#include "tests/differential/reduce.h"

#include "engine/wasm/decode.h"
#include "engine/wasm/reader.h"
#include "engine/wasm/walk.h"
#include "tests/differential/binary.h"

#include <algorithm>
#include <cstddef>

namespace mote::differential {

namespace {

using Raw = std::vector<uint8_t>;

// Offsets of a function's instructions, as far as they are reached; what lies between two of them stays together.
struct Starts {
  std::vector<uint64_t> offsets;
  std::vector<wasm::Opcode> ops;
  void instruction(const wasm::Instruction& instruction) {
    offsets.push_back(instruction.offset);
    ops.push_back(instruction.op);
  }
  [[nodiscard]] static bool is_block(wasm::Opcode op) {
    return op == wasm::Opcode::block || op == wasm::Opcode::loop || op == wasm::Opcode::if_;
  }
  // The end that belongs to the block at `at`.
  [[nodiscard]] size_t end_of(size_t at) const {
    for (uint32_t depth = 0; at < ops.size(); ++at) {
      if (is_block(ops[at])) ++depth;
      if (ops[at] == wasm::Opcode::end && --depth == 0) return at;
    }
    return at;
  }
};

// A module with one function's body exchanged. The code section is written anew, all others are copied.
Raw with_body(const Program& program, const wasm::Module& module, size_t own, const Raw& body) {
  Binary codes;
  codes.u(module.bodies.size());
  for (size_t i = 0; i < module.bodies.size(); ++i) {
    Binary one;
    if (i == own) {
      for (const uint8_t byte : body) one.byte(byte);
    } else {
      for (uint64_t at = 0; at < module.bodies[i].size; ++at) one.byte(program.wasm[module.bodies[i].offset + at]);
    }
    codes.sized(one);
  }
  Binary out;
  for (size_t at = 0; at < 8; ++at) out.byte(program.wasm[at]);
  for (wasm::Reader reader(program.wasm, {8, program.wasm.size() - 8}); !reader.at_end();) {
    const uint8_t id = reader.u8();
    Binary content;
    for (uint32_t left = reader.u32(); left != 0; --left) content.byte(reader.u8());
    out.section(id, id == 10 ? codes : content);
  }
  return out.bytes();
}

class Reducer {
 public:
  Reducer(Program program, uint32_t attempts, const std::function<bool(const Program&)>& fails)
      : program_(std::move(program)), attempts_(attempts), fails_(fails) {}

  Program run() {
    for (bool again = true; again && attempts_ != 0;) {
      const size_t before = program_.wasm.size();
      drop_calls();
      for (size_t own = 0; own < own_funcs(); ++own) reduce_body(own);
      again = program_.wasm.size() < before;
    }
    return std::move(program_);
  }

 private:
  [[nodiscard]] size_t own_funcs() const { return program_.funcs.size() - program_.imported_funcs; }

  bool take(Raw wasm) {
    if (attempts_ == 0) return false;
    const auto module = wasm::decode(wasm);
    if (!module || !wasm::validate_bodies(*module)) return false;
    auto candidate = read_program(std::move(wasm));
    if (!candidate) return false;
    --attempts_;
    if (!fails_(*candidate)) return false;
    program_ = std::move(*candidate);
    return true;
  }

  void drop_calls() {
    for (size_t count = std::max<size_t>(program_.plan.calls.size() / 2, 1); count != 0; count /= 2) {
      for (size_t at = 0; at < program_.plan.calls.size();) {
        Plan plan = program_.plan;
        const auto from = plan.calls.begin() + static_cast<std::ptrdiff_t>(at);
        plan.calls.erase(from, from + static_cast<std::ptrdiff_t>(std::min(count, plan.calls.size() - at)));
        if (!take(with_plan(plan))) at += count;
      }
    }
    for (size_t i = 0; i < program_.plan.calls.size(); ++i) {
      Plan plan = program_.plan;
      for (oracle::Value& arg : plan.calls[i].args) arg = {};
      if (plan.calls[i].args != program_.plan.calls[i].args) take(with_plan(plan));
    }
  }

  // The plan is the last section.
  Raw with_plan(const Plan& plan) {
    const wasm::Module module = *wasm::decode(program_.wasm);
    const wasm::CustomSection& old = module.customs.back();
    Raw wasm(program_.wasm.begin(), program_.wasm.begin() + static_cast<std::ptrdiff_t>(section_start(old.content.offset)));
    append_plan(wasm, plan);
    return wasm;
  }
  // Of the section that `content` lies in: walks the sections, since a size has no fixed length.
  [[nodiscard]] uint64_t section_start(uint64_t content) const {
    for (wasm::Reader reader(program_.wasm, {8, program_.wasm.size() - 8});;) {
      const uint64_t start = reader.offset();
      (void)reader.u8();
      for (uint32_t left = reader.u32(); left != 0; --left) (void)reader.u8();
      if (content < reader.offset() || reader.at_end()) return start;
    }
  }

  void reduce_body(size_t own) {
    const wasm::Module module = *wasm::decode(program_.wasm);
    take(with_body(program_, module, own, {0x00, 0x00, 0x0b}));  // no locals, unreachable, end
    for (size_t run = 64; run != 0; run /= 2) {
      for (size_t at = 0; attempts_ != 0 && exchange(own, at, run);) ++at;
    }
    for (size_t at = 0; attempts_ != 0 && unwrap(own, at);) ++at;
  }

  // Tries to do without the block at `at` but with what is in it, its parameters and conditions dropped; false behind the end.
  bool unwrap(size_t own, size_t at) {
    for (const Raw& with : {Raw{}, Raw{0x1a}}) {
      const wasm::Module module = *wasm::decode(program_.wasm);
      Starts starts;
      (void)wasm::walk(module, module.imported_funcs + static_cast<uint32_t>(own), starts);
      if (at + 1 >= starts.offsets.size()) return false;
      const size_t end = starts.end_of(at);
      if (!Starts::is_block(starts.ops[at]) || end >= starts.offsets.size()) return true;
      const auto& body = module.bodies[own];
      auto place = [&](uint64_t offset) { return program_.wasm.begin() + static_cast<std::ptrdiff_t>(offset); };
      Raw bytes(place(body.offset), place(starts.offsets[at]));
      bytes.insert(bytes.end(), with.begin(), with.end());
      bytes.insert(bytes.end(), place(starts.offsets[at + 1]), place(starts.offsets[end]));
      bytes.insert(bytes.end(), place(starts.offsets[end] + 1), place(body.offset + body.size));
      if (take(with_body(program_, module, own, bytes))) return true;
    }
    return true;
  }

  // Tries to do without `run` instructions from number `at` on, or with a constant instead; false behind the function's end.
  bool exchange(size_t own, size_t at, size_t run) {
    static const std::vector<Raw> instead = {{},
                                             {0x1a},                          // drop
                                             {0x41, 0},                       // i32.const 0
                                             {0x42, 0},                       // i64.const 0
                                             {0x43, 0, 0, 0, 0},              // f32.const 0
                                             {0x44, 0, 0, 0, 0, 0, 0, 0, 0},  // f64.const 0
                                             {0xfd, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                                             {0x00}};  // unreachable
    for (const Raw& with : instead) {
      for (;;) {  // again, as long as what follows can be exchanged too
        const wasm::Module module = *wasm::decode(program_.wasm);
        Starts starts;
        (void)wasm::walk(module, module.imported_funcs + static_cast<uint32_t>(own), starts);
        if (at + 1 >= starts.offsets.size()) return false;  // the last one is the end
        const size_t last = std::min(at + run, starts.offsets.size() - 1);
        const auto& body = module.bodies[own];
        const uint64_t from = starts.offsets[at], to = starts.offsets[last];
        if (to - from <= with.size()) break;
        Raw bytes(program_.wasm.begin() + static_cast<std::ptrdiff_t>(body.offset),
                  program_.wasm.begin() + static_cast<std::ptrdiff_t>(from));
        bytes.insert(bytes.end(), with.begin(), with.end());
        bytes.insert(bytes.end(), program_.wasm.begin() + static_cast<std::ptrdiff_t>(to),
                     program_.wasm.begin() + static_cast<std::ptrdiff_t>(body.offset + body.size));
        if (!take(with_body(program_, module, own, bytes)) || !with.empty()) break;
      }
    }
    return true;
  }

  Program program_;
  uint32_t attempts_;
  const std::function<bool(const Program&)>& fails_;
};

}  // namespace

Program reduce(Program program, uint32_t attempts, const std::function<bool(const Program&)>& fails) {
  return Reducer(std::move(program), attempts, fails).run();
}

}  // namespace mote::differential
