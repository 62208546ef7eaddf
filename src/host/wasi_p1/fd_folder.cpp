// What only folders can do: being found by a guest that starts (prestat), and being listed.
#include "host/wasi_p1/functions.h"

#include <algorithm>
#include <array>

namespace mote::wasi_p1 {
namespace {

constexpr uint32_t first_granted = 3;  // where libraries begin to look; they stop at the first badf

Answer<const sandbox::Descriptor*> granted_at(Guest& guest, uint32_t fd) {
  const sandbox::Descriptor* found = guest.process.find(fd);  // every library asks until there is none: that is nothing to note
  if (found == nullptr || found->folder == nullptr || found->granted_as.empty()) return std::unexpected(Errno::badf);
  return found;
}

// Entries one behind the other in a guest's buffer. The last one is cut where the buffer ends, so that only the end of the folder
// leaves room: by that a guest tells whether there is more.
class EntryWriter {
 public:
  explicit EntryWriter(MutableBytes into) : into_(into) {}
  bool add(const sandbox::Folder::Entry& entry) {
    std::array<uint8_t, size::dirent> head = {};
    store_le(head.data(), entry.next);
    store_le(head.data() + 8, entry.inode);
    store_le(head.data() + 16, static_cast<uint32_t>(entry.name.size()));
    head[20] = static_cast<uint8_t>(to_filetype(entry.kind));
    put(head);
    put({reinterpret_cast<const uint8_t*>(entry.name.data()), entry.name.size()});
    return used_ < into_.size();
  }
  [[nodiscard]] uint32_t used() const { return static_cast<uint32_t>(used_); }

 private:
  void put(Bytes from) {
    const size_t count = std::min(from.size(), into_.size() - used_);
    std::copy_n(from.begin(), count, into_.begin() + static_cast<ptrdiff_t>(used_));
    used_ += count;
  }
  MutableBytes into_;
  size_t used_ = 0;
};

}  // namespace

Errno fd_prestat_dir_name(Guest& guest, uint32_t fd, uint32_t path, uint32_t path_len) {
  const std::string& name = (*NEED(granted_at(guest, fd))).granted_as;
  if (path_len < name.size()) return Errno::nametoolong;
  const MutableBytes into = NEED(guest.out(path, name.size()));
  std::ranges::copy(name, into.begin());
  return Errno::success;
}

Errno fd_prestat_get(Guest& guest, uint32_t fd, uint32_t out) {
  const auto granted = granted_at(guest, fd);
  if (!granted && fd == first_granted && !guest.process.has_granted_folder()) guest.process.missed_folders = true;
  const sandbox::Descriptor& descriptor = *NEED(granted);
  uint8_t* const prestat = NEED(guest.out(out, size::prestat)).data();
  std::memset(prestat, 0, size::prestat);  // the first byte says "a folder"
  store_le(prestat + 4, static_cast<uint32_t>(descriptor.granted_as.size()));
  return Errno::success;
}

Errno fd_readdir(Guest& guest, uint32_t fd, uint32_t buf, uint32_t buf_len, uint64_t cookie, uint32_t out) {
  const sandbox::Descriptor& descriptor = *NEED(guest.descriptor(fd));
  if (descriptor.folder == nullptr) return Errno::notdir;
  if (!has_rights(descriptor, rights::fd_readdir)) return Errno::notcapable;
  const MutableBytes into = NEED(guest.out_uncounted(buf, buf_len));
  uint8_t* const used_out = NEED(guest.out(out, 4)).data();
  EntryWriter writer(into);
  if (buf_len > 0) {
    if (auto listed = descriptor.folder->list(cookie, buf_len, [&](const auto& entry) { return writer.add(entry); }); !listed)
      return to_errno(listed.error());
  }
  NEED(guest.count(writer.used()));
  store_le(used_out, writer.used());
  return Errno::success;
}

}  // namespace mote::wasi_p1
