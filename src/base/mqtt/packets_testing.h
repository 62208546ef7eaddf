// For tests: the broker's side of packets, written and read byte by byte, without the code that is tested.
#pragma once

#include "base/core/bytes.h"
#include "base/core/format.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::mqtt::testing {

using Buffer = std::vector<uint8_t>;

inline Buffer operator+(Buffer left, const Buffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Buffer plain(std::string_view text) {
  return {text.begin(), text.end()};
}
inline Buffer number(size_t value) {
  return {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}
inline Buffer text(std::string_view text) {
  return number(text.size()) + plain(text);
}
inline Buffer packet(uint8_t first, const Buffer& body) {
  Buffer made = {first};
  size_t size = body.size();
  do {
    made.push_back(static_cast<uint8_t>(size % 128 | (size >= 128 ? 128 : 0)));
    size /= 128;
  } while (size != 0);
  return made + body;
}

// What a broker of one version writes.
struct Broker {
  bool is_v5 = true;

  [[nodiscard]] Buffer with(const Buffer& properties) const {
    return is_v5 ? Buffer{static_cast<uint8_t>(properties.size())} + properties : Buffer{};
  }
  [[nodiscard]] Buffer connack(bool has_session = false, uint8_t reason = 0, const Buffer& properties = {}) const {
    return packet(0x20, Buffer{static_cast<uint8_t>(has_session ? 1 : 0), reason} + with(properties));
  }
  [[nodiscard]] Buffer publish(std::string_view topic, std::string_view payload, int qos = 0, int id = 0, bool is_duplicate = false,
                               const Buffer& properties = {}) const {
    return packet(static_cast<uint8_t>(0x30 | qos << 1 | (is_duplicate ? 8 : 0)),
                  text(topic) + (qos != 0 ? number(id) : Buffer{}) + with(properties) + plain(payload));
  }
  [[nodiscard]] Buffer puback(int id, uint8_t reason = 0) const { return answer(0x40, id, reason); }
  [[nodiscard]] Buffer pubrec(int id, uint8_t reason = 0) const { return answer(0x50, id, reason); }
  [[nodiscard]] Buffer pubrel(int id) const { return answer(0x62, id, 0); }
  [[nodiscard]] Buffer pubcomp(int id) const { return answer(0x70, id, 0); }
  [[nodiscard]] Buffer answer(uint8_t first, int id, uint8_t reason) const {
    return packet(first, number(id) + (reason != 0 ? Buffer{reason} : Buffer{}));
  }
  [[nodiscard]] Buffer suback(int id, const Buffer& reasons) const { return packet(0x90, number(id) + with({}) + reasons); }
  [[nodiscard]] Buffer pingresp() const { return {0xd0, 0}; }
  [[nodiscard]] Buffer disconnect(uint8_t reason) const { return packet(0xe0, {reason}); }
};

// Takes whole packets from the front of what a client sent, each as a line:
// "CONNECT clean=0 id=me", "PUBLISH a/b q1 d0 #1 hello", "PUBACK #1", "SUBSCRIBE #1 a/# 1".
inline std::vector<std::string> take_packets(Buffer& sent, bool is_v5) {
  constexpr const char* names[] = {"?",       "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
                                   "PUBREL",  "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
                                   "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"};
  std::vector<std::string> lines;
  for (;;) {
    size_t size = 0, at = 1, shift = 0;
    for (;; ++at, shift += 7) {
      if (at >= sent.size()) return lines;
      size |= static_cast<size_t>(sent[at] & 127) << shift;
      if (sent[at] < 128) break;
    }
    ++at;
    if (sent.size() < at + size) return lines;
    const size_t end = at + size;
    const int type = sent[0] >> 4, flags = sent[0] & 15;
    const auto two = [&] {
      at += 2;
      return sent[at - 2] << 8 | sent[at - 1];
    };
    const auto string = [&] {
      const auto length = static_cast<size_t>(two());
      at += length;
      return std::string(sent.begin() + static_cast<int64_t>(at - length), sent.begin() + static_cast<int64_t>(at));
    };
    const auto skip_properties = [&] {  // shorter than 128 bytes
      if (is_v5) at += 1 + sent[at];
    };
    std::string line = names[type];
    if (type == 1) {
      string();
      const int level = sent[at], connect_flags = sent[at + 1];
      at += 4;
      skip_properties();
      line += format(" v{} clean={} id={}", level, connect_flags >> 1 & 1, string());
      if ((connect_flags & 4) != 0) {
        skip_properties();
        line += format(" will={}", string());
        line += "," + string();
      }
      if ((connect_flags & 0x80) != 0) line += " user=" + string();
      if ((connect_flags & 0x40) != 0) line += " password=" + string();
    } else if (type == 3) {
      line += format(" {} q{} d{}", string(), flags >> 1 & 3, flags >> 3);
      if ((flags >> 1 & 3) != 0) line += format(" #{}", two());
      skip_properties();
      if ((flags & 1) != 0) line += " retained";
      line += " " + std::string(sent.begin() + static_cast<int64_t>(at), sent.begin() + static_cast<int64_t>(end));
    } else if (type >= 4 && type <= 7) {
      line += format(" #{}", two());
      if (at < end) line += format(" {:#x}", sent[at]);
    } else if (type == 8) {
      line += format(" #{}", two());
      skip_properties();
      while (at < end) {
        line += " " + string();
        line += format(" {}", sent[at++] & 3);
      }
    } else if (type == 14 && size > 0) {
      line += format(" {:#x}", sent[at]);
    }
    lines.push_back(line);
    sent.erase(sent.begin(), sent.begin() + static_cast<int64_t>(end));
  }
}

}  // namespace mote::mqtt::testing
