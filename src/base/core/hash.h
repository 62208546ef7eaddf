// The two hashes of the project: SHA-256 where identity matters (content keys), XXH3 where only corruption does (checksums).
#pragma once

#include "base/core/bytes.h"

#include <array>
#include <cstdint>
#include <string>

namespace mote {

[[nodiscard]] std::array<uint8_t, 32> sha256(Bytes bytes);
[[nodiscard]] uint64_t checksum(Bytes bytes);  // XXH3, 64 bits: fast, not against attackers
[[nodiscard]] std::string hex(Bytes bytes);    // lower case

}  // namespace mote
