#include "engine/api/guest_testing.h"
#include "engine/api/modules_testing.h"
#include "engine/wasm/module_builder_testing.h"

#include <mote/reach.h>

namespace mote::api {
namespace {

using wasm::ModuleBuilder;

// Modules of imports host.a, host.b (functions of type 0, () -> ()); function indices of their own begin with 2.
struct Sample : ModuleBuilder {
  Sample() {
    void_type = func_type({}, {});
    other_type = func_type({0x7f}, {});  // (i32) -> ()
    import("host", "a", {0, 0});
    import("host", "b", {0, 0});
  }
  uint32_t own(const wasm::Buffer& code) { return 2 + func(void_type, code); }
  uint32_t void_type, other_type;
};

std::vector<ReachedImport> reach(const ModuleBuilder& module) {
  const auto bytes = module.build();
  auto reached = reach_imports(bytes);
  EXPECT_TRUE(reached.has_value()) << (reached ? "" : reached.error().text());
  return reached ? *reached : std::vector<ReachedImport>(8);
}
std::string path(const ReachedImport& one) {
  std::string text;
  for (const ReachStep& step : one.path) text += (text.empty() ? "" : " ") + step.name;
  return text;
}

TEST(Reach, FollowsCallsFromExports) {
  Sample m;
  const uint32_t inner = m.own({0x10, 0, 0x0b});  // call a
  const uint32_t outer = m.own({0x10, 2, 0x0b});  // call inner
  m.own({0x10, 1, 0x0b});                         // call b, itself never called
  m.export_("run", 0, outer);
  const auto reached = reach(m);
  EXPECT_TRUE(reached[0].is_reachable);
  EXPECT_EQ(path(reached[0]), "run func[2] host.a");
  EXPECT_EQ(reached[0].path[0].by, ReachStep::By::exported);
  EXPECT_EQ(reached[0].path[2].by, ReachStep::By::call);
  EXPECT_NE(reached[0].path[2].offset, 0u);
  EXPECT_FALSE(reached[1].is_reachable);
  EXPECT_TRUE(reached[1].path.empty());
  EXPECT_EQ(inner, 2u);
}

TEST(Reach, FollowsTheStartFunctionAndExportedImports) {
  Sample m;
  m.start(m.own({0x10, 0, 0x0b}));
  m.export_("b", 0, 1);
  const auto reached = reach(m);
  EXPECT_EQ(reached[0].path[0].by, ReachStep::By::start);
  EXPECT_EQ(path(reached[1]), "host.b");
}

TEST(Reach, TakesAShortestPath) {
  Sample m;
  m.own({0x10, 0, 0x0b});
  m.export_("long", 0, m.own({0x10, 2, 0x0b}));
  m.export_("short", 0, m.own({0x10, 0, 0x0b}));
  EXPECT_EQ(path(reach(m)[0]), "short host.a");
}

// What stands behind an unreachable instruction is never run.
TEST(Reach, LeavesDeadCodeOut) {
  Sample m;
  m.export_("run", 0, m.own({0x00, 0x10, 0, 0x0b}));
  EXPECT_FALSE(reach(m)[0].is_reachable);
}

TEST(Reach, FollowsTablesByType) {
  for (const bool fits : {true, false}) {
    Sample m;
    m.table({0x70, 0, 1});
    m.element({0, 0x41, 0, 0x0b, 1, 0});  // table[0] = a
    // call_indirect by () -> () or by (i32) -> ()
    m.export_("run", 0, m.own(fits ? wasm::Buffer{0x41, 0, 0x11, 0, 0, 0x0b} : wasm::Buffer{0x41, 0, 0x41, 0, 0x11, 1, 0, 0x0b}));
    const auto reached = reach(m);
    EXPECT_EQ(reached[0].is_reachable, fits);
    if (fits) EXPECT_EQ(reached[0].path.back().by, ReachStep::By::reference);
    EXPECT_FALSE(reached[1].is_reachable);
  }
}

// Nothing calls by reference: what lies in the table is not reached, unless a host gets the table.
TEST(Reach, HostsCallWhatTheyGet) {
  for (const bool is_exported : {false, true}) {
    Sample m;
    m.table({0x70, 0, 1});
    m.element({0, 0x41, 0, 0x0b, 1, 0});
    if (is_exported) m.export_("table", 1, 0);
    const auto reached = reach(m);
    EXPECT_EQ(reached[0].is_reachable, is_exported);
    if (is_exported) EXPECT_EQ(reached[0].path[0].by, ReachStep::By::host);
  }
}

// ref.func counts only where it is reached; call_ref may come first or later.
TEST(Reach, FollowsReferencesMadeInCode) {
  for (const bool makes : {true, false}) {
    Sample m;
    m.element({3, 0, 1, 0});                                 // declared: a
    const uint32_t maker = m.own({0xd2, 0, 0x14, 0, 0x0b});  // ref.func a, call_ref 0
    const uint32_t quiet = m.own({0x0b});
    m.export_("run", 0, makes ? maker : quiet);
    EXPECT_EQ(reach(m)[0].is_reachable, makes);
  }
}

TEST(Reach, FollowsTailCalls) {
  Sample m;
  m.export_("run", 0, m.own({0x12, 1, 0x0b}));
  EXPECT_TRUE(reach(m)[1].is_reachable);
}

TEST(Reach, ListsWhatIsNoFunction) {
  Sample m;
  m.import("env", "memory", {2, 0, 1});
  const auto reached = reach(m);
  ASSERT_EQ(reached.size(), 3u);
  EXPECT_EQ(reached[2].import.kind, ExternKind::memory);
  EXPECT_TRUE(reached[2].is_reachable);
}

TEST(Reach, NamesFunctions) {
  const auto reached = must(reach_imports(guest_module()));
  EXPECT_EQ(path(reached[0]), "add host.add");
  EXPECT_GT(reached[0].offset, 0u);
}

TEST(Reach, ShortensLongPaths) {
  Sample m;
  m.own({0x10, 0, 0x0b});
  for (uint8_t i = 2; i < 120; ++i) m.own({0x10, i, 0x0b});
  m.export_("run", 0, 120);
  const auto reached = reach(m);
  EXPECT_EQ(reached[0].path.size(), 64u);
  EXPECT_EQ(reached[0].path.front().name, "run");
  EXPECT_EQ(reached[0].path.back().name, "host.a");
}

TEST(Reach, RefusesWhatIsInvalidEvenInDeadFunctions) {
  Sample m;
  m.own({0x41, 0, 0x0b});  // leaves a value behind
  EXPECT_EQ(reach_imports(m.build()).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(reach_imports(answer_artifact(answer_module())).error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace mote::api
