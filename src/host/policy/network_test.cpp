#include "host/policy/network.h"

#include "host/policy/policy.h"

#include <gtest/gtest.h>

namespace mote::policy {
namespace {

Address address(std::string_view text) {
  const auto parsed = Address::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Address{});
}
Block block(std::string_view text) {
  auto parsed = Block::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Block{});
}

TEST(Address, ReadsOneSpellingOfIPv4) {
  EXPECT_EQ(address("192.0.2.33").text(), "192.0.2.33");
  for (const char* bad :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.04", "0x7f.0.0.1", "1.2.3.4 ", "1..2.3", "127.1", "1.2.3.-4"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

TEST(Address, ReadsAndShortensIPv6) {
  const std::pair<const char*, const char*> samples[] = {{"::", "::"},
                                                         {"::1", "::1"},
                                                         {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
                                                         {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
                                                         {"::ffff:127.0.0.1", "::ffff:7f00:1"},
                                                         {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
                                                         {"fe80::", "fe80::"},
                                                         {"1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"}};
  for (const auto& [text, shortest] : samples) EXPECT_EQ(address(text).text(), shortest);
  for (const char* bad : {":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "fe80::1%eth0", "::1.2.3",
                          "1.2.3.4::", "g::", "1:2:3:4:5:6:7::8:9", ":1::2"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

TEST(Address, BelongsToClasses) {
  const std::pair<const char*, const char*> samples[] = {{"8.8.8.8", ""},
                                                         {"2606:4700::1111", ""},
                                                         {"127.0.0.1", "loopback"},
                                                         {"127.255.255.255", "loopback"},
                                                         {"128.0.0.0", ""},
                                                         {"::1", "loopback"},
                                                         {"0.0.0.0", "unspecified"},
                                                         {"::", "unspecified"},
                                                         {"169.254.1.1", "link-local"},
                                                         {"fe80::1", "link-local"},
                                                         {"febf::1", "link-local"},
                                                         {"10.1.2.3", "private"},
                                                         {"172.16.0.1", "private"},
                                                         {"172.31.255.255", "private"},
                                                         {"172.32.0.0", ""},
                                                         {"192.168.1.1", "private"},
                                                         {"100.64.0.1", "private"},
                                                         {"100.128.0.0", ""},
                                                         {"fd12::1", "private"},
                                                         {"169.254.169.254", "metadata"},
                                                         {"fd00:ec2::254", "metadata"},
                                                         {"100.100.100.200", "metadata"},
                                                         {"224.0.0.1", "multicast"},
                                                         {"ff02::1", "multicast"},
                                                         {"255.255.255.255", "reserved"},
                                                         {"192.0.2.1", "reserved"},
                                                         {"2001:db8::1", "reserved"},
                                                         {"::ffff:8.8.8.8", "mapped"},
                                                         {"::ffff:127.0.0.1", "loopback, mapped"},
                                                         {"::ffff:169.254.169.254", "metadata, mapped"},
                                                         {"64:ff9b::10.0.0.1", "private, mapped"},
                                                         {"2002:7f00:1::", "loopback, mapped"},
                                                         {"::127.0.0.1", "loopback, mapped"},
                                                         {"2001:0:1:2:3:4:80ff:fffe", "loopback, mapped"},
                                                         {"::ffff:0:10.0.0.1", "private, mapped"}};
  for (const auto& [text, classes] : samples) EXPECT_EQ(address(text).classes().text(), classes) << text;
}

TEST(Block, ContainsAndEnds) {
  EXPECT_TRUE(block("10.0.0.0/8").contains(address("10.255.0.1")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(address("11.0.0.0")));
  EXPECT_FALSE(block("10.0.0.0/8").contains(address("::ffff:10.0.0.1")));
  EXPECT_TRUE(block("10.0.0.0/9").contains(block("10.64.0.0/10")));
  EXPECT_FALSE(block("10.64.0.0/10").contains(block("10.0.0.0/9")));
  EXPECT_TRUE(block("::/0").contains(address("ff::1")));
  EXPECT_FALSE(block("::/0").contains(address("1.1.1.1")));
  EXPECT_EQ(block("172.16.0.0/12").last().text(), "172.31.255.255");
  for (const char* bad : {"10.0.0.0/", "10.0.0.0/x", "10.0.0.0/33", "::/129", "10.0.0.1/8", "a/8", "1.1.1.1/-1", "1.1.1.1/256"}) {
    EXPECT_FALSE(Block::parse(bad).has_value()) << bad;
  }
}

TEST(Names, HaveOneSpelling) {
  EXPECT_EQ(canonical_name("API.Example.org."), "api.example.org");
  EXPECT_EQ(canonical_name("localhost"), "localhost");
  for (const std::string& bad :
       {std::string(""), std::string("."), std::string("a..b"), std::string("127.1"), std::string("2130706433"),
        std::string("0x7f000001"), std::string("a.0x1"), std::string("127.0.0.1"), std::string("a b"), std::string("a/b"),
        std::string("ä.de"), std::string("-a.de"), std::string("a\0b", 3), std::string("a@b"), std::string(64, 'a'),
        std::string(300, 'a')}) {
    EXPECT_EQ(canonical_name(bad), std::nullopt) << bad;
  }
  EXPECT_TRUE(matches_name("*.example.org", "a.b.example.org"));
  EXPECT_FALSE(matches_name("*.example.org", "example.org"));
  EXPECT_FALSE(matches_name("*.example.org", "badexample.org"));
  EXPECT_FALSE(matches_name("example.org", "a.example.org"));
  EXPECT_TRUE(covers_name("*.org", "*.example.org"));
  EXPECT_FALSE(covers_name("*.example.org", "*.org"));
  EXPECT_FALSE(covers_name("*.org", "*"));
}

const Policy& sample() {
  static const Policy policy = *parse(R"([net]
outbound = [
  { protocol = "tcp", host = "*.example.org", ports = [443, "8000-8100"] },
  { protocol = "tcp", host = "db.internal", ports = 5432, classes = ["private"] },
  { protocol = "udp", cidr = "10.0.0.0/8", ports = 53, classes = ["private"] },
  { protocol = "tcp", cidr = "0.0.0.0/0", ports = 25 },
  { protocol = "tcp", cidr = "::/0", ports = 25, classes = ["mapped"] },
]
listen = [{ protocol = "tcp", cidr = "127.0.0.1", ports = 8080, classes = ["loopback"] }]
lookup = ["*.corp"]
)",
                                      "p.toml");
  return policy;
}

Decision ask(std::string_view host, std::string_view where, uint16_t port, Protocol protocol = Protocol::tcp,
             Direction direction = Direction::outbound) {
  return decide(sample().net, {direction, protocol, host, where.empty() ? std::nullopt : std::optional(address(where)), port});
}

TEST(Decide, AllowsWhatARuleNames) {
  EXPECT_TRUE(ask("api.example.org", "", 443).is_allowed);  // before the lookup
  EXPECT_TRUE(ask("api.example.org", "93.184.216.34", 443).is_allowed);
  EXPECT_EQ(ask("api.example.org", "93.184.216.34", 443).rule.line, 3u);
  EXPECT_TRUE(ask("API.example.ORG.", "93.184.216.34", 8050).is_allowed);
  EXPECT_TRUE(ask("db.internal", "10.1.1.1", 5432).is_allowed);
  EXPECT_TRUE(ask("", "10.9.9.9", 53, Protocol::udp).is_allowed);
  EXPECT_TRUE(ask("", "9.9.9.9", 25).is_allowed);
  EXPECT_TRUE(ask("", "127.0.0.1", 8080, Protocol::tcp, Direction::listen).is_allowed);
}

TEST(Decide, RefusesTheRest) {
  EXPECT_FALSE(ask("example.org", "93.184.216.34", 443).is_allowed);
  EXPECT_FALSE(ask("api.example.org", "93.184.216.34", 80).is_allowed);
  EXPECT_FALSE(ask("api.example.org", "93.184.216.34", 443, Protocol::udp).is_allowed);
  EXPECT_FALSE(ask("", "93.184.216.34", 443).is_allowed);  // the name's rule is not its address's
  EXPECT_FALSE(ask("", "127.0.0.1", 8081, Protocol::tcp, Direction::listen).is_allowed);
  EXPECT_FALSE(ask("", "0.0.0.0", 8080, Protocol::tcp, Direction::listen).is_allowed);
  EXPECT_FALSE(ask("", "127.0.0.1", 8080).is_allowed);  // listening is not connecting
  EXPECT_FALSE(decide(NetRules{}, {Direction::outbound, Protocol::tcp, "example.org", std::nullopt, 443}).is_allowed);
}

// A name server that answers with an inside address does not open the inside.
TEST(Decide, ChecksTheClassAfterTheLookup) {
  for (const char* inside :
       {"127.0.0.1", "::1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "169.254.0.1", "0.0.0.0", "::ffff:127.0.0.1",
        "::ffff:93.184.216.34", "64:ff9b::7f00:1", "fe80::1", "fd00::1", "::", "224.0.0.1"}) {
    const Decision decision = ask("api.example.org", inside, 443);
    EXPECT_FALSE(decision.is_allowed) << inside;
    EXPECT_EQ(decision.rule.line, 3u) << inside;
    EXPECT_NE(decision.would_grant.find("classes = ["), std::string::npos) << inside;
  }
  EXPECT_FALSE(ask("db.internal", "169.254.169.254", 5432).is_allowed);  // private is named, metadata is not
  EXPECT_FALSE(ask("", "127.0.0.1", 25).is_allowed);                     // every address is not every class
  EXPECT_TRUE(ask("", "::ffff:9.9.9.9", 25).is_allowed);
  EXPECT_FALSE(ask("", "::ffff:10.0.0.1", 25).is_allowed);  // mapped is named, private is not
}

TEST(Decide, RefusesNumbersDressedAsNames) {
  const NetRules any = parse("[net]\noutbound = [{ protocol = \"tcp\", host = \"*\", ports = \"*\" }]", "p.toml")->net;
  for (const char* bad : {"127.1", "2130706433", "0x7f.1", "017700000001", "10.0.0.1"}) {
    EXPECT_FALSE(decide(any, {Direction::outbound, Protocol::tcp, bad, std::nullopt, 80}).is_allowed) << bad;
  }
  EXPECT_TRUE(decide(any, {Direction::outbound, Protocol::tcp, "a.example", std::nullopt, 80}).is_allowed);
  EXPECT_FALSE(decide(any, {Direction::outbound, Protocol::tcp, "", address("9.9.9.9"), 80}).is_allowed);
}

// The line that a refusal offers, put into a policy, grants exactly that.
TEST(Decide, OffersALineThatGrants) {
  struct Sample {
    Direction direction;
    std::string_view host, where;
  };
  for (const Sample& sample : {Sample{Direction::outbound, "x.test", "10.0.0.1"},
                               {Direction::outbound, "", "::ffff:127.0.0.1"},
                               {Direction::listen, "", "0.0.0.0"},
                               {Direction::outbound, "x.test", ""},
                               {Direction::outbound, "", "9.9.9.9"}}) {
    const NetRequest request{sample.direction, Protocol::udp, sample.host,
                             sample.where.empty() ? std::nullopt : std::optional(address(sample.where)), 99};
    const Decision refused = decide(NetRules{}, request);
    ASSERT_FALSE(refused.is_allowed);
    EXPECT_FALSE(refused.reason.empty());
    const auto policy = parse("[net]\n" + refused.would_grant, "p.toml");
    ASSERT_TRUE(policy.has_value()) << refused.would_grant;
    EXPECT_TRUE(decide(policy->net, request).is_allowed) << refused.would_grant;
  }
}

TEST(Lookup, FollowsRulesAndItsOwnList) {
  EXPECT_TRUE(may_look_up(sample().net, "api.example.org"));
  EXPECT_TRUE(may_look_up(sample().net, "printer.corp"));
  EXPECT_FALSE(may_look_up(sample().net, "corp"));
  EXPECT_FALSE(may_look_up(sample().net, "example.org"));
  EXPECT_FALSE(may_look_up(sample().net, ""));
}

TEST(NetRule, Covers) {
  const auto rule = [](std::string_view text) {
    return parse("[net]\noutbound = [" + std::string(text) + "]", "p.toml").value_or(Policy{}).net.outbound.at(0);
  };
  const NetRule wide = rule(R"({ protocol = "tcp", host = "*.org", ports = "1-1000", classes = ["private"] })");
  const NetRule narrow = rule(R"({ protocol = "tcp", host = "a.org", ports = [443, 80] })");
  EXPECT_TRUE(wide.covers(narrow));
  EXPECT_FALSE(narrow.covers(wide));
  EXPECT_FALSE(rule(R"({ protocol = "udp", host = "*", ports = "*" })").covers(narrow));
  EXPECT_FALSE(rule(R"({ protocol = "tcp", cidr = "0.0.0.0/0", ports = "*" })").covers(narrow));
}

TEST(Decide, AnyPortNeedsARuleForEveryPort) {
  const auto some = parse(
      "[net]\nlisten = [{ protocol = \"tcp\", cidr = \"127.0.0.1\", ports = \"1-65534\", classes = [\"loopback\"] }]", "p.toml");
  const NetRequest request{.direction = Direction::listen, .address = Address::parse("127.0.0.1"), .port = 0};
  const Decision refused = decide(some->net, request);
  EXPECT_FALSE(refused.is_allowed);
  const auto every = parse("[net]\n" + refused.would_grant, "p.toml");
  ASSERT_TRUE(every) << refused.would_grant;
  EXPECT_TRUE(decide(every->net, request).is_allowed);
}

}  // namespace
}  // namespace mote::policy
