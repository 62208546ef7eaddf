// Session: what a client and a broker owe each other, over any number of connections, as bytes in and bytes out: publishing with
// quality of service 0 to 2 both ways, acknowledgements that are given late, keep-alive. It knows no socket and no clock. Private
// to the room; client.h is what others use.
//
// Acknowledgements go out in the order in which messages came, as the specification wants (section 4.6): one that is given early
// waits for those before it. Tested by session_test.cpp, fuzz/mqtt.cpp.
#pragma once

#include "base/mqtt/packet.h"
#include "base/mqtt/settings.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace mote::mqtt {

// Whoever is told. From within a call the session may be used, but not ended.
class Receiver {
 public:
  virtual void opened() = 0;  // the broker took us
  // `key` is for acknowledge() and leave(), and 0 for quality of service 0.
  virtual void came(Message message, bool is_duplicate, uint64_t key) = 0;
  virtual void refused(Error error) = 0;  // a subscription

 protected:
  ~Receiver() = default;
};

class Session {
 public:
  Session(const Settings& settings, Receiver& receiver) : settings_(settings), receiver_(receiver) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A connection is there: output() has CONNECT.
  void begin(uint64_t now_ns);
  // What came, appended to what was left; how much of it is used. Failed: the connection is of no use; output() may hold a last
  // word.
  [[nodiscard]] Result<uint64_t> receive(Bytes input, uint64_t now_ns);
  // When tick() has something to do, and that: to ping, or to fail when nothing answers.
  [[nodiscard]] uint64_t deadline_ns() const;
  [[nodiscard]] Result<void> tick(uint64_t now_ns);
  void say_goodbye();  // DISCONNECT
  void lost();         // the connection
  // Whatever waits fails with `reason`.
  void give_up(const Error& reason);

  [[nodiscard]] bool is_open() const { return is_open_; }
  [[nodiscard]] Bytes output() const { return Bytes(output_).subspan(sent_); }
  void sent(uint64_t count, uint64_t now_ns);

  [[nodiscard]] Result<void> publish(Message message, Done done);
  void acknowledge(uint64_t key);
  void leave(uint64_t key);  // never acknowledged
  // Something was left: to have it again takes a new connection.
  [[nodiscard]] bool wants_renewal() const { return has_left_; }
  [[nodiscard]] uint64_t waiting() const { return waiting_.size() + in_flight_.size(); }
  [[nodiscard]] uint64_t deliveries() const { return deliveries_; }

 private:
  struct Outgoing {
    Message message;
    Done done;
    uint64_t size = 0;
    uint16_t id = 0;
    bool is_published = false;  // at least once
    bool is_released = false;   // of quality of service 2: the broker has it, and is to be told that it may forget the identifier
  };
  struct Incoming {
    uint64_t key = 0;
    uint64_t size = 0;
    uint16_t id = 0;
    uint8_t qos = 0;
    bool is_done = false;  // acknowledged, which the broker learns in its turn
  };

  [[nodiscard]] Result<void> take(Packet packet);
  [[nodiscard]] Result<void> on(Connack& connack);
  [[nodiscard]] Result<void> on(Publish& publish);
  [[nodiscard]] Result<void> on(const Acknowledgement& acknowledgement);
  [[nodiscard]] Result<void> on(const Suback& suback);
  [[nodiscard]] Result<void> on(Pingresp&);
  [[nodiscard]] Result<void> on(const Disconnect& disconnect);
  [[nodiscard]] Result<void> on_answer(const Acknowledgement& acknowledgement);
  [[nodiscard]] Result<void> end_with(uint8_t reason, Error error);
  void take_limits(const Properties& properties);
  void resume(bool has_session);
  void subscribe();
  void pump();
  [[nodiscard]] bool send_again();
  [[nodiscard]] bool send_next();
  [[nodiscard]] std::optional<Error> unfit(const Message& message) const;
  [[nodiscard]] uint16_t free_id();
  void finish(uint64_t order, Result<void> result);
  void flush_acknowledgements();
  [[nodiscard]] std::deque<Incoming>& open(uint8_t qos) { return incoming_[qos - 1]; }
  [[nodiscard]] Incoming* incoming(uint64_t key);

  const Settings& settings_;
  Receiver& receiver_;

  // Of the connection.
  bool is_begun_ = false, is_open_ = false, has_ended_ = false, has_left_ = false;
  Output output_;
  uint64_t sent_ = 0, sent_before_ = 0;  // of output_; of what was in it before
  uint64_t now_ns_ = 0, last_sent_ns_ = 0, last_received_ns_ = 0, pinged_ns_ = 0;
  uint64_t keep_alive_ns_ = 0;
  uint64_t most_in_flight_ = 0, most_packet_size_ = 0;
  uint8_t most_qos_ = 2;
  bool may_retain_ = true;
  uint16_t subscribe_id_ = 0;

  // To the broker.
  std::deque<Outgoing> waiting_;
  std::map<uint64_t, Outgoing> in_flight_;  // by order
  std::map<uint16_t, uint64_t> order_of_id_;
  std::deque<uint64_t> again_;                     // of in_flight_: not sent yet on this connection
  std::deque<std::pair<uint64_t, Done>> leaving_;  // quality of service 0: done when so much was sent
  uint64_t next_order_ = 1, waiting_size_ = 0;
  uint16_t last_id_ = 0;
  bool has_subscribed_ = false;

  // From the broker.
  std::deque<Incoming> incoming_[2];  // by quality of service; in order
  std::set<uint16_t> owned_;          // quality of service 2: acknowledged by us, not yet released by the broker
  uint64_t next_key_ = 1, deliveries_ = 0, deliveries_size_ = 0;
};

}  // namespace mote::mqtt
