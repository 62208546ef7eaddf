// Heads of requests read by what base/http reads them with (Boost.Beast, and our own pass before it) and by http_parser, the other
// parser that the distribution packages: JSON with nanoseconds for each, the best of 30 rounds (docs/rationale/http-library.md).
// Both leave a list of headers behind; only the first also refuses what base/http refuses.
#include "base/http/request_parser.h"
#include "base/http/text.h"
#include "base/os/clock.h"

#include <http_parser.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mote;
using namespace mote::http;

constexpr std::string_view post =
    "POST /telemetry HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/json\r\nContent-Length: 68\r\n\r\n";
constexpr std::string_view browser =
    "GET /path/to/page?with=query&and=more HTTP/1.1\r\nHost: example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\n\r\n";

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Once>
double best_ns(Once once) {
  constexpr int rounds = 30, times = 20'000;
  double best = 1e12;
  for (int round = 0; round < rounds; ++round) {
    const uint64_t begin = os::now_ns(os::Clock::monotonic);
    for (int i = 0; i < times; ++i) once();
    best = std::min(best, static_cast<double>(os::now_ns(os::Clock::monotonic) - begin) / times);
  }
  return best;
}

double own_ns(std::string_view text) {
  RequestParser parser({.head_size = 16 << 10, .headers = 100, .target_size = 8 << 10});
  std::vector<Header> headers;
  RequestHead head;
  Framing framing;
  return best_ns([&] {
    parser.reset();
    RequestParser::Extent extent;
    require(parser.find_head(bytes_of(text), extent) == RequestParser::Step::done);
    require(parser.read_head(text, head, headers, framing) == RequestParser::Step::done);
  });
}

double other_ns(std::string_view text) {
  std::vector<Header> headers;
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_header_field = [](http_parser* parser, const char* at, size_t size) {
    static_cast<std::vector<Header>*>(parser->data)->push_back({{at, size}, {}});
    return 0;
  };
  settings.on_header_value = [](http_parser* parser, const char* at, size_t size) {
    static_cast<std::vector<Header>*>(parser->data)->back().value = {at, size};
    return 0;
  };
  settings.on_headers_complete = [](http_parser* parser) {
    http_parser_pause(parser, 1);
    return 0;
  };
  return best_ns([&] {
    headers.clear();
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &headers;
    require(http_parser_execute(&parser, &settings, text.data(), text.size()) + 1 >= text.size() && headers.size() >= 3);
  });
}

}  // namespace

int main() {
  std::printf("[");
  for (const std::string_view text : {post, browser}) {
    std::printf("%s{\"bytes\": %zu, \"beast_ns\": %.0f, \"http_parser_ns\": %.0f}", text == post ? "" : ", ", text.size(),
                own_ns(text), other_ns(text));
  }
  std::printf("]\n");
}
