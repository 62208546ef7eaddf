// Outbox: messages that wait for the uplink, in a file: what append() took survives a crash of this process and of the machine, in
// the order of each topic, until it is removed, expires, or nobody can read the file any more. Over SQLite.
//
// One process has it, and one thread of it. A file that is damaged is moved aside, never overwritten, and a new one begun: notice()
// tells. docs/internals/outbox.md has the reasons. Tested by outbox_test.cpp, tests/mqtt (kill -9).
#pragma once

#include "base/mqtt/message.h"

#include <mote/limits.h>
#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mote::limits {
inline constexpr Limit outbox_size{"outbox-size", "bytes", 256ull << 20, 1ull << 40};  // of what waits; the file is a little larger
inline constexpr Limit outbox_lent{"outbox-lent", "messages", 1000, 100'000};          // taken and not yet removed
}  // namespace mote::limits

namespace mote::outbox {

struct Entry {
  mqtt::Message message;  // its expiry counts from now on, while it waits too
  uint8_t priority = 0;   // higher ones go first; a topic's earlier messages go with them
};
struct Taken {
  int64_t id = 0;
  mqtt::Message message;  // with what is left of its expiry
};

struct Settings {
  std::string path;
  uint64_t most_size = limits::outbox_size.standard;
  std::function<uint64_t()> now_ms = {};  // since 1970; none: the machine's clock
};

struct Counts {
  uint64_t messages = 0, size = 0;  // that wait
  uint64_t appended = 0, removed = 0, expired = 0, refused = 0;
};

class Outbox {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Outbox>> open(Settings settings);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox();

  // On disk when this returns, by one flush for all of them. Each can fail: limit, when there is no room for it; unavailable, when
  // the disk is full or broken, and then all do.
  [[nodiscard]] std::vector<Result<void>> append(std::span<const Entry> entries);
  [[nodiscard]] Result<void> append(const Entry& entry);

  // The next messages, at most so many, in the order in which they are to go; each is lent until it is removed or all are given
  // back.
  [[nodiscard]] Result<std::vector<Taken>> take(uint64_t most);
  // They arrived. Not flushed to disk by itself: after a crash of the machine some may come again.
  [[nodiscard]] Result<void> remove(std::span<const int64_t> ids);
  void give_back(std::span<const int64_t> ids);  // they did not: they are to be taken again
  void give_back();                              // all that is lent

  [[nodiscard]] Counts counts() const;
  [[nodiscard]] bool is_empty() const { return counts().messages == 0; }
  // What went wrong and was gone around: the file that was moved aside, and where to. Empty: nothing.
  [[nodiscard]] const std::string& notice() const;

 private:
  struct State;
  explicit Outbox(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mote::outbox
