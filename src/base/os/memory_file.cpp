// Memory files (memory_file.h).
#include "base/os/memory_file.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/os/touched_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mote::os {

Result<MemoryFile> MemoryFile::create(Bytes bytes) {
  MemoryFile made;
  made.file_ = TRY(File::in_memory({}));
  if (ftruncate(made.file_.descriptor(), static_cast<off_t>(bytes.size())) != 0) {
    return fail_errno(errno, format("cannot make a file in memory of {} bytes", bytes.size()));
  }
  for (const PageRun& run : nonzero_pages(bytes)) {  // the rest are holes, which take no memory
    TRY(made.file_.write_at(run.offset, bytes.subspan(run.offset, std::min(run.size, bytes.size() - run.offset))));
  }
  made.size_ = bytes.size();
  if (!bytes.empty()) made.view_ = TRY(Mapping::file(made.file_, 0, bytes.size()));
  return made;
}

Result<void> MemoryFile::show_at(uint8_t* at) const {
  ASSERT(reinterpret_cast<uint64_t>(at) % page_size == 0);
  if (size_ == 0) return {};
  if (mmap(at, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file_.descriptor(), 0) != MAP_FAILED)
    return {};
  return fail_errno(errno, format("cannot map {} bytes of a file in memory", size_));
}

Result<void> show_zeros(uint8_t* at, uint64_t size) {
  if (size == 0) return {};
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  if (mmap(at, size, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED)
    return fail_errno(errno, format("cannot map {} bytes", size));
  madvise(at, size, MADV_NOHUGEPAGE);  // as its neighbours in a slab
  return {};
}

}  // namespace mote::os
