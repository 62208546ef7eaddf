#include "host/policy/check.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mote::policy {
namespace {

constexpr std::string_view wasi = "wasi_snapshot_preview1";

Policy must(std::string_view text) {
  auto policy = parse(text, "p.toml");
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
  return policy.value_or(Policy{});
}
ImportUse use(std::string_view name, bool is_reachable = true) {
  return {std::string(wasi), std::string(name), ExternKind::func, is_reachable};
}
// "error capability-not-granted", one a line.
std::string found(std::string_view policy, std::vector<ImportUse> uses) {
  std::string text;
  for (const Finding& finding : check(must(policy), uses).findings) {
    const Rule& rule = rules()[static_cast<size_t>(finding.rule)];
    text += std::string(name(rule.level)) + " " + std::string(rule.name) +
            (finding.at.line != 0 ? " " + std::to_string(finding.at.line) : "") + "\n";
  }
  return text;
}

// The names of capability.cpp and those of the room that implements them are the same.
TEST(Capability, KnowsEveryFunctionOfPreview1) {
#define MOTE_WASI(name) EXPECT_TRUE(capability(#name)) << #name;
#include "host/wasi_p1/functions.def"
  EXPECT_TRUE(capability("proc_exit"));
  EXPECT_FALSE(capability("fd_wirte"));
}

// The lines that a refusal offers grant what they say.
TEST(Capability, ExamplesGrant) {
  for (int i = 0; i < static_cast<int>(Need::other); ++i) {
    const Need need = static_cast<Need>(i);
    std::string lines(example(need));
    if (const size_t end = lines.find("] "); end != lines.npos) lines[end + 1] = '\n';
    EXPECT_TRUE(granted_by(must(lines), need)) << name(need);
    EXPECT_EQ(need == Need::nothing, granted_by(must(""), need).has_value()) << name(need);
  }
}

TEST(Check, IsCleanWhenNothingIsMissingOrTooMuch) {
  EXPECT_EQ(found("", {use("fd_write"), use("proc_exit"), use("fd_prestat_get")}), "");
  EXPECT_EQ(found("[fs]\n\"/d\" = { host = \"d\", read = true }", {use("path_open")}), "");
  EXPECT_EQ(found("[clock]\nmode = \"real\"", {use("clock_time_get")}), "");
}

TEST(Check, FindsWhatIsRefused) {
  EXPECT_EQ(found("", {use("path_open")}), "error capability-not-granted\n");
  EXPECT_EQ(found("", {use("random_get"), use("clock_time_get")}), "error capability-not-granted\nerror capability-not-granted\n");
  EXPECT_EQ(found("[fs]\n\"/d\" = { host = \"d\", read = true }", {use("path_open"), use("path_unlink_file")}),
            "error capability-not-granted\n");
  EXPECT_EQ(found("", {use("sock_accept")}), "error capability-not-granted\n");
}

TEST(Check, LeavesTheUnreachableAlone) {
  EXPECT_EQ(found("", {use("path_open", false), use("random_get", false)}), "");
  const Report report = check(must(""), std::vector{use("path_open", false)});
  EXPECT_EQ(report.imports[0].need, Need::folder);
  EXPECT_FALSE(report.imports[0].is_granted);
}

TEST(Check, NotesEmptyArgumentsAndEnvironment) {
  EXPECT_EQ(found("", {use("args_get"), use("environ_get")}), "note nothing-given\nnote nothing-given\n");
  EXPECT_EQ(found("[args]\nallow = true\n[env]\nA = \"1\"", {use("args_get"), use("environ_get")}), "");
}

// Linking needs every import, reached or not.
TEST(Check, FindsImportsThatAreNotAllowed) {
  const ImportUse foreign{"env", "f", ExternKind::func, false}, memory{"env", "memory", ExternKind::memory, true};
  EXPECT_EQ(found("", {foreign, memory}), "error import-not-allowed\nerror import-not-allowed\n");
  EXPECT_EQ(found("[imports]\nallow = [\"env.*\"]", {foreign, memory}), "");
  EXPECT_EQ(found("[imports]\nallow = [\"wasi_snapshot_preview1.fd_*\"]", {use("fd_write"), use("proc_exit")}),
            "error import-not-allowed 1\n");
  EXPECT_EQ(found("", {use("fd_wirte")}), "error unknown-function\n");
}

TEST(Check, WarnsOfGrantsInVain) {
  const std::string all = R"(
[fs]
"/d" = { host = "d", read = true, write = true, create = true }
[net]
outbound = [{ protocol = "tcp", host = "a.org", ports = 1 }]
listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 1, classes = ["loopback"] }]
[env]
A = "1"
[args]
allow = true
[clock]
mode = "real"
[random]
mode = "real"
[imports]
allow = ["wasi_snapshot_preview1.*", "env.*"]
)";
  std::string warnings;
  for (const int line : {3, 6, 5, 8, 9, 11, 13, 15}) warnings += "warning grant-unused " + std::to_string(line) + "\n";
  EXPECT_EQ(found(all, {use("fd_write")}), warnings);
}

TEST(Check, TellsRightsApart) {
  const std::string writing = "[fs]\n\"/d\" = { host = \"d\", read = true, write = true }";
  EXPECT_EQ(found(writing, {use("path_open"), use("fd_read")}), "warning grant-unused 2\n");
  EXPECT_EQ(found(writing, {use("path_open"), use("fd_write")}), "");
  EXPECT_EQ(found(writing, {use("path_filestat_get"), use("fd_write")}), "warning grant-unused 2\n");
}

TEST(Check, PutsErrorsFirst) {
  const Report report = check(must("[clock]\nmode = \"real\""), std::vector{use("args_get"), use("random_get")});
  ASSERT_EQ(report.findings.size(), 3u);
  EXPECT_TRUE(std::ranges::is_sorted(report.findings, {}, [](const Finding& one) { return one.level(); }));
  EXPECT_EQ(report.findings[0].import, 1u);
}

}  // namespace
}  // namespace mote::policy
