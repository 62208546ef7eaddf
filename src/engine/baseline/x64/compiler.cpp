// A function from its first byte to its last: homes, prologue, dispatch, and what is written behind the body (compiler.h).
#include "engine/baseline/x64/compiler.h"

#include "base/core/assert.h"
#include "engine/baseline/x64/registers.h"
#include "engine/code/fuel.h"
#include "engine/wasm/opcode.h"

#include <algorithm>
#include <bit>

namespace mote::baseline::x64 {

namespace {

constexpr uint32_t page_bytes = 4096;       // a frame that may step over a guard page touches each
constexpr uint32_t most_single_clears = 8;  // locals cleared one by one

bool has_all(const code::CodegenKey& key, uint32_t features) {
  return (key.cpu_features & features) == features;
}

// The locals that are named most, most first.
class Hottest {
 public:
  explicit Hottest(uint32_t room) : room_(room) {}
  void offer(uint32_t local, uint32_t weight) {
    if (count_ == room_ && weight <= items_[count_ - 1].weight) return;
    if (count_ < room_) ++count_;
    uint32_t at = count_ - 1;
    for (; at > 0 && items_[at - 1].weight < weight; --at) items_[at] = items_[at - 1];
    items_[at] = {local, weight};
  }
  struct Item {
    uint32_t local, weight;
  };
  [[nodiscard]] std::span<const Item> items() const { return {items_.data(), count_}; }

 private:
  std::array<Item, 8> items_{};
  uint32_t room_, count_ = 0;
};

}  // namespace

FuncCompiler::FuncCompiler(const Source& source, wasm::Walker& walker, Assembler& code, Unit& unit)
    : source_(source),
      walker_(walker),
      code_(code),
      unit_(unit),
      has_avx_(has_all(source.key, code::cpu_avx)),
      has_bmi2_(has_all(source.key, code::cpu_bmi2)),
      has_lzcnt_(has_all(source.key, code::cpu_lzcnt | code::cpu_bmi1)),
      has_fuel_(source.key.fuel != 0),
      is_for_debugging_(source.key.debug_info != 0) {
  home_.fill(Reg::none);
}

void FuncCompiler::begin(wasm::FuncIndex func) {
  func_ = func;
  const Bytes body = walker_.rest();
  body_start_ = static_cast<uint32_t>(body.data() - module().bytes.data());
  offset_ = static_cast<uint32_t>(module().bodies[func - module().imported_funcs].offset);
  prescan_.scan(body);
  walker_.look_for_legacy(!prescan_.is_complete());
  const bool sees_all_locals = !prescan_.is_complete() || key().debug_info;
  local_slots_ = sees_all_locals ? walker_.local_count() : prescan_.named_locals();
  slot_bytes_ = source_.has_vector_types || prescan_.may_have_vectors() || walker_.has_vector_locals() ? 16 : 8;
  deepest_slot_ = flushed_ = rooted_ = next_loop_ = pending_fuel_ = 0;
  height_ = 0;
  aliases_.fill(0);
  traps_.clear();
  detours_.clear();
  root_operands_.clear();
  tries_.clear();
  clauses_.clear();
  throwers_.clear();
  try_ = nothing;
  controls_.clear();
  controls_.push_back({.kind = Control::Kind::function, .type = {{}, module().func_type(func).results}});

  code_.align(16, 0xcc);
  start_ = code_.position();
  row();
  code_.push(Reg::rbp);
  code_.emit({0, 0, 0x89}, true, Reg::rsp, Reg::rbp);
  code_.emit({0, 0, 0x81}, true, static_cast<Reg>(Alu::sub), Reg::rsp);
  for (int i = 0; i < 4; ++i) code_.imm8(0);
  frame_patch_ = code_.position();
  code_.store(true, {Reg::rbp, vmctx_slot}, Reg::r12);
  choose_homes();
  find_reference_locals();
  receive_parameters();
  clear_locals();
  poll();
}

// What is no home serves as a temporary.
void FuncCompiler::choose_homes() {
  for (uint32_t rest = homes_; rest != 0; rest &= rest - 1)
    home_[local_of_[static_cast<size_t>(std::countr_zero(rest))]] = Reg::none;
  homes_ = 0;
  Hottest integers(std::size(integer_homes)), vectors(std::size(vector_homes));
  const uint32_t count = key().debug_info ? 0 : std::min({prescan_.named_locals(), walker_.local_count(), Prescan::counted_locals});
  for (uint32_t local = 0; local < count; ++local) {
    if (prescan_.weight(local) == 0) continue;
    const Type type = type_of(walker_.local_type(local));
    (is_vector(type) ? vectors : integers).offer(local, prescan_.weight(local));
  }
  claim_parameter_homes(integers.items(), vectors.items());
  for (const auto& item : integers.items()) claim_home(item.local, integer_homes);
  for (const auto& item : vectors.items()) claim_home(item.local, vector_homes);
  temporaries_ = ~(homes_ | reserved_registers);
  free_ = temporaries_;
  owner_.fill(nobody);
  state_ = {context_registers & bit(Reg::r12), context_registers};
}

// A parameter that arrives in a register which may be its home stays there.
template <class Items>
void FuncCompiler::claim_parameter_homes(const Items& integers, const Items& vectors) {
  auto places = code::PlaceAssigner::arguments();
  const std::vector<wasm::ValueType>& params = module().func_type(func_).params;
  for (uint32_t local = 0; local < params.size() && local < Prescan::counted_locals; ++local) {
    const code::Place place = places.next(params[local]);
    if (place.kind == code::Place::xbuf) continue;
    const bool is_vector_class = place.kind == code::Place::vector;
    const Reg reg = is_vector_class ? vector_argument(place.index) : argument_registers[place.index];
    const auto& items = is_vector_class ? vectors : integers;
    if (std::ranges::find(items, local, [](const auto& item) { return item.local; }) == items.end()) continue;
    const std::span<const Reg> pool = is_vector_class ? std::span<const Reg>(vector_homes) : std::span<const Reg>(integer_homes);
    if (std::ranges::find(pool, reg) != pool.end()) give_home(local, reg);
  }
}

void FuncCompiler::claim_home(uint32_t local, std::span<const Reg> pool) {
  if (home_[local] != Reg::none) return;
  for (const Reg reg : pool) {
    if ((homes_ & bit(reg)) == 0) return give_home(local, reg);
  }
}

void FuncCompiler::give_home(uint32_t local, Reg reg) {
  home_[local] = reg;
  homes_ |= bit(reg);
  local_of_[static_cast<size_t>(reg)] = local;
  home_type_[static_cast<size_t>(reg)] = type_of(walker_.local_type(local));
}

// From argument registers and the exchange buffer to homes and slots; what nobody names stays where it is.
void FuncCompiler::receive_parameters() {
  const std::vector<wasm::ValueType>& params = module().func_type(func_).params;
  const auto count = std::min(static_cast<uint32_t>(params.size()), local_slots_);
  const auto is_named = [&](uint32_t local) {
    return local >= Prescan::counted_locals || key().debug_info || !prescan_.is_complete() || prescan_.weight(local) != 0;
  };
  auto places = code::PlaceAssigner::arguments();
  moves_.clear();
  bool has_xbuf = false;
  for (uint32_t local = 0; local < count; ++local) {  // first those to slots, which free registers
    const code::Place place = places.next(params[local]);
    if (place.kind == code::Place::xbuf) {
      has_xbuf = true;
      continue;
    }
    const Reg from = place.kind == code::Place::vector ? vector_argument(place.index) : argument_registers[place.index];
    const Type type = type_of(params[local]);
    const Reg home = local < Prescan::counted_locals ? home_[local] : Reg::none;
    if (home != Reg::none) {
      moves_.push_back({home, {.kind = Value::in_reg, .type = type, .reg = from}});
      state_.valid |= bit(home);
      if (home == from && type == Type::i32) code_.zero_extend(home, home);
    } else if (is_named(local)) {
      store_register(type, local_slot(local), from);
    }
  }
  parallel_move(moves_);
  if (!has_xbuf) return;
  places = code::PlaceAssigner::arguments();
  const Reg buffer = xbuf_to_r11();
  for (uint32_t local = 0; local < count; ++local) {
    const code::Place place = places.next(params[local]);
    if (place.kind != code::Place::xbuf || !is_named(local)) continue;
    const Type type = type_of(params[local]);
    const Mem from = {buffer, static_cast<int32_t>(place.index * sizeof(code::Value16))};
    const Reg home = local < Prescan::counted_locals ? home_[local] : Reg::none;
    if (home != Reg::none) {
      load_register(type, home, from);
      state_.valid |= bit(home);
    } else {
      const Type through = is_vector(type) ? type : type == Type::i64 ? Type::f64 : Type::f32;
      load_register(through, scratch_vector, from);
      store_register(through, local_slot(local), scratch_vector);
    }
  }
}

void FuncCompiler::clear_locals() {
  const auto first = static_cast<uint32_t>(module().func_type(func_).params.size());
  uint32_t in_slots = 0;
  const auto is_cleared = [&](uint32_t local) {
    return local >= Prescan::counted_locals || key().debug_info || !prescan_.is_complete() || prescan_.weight(local) != 0;
  };
  for (uint32_t local = first; local < local_slots_ && in_slots <= most_single_clears; ++local) {
    if (local < Prescan::counted_locals && home_[local] != Reg::none) continue;
    if (is_cleared(local)) ++in_slots;
  }
  for (uint32_t rest = homes_ & ~state_.valid; rest != 0; rest &= rest - 1) {
    const auto home = static_cast<Reg>(std::countr_zero(rest));
    is_vector(home) ? vector_op({0, 1, 0x57}, home, home, home) : code_.zero(home);
    state_.valid |= bit(home);
  }
  if (in_slots > most_single_clears) return clear_slots(first, local_slots_);
  for (uint32_t local = first; local < local_slots_; ++local) {
    if ((local < Prescan::counted_locals && home_[local] != Reg::none) || !is_cleared(local)) continue;
    const Mem slot = local_slot(local);
    code_.store_imm(true, slot, 0);
    if (slot_bytes_ == 16) code_.store_imm(true, {slot.base, slot.displacement + 8}, 0);
  }
}

// Locals [first, last), by a loop.
void FuncCompiler::clear_slots(uint32_t first, uint32_t last) {
  const auto bytes = static_cast<int32_t>((last - first) * slot_bytes_);
  const int32_t end = first == 0 ? -static_cast<int32_t>(frame_header_bytes) : local_slot(first - 1).displacement;
  code_.mov_imm(Reg::r11, static_cast<uint64_t>(-static_cast<int64_t>(bytes)));
  const Position again = code_.position();
  code_.store_imm(true, {Reg::rbp, end, Reg::r11, 0}, 0);
  code_.alu_imm(Alu::add, true, Reg::r11, 8);
  code_.jcc_to(Condition::ne, again);
}

void FuncCompiler::numeric(const wasm::Instruction& instruction) {
  const bool is_known = integer(instruction) || floating(instruction) || convert(instruction);
  ASSERT(is_known || instruction.op == wasm::Opcode::nop);
}

// All that next() of the walker has no step of its own for, and what it makes of legacy exception instructions.
void FuncCompiler::dispatch(const wasm::Instruction& instruction) {
  bool is_known = true;
  switch (instruction.op) {
    case wasm::Opcode::local_get:
      return local_get(instruction.index, instruction.type);
    case wasm::Opcode::local_set:
      return local_set(instruction.index, false);
    case wasm::Opcode::drop:
      return release(pop());
    case wasm::Opcode::select:
    case wasm::Opcode::select_t:
      return select(instruction);
    case wasm::Opcode::global_get:
      return global_get(instruction);
    case wasm::Opcode::global_set:
      return global_set(instruction);
    default:
      break;
  }
  switch (wasm::opcode_infos[static_cast<size_t>(instruction.op)].group) {
    case wasm::Group::control:
    case wasm::Group::tail_call:
      is_known = control(instruction) || call(instruction);
      break;
    case wasm::Group::memory:
    case wasm::Group::bulk_memory:
      is_known = memory(instruction) || table(instruction);
      break;
    case wasm::Group::numeric:
    case wasm::Group::sign_extension:
    case wasm::Group::saturating:
      return numeric(instruction);
    case wasm::Group::simd:
    case wasm::Group::relaxed_simd:
      is_known = vector(instruction);
      break;
    case wasm::Group::threads:
      is_known = atomic(instruction);
      break;
    case wasm::Group::variable:
    case wasm::Group::parametric:
    case wasm::Group::reference:
    case wasm::Group::function_references:
      is_known = table(instruction) || reference(instruction) || control(instruction) || call(instruction);
      break;
    case wasm::Group::exceptions:
      is_known = exception(instruction);
      break;
    case wasm::Group::gc:
      is_known = object(instruction) || cast(instruction);
      break;
  }
  ASSERT(is_known);
}

void FuncCompiler::charge_fuel(const wasm::Instruction& instruction) {
  pending_fuel_ += code::fuel_cost(instruction.op);
  if (!code::ends_fuel_run(instruction.op) || pending_fuel_ == 0) return;
  code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, store)});
  code_.alu_imm(Alu::sub, true, Mem{Reg::r11, offsetof(code::StoreContext, fuel)}, static_cast<int32_t>(pending_fuel_));
  pending_fuel_ = 0;
}

// At a function's entry and a loop's start: fuel left, epoch not reached?
void FuncCompiler::poll() {
  const auto detour = [&](Position jump, code::Builtin builtin) {
    detours_.push_back({.kind = Detour::Kind::poll,
                        .number = static_cast<uint32_t>(builtin),
                        .wasm_offset = offset_,
                        .jump = jump,
                        .back = code_.position()});
  };
  if (key().fuel != 0) {
    code_.load(true, Reg::r11, {vmctx(), offsetof(code::VMContext, store)});
    code_.alu_imm(Alu::cmp, true, Mem{Reg::r11, offsetof(code::StoreContext, fuel)}, 0);
    const Position jump = code_.jcc(Condition::l);
    detour(jump, code::Builtin::out_of_fuel);
  }
  if (key().epochs != 0) {
    const Reg now = take_gpr();
    code_.load(true, now, {vmctx(), offsetof(code::VMContext, epoch)});
    code_.load(true, now, {now});
    code_.load(true, Reg::r11, {Reg::r12, offsetof(code::VMContext, store)});
    code_.alu(Alu::cmp, true, now, Mem{Reg::r11, offsetof(code::StoreContext, epoch_deadline)});
    release(now);
    const Position jump = code_.jcc(Condition::ae);
    detour(jump, code::Builtin::epoch_reached);
  }
}

void FuncCompiler::trap(code::TrapCode code) {
  code_.ud1_trap(static_cast<uint8_t>(code));
}

void FuncCompiler::trap_if(Condition condition, code::TrapCode code) {
  traps_.push_back({code_.jcc(condition), code, offset_});
}

void FuncCompiler::finish() {
  ASSERT(controls_.empty());
  write_pads();
  write_detours();
  write_traps();
  patch_frame();
  unit_.funcs.push_back({start_, code_.position() - start_});
  if (!is_for_debugging_) return;
  constexpr auto header = -static_cast<int32_t>(frame_header_bytes);
  unit_.frame_slots.push_back({.local_count = local_slots_,
                               .slot_bytes = slot_bytes_,
                               .roots = header,
                               .root_count = 0,
                               .locals = local_slot(0).displacement,
                               .operands = local_slot(local_slots_).displacement});
}

void FuncCompiler::write_detours() {
  for (size_t i = 0; i < detours_.size(); ++i) {
    const Detour detour = detours_[i];
    offset_ = detour.wasm_offset;
    row();
    code_.patch(detour.jump, code_.position());
    switch (detour.kind) {
      case Detour::Kind::resolve_entry:
        code_.push_imm(detour.number);
        code_.push(detour.b);
        call_stub(code::Builtin::table_get_func);
        code_.mov(true, detour.a, Reg::r11);
        if (detour.flag) {
          code_.test(true, Reg::r11, Reg::r11);
          trap_if(Condition::e, code::TrapCode::uninitialized_element);
        }
        code_.jmp_to(detour.back);
        break;
      case Detour::Kind::type_mismatch:
        if (!detour.flag) {
          code_.emit({0, 0, 0xff}, false, static_cast<Reg>(6), Mem{detour.a, offsetof(code::FuncRef, type)});  // push
          code_.push(Reg::r11);
          call_stub(code::Builtin::type_matches);
          code_.test(false, Reg::r11, Reg::r11);
          code_.jcc_to(Condition::ne, detour.back);
        }
        code_.alu(Alu::cmp, true, detour.a, Mem{Reg::r12, offsetof(code::VMContext, null_funcref)});
        trap_if(Condition::e, code::TrapCode::uninitialized_element);
        trap(code::TrapCode::indirect_call_type_mismatch);
        break;
      case Detour::Kind::truncate:
        finish_truncation(detour);
        break;
      case Detour::Kind::make_struct:
        code_.push_imm(detour.number);
        code_.push_imm(0);
        call_stub(code::Builtin::struct_new, detour.operands);
        code_.mov(false, detour.a, Reg::r11);
        for (uint32_t rest = detour.homes; rest != 0; rest &= rest - 1) load_home(static_cast<Reg>(std::countr_zero(rest)));
        code_.jmp_to(detour.back);
        break;
      case Detour::Kind::poll:
        code_.push_imm(0);
        code_.push_imm(0);
        call_stub(static_cast<code::Builtin>(detour.number));
        code_.jmp_to(detour.back);
        break;
    }
  }
}

// Calls a builtin that keeps all registers, and drops the two words that were pushed for it. Leaves the flags undefined.
void FuncCompiler::call_stub(code::Builtin builtin, uint32_t root_operands) {
  unit_.relocations.push_back({code_.call(), Relocation::is_prologue | stub_offset(builtin)});
  if (code::may_collect(builtin) && (reference_locals_ != no_roots || root_operands != no_roots)) {
    unit_.roots.rows.push_back({code_.position(), reference_locals_, root_operands});
  }
  code_.lea(true, Reg::rsp, {Reg::rsp, 16});
}

void FuncCompiler::write_traps() {
  for (const TrapSite& site : traps_) {
    offset_ = site.wasm_offset;
    row();
    code_.patch(site.jump, code_.position());
    trap(site.code);
  }
}

// Large frames touch every page on their way down, in order, so that none steps over the guard.
void FuncCompiler::patch_frame() {
  const auto size =
      static_cast<uint32_t>(align_up(frame_header_bytes + (uint64_t{local_slots_} + deepest_slot_) * slot_bytes_, 16));
  store_le(code_.at(frame_patch_ - 4), size);
  write_handlers(size);
  if (size < page_bytes) return;
  const Position probe = code_.position();
  offset_ = static_cast<uint32_t>(module().bodies[func_ - module().imported_funcs].offset);
  row();
  code_.lea(true, Reg::r11, {Reg::rsp, -static_cast<int32_t>(size)});
  const Position again = code_.position();
  code_.lea(true, Reg::rsp, {Reg::rsp, -static_cast<int32_t>(page_bytes)});
  code_.alu_imm(Alu::or_, false, Mem{Reg::rsp}, 0);
  code_.alu(Alu::cmp, true, Reg::rsp, Reg::r11);
  code_.jcc_to(Condition::a, again);
  code_.mov(true, Reg::rsp, Reg::r11);
  code_.jmp_to(frame_patch_);
  // `sub rsp, imm32` has seven bytes; a jump takes five.
  const uint8_t jump[] = {0xe9, 0, 0, 0, 0, 0xcc, 0xcc};
  std::memcpy(code_.at(frame_patch_ - 7), jump, sizeof jump);
  code_.patch(frame_patch_ - 2, probe);
}

}  // namespace mote::baseline::x64
