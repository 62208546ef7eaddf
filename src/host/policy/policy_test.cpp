#include "host/policy/policy.h"

#include "host/policy/keys.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace mote::policy {
namespace {

Policy must(std::string_view text, std::string file = "p.toml") {
  auto policy = parse(text, std::move(file));
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
  return policy.value_or(Policy{});
}
std::string error(std::string_view text) {
  const auto policy = parse(text, "p.toml");
  EXPECT_FALSE(policy.has_value()) << text.substr(0, 300);
  return policy ? "" : policy.error().message;
}
void expect_error(std::string_view text, std::string_view part) {
  const std::string message = error(text);
  EXPECT_NE(message.find(part), std::string::npos) << "of: " << text.substr(0, 300) << "\nsaid: " << message << "\nnot: " << part;
}

TEST(Policy, GrantsNothingByDefault) {
  const Policy policy = must("");
  EXPECT_TRUE(policy.folders.empty());
  EXPECT_TRUE(policy.net.outbound.empty() && policy.net.listen.empty() && policy.net.lookup.empty());
  EXPECT_TRUE(policy.environment.empty());
  EXPECT_FALSE(policy.arguments.are_allowed);
  EXPECT_EQ(policy.clock.mode, Clock::Mode::none);
  EXPECT_EQ(policy.random.mode, Random::Mode::none);
  EXPECT_EQ(policy.on_deny, OnDeny::errno_);
  EXPECT_EQ(policy.folder("/data"), nullptr);
  EXPECT_TRUE(policy.allows_import("wasi_snapshot_preview1", "fd_write"));
  EXPECT_FALSE(policy.allows_import("env", "fd_write"));
}

constexpr std::string_view full = R"(
version = 1
on_deny = "trap"
require_kernel = true
[fs]
"/data" = { host = "./data", read = true, write = true, create = true, max_bytes = "16M", max_files = 100 }
"/data/fixed" = { host = "/srv/fixed", read = true }
"." = { host = "work", read = true }
[net]
outbound = [
  { protocol = "tcp", host = "*.Example.org", ports = [443, "8000-8100"] },
  { protocol = "udp", cidr = "10.0.0.0/8", ports = 53, classes = ["private"] },
]
listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 8080, classes = ["loopback"] }]
lookup = ["db.internal"]
[env]
LOG = "debug"
HOME = { inherit = true }
MODE = { allow = true }
[args]
allow = true
fixed = ["--serve"]
max_count = 8
max_bytes = "4K"
[clock]
mode = "coarse"
resolution = "10ms"
[random]
mode = "seeded"
seed = 7
[limits]
fuel = 1000000
timeout = "2s"
max-memory-size = "64M"
[imports]
allow = ["wasi_snapshot_preview1.fd_*", "host.log"]
)";

TEST(Policy, ReadsAllOfIt) {
  const Policy policy = must(full, "etc/p.toml");
  EXPECT_EQ(policy.on_deny, OnDeny::trap);
  EXPECT_TRUE(policy.require_kernel);
  ASSERT_EQ(policy.folders.size(), 3u);
  const FolderGrant& data = policy.folders[0];
  EXPECT_TRUE(data.read && data.write && data.create);
  EXPECT_EQ(data.max_bytes, 16u << 20);
  EXPECT_EQ(data.max_files, 100u);
  EXPECT_EQ(policy.host_path(data), "etc/./data");
  EXPECT_EQ(policy.host_path(policy.folders[1]), "/srv/fixed");
  EXPECT_EQ(policy.place(data.at), "etc/p.toml:6");
  ASSERT_EQ(policy.net.outbound.size(), 2u);
  EXPECT_EQ(policy.net.outbound[0].host, "*.example.org");
  EXPECT_EQ(policy.net.outbound[0].ports.size(), 2u);
  EXPECT_EQ(policy.net.outbound[1].protocol, Protocol::udp);
  EXPECT_EQ(policy.net.listen[0].text(), "tcp 127.0.0.1, port 8080, also loopback addresses");
  EXPECT_EQ(policy.net.lookup, std::vector<std::string>{"db.internal"});
  EXPECT_EQ(policy.variable("LOG")->value, "debug");
  EXPECT_EQ(policy.variable("HOME")->source, Variable::Source::inherited);
  EXPECT_EQ(policy.variable("MODE")->source, Variable::Source::command_line);
  EXPECT_EQ(policy.variable("PATH"), nullptr);
  EXPECT_EQ(policy.arguments.fixed, std::vector<std::string>{"--serve"});
  EXPECT_EQ(policy.arguments.max_bytes, 4096u);
  EXPECT_EQ(policy.clock.resolution_ns, 10'000'000u);
  EXPECT_EQ(policy.random.seed, 7u);
  EXPECT_EQ(policy.limit("timeout"), 2000u);
  EXPECT_EQ(policy.limit("max-memory-size"), 64u << 20);
  EXPECT_EQ(policy.limit("max-instances"), std::nullopt);
  EXPECT_TRUE(policy.allows_import("host", "log"));
  EXPECT_TRUE(policy.allows_import("wasi_snapshot_preview1", "fd_read"));
  EXPECT_FALSE(policy.allows_import("wasi_snapshot_preview1", "path_open"));
}

TEST(Policy, FindsTheFolderThatGoverns) {
  const Policy policy = must(full);
  EXPECT_EQ(policy.folder("/data/x")->guest, "/data");
  EXPECT_EQ(policy.folder("/data")->guest, "/data");
  EXPECT_EQ(policy.folder("/data/fixed/x")->guest, "/data/fixed");
  EXPECT_EQ(policy.folder("/data/fixedly")->guest, "/data");
  EXPECT_EQ(policy.folder("/database"), nullptr);
  EXPECT_EQ(policy.folder("notes/x")->guest, ".");
  EXPECT_EQ(must("[fs]\n\"/\" = { host = \"/srv\", read = true }").folder("/anything")->guest, "/");
}

TEST(Policy, VirtualClocksStartAnywhere) {
  EXPECT_EQ(must("[clock]\nmode = \"virtual\"\nstart = 2000-02-29T01:00:00+01:00").clock.start_ns, 951'782'400'000'000'000);
  EXPECT_EQ(must("[clock]\nmode = \"virtual\"").clock.start_ns, 0);
}

TEST(Policy, TyposNameThePlaceAndTheNearestKey) {
  expect_error("[fs]\n\"/data\" = { host = \"d\", raed = true }",
               "p.toml:2:25: unknown key \"raed\" of the folder \"/data\", did you mean \"read\"?");
  expect_error("[nett]\n", "p.toml:1:2: unknown key \"nett\", did you mean \"net\"?");
  expect_error("on_dney = \"trap\"", "p.toml:1:1: unknown key \"on_dney\", did you mean \"on_deny\"?");
  expect_error("on_deny = \"tarp\"", "p.toml:1:11: on_deny is one of errno|trap|log, not \"tarp\", did you mean \"trap\"?");
  expect_error("[limits]\nmax-memory = 5", "did you mean \"max-memory-size\"?");
  expect_error("[clock]\nmode = \"reel\"",
               "p.toml:2:8: mode is one of none|virtual|coarse|real, not \"reel\", did you mean \"real\"?");
}

TEST(Policy, SaysEverythingThatIsWrongAtOnce) {
  const std::string message = error("on_deny = 1\n[random]\nmoed = \"real\"\n[env]\nA = 1\n");
  EXPECT_NE(message.find("p.toml:1:11: on_deny"), std::string::npos) << message;
  EXPECT_NE(message.find("\np.toml:3:1: unknown key \"moed\""), std::string::npos) << message;
  EXPECT_NE(message.find("\np.toml:5:5: the variable \"A\""), std::string::npos) << message;
  std::string many;
  for (int i = 0; i < 100; ++i) many += "k" + std::to_string(i) + " = 1\n";
  EXPECT_NE(error(many).find("and 80 more"), std::string::npos);
}

TEST(Policy, RefusesWrongTypesAndValues) {
  const std::pair<std::string_view, std::string_view> samples[] = {
      {"version = 2", "version can be at most 1"},
      {"version = 0", "version is at least 1"},
      {"require_kernel = 1", "true or false, not a whole number"},
      {"fs = 1", "[fs] is a table, not a whole number"},
      {"[fs]\n\"/data\" = \"./data\"", "p.toml:2:11: the folder \"/data\" is a table: write { host = \"./data\", read = true }"},
      {"[fs]\n\"/data\" = { read = true }", "needs \"host\""},
      {"[fs]\n\"/data\" = { host = \"d\" }", "grants nothing"},
      {"[fs]\n\"/data\" = { host = \"\", read = true }", "host is the path of a folder"},
      {"[fs]\n\"/data\" = { host = \"a\\u0000b\", read = true }", "without control characters"},
      {"[fs]\n\"data\" = { host = \"d\", read = true }", "a guest path is"},
      {"[fs]\n\"/a/../b\" = { host = \"d\", read = true }", "a guest path is"},
      {"[fs]\n\"/a/\" = { host = \"d\", read = true }", "a guest path is"},
      {"[fs]\n\"/a\" = { host = \"d\", read = true, create = true }", "needs write = true"},
      {"[fs]\n\"/a\" = { host = \"d\", read = true, max_bytes = 1 }", "bounds nothing without write"},
      {"[fs]\n\"/a\" = { host = \"d\", write = true, max_bytes = -1 }", "at least 0 bytes"},
      {"[fs]\n\"/a\" = { host = \"d\", write = true, max_bytes = \"1T\" }", "K, M, G may follow"},
      {"[fs]\n\"/a\" = { host = \"d\", write = true, max_bytes = \"99999999999G\" }", "is too large"},
      {"[net]\noutbound = \"example.org\"", "outbound is a list of rules"},
      {"[net]\noutbound = [\"example.org\"]", "a rule of net.outbound is a table"},
      {"[net]\noutbound = [{ protocol = \"tcp\", ports = 1 }]", "either host or cidr"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", cidr = \"1.1.1.1\", ports = 1 }]", "either host or cidr"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\" }]", "needs \"ports\""},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", ports = 0 }]", "a port is 1 to 65535, not 0"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", ports = \"9-3\" }]", "is no port"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", ports = [] }]", "names no port"},
      {"[net]\noutbound = [{ protocol = \"icmp\", host = \"a\", ports = 1 }]", "one of tcp|udp"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"1.1.1.1\", ports = 1 }]", "write cidr = \"1.1.1.1\""},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a.*.b\", ports = 1 }]", "is no host name"},
      {"[net]\noutbound = [{ protocol = \"tcp\", cidr = \"10.0.0.1/8\", ports = 1 }]", "write \"10.0.0.0/8\""},
      {"[net]\noutbound = [{ protocol = \"tcp\", cidr = \"10.0.0.0/8\", ports = 1 }]", "lies in the address class private"},
      {"[net]\noutbound = [{ protocol = \"tcp\", cidr = \"1.2.3.0/33\", ports = 1 }]", "0 to 32"},
      {"[net]\nlisten = [{ protocol = \"tcp\", host = \"localhost\", ports = 1 }]", "has cidr"},
      {"[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", ports = 1, classes = [\"privat\"] }]", "did you mean \"private\"?"},
      {"[env]\n\"A=B\" = \"x\"", "is no name of a variable"},
      {"[env]\nA = { inherit = true, allow = true }", "exactly one of"},
      {"[env]\nA = { inherit = false }", "exactly one of"},
      {"[clock]\nresolution = \"1ms\"", "needs \"mode\""},
      {"[clock]\nmode = \"real\"\nresolution = \"1ms\"", "is for mode = \"coarse\""},
      {"[clock]\nmode = \"coarse\"\nresolution = \"1 day\"", "is a time like"},
      {"[clock]\nmode = \"coarse\"\nresolution = \"0ms\"", "at least 1 ms"},
      {"[clock]\nmode = \"virtual\"\nstart = 2026-01-01", "with an offset"},
      {"[random]\nmode = \"seeded\"", "needs a seed"},
      {"[random]\nmode = \"real\"\nseed = 1", "is for mode = \"seeded\""},
      {"[random]\nmode = \"seeded\"\nseed = -1", "at least 0"},
      {"[limits]\nfuel = 1.5", "is a whole number, not a number with a fraction"},
      {"[limits]\nmax-wasm-stack = \"2G\"", "can be at most 1073741824 bytes"},
      {"[limits]\ntimeout = 2", "is a time like"},
      {"[imports]\nallow = [\"*\"]", "is no import"},
      {"[imports]\nallow = [\"env\"]", "is no import"},
      {"[imports]", "needs \"allow\""},
      {"[imports]\nallow = [\"a.b\", \"a.b\"]", "has \"a.b\" twice"},
  };
  for (const auto& [text, part] : samples) expect_error(text, part);
}

TEST(Policy, RefusesDuplicates) {
  expect_error("[fs]\n\"/a\" = { host = \"d\", read = true }\n\"/a\" = { host = \"e\", read = true }", "p.toml:3:");
  expect_error("[env]\nA = \"1\"\nA = \"2\"", "p.toml:3:");
  expect_error("[clock]\nmode = \"real\"\n[clock]\nmode = \"real\"", "p.toml:3:");
  expect_error(
      "[net]\noutbound = [{ protocol = \"tcp\", host = \"a\", ports = 1 },\n { protocol = \"tcp\", host = \"A\", ports = 1 }]",
      "p.toml:3:2: the same rule as in line 2");
}

// Bytes that are no policy: refused with a place, in bounded time and depth.
TEST(Policy, SurvivesHostileBytes) {
  expect_error("\x80\xff", "p.toml:1:");
  expect_error("a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[", "p.toml:1:");
  expect_error("a = \"", "p.toml:1:");
  expect_error(std::string("a = 1\0b = 2", 11), "p.toml:");
  expect_error("[ ,x]", "p.toml:1:3");
  expect_error("[f\u017e]", "p.toml:1:3: a character beyond ASCII outside of double quotes");
  std::string dots = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  expect_error(dots + " = 1", "too many dots in one line");
  std::string deep = "[fs]\n\"/a\" = ";
  for (int i = 0; i < 15; ++i) deep += "{ a.a.a.a.a.a.a.a.a.a = ";
  expect_error(deep + "1" + std::string(15, '}'), "nested too deeply");
  std::string wide = "[imports]\nallow = [";
  for (int i = 0; i < 50'000; ++i) wide += "\"m.f" + std::to_string(i) + "\",\n";
  expect_error(wide + "]", "too many values");
  expect_error(std::string(size_most + 1, '#'), "a policy can have");
}

TEST(Policy, KnowsOtherAlphabets) {
  const Policy policy = must("\xef\xbb\xbf# \u017e\n[env]\nA = \"\u017e\\\\\" # \u017e\n\"\u017e\" = \"\"\"\\\"\U0001f600\"\"\"");
  EXPECT_EQ(policy.variable("A")->value, "\u017e\\");
  EXPECT_EQ(policy.variable("\u017e")->value, "\"\U0001f600");
  expect_error("[env]\nA = '\u017e'", "p.toml:2:6: a character beyond ASCII outside of double quotes");
  expect_error("[env]\nA = \"\\\u017e\"", "p.toml:2:6: an escape that does not exist");
  expect_error("[env]\nA = \"\xc5\"", "p.toml:2:6: not UTF-8");
  // Columns are those of the file.
  expect_error("[fs]\n\"/\u017e\u017e\" = { host = \"\u017e\", raed = true }", "p.toml:2:23: unknown key");
}

TEST(Policy, ImportPatternsCover) {
  EXPECT_TRUE(covers_import("a.*", "a.b"));
  EXPECT_TRUE(covers_import("a.*", "a.b*"));
  EXPECT_FALSE(covers_import("a.b*", "a.*"));
  EXPECT_FALSE(covers_import("a.b", "a.b*"));
}

TEST(Explain, SaysInWordsWhatIsGranted) {
  const std::string nothing = explain(must(""));
  for (const char* line : {"Files: none.", "Network: none.", "Environment: empty.", "Clock: none", "Random numbers: none"}) {
    EXPECT_NE(nothing.find(line), std::string::npos) << line;
  }
  const std::string all = explain(must(full));
  for (const char* line : {"\"/data\" (line 6) is the folder \"./data\"", "at most 16 MiB in all",
                           "connect or send: tcp *.example.org, port 443 or ports 8000-8100",
                           "accept or receive: tcp 127.0.0.1, port 8080, also loopback addresses", "HOME is handed on",
                           "steps of 10 ms", "from seed 7", "timeout: 2 s (line ", "max-instances: 10000 (by default)",
                           "Imports: wasi_snapshot_preview1.fd_* host.log", "ends the guest with a trap"}) {
    EXPECT_NE(all.find(line), std::string::npos) << line << "\n" << all;
  }
}

// The schema comes from the table of keys: every key is in it, and nothing else is allowed.
TEST(Schema, HasEveryKey) {
  const auto schema = nlohmann::json::parse(policy::schema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["additionalProperties"], false);
  for (const Key& key : root_keys()) EXPECT_TRUE(schema["properties"].contains(key.name)) << key.name;
  const auto expect_keys = [](const nlohmann::json& object, std::span<const Key> keys) {
    EXPECT_EQ(object["additionalProperties"], false);
    EXPECT_EQ(object["properties"].size(), keys.size());
    for (const Key& key : keys) EXPECT_EQ(object["properties"][key.name]["description"], std::string(key.help));
  };
  for (const Table& table : tables()) {
    const auto& one = schema["properties"][table.name];
    EXPECT_EQ(one["description"], std::string(table.help));
    if (table.shape == TableShape::keys) expect_keys(one, table.keys);
    if (table.shape == TableShape::folders) expect_keys(one["additionalProperties"], table.keys);
    if (table.shape == TableShape::variables) expect_keys(one["additionalProperties"]["anyOf"][1], table.keys);
  }
  expect_keys(schema["$defs"]["rule"], net_rule_keys());
  EXPECT_EQ(schema["properties"]["limits"]["properties"].size(), limit_keys().size());
}

}  // namespace
}  // namespace mote::policy
