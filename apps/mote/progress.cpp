// See progress.h.
#include "apps/mote/progress.h"

#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/clock.h"

#include <algorithm>

namespace mote::cli {

Progress::Progress(std::string what) : what_(std::move(what)), begin_ns_(os::now_ns(os::Clock::monotonic)) {}

std::string Progress::line(const std::string& what, uint64_t done, uint64_t total) {
  constexpr uint64_t width = 30;
  const double part = total == 0 ? 0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  const auto filled = static_cast<uint64_t>(part * width);
  std::string bar;
  for (uint64_t i = 0; i < width; ++i) bar += i < filled ? "#" : "·";
  return format("compiling {}  [{}] {:3} %", what, bar, static_cast<int>(part * 100));
}

void Progress::show(uint64_t done, uint64_t total) {
  constexpr uint64_t moment_ns = 300'000'000;
  if (!is_shown_ && os::now_ns(os::Clock::monotonic) - begin_ns_ < moment_ns) return;
  if (done >= total) return clear();
  is_shown_ = true;
  print_to_stderr("\r\x1b[K" + line(what_, done, total));
}

void Progress::clear() {
  if (is_shown_) print_to_stderr("\r\x1b[K");
  is_shown_ = false;
}

}  // namespace mote::cli
