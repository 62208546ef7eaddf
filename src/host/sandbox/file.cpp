// See file.h. Whether a file was opened for reading or writing is the kernel's to remember.
#include "host/sandbox/file.h"

#include "host/sandbox/refusal.h"

#include <algorithm>
#include <vector>

namespace mote::sandbox {
namespace {

uint64_t size_of(std::span<const MutableBytes> pieces) {
  uint64_t size = 0;
  for (const MutableBytes piece : pieces) size += piece.size();
  return size;
}

// The first `size` bytes of some pieces.
std::vector<MutableBytes> first_of(std::span<const MutableBytes> pieces, uint64_t size) {
  std::vector<MutableBytes> first;
  for (const MutableBytes piece : pieces) {
    if (size == 0) break;
    first.push_back(piece.first(std::min<uint64_t>(piece.size(), size)));
    size -= first.back().size();
  }
  return first;
}

}  // namespace

Outcome<uint64_t> File::read(std::span<const MutableBytes> into, std::optional<uint64_t> at) {
  if (!at) has_moved_ = true;
  auto read = outcome(os::read_pieces(file_.descriptor(), into, at));
  if (read && !at) position_ += *read;
  return read;
}

Outcome<uint64_t> File::write(std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  if (!at) has_moved_ = true;
  if (size_ != nullptr) return write_counted(from, at);
  return outcome(os::write_pieces(file_.descriptor(), from, at));
}

// As much as there is room for: of a write that makes the file larger, the beginning.
Outcome<uint64_t> File::write_counted(std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  const uint64_t start = appends_ ? size_->bytes : at.value_or(position_);
  const uint64_t end = grant_->bytes_left() < INT64_MAX - size_->bytes ? size_->bytes + grant_->bytes_left() : INT64_MAX;
  const uint64_t wanted = size_of(from), room = end - std::min(start, end);
  if (wanted > room && room == 0) {
    if (auto refused = grant_->refuse_bytes(name_); !refused) return std::unexpected(refused.error());
  }
  const bool is_cut = wanted > room && room != 0;
  auto written = outcome(is_cut ? os::write_pieces(file_.descriptor(), first_of(from, room), at)
                                : os::write_pieces(file_.descriptor(), from, at));
  if (!written) return written;
  if (!at) position_ = start + *written;
  if (start + *written > size_->bytes && *written != 0) note_size(start + *written);
  return written;
}

// A file has this size now.
void File::note_size(uint64_t size) {
  if (size > size_->bytes) {
    grant_->take_bytes(size - size_->bytes);
  } else {
    grant_->give_back_bytes(size_->bytes - size);
  }
  size_->bytes = size;
}

Outcome<void> File::room_to(uint64_t size) {
  if (size_ == nullptr || size <= size_->bytes || size - size_->bytes <= grant_->bytes_left()) return {};
  return grant_->refuse_bytes(name_);
}

Outcome<uint64_t> File::seek(int64_t offset, SeekFrom from) {
  has_moved_ = true;
  auto moved = outcome(os::seek(file_.descriptor(), offset, from));
  if (moved) position_ = *moved;
  return moved;
}

Outcome<NodeStatus> File::status() const {
  return outcome(os::status(file_.descriptor()));
}

Outcome<void> File::set_times(NewTime accessed, NewTime modified) {
  if (auto allowed = grant_->may_write("set the times of", name_); !allowed) return allowed;
  return outcome(os::set_times(file_.descriptor(), accessed, modified));
}
Outcome<void> File::set_size(uint64_t size) {
  if (auto allowed = grant_->may_write("set the size of", name_); !allowed) return allowed;
  if (auto room = room_to(size); !room) return room;
  auto set = outcome(os::set_size(file_.descriptor(), size));
  if (set && size_ != nullptr) note_size(size);
  return set;
}
Outcome<void> File::allocate(uint64_t offset, uint64_t size) {
  if (auto allowed = grant_->may_write("make larger", name_); !allowed) return allowed;
  const uint64_t end = size < UINT64_MAX - offset ? offset + size : UINT64_MAX;
  if (auto room = room_to(end); !room) return room;
  auto allocated = outcome(os::allocate(file_.descriptor(), offset, size));
  if (allocated && size_ != nullptr && end > size_->bytes) note_size(end);  // allocating never makes a file smaller
  return allocated;
}

Outcome<void> File::advise(uint64_t offset, uint64_t size, Advice advice) {
  return outcome(os::advise(file_.descriptor(), offset, size, advice));
}
Outcome<void> File::flush(Flush what) {
  return outcome(os::flush(file_.descriptor(), what));
}
Outcome<void> File::set_appending(bool is_appending) {
  auto set = outcome(os::set_appending(file_.descriptor(), is_appending));
  if (set) appends_ = is_appending;
  return set;
}

File::Standing File::standing() {
  has_moved_ = false;
  return {os::seek(file_.descriptor(), 0, SeekFrom::position).value_or(0), appends_};
}
void File::stand(const Standing& standing) {
  if (has_moved_) (void)seek(static_cast<int64_t>(standing.position), SeekFrom::start);  // to where it has been: cannot fail
  has_moved_ = false;
  if (appends_ != standing.appends) (void)set_appending(standing.appends);
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
