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
  return outcome(os::read_pieces(file_.descriptor(), into, at));
}
Outcome<uint64_t> File::write(std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  if (grant_->counts_bytes()) return write_counted(from, at);
  return outcome(os::write_pieces(file_.descriptor(), from, at));
}

// As much as there is room for: of a write that makes the file larger, the beginning.
Outcome<uint64_t> File::write_counted(std::span<const MutableBytes> from, std::optional<uint64_t> at) {
  const auto before = os::status(file_.descriptor());
  if (!before) return std::unexpected(refusal(before.error()));
  uint64_t start = before->size;
  if (!appends_) {
    const auto position = at ? std::expected<uint64_t, int>(*at) : os::seek(file_.descriptor(), 0, SeekFrom::position);
    if (!position) return std::unexpected(refusal(position.error()));
    start = *position;
  }
  uint64_t wanted = size_of(from);
  const uint64_t end = before->size + std::min(grant_->bytes_left(), INT64_MAX - std::min<uint64_t>(before->size, INT64_MAX));
  if (wanted > end - std::min(start, end)) {
    const uint64_t room = end - std::min(start, end);
    if (room != 0) {
      wanted = room;
    } else if (auto refused = grant_->refuse_bytes(name_); !refused) {
      return std::unexpected(refused.error());
    }
  }
  auto written = outcome(os::write_pieces(file_.descriptor(), first_of(from, wanted), at));
  if (written && start + *written > before->size) grant_->take_bytes(start + *written - before->size);
  return written;
}

Outcome<void> File::resize_counted(uint64_t size) {
  if (!grant_->counts_bytes()) return {};
  const auto before = os::status(file_.descriptor());
  if (!before) return std::unexpected(refusal(before.error()));
  if (size <= before->size) {
    grant_->give_back_bytes(before->size - size);
    return {};
  }
  if (size - before->size > grant_->bytes_left()) {
    if (auto refused = grant_->refuse_bytes(name_); !refused) return refused;
  }
  grant_->take_bytes(size - before->size);
  return {};
}
Outcome<uint64_t> File::seek(int64_t offset, SeekFrom from) {
  return outcome(os::seek(file_.descriptor(), offset, from));
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
  if (auto counted = resize_counted(size); !counted) return counted;
  return outcome(os::set_size(file_.descriptor(), size));
}
Outcome<void> File::allocate(uint64_t offset, uint64_t size) {
  if (auto allowed = grant_->may_write("make larger", name_); !allowed) return allowed;
  if (grant_->counts_bytes()) {  // allocating never makes a file smaller
    const auto before = os::status(file_.descriptor());
    const uint64_t end = size < UINT64_MAX - offset ? offset + size : UINT64_MAX;
    if (before && end > before->size) {
      if (auto counted = resize_counted(end); !counted) return counted;
    }
  }
  return outcome(os::allocate(file_.descriptor(), offset, size));
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

Readiness File::readiness(bool for_writing) const {
  Readiness ready{.is_ready = true};
  if (for_writing) return ready;
  const auto position = os::seek(file_.descriptor(), 0, SeekFrom::position);
  const auto found = os::status(file_.descriptor());
  if (position && found && found->size > *position) ready.bytes = found->size - *position;
  return ready;
}

}  // namespace mote::sandbox
