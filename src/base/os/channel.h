// Ways between processes of one program: pairs of connected sockets, messages that carry open descriptors, and the processes
// themselves, made by fork and reaped. For a program with one thread. Tested by channel_test.cpp.
#pragma once

#include "base/os/file.h"
#include "base/os/node.h"

#include <mote/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mote::os {

// Two ends that never wait: of a stream, or of messages that stay whole and in order.
enum class Pair : uint8_t { stream, messages };
[[nodiscard]] Kernel<std::pair<File, File>> connected_pair(Pair kind);

inline constexpr size_t most_sent_descriptors = 250;  // the kernel's limit is 253
// A message with descriptors for the other side, which gets copies. Waits while there is no room.
[[nodiscard]] Kernel<void> send_message(int descriptor, Bytes message, std::span<const int> descriptors = {});
struct Message {
  std::vector<uint8_t> bytes;  // empty: the other side is gone
  std::vector<File> descriptors;
};
// The next message, of at most `most` bytes; waits for it. A longer one is an error (EMSGSIZE).
[[nodiscard]] Kernel<Message> receive_message(int descriptor, size_t most);

// A copy of this process, which must have one thread, runs `body` and ends with the status that it returns: without destructors,
// and without anything that was to be done at this process's end. Its id.
[[nodiscard]] Result<int> start_copy(const std::function<int()>& body);
// Closes all descriptors of this process but standard streams and these.
void close_all_but(std::span<const int> kept);
// A child that has ended: its id, and how ("exited with status 1", "was killed by SIGKILL"). Nothing: none.
struct EndedChild {
  int id;
  std::string how;
};
[[nodiscard]] std::optional<EndedChild> reap_child();
void kill_child(int id);  // one that was not reaped yet

}  // namespace mote::os
