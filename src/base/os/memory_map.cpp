// Mappings by mmap and mprotect (memory_map.h). Reservations are MAP_NORESERVE and PROT_NONE: they count neither as memory nor
// against overcommit, only against the address space and vm.max_map_count.
#include "base/os/memory_map.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

namespace mote::os {

namespace {

int protection(Access access) {
  switch (access) {
    case Access::none:
      return PROT_NONE;
    case Access::read:
      return PROT_READ;
    case Access::read_write:
      return PROT_READ | PROT_WRITE;
    case Access::read_execute:
      return PROT_READ | PROT_EXEC;
  }
  return PROT_NONE;
}

}  // namespace

Mapping::~Mapping() {
  if (base_ != nullptr) munmap(base_, size_);
}

Result<Mapping> Mapping::map(uint64_t size, int access, int flags, int descriptor, uint64_t offset, const char* what) {
  size = align_up(size, page_size);
  void* base = size == 0 ? MAP_FAILED : mmap(nullptr, size, access, flags, descriptor, static_cast<off_t>(offset));
  if (base == MAP_FAILED) return fail_errno(size == 0 ? EINVAL : errno, format("{} {} bytes", what, size));
  return Mapping(static_cast<uint8_t*>(base), size);
}

Result<Mapping> Mapping::reserve(uint64_t size) {
  return map(size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, "cannot reserve address space of");
}

Result<Mapping> Mapping::anonymous(uint64_t size) {
  return map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, "cannot map");
}

Result<Mapping> Mapping::file(const File& file, uint64_t offset, uint64_t size) {
  return map(size, PROT_READ, MAP_PRIVATE, file.descriptor(), offset, "cannot map from a file");
}

Result<void> Mapping::protect(uint64_t offset, uint64_t size, Access access) {
  ASSERT(offset % page_size == 0 && offset <= size_ && size <= size_ - offset);
  if (size == 0) return {};
  if (mprotect(base_ + offset, align_up(size, page_size), protection(access)) != 0) {
    return fail_errno(errno, format("cannot change the protection of {} bytes", size));
  }
  return {};
}

void Mapping::discard(uint64_t offset, uint64_t size) {
  ASSERT(offset % page_size == 0 && offset <= size_);
  (void)madvise(base_ + offset, std::min(size, size_ - offset), MADV_DONTNEED);
}

void Mapping::refuse_huge_pages() {
  madvise(base_, size_, MADV_NOHUGEPAGE);  // EINVAL where the kernel has none
}

bool discard(uint8_t* base, uint64_t size) {
  return size == 0 || madvise(base, size, MADV_DONTNEED) == 0;
}

void Mapping::shrink(uint64_t size) {
  size = align_up(size, page_size);
  if (size >= size_) return;
  munmap(base_ + size, size_ - size);
  size_ = size;
}

void Mapping::ask_for_huge_pages(uint64_t offset, uint64_t size) {
  madvise(base_ + offset, size, MADV_HUGEPAGE);  // EINVAL where the kernel has none: then small pages it is
}

}  // namespace mote::os
