// Where atomic instructions trap, in every tier and mode: which test comes first, and that the trap is told by its instruction's
// offset, whatever became of it (used, unused, folded). One function for each opcode of the threads proposal, made from the table.
#include "engine/api/guest_testing.h"
#include "engine/wasm/instruction.h"

#include <tuple>

namespace mote::api {
namespace {

using wasm::Opcode;
using Code = std::vector<uint8_t>;

void append_leb(Code& to, uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<uint8_t>(value | 0x80));
  to.push_back(static_cast<uint8_t>(value));
}
void append_section(Code& to, uint8_t id, const Code& content) {
  to.push_back(id);
  append_leb(to, content.size());
  to.insert(to.end(), content.begin(), content.end());
}

struct Form {
  bool is_64 = false, is_shared = false;
  uint64_t offset = 0;
};
enum class Use : uint8_t { result, nothing, arithmetic };

constexpr auto first = static_cast<uint32_t>(Opcode::memory_atomic_notify);
constexpr auto last = static_cast<uint32_t>(Opcode::i64_atomic_rmw32_cmpxchg_u);

std::vector<Opcode> accesses() {
  std::vector<Opcode> all;
  for (uint32_t i = first; i <= last; ++i) {
    if (wasm::access_log2(wasm::info(static_cast<Opcode>(i)).immediate)) all.push_back(static_cast<Opcode>(i));
  }
  return all;
}

uint8_t code_of(Opcode op) {  // behind the prefix: the table's order has gaps before 0x10
  const uint32_t number = static_cast<uint32_t>(op) - first;
  return static_cast<uint8_t>(number < 4 ? number : number - 4 + 0x10);
}

// (func (param address) (result i32)): the access with constants as operands. Exported by its number.
struct Guest {
  Code bytes;
  std::vector<uint64_t> offsets;  // of each access, in the module
};

Guest make_guest(const Form& form, Use use) {
  const std::vector<Opcode> ops = accesses();
  const uint8_t address_type = form.is_64 ? 0x7e : 0x7f;
  Code funcs, exports, code;
  append_leb(funcs, ops.size());
  append_leb(exports, ops.size());
  append_leb(code, ops.size());
  std::vector<uint64_t> in_code;
  for (size_t i = 0; i < ops.size(); ++i) {
    const wasm::OpcodeInfo& info = wasm::info(ops[i]);
    funcs.push_back(0);
    const std::string name = std::to_string(i);
    append_leb(exports, name.size());
    exports.insert(exports.end(), name.begin(), name.end());
    exports.push_back(0);
    append_leb(exports, i);
    Code body{0, 0x20, 0};  // no locals, local.get 0
    for (uint8_t operand = 1; operand < info.param_count; ++operand) {
      body.insert(body.end(), {static_cast<uint8_t>(info.params[operand] == wasm::Operand::i32 ? 0x41 : 0x42), 0});
    }
    const size_t at = body.size();
    body.insert(body.end(), {0xfe, code_of(ops[i]), static_cast<uint8_t>(*wasm::access_log2(info.immediate))});
    append_leb(body, form.offset);
    if (info.result_count == 1 && use == Use::nothing) body.push_back(0x1a);
    if (info.result_count == 1 && use != Use::nothing) {
      if (info.result == wasm::Operand::i64) body.push_back(0xa7);                          // i32.wrap_i64
      if (use == Use::arithmetic) body.insert(body.end(), {0x41, 5, 0x6a, 0x41, 3, 0x71});  // + 5, & 3
    } else {
      body.insert(body.end(), {0x41, 0});
    }
    body.push_back(0x0b);
    append_leb(code, body.size());
    in_code.push_back(code.size() + at);
    code.insert(code.end(), body.begin(), body.end());
  }
  Guest guest{{0, 'a', 's', 'm', 1, 0, 0, 0}, {}};
  append_section(guest.bytes, 1, {1, 0x60, 1, address_type, 1, 0x7f});
  append_section(guest.bytes, 3, funcs);
  append_section(guest.bytes, 5, {1, static_cast<uint8_t>(1 | (form.is_shared ? 2 : 0) | (form.is_64 ? 4 : 0)), 1, 1});
  append_section(guest.bytes, 7, exports);
  append_section(guest.bytes, 10, code);
  for (const uint64_t at : in_code) guest.offsets.push_back(guest.bytes.size() - code.size() + at);
  return guest;
}

class AtomicTest : public testing::TestWithParam<std::tuple<Tiering, MemoryMode>> {
 protected:
  void SetUp() override {
    std::tie(tiering, mode) = GetParam();
    if (tiering == Tiering::optimizing && !test_compiler()) GTEST_SKIP() << "this build has no compiler";
  }

  // Calls every access of a guest at an address; `expected` says how it ends (nothing: it returns).
  void check(const Form& form, Use use, uint8_t level, uint64_t address,
             const std::function<std::optional<TrapKind>(Opcode, uint32_t size)>& expected) {
    const Guest guest = make_guest(form, use);
    EngineConfig config;
    config.tiering = tiering;
    config.codegen.memory = mode;
    config.codegen.opt_level = level;
    config.compiler = test_compiler();
    const Engine engine = must(Engine::create(config));
    Store store = must(Store::create(engine));
    const Module module = must(Module::compile(engine, guest.bytes));
    const Instance instance = must(Linker(engine).instantiate(store, module));
    const std::vector<Opcode> ops = accesses();
    for (size_t i = 0; i < ops.size(); ++i) {
      const Val argument = form.is_64 ? Val(address) : Val(static_cast<uint32_t>(address));
      const auto result = instance.func(std::to_string(i))->call(std::array{argument});
      const auto trap = expected(ops[i], 1u << *wasm::access_log2(wasm::info(ops[i]).immediate));
      const std::string what = std::string(wasm::text(ops[i])) + " at level " + std::to_string(level);
      ASSERT_EQ(result.has_value(), !trap) << what << (result ? "" : result.error().text());
      if (!trap) continue;
      EXPECT_STREQ(words(result.error().trap.kind), words(*trap)) << what;
      ASSERT_FALSE(result.error().trap.backtrace.empty()) << what;
      EXPECT_EQ(result.error().trap.backtrace[0].wasm_offset, guest.offsets[i]) << what;
    }
  }
  Tiering tiering = {};
  MemoryMode mode = {};

  static bool is_wait(Opcode op) { return op == Opcode::memory_atomic_wait32 || op == Opcode::memory_atomic_wait64; }
};
INSTANTIATE_TEST_SUITE_P(TiersAndModes, AtomicTest,
                         testing::Combine(testing::Values(Tiering::baseline, Tiering::optimizing),
                                          testing::Values(MemoryMode::guard, MemoryMode::dense)));

TEST_P(AtomicTest, OutOfBoundsAccessesTrapAtTheirOffset) {
  for (const Use use : {Use::result, Use::nothing, Use::arithmetic}) {
    for (const bool is_64 : {false, true}) {
      for (const uint8_t level : {0, 2}) {
        if (tiering == Tiering::baseline && level != 0) continue;  // it has none
        check({.is_64 = is_64, .is_shared = true}, use, level, 65536,
              [](Opcode, uint32_t) { return TrapKind::out_of_bounds_memory_access; });
      }
    }
  }
}

TEST_P(AtomicTest, UnalignedComesBeforeOutOfBoundsAndBeforeUnshared) {
  const auto expected = [](Opcode, uint32_t size) {
    return size == 1 ? TrapKind::out_of_bounds_memory_access : TrapKind::unaligned_atomic;
  };
  for (const bool is_64 : {false, true}) {
    check({.is_64 = is_64, .offset = 1}, Use::result, 2, 65536, expected);  // the offset counts
    check({.is_64 = is_64, .offset = 7}, Use::result, 2, 0xfffffff8, expected);
  }
}

TEST_P(AtomicTest, UnsharedComesBeforeOutOfBoundsForWaits) {
  check({}, Use::result, 2, 65536,
        [](Opcode op, uint32_t) { return is_wait(op) ? TrapKind::expected_shared_memory : TrapKind::out_of_bounds_memory_access; });
}

TEST_P(AtomicTest, AnEffectiveAddressDoesNotWrap) {
  const auto expected = [](Opcode, uint32_t) { return TrapKind::out_of_bounds_memory_access; };
  check({.is_shared = true, .offset = 8}, Use::result, 2, 0xfffffff8, expected);
  check({.is_64 = true, .is_shared = true, .offset = 8}, Use::result, 2, UINT64_MAX - 7, expected);
  check({.is_64 = true, .is_shared = true, .offset = UINT64_MAX - 7}, Use::result, 2, 8, expected);
}

TEST_P(AtomicTest, TheLastAlignedPlaceIsInBounds) {
  for (const bool is_64 : {false, true}) {
    check({.is_64 = is_64, .is_shared = true, .offset = 8}, Use::result, 2, 65536 - 16,
          [](Opcode, uint32_t) { return std::nullopt; });
  }
}

}  // namespace
}  // namespace mote::api
