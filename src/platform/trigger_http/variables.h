// What a guest of a request is told about it: the variables of CGI/1.1 (RFC 3875) as WAGI has them, and those that Spin adds.
//
// `Authorization` and `Connection` are not the guest's business, and `Proxy` would be taken for the configuration of a client
// (HTTP_PROXY). Tested by variables_test.cpp.
#pragma once

#include "base/http/exchange.h"
#include "platform/manifest/route.h"
#include "platform/trigger/event.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mote::trigger_http {

struct Request {
  const http::RequestHead& head;
  const manifest::Match& match;
  std::string_view base;       // of all routes: "/" or "/app"
  std::string_view component;  // its name
  uint64_t body_size = 0;
};
void describe(const Request& request, trigger::Variables& variables);

// The arguments that `argv` means: "${SCRIPT_NAME} ${ARGS}". Words are separated by spaces.
void fill_arguments(std::string_view argv, const Request& request, std::vector<std::string>& arguments);

// "%41" is A. Anything else stays; a '%' that begins no such code, too.
void append_decoded(std::string& to, std::string_view text);

}  // namespace mote::trigger_http
