// Requests that are malformed, or that two readers might understand differently (request smuggling): each is refused with its
// status, the connection ends, and what stands behind it is never taken for a request. And those that look strange and are right.
#include "base/http/server_testing.h"

namespace mote::http {
namespace {

using namespace std::string_literals;

struct Malformed {
  const char* what;
  std::string request;
  int status;
};

const std::string behind = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

const Malformed malformed[] = {
    {"garbage", "\x16\x03\x01\x02\r\n\r\n", 400},
    {"only a line feed", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"many empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"lines end with LF", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"one line ends with LF", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"the head ends with LF", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
    {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, 400},
    {"NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: a\r\n\r\n"s, 400},
    {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
    {"a control character in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
    {"blank before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400},
    {"tab before the colon", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n", 400},
    {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
    {"no name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
    {"a name that is no token", "GET / HTTP/1.1\r\nHost: a\r\nX(y): x\r\n\r\n", 400},
    {"a name beyond ASCII", "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: x\r\n\r\n", 400},
    {"folded", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    {"folded with a tab", "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n", 400},
    {"the first header is folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
    {"the same length twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
    {"a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400},
    {"a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400},
    {"a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
    {"a length in hexadecimal", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400},
    {"a length with a fraction", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5.0\r\n\r\nhello", 400},
    {"a length without digits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    {"a length beyond 64 bits", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
    {"length and chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunks and length", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
    {"chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked, and identity",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
    {"chunked within a list", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
    {"another coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
    {"identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", 501},
    {"a misspelt coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501},
    {"a coding in quotes", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501},
    {"a coding behind a control character",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
    {"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"two hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a target that is no path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"the asterisk for a page", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a user in the authority", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a proxy's method", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"a proxy's method with a path", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
    {"version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"a version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"another expectation", "GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417},
    {"too many headers", "GET / HTTP/1.1\r\nHost: a\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n", 431},
    {"a long header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", 431},
    {"a header without end", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x'), 431},
    {"a long target", "GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    {"a target without end", "GET /" + std::string(1000, 'x'), 414},
};

// Found in the body: the handler was called, and asked for it.
const Malformed malformed_bodies[] = {
    {"a size that is none", "x\r\nhello\r\n0\r\n\r\n", 400},
    {"no size", "\r\nhello\r\n0\r\n\r\n", 400},
    {"a negative size", "-5\r\nhello\r\n0\r\n\r\n", 400},
    {"a size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n", 400},
    {"a size beyond 64 bits", "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
    {"more than the size", "5\r\nhello!\r\n0\r\n\r\n", 400},
    {"less than the size", "6\r\nhello\r\n0\r\n\r\n", 400},
    {"an extension that is none", "5;\x01\r\nhello\r\n0\r\n\r\n", 400},
    {"a long extension", "5;x=" + std::string(1000, 'y') + "\r\nhello\r\n0\r\n\r\n", 431},
    {"an extension without end", "5;x=" + std::string(1000, 'y'), 431},
    {"a trailer that is none", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n", 400},
    {"a length as trailer", "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", 400},
    {"long trailers", "5\r\nhello\r\n0\r\nX: " + std::string(1000, 'y') + "\r\n\r\n", 431},
};

constexpr ServerLimits small = {.head_size = 512, .headers = 4, .target_size = 64};

class MalformedTest : public ServerTest {
 protected:
  // As a whole, cut in two, and byte by byte: always the same.
  void expect_refused(const Malformed& row, const std::string& request) {
    for (const size_t piece_size : {size_t(1), request.size() / 2 + 1, request.size() + behind.size()}) {
      Client client(port);
      const std::string answer = ask(client, request + behind, "", piece_size);
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(row.status) + " ")) << row.what << ": " << answer;
      EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << row.what << ": answered twice: " << answer;
      EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos) << row.what;
    }
  }
};

TEST_F(MalformedTest, HeadsAreRefused) {
  start(small);
  handler.call = [](Exchange& exchange) {
    ADD_FAILURE() << exchange.head().target;
    exchange.abandon();
  };
  for (const Malformed& row : malformed) expect_refused(row, row.request);
  EXPECT_EQ(server->counts().malformed, 3 * std::size(malformed));
}

TEST_F(MalformedTest, BodiesAreRefused) {
  start(small);
  handler.call = [](Exchange& exchange) {
    EXPECT_EQ(exchange.head().target, "/body");
    answer_with_request(exchange);
  };
  for (const Malformed& row : malformed_bodies) {
    expect_refused(row, "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + row.request);
  }
}

// A body that is malformed and that nobody reads is no reason to take what follows for a request.
TEST_F(MalformedTest, BodiesThatNobodyReadsEndTheConnection) {
  start(small);
  for (const Malformed& row : malformed_bodies) {
    Client client(port);
    const std::string answer =
        ask(client, "POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + row.request + behind, "");
    EXPECT_EQ(undated(answer), "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello") << row.what;
  }
}

TEST_F(MalformedTest, WhatIsOnlyStrangeIsUnderstood) {
  start(small);
  handler.call = answer_with_request;
  struct {
    std::string request, answer;
  } const rows[] = {
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\nhOsT:a\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / []"},
      {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / []"},
      {"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /pot []"},
      {"GET /\xc3\xa9?a=\"b\" HTTP/1.1\r\nHost: a\r\n\r\n", "GET /\xc3\xa9?a=\"b\" []"},
      {"GET http://a:1/?x HTTP/1.1\r\nHost: b\r\n\r\n", "GET /?x []"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello", "POST / [hello]"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \t5 \r\n\r\nhello", "POST / [hello]"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n005;a;b=\"c\"\r\nhello\r\n00\r\nX: y\r\n\r\n",
       "POST / [hello]"},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "GET / [hello]"},
  };
  for (const auto& row : rows) {
    Client client(port);
    EXPECT_TRUE(ask(client, row.request, row.answer).starts_with("HTTP/1.1 200 OK\r\n")) << row.request;
  }
}

}  // namespace
}  // namespace mote::http
