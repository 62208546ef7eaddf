// One stream of HTTP/2: an exchange, its head as it comes in, what was received and not read, what was answered and not sent.
// Private to the room; only http2.cpp makes them. Tested by http2_test.cpp.
#pragma once

#include "base/http/byte_queue.h"
#include "base/http/protocol.h"
#include "base/http/request_parser.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::http {

class Stream;

// What a stream wants of its connection.
class StreamOwner {
 public:
  virtual void changed() = 0;  // something is to be sent, or can go on
  [[nodiscard]] virtual Carrier& carrier() = 0;
  [[nodiscard]] virtual const Surroundings& around() = 0;
  virtual void submit_head(Stream& stream, int status, std::span<const Header> headers, std::optional<uint64_t> length,
                           bool has_body) = 0;
  virtual void submit_continue(Stream& stream) = 0;
  virtual void resume_data(Stream& stream) = 0;
  virtual void consume(Stream& stream, uint64_t count) = 0;  // bytes of the body: as many more may come
  enum class Reset : uint8_t { no_error, internal_error };
  virtual void reset(Stream& stream, Reset why) = 0;

 protected:
  ~StreamOwner() = default;
};

class Stream final : public Exchange {
 public:
  explicit Stream(StreamOwner& owner) : owner_(owner) {}
  void open(int32_t id);  // one that was used before, too

  // The head, as it comes in.
  void add_header(std::string_view name, std::string_view value);
  [[nodiscard]] std::optional<Refusal> finish_head(bool has_ended);
  void begin();  // the handler gets it next
  void refuse(const Refusal& refusal);

  void receive(Bytes bytes);  // of the body
  void end_of_body() { body_done_ = true; }
  void work();      // what became possible
  void produce();   // what waited for room
  void closed();    // by either side: nothing comes, nothing goes
  void sent_all();  // of the answer
  [[nodiscard]] bool tick(uint64_t now_ns);

  [[nodiscard]] int32_t id() const { return id_; }
  [[nodiscard]] bool has_head() const { return phase_ == Phase::ready; }  // and was not begun
  void make_ready() { phase_ = Phase::ready; }
  [[nodiscard]] bool is_lent() const { return phase_ == Phase::begun && answer_ != Answer::ended; }
  [[nodiscard]] bool is_over() const { return is_closed_ && !is_lent(); }
  [[nodiscard]] bool is_body_done() const { return body_done_; }
  [[nodiscard]] uint64_t unread() const { return input_.size(); }

  // What is to be sent next: to nghttp2. `is_last` with what ends the answer; nothing and not the last: later.
  [[nodiscard]] size_t take_output(MutableBytes into, bool& is_last);

 private:
  enum class Phase : uint8_t { head, ready, begun };
  enum class Answer : uint8_t { none, begun, ended };
  struct Range {
    size_t offset, size;
  };
  struct HeaderRange {
    Range name, value;
  };

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

  [[nodiscard]] Range keep(std::string_view text);
  [[nodiscard]] std::string_view at(Range range) const { return std::string_view(text_).substr(range.offset, range.size); }
  [[nodiscard]] bool take_framing(const Header& header, std::optional<Refusal>& refusal);
  void go_on_reading();
  void deliver(Bytes bytes);
  void fail_body(int status, ErrorKind kind, const char* reason);
  void end();

  StreamOwner& owner_;
  RequestHead& head_ = own_head();
  int32_t id_ = 0;
  Phase phase_ = Phase::head;
  bool is_closed_ = false, is_gone_ = false;

  std::string text_, cookies_;
  uint64_t text_size_ = 0;  // as HTTP/2 counts it
  std::vector<HeaderRange> ranges_;
  std::vector<Header> headers_;
  std::optional<Range> method_, target_, authority_;
  bool is_too_large_ = false, expects_continue_ = false;

  ByteQueue input_;
  bool body_done_ = false;
  Reader reader_;
  bool reads_whole_ = true;
  uint64_t most_ = 0;
  std::vector<uint8_t> body_;
  Patience reading_{owner_.around().limits.body_time_ms, owner_.around().limits.least_rate};

  Answer answer_ = Answer::none;
  bool has_body_ = true, is_deferred_ = false, is_broken_ = false;
  std::optional<uint64_t> answer_left_;
  ByteQueue output_;
  Patience writing_{owner_.around().limits.write_time_ms, owner_.around().limits.least_rate};
  uint64_t lingers_since_ns_ = 0;  // answered, and the client sends a body still
  std::move_only_function<void()> on_room_, on_gone_;
};

}  // namespace mote::http
