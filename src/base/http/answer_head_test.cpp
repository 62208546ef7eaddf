#include "base/http/answer_head.h"

#include "base/http/text.h"

#include <gtest/gtest.h>

#include <string>

namespace mote::http {
namespace {

TEST(AnswerHead, IsWrittenAsHttpWantsIt) {
  ByteQueue to;
  const Header headers[] = {{"X-A", "1"}, {"date", "dropped"}, {"x-b", ""}};
  append_head(to, {.status = 299, .headers = headers, .length = 0, .says_it_stays = true}, "now");
  EXPECT_EQ(text_of(to.view()),
            "HTTP/1.1 299 \r\ndate: now\r\nX-A: 1\r\nx-b: \r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
  to.clear();
  append_head(to, {.status = 503, .is_chunked = true, .closes = true}, "now");
  EXPECT_EQ(text_of(to.view()),
            "HTTP/1.1 503 Service Unavailable\r\ndate: now\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
}

TEST(AnswerHead, NamesAndValues) {
  EXPECT_TRUE(is_token("x-Y_1~"));
  for (const char* const bad : {"", "a b", "a:", "a\n", "é", "a(b)"}) EXPECT_FALSE(is_token(bad)) << bad;
  EXPECT_TRUE(is_header_value("") && is_header_value("a\tb é"));
  for (const char* const bad : {"a\r", "\n", "\x7f", "\x01"}) EXPECT_FALSE(is_header_value(bad)) << bad;
  EXPECT_FALSE(is_header_value(std::string_view("a\0b", 3)));
  for (const char* const ours : {"Date", "TE", "trailer", "Upgrade", "Connection", "keep-alive", "CONTENT-LENGTH",
                                 "Proxy-Connection", "Transfer-Encoding"}) {
    EXPECT_TRUE(is_ours(ours)) << ours;
  }
  EXPECT_FALSE(is_ours("content-type") || is_ours("dat") || is_ours("x-date"));
}

TEST(Date, IsOneOfHttpAndGoesOn) {
  Date date;
  const std::string first(date.text(1));
  ASSERT_EQ(first.size(), 29u) << first;  // Thu, 26 Nov 2026 19:30:00 GMT
  EXPECT_EQ(first.substr(3, 2), ", ");
  EXPECT_TRUE(first.ends_with(" GMT"));
  const char* const kept = date.text(2).data();
  EXPECT_EQ(date.text(3).data(), kept);
  EXPECT_EQ(date.text(UINT64_MAX / 2).size(), 29u);
}

}  // namespace
}  // namespace mote::http
