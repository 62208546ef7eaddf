// What CGI programs write, and what is none of it.
#include "platform/trigger_http/answer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace mote::trigger_http {
namespace {

struct Parsed {
  int status = 0;
  std::string headers, body, wrong;
};
Parsed parse(std::string_view text) {
  std::vector<http::Header> headers;
  const auto answer = parse_cgi({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, headers);
  if (!answer) return {.wrong = answer.error().message};
  Parsed parsed{.status = answer->status, .body = std::string(answer->body.begin(), answer->body.end())};
  for (const http::Header& header : headers) parsed.headers += std::string(header.name) + "=" + std::string(header.value) + ";";
  return parsed;
}

TEST(CgiAnswer, HeadersThenBody) {
  const Parsed parsed = parse("Content-Type: text/plain\nX-A:  b \n\nhello\n\nworld");
  EXPECT_EQ(parsed.status, 200);
  EXPECT_EQ(parsed.headers, "Content-Type=text/plain;X-A=b;");
  EXPECT_EQ(parsed.body, "hello\n\nworld");
  EXPECT_EQ(parse("content-type: a\r\n\r\n").body, "");
}

TEST(CgiAnswer, StatusAndLocation) {
  const Parsed missing = parse("status: 404 Not Found\n\nno");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers, "");
  EXPECT_EQ(parse("Location: /there\n\n").status, 302);
  EXPECT_EQ(parse("Location: /there\nStatus: 301\n\n").status, 301);
}

TEST(CgiAnswer, WhatIsNone) {
  EXPECT_NE(parse("").wrong, "");
  EXPECT_NE(parse("hello").wrong, "");
  EXPECT_NE(parse("Content-Type: text/plain\nbody without an empty line").wrong, "");
  EXPECT_NE(parse("no header\n\n").wrong, "");
  EXPECT_NE(parse(": nameless\n\n").wrong, "");
  EXPECT_NE(parse("X-Other: 1\n\nbody").wrong.find("stdio"), std::string::npos);
  for (const char* status : {"", "20", "abc", "100", "199", "600", "2000", "20x"}) {
    EXPECT_NE(parse("Status: " + std::string(status) + "\n\n").wrong, "") << status;
  }
}

TEST(CgiAnswer, AsManyHeadersAsMayBe) {
  std::string text = "Content-Type: a\n";
  for (int i = 0; i < 2000; ++i) text += "X-H: v\n";
  EXPECT_NE(parse(text + "\n").wrong.find("more than"), std::string::npos);
}

}  // namespace
}  // namespace mote::trigger_http
