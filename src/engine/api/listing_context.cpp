// See listing_context.h.
#include "engine/api/listing_context.h"

#include "base/core/format.h"
#include "engine/code/abi.h"

#include <algorithm>
#include <optional>

namespace mote::api {

namespace {

using disassembly::Instruction;
using Flow = Instruction::Flow;

constexpr uint16_t kept_by_c = 1u << disassembly::rbx | 0xf << 12;  // rbx, r12–r15 (and rbp, rsp, which hold no value here)

constexpr const char* builtin_names[] = {
#define MOTE_BUILTIN(name, ...) #name,
#include "engine/code/builtins.def"
#undef MOTE_BUILTIN
};

struct Field {
  uint32_t offset;
  const char* name;
};
constexpr Field fields[] = {
    {offsetof(code::VMContext, store), "store"},
    {offsetof(code::VMContext, mem0), "memory 0 base"},
    {offsetof(code::VMContext, mem0) + offsetof(code::MemoryDef, length), "memory 0 length"},
    {offsetof(code::VMContext, tab0), "table 0 base"},
    {offsetof(code::VMContext, tab0) + offsetof(code::TableDef, length), "table 0 length"},
    {offsetof(code::VMContext, type_ids), "type ids"},
    {offsetof(code::VMContext, builtins), "builtins"},
    {offsetof(code::VMContext, gc_base), "objects"},
    {offsetof(code::VMContext, rtt), "type records"},
    {offsetof(code::VMContext, epoch), "epoch"},
    {offsetof(code::VMContext, null_funcref), "null funcref"},
};

// The row of an array of `count` that an offset lies in.
std::optional<uint64_t> row_at(int64_t offset, uint64_t begin, uint64_t count, uint64_t size) {
  if (count == 0 || offset < static_cast<int64_t>(begin)) return std::nullopt;
  const uint64_t row = (static_cast<uint64_t>(offset) - begin) / size;
  return row < count ? std::optional(row) : std::nullopt;
}

}  // namespace

void ContextNotes::State::meet(const State& other) {
  for (size_t i = 0; i < std::size(registers); ++i) {
    if (registers[i] != other.registers[i]) registers[i] = Value::unknown;
  }
  std::erase_if(slots, [&](const auto& slot) {
    const auto found = other.slots.find(slot.first);
    return found == other.slots.end() || found->second != slot.second;
  });
}

void ContextNotes::step(const Instruction& in, State& state) const {
  if (in.flow == Flow::call) {
    const bool is_builtin = in.memory && state.registers[in.memory->base] == Value::builtins;
    for (uint32_t i = 0; i < std::size(state.registers); ++i) {
      if (!is_builtin || (kept_by_c >> i & 1) == 0) state.registers[i] = Value::unknown;
    }
    return;
  }
  const bool is_slot = in.memory && in.memory->base == disassembly::rbp;
  Value value = Value::unknown;
  if (in.moved_from) {
    value = state.registers[*in.moved_from];
  } else if (in.moved_to && is_slot) {
    const auto found = state.slots.find(in.memory->displacement);
    value = found == state.slots.end() ? Value::unknown : found->second;
  } else if (in.moved_to && in.memory && state.registers[in.memory->base] == Value::context &&
             in.memory->displacement == offsetof(code::VMContext, builtins)) {
    value = Value::builtins;
  }
  for (uint32_t i = 0; i < std::size(state.registers); ++i) {
    if ((in.written >> i & 1) != 0) state.registers[i] = Value::unknown;
  }
  if (in.moved_to) state.registers[*in.moved_to] = value;
  // Compiled code addresses its slots from rbp, so only a plain store changes one that is followed.
  if (is_slot && !in.moved_to && in.moved_from) {
    if (value == Value::unknown)
      state.slots.erase(in.memory->displacement);
    else
      state.slots[in.memory->displacement] = value;
  } else if (is_slot && !in.moved_to) {
    if (in.mnemonic.starts_with("mov") || in.mnemonic.starts_with("vmov")) state.slots.erase(in.memory->displacement);
  }
}

std::string ContextNotes::field_at(int64_t offset) const {
  for (const Field& field : fields) {
    if (offset == field.offset) return field.name;
  }
  const wasm::Module& module = module_;
  const auto list = [&](uint64_t begin, uint64_t count, uint64_t size, uint64_t first, const char* what) -> std::string {
    const auto row = row_at(offset, begin, count, size);
    return row ? format("{} {}", what, *row + first) : std::string();
  };
  const uint64_t own_globals = module.globals.size() - module.imported_globals;
  for (const std::string& name : {
           list(layout_.memory(0), module.memories.size(), sizeof(code::MemoryImport), 0, "memory"),
           list(layout_.table(0), module.tables.size(), sizeof(void*), 0, "table"),
           list(layout_.func_import(0), module.imported_funcs, sizeof(code::FuncImport), 0, "import of function"),
           list(layout_.global(0), module.imported_globals, sizeof(void*), 0, "import of global"),
           list(layout_.global(module.imported_globals), own_globals, sizeof(code::Value16), module.imported_globals, "global"),
           list(layout_.tag(0), module.tags.size(), sizeof(void*), 0, "tag"),
       }) {
    if (!name.empty()) return name;
  }
  return {};
}

std::string ContextNotes::note_of(const Instruction& in, const State& state) const {
  if (!in.memory) return {};
  const Value base = state.registers[in.memory->base];
  const int64_t at = in.memory->displacement;
  if (base == Value::context) return field_at(at);
  constexpr int64_t entry = sizeof(void*);
  if (base == Value::builtins && at >= 0 && at % entry == 0 && at / entry < static_cast<int64_t>(std::size(builtin_names))) {
    return format("builtin {}", builtin_names[at / entry]);
  }
  return {};
}

std::vector<std::string> ContextNotes::note(const std::vector<Line>& lines) const {
  std::map<uint32_t, State> at_target;  // what all branches to an offset agree on
  for (const Line& line : lines) {
    if (line.in.target && *line.in.target >= 0 && line.in.flow != Flow::call) at_target[static_cast<uint32_t>(*line.in.target)];
  }
  std::map<uint32_t, bool> reached;
  std::vector<std::string> notes(lines.size());
  // States only lose what they know, so this ends; in practice after two or three rounds.
  for (bool changed = true; changed;) {
    changed = false;
    std::optional<State> state = State{};
    state->registers[disassembly::r12] = Value::context;
    for (size_t i = 0; i < lines.size(); ++i) {
      const Line& line = lines[i];
      const auto merge = [&](uint32_t target, const State& from) {
        State& known = at_target[target];
        const State before = known;
        if (reached[target])
          known.meet(from);
        else
          known = from;
        changed |= !reached[target] || !(known == before);
        reached[target] = true;
      };
      if (at_target.contains(line.offset)) {
        if (state) merge(line.offset, *state);
        state = reached[line.offset] ? std::optional(at_target[line.offset]) : std::nullopt;
      }
      if (!state) state = State{};  // reached by a jump table: nothing is known
      notes[i] = note_of(line.in, *state);
      step(line.in, *state);
      const bool leaves = line.in.flow == Flow::jump || line.in.flow == Flow::branch;
      if (leaves && line.in.target && at_target.contains(static_cast<uint32_t>(*line.in.target))) {
        merge(static_cast<uint32_t>(*line.in.target), *state);
      }
      if (line.in.flow == Flow::jump || line.in.flow == Flow::end) state.reset();
    }
  }
  return notes;
}

}  // namespace mote::api
