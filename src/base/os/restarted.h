// A system call, made again for as long as a signal interrupts it. Private to base/os.
#pragma once

#include <cerrno>

namespace mote::os {

template <class Call>
auto restarted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

}  // namespace mote::os
