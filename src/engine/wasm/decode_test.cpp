// decode(): sections, indices, constant expressions, segments and limits, on modules built byte by byte.
#include "engine/wasm/decode.h"

#include "engine/wasm/module_builder_testing.h"

#include <mote/limits.h>

#include <gtest/gtest.h>

#include <string>

namespace mote::wasm {
namespace {

std::string error_of(const Buffer& bytes, Bodies bodies = Bodies::inside) {
  const Result<Module> module = decode(bytes, bodies);
  return module ? "accepted" : module.error().message;
}
std::string error_of(const ModuleBuilder& builder) {
  return error_of(builder.build());
}

constexpr uint8_t end = 0x0b;
const Buffer i32_zero = {0x41, 0x00, end};

TEST(Decode, AcceptsTheEmptyModule) {
  const Result<Module> module = decode(ModuleBuilder().build());
  ASSERT_TRUE(module.has_value());
  EXPECT_TRUE(module->types.empty());
}

TEST(Decode, SaysWhatIsNotAModule) {
  EXPECT_EQ(error_of(Buffer{}), "unexpected end: 0 bytes are no WebAssembly module");
  EXPECT_EQ(error_of({'(', 'm', 'o', 'd'}), "magic header not detected: this is not a WebAssembly module");
  EXPECT_EQ(error_of({0, 'a', 's', 'm', 2, 0, 0, 0}), "unknown binary version 2; this engine reads version 1");
  const Buffer component = {0, 'a', 's', 'm', 0x0d, 0, 1, 0};
  EXPECT_EQ(error_of(component), "unknown binary version: this is a component, and only core modules are accepted here");
  EXPECT_EQ(decode(component).error().kind, ErrorKind::unsupported);
}

// A module with something in every section, to be cut and changed.
ModuleBuilder rich_module() {
  ModuleBuilder m;
  const uint32_t unit = m.func_type({}, {});
  const uint32_t unary = m.func_type({0x7f}, {0x7f});
  m.import("env", "f", join({{0x00}, leb(unary)}));
  m.import("env", "g", {0x03, 0x7f, 0x00});
  m.func(unit, {end});
  m.func(unary, {0x20, 0x00, end}, {0x02, 0x03, 0x7f, 0x01, 0x7b});
  m.table({0x70, 0x01, 0x02, 0x08});
  m.memory({0x01, 0x01, 0x02});
  m.tag(unit);
  m.global({0x7f, 0x01, 0x23, 0x00, 0x41, 0x05, 0x6a, end});
  m.export_("run", 0x00, 2);
  m.start(1);
  m.element({0x00, 0x41, 0x00, end, 0x02, 0x00, 0x02});
  m.data_count(1);
  m.data(join({{0x00}, i32_zero, sized("hello")}));
  m.custom("note", {1, 2, 3});
  return m;
}

TEST(Decode, ReadsEverySection) {
  const Buffer bytes = rich_module().build();
  const Result<Module> decoded = decode(bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().text();
  const Module& m = *decoded;
  EXPECT_EQ(m.funcs.size(), 3u);
  EXPECT_EQ(m.imported_funcs, 1u);
  EXPECT_EQ(m.imports[1].kind, ExternKind::global);
  EXPECT_EQ(m.globals[1].init.size(), 3u);
  EXPECT_EQ(m.globals[1].init[2].kind, ConstOp::i32_add);
  EXPECT_EQ(m.tables[0].type.limits.max, 8u);
  EXPECT_EQ(m.exports[0].name, "run");
  EXPECT_EQ(m.start, 1u);
  EXPECT_EQ(m.elements[0].funcs, (std::vector<FuncIndex>{0, 2}));
  EXPECT_EQ(m.datas[0].bytes.size(), 5u);
  EXPECT_EQ(bytes[m.datas[0].at], 'h');
  EXPECT_EQ(m.customs[0].content.size, 3u);
  EXPECT_EQ(bytes[m.customs[0].content.offset], 1);
  EXPECT_EQ(m.bodies[1].size, 8u);
  EXPECT_EQ(bytes[m.bodies[1].offset + 7], end);
  EXPECT_LT(m.code_section.offset, m.bodies[0].offset);
  EXPECT_TRUE(validate_bodies(m).has_value());
}

TEST(Decode, KnowsWhichFunctionsEscape) {
  const Buffer bytes = rich_module().build();
  const Module m = *decode(bytes);
  EXPECT_EQ(m.escaped, (std::vector<FuncIndex>{0, 2}));  // element segment and export; not the start function
  EXPECT_TRUE(m.is_escaped(2));
  EXPECT_FALSE(m.is_escaped(1));
}

TEST(Decode, RefusesEveryTruncation) {
  const Buffer whole = rich_module().build();
  const Result<Module> module = decode(whole);
  ASSERT_TRUE(module.has_value());
  const size_t code_end = module->code_section.offset + module->code_section.size;
  for (size_t size = 0; size < code_end; ++size) {
    const Buffer part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    const bool ends_with_a_section_before_functions = error_of(part) == "accepted";
    if (ends_with_a_section_before_functions) EXPECT_TRUE(decode(part)->funcs.size() <= 1) << size;
  }
}

TEST(Decode, SurvivesEveryChangedByte) {
  const Buffer whole = rich_module().build();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const uint8_t value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      Buffer changed = whole;
      changed[at] = value;
      const Result<Module> module = decode(changed);
      if (module) (void)validate_bodies(*module).has_value();
      EXPECT_TRUE(module || !module.error().message.empty());
    }
  }
}

TEST(Decode, AcceptsAModuleWhoseBodiesAreElsewhere) {
  ModuleBuilder m;
  m.add(3, leb(m.func_type({}, {})));
  EXPECT_EQ(error_of(m), "function and code section have inconsistent lengths: 1 functions, 0 bodies");
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes, Bodies::elsewhere);
  ASSERT_TRUE(module.has_value());
  EXPECT_EQ(module->funcs.size(), 1u);
  EXPECT_TRUE(module->bodies.empty());
  EXPECT_TRUE(validate_bodies(*module).has_value());
}

TEST(Decode, KeepsSectionsInOrder) {
  Buffer bytes = ModuleBuilder().build();
  append(bytes, {5, 1, 0, 4, 1, 0});  // memories before tables
  EXPECT_EQ(error_of(bytes), "unexpected content after last section: section 4 is repeated or out of order");
  bytes[bytes.size() - 6] = 14;
  EXPECT_EQ(error_of(bytes), "malformed section id 14");
  Buffer long_one = ModuleBuilder().build();
  append(long_one, {1, 2, 0, 0});
  EXPECT_EQ(error_of(long_one), "section size mismatch: 1 bytes after the end of section 1");
}

TEST(Decode, NamesWhatIsUnknown) {
  ModuleBuilder m;
  m.export_("x", 0x00, 7);
  EXPECT_EQ(error_of(m), "unknown function 7");
  ModuleBuilder n;
  n.data(join({{0x00}, i32_zero, {0}}));
  EXPECT_EQ(error_of(n), "unknown memory 0");
  ModuleBuilder o;
  o.import("a", "b", {0x00, 0x09});
  EXPECT_EQ(error_of(o), "unknown type 9");
}

TEST(Decode, RefusesTwoExportsOfOneName) {
  ModuleBuilder m;
  m.memory({0x00, 0x01});
  m.export_("same", 0x02, 0);
  m.export_("same", 0x02, 0);
  EXPECT_EQ(error_of(m), "duplicate export name \"same\"");
}

TEST(Decode, ChecksLimitsOfMemoriesAndTables) {
  const auto memory = [](const Buffer& limits) {
    ModuleBuilder m;
    m.memory(limits);
    return error_of(m);
  };
  EXPECT_EQ(memory(join({{0x00}, leb(65536)})), "accepted");
  EXPECT_EQ(memory(join({{0x00}, leb(65537)})), "memory size must be at most 65536 pages (4GiB)");
  EXPECT_EQ(memory({0x01, 2, 1}), "size minimum must not be greater than maximum: 2 > 1 pages");
  EXPECT_EQ(memory({0x02, 1}), "shared memory must have maximum");
  EXPECT_EQ(memory({0x03, 1, 1}), "accepted");
  EXPECT_EQ(memory(join({{0x04}, leb(1ull << 48)})), "accepted");
  EXPECT_EQ(memory(join({{0x04}, leb((1ull << 48) + 1)})), "memory size must be at most 281474976710656 pages (2^64 bytes)");
  EXPECT_EQ(memory({0x08, 1, 0}), "malformed limits flags: custom page sizes are not supported");
  EXPECT_EQ(memory({0x10, 1}), "malformed limits flags 0x10");
  ModuleBuilder table;
  table.table(join({{0x70, 0x00}, leb(1ull << 32)}));
  EXPECT_EQ(error_of(table), "table size must be at most 4294967295 elements (2^32-1)");
}

TEST(ConstExpr, IsTyped) {
  const auto global = [](const Buffer& type, const Buffer& init) {
    ModuleBuilder m;
    m.import("e", "mutable", {0x03, 0x7f, 0x01});
    m.global(join({type, init}));
    return error_of(m);
  };
  EXPECT_EQ(global({0x7f, 0}, {0x41, 2, 0x41, 3, 0x6c, end}), "accepted");
  EXPECT_EQ(global({0x7e, 0}, i32_zero), "type mismatch: expected i64, found i32");
  EXPECT_EQ(global({0x7f, 0}, {end}), "type mismatch: expected i32, found nothing");
  EXPECT_EQ(global({0x7f, 0}, {0x41, 0, 0x41, 0, end}), "type mismatch: a constant expression leaves 1 values more than one");
  EXPECT_EQ(global({0x7f, 0}, {0x23, 0x00, end}), "constant expression required: global 0 is mutable");
  EXPECT_EQ(global({0x7f, 0}, {0x41, 0, 0x45, end}), "constant expression required, found i32.eqz");
  EXPECT_EQ(global({0x7f, 0}, {0x23, 0x01, end}), "unknown global 1");
  EXPECT_EQ(global({0x70, 0}, {0xd0, 0x70, end}), "accepted");
  EXPECT_EQ(global({0x7f, 0}, {0xff, end}), "illegal opcode ff");
  EXPECT_EQ(global({0x7f, 0}, {0xfc, 19, end}), "illegal opcode fc 13: wide arithmetic is not supported");
}

TEST(ConstExpr, MakesAggregates) {
  ModuleBuilder m;
  const uint32_t pair = m.type({0x5f, 2, 0x7f, 0, 0x78, 1});  // (struct (field i32) (field (mut i8)))
  const uint32_t list = m.type({0x5e, 0x7f, 0});              // (array i32)
  m.global(join({{0x64}, leb(pair), {0, 0x41, 1, 0x41, 2, 0xfb, 0}, leb(pair), {end}}));
  m.global(join({{0x64}, leb(list), {0, 0x41, 1, 0x41, 2, 0xfb, 8}, leb(list), {2, end}}));
  m.global({0x6e, 0, 0x23, 0, end});  // anyref from an earlier global
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value()) << module.error().text();
  EXPECT_EQ(module->globals[1].init.back().count, 2u);
}

TEST(Elements, AreIndicesWhileTheyCanBe) {
  ModuleBuilder m;
  m.func(m.func_type({}, {}), {end});
  m.element({0x05, 0x70, 2, 0xd2, 0, end, 0xd2, 0, end});
  m.element({0x05, 0x70, 3, 0xd2, 0, end, 0xd0, 0x70, end, 0xd2, 0, end});
  const Buffer bytes = m.build();
  const Result<Module> module = decode(bytes);
  ASSERT_TRUE(module.has_value()) << module.error().text();
  EXPECT_EQ(module->elements[0].funcs.size(), 2u);
  EXPECT_TRUE(module->elements[0].exprs.empty());
  EXPECT_TRUE(module->elements[1].funcs.empty());
  ASSERT_EQ(module->elements[1].size(), 3u);
  EXPECT_EQ(module->elements[1].exprs[0][0].kind, ConstOp::ref_func);
  EXPECT_EQ(module->elements[1].exprs[1][0].kind, ConstOp::ref_null);
}

TEST(BranchHints, AreReadOrIgnored) {
  ModuleBuilder m;
  m.func(m.func_type({}, {}), {end});
  Buffer bytes = m.build();
  const Buffer good = join({{0}, sized(join({sized("metadata.code.branch_hint"), {1, 0, 1, 5, 1, 1}}))});
  const Buffer bad = join({{0}, sized(join({sized("metadata.code.branch_hint"), {1, 0, 9, 5}}))});
  const Buffer with_good = join({bytes, good}), with_bad = join({bytes, bad});
  const Result<Module> hinted = decode(with_good);
  ASSERT_TRUE(hinted.has_value());
  ASSERT_EQ(hinted->branch_hints.at(0).size(), 1u);
  EXPECT_EQ(hinted->branch_hints.at(0)[0].offset, 5u);
  EXPECT_TRUE(hinted->branch_hints.at(0)[0].likely);
  const Result<Module> ignored = decode(with_bad);
  ASSERT_TRUE(ignored.has_value());
  EXPECT_TRUE(ignored->branch_hints.empty());
}

TEST(Limits, AreNamedAndNothingIsAllocatedForThem) {
  Buffer bytes = ModuleBuilder().build();
  append(bytes, {1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f});  // four thousand million types, no byte of them
  EXPECT_EQ(error_of(bytes), "unexpected end of section or function: 4294967295 recursive types announced, 0 bytes left");
  ModuleBuilder m;
  m.type(join({{0x60}, sized(Buffer(limits::parameters + 1, 0x7f)), {0}}));
  const Buffer wide = m.build();
  const Result<Module> module = decode(wide);
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().kind, ErrorKind::limit);
  EXPECT_EQ(module.error().message, "1001 parameters exceed the limit of 1000");
}

}  // namespace
}  // namespace mote::wasm
