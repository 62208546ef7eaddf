// HTTP/1.1 and 1.0 on one connection: one exchange after another, each begun when the one before is over, so that answers to
// pipelined requests come in their order. It is the exchange itself, too, as there is never more than one. Private to the room.
// Tested by server_test.cpp, malformed_test.cpp.
#pragma once

#include "base/http/protocol.h"
#include "base/http/request_parser.h"

#include <string>
#include <vector>

namespace mote::http {

class Http1 final : public Protocol, private Exchange {
 public:
  Http1(Carrier& carrier, const Surroundings& surroundings);

  [[nodiscard]] size_t receive(Bytes bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void end_of_input() override;
  void produce() override;
  void lost() override;
  [[nodiscard]] bool tick(uint64_t now_ns) override;
  [[nodiscard]] Awaiting awaiting() const override;
  [[nodiscard]] uint64_t begun() const override { return requests_; }
  void too_slow() override;
  void trim() override;
  void drain() override;
  [[nodiscard]] Stance stance() const override { return stance_; }
  [[nodiscard]] bool has_lent() const override { return phase_ == Phase::exchange && answer_ != Answer::ended; }

 private:
  enum class Phase : uint8_t { head, exchange, over };
  enum class Answer : uint8_t { none, begun, ended };
  enum class Ending : uint8_t { length, chunked, close, without };  // how the reader of an answer learns that it ended

  // Of Exchange.
  void read_body(uint64_t most, Reader reader) override;
  void read_some(Reader reader) override;
  [[nodiscard]] Result<void> answer(int status, std::span<const Header> headers, Bytes body) override;
  [[nodiscard]] Result<void> begin_answer(int status, std::span<const Header> headers, std::optional<uint64_t> length) override;
  [[nodiscard]] uint64_t write(Bytes bytes) override;
  void on_room(std::move_only_function<void()> call) override;
  void end_answer() override;
  void abandon() override;
  void on_gone(std::move_only_function<void()> call) override;

  [[nodiscard]] bool step(Bytes bytes, size_t& used);
  [[nodiscard]] bool take_head(Bytes bytes, size_t& used);
  void begin_exchange();
  [[nodiscard]] bool go_on_reading(Bytes bytes, size_t& used);
  [[nodiscard]] bool discard(Bytes bytes, size_t& used);
  [[nodiscard]] RequestParser::Step take_body(Bytes bytes, size_t& used, Bytes& piece);
  void deliver(Bytes bytes);
  void fail_body(int status, ErrorKind kind, const char* reason);
  void refuse(const Refusal& refusal);
  void finish();
  void close(Stance stance);
  [[nodiscard]] bool will_stay() const;
  void send_head(int status, std::span<const Header> headers, std::optional<uint64_t> length);
  void changed();

  Carrier& carrier_;
  const Surroundings around_;
  RequestParser parser_;
  Phase phase_ = Phase::head;
  Stance stance_ = Stance::open;
  bool is_inside_ = false;  // of receive() and the like: nobody needs to be told to go on
  bool has_begun_ = false;  // a head, of which the rest is missing
  bool input_ended_ = false, is_draining_ = false, is_gone_ = false;
  uint64_t requests_ = 0;

  // Of the exchange that goes on.
  RequestHead& head_ = own_head();
  std::string head_text_;
  std::vector<Header> headers_;
  Framing framing_;
  uint64_t body_left_ = 0, body_unread_ = 0;
  bool body_done_ = false, body_failed_ = false, has_continued_ = false;
  Reader reader_;
  bool reads_whole_ = false;
  uint64_t most_ = 0;
  std::vector<uint8_t> body_;
  Patience patience_{around_.limits.body_time_ms, around_.limits.least_rate};
  Answer answer_ = Answer::none;
  Ending ending_ = Ending::length;
  bool stays_ = false, is_broken_ = false;
  uint64_t answer_left_ = 0;
  std::move_only_function<void()> on_room_, on_gone_;
};

}  // namespace mote::http
