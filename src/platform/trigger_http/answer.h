// What a WAGI guest wrote to stdout: headers, an empty line, a body (the response of CGI, RFC 3875 section 6).
//
// `Status: 404 Not Found` sets the status; `Location` without one means 302. Lines end with LF or CRLF. Tested by answer_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/http/exchange.h"

#include <mote/result.h>

#include <vector>

namespace mote::trigger_http {

struct CgiAnswer {
  int status = 200;
  Bytes body = {};
};
// The headers go to `headers`, and refer to `output`. Fails when there is no empty line, a line is no header, the status is no
// number of three digits from 200 on, or nothing says what the body is (neither Content-Type, Status nor Location).
[[nodiscard]] Result<CgiAnswer> parse_cgi(Bytes output, std::vector<http::Header>& headers);

}  // namespace mote::trigger_http
