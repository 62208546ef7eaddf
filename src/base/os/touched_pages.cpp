// Runs of touched pages (touched_pages.h). An entry of the page map is 8 bytes: bit 63 says present, bit 62 swapped out.
#include "base/os/touched_pages.h"

#include "base/core/assert.h"
#include "base/os/file.h"
#include "base/os/memory_map.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mote::os {

namespace {

void append(std::vector<PageRun>& runs, uint64_t offset, uint64_t size) {
  if (!runs.empty() && runs.back().offset + runs.back().size == offset) {
    runs.back().size += size;
  } else {
    runs.push_back({offset, size});
  }
}

// Of Linux 5.14; not in all headers that this is built with.
constexpr int populate_write = 23;

}  // namespace

std::vector<PageRun> touched_pages(Bytes memory) {
  const auto base = reinterpret_cast<uint64_t>(memory.data());
  ASSERT(base % page_size == 0);
  const uint64_t pages = (memory.size() + page_size - 1) / page_size;
  const std::vector<PageRun> all = {{0, pages * page_size}};
  const auto map = File::open("/proc/self/pagemap");
  if (!map) return all;
  std::vector<PageRun> runs;
  std::array<uint64_t, 512> entries;
  for (uint64_t page = 0; page < pages; page += entries.size()) {
    const uint64_t count = std::min<uint64_t>(entries.size(), pages - page);
    const MutableBytes into(reinterpret_cast<uint8_t*>(entries.data()), count * sizeof(uint64_t));
    const auto got = map->read_at((base / page_size + page) * sizeof(uint64_t), into);
    if (!got || *got != into.size()) return all;
    for (uint64_t i = 0; i < count; ++i) {
      if (entries[i] >> 62 != 0) append(runs, (page + i) * page_size, page_size);
    }
  }
  return runs;
}

std::vector<PageRun> nonzero_pages(Bytes memory) {
  static constexpr uint8_t zeros[page_size] = {};
  std::vector<PageRun> runs;
  for (const PageRun& touched : touched_pages(memory)) {
    for (uint64_t at = touched.offset; at < touched.offset + touched.size; at += page_size) {
      if (std::memcmp(memory.data() + at, zeros, std::min(page_size, memory.size() - at)) != 0) append(runs, at, page_size);
    }
  }
  return runs;
}

void touch_to_write(MutableBytes range) {
  if (range.empty()) return;
  const uint64_t before = reinterpret_cast<uint64_t>(range.data()) % page_size;
  (void)madvise(range.data() - before, align_up(before + range.size(), page_size), populate_write);
}

}  // namespace mote::os
