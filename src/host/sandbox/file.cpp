// See file.h. Whether a file was opened for reading or writing is the kernel's to remember.
#include "host/sandbox/file.h"

#include "host/sandbox/refusal.h"

namespace mote::sandbox {

Outcome<uint64_t> File::read(std::span<const MutableBytes> into, std::optional<uint64_t> at) {
  return outcome(os::read_pieces(file_.descriptor(), into, at));
}
Outcome<uint64_t> File::write(std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  return outcome(os::write_pieces(file_.descriptor(), from, at));
}
Outcome<uint64_t> File::seek(int64_t offset, SeekFrom from) {
  return outcome(os::seek(file_.descriptor(), offset, from));
}

Outcome<NodeStatus> File::status() const {
  return outcome(os::status(file_.descriptor()));
}

Outcome<void> File::set_times(NewTime accessed, NewTime modified) {
  if (access_ == Access::read_only) return std::unexpected(Refusal::read_only);
  return outcome(os::set_times(file_.descriptor(), accessed, modified));
}
Outcome<void> File::set_size(uint64_t size) {
  if (access_ == Access::read_only) return std::unexpected(Refusal::read_only);
  return outcome(os::set_size(file_.descriptor(), size));
}
Outcome<void> File::allocate(uint64_t offset, uint64_t size) {
  if (access_ == Access::read_only) return std::unexpected(Refusal::read_only);
  return outcome(os::allocate(file_.descriptor(), offset, size));
}

Outcome<void> File::advise(uint64_t offset, uint64_t size, Advice advice) {
  return outcome(os::advise(file_.descriptor(), offset, size, advice));
}
Outcome<void> File::flush(Flush what) {
  return outcome(os::flush(file_.descriptor(), what));
}
Outcome<void> File::set_appending(bool is_appending) {
  return outcome(os::set_appending(file_.descriptor(), is_appending));
}

Readiness File::readiness(bool for_writing) const {
  Readiness ready{.is_ready = true};
  if (for_writing) return ready;
  const auto position = os::seek(file_.descriptor(), 0, SeekFrom::position);
  const auto found = os::status(file_.descriptor());
  if (position && found && found->size > *position) ready.bytes = found->size - *position;
  return ready;
}

}  // namespace mote::sandbox
