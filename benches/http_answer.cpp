// The server behind `./bench http`: base/http on one thread, which reads each request's body and gives one answer to all. Its port
// is the first argument; with a certificate and a key behind it, it speaks TLS. Runs until it is killed.
#include "base/http/server.h"
#include "base/os/socket.h"
#include "base/tls/context.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace {

using namespace mote;

struct Fixed final : http::Handler {
  void on_request(http::Exchange& exchange) override {
    exchange.read_body(1 << 20, [&exchange](Result<Bytes> body) {
      constexpr std::string_view text = "{\"device\":\"d-1\",\"alarm\":false}\n";
      const http::Header headers[] = {{"content-type", "application/json"}};
      if (body) (void)exchange.answer(200, headers, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    });
  }
};

Result<void> serve(int count, char** words) {
  if (count != 2 && count != 4) return fail(ErrorKind::bad_input, "usage: http_answer PORT [CERTIFICATE KEY]");
  const auto port = static_cast<uint16_t>(std::atoi(words[1]));
  auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}, .port = port}, os::Port::own, os::server_backlog);
  if (!listener) return os::fail_errno(listener.error(), "cannot listen");
  std::unique_ptr<tls::Context> context;
  if (count == 4) context = TRY(tls::Context::server({words[2], words[3]}, {"h2", "http/1.1"}));
  Fixed handler;
  const auto loop = TRY(io::Loop::create());
  const auto server = TRY(http::Server::create(*loop, std::move(*listener), {}, handler, context.get()));
  for (;;) loop->run_once();
}

}  // namespace

int main(int count, char** words) {
  const auto served = serve(count, words);
  std::fprintf(stderr, "http_answer: %s\n", served ? "ended" : served.error().message.c_str());
  return 1;
}
