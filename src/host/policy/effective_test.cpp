// Tests of effective.h: what a command line may ask of a policy, and the lines that it is told.
#include "host/policy/effective.h"

#include <gtest/gtest.h>

namespace mote::policy {
namespace {

constexpr std::string_view text = R"(
[fs]
"/data" = { host = "data", read = true, write = true, create = true, max_bytes = 100 }
"/ro" = { host = "/srv/ro", read = true }
[env]
LOG = "debug"
HOME = { inherit = true }
MODE = { allow = true }
[args]
allow = true
fixed = ["-q"]
max_count = 2
[limits]
max-memory-size = "1M"
timeout = "2s"
)";

Result<Effective> with(const Asked& asked, std::string_view policy_text = text) {
  const auto policy = parse(policy_text, "conf/p.toml");
  EXPECT_TRUE(policy) << policy.error().message;
  const Host host{.real_path = [](const std::string& path) -> std::optional<std::string> {
                    if (path == "missing") return std::nullopt;
                    return path.starts_with('/') ? path : "/here/" + path;
                  },
                  .variable = [](const std::string& name) -> std::optional<std::string> {
                    return name == "HOME" ? std::optional<std::string>("/home/me") : std::nullopt;
                  }};
  return intersect(*policy, asked, host);
}
std::string refusal(const Asked& asked, std::string_view policy_text = text) {
  const auto effective = with(asked, policy_text);
  if (effective) return "nothing refused";
  EXPECT_EQ(effective.error().kind, ErrorKind::denied);
  return effective.error().message;
}
Asked folder(std::string host, std::string guest, bool is_read_only = false) {
  return {.folders = {{host, guest, is_read_only, "--dir " + host + "::" + guest + (is_read_only ? ":ro" : "")}}};
}

TEST(Effective, APolicyAloneGrantsWhatItSays) {
  const auto effective = with({});
  ASSERT_TRUE(effective);
  ASSERT_EQ(effective->folders.size(), 2u);
  EXPECT_EQ(effective->folders[0].host, "conf/data");
  EXPECT_TRUE(effective->folders[0].create);
  EXPECT_EQ(effective->folders[0].max_bytes, 100u);
  EXPECT_EQ(effective->folders[0].rule, "conf/p.toml:3");
  EXPECT_FALSE(effective->folders[1].write);
  EXPECT_EQ(effective->environment, (std::vector<std::string>{"LOG=debug", "HOME=/home/me"}));
  EXPECT_EQ(effective->arguments, (std::vector<std::string>{"-q"}));
  ASSERT_EQ(effective->limits.size(), 2u);
  EXPECT_EQ(effective->limits[0].value, 1u << 20);
}

TEST(Effective, FoldersAreNarrowed) {
  auto effective = with(folder("conf/data/sub", "/data/sub", true));
  ASSERT_TRUE(effective);
  ASSERT_EQ(effective->folders.size(), 1u);
  EXPECT_TRUE(effective->folders[0].read);
  EXPECT_FALSE(effective->folders[0].write);
  EXPECT_FALSE(effective->folders[0].create);
  EXPECT_EQ(effective->folders[0].max_bytes, 100u);
  EXPECT_EQ(effective->folders[0].rule, "--dir conf/data/sub::/data/sub:ro");
  EXPECT_FALSE(effective->folders[0].is_of_policy);
  effective = with(folder("conf/data", "/data"));
  ASSERT_TRUE(effective);
  EXPECT_EQ(effective->folders[0].rule, "conf/p.toml:3");
  EXPECT_TRUE(with(folder("missing", "/data")));  // told by whoever opens it
}

TEST(Effective, FoldersBeyondThePolicyAreRefusedWithTheLine) {
  EXPECT_EQ(refusal(folder("x", "/other")),
            "--dir x::/other: conf/p.toml grants no folder \"/other\"; this line would allow it: [fs] \"/other\" = { host = \"x\", "
            "read = "
            "true, write = true }");
  EXPECT_NE(refusal(folder("elsewhere", "/data")).find("grants \"/data\" from \"data\" (line 3)"), std::string::npos);
  EXPECT_NE(refusal(folder("conf/database", "/data")).find("within which"), std::string::npos);
  EXPECT_NE(refusal(folder("/srv/ro", "/ro")).find("read only (line 4; say --dir /srv/ro::/ro:ro)"), std::string::npos);
  EXPECT_EQ(refusal(folder("/srv/ro", "/ro", true)), "nothing refused");
}

TEST(Effective, Environment) {
  const auto effective = with({.environment = {"MODE=fast", "LOG=debug"}});
  ASSERT_TRUE(effective);
  EXPECT_EQ(effective->environment, (std::vector<std::string>{"LOG=debug", "HOME=/home/me", "MODE=fast"}));
  EXPECT_EQ(refusal({.environment = {"X=1"}}),
            "--env X: conf/p.toml names no such variable; this line would allow it: [env] X = { allow = true }");
  EXPECT_NE(refusal({.environment = {"LOG=trace"}}).find("gives it another value (line 6)"), std::string::npos);
}

TEST(Effective, Arguments) {
  EXPECT_EQ(with({.arguments = {"a", "b"}})->arguments, (std::vector<std::string>{"-q", "a", "b"}));
  EXPECT_NE(refusal({.arguments = {"a", "b", "c"}}).find("[args] max_count = 3"), std::string::npos);
  EXPECT_NE(refusal({.arguments = {"a"}}, "").find("[args] allow = true"), std::string::npos);
}

TEST(Effective, TheSmallerLimitHolds) {
  const auto effective = with({.limits = {{"max-memory-size", 4096}}});
  ASSERT_TRUE(effective);
  ASSERT_EQ(effective->limits.size(), 1u);
  EXPECT_EQ(effective->limits[0].name, "timeout");
  EXPECT_NE(refusal({.limits = {{"timeout", 3000}}}).find("[limits] timeout = \"3000ms\""), std::string::npos);
}

TEST(Effective, EverythingThatGoesTooFarIsTold) {
  const std::string all = refusal({.folders = {{"x", "/x", false, "--dir x::/x"}}, .environment = {"X=1"}, .arguments = {"a"}}, "");
  EXPECT_NE(all.find("--dir x::/x"), std::string::npos);
  EXPECT_NE(all.find("--env X"), std::string::npos);
  EXPECT_NE(all.find("argument \"a\""), std::string::npos);
}

}  // namespace
}  // namespace mote::policy
