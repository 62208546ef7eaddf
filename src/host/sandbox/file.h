// An open file of a guest: bytes with positions, on storage of the host.
//
// What a guest asks of files waits for the disk, on the guest's own thread; it never waits for somebody else (a pipe, a device),
// because those are not opened. Made by Folder::open. Tested by file_test.cpp.
#pragma once

#include "base/os/node.h"
#include "host/sandbox/effects.h"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace mote::sandbox {

enum class Access : uint8_t { read_only, read_write };  // read_only: nothing that a grant covers can be changed through it

using NodeKind = os::NodeKind;
using NodeStatus = os::NodeStatus;
using NewTime = os::NewTime;
using SeekFrom = os::SeekFrom;
using Advice = os::Advice;
using Flush = os::Flush;

class File {
 public:
  File(os::File file, Access access) : file_(std::move(file)), access_(access) {}

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

 private:
  os::File file_;
  Access access_;
};

}  // namespace mote::sandbox
