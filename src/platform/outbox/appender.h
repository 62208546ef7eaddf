// Appender: appends to an outbox (outbox.h) from a loop: all that one turn of the loop wants to append is flushed to disk at once,
// and each is told. Tested by outbox_test.cpp.
#pragma once

#include "base/io/loop.h"
#include "platform/outbox/outbox.h"

#include <functional>
#include <memory>
#include <vector>

namespace mote::outbox {

class Appender {
 public:
  using Done = std::function<void(Result<void>)>;
  Appender(Outbox& outbox, io::Loop& loop);
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  // `done` is called from the loop, after the flush.
  void append(Entry entry, Done done);

 private:
  void flush();
  Outbox& outbox_;
  std::vector<Entry> entries_;
  std::vector<Done> waiting_;
  std::unique_ptr<io::Loop::Turn> turn_;
};

}  // namespace mote::outbox
