// See keeper.h. Messages to it: 's', the number of channels, a request; 'k', a number. From it: 's', a number, descriptors; 'f',
// why; 'e', a number, how.
#include "platform/isolate/keeper.h"

#include "base/core/format.h"
#include "base/os/channel.h"
#include "base/os/descriptor.h"
#include "base/os/signals.h"
#include "platform/isolate/limits.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>
#include <utility>

namespace mote::isolate {
namespace {

Frame message(char kind, uint64_t number, std::string_view text = {}) {
  Frame frame(1 + sizeof number);
  frame[0] = static_cast<uint8_t>(kind);
  store_le(frame.data() + 1, number);
  frame.insert(frame.end(), text.begin(), text.end());
  return frame;
}
constexpr size_t head_size = 1 + sizeof(uint64_t);

struct Word {
  char kind = 0;
  uint64_t number = 0;
  Bytes rest = {};
};
Word read_word(Bytes bytes) {
  if (bytes.size() < head_size) return {};
  return {static_cast<char>(bytes[0]), load_le<uint64_t>(bytes.data() + 1), bytes.subspan(head_size)};
}
std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The keeper's own process.
class Keeping {
 public:
  Keeping(os::File control, os::File children, Keeper::Duty& duty)
      : control_(std::move(control)), children_(std::move(children)), duty_(duty) {}

  int run() {
    for (;;) {
      const std::array wanted = {os::Wanted{control_.descriptor(), false}, os::Wanted{children_.descriptor(), false}};
      os::wait_for(wanted, std::nullopt);
      if (os::readiness(children_.descriptor(), false).is_ready) reap();
      const auto ready = os::readiness(control_.descriptor(), false);
      if (!ready.is_ready && !ready.is_hung_up) continue;
      const auto came = os::receive_message(control_.descriptor(), limits::request_size.hard);
      if (!came || came->bytes.empty()) return 0;  // the server is gone; its components see it by their channels
      const Word word = read_word(came->bytes);
      if (word.kind == 's') start(word.number, word.rest);
      if (word.kind == 'k') end(word.number);
    }
  }

 private:
  void tell(const Frame& frame, std::span<const int> descriptors = {}) {
    (void)os::send_message(control_.descriptor(), frame, descriptors);
  }
  void start(uint64_t count, Bytes bytes) {
    const auto request = decode_request(bytes);
    if (!request || count == 0 || count > os::most_sent_descriptors)
      return tell(message('f', 0, "the keeper was asked for nonsense"));
    duty_.prepare(*request);
    std::vector<os::File> ours, theirs;
    std::vector<int> sent;
    for (uint64_t i = 0; i < count; ++i) {
      auto pair = os::connected_pair(os::Pair::stream);
      if (!pair) return tell(message('f', 0, os::fail_errno(pair.error(), "no channel for its process").error().message));
      sent.push_back(pair->first.descriptor());
      ours.push_back(std::move(pair->first)), theirs.push_back(std::move(pair->second));
    }
    const auto started = os::start_copy([&] {
      std::vector<int> kept;
      for (const os::File& one : theirs) kept.push_back(one.descriptor());
      os::close_all_but(kept);
      return duty_.run(*request, std::move(theirs));
    });
    if (!started) return tell(message('f', 0, started.error().message));
    const uint64_t number = ++last_;
    cells_[*started] = number;
    tell(message('s', number), sent);
  }
  void end(uint64_t number) {
    for (const auto& [process, its] : cells_) {
      if (its == number) os::kill_child(process);
    }
  }
  void reap() {
    while (os::next_signal(children_)) {
    }
    while (const auto ended = os::reap_child()) {
      const auto found = cells_.find(ended->id);
      if (found == cells_.end()) continue;
      tell(message('e', found->second, ended->how));
      cells_.erase(found);
    }
  }

  os::File control_, children_;
  Keeper::Duty& duty_;
  std::map<int, uint64_t> cells_;  // by process
  uint64_t last_ = 0;
};

}  // namespace

Result<std::unique_ptr<Keeper>> Keeper::start(Duty& duty) {
  auto ends = os::connected_pair(os::Pair::messages);
  if (!ends) return os::fail_errno(ends.error(), "no way to a process that starts components");
  TRY(os::start_copy([&]() -> int {
    constexpr int ended = SIGCHLD;
    auto children = os::signal_descriptor({&ended, 1});
    if (!children) return 1;
    const int kept[] = {ends->second.descriptor(), children->descriptor()};
    os::close_all_but(kept);
    return Keeping(std::move(ends->second), *std::move(children), duty).run();
  }));
  return std::unique_ptr<Keeper>(new Keeper(std::move(ends->first)));
}

bool Keeper::has_word() const {
  const auto ready = os::readiness(control_.descriptor(), false);
  return ready.is_ready || ready.is_hung_up;
}

Result<Keeper::Started> Keeper::start_cell(const Request& request, uint32_t channels) {
  const auto gone = [this]() -> std::unexpected<Error> {
    is_gone_ = true;
    return fail(ErrorKind::unavailable, "the process that starts isolated components is gone: that needs a restart of the server");
  };
  if (channels > os::most_sent_descriptors)
    return fail(ErrorKind::limit,
                format("isolate = \"process\" works with at most {} workers (server.workers)", os::most_sent_descriptors));
  Frame frame = message('s', channels);
  encode(request, frame);
  if (!os::send_message(control_.descriptor(), frame)) return gone();
  for (;;) {
    auto came = os::receive_message(control_.descriptor(), limits::request_size.hard);
    if (!came || came->bytes.empty()) return gone();
    const Word word = read_word(came->bytes);
    if (word.kind == 'e') ended_.push_back({word.number, text_of(word.rest)});
    if (word.kind == 'f') return fail(ErrorKind::unavailable, text_of(word.rest));
    if (word.kind == 's') return Started{word.number, std::move(came->descriptors)};
  }
}

void Keeper::end_cell(uint64_t number) {
  (void)os::send_message(control_.descriptor(), message('k', number));
}

std::vector<Keeper::Ended> Keeper::take_ended() {
  while (!is_gone_ && has_word()) {
    const auto came = os::receive_message(control_.descriptor(), limits::request_size.hard);
    if (!came || came->bytes.empty()) {
      is_gone_ = true;
      ended_.push_back({0, "the process that starts isolated components is gone"});
      break;
    }
    const Word word = read_word(came->bytes);
    if (word.kind == 'e') ended_.push_back({word.number, text_of(word.rest)});
  }
  return std::exchange(ended_, {});
}

}  // namespace mote::isolate
