// Tests of learn.h: what a run used becomes the narrowest grants; files that are written read the same again.
#include "host/policy/learn.h"

#include <gtest/gtest.h>

namespace mote::policy {
namespace {

bool always(const std::string&, const std::string&) {
  return true;
}

std::string grants(const Learned& learned) {
  std::string text;
  for (const FolderGrant& grant : learned.policy.folders) {
    text +=
        grant.guest + "=" + grant.host + (grant.read ? " r" : "") + (grant.write ? " w" : "") + (grant.create ? " c" : "") + "\n";
  }
  return text;
}

TEST(Learn, NarrowsToFoldersThatWereUsed) {
  Observed observed;
  observed.offered = {{.guest = "/data", .host = "d"}, {.guest = "/unused", .host = "u"}};
  observed.use("/data", "/data/in/a", false, false);
  observed.use("/data", "/data/in/sub/b", false, false);
  observed.use("/data", "/data/./out//x/../c", true, false);
  observed.use("/data", "/data/out/", false, false);  // listed
  observed.use("/data", "/data/log/d", false, true);
  observed.use("/other", "/other/x", false, true);  // not offered
  EXPECT_EQ(grants(learn(observed, always)), "/data/in=d/in r\n/data/log=d/log w c\n/data/out=d/out r w\n");
  EXPECT_EQ(learn(observed, always).seen["[fs] /data/in"], 2u);
}

TEST(Learn, WhatTheFolderAboveGrantsNeedsNoLine) {
  Observed observed;
  observed.offered = {{.guest = "/", .host = "/srv"}};
  observed.use("/", "/a", false, false);
  observed.use("/", "/sub/b", false, false);
  observed.use("/", "/sub/deep/c", true, false);
  EXPECT_EQ(grants(learn(observed, always)), "/=/srv r\n/sub/deep=/srv/sub/deep w\n");
}

TEST(Learn, LinksAndRelativePathsAreNotNarrowed) {
  Observed observed;
  observed.offered = {{.guest = "/data", .host = "d"}, {.guest = ".", .host = "."}};
  observed.use("/data", "/data/link/sub/x", false, false);
  observed.use(".", "./sub/y", true, true);
  const auto is_plain = [](const std::string&, const std::string& below) { return !below.starts_with("link"); };
  EXPECT_EQ(grants(learn(observed, is_plain)), "/data=d r\n.=. w c\n");
}

TEST(Learn, AnImportIsListedOnce) {
  Observed observed;
  observed.imports = {"b.x", "a.y", "b.x"};
  EXPECT_EQ(learn(observed, always).policy.imports, (std::vector<std::string>{"a.y", "b.x"}));
}

TEST(Learn, IsBounded) {
  Observed observed;
  observed.offered = {{.guest = "/data", .host = "d"}};
  for (size_t i = 0; i < Observed::folders_most + 100; ++i)
    observed.use("/data", "/data/" + std::to_string(i) + "/x", false, false);
  EXPECT_LE(observed.offered[0].folders.size(), Observed::folders_most + 1);
  EXPECT_EQ(grants(learn(observed, always)).substr(0, 10), "/data=d r\n");
}

constexpr std::string_view everything = R"(
on_deny = "trap"
require_kernel = true
[fs]
"/data" = { host = "d \"x\"", read = true, write = true, create = true, max_bytes = "1M", max_files = 7 }
[net]
outbound = [
  { protocol = "tcp", host = "*.example.org", ports = [443, "8000-8100"], classes = ["loopback", "private"] },
  { protocol = "udp", cidr = "10.0.0.0/8", ports = "*", classes = ["private"] },
]
listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 80, classes = ["loopback"] }]
lookup = ["x.org"]
[env]
A = "line\nb"
B = { inherit = true }
"C.D" = { allow = true }
[args]
allow = true
fixed = ["-v", "x y"]
max_count = 3
max_bytes = 1000
[clock]
mode = "virtual"
start = 2001-09-09T01:46:40.5Z
[random]
mode = "seeded"
seed = 9
[limits]
timeout = "2s"
max-memory-size = "64M"
[imports]
allow = ["env.*", "wasi_snapshot_preview1.fd_write"]
)";

// What a policy grants, without the lines where it says so.
std::string meaning(const Policy& policy) {
  std::string text = explain(policy), out;
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, 6, "(line ") == 0) at = text.find(')', at) + 1;
    out += text[at++];
  }
  return out;
}

TEST(Toml, ReadsTheSameAgain) {
  for (const std::string_view text :
       {everything, std::string_view("[clock]\nmode = \"coarse\"\nresolution = \"7ms\"\n"), std::string_view()}) {
    const auto policy = parse(text, "p.toml");
    ASSERT_TRUE(policy) << policy.error().message;
    const std::string written = toml(*policy, {{"[fs] /data", 3}, {"[args] allow", 1}});
    const auto again = parse(written, "p.toml");
    ASSERT_TRUE(again) << again.error().message << written;
    EXPECT_EQ(meaning(*again), meaning(*policy)) << written;
    EXPECT_EQ(toml(*again, {{"[fs] /data", 3}, {"[args] allow", 1}}), written);
  }
}

TEST(Toml, CountsAreReadBack) {
  const auto policy = parse(everything, "p.toml");
  const Seen seen = {{"[fs] /data", 3}, {"[args] allow", 1}, {"[clock] mode", 12}};
  const std::string text = toml(*policy, seen);
  EXPECT_NE(text.find("max_files = 7 }  # seen 3 times\n"), std::string::npos) << text;
  EXPECT_NE(text.find("allow = true  # seen 1 time\n"), std::string::npos);
  EXPECT_EQ(seen_in(text), seen);
}

TEST(Merge, KeepsTheOldAndAddsWhatIsNew) {
  const auto old = parse(everything, "p.toml");
  Observed observed;
  observed.offered = {{.guest = "/data", .host = "d"}, {.guest = "/new", .host = "n"}};
  observed.use("/data", "/data/x", false, false);
  observed.use("/new", "/new/x", false, false);
  observed.clock = observed.random = observed.arguments = 1;
  observed.environment = {"A", "NEW"};
  observed.imports = {"env.f", "wasi_snapshot_preview1.fd_read"};
  const Policy merged = merge(*old, learn(observed, always).policy);
  ASSERT_EQ(merged.folders.size(), 2u);
  EXPECT_EQ(merged.folders[0].max_files, 7u);
  EXPECT_EQ(merged.clock.mode, Clock::Mode::virtual_);
  EXPECT_EQ(merged.random.mode, Random::Mode::seeded);
  EXPECT_EQ(merged.environment.size(), 4u);
  EXPECT_EQ(merged.variable("A")->source, Variable::Source::fixed);
  EXPECT_EQ(merged.imports,
            (std::vector<std::string>{"env.*", "wasi_snapshot_preview1.fd_write", "wasi_snapshot_preview1.fd_read"}));
  EXPECT_EQ(merged.net.outbound.size(), 2u);
}

}  // namespace
}  // namespace mote::policy
