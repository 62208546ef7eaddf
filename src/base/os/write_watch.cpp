// Watches by userfaultfd (write_watch.h). One descriptor for the process; a registry that signal handlers read without a lock.
#include "base/os/write_watch.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <string>

namespace mote::os {

namespace {

constexpr uint64_t feature_wp_unpopulated = uint64_t{1} << 13;  // Linux 6.4; the distribution's headers are older
constexpr uint64_t most_few_words = 512;                        // those of 128 MiB

uint64_t word_count(uint64_t size) {
  return (size / page_size + 63) / 64;
}

constexpr uint64_t wanted_features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS | feature_wp_unpopulated;

struct Kernel {
  int descriptor = -1;
  std::string missing;
};

Kernel open_kernel() {
  const auto descriptor = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
  if (descriptor < 0) {
    return {-1, format("userfaultfd (Linux 5.11 or later, not forbidden by a container: {})", std::strerror(errno))};
  }
  uffdio_api api = {.api = UFFD_API, .features = wanted_features, .ioctls = 0};
  if (ioctl(descriptor, UFFDIO_API, &api) == 0) return {descriptor, {}};
  close(descriptor);
  return {-1, "userfaultfd that write-protects pages not yet touched (Linux 6.4 or later)"};
}

}  // namespace

// A range that is watched. Handlers walk the list without a lock: nodes are never freed, only used again, and `changes` is odd
// while one is being changed.
struct WriteWatch::Node {
  std::atomic<uint64_t> changes = 0;
  std::atomic<const uint8_t*> begin = nullptr;
  std::atomic<uint64_t> size = 0;  // 0: free
  std::atomic<WriteWatch*> watch = nullptr;
  Node* next = nullptr;
  Node* next_free = nullptr;
  uint64_t generation = 0;  // of the registry that lists it

  void set(const uint8_t* new_begin, uint64_t new_size, WriteWatch* new_watch) {
    ++changes;
    begin = new_begin, size = new_size, watch = new_watch;
    ++changes;
  }
};

// All of the process's.
struct WriteWatch::Registry {
  std::atomic<Node*> nodes = nullptr;
  std::atomic<int> descriptor = -1;  // for the life of the process: closing it would end all watching
  std::mutex mutex;                  // guards the following
  Node* free = nullptr;
  std::optional<Kernel> kernel;
  uint64_t generation = 0;

  const Kernel& open() {
    const std::lock_guard lock(mutex);
    if (!kernel) {
      static const int is_hooked = pthread_atfork(nullptr, nullptr, forget_parent);
      (void)is_hooked;
      kernel = open_kernel();
      descriptor = kernel->descriptor;
    }
    return *kernel;
  }
  Node* add(const uint8_t* begin, uint64_t size, WriteWatch* watch) {
    const std::lock_guard lock(mutex);
    Node* node = free;
    if (node != nullptr) {
      free = node->next_free;
    } else {
      node = new Node;  // lives as long as handlers may run
      node->generation = generation;
      node->next = nodes.load();
      nodes.store(node);
    }
    node->set(begin, size, watch);
    return node;
  }
  void remove(Node* node) {
    const std::lock_guard lock(mutex);
    if (node->generation != generation) return;  // a parent's
    node->set(nullptr, 0, nullptr);
    node->next_free = free;
    free = node;
  }
  // In a child of fork(): the descriptor would still act on the parent. Watched ranges are not in the child at all.
  static void forget_parent();
};

namespace {

bool set_protection(int descriptor, const uint8_t* at, uint64_t size, bool is_protected) {
  uffdio_writeprotect change = {.range = {reinterpret_cast<uint64_t>(at), size},
                                .mode = is_protected ? uint64_t{UFFDIO_WRITEPROTECT_MODE_WP} : 0};
  int result = 0;
  do {
    result = ioctl(descriptor, UFFDIO_WRITEPROTECT, &change);
  } while (result != 0 && (errno == EAGAIN || errno == EINTR));
  return result == 0;
}

}  // namespace

WriteWatch::Registry& WriteWatch::registry() {
  static Registry one;
  return one;
}

void WriteWatch::Registry::forget_parent() {
  Registry& one = registry();
  if (one.descriptor >= 0) close(one.descriptor);
  const uint64_t next = one.generation + 1;
  new (&one) Registry;  // its mutex may be held by a thread that is not here; nodes are left behind
  one.generation = next;
}

std::string WriteWatch::missing() {
  return registry().open().missing;
}

Result<std::unique_ptr<WriteWatch>> WriteWatch::create(uint8_t* base, uint64_t size) {
  ASSERT(reinterpret_cast<uint64_t>(base) % page_size == 0 && size % page_size == 0 && size != 0);
  const Kernel& kernel = registry().open();
  if (kernel.descriptor < 0) return fail(ErrorKind::unavailable, "this kernel lacks " + kernel.missing);
  Mapping many_bits;
  if (word_count(size) > most_few_words) many_bits = TRY(Mapping::anonymous(word_count(size) * sizeof(uint64_t)));
  uffdio_register what = {.range = {reinterpret_cast<uint64_t>(base), size}, .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
  if (ioctl(kernel.descriptor, UFFDIO_REGISTER, &what) != 0) {
    return fail_errno(errno, format("cannot watch {} bytes of memory", size));
  }
  if (madvise(base, size, MADV_DONTFORK) != 0) {
    const int error = errno;
    (void)ioctl(kernel.descriptor, UFFDIO_UNREGISTER, &what.range);
    return fail_errno(error, format("cannot keep {} bytes of memory from children", size));
  }
  return std::make_unique<WriteWatch>(Key(), base, size, std::move(many_bits));
}

// The registry comes last: a handler may look from then on.
WriteWatch::WriteWatch(Key, uint8_t* base, uint64_t size, Mapping many_bits)
    : base_(base),
      size_(size),
      few_bits_(many_bits ? 0 : word_count(size)),
      many_bits_(std::move(many_bits)),
      words_(many_bits_ ? reinterpret_cast<uint64_t*>(many_bits_.data()) : few_bits_.data()),
      node_(registry().add(base, size, this)) {}

WriteWatch::~WriteWatch() {
  uffdio_range range = {reinterpret_cast<uint64_t>(base_), size_};
  (void)ioctl(registry().descriptor, UFFDIO_UNREGISTER, &range);
  (void)madvise(base_, size_, MADV_DOFORK);
  registry().remove(node_);
}

Result<void> WriteWatch::protect(uint64_t offset, uint64_t size) {
  ASSERT(offset % page_size == 0 && size % page_size == 0 && offset <= size_ && size <= size_ - offset);
  if (size == 0) return {};
  for (uint64_t page = offset / page_size; page < (offset + size) / page_size;) {
    if (page % 64 == 0 && page + 64 <= (offset + size) / page_size) {
      if (words()[page / 64] != 0) words()[page / 64] = 0;
      page += 64;
    } else {
      words()[page / 64] &= ~(uint64_t{1} << page % 64);
      ++page;
    }
  }
  if (set_protection(registry().descriptor, base_ + offset, size, true)) return {};
  return fail_errno(errno, format("cannot write-protect {} bytes of memory", size));
}

void WriteWatch::mark(uint64_t page) {
  std::atomic_ref(words()[page / 64]).fetch_or(uint64_t{1} << page % 64, std::memory_order_relaxed);
}

// The bit comes first: whoever sees the page open sees that it was noted.
bool WriteWatch::note(uint64_t page) {
  mark(page);
  noted_.fetch_add(1, std::memory_order_relaxed);
  return set_protection(registry().descriptor, base_ + page * page_size, page_size, false);
}

void WriteWatch::open(uint64_t offset, uint64_t size) {
  ASSERT(offset % page_size == 0 && size % page_size == 0 && offset <= size_ && size <= size_ - offset);
  bool is_news = false;
  for (uint64_t page = offset / page_size; page < (offset + size) / page_size; ++page) {
    is_news |= !is_written(page);
    mark(page);
  }
  if (!is_news) return;
  noted_.fetch_add(1, std::memory_order_relaxed);
  (void)set_protection(registry().descriptor, base_ + offset, size, false);  // where it fails, writing faults, and is noted again
}

bool WriteWatch::note_write(const void* address) {
  for (Node* node = registry().nodes.load(std::memory_order_acquire); node != nullptr; node = node->next) {
    const uint64_t changes = node->changes.load();
    const uint64_t at = reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(node->begin.load());
    const uint64_t size = node->size.load();
    WriteWatch* const watch = node->watch.load();
    // A node that changes now is not the one of memory that somebody writes to.
    if (at < size && changes % 2 == 0 && node->changes.load() == changes) return watch->note(at / page_size);
  }
  return false;
}

}  // namespace mote::os
