// What a manifest names in vain.
#include "platform/manifest/check.h"

#include <gtest/gtest.h>

#include <set>

namespace mote::manifest {
namespace {

std::string found(std::string_view text, const std::set<std::string>& files, const std::set<std::string>& set = {}) {
  const auto manifest = parse(text, "d/m.toml");
  if (!manifest) return manifest.error().message;
  const Disk disk{.kind = [&](const std::string& path) { return files.contains(path) ? Disk::Kind::file : Disk::Kind::nothing; },
                  .list = [](const std::string&) { return std::vector<Disk::Entry>(); }};
  const Lookup environment = [&](std::string_view name) -> std::optional<std::string> {
    return set.contains(std::string(name)) ? std::optional<std::string>("x") : std::nullopt;
  };
  std::string lines;
  for (const Finding& one : check(*manifest, disk, environment)) {
    const policy::Rule& rule = rules()[static_cast<size_t>(one.rule)];
    lines += std::string(rule.id) + " " + std::string(policy::name(one.level())) + " " + manifest->place(one.at) + " " +
             one.message + "\n";
  }
  return lines;
}

constexpr std::string_view text = R"([variables]
used = { required = true }
spare = { default = "1" }
[[trigger.http]]
route = "/"
component = "a"
executor = { type = "stdio" }
[component.a]
source = "a.wasm"
policy = "p.toml"
environment = { U = "{{ used }}" }
files = ["*.png", { source = "s", destination = "/s" }]
[component.b]
source = "b.wasm"
build = { command = "make" }
[server]
tls = { certificate = "c.pem", key = "k.pem" }
)";

TEST(ManifestCheck, FindsNothingWhereAllIsThere) {
  EXPECT_EQ(found("[component.a]\nsource = \"a.wasm\"\n[[trigger.command]]\nname = \"x\"\ncomponent = \"a\"", {"d/a.wasm"}), "");
}

TEST(ManifestCheck, NamesWhatIsMissingOrInVain) {
  EXPECT_EQ(found(text, {"d/c.pem"}), R"(MOTE104 note d/m.toml:2 the variable used is required, and has no value here
MOTE103 warning d/m.toml:3 nothing uses the variable spare
MOTE101 error d/m.toml:9 component.a.source: there is no "d/a.wasm"
MOTE101 error d/m.toml:10 component.a.policy: there is no "d/p.toml"
MOTE101 error d/m.toml:12 component.a.files: there is no "d/s"
MOTE102 warning d/m.toml:13 no trigger leads to component b: add one ([[trigger.http]], …), or take it out
MOTE101 error d/m.toml:14 component.b.source: there is no "d/b.wasm"; its [build] has to be run
MOTE101 error d/m.toml:17 server.tls.key: there is no "d/k.pem"
)");
  const std::string all = found(text, {"d/c.pem", "d/k.pem", "d/a.wasm", "d/b.wasm", "d/p.toml", "d/s"}, {"MOTE_VARIABLE_USED"});
  EXPECT_EQ(all.find("MOTE101"), std::string::npos) << all;
  EXPECT_EQ(all.find("MOTE104"), std::string::npos) << all;
}

}  // namespace
}  // namespace mote::manifest
