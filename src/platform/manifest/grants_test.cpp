// What a component may reach: the manifest's words as a policy, beside a policy file and without one.
#include "platform/manifest/grants.h"

#include <gtest/gtest.h>

namespace mote::manifest {
namespace {

Result<policy::Policy> granted(std::string_view words, const policy::Policy* of_file = nullptr, std::string assets = "") {
  static Manifest manifest;
  manifest =
      parse("[variables]\nhost = { default = \"db\" }\n[component.a]\nsource = \"a.wasm\"\n" + std::string(words), "dir/mote.toml")
          .value();
  const Lookup values = lookup(values_of(manifest, [](std::string_view) { return std::nullopt; }).value());
  return grants(manifest, manifest.components[0], {.of_file = of_file, .values = values, .assets = std::move(assets)});
}

TEST(Grants, WithoutAPolicyAreThoseOfSpin) {
  const auto policy = granted(R"(environment = { DB = "{{ host }}:1" }
variables = { token = "x" }
files = [{ source = "styles/", destination = "/css" }]
allowed_outbound_hosts = ["https://{{ host }}.example.org", "http://localhost:3000", "redis://10.0.0.1"]
limits = { timeout = "1s" }
)");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->clock.mode, policy::Clock::Mode::real);
  EXPECT_EQ(policy->random.mode, policy::Random::Mode::real);
  EXPECT_EQ(policy->variable("DB")->value, "db:1");
  EXPECT_EQ(policy->variable("MOTE_VARIABLE_TOKEN")->value, "x");
  ASSERT_NE(policy->folder("/css/x"), nullptr);
  EXPECT_EQ(policy->host_path(*policy->folder("/css/x")), "dir/styles");
  EXPECT_FALSE(policy->folder("/css")->write);
  const auto decide = [&](std::string_view name, std::string_view address, uint16_t port) {
    return policy::decide(policy->net, {.name = name, .address = policy::Address::parse(address), .port = port}).is_allowed;
  };
  EXPECT_TRUE(decide("db.example.org", "93.184.216.34", 443));
  EXPECT_FALSE(decide("db.example.org", "10.0.0.1", 443));  // a name that leads inside
  EXPECT_FALSE(decide("db.example.org", "93.184.216.34", 80));
  EXPECT_TRUE(decide("localhost", "127.0.0.1", 3000));
  EXPECT_TRUE(decide("", "10.0.0.1", 6379));
  EXPECT_EQ(policy->limit("timeout"), 1000u);
  EXPECT_EQ(policy->limit("max-memory-size"), limits::event_memory.standard);
  EXPECT_EQ(policy->limit("fuel"), std::nullopt);
  EXPECT_NE(policy::explain(*policy).find("max-host-call-bytes: 256 MiB (by default)"), std::string::npos);
  EXPECT_EQ(policy->place(policy->variable("DB")->at), "dir/mote.toml:5");
}

TEST(Grants, AddToThoseOfAPolicyFile) {
  const auto file =
      policy::parse(
          "[fs]\n\"/d\" = { host = \"d\", read = true, write = true }\n[env]\nA = \"1\"\n[limits]\ntimeout = \"5s\"\nfuel = 10\n",
          "policies/p.toml")
          .value();
  const auto policy = granted(
      "environment = { B = \"2\" }\nfiles = [{ source = \"s\", destination = \"/s\" }]\nlimits = { timeout = \"1s\", fuel = 20 }",
      &file);
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->clock.mode, policy::Clock::Mode::none);
  EXPECT_EQ(policy->place(policy->variable("A")->at), "policies/p.toml:4");
  EXPECT_EQ(policy->place(policy->variable("B")->at), "dir/mote.toml:5");
  EXPECT_EQ(policy->host_path(*policy->folder("/d")), "policies/d");
  EXPECT_EQ(policy->host_path(*policy->folder("/s")), "dir/s");
  EXPECT_EQ(policy->limit("timeout"), 1000u);
  EXPECT_EQ(policy->limit("fuel"), 10u);
  EXPECT_NE(policy::explain(*policy).find("\"/s\" (dir/mote.toml:6) is the folder \"dir/s\""), std::string::npos)
      << policy::explain(*policy);
}

TEST(Grants, RefuseWhatBothSay) {
  const auto file = policy::parse("[fs]\n\"/d\" = { host = \"d\", read = true }\n[env]\nA = \"1\"\n", "p.toml").value();
  const auto twice = granted("environment = { A = \"2\" }\nfiles = [{ source = \"s\", destination = \"/d\" }]", &file);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("dir/mote.toml:5:17: the variable A is set in p.toml:4 already"), std::string::npos)
      << twice.error().message;
  EXPECT_NE(twice.error().message.find("the guest's \"/d\" is a folder by p.toml:2 already"), std::string::npos)
      << twice.error().message;
}

TEST(Grants, GrantNoHostThatDependsOnWhatIsNotKnown) {
  const auto manifest = parse(
                            "[variables]\nhost = { required = true }\n[component.a]\nsource = \"a\"\nallowed_outbound_hosts = "
                            "[\"https://{{ host }}\"]",
                            "m")
                            .value();
  const Lookup braces = [](std::string_view name) { return "{{ " + std::string(name) + " }}"; };
  const auto policy = grants(manifest, manifest.components[0], {.values = braces, .may_lack_values = true});
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_TRUE(policy->net.outbound.empty());
  EXPECT_FALSE(grants(manifest, manifest.components[0], {.values = braces}));
}

TEST(Grants, TakeAPolicyInPlaceAndAFolderOfAssets) {
  const auto policy = granted("policy = { random = { mode = \"real\" } }\nfiles = [\"*.png\"]", nullptr, "/run/assets");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(policy->clock.mode, policy::Clock::Mode::none);
  EXPECT_EQ(policy->random.mode, policy::Random::Mode::real);
  EXPECT_EQ(policy->host_path(*policy->folder("/x.png")), "/run/assets");
}

}  // namespace
}  // namespace mote::manifest
