// HTTP/2 on one connection: many exchanges at once, each on a stream of its own. Frames, header compression and flow control are
// nghttp2's, which only http2.cpp includes; what is made of them is here. Private to the room. Tested by http2_test.cpp.
#pragma once

#include "base/http/http2_stream.h"
#include "base/http/protocol.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct nghttp2_session;

namespace mote::http {

class Http2 final : public Protocol, private StreamOwner {
 public:
  Http2(Carrier& carrier, const Surroundings& surroundings);
  ~Http2() override;

  [[nodiscard]] size_t receive(Bytes bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void end_of_input() override;
  void produce() override;
  void lost() override;
  [[nodiscard]] bool tick(uint64_t now_ns) override;
  [[nodiscard]] Awaiting awaiting() const override { return streams_.empty() ? Awaiting::request : Awaiting::nothing; }
  [[nodiscard]] uint64_t begun() const override { return requests_; }
  void too_slow() override;
  void trim() override;
  void drain() override;
  [[nodiscard]] Stance stance() const override;
  [[nodiscard]] bool has_lent() const override;

 private:
  struct Callbacks;  // nghttp2's, in C
  struct Release {
    void operator()(nghttp2_session* session) const;
  };

  // Of StreamOwner.
  void changed() override;
  [[nodiscard]] Carrier& carrier() override { return carrier_; }
  [[nodiscard]] const Surroundings& around() override { return around_; }
  void submit_head(Stream& stream, int status, std::span<const Header> headers, std::optional<uint64_t> length,
                   bool has_body) override;
  void submit_continue(Stream& stream) override;
  void resume_data(Stream& stream) override;
  void consume(Stream& stream, uint64_t count) override;
  void reset(Stream& stream, Reset why) override;

  Stream* open_stream(int32_t id);
  void close_stream(Stream& stream);
  void count_nuisance();
  void work();
  void begin(Stream& stream);
  void pump();
  void go_away(uint32_t code);

  Carrier& carrier_;
  const Surroundings around_;
  std::unique_ptr<nghttp2_session, Release> session_;
  std::vector<std::unique_ptr<Stream>> streams_, spare_;
  bool is_inside_ = false, is_broken_ = false, is_lost_ = false, input_ended_ = false, is_going_ = false;
  uint64_t requests_ = 0;
  double nuisances_left_;
  uint64_t nuisances_since_ns_;
  std::string names_;  // of headers, in lower case
};

}  // namespace mote::http
