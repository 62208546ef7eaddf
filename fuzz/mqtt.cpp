// A broker of any bytes, and a client of any behaviour: the input is a list of steps: bytes that arrive, publications, deliveries
// that are acknowledged or left, connections that break. The session refuses with words or goes on; what it holds stays within its
// limits, and whoever publishes is told once.
#include "base/mqtt/session.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace mote;
using namespace mote::mqtt;

void require(bool holds) {
  if (!holds) std::abort();
}

class Player final : private Receiver {
 public:
  explicit Player(Version version) {
    settings_.host = "localhost";
    settings_.client_id = "fuzz";
    settings_.version = version;
    settings_.subscriptions = {{"a/#", 2}, {"$share/g/+", 1}};
    settings_.packet_size = 4096;
    settings_.deliveries = 8;
    settings_.in_flight = 4;
    settings_.waiting = 16;
    connect(false);
  }
  ~Player() {
    session_.lost();
    session_.give_up({ErrorKind::unavailable, "over"});
    require(told_ == taken_ && session_.waiting() == 0);
  }

  void receive(Bytes bytes) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    const auto used = session_.receive(input_, ++now_ns_);
    if (!used) {
      require(!used.error().message.empty());
      return connect(true);
    }
    require(*used <= input_.size());
    input_.erase(input_.begin(), input_.begin() + static_cast<int64_t>(*used));
    check();
  }
  void publish(uint8_t qos) {
    const auto taken = session_.publish({.topic = "out", .payload = {1, 2, 3}, .qos = qos}, [this](Result<void>) { ++told_; });
    if (taken) ++taken_;
    check();
  }
  void settle(bool acknowledges, uint8_t which) {
    if (keys_.empty()) return;
    const uint64_t key = keys_[which % keys_.size()];
    if (acknowledges)
      session_.acknowledge(key);
    else
      session_.leave(key);
    check();
  }
  void connect(bool has_session) {
    session_.lost();
    input_.clear();
    session_.begin(++now_ns_);
    const std::vector<uint8_t> greeting = settings_.version == Version::v5 ? std::vector<uint8_t>{0x20, 3, has_session, 0, 0}
                                                                           : std::vector<uint8_t>{0x20, 2, has_session, 0};
    require(session_.receive(greeting, now_ns_).has_value() && session_.is_open());
    check();
  }
  void send(uint64_t most) { session_.sent(std::min<uint64_t>(most, session_.output().size()), ++now_ns_); }

 private:
  void opened() override {}
  void came(Message message, bool, uint64_t key) override {
    require(check_topic(message.topic).has_value() && message.qos <= 2 && (key == 0) == (message.qos == 0));
    if (key != 0) keys_.push_back(key);
    if (keys_.size() > 64) keys_.erase(keys_.begin());
  }
  void refused(Error error) override { require(!error.message.empty()); }
  void check() {
    require(session_.waiting() <= settings_.waiting);
    require(told_ <= taken_);
  }

  Settings settings_;
  Session session_{settings_, *this};
  std::vector<uint8_t> input_;
  std::vector<uint64_t> keys_;
  uint64_t now_ns_ = 1, told_ = 0, taken_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Player player(data[0] % 2 == 0 ? Version::v5 : Version::v3_1_1);
  for (size_t at = 1; at < size;) {
    const uint8_t step = data[at++], detail = step >> 3;
    switch (step & 7) {
      case 0:
      case 1: {
        const size_t count = std::min<size_t>(detail + 1, size - at);
        player.receive({data + at, count});
        at += count;
        break;
      }
      case 2:
        player.publish(detail % 3);
        break;
      case 3:
      case 4:
        player.settle(true, detail);
        break;
      case 5:
        player.settle(false, detail);
        break;
      case 6:
        player.send(detail * 16);
        break;
      case 7:
        player.connect(detail % 2 == 0);
        break;
    }
  }
  return 0;
}
