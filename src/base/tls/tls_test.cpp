// Sessions between two ends in memory; certificates that are missing, wrong, exchanged while sessions go on.
#include "base/os/file.h"
#include "base/tls/certificates_testing.h"
#include "base/tls/context.h"

#include <gtest/gtest.h>

#include <string>

// What OpenSSL knows of the CPU: nothing before a context is made (start.cpp).
extern "C" unsigned OPENSSL_ia32cap_P[4];  // NOLINT(readability-identifier-naming)

namespace mote::tls {
namespace {

const unsigned known_at_start = OPENSSL_ia32cap_P[0];

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Moves bytes between two ends until neither has any; the first failure of either.
Result<void> converse(Session& one, Session& other) {
  Result<void> verdict;
  for (bool moves = true; moves;) {
    moves = false;
    for (auto [from, to] : {std::pair(&one, &other), std::pair(&other, &one)}) {
      const Bytes output = from->output();
      const std::vector<uint8_t> copy(output.begin(), output.end());
      from->sent(copy.size());
      if (copy.empty()) continue;
      moves = true;
      const auto fed = to->feed(copy);
      if (!fed && verdict) verdict = fed;
    }
  }
  return verdict;
}

std::string read(Session& session) {
  std::string text;
  uint8_t buffer[1000];
  for (;;) {
    const auto size = session.read(buffer);
    if (!size) return "failed: " + size.error().message;
    if (*size == 0) return text;
    text.append(reinterpret_cast<const char*>(buffer), *size);
  }
}

// Of no certificate: whoever reads it is to notice that it is encrypted.
constexpr std::string_view encrypted_key =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhzueiXU8UKEAICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEELANTTe5brVBqCjy37s7r5kEgZCQ\n"
    "2ol7xXLtukhGIi2UaL/jertp8Nssvcyc7V9QJqmuwClu8lemberbB0wEMQoLDxiN\n"
    "iR/QG9ISgjnUvCHUhIORl/6VsuY0XVA32mMLxvu6CR3D75aRPHqAMyhwojoYMSVA\n"
    "t1Z47j0U97F/28d+sg+J0jnNDGLeSs7FQpe86HzIWKs6E8n84lLNFcQpMtUcvnI=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

class TlsTest : public testing::Test {
 protected:
  const TestCertificates files;
  std::unique_ptr<Context> server = *Context::server({files.certificate, files.key}, {"h2", "http/1.1"});
  std::unique_ptr<Context> client = *Context::client(files.certificate, std::nullopt, {"http/1.1", "h2"});
};

TEST_F(TlsTest, TwoEndsTalk) {
  auto a = *server->accept();
  auto b = *client->connect("localhost");
  EXPECT_FALSE(a->is_open());
  ASSERT_TRUE(converse(*a, *b).has_value());
  EXPECT_TRUE(a->is_open() && b->is_open());
  EXPECT_EQ(a->protocol(), "h2");  // the server's order
  EXPECT_EQ(b->protocol(), "h2");
  const std::string much(1 << 20, 'm');
  ASSERT_TRUE(b->write(bytes("hello")).has_value());
  ASSERT_TRUE(a->write(bytes(much)).has_value());
  ASSERT_TRUE(converse(*a, *b).has_value());
  EXPECT_TRUE(a->may_have_more());
  EXPECT_EQ(read(*a), "hello");
  EXPECT_FALSE(a->may_have_more());
  EXPECT_EQ(read(*b), much);
  EXPECT_FALSE(b->has_ended());
  a->end();
  ASSERT_TRUE(converse(*a, *b).has_value());
  EXPECT_EQ(read(*b), "");
  EXPECT_TRUE(b->has_ended());
}

#if defined(__x86_64__)
TEST_F(TlsTest, TheCpuIsUsed) {
  EXPECT_EQ(known_at_start, 0u);
  EXPECT_NE(OPENSSL_ia32cap_P[0], 0u);
}
#endif

TEST_F(TlsTest, HoweverTheBytesAreCut) {
  auto a = *server->accept();
  auto b = *client->connect("localhost");
  while (!a->is_open() || !b->is_open()) {
    for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      while (!(*from)->output().empty()) {
        const uint8_t one = (*from)->output()[0];
        (*from)->sent(1);
        ASSERT_TRUE((*to)->feed({&one, 1}).has_value());
      }
    }
  }
  EXPECT_EQ(a->protocol(), "h2");
}

TEST_F(TlsTest, AClientKnowsWhomItBelieves) {
  auto stranger = *Context::client(std::nullopt);
  auto a = *server->accept();
  auto b = *stranger->connect("localhost");
  const auto refused = converse(*b, *a);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.starts_with("the TLS handshake failed: the certificate is not believed: self"))
      << refused.error().message;
  a = *server->accept();
  b = *client->connect("elsewhere.example");
  const auto elsewhere = converse(*b, *a);
  ASSERT_FALSE(elsewhere.has_value());
  EXPECT_EQ(elsewhere.error().message, "the TLS handshake failed: the certificate is not believed: hostname mismatch");
  a = *server->accept();
  b = *client->connect("127.0.0.1");
  EXPECT_TRUE(converse(*b, *a).has_value());
}

TEST_F(TlsTest, GarbageIsAFailure) {
  auto a = *server->accept();
  const auto fed = a->feed(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().kind, ErrorKind::bad_input);
  EXPECT_EQ(fed.error().message, "the TLS handshake failed: http request");
  EXPECT_FALSE(a->feed(bytes("more")).has_value());
  EXPECT_FALSE(a->is_open());
  auto c = *server->accept();
  auto b = *client->connect("localhost");
  ASSERT_TRUE(converse(*c, *b).has_value());
  ASSERT_TRUE(c->feed(bytes(std::string(100, 'x'))).has_value());
  EXPECT_TRUE(read(*c).starts_with("failed: TLS failed: "));
}

TEST_F(TlsTest, FilesThatAreWrongAreNamed) {
  const auto refusal = [](const std::string& certificate, const std::string& key) {
    const auto made = Context::server({certificate, key});
    return made ? "nothing" : made.error().message;
  };
  const TestCertificates other;
  ASSERT_TRUE(
      os::write_file(files.folder + "/garbage", bytes("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")).has_value());
  ASSERT_TRUE(os::write_file(files.folder + "/empty", {}).has_value());
  ASSERT_TRUE(os::write_file(files.folder + "/locked", bytes(encrypted_key)).has_value());
  EXPECT_EQ(refusal(files.folder + "/none", files.key), "cannot open " + files.folder + "/none: No such file or directory");
  EXPECT_EQ(refusal(files.folder + "/empty", files.key), files.folder + "/empty holds no certificate in PEM");
  EXPECT_TRUE(refusal(files.folder + "/garbage", files.key)
                  .starts_with(files.folder + "/garbage holds a certificate that cannot be read: "));
  EXPECT_TRUE(refusal(files.certificate, files.certificate).starts_with(files.certificate + " holds no private key in PEM"));
  EXPECT_TRUE(refusal(files.certificate, other.key).starts_with("the key in " + other.key + " is not that of the certificate in "));
  EXPECT_EQ(refusal(files.certificate, files.folder + "/locked"),
            "the key in " + files.folder + "/locked is encrypted: decrypt it with `openssl pkey`");
  EXPECT_FALSE(Context::client(files.folder + "/empty").has_value());
}

TEST_F(TlsTest, CertificatesAreExchangedWhileSessionsGoOn) {
  auto a = *server->accept();
  auto b = *client->connect("localhost");
  ASSERT_TRUE(converse(*a, *b).has_value());
  const TestCertificates other;
  // A bad one changes nothing.
  ASSERT_TRUE(os::write_file(files.key, bytes(other.key_text)).has_value());
  EXPECT_FALSE(server->reload().has_value());
  auto c = *server->accept();
  auto d = *client->connect("localhost");
  EXPECT_TRUE(converse(*c, *d).has_value());
  // A good one is for new sessions.
  ASSERT_TRUE(os::write_file(files.certificate, bytes(other.certificate_text)).has_value());
  ASSERT_TRUE(server->reload().has_value());
  ASSERT_TRUE(a->write(bytes("still here")).has_value());
  ASSERT_TRUE(converse(*a, *b).has_value());
  EXPECT_EQ(read(*b), "still here");
  c = *server->accept();
  d = *client->connect("localhost");
  EXPECT_FALSE(converse(*d, *c).has_value());  // does not believe it
  ASSERT_TRUE(client->reload().has_value());
  c = *server->accept();
  d = *client->connect("localhost");
  EXPECT_TRUE(converse(*d, *c).has_value());
}

}  // namespace
}  // namespace mote::tls
