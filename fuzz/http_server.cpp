// What clients send, as any bytes, cut anywhere. The first byte chooses the protocol.
//
// HTTP/1.1: the same bytes as a whole and in pieces (their sizes are drawn from the second to the ninth byte) give the same
// requests to the handler and the same answers, byte for byte. HTTP/2: the bytes follow the client's preface. In both, memory stays
// bounded, no exchange is left over when the client goes, and what a handler does (by the last letter of the target) breaks
// nothing.
#include "base/http/http1.h"
#include "base/http/http2.h"
#include "base/http/text.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mote;
using namespace mote::http;

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr ServerLimits limits = {
    .head_size = 400, .headers = 8, .target_size = 100, .requests = 20, .streams = 4, .unread_size = 200, .output_size = 300};

// Writes down what it is told, and answers in all the ways there are.
class FuzzHandler final : public Handler {
 public:
  std::string told;
  std::vector<Exchange*> later;

  void on_request(Exchange& exchange) override {
    const RequestHead& head = exchange.head();
    for (const std::string_view part : {name(head.version), head.method, head.target, head.path, head.query, head.authority})
      note(part);
    for (const Header& header : head.headers) note(header.name), note(header.value);
    require(head.target.size() <= limits.target_size && head.headers.size() <= limits.headers + 1);
    require(head.headers.empty() || head.find(head.headers.back().name) != nullptr);
    switch (head.path.empty() ? 0 : head.path.back() % 8) {
      case 0:
        return read_all(exchange, 100);
      case 1:
        return read_pieces(exchange, std::make_shared<std::string>());
      case 2:
        return (void)exchange.answer(200, {}, bytes_of("unread"));
      case 3:
        return stream(exchange);
      case 4:
        exchange.on_gone([this] { told += "gone|"; });
        return later.push_back(&exchange);
      case 5:
        return exchange.abandon();
      case 6:
        return read_all(exchange, 0);
      default:
        return read_all(exchange, 1000);
    }
  }
  void answer_those_that_wait() {
    const std::vector<Exchange*> all = std::exchange(later, {});
    for (Exchange* one : all) require(one->answer(404, {}, bytes_of("later")).has_value());
  }

 private:
  void note(std::string_view text) {
    told += text;
    told += '|';
  }
  void read_all(Exchange& exchange, uint64_t most) {
    exchange.read_body(most, [this, most, &exchange](Result<Bytes> body) {
      if (!body) return note(body.error().message);
      require(body->size() <= most);
      note(text_of(*body));
      require(exchange.answer(200, {}, *body).has_value());
    });
  }
  void read_pieces(Exchange& exchange, std::shared_ptr<std::string> all) {
    exchange.read_some([this, all, &exchange](Result<Bytes> piece) {
      if (!piece) return note(piece.error().message);
      *all += text_of(*piece);
      if (!piece->empty()) return read_pieces(exchange, all);
      note(*all);
      require(exchange.answer(200, {}, bytes_of(*all)).has_value());
    });
  }
  void stream(Exchange& exchange) {
    const bool tells_length = exchange.head().query.empty();
    require(exchange.begin_answer(201, {}, tells_length ? std::optional<uint64_t>(6) : std::nullopt).has_value());
    go_on_writing(exchange, "onetwo");
  }
  void go_on_writing(Exchange& exchange, std::string_view left) {
    left.remove_prefix(exchange.write(bytes_of(left.substr(0, 3))));
    if (left.empty()) return exchange.end_answer();
    exchange.on_room([this, left, &exchange] { go_on_writing(exchange, left); });
  }
};

// A connection without a socket, whose client reads at once what is sent.
class FuzzCarrier final : public Carrier {
 public:
  FuzzCarrier(FuzzHandler& handler, Date& date, ServerCounts& counts)
      : handler_(handler), counts_(counts), around_{limits, handler, counts, date} {}
  template <class Which>
  void speak() {
    Carrier& carrier = *this;
    protocol_ = std::make_unique<Which>(carrier, around_);
  }
  // Goes on until nothing changes any more, as Connection does.
  void offer(Bytes more) {
    input_.append(more);
    for (bool changes = true; changes;) {
      protocol_->produce();
      const size_t used = protocol_->receive(input_.view());
      input_.drop(used);
      require(output_.size() <= 64 << 10 && (input_.size() <= 16 << 10 || more.size() > 8 << 10 || !protocol_->wants_input()));
      changes = used > 0 || !output_.empty() || !handler_.later.empty();
      sent += text_of(output_.view());
      output_.clear();
      handler_.answer_those_that_wait();
    }
  }
  void run(Bytes bytes, Bytes cuts) {
    size_t next = 0;
    while (!bytes.empty() && is_open()) {
      const size_t size = cuts.empty() ? bytes.size() : std::min<size_t>(bytes.size(), 1 + cuts[next++ % cuts.size()]);
      offer(bytes.first(size));
      bytes = bytes.subspan(size);
    }
    if (is_open()) {
      protocol_->end_of_input();
      offer({});
    }
    (void)protocol_->tick(UINT64_MAX / 2);
    protocol_->lost();
    offer({});
    require(!protocol_->has_lent() && counts_.exchanges == 0);
  }
  std::string sent;

 private:
  [[nodiscard]] bool is_open() const { return protocol_->stance() == Protocol::Stance::open; }
  [[nodiscard]] ByteQueue& output() override { return output_; }
  void resume() override {}
  [[nodiscard]] uint64_t now_ns() const override { return 1; }
  [[nodiscard]] std::string_view peer() const override { return "peer"; }
  [[nodiscard]] bool is_tls() const override { return false; }

  FuzzHandler& handler_;
  ServerCounts& counts_;
  Surroundings around_;
  ByteQueue input_, output_;
  std::unique_ptr<Protocol> protocol_;
};

struct Outcome {
  std::string sent, told;
};

template <class Which>
Outcome outcome(Bytes bytes, Bytes cuts, Date& date) {
  FuzzHandler handler;
  ServerCounts counts;
  FuzzCarrier carrier(handler, date, counts);
  carrier.speak<Which>();
  carrier.run(bytes, cuts);
  return {std::move(carrier.sent), std::move(handler.told)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t head_size = 9;
  if (size < head_size) return 0;
  const Bytes cuts(data + 1, head_size - 1), bytes(data + head_size, size - head_size);
  Date date;
  if (data[0] % 4 == 3) {
    const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    std::vector<uint8_t> all(preface.begin(), preface.end());
    all.insert(all.end(), bytes.begin(), bytes.end());
    (void)outcome<Http2>(all, cuts, date);
    return 0;
  }
  const Outcome whole = outcome<Http1>(bytes, {}, date), pieces = outcome<Http1>(bytes, cuts, date);
  require(whole.sent == pieces.sent);
  require(whole.told == pieces.told);
  return 0;
}
