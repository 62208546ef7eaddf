#include "apps/mote/listeners.h"

#include "host/sandbox/fake.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mote::cli {
namespace {

std::string round(std::string_view written) {
  const auto address = parse_socket_address(written);
  return address ? text(*address) : "none";
}

TEST(Listeners, AddressesAreNumbersOrLocalhost) {
  EXPECT_EQ(round("127.0.0.1:8080"), "127.0.0.1:8080");
  EXPECT_EQ(round("0.0.0.0:0"), "0.0.0.0:0");
  EXPECT_EQ(round("[::1]:65535"), "[::1]:65535");
  EXPECT_EQ(round("localhost:80"), "127.0.0.1:80");
  for (const std::string_view bad : {"", ":", "80", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[127.0.0.1]:80",
                                     "[]:1", "127.1:80", "example.org:80", "127.0.0.1:-1", "127.0.0.1:8o"}) {
    EXPECT_EQ(round(bad), "none") << bad;
  }
}

class OpenListeners : public testing::Test {
 protected:
  std::string opened(const policy::Policy* policy = nullptr) {
    options_.words = {"a.wasm"};
    const auto done = open_listeners(process_, options_, policy);
    return done ? "" : done.error().message;
  }
  Options options_;
  sandbox::FakeClocks clocks_;
  sandbox::FakeRandom random_;
  sandbox::Process process_{clocks_, random_};
};

TEST_F(OpenListeners, InTheOrderOfTheCommandLine) {
  options_.tcp_listen = {"127.0.0.1:0", "127.0.0.1:0"};
  EXPECT_EQ(opened(), "");
  for (const uint32_t number : {0u, 1u}) {
    ASSERT_NE(process_.find(number), nullptr);
    EXPECT_NE(process_.find(number)->stream->socket(), nullptr);
  }
  EXPECT_EQ(process_.find(2), nullptr);
}

TEST_F(OpenListeners, WithAPolicyEachNeedsARule) {
  const auto policy = policy::parse(
      "[net]\nlisten = [{ protocol = \"tcp\", cidr = \"127.0.0.1\", ports = \"40000-65535\", classes = [\"loopback\"] }]",
      "p.toml");
  ASSERT_TRUE(policy.has_value()) << policy.error().message;
  options_.tcp_listen = {"127.0.0.1:80"};
  const std::string refused = opened(&*policy);
  EXPECT_TRUE(refused.starts_with("-S tcplisten=127.0.0.1:80: p.toml does not allow it: ")) << refused;
  EXPECT_NE(refused.find("this line would: "), std::string::npos) << refused;
  options_.tcp_listen = {"127.0.0.1:54321"};
  const std::string allowed = opened(&*policy);
  EXPECT_TRUE(allowed.empty() || allowed.find("in use") != std::string::npos) << allowed;
}

TEST_F(OpenListeners, MistakesSayWhatIsNeeded) {
  options_.tcp_listen = {"nowhere"};
  EXPECT_EQ(opened(), "-S tcplisten=nowhere: needs ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
  options_.tcp_listen = {"192.0.2.1:80"};
  EXPECT_EQ(opened(), "-S tcplisten=192.0.2.1:80: cannot listen there: Cannot assign requested address");
  options_.tcp_listen.clear();
  options_.takes_listeners = true;
  unsetenv("LISTEN_FDS");
  EXPECT_EQ(opened(), "-S listenfd: LISTEN_FDS and LISTEN_PID are not set: nobody handed in a socket");
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_PID", "1", 1);
  EXPECT_TRUE(opened().starts_with("-S listenfd: LISTEN_PID is 1, but this process is "));
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDS", "many", 1);
  EXPECT_EQ(opened(), "-S listenfd: LISTEN_FDS is many, not a number from 1 to 1024");
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_PID");
}

}  // namespace
}  // namespace mote::cli
