// OTLP to a server of ours: what arrives, and what a refusal becomes.
#include "platform/otlp/sender.h"

#include "base/http/server.h"
#include "base/os/socket.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace mote::otlp {
namespace {

using namespace observe;

struct Collector final : http::Handler {
  void on_request(http::Exchange& exchange) override {
    exchange.read_body(1 << 20, [this, &exchange](Result<Bytes> body) {
      ASSERT_TRUE(body);
      const std::string_view* type = exchange.head().find("content-type");
      seen += std::string(exchange.head().target) + " " + (type == nullptr ? "none" : std::string(*type)) +
              (body->size() > 100 ? "\n" : " and nothing\n");
      (void)exchange.answer(status, {}, {});
    });
  }
  std::string seen;
  int status = 200;
};

TEST(OtlpSender, SendsAndTellsRefusals) {
  const auto loop = io::Loop::create().value();
  auto listener = os::listen_tcp({.bytes = {127, 0, 0, 1}}).value();
  const uint16_t port = os::socket_info(listener.descriptor())->address->port;
  Collector collector;
  const auto server = http::Server::create(*loop, std::move(listener), {}, collector, nullptr).value();
  const auto settings = OtlpSettings::read(
      [&](std::string_view name) -> std::optional<std::string> {
        if (name == "OTEL_EXPORTER_OTLP_ENDPOINT") return "http://127.0.0.1:" + std::to_string(port);
        return std::nullopt;
      },
      "shop");
  OtlpExporter exporter(settings.value(), "1", network_sender(nullptr));
  std::atomic<bool> is_done = false;
  std::optional<Error> refused;
  std::thread worker([&] {
    exporter.add(LogLine{.time_ns = 1, .component = "hello", .text = std::string(200, 'x')});
    EXPECT_FALSE(exporter.flush().logs);
    EXPECT_FALSE(exporter.send_metrics(Registry(1).snapshot(), 1, 2).metrics);
    loop->post([&] { collector.status = 503; });
    refused = exporter.send_metrics(Registry(1).snapshot(), 1, 2).metrics;
    is_done = true;
    loop->post([] {});
  });
  while (!is_done) loop->run_once();
  worker.join();
  EXPECT_EQ(collector.seen,
            "/v1/logs application/x-protobuf\n/v1/metrics application/x-protobuf\n/v1/metrics application/x-protobuf\n");
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message.find("/v1/metrics answered with status 503"), std::string::npos) << refused->message;
}

}  // namespace
}  // namespace mote::otlp
