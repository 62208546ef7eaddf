// Messages of DNS (RFC 1035): a question written, an answer read out of bytes that anybody may have sent. Private to the room.
// Tested by lookup_test.cpp, fuzz/dns.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/socket.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mote::dns {

enum class RecordType : uint8_t { a = 1, aaaa = 28 };

// Nothing: it is no name (an empty label, one of more than 63 bytes, more than 253 in all).
[[nodiscard]] std::optional<std::vector<uint8_t>> write_question(uint16_t id, const std::string& name, RecordType type);

struct Answer {
  enum class Kind : uint8_t {
    found,    // addresses; perhaps none of this type
    no_name,  // there is no such name
    failed,   // the server cannot say: another might
  };
  Kind kind = Kind::failed;
  std::vector<os::SocketAddress> addresses = {};
};
// Nothing: no answer to this question (whose bytes are given), or malformed.
[[nodiscard]] std::optional<Answer> read_answer(Bytes answer, Bytes question, RecordType type, uint16_t port);

}  // namespace mote::dns
