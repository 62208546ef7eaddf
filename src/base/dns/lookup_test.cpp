// Lookups: files, and a name server of the test's own that answers, refuses, is silent, or sends what it should not.
#include "base/dns/lookup.h"

#include "base/dns/message.h"
#include "base/dns/resolver_files.h"
#include "base/os/clock.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <string>

namespace mote::dns {
namespace {

using Lines = std::vector<std::string>;
using Packet = std::vector<uint8_t>;
using Packets = std::vector<Packet>;
using Records = std::vector<std::pair<uint8_t, Packet>>;

Lines texts(const std::vector<os::SocketAddress>& addresses) {
  Lines made;
  for (const os::SocketAddress& one : addresses) made.push_back(os::text(one));
  return made;
}

TEST(ResolverFilesTest, Hosts) {
  const char* hosts =
      "127.0.0.1 localhost\n# 10.0.0.9 broker\n10.0.0.1\tedge Broker # x\n::5 broker\nnonsense broker\n10.0.0.2 broker2";
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "broker", 1)), (Lines{"10.0.0.1:1", "[::5]:1"}));
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "broker2", 1)), Lines{"10.0.0.2:1"});
  EXPECT_EQ(texts(addresses_in_hosts(hosts, "x", 1)), Lines{});
}

TEST(ResolverFilesTest, Resolver) {
  const Resolver read = parse_resolver(
      "nameserver 10.0.0.1\nnameserver x\n;nameserver 10.0.0.9\nsearch a.example b.example\noptions timeout:1 ndots:2\n"
      "nameserver fe::1\nnameserver 10.0.0.3\nnameserver 10.0.0.4",
      53);
  EXPECT_EQ(texts(read.servers), (Lines{"10.0.0.1:53", "[fe::1]:53", "10.0.0.3:53"}));
  EXPECT_EQ(forms_of("broker", read), (Lines{"broker.a.example", "broker.b.example", "broker"}));
  EXPECT_EQ(forms_of("x.y.z", read), (Lines{"x.y.z", "x.y.z.a.example", "x.y.z.b.example"}));
  EXPECT_EQ(forms_of("x.y.", read), Lines{"x.y"});
  EXPECT_EQ(texts(parse_resolver("", 53).servers), Lines{"127.0.0.1:53"});
}

TEST(MessageTest, NamesThatAreNone) {
  for (const std::string& bad :
       {std::string(), std::string("a..b"), std::string(".a"), std::string("a."), std::string(64, 'a'), std::string(254, 'a')})
    EXPECT_FALSE(write_question(1, bad, RecordType::a)) << bad;
  EXPECT_TRUE(write_question(1, std::string(63, 'a') + ".b", RecordType::a));
}

class LookupTest : public ::testing::Test {
 protected:
  LookupTest() : server(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(server.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const auto own = os::socket_info(server.descriptor())->address;
    EXPECT_TRUE(own.has_value());
    if (own) question.server_port = own->port;
    question.port = 1883;
    question.hosts_path = folder + "/hosts";
    question.resolver_path = folder + "/resolv.conf";
    question.time_ms = 30;
    write("resolv.conf", "nameserver 127.0.0.1\n");
    watch = *loop->watch(server.descriptor(), io::Loop::Watching::changes, [this](io::Loop::Change) { serve(); });
  }
  ~LookupTest() override { EXPECT_TRUE(os::remove_folder(folder)); }
  void write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(os::write_file_unflushed(folder + "/" + name, {reinterpret_cast<const uint8_t*>(content.data()), content.size()}));
  }
  void serve() {
    std::vector<uint8_t> buffer(512);
    sockaddr_in from = {};
    socklen_t size = sizeof from;
    for (;;) {
      const ssize_t came =
          recvfrom(server.descriptor(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (came < 0) return;
      std::vector<uint8_t> asked(buffer.begin(), buffer.begin() + came);
      std::string name;
      for (size_t at = 12; asked[at] != 0; at += 1 + asked[at])
        name +=
            std::string(asked.begin() + static_cast<int64_t>(at) + 1, asked.begin() + static_cast<int64_t>(at) + 1 + asked[at]) +
            ".";
      names.push_back(name + (asked[asked.size() - 3] == 28 ? " 6" : " 4"));
      for (const auto& answer : answers(asked, names.back()))
        (void)sendto(server.descriptor(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
  // An answer with records: (type, data), behind an alias.
  static std::vector<uint8_t> answer(std::vector<uint8_t> asked, uint8_t code, const Records& records = {}) {
    asked[2] |= 0x80;
    asked[3] = code;
    asked[7] = static_cast<uint8_t>(records.size());
    for (const auto& [type, data] : records) {
      asked.insert(asked.end(), {0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, static_cast<uint8_t>(data.size())});
      asked.insert(asked.end(), data.begin(), data.end());
    }
    return asked;
  }
  Result<Lines> find(const std::string& host) {
    question.host = host;
    std::optional<Result<std::vector<os::SocketAddress>>> result;
    lookup = *Lookup::begin(*loop, question, [&](Result<std::vector<os::SocketAddress>> found) {
      lookup.reset();
      result = std::move(found);
    });
    while (!result) loop->run_once();
    if (!*result) return std::unexpected(result->error());
    return texts(**result);
  }

  std::string folder = *os::make_temporary_folder("mote-dns-");
  std::unique_ptr<io::Loop> loop = *io::Loop::create();
  os::File server;
  std::unique_ptr<io::Loop::Watch> watch;
  std::unique_ptr<Lookup> lookup;
  Question question;
  Lines names;
  std::function<Packets(const std::vector<uint8_t>&, const std::string&)> answers = [](const Packet&, const std::string&) {
    return Packets();
  };
};

TEST_F(LookupTest, AddressesAndFilesNeedNoServer) {
  write("hosts", "::5 broker\n10.0.0.1 broker\n");
  EXPECT_EQ(find("10.1.2.3").value(), Lines{"10.1.2.3:1883"});
  EXPECT_EQ(find("2001:db8::1").value(), Lines{"[2001:db8::1]:1883"});
  EXPECT_EQ(find("broker").value(), (Lines{"10.0.0.1:1883", "[::5]:1883"}));
  EXPECT_EQ(find("localhost").value(), (Lines{"127.0.0.1:1883", "[::1]:1883"}));
  EXPECT_EQ(names, Lines{});
}

TEST_F(LookupTest, BothKindsOfAddresses) {
  answers = [](const Packet& asked, const std::string& name) {
    const std::vector<uint8_t> v6 = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    if (name.ends_with('6')) return Packets{answer(asked, 0, {{28, v6}})};
    return Packets{answer(asked, 0, {{5, {1, 'x', 0}}, {1, {10, 0, 0, 7}}, {1, {10, 0, 0, 8}}})};
  };
  EXPECT_EQ(find("broker.example").value(), (Lines{"10.0.0.7:1883", "10.0.0.8:1883", "[2001:db8::9]:1883"}));
  EXPECT_EQ(names, (Lines{"broker.example. 4", "broker.example. 6"}));
}

TEST_F(LookupTest, SuffixesAreTried) {
  write("resolv.conf", "nameserver 127.0.0.1\nsearch one.example two.example\n");
  answers = [](const Packet& asked, const std::string& name) {
    if (!name.starts_with("broker.two.")) return Packets{answer(asked, 3)};
    if (name.ends_with('6')) return Packets{answer(asked, 0)};
    return Packets{answer(asked, 0, {{1, {10, 0, 0, 7}}})};
  };
  EXPECT_EQ(find("broker").value(), Lines{"10.0.0.7:1883"});
  const auto none = find("other");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::not_found);
  EXPECT_EQ(none.error().message, "no host is called \"other\"");
}

TEST_F(LookupTest, ASilentServerIsAskedAgainAndGivenUp) {
  const auto none = find("broker.example");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::unavailable);
  EXPECT_NE(none.error().message.find("no answer from 127.0.0.1"), std::string::npos);
  EXPECT_EQ(names.size(), 4u);
}

TEST_F(LookupTest, HalfAnAnswerIsEnough) {
  answers = [](const Packet& asked, const std::string& name) {
    if (name.ends_with('6')) return Packets();
    return Packets{answer(asked, 0, {{1, {10, 0, 0, 7}}})};
  };
  EXPECT_EQ(find("broker.example").value(), Lines{"10.0.0.7:1883"});
}

TEST_F(LookupTest, AServerThatFailsIsAskedAgain) {
  int times = 0;
  answers = [&](const Packet& asked, const std::string& name) {
    if (++times <= 2) return Packets{answer(asked, 2)};
    return Packets{answer(asked, 0, name.ends_with('6') ? Records{} : Records{{1, {10, 0, 0, 7}}})};
  };
  EXPECT_EQ(find("broker.example").value(), Lines{"10.0.0.7:1883"});
  times = -1000;
  const auto none = find("broker.example");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("could not tell"), std::string::npos) << none.error().message;
}

TEST_F(LookupTest, WhatIsNoAnswerIsPassedOver) {
  answers = [](const Packet& asked, const std::string& name) {
    auto wrong_id = answer(asked, 0, {{1, {6, 6, 6, 6}}});
    wrong_id[0] ^= 1;
    auto other_name = answer(asked, 0, {{1, {6, 6, 6, 6}}});
    other_name[13] ^= 1;
    auto torn = answer(asked, 0, {{1, {6, 6, 6, 6}}});
    torn.pop_back();
    auto right = answer(asked, 0, {{1, {10, 0, 0, 7}}});
    if (name.ends_with('6')) right = answer(asked, 0);
    return Packets{wrong_id, other_name, torn, Packet{}, Packet{1, 2, 3}, asked, right};
  };
  EXPECT_EQ(find("broker.example").value(), Lines{"10.0.0.7:1883"});
}

TEST_F(LookupTest, NobodyAtTheServersPort) {
  watch.reset();
  server = os::File();
  const auto none = find("broker.example");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::unavailable);
}

}  // namespace
}  // namespace mote::dns
