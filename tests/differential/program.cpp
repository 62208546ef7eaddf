// Plans in custom sections, and the host functions: see program.h.
#include "tests/differential/program.h"

#include "base/core/format.h"
#include "engine/wasm/decode.h"
#include "tests/differential/binary.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace mote::differential {

using oracle::Value;
using wasm::ValueType;

namespace {

constexpr std::string_view section_name = "differential";

// Fixed-width numbers, in the order of Plan.
class PlanReader {
 public:
  explicit PlanReader(Bytes bytes) : bytes_(bytes) {}

  uint64_t number() {
    if (bytes_.size() - at_ < 8) {
      is_short_ = true;
      return 0;
    }
    at_ += 8;
    return load_le<uint64_t>(bytes_.data() + at_ - 8);
  }
  Value value() {
    const uint64_t low = number();
    return {low, number()};
  }
  std::vector<Value> values() {
    std::vector<Value> values;
    for (uint64_t count = number(); count != 0 && !is_short_; --count) values.push_back(value());
    return values;
  }
  Plan plan() {
    Plan plan;
    plan.nan_safe = number() != 0;
    plan.steps_global = static_cast<uint32_t>(number());
    plan.fuel = static_cast<int64_t>(number());
    plan.imported_globals = values();
    for (uint64_t count = number(); count != 0 && !is_short_; --count) {
      const auto func = static_cast<uint32_t>(number());
      plan.calls.push_back({func, 0, values()});
    }
    if (at_ == bytes_.size()) return plan;  // programs that were kept before there could be two instances
    plan.two = number() != 0;
    for (uint64_t count = number(); count != 0 && !is_short_; --count) plan.links.push_back(static_cast<uint32_t>(number()));
    for (Call& call : plan.calls) call.instance = static_cast<uint8_t>(number());
    return plan;
  }
  [[nodiscard]] bool is_short() const { return is_short_; }

 private:
  Bytes bytes_;
  size_t at_ = 0;
  bool is_short_ = false;
};

bool fits(const Program& program) {
  const Plan& plan = program.plan;
  if (plan.steps_global >= program.globals.size() || program.globals[plan.steps_global].type != wasm::i32) return false;
  for (const Call& call : plan.calls) {
    if (call.func >= program.funcs.size() || call.args.size() != program.funcs[call.func].params.size()) return false;
    if (call.instance >= program.instances()) return false;
  }
  if (!plan.two) return true;
  return plan.links.size() == program.imported_funcs &&
         std::ranges::all_of(plan.links, [&](uint32_t func) { return func == Plan::from_host || func < program.funcs.size(); });
}

}  // namespace

void append_plan(std::vector<uint8_t>& wasm, const Plan& plan) {
  Binary content;
  content.name(section_name);
  auto number = [&](uint64_t value) { content.fixed(value, 8); };
  auto values = [&](const std::vector<Value>& values) {
    number(values.size());
    for (const Value& value : values) number(value.low), number(value.high);
  };
  number(plan.nan_safe), number(plan.steps_global), number(static_cast<uint64_t>(plan.fuel));
  values(plan.imported_globals);
  number(plan.calls.size());
  for (const Call& call : plan.calls) number(call.func), values(call.args);
  number(plan.two), number(plan.links.size());
  for (const uint32_t func : plan.links) number(func);
  for (const Call& call : plan.calls) number(call.instance);
  Binary section;
  section.section(0, content);
  wasm.insert(wasm.end(), section.bytes().begin(), section.bytes().end());
}

Result<Program> read_program(std::vector<uint8_t> wasm) {
  Program program;
  program.wasm = std::move(wasm);
  const wasm::Module module = TRY(wasm::decode(program.wasm));
  const wasm::CustomSection* section = nullptr;
  for (const wasm::CustomSection& custom : module.customs) {
    if (custom.name == section_name) section = &custom;
  }
  if (section == nullptr) return fail(ErrorKind::bad_input, "no custom section \"differential\": not a generated program");
  PlanReader reader(Bytes(program.wasm).subspan(section->content.offset, section->content.size));
  program.plan = reader.plan();
  for (uint32_t i = 0; i < module.funcs.size(); ++i) program.funcs.push_back(module.func_type(i));
  for (const wasm::Global& global : module.globals) program.globals.push_back(global.type);
  for (const wasm::Table& table : module.tables) program.tables.push_back(table.type);
  program.memories = module.memories;
  for (uint32_t i = 0; i < module.imported_tags; ++i) program.imported_tags.push_back(module.types[module.tags[i].type].func);
  program.has_objects = !module.tags.empty();
  program.imported_funcs = module.imported_funcs;
  program.imported_tables = module.imported_tables;
  program.imported_memories = module.imported_memories;
  if (reader.is_short() || program.plan.imported_globals.size() != module.imported_globals || !fits(program)) {
    return fail(ErrorKind::bad_input, "custom section \"differential\" does not fit its module");
  }
  return program;
}

std::vector<Value> host_results(uint32_t index, const wasm::FuncType& type, const std::vector<Value>& args) {
  uint64_t mixed = 0x9e3779b97f4a7c15ull * (index + 1);
  for (const Value& arg : args) mixed = (std::rotl(mixed, 17) ^ arg.low ^ std::rotl(arg.high, 7)) * 0xbf58476d1ce4e5b9ull;
  std::vector<Value> results;
  for (ValueType result : type.results) {
    mixed = mixed * 6364136223846793005ull + 1442695040888963407ull;
    Value value{mixed >> 32};
    if (result.is_ref()) value = {};  // null
    if (result == wasm::i64) value.low = mixed;
    // Plain numbers, so that floats are never NaNs.
    if (result == wasm::f32) value.low = std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(mixed >> 40)) / 16);
    if (result == wasm::f64) value.low = std::bit_cast<uint64_t>(static_cast<double>(static_cast<int64_t>(mixed)) / 64);
    if (result == wasm::v128) value = {mixed, ~mixed};
    results.push_back(value);
  }
  return results;
}

}  // namespace mote::differential
