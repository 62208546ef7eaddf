// See cache_claim.h.
#include "engine/api/cache_claim.h"

#include "base/core/bytes.h"
#include "base/core/hash.h"

#include <cstddef>
#include <optional>

namespace mote::api {

// As it lies on disk; what cannot be read counts as never written.
struct CacheClaim::Record {
  static constexpr uint64_t current_magic = 0x316d'6c63'6574'6f6d;  // "moteclm1"
  uint64_t magic = current_magic;
  uint64_t time_s = 0;
  State state = State::started;
  uint8_t reserved[7] = {};
  uint64_t check = 0;  // checksum of everything before it

  [[nodiscard]] uint64_t expected_check() const {
    return checksum({reinterpret_cast<const uint8_t*>(this), offsetof(Record, check)});
  }
};

Result<std::pair<CacheClaim::Verdict, CacheClaim>> CacheClaim::take(const std::string& entry_path, uint64_t now_s) {
  CacheClaim claim;
  claim.path_ = entry_path + std::string(suffix);
  claim.file_ = TRY(os::File::open_exclusively(claim.path_));
  if (!claim.file_) return std::pair(Verdict::busy, CacheClaim());
  Record before;
  MutableBytes into(reinterpret_cast<uint8_t*>(&before), sizeof before);
  const uint64_t size = TRY(claim.file_.read_at(0, into));
  if (size == sizeof before && before.magic == Record::current_magic && before.check == before.expected_check()) {
    // A clock that was set back must not keep a module from being compiled.
    const bool is_recent = now_s >= before.time_s && now_s - before.time_s < pause_s;
    if (before.state == State::refused || is_recent) return std::pair(Verdict::gave_up, CacheClaim());
  }
  TRY(claim.write(State::started, now_s));
  return std::pair(Verdict::granted, std::move(claim));
}

void CacheClaim::failed(const Error& error, uint64_t now_s) {
  const bool is_refusal =
      error.kind == ErrorKind::bad_input || error.kind == ErrorKind::unsupported || error.kind == ErrorKind::limit;
  (void)write(is_refusal ? State::refused : State::broke, now_s);  // "started" stays when the disk is full: the same pause
}

void CacheClaim::succeeded() {
  (void)os::remove_file(path_);
}

Result<void> CacheClaim::write(State state, uint64_t now_s) const {
  Record record;
  record.time_s = now_s;
  record.state = state;
  record.check = record.expected_check();
  return file_.write_at(0, {reinterpret_cast<const uint8_t*>(&record), sizeof record});
}

}  // namespace mote::api
