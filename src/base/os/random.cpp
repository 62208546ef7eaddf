// See random.h.
#include "base/os/random.h"

#include "base/os/machine.h"

#include <string.h>
#include <sys/mman.h>

#include <utility>

namespace mote::os {

namespace {

constexpr size_t header = sizeof(uint32_t);
constexpr uint32_t whole = page_size - header;

}  // namespace

RandomReserve::RandomReserve() {
  auto page = Mapping::anonymous(page_size);
  if (page && madvise(page->data(), page_size, MADV_WIPEONFORK) == 0) page_ = std::move(*page);
}

// The number of bytes that are left lies in the page too: after a fork it is 0.
Result<void> RandomReserve::fill(MutableBytes into) {
  if (!page_ || into.size() > most_from_reserve) return fill_random(into);
  auto left = load_le<uint32_t>(page_.data());
  if (left < into.size()) {
    if (auto filled = fill_random({page_.data() + header, whole}); !filled) return filled;
    left = whole;
  }
  left -= static_cast<uint32_t>(into.size());
  uint8_t* const from = page_.data() + header + left;
  if (!into.empty()) memcpy(into.data(), from, into.size());
  explicit_bzero(from, into.size());
  store_le(page_.data(), left);
  return {};
}

}  // namespace mote::os
