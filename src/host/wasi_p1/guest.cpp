// Checked access to guest memory: see guest.h.
#include "host/wasi_p1/guest.h"

#include <algorithm>

namespace mote::wasi_p1 {

Answer<std::vector<MutableBytes>> Guest::buffers(uint32_t iovecs, uint32_t count) const {
  const uint32_t looked_at = std::min(count, iovecs_limit);
  const auto array = bytes(iovecs, uint64_t{looked_at} * size::iovec);
  if (!array) return std::unexpected(array.error());
  std::vector<MutableBytes> found;
  found.reserve(looked_at);
  for (uint32_t i = 0; i < looked_at; ++i) {
    const uint8_t* entry = array->data() + uint64_t{i} * size::iovec;
    const auto buffer = bytes(load_le<uint32_t>(entry), load_le<uint32_t>(entry + 4));
    if (!buffer) return std::unexpected(buffer.error());
    if (!buffer->empty()) found.push_back(*buffer);
  }
  return found;
}

uint64_t rights_of(const sandbox::Descriptor& descriptor) {
  uint64_t granted = rights::fd_fdstat_set_flags | rights::fd_filestat_get | rights::poll_fd_readwrite;
  if (descriptor.is_readable) granted |= rights::fd_read;
  if (descriptor.is_writable) granted |= rights::fd_write;
  return granted & ~descriptor.dropped_rights;
}

}  // namespace mote::wasi_p1
