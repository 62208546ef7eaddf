// An open file of a guest: bytes with positions, on storage of the host.
//
// What a guest asks of files waits for the disk, on the guest's own thread; it never waits for somebody else (a pipe, a device),
// because those are not opened. Made by Folder::open. Tested by file_test.cpp.
#pragma once

#include "base/os/node.h"
#include "host/sandbox/effects.h"
#include "host/sandbox/grant.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace mote::sandbox {

using NodeKind = os::NodeKind;
using NodeStatus = os::NodeStatus;
using NewTime = os::NewTime;
using SeekFrom = os::SeekFrom;
using Advice = os::Advice;
using Flush = os::Flush;

class File {
 public:
  // `name` is for notes of refusals; `appends`: it was opened to write at its end; `size` is Grant::known_size.
  File(os::File file, std::shared_ptr<Grant> grant, std::string name, bool appends, std::shared_ptr<KnownSize> size)
      : file_(std::move(file)), grant_(std::move(grant)), name_(std::move(name)), appends_(appends), size_(std::move(size)) {}

  // At the file's position, which moves; or at an offset. 0 bytes read is the end. May transfer less than asked.
  [[nodiscard]] Outcome<uint64_t> read(std::span<const MutableBytes> into, std::optional<uint64_t> at = std::nullopt);
  [[nodiscard]] Outcome<uint64_t> write(std::span<const MutableBytes> from, std::optional<uint64_t> at = std::nullopt);
  [[nodiscard]] Outcome<uint64_t> seek(int64_t offset, SeekFrom from);  // the new position

  [[nodiscard]] Outcome<NodeStatus> status() const;
  [[nodiscard]] Outcome<void> set_times(NewTime accessed, NewTime modified);
  [[nodiscard]] Outcome<void> set_size(uint64_t size);
  [[nodiscard]] Outcome<void> allocate(uint64_t offset, uint64_t size);  // grows the file when it ends before
  [[nodiscard]] Outcome<void> advise(uint64_t offset, uint64_t size, Advice advice);
  [[nodiscard]] Outcome<void> flush(Flush what);
  [[nodiscard]] Outcome<void> set_appending(bool is_appending);
  [[nodiscard]] Readiness readiness(bool for_writing) const;  // always ready; bytes to the end when it is read

  // Where it is read and written next and whether at its end; and back to that. Its content is the folder's.
  struct Standing {
    uint64_t position = 0;
    bool appends = false;
  };
  [[nodiscard]] Standing standing();
  void stand(const Standing& standing);

 private:
  [[nodiscard]] Outcome<uint64_t> write_counted(std::span<const MutableBytes> from, std::optional<uint64_t> at);
  [[nodiscard]] Outcome<void> room_to(uint64_t size);  // for set_size and allocate
  void note_size(uint64_t size);

  os::File file_;
  std::shared_ptr<Grant> grant_;
  std::string name_;
  bool appends_;
  std::shared_ptr<KnownSize> size_;  // null: bytes are not counted
  uint64_t position_ = 0;            // where the next read or write begins; kept when bytes are counted
  bool has_moved_ = false;           // since standing() or stand()
};

}  // namespace mote::sandbox
