// See process_facts.h. From /proc (proc_pid_stat(5), proc_pid_limits(5)).
#include "apps/mote-server/process_facts.h"

#include "base/os/file.h"
#include "base/os/machine.h"

#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace mote::cli {
namespace {

std::string read(const char* path) {
  const auto bytes = os::read_file(path, 1 << 20);
  return bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  (void)std::from_chars(text.begin(), text.end(), value);
  return value;
}

// Words behind the program's name, which may have blanks in it.
std::vector<std::string_view> fields(std::string_view stat) {
  std::vector<std::string_view> words;
  stat.remove_prefix(std::min(stat.rfind(')') + 1, stat.size()));
  while (!stat.empty()) {
    const size_t end = std::min(stat.find(' '), stat.size());
    if (end != 0) words.push_back(stat.substr(0, end));
    stat.remove_prefix(std::min(end + 1, stat.size()));
  }
  return words;
}

double boot_time() {
  const std::string stat = read("/proc/stat");
  const size_t at = stat.find("btime ");
  return at == stat.npos ? 0 : static_cast<double>(number(std::string_view(stat).substr(at + 6)));
}

uint64_t most_open_files() {
  const std::string limits = read("/proc/self/limits");
  const size_t at = limits.find("Max open files");
  if (at == limits.npos) return 0;
  const size_t digit = limits.find_first_of("0123456789", at);
  return digit == limits.npos ? 0 : number(std::string_view(limits).substr(digit));
}

}  // namespace

observe::ProcessFacts process_facts() {
  // Behind the name: state is field 3 of the page, so field N is at N - 3.
  constexpr size_t user_time = 11, system_time = 12, start_time = 19, virtual_size = 20;
  const std::string stat = read("/proc/self/stat");
  const std::vector<std::string_view> words = fields(stat);
  observe::ProcessFacts facts;
  facts.resident_bytes = os::resident_bytes();
  facts.most_files = most_open_files();
  if (const auto open = os::list_folder("/proc/self/fd")) facts.open_files = open->size();
  if (words.size() <= virtual_size) return facts;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  facts.cpu_seconds = static_cast<double>(number(words[user_time]) + number(words[system_time])) / ticks;
  facts.virtual_bytes = number(words[virtual_size]);
  static const double booted = boot_time();  // read once: behind a kernel wall nobody can
  facts.started = booted + static_cast<double>(number(words[start_time])) / ticks;
  return facts;
}

}  // namespace mote::cli
