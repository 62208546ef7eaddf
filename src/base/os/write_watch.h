// WriteWatch: notes which pages of a range are written to. The first write to a page costs some microseconds (a signal in the
// writing thread, and one system call), later ones and all reads cost nothing; nothing is ever scanned, and no write is missed.
//
// By userfaultfd in write-protect mode, which answers a write to a protected page by SIGBUS; whoever handles that calls
// note_write(). A kernel before 6.4, or one that was told to forbid it, has no such thing: create() says why. The kernel's own
// writes into a protected page (a read() into it) fail with EFAULT and are not noted: somebody must store to the page before. A
// child of fork() has no part in it: watched ranges are not there, and what it watches itself is its own.
// Threads: one writes to a range at a time, and that one uses its watch. Tested by write_watch_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/memory_map.h"

#include <mote/result.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace mote::os {

class WriteWatch {
  struct Key {
    explicit Key() = default;
  };

 public:
  // Watches a range, whole pages of anonymous memory or of a private mapping of a memory file, that outlives this. At first no
  // page is protected, and none noted. Fails with unavailable, saying what the kernel lacks.
  [[nodiscard]] static Result<std::unique_ptr<WriteWatch>> create(uint8_t* base, uint64_t size);
  // Why create() would fail on this machine; empty: it would not.
  [[nodiscard]] static std::string missing();
  WriteWatch(Key, uint8_t* base, uint64_t size, Mapping many_bits);
  WriteWatch(const WriteWatch&) = delete;
  WriteWatch& operator=(const WriteWatch&) = delete;
  ~WriteWatch();

  // Protects a part: from here on its pages count as not written to, until they are.
  [[nodiscard]] Result<void> protect(uint64_t offset, uint64_t size);

  // Counts a part as written to, and lifts the protection: for who is about to write to it, and spares itself the faults.
  void open(uint64_t offset, uint64_t size);

  // Changes whenever a page is noted that was not before.
  [[nodiscard]] uint64_t noted() const { return noted_.load(std::memory_order_relaxed); }
  // Calls `one(offset, size)` for the runs of written pages inside a part, lowest first.
  template <class One>
  void for_each_written(uint64_t offset, uint64_t size, One one) const;

  // For the handler of faults: if this watch, or any, protects this address, the write may go on. Async-signal-safe.
  [[nodiscard]] bool note_write_here(const void* address) {
    const uint64_t at = reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(base_);
    return at < size_ && note(at / page_size);
  }
  static bool note_write(const void* address);

 private:
  struct Node;
  struct Registry;
  [[nodiscard]] static Registry& registry();
  [[nodiscard]] bool note(uint64_t page);
  void mark(uint64_t page);
  [[nodiscard]] bool is_written(uint64_t page) const { return (words()[page / 64] >> page % 64 & 1) != 0; }
  [[nodiscard]] uint64_t* words() const { return words_; }

  uint8_t* base_;
  uint64_t size_;
  // One bit for each page: written to. Few lie in ordinary memory, for a mapping is two system calls, a page and its page table;
  // many in one, where those that nobody looks at take none.
  std::vector<uint64_t> few_bits_;
  Mapping many_bits_;
  uint64_t* words_;
  Node* node_ = nullptr;  // in the registry of all watches
  std::atomic<uint64_t> noted_ = 0;
};

template <class One>
void WriteWatch::for_each_written(uint64_t offset, uint64_t size, One one) const {
  const uint64_t end = (offset + size + page_size - 1) / page_size;
  uint64_t page = offset / page_size;
  while (page < end) {
    const uint64_t written = words()[page / 64] >> page % 64;
    if (written == 0) {
      page = (page / 64 + 1) * 64;
      continue;
    }
    page += static_cast<uint64_t>(std::countr_zero(written));
    uint64_t behind = page;
    while (behind < end && is_written(behind)) ++behind;
    if (behind > page) one(page * page_size, (behind - page) * page_size);
    page = behind + 1;
  }
}

}  // namespace mote::os
