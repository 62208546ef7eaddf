// Fetch: one request of ours to some server and its answer, over HTTP/1.1, with TLS for https. For what a server has to tell
// others: telemetry, a module to be fetched. One connection for each.
//
// Follows no redirects by itself (redirected() says where one leads), knows no proxies, keeps nothing. One loop's thread. Tested by
// fetch_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "base/tls/context.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::limits {
inline constexpr Limit fetch_time{"fetch-time", "ms", 10'000, 3'600'000};  // until the whole answer is there
inline constexpr Limit fetch_answer_size{"fetch-answer-size", "bytes", 1u << 20, 4ull << 30};
}  // namespace mote::limits

namespace mote::http {

struct FetchRequest {
  std::string method = "GET";
  std::string url;                                                // "https://example.org:8443/a?b"
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside Host, Content-Length and Connection
  std::string body = {};
  std::string local_socket = {};  // a socket that is a file, to be asked instead of the url's host
  std::function<void(uint64_t done, uint64_t all)> progress =
      {};  // bytes of the answer, as they come, where the server says how many there are
  uint64_t time_ms = limits::fetch_time.standard;
  uint64_t most_answer = limits::fetch_answer_size.standard;
};
struct FetchAnswer {
  int status = 0;
  std::string body;
  std::string location = {};  // the Location header, as it came; empty: none
};

// The parts of "https://user.example:8443/a?b". Fails with what is wrong: a user or a fragment in it too.
struct Url {
  bool is_https = false;
  std::string host;       // without the brackets of an address
  uint16_t port = 0;      // 80 or 443 when it says none
  std::string authority;  // as it says, for the Host header
  std::string target;     // "/a?b"
  [[nodiscard]] static Result<Url> parse(std::string_view text);
};

// Where an answer's Location leads from `url`: an address of its own or one relative to it, without its fragment. Errors:
// bad_input. Spec: RFC 9110, 10.2.2; RFC 3986, 5.2.
[[nodiscard]] Result<std::string> redirected(std::string_view url, std::string_view location);

class Fetch {
 public:
  // `tls`: whom to believe, for https; outlives it. `done` is called from the loop, once; the fetch may be ended from there. Errors
  // there: unavailable, not_found, bad_input, limit; at once: bad_input.
  using Done = std::function<void(Result<FetchAnswer>)>;
  [[nodiscard]] static Result<std::unique_ptr<Fetch>> begin(io::Loop& loop, FetchRequest request, const tls::Context* tls,
                                                            Done done);
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;
  ~Fetch();  // no call follows

 private:
  struct State;
  explicit Fetch(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The same for a thread that may wait, on a loop of its own.
[[nodiscard]] Result<FetchAnswer> fetch(FetchRequest request, const tls::Context* tls);

}  // namespace mote::http
