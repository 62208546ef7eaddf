// HttpTrigger: requests of one worker's server become events; what came of them becomes answers.
//
// | outcome | answer |
// |---|---|
// | answered | 200 with stdout as the body (stdio), or what the guest says (wagi) |
// | exited with another status, trapped, wrote too much, answer of a wagi guest malformed | 500 |
// | its time was over | 504 |
// | refused | 503 with Retry-After; or, where a component is to fail open, 200 with the request's own body |
//
// An answer that tells of a failure names the event (header Mote-Event), which leads to the log; what failed is not for strangers.
// One thread. Tested by tests/up.
#pragma once

#include "base/http/exchange.h"
#include "platform/manifest/manifest.h"
#include "platform/trigger/event.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mote::trigger_http {

// Where requests lead, by the router's index.
struct Target {
  std::optional<manifest::StaticResponse> fixed = {};  // else:
  size_t component = 0;                                // in the deployment
  std::string component_name = {};
  uint32_t observed = 0;  // as serve::ComponentSettings
  manifest::Executor executor = {};
  uint64_t body_most = 0;  // bytes of a request
  bool fails_open = false;
};
struct Routes {
  manifest::Router router;
  std::string base = "/";
  std::vector<Target> targets;
};

class Observer {
 public:
  virtual ~Observer() = default;
  // `target`: null where no route matched.
  virtual void answered(const Target* target, http::Version version, int status, uint64_t took_ns) = 0;
  // A guest's answer that is none.
  virtual void complain(const Target& target, uint64_t event, std::string_view text) = 0;
};

class HttpTrigger final : public http::Handler {
 public:
  // All outlive it. Bodies of requests that are read or wait take at most `bodies_most` bytes together.
  HttpTrigger(trigger::Dispatcher& dispatcher, Observer& observer, uint64_t bodies_most);
  HttpTrigger(const HttpTrigger&) = delete;
  HttpTrigger& operator=(const HttpTrigger&) = delete;
  ~HttpTrigger();

  // For the requests that come from now on. Its components are those of the dispatcher's deployment.
  void install(std::shared_ptr<const Routes> routes) { routes_ = std::move(routes); }
  void on_request(http::Exchange& exchange) override;

 private:
  class Call;
  friend class Call;
  void on_body(Call& call, Result<Bytes> body);
  void answer_fixed(http::Exchange& exchange, const Target& target);
  [[nodiscard]] Call& free_call();
  void put_back(Call& call);

  trigger::Dispatcher& dispatcher_;
  Observer& observer_;
  const uint64_t bodies_most_;
  uint64_t bodies_ = 0;
  std::shared_ptr<const Routes> routes_ = std::make_shared<Routes>();
  std::vector<std::unique_ptr<Call>> calls_;  // all
  std::vector<Call*> free_;
  std::vector<http::Header> headers_;  // of one answer after another
};

}  // namespace mote::trigger_http
