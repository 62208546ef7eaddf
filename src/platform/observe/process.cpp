// See process.h. proc(5) has the formats.
#include "platform/observe/process.h"

#include "base/os/clock.h"
#include "base/os/node.h"

#include <array>
#include <charconv>
#include <string_view>

namespace mote::observe {
namespace {

constexpr double ns_per_s = 1e9;
constexpr uint64_t page_size = 4096;

// The first number in a text, which is then left with what follows.
uint64_t take_number(std::string_view& text) {
  const size_t begin = text.find_first_of("0123456789");
  if (begin == text.npos) return 0;
  uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data() + begin, text.data() + text.size(), number);
  text.remove_prefix(static_cast<size_t>(rest - text.data()));
  return error == std::errc() ? number : 0;
}

uint64_t most_files() {
  const auto bytes = os::read_file("/proc/self/limits", 1 << 16);
  if (!bytes) return 0;
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const size_t line = text.find("Max open files");
  if (line == text.npos) return 0;
  text.remove_prefix(line);
  return take_number(text);  // the soft one is first
}

}  // namespace

ProcessWatch::ProcessWatch() : most_files_(most_files()) {
  if (auto memory = os::File::open("/proc/self/statm")) memory_ = *std::move(memory);
  if (auto folder = os::open_in(os::current_folder, "/proc/self/fd", os::opening::read | os::opening::folder))
    descriptors_ = *std::move(folder);
  started_ = static_cast<double>(os::now_ns(os::Clock::realtime)) / ns_per_s;
}

ProcessFacts ProcessWatch::facts() const {
  ProcessFacts facts{.most_files = most_files_, .started = started_};
  facts.cpu_seconds = static_cast<double>(os::now_ns(os::Clock::process_cpu)) / ns_per_s;
  std::array<uint8_t, 256> bytes = {};
  if (const auto size = memory_ ? memory_.read_at(0, bytes) : Result<uint64_t>(0); size && *size != 0) {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), *size);
    facts.virtual_bytes = take_number(text) * page_size;
    facts.resident_bytes = take_number(text) * page_size;
  }
  std::array<uint8_t, 4096> entries = {};
  const auto count = [&](const os::FolderEntry& entry) {
    if (!entry.name.starts_with('.')) ++facts.open_files;
    return true;
  };
  if (descriptors_) (void)os::list_entries(descriptors_.descriptor(), 0, entries, count);  // fewer are counted when it fails
  return facts;
}

}  // namespace mote::observe
