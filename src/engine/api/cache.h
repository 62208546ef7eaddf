// The compile cache: a folder of artifacts, found by the hash of their wasm module and everything that changes its code.
//
// Trust comes from the folder: it must belong to this user and be closed to others (mode 0700); then files in it are what this
// user's Mote wrote. Against corruption, what is loaded is verified by the artifact's own checksums and by the module hash it
// carries; whatever fails is removed and counts as a miss. Processes race safely: files appear by rename and vanish by unlink,
// both of which leave open mappings intact, and equal names mean equal content. No lock is taken.
//
//   <sha256 of wasm>-<key>.mote   an artifact
//   <device and inode>.id         identity of a wasm file → its sha256, so that a warm start neither reads nor hashes it
//
// Bounded by size: storing removes the least recently used files first. Tested by cache_test.cpp.
#pragma once

#include "base/core/bytes.h"
#include "base/os/file.h"
#include "engine/code/image.h"

#include <mote/result.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mote::api {

class Cache {
 public:
  // Makes the folder when it is missing. `compiler` is part of every key. Fails with denied when the folder is not private.
  [[nodiscard]] static Result<Cache> open(std::string folder, uint64_t size_bytes, std::string_view compiler);

  // The artifact of a module, mapped and verified; null on a miss. A file that is stale, truncated or corrupt is removed.
  [[nodiscard]] std::shared_ptr<code::Artifact> find(const code::Hash& module, const code::CodegenKey& key) const;
  // Keeps an artifact. A failure costs the next start its speed and nothing else.
  Result<void> store(const code::Hash& module, const code::CodegenKey& key, Bytes artifact) const;

  // What a wasm file in this state hashed to when it was last read.
  [[nodiscard]] std::optional<code::Hash> remembered(const os::FileIdentity& file) const;
  // `identity` was taken before the file was read. Files changed too recently for their time stamps to tell are not remembered.
  Result<void> remember(const os::FileIdentity& file, const code::Hash& module) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string entry_path(const code::Hash& module, const code::CodegenKey& key) const;
  [[nodiscard]] std::string identity_path(const os::FileIdentity& file) const;

 private:
  Cache(std::string folder, uint64_t size_bytes, uint64_t compiler)
      : folder_(std::move(folder)), size_bytes_(size_bytes), compiler_(compiler) {}
  void evict(const std::string& newest) const;

  std::string folder_;
  uint64_t size_bytes_;
  uint64_t compiler_;  // checksum of what tells compilers apart
};

}  // namespace mote::api
