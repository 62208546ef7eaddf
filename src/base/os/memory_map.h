// Address space: reserved, committed, protected, mapped from files. A Mapping owns its range and unmaps it at its end.
//
// No range is ever writable and executable at once: Access has no such value. Sizes are rounded up to whole pages by every
// function; offsets must be page-aligned. Tested by memory_map_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/file.h"

#include <mote/result.h>

#include <cstdint>
#include <utility>

namespace mote::os {

inline constexpr uint64_t page_size = 4096;  // both target CPUs, as their kernels are built by distributions
inline constexpr uint64_t huge_page_size = 2ull << 20;

enum class Access : uint8_t { none, read, read_write, read_execute };

class Mapping {
 public:
  Mapping() = default;
  Mapping(Mapping&& other) noexcept : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping();

  // Address space only: nothing may touch it before protect(). Costs neither memory nor swap.
  [[nodiscard]] static Result<Mapping> reserve(uint64_t size);
  // Zeroed, readable and writable; memory arrives when it is touched.
  [[nodiscard]] static Result<Mapping> anonymous(uint64_t size);
  // A private, readable view of a file. `offset` is page-aligned. Reading behind the file's end faults: check its size first.
  [[nodiscard]] static Result<Mapping> file(const File& file, uint64_t offset, uint64_t size);

  // Changes what may be done with a part. Pages that were reserved become zeroed memory when first touched.
  [[nodiscard]] Result<void> protect(uint64_t offset, uint64_t size, Access access);
  // Asks for huge pages in a part, where the kernel can; never fails.
  void ask_for_huge_pages(uint64_t offset, uint64_t size);
  // Sees to it that no part ever becomes a huge page.
  void refuse_huge_pages();
  // Gives a part's memory back: it reads as zeros afterwards. Not for mapped files.
  void discard(uint64_t offset, uint64_t size);
  // Gives back everything from `size` on.
  void shrink(uint64_t size);
  [[nodiscard]] uint8_t* data() const { return base_; }
  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] Bytes bytes() const { return {base_, size_}; }
  [[nodiscard]] bool contains(const void* address) const {
    return reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(base_) < size_;
  }
  explicit operator bool() const { return base_ != nullptr; }

 private:
  Mapping(uint8_t* base, uint64_t size) : base_(base), size_(size) {}
  [[nodiscard]] static Result<Mapping> map(uint64_t size, int access, int flags, int descriptor, uint64_t offset, const char* what);

  uint8_t* base_ = nullptr;
  uint64_t size_ = 0;
};

// As Mapping::discard, for a range that somebody else owns. A private mapping of a file reads as the file again.
// False: the kernel would not (locked memory), and it is as it was.
[[nodiscard]] bool discard(uint8_t* base, uint64_t size);

}  // namespace mote::os
