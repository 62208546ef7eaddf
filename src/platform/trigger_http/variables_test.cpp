// The variables of CGI/1.1 and WAGI for a request, one by one.
#include "platform/trigger_http/variables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace mote::trigger_http {
namespace {

class VariablesTest : public testing::Test {
 protected:
  // A request for `target` where `route` is served.
  void ask(std::string_view route, std::string_view target, std::vector<http::Header> headers = {}) {
    parsed_ = *manifest::Route::parse(route);
    const manifest::Route* const one = &parsed_;
    router_ = manifest::Router(base, std::span(&one, 1));
    target_ = target;
    headers_ = std::move(headers);
    head_.method = "POST";
    head_.target = target_;
    const size_t question = target_.find('?');
    head_.path = std::string_view(target_).substr(0, question);
    head_.query = question == target_.npos ? std::string_view() : std::string_view(target_).substr(question + 1);
    head_.authority = "edge.example:8080";
    head_.peer = "192.0.2.7:41000";
    head_.headers = headers_;
    const auto match = router_.match(head_.path);
    ASSERT_TRUE(match);
    std::vector<std::string> arguments, environment = {"BASE=1", "an earlier event's"};
    {
      trigger::Variables variables(arguments, environment, 1);
      describe({head_, *match, base, "c", 12}, variables);
    }
    EXPECT_EQ(environment[0], "BASE=1");
    values.clear();
    for (const std::string& entry : environment) {
      const size_t equals = entry.find('=');
      EXPECT_TRUE(values.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second) << entry;
    }
    fill_arguments("${SCRIPT_NAME} --x ${ARGS}", {head_, *match, base, "c", 12}, arguments);
    words = arguments;
  }
  std::string base = "/";
  std::map<std::string, std::string> values;
  std::vector<std::string> words;

 private:
  manifest::Route parsed_;
  manifest::Router router_;
  std::string target_;
  std::vector<http::Header> headers_;
  http::RequestHead head_;
};

TEST_F(VariablesTest, TheRequest) {
  ask("/a/...", "/a/b%20c/d?x=1&y=%41&&z", {{"Content-Type", "text/x"}, {"X-Trace-Id", "7"}, {"accept", "*/*"}});
  EXPECT_EQ(values["GATEWAY_INTERFACE"], "CGI/1.1");
  EXPECT_EQ(values["SERVER_SOFTWARE"], "WAGI/1");
  EXPECT_EQ(values["SERVER_PROTOCOL"], "HTTP/1.1");
  EXPECT_EQ(values["SERVER_NAME"], "edge.example");
  EXPECT_EQ(values["SERVER_PORT"], "8080");
  EXPECT_EQ(values["REQUEST_METHOD"], "POST");
  EXPECT_EQ(values["QUERY_STRING"], "x=1&y=%41&&z");
  EXPECT_EQ(values["REMOTE_ADDR"], "192.0.2.7");
  EXPECT_EQ(values["CONTENT_LENGTH"], "12");
  EXPECT_EQ(values["CONTENT_TYPE"], "text/x");
  EXPECT_EQ(values["HTTP_X_TRACE_ID"], "7");
  EXPECT_EQ(values["HTTP_ACCEPT"], "*/*");
  EXPECT_EQ(values.count("HTTP_CONTENT_TYPE"), 0U);
  EXPECT_EQ(values["PATH_INFO"], "/b c/d");
  EXPECT_EQ(values["X_RAW_PATH_INFO"], "/b%20c/d");
  EXPECT_EQ(values["SCRIPT_NAME"], "/a");
  EXPECT_EQ(values["X_MATCHED_ROUTE"], "/a/...");
  EXPECT_EQ(values["X_COMPONENT_ROUTE"], "/a");
  EXPECT_EQ(values["X_FULL_URL"], "http://edge.example:8080/a/b%20c/d?x=1&y=%41&&z");
  EXPECT_EQ(words, (std::vector<std::string>{"/a", "--x", "x=1", "y=A", "z"}));
}

TEST_F(VariablesTest, ParametersAndABase) {
  base = "/app";
  ask("/users/:id", "/app/users/%2e%2E");
  EXPECT_EQ(values["X_PATH_MATCH_ID"], "..");
  EXPECT_EQ(values["X_MATCHED_ROUTE"], "/app/users/:id");
  EXPECT_EQ(values["X_RAW_COMPONENT_ROUTE"], "/users/:id");
  EXPECT_EQ(values["X_BASE_PATH"], "/app");
  EXPECT_EQ(values["SCRIPT_NAME"], "/app/users/..");
  EXPECT_EQ(values["PATH_INFO"], "");
}

TEST_F(VariablesTest, WhatIsNotTheGuests) {
  ask("/...", "/", {{"Authorization", "secret"}, {"Proxy", "http://evil"}, {"CONNECTION", "close"}, {"X_Forged", "1"}});
  for (const auto& [name, value] : values) {
    EXPECT_EQ(value.find("secret"), value.npos);
    EXPECT_NE(name, "HTTP_PROXY");
    EXPECT_NE(name, "HTTP_CONNECTION");
    EXPECT_NE(name, "HTTP_X_FORGED");
  }
}

TEST(Decoding, LeavesWhatIsNoCode) {
  const auto decoded = [](std::string_view text) {
    std::string out;
    append_decoded(out, text);
    return out;
  };
  EXPECT_EQ(decoded("a%41%zz%4"), "aA%zz%4");
  EXPECT_EQ(decoded("%00%"), "%00%");
  EXPECT_EQ(decoded("%25%34%31"), "%41");
}

}  // namespace
}  // namespace mote::trigger_http
