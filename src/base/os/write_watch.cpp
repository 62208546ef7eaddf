// Watches by userfaultfd (write_watch.h). One descriptor for the process; a registry that signal handlers read without a lock.
#include "base/os/write_watch.h"

#include "base/core/assert.h"
#include "base/core/format.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>

namespace mote::os {

namespace {

constexpr uint64_t feature_wp_unpopulated = uint64_t{1} << 13;  // Linux 6.4; the distribution's headers are older
constexpr uint64_t wanted_features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS | feature_wp_unpopulated;

struct Kernel {
  int descriptor = -1;  // for the life of the process: closing it would end all watching
  std::string missing;
};

Kernel open_kernel() {
  const auto descriptor = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
  if (descriptor < 0) return {-1, format("userfaultfd ({})", std::strerror(errno))};
  uffdio_api api = {.api = UFFD_API, .features = wanted_features, .ioctls = 0};
  if (ioctl(descriptor, UFFDIO_API, &api) == 0) return {descriptor, {}};
  close(descriptor);
  return {-1, "userfaultfd that write-protects pages not yet touched (Linux 6.4 or later)"};
}

const Kernel& kernel() {
  static const Kernel opened = open_kernel();
  return opened;
}

// Ranges that are watched. Handlers walk the list while others are added: nodes are never freed, only used again.
struct Node {
  std::atomic<const uint8_t*> begin = nullptr;
  std::atomic<uint64_t> size = 0;  // 0: free
  std::atomic<WriteWatch*> watch = nullptr;
  Node* next = nullptr;
};
std::atomic<Node*> nodes = nullptr;
std::mutex nodes_mutex;
// Read in the handler: no function-local static there.
std::atomic<int> handler_descriptor = -1;

void add_node(const uint8_t* begin, uint64_t size, WriteWatch* watch) {
  const std::lock_guard lock(nodes_mutex);
  Node* node = nodes.load();
  while (node != nullptr && node->size.load() != 0) node = node->next;
  if (node == nullptr) {
    node = new Node;  // lives as long as handlers may run
    node->next = nodes.load();
    nodes.store(node);
  }
  node->begin = begin;
  node->watch = watch;
  node->size = size;
}

void remove_node(const WriteWatch* watch) {
  const std::lock_guard lock(nodes_mutex);
  for (Node* node = nodes.load(); node != nullptr; node = node->next) {
    if (node->size.load() != 0 && node->watch.load() == watch) node->size = 0;
  }
}

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

std::string WriteWatch::missing() {
  return kernel().missing;
}

Result<std::unique_ptr<WriteWatch>> WriteWatch::create(uint8_t* base, uint64_t size) {
  ASSERT(reinterpret_cast<uint64_t>(base) % page_size == 0 && size % page_size == 0 && size != 0);
  if (kernel().descriptor < 0) return fail(ErrorKind::unavailable, "this kernel lacks " + kernel().missing);
  handler_descriptor = kernel().descriptor;
  Mapping bits = TRY(Mapping::anonymous((size / page_size + 63) / 64 * sizeof(uint64_t)));
  uffdio_register what = {.range = {reinterpret_cast<uint64_t>(base), size}, .mode = UFFDIO_REGISTER_MODE_WP, .ioctls = 0};
  if (ioctl(kernel().descriptor, UFFDIO_REGISTER, &what) != 0) {
    return fail_errno(errno, format("cannot watch {} bytes of memory", size));
  }
  return std::make_unique<WriteWatch>(Key(), base, size, std::move(bits));
}

WriteWatch::WriteWatch(Key, uint8_t* base, uint64_t size, Mapping bits) : base_(base), size_(size), bits_(std::move(bits)) {
  add_node(base_, size_, this);
}

WriteWatch::~WriteWatch() {
  uffdio_range range = {reinterpret_cast<uint64_t>(base_), size_};
  (void)ioctl(kernel().descriptor, UFFDIO_UNREGISTER, &range);
  remove_node(this);
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
  if (set_protection(kernel().descriptor, base_ + offset, size, true)) return {};
  return fail_errno(errno, format("cannot write-protect {} bytes of memory", size));
}

// A page that was noted already faults no more, so nothing is counted twice. The bit comes first: whoever sees the page open sees
// that it was noted.
bool WriteWatch::note(uint64_t page) {
  words()[page / 64] |= uint64_t{1} << page % 64;
  noted_.fetch_add(1, std::memory_order_relaxed);
  return set_protection(handler_descriptor.load(), base_ + page * page_size, page_size, false);
}

bool WriteWatch::note_write(const void* address) {
  for (Node* node = nodes.load(std::memory_order_acquire); node != nullptr; node = node->next) {
    const uint64_t at = reinterpret_cast<uint64_t>(address) - reinterpret_cast<uint64_t>(node->begin.load());
    if (at < node->size.load()) return node->watch.load()->note(at / page_size);
  }
  return false;
}

}  // namespace mote::os
