// The appender (appender.h).
#include "platform/outbox/appender.h"

#include <utility>

namespace mote::outbox {

Appender::Appender(Outbox& outbox, io::Loop& loop) : outbox_(outbox), turn_(loop.turn([this] { flush(); })) {}

void Appender::append(Entry entry, Done done) {
  entries_.push_back(std::move(entry));
  waiting_.push_back(std::move(done));
  turn_->ask();
}

// Whoever is told may append again: that is of the next turn.
void Appender::flush() {
  const auto entries = std::exchange(entries_, {});
  const auto waiting = std::exchange(waiting_, {});
  auto results = outbox_.append(entries);
  for (size_t i = 0; i < waiting.size(); ++i)
    if (waiting[i]) waiting[i](std::move(results[i]));
}

}  // namespace mote::outbox
