// Requests of ours, to servers of this room and to ones that do what the test says: answers in every framing, what is cut, silent,
// too large.
#include "base/http/fetch.h"

#include "base/http/server_testing.h"
#include "base/tls/certificates_testing.h"

#include <unistd.h>

#include <optional>

namespace mote::http {
namespace {

class FetchTest : public ServerTest {
 protected:
  std::string url(std::string_view path, std::string_view scheme = "http", std::string_view host = "127.0.0.1") const {
    return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(port) + std::string(path);
  }
  // "200 body", or "refused: …".
  std::string get(FetchRequest request, const tls::Context* tls = nullptr) {
    std::optional<Result<FetchAnswer>> answer;
    const auto fetching = Fetch::begin(*loop, std::move(request), tls, [&](Result<FetchAnswer> result) {
      EXPECT_FALSE(answer) << "told twice";
      answer = std::move(result);
    });
    if (!fetching) return "refused: " + fetching.error().message;
    if (!until([&] {
          serve_raw();
          return answer.has_value();
        }))
      return "no end";
    if (!*answer) return "failed: " + answer->error().message;
    const std::string leads = (*answer)->location.empty() ? "" : " to " + (*answer)->location;
    return std::to_string((*answer)->status) + " " + (*answer)->body + leads;
  }

  // A server that says this and hangs up, or (`stays`) does not.
  void start_raw(std::string says, os::File listener) {
    raw_listener_ = std::move(listener);
    says_ = std::move(says);
  }
  void start_raw(std::string says, bool stays = false) {
    raw_listener_ = os::listen_tcp({.bytes = {127, 0, 0, 1}}).value();
    port = os::socket_info(raw_listener_.descriptor())->address->port;
    says_ = std::move(says);
    stays_ = stays;
  }

 private:
  void serve_raw() {
    if (!raw_listener_) return;
    auto accepted = os::accept_connection(raw_listener_.descriptor());
    if (!accepted) return;
    (void)os::send_some(accepted->descriptor(), bytes(says_));
    if (stays_)
      held_ = *std::move(accepted);
    else
      (void)os::shut_down(accepted->descriptor(), false, true), held_ = *std::move(accepted);
  }
  os::File raw_listener_, held_;
  std::string says_;
  bool stays_ = false;
};

TEST_F(FetchTest, AsksASocketThatIsAFile) {
  const std::string path = testing::TempDir() + "/fetch-" + std::to_string(getpid());
  start_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlocal", os::listen_local(path).value());
  EXPECT_EQ(get({.url = "http://localhost/", .local_socket = path}), "200 local");
  EXPECT_TRUE(get({.url = "http://localhost/", .local_socket = path + ".none"}).starts_with("refused: cannot connect to"));
  (void)os::remove_file(path);
}

TEST_F(FetchTest, AsksAndIsAnswered) {
  start();
  handler.call = answer_with_request;
  EXPECT_EQ(get({.url = url("/a?b")}), "200 GET /a?b []");
  EXPECT_EQ(get({.method = "POST", .url = url(""), .headers = {{"Content-Type", "a/b"}}, .body = "hello"}), "200 POST / [hello]");
  EXPECT_EQ(get({.method = "POST", .url = url("/large"), .body = std::string(900'000, 'x')}),
            "200 POST /large [" + std::string(900'000, 'x') + "]");
  EXPECT_EQ(get({.url = url("/", "http", "localhost")}), "200 GET / []");
}

TEST_F(FetchTest, AsksOverTls) {
  const tls::TestCertificates files;
  const auto context = *tls::Context::server({files.certificate, files.key}, {"http/1.1"});
  const auto believer = *tls::Context::client(files.certificate);
  start({}, context.get());
  handler.call = answer_with_request;
  EXPECT_EQ(get({.method = "POST", .url = url("/a", "https", "localhost"), .body = std::string(300'000, 'y')}, believer.get()),
            "200 POST /a [" + std::string(300'000, 'y') + "]");
  const tls::TestCertificates others;
  const auto stranger = *tls::Context::client(others.certificate);
  EXPECT_TRUE(get({.url = url("/", "https")}, stranger.get()).starts_with("failed: https://127.0.0.1:"))
      << "a certificate that nobody vouches for";
  EXPECT_TRUE(get({.url = url("/", "https")}).starts_with("refused: "));
}

TEST_F(FetchTest, ReadsEveryFraming) {
  const auto says = [&](std::string text) {
    start_raw(std::move(text));
    return get({.url = url("/")});
  };
  EXPECT_EQ(says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"), "200 hello");
  EXPECT_EQ(says("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n"),
            "404 abcde");
  EXPECT_EQ(says("HTTP/1.0 503 Busy\r\n\r\nuntil the end"), "503 until the end");
  EXPECT_EQ(says("HTTP/1.1 204 Nothing\r\n\r\n"), "204 ");
  EXPECT_EQ(says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), "200 x");
}

TEST_F(FetchTest, TellsWhereAnAnswerLeads) {
  start_raw("HTTP/1.1 302 Found\r\nLocation: /b?c#d\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(get({.url = url("/")}), "302  to /b?c#d");
  const auto leads = [](std::string_view location, std::string_view from = "https://a.org:8/x/y?z") {
    const auto to = redirected(from, location);
    return to ? *to : "refused";
  };
  EXPECT_EQ(leads("http://b/c#d"), "http://b/c");
  EXPECT_EQ(leads("HTTPS://b?c"), "https://b/?c");
  EXPECT_EQ(leads("//b/c"), "https://b/c");
  EXPECT_EQ(leads("/c?d"), "https://a.org:8/c?d");
  EXPECT_EQ(leads("c/d"), "https://a.org:8/x/c/d");
  EXPECT_EQ(leads("?d"), "https://a.org:8/x/y?d");
  EXPECT_EQ(leads("c?http://d/"), "https://a.org:8/x/c?http://d/");
  EXPECT_EQ(leads("c", "http://a"), "http://a/c");
  for (const std::string_view bad : {"", "#d", "ftp://a/", "https://u@a/", "javascript:x", "/a b", "https:///a"})
    EXPECT_EQ(leads(bad), "refused") << bad;
}

TEST_F(FetchTest, RefusesWhatIsNoAnswer) {
  const auto says = [&](std::string text, bool stays = false) {
    start_raw(std::move(text), stays);
    return get({.url = url("/"), .time_ms = 300, .most_answer = 10});
  };
  EXPECT_NE(says("").find("ended before the answer did"), std::string::npos);
  EXPECT_NE(says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel").find("ended before the answer did"), std::string::npos);
  EXPECT_NE(says("220 smtp ready\r\n").find("is no answer of HTTP/1.1"), std::string::npos);
  EXPECT_NE(says("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world").find("more than 10 bytes"), std::string::npos);
  EXPECT_NE(says("HTTP/1.1 200 OK\r\n", true).find("no answer within 300 ms"), std::string::npos);
  start_raw("");
  const uint16_t gone = port;
  start_raw("");
  port = gone;
  EXPECT_NE(get({.url = url("/")}).find("Connection refused"), std::string::npos);
  EXPECT_NE(get({.url = "http://nosuch.invalid/", .time_ms = 3000}).find("failed: http://nosuch.invalid/: "), std::string::npos);
}

TEST_F(FetchTest, RefusesWhatIsNoRequest) {
  start();
  for (const std::string_view bad : {"", "example.org", "ftp://a/", "http://", "http:///a", "http://a:0/", "http://a:99999/",
                                     "http://u@a/", "http://a/#f", "http://a/b c", "http://[::1/", "http://a\r\nX: y/"})
    EXPECT_TRUE(get({.url = std::string(bad)}).starts_with("refused: ")) << bad;
  EXPECT_TRUE(get({.url = url("/"), .headers = {{"A", "b\r\nC: d"}}}).starts_with("refused: "));
  EXPECT_TRUE(get({.url = url("/"), .headers = {{"Host", "b"}}}).starts_with("refused: "));
  EXPECT_TRUE(get({.method = "G T", .url = url("/")}).starts_with("refused: "));
}

TEST_F(FetchTest, KnowsAddresses) {
  const auto parsed = [](std::string_view text) {
    const Url url = Url::parse(text).value();
    return std::string(url.is_https ? "https " : "http ") + url.host + " " + std::to_string(url.port) + " " + url.authority + " " +
           url.target;
  };
  EXPECT_EQ(parsed("http://a"), "http a 80 a /");
  EXPECT_EQ(parsed("HTTPS://a:8443/b?c"), "https a 8443 a:8443 /b?c");
  EXPECT_EQ(parsed("https://[::1]?q"), "https ::1 443 [::1] /?q");
  EXPECT_EQ(parsed("http://[::1]:80/"), "http ::1 80 [::1]:80 /");
}

TEST_F(FetchTest, MayBeGivenUp) {
  start_raw("HTTP/1.1 200 OK\r\n", true);
  bool is_told = false;
  {
    const auto fetching = Fetch::begin(*loop, {.url = url("/")}, nullptr, [&](const auto&) { is_told = true; });
    settle();
  }
  settle();
  EXPECT_FALSE(is_told);
}

}  // namespace
}  // namespace mote::http
