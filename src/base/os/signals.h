// Signals as a descriptor: of the whole process, for a thread that waits for other things too. Tested by signals_test.cpp.
#pragma once

#include "base/os/file.h"

#include <optional>
#include <span>
#include <string_view>

namespace mote::os {

// From here on these signals are not delivered to this thread, nor to those that it starts, but can be read. One for a process,
// before it has other threads.
[[nodiscard]] Result<File> signal_descriptor(std::span<const int> signals);
// The next one that came; nothing: none.
[[nodiscard]] std::optional<int> next_signal(const File& descriptor);

// Whoever started this process as a service and wants to be told (the protocol of sd_notify, $NOTIFY_SOCKET). Failures do not
// matter.
class Supervisor {
 public:
  Supervisor();
  void tell(std::string_view state) const;  // "READY=1", "STOPPING=1", "RELOADING=1\n…"

 private:
  File socket_;  // none: nobody
};

}  // namespace mote::os
