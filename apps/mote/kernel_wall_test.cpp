#include "apps/mote/kernel_wall.h"

#include <gtest/gtest.h>

namespace mote::cli {
namespace {

using Folder = os::Confinement::Folder;
using Wall = Options::KernelWall;

policy::Policy policy_of(std::string_view text) {
  auto policy = policy::parse(text, "dir/policy.toml");
  EXPECT_TRUE(policy.has_value()) << policy.error().message;
  return *std::move(policy);
}

TEST(KernelWall, OpensTheFoldersThatAreGranted) {
  Grants grants;
  EXPECT_EQ(wall_of(grants, {}), os::Confinement{});
  grants.effective.folders = {{.guest = "/a", .host = "a", .read = true, .write = true, .create = true},
                              {.guest = "/b", .host = "b", .read = true},
                              {.guest = "/again", .host = "b", .write = true},
                              {.guest = "/out", .host = "out", .write = true, .create = true}};
  const os::Confinement wall = wall_of(grants, {});
  EXPECT_EQ(wall.folders, (std::vector<Folder>{{"a", true, true, true}, {"b", true, true, false}, {"out", false, true, true}}));
  EXPECT_FALSE(wall.has_sockets);
  EXPECT_FALSE(wall.makes_sockets);
}

TEST(KernelWall, NamesThePortsOfAPolicy) {
  Grants grants;
  grants.policy = policy_of(R"(
[net]
outbound = [{ protocol = "tcp", host = "*.example.org", ports = [443, "8000-8010"] }, { protocol = "udp", cidr = "10.0.0.1", ports = 53, classes = ["private"] },
            { protocol = "tcp", host = "example.org", ports = 443 }]
listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 8080, classes = ["loopback"] }]
)");
  const os::Confinement wall = wall_of(grants, {});
  EXPECT_EQ(wall.tcp_connect, (std::vector<os::Confinement::Ports>{{443, 443}, {8000, 8010}}));
  EXPECT_EQ(wall.tcp_listen, (std::vector<os::Confinement::Ports>{{8080, 8080}}));
}

TEST(KernelWall, IsWantedByAPolicyUnlessTheCommandLineSaysOtherwise) {
  const Grants none, plain{.policy = policy_of("")}, requiring{.policy = policy_of("require_kernel = true")};
  Options options;
  EXPECT_FALSE(wants_wall(options, none));
  EXPECT_TRUE(wants_wall(options, plain));
  EXPECT_FALSE(wants_wall(options, {.policy = policy_of("on_deny = \"log\"")}));
  options.kernel_wall = Wall::off;
  EXPECT_FALSE(wants_wall(options, plain));
  const auto closed = close_wall(options, requiring);
  ASSERT_FALSE(closed.has_value());
  EXPECT_NE(closed.error().message.find("require_kernel"), std::string::npos);
  options.kernel_wall = Wall::on;
  EXPECT_TRUE(wants_wall(options, none));
}

TEST(KernelWall, MissesPortsOnlyWhereThereAreSome) {
  os::Layers layers;
  for (os::Layer* layer : {&layers.privileges, &layers.paths, &layers.calls}) layer->is_active = true;
  layers.ports.text = "Landlock ABI 3, ports need 4";
  EXPECT_EQ(missing_layers(layers, {}), "");
  EXPECT_EQ(missing_layers(layers, {.tcp_connect = {{443, 443}}}), "landlock tcp: Landlock ABI 3, ports need 4");
  layers.calls = {"seccomp", false, "no filters"};
  EXPECT_EQ(missing_layers(layers, {}), "seccomp: no filters");
}

}  // namespace
}  // namespace mote::cli
