#include "host/policy/diff.h"

#include <gtest/gtest.h>

namespace mote::policy {
namespace {

Policy must(std::string_view text) {
  auto policy = parse(text, "p.toml");
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
  return policy.value_or(Policy{});
}
std::string shown(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) text += std::string(name(change.kind)) + " " + change.what + "\n";
  return text;
}
std::string diff(std::string_view before, std::string_view after) {
  const Policy old = must(before), now = must(after);
  return shown(compare({&old}, {&now}));
}

struct Sample {
  std::string_view less, more, what;
};
// Each way round: more is a widening, less a narrowing.
constexpr Sample samples[] = {
    {"[fs]\n\"/d\" = { host = \"d\", read = true }", "[fs]\n\"/d\" = { host = \"d\", read = true, write = true }",
     "folder \"/d\": write"},
    {"[fs]\n\"/d\" = { host = \"d\", write = true, max_bytes = 5 }", "[fs]\n\"/d\" = { host = \"d\", write = true }",
     "folder \"/d\": max_bytes"},
    {"[fs]\n\"/d\" = { host = \"d/e\", read = true }", "[fs]\n\"/d\" = { host = \"d\", read = true }", "folder \"/d\": host"},
    {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a.b.org\", ports = 1 }]",
     "[net]\noutbound = [{ protocol = \"tcp\", host = \"*.org\", ports = \"1-9\" }]", "net.outbound"},
    {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a.org\", ports = 1 }]",
     "[net]\noutbound = [{ protocol = \"tcp\", host = \"a.org\", ports = 1, classes = [\"private\"] }]", "net.outbound"},
    {"[net]\nlookup = [\"a.org\"]", "[net]\nlookup = [\"*.org\"]", "name lookup"},
    {"[env]\nA = \"1\"", "[env]\nA = { inherit = true }", "variable \"A\""},
    {"", "[args]\nallow = true", "arguments of the command line"},
    {"[args]\nallow = true\nmax_count = 3", "[args]\nallow = true", "args.max_count"},
    {"", "[clock]\nmode = \"virtual\"", "clock"},
    {"[clock]\nmode = \"coarse\"", "[clock]\nmode = \"real\"", "clock"},
    {"[clock]\nmode = \"coarse\"\nresolution = \"1s\"", "[clock]\nmode = \"coarse\"", "clock.resolution"},
    {"[random]\nmode = \"seeded\"\nseed = 1", "[random]\nmode = \"real\"", "random"},
    {"[limits]\nfuel = 9", "", "limit fuel"},
    {"[limits]\ntimeout = \"1s\"", "[limits]\ntimeout = \"2s\"", "limit timeout"},
    {"", "[limits]\nmax-wasm-stack = \"2M\"", "limit max-wasm-stack"},
    {"on_deny = \"trap\"", "", "on_deny"},
    {"", "on_deny = \"log\"", "on_deny"},
    {"require_kernel = true", "", "require_kernel"},
    {"[imports]\nallow = [\"env.f\"]", "[imports]\nallow = [\"env.*\"]", "imports"},
};

TEST(Diff, KnowsWiderFromNarrower) {
  for (const Sample& sample : samples) {
    EXPECT_EQ(diff(sample.less, sample.more), "widened " + std::string(sample.what) + "\n");
    EXPECT_EQ(diff(sample.more, sample.less), "narrowed " + std::string(sample.what) + "\n");
    EXPECT_EQ(diff(sample.more, sample.more), "");
  }
}

TEST(Diff, KnowsAddedFromRemoved) {
  for (const auto& [grant, what] :
       {std::pair("[fs]\n\"/d\" = { host = \"d\", read = true }", "folder \"/d\""),
        std::pair("[net]\noutbound = [{ protocol = \"tcp\", host = \"a.org\", ports = 1 }]", "net.outbound"),
        std::pair("[env]\nA = \"1\"", "variable \"A\"")}) {
    EXPECT_EQ(diff("", grant), std::string("added ") + what + "\n");
    EXPECT_EQ(diff(grant, ""), std::string("removed ") + what + "\n");
  }
}

TEST(Diff, TellsWhatIsNeither) {
  EXPECT_EQ(diff("[env]\nA = \"1\"", "[env]\nA = \"2\""), "changed variable \"A\"\n");
  EXPECT_EQ(diff("[random]\nmode = \"seeded\"\nseed = 1", "[random]\nmode = \"seeded\"\nseed = 2"), "changed random.seed\n");
  // Formatting and order are no difference.
  EXPECT_EQ(diff("[env]\nA = \"1\"\nB = \"2\"", "env.B = \"2\"\nenv.A = { value = \"1\" } # the same"), "");
}

// In doubt it is a widening: another host folder, and a folder whose own grant gives way to that of one above it.
TEST(Diff, DoubtIsAWidening) {
  EXPECT_EQ(diff("[fs]\n\"/d\" = { host = \"d\", read = true }", "[fs]\n\"/d\" = { host = \"e\", read = true }"),
            "widened folder \"/d\": host\n");
  EXPECT_EQ(diff("[fs]\n\"/d\" = { host = \"d\", read = true }", "[fs]\n\"/d\" = { host = \"d/../e\", read = true }"),
            "widened folder \"/d\": host\n");
  EXPECT_EQ(diff("[fs]\n\"/\" = { host = \"d\", read = true, write = true }\n\"/s\" = { host = \"d/s\", read = true }",
                 "[fs]\n\"/\" = { host = \"d\", read = true, write = true }"),
            "widened folder \"/s\"\n");
}

ImportUse use(std::string_view name, bool is_reachable = true, std::string_view module = "wasi_snapshot_preview1") {
  return {std::string(module), std::string(name), ExternKind::func, is_reachable};
}

TEST(Diff, ComparesModulesByWhatTheyReach) {
  const std::vector<ImportUse> before = {use("fd_write"), use("path_open"), use("random_get", false)};
  const std::vector<ImportUse> after = {use("fd_write"),   use("fd_read"),        use("path_open"),     use("path_readlink"),
                                        use("random_get"), use("clock_time_get"), use("f", true, "env")};
  EXPECT_EQ(shown(compare({nullptr, before}, {nullptr, after})),
            "added capability clock\nadded import env.f\nwidened capability random\n");
  EXPECT_EQ(shown(compare({nullptr, after}, {nullptr, before})),
            "narrowed capability random\nremoved capability clock\nremoved import env.f\n");
  EXPECT_EQ(shown(compare({nullptr, before}, {nullptr, before})), "");
}

// A policy before, a module after: what the module needs and the policy does not grant.
TEST(Diff, ComparesPoliciesWithModules) {
  const Policy policy = must("[clock]\nmode = \"real\"\n[fs]\n\"/d\" = { host = \"d\", read = true }");
  const std::vector<ImportUse> uses = {use("fd_write"), use("path_open"), use("path_unlink_file"), use("f", true, "env")};
  const auto changes = compare({&policy}, {nullptr, uses});
  EXPECT_EQ(shown(changes), "added capability files: create\nadded import env.f\nremoved capability clock\n");
  EXPECT_EQ(changes[0].after, "path_unlink_file");
  EXPECT_EQ(changes[2].before, "granted by p.toml:1");
}

}  // namespace
}  // namespace mote::policy
