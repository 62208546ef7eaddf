// The server with TLS: requests, certificates exchanged while connections go on, clients that are slow, wrong, or send plain text.
#include "base/http/tls_client_testing.h"
#include "base/tls/certificates_testing.h"

namespace mote::http {
namespace {

class TlsServerTest : public ServerTest {
 protected:
  std::string ask(TlsClient& client, std::string_view request, std::string_view ending) {
    client.send(request);
    EXPECT_TRUE(until([&] {
      client.receive();
      return client.has_ended || (!ending.empty() && client.received.ends_with(ending));
    })) << client.received;
    return std::exchange(client.received, "");
  }
  tls::TestCertificates files;
  std::unique_ptr<tls::Context> context = *tls::Context::server({files.certificate, files.key}, {"http/1.1"});
  std::unique_ptr<tls::Context> believer = *tls::Context::client(files.certificate, std::nullopt, {"http/1.1"});
};

TEST_F(TlsServerTest, AnswersAndCertificatesAreExchanged) {
  start({}, context.get());
  bool was_tls = false;
  handler.call = [&](Exchange& exchange) {
    was_tls = exchange.head().is_tls;
    answer_with_request(exchange);
  };
  const std::string request = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  TlsClient client(port, *believer);
  EXPECT_EQ(undated(ask(client, request, "]")), "HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\nPOST /a [hello]");
  EXPECT_TRUE(was_tls);
  EXPECT_EQ(client.session().protocol(), "http/1.1");
  const tls::TestCertificates other;
  ASSERT_TRUE(os::write_file(files.certificate, bytes(other.certificate_text)).has_value());
  ASSERT_TRUE(os::write_file(files.key, bytes(other.key_text)).has_value());
  ASSERT_TRUE(context->reload().has_value());
  EXPECT_TRUE(ask(client, request, "]").starts_with("HTTP/1.1 200"));
  TlsClient stranger(port, *believer);
  ASSERT_TRUE(until([&] {
    stranger.receive();
    return stranger.has_failed;
  }));
  const auto new_believer = *tls::Context::client(other.certificate);
  TlsClient next(port, *new_believer);
  EXPECT_TRUE(ask(next, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(next.session().has_ended());  // said goodbye: nothing was cut off
}

TEST_F(TlsServerTest, LargeBodiesBothWaysWithBackPressure) {
  start({}, context.get());
  handler.call = [](Exchange& exchange) {
    exchange.read_body(16 << 20, [&exchange](Result<Bytes> body) {
      ASSERT_TRUE(body.has_value());
      (void)exchange.answer(200, {}, *body);
    });
  };
  TlsClient client(port, *believer);
  std::string body(8 << 20, 0);
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 1000);
  const std::string head = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  const std::string answer = ask(client, head + body, std::string_view(body).substr(body.size() - 1000));
  EXPECT_TRUE(answer.ends_with(body));
}

TEST_F(TlsServerTest, PlainTextAndSilenceAreNotForHere) {
  start({.head_time_ms = 80}, context.get());
  Client plain(port), silent(port);
  const std::string answer = ServerTest::ask(plain, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "");
  EXPECT_EQ(answer.find("HTTP"), std::string::npos);
  EXPECT_EQ(server->counts().malformed, 1u);
  EXPECT_EQ(ServerTest::ask(silent, "", ""), "");
  EXPECT_EQ(server->counts().timed_out, 1u);
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
  EXPECT_EQ(server->counts().requests, 0u);
}

TEST_F(TlsServerTest, DamageEndsTheConnection) {
  start({}, context.get());
  TlsClient client(port, *believer);
  (void)ask(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "hello");
  client.send_raw(std::string(100, 'x'));
  EXPECT_TRUE(until([&] { return server->counts().connections == 0; }));
}

}  // namespace
}  // namespace mote::http
