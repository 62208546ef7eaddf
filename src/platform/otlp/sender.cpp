// See sender.h.
#include "platform/otlp/sender.h"

#include "base/core/format.h"
#include "base/http/fetch.h"

namespace mote::otlp {

observe::OtlpSender network_sender(const tls::Context* tls) {
  return [tls](const observe::OtlpRequest& request) -> Result<void> {
    http::FetchRequest asked{
        .method = "POST", .url = request.url, .headers = request.headers, .body = request.body, .time_ms = request.timeout_ms};
    asked.headers.emplace_back("Content-Type", observe::otlp_content_type);
    const http::FetchAnswer answer = TRY(http::fetch(std::move(asked), tls));
    if (answer.status >= 200 && answer.status < 300) return {};
    return fail(ErrorKind::unavailable, format("{} answered with status {}", request.url, answer.status));
  };
}

}  // namespace mote::otlp
