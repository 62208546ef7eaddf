// DNS messages (message.h).
#include "base/dns/message.h"

#include "base/dns/lookup.h"

#include <algorithm>

namespace mote::dns {

namespace {

constexpr size_t header_size = 12, most_label = 63, most_name = 253;

uint16_t two(Bytes bytes, size_t offset) {
  return static_cast<uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

uint8_t lower(uint8_t letter) {
  return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
}

// Behind the name at an offset; names may end in a pointer, which is not followed. Nothing: it goes beyond the message.
std::optional<size_t> skip_name(Bytes message, size_t at) {
  while (at < message.size()) {
    const uint8_t size = message[at];
    if (size == 0) return at + 1;
    if ((size & 0xc0) == 0xc0) return at + 2;
    if ((size & 0xc0) != 0) return std::nullopt;
    at += 1 + size;
  }
  return std::nullopt;
}

// The records of the answer section; those of other types (aliases on the way) are passed over.
bool read_records(Bytes message, size_t at, uint16_t count, RecordType type, uint16_t port, std::vector<os::SocketAddress>& into) {
  constexpr size_t fixed = 10;  // type, class, time to live, size
  constexpr uint16_t internet = 1;
  for (uint16_t i = 0; i < count; ++i) {
    const auto behind = skip_name(message, at);
    if (!behind || *behind + fixed > message.size()) return false;
    const size_t data = *behind + fixed, size = two(message, *behind + 8);
    if (data + size > message.size()) return false;
    const bool is_v6 = type == RecordType::aaaa;
    if (two(message, *behind) == static_cast<uint8_t>(type) && two(message, *behind + 2) == internet && size == (is_v6 ? 16 : 4) &&
        into.size() < limits::dns_addresses.standard) {
      os::SocketAddress& address = into.emplace_back(os::SocketAddress{.is_v6 = is_v6, .port = port});
      std::copy_n(message.begin() + static_cast<int64_t>(data), size, address.bytes.begin());
    }
    at = data + size;
  }
  return true;
}

}  // namespace

std::optional<std::vector<uint8_t>> write_question(uint16_t id, const std::string& name, RecordType type) {
  if (name.empty() || name.size() > most_name) return std::nullopt;
  std::vector<uint8_t> out = {
      static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};  // recursion desired
  for (size_t from = 0; from <= name.size();) {
    const size_t dot = std::min(name.find('.', from), name.size());
    const size_t size = dot - from;
    if (size == 0 || size > most_label) return std::nullopt;
    out.push_back(static_cast<uint8_t>(size));
    out.insert(out.end(), name.begin() + static_cast<int64_t>(from), name.begin() + static_cast<int64_t>(dot));
    from = dot + 1;
  }
  out.insert(out.end(), {0, 0, static_cast<uint8_t>(type), 0, 1});
  return out;
}

std::optional<Answer> read_answer(Bytes answer, Bytes question, RecordType type, uint16_t port) {
  constexpr uint8_t is_response = 0x80;
  if (answer.size() < question.size() || question.size() < header_size) return std::nullopt;
  if (two(answer, 0) != two(question, 0) || (answer[2] & is_response) == 0 || two(answer, 4) != 1) return std::nullopt;
  const bool repeats = std::equal(question.begin() + header_size, question.end(), answer.begin() + header_size,
                                  [](uint8_t one, uint8_t other) { return lower(one) == lower(other); });
  if (!repeats) return std::nullopt;
  Answer read;
  const uint8_t code = answer[3] & 0xf;
  if (code == 3) read.kind = Answer::Kind::no_name;
  if (code != 0) return read;
  constexpr uint8_t is_truncated = 0x02;
  const bool is_whole = read_records(answer, question.size(), two(answer, 6), type, port, read.addresses);
  if (!is_whole && (answer[2] & is_truncated) == 0) return std::nullopt;
  read.kind = Answer::Kind::found;
  return read;
}

}  // namespace mote::dns
