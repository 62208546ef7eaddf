// See cache.h. Lookups cost one open and one map; the folder is listed only after something was stored.
#include "engine/api/cache.h"

#include "base/core/format.h"
#include "base/core/hash.h"
#include "base/os/machine.h"
#include "engine/code/abi.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

namespace mote::api {

namespace {

constexpr std::string_view entry_suffix = ".mote", identity_suffix = ".id";

// An identity file, as it lies on disk.
struct IdentityRecord {
  static constexpr uint64_t current_magic = 0x3164'6965'746f'6d00;  // "\0moteid1"
  uint64_t magic = current_magic;
  uint64_t device = 0, inode = 0, size = 0;
  int64_t modified_ns = 0, changed_ns = 0;
  code::Hash module = {};
  uint64_t check = 0;  // checksum of everything before it

  [[nodiscard]] uint64_t expected_check() const {
    return checksum({reinterpret_cast<const uint8_t*>(this), offsetof(IdentityRecord, check)});
  }
};
static_assert(std::is_trivially_copyable_v<IdentityRecord> && sizeof(IdentityRecord) == 88);

IdentityRecord record_of(const os::FileIdentity& file, const code::Hash& module) {
  IdentityRecord record;
  record.device = file.device;
  record.inode = file.inode;
  record.size = file.size;
  record.modified_ns = file.modified_ns;
  record.changed_ns = file.changed_ns;
  record.module = module;
  record.check = record.expected_check();
  return record;
}

// A write that follows within the clock's granularity leaves the time stamps as they are. Kernel time stamps step by up to 10 ms;
// file systems without nanoseconds (zero remainder) by up to 2 s.
bool is_settled(const os::FileIdentity& file) {
  const int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const int64_t newest = std::max(file.modified_ns, file.changed_ns);
  const int64_t margin = newest % 1'000'000'000 == 0 ? 2'500'000'000 : 50'000'000;
  return newest + margin < now;
}

// The file itself is at fault, and not a machine that is out of memory or of file descriptors at the moment.
bool is_bad(const Error& error) {
  return error.kind == ErrorKind::bad_input || error.kind == ErrorKind::unsupported;
}

bool is_ours(std::string_view name) {
  // write_file's temporary names contain the final one; left over by a crash, they age and go like entries.
  // Claims contain an entry's name too.
  return name.find(entry_suffix) != name.npos || name.find(identity_suffix) != name.npos;
}

}  // namespace

Result<Cache> Cache::open(std::string folder, uint64_t size_bytes, std::string_view compiler) {
  auto identity = os::identity(folder);
  if (!identity && identity.error().kind == ErrorKind::not_found) {
    TRY(os::make_folder(folder, 0700));
    identity = os::identity(folder);
  }
  if (!identity) return std::unexpected(identity.error());
  if (!identity->is_folder) return fail(ErrorKind::bad_input, format("cache {} is not a folder", folder));
  if (identity->owner != os::user_id()) {
    return fail(ErrorKind::denied,
                format("cache folder {} belongs to another user: choose one of your own, or -C cache=n", folder));
  }
  if ((identity->mode & 077) != 0) {
    return fail(ErrorKind::denied,
                format("cache folder {} is open to other users (mode {:o}); it holds native code: chmod 700 {}, or -C cache=n",
                       folder, identity->mode & 0777, folder));
  }
  const uint64_t compiler_check = checksum({reinterpret_cast<const uint8_t*>(compiler.data()), compiler.size()});
  return Cache(std::move(folder), size_bytes, compiler_check);
}

std::string Cache::entry_path(const code::Hash& module, const code::CodegenKey& key) const {
  std::array<uint8_t, sizeof key + 12> parts;
  std::memcpy(parts.data(), &key, sizeof key);
  store_le(parts.data() + sizeof key, code::abi_version);
  store_le(parts.data() + sizeof key + 4, compiler_);
  return format("{}/{}-{:016x}{}", folder_, hex(module), checksum(parts), entry_suffix);
}

std::string Cache::identity_path(const os::FileIdentity& file) const {
  return format("{}/{:x}-{:x}{}", folder_, file.device, file.inode, identity_suffix);
}

std::shared_ptr<code::Artifact> Cache::find(const code::Hash& module, const code::CodegenKey& key) const {
  const std::string path = entry_path(module, key);
  auto artifact = code::load_artifact_file(path);
  if (!artifact) {
    if (is_bad(artifact.error())) (void)os::remove_file(path);
    return nullptr;
  }
  const auto keys = (*artifact)->keys();
  if ((*artifact)->module_hash() != module || std::find(keys.begin(), keys.end(), key) == keys.end()) {
    (void)os::remove_file(path);  // sound in itself, but not what its name says
    return nullptr;
  }
  os::touch(path);
  return std::move(*artifact);
}

Result<void> Cache::store(const code::Hash& module, const code::CodegenKey& key, Bytes artifact) const {
  if (artifact.size() > size_bytes_) {
    return fail(ErrorKind::limit,
                format("artifact of {} bytes is larger than the cache ({} bytes: -C cache-size)", artifact.size(), size_bytes_));
  }
  const std::string path = entry_path(module, key);
  TRY(os::write_file(path, artifact, 0600));
  evict(path);
  return {};
}

std::optional<code::Hash> Cache::remembered(const os::FileIdentity& file) const {
  const auto content = os::read_file(identity_path(file), sizeof(IdentityRecord));
  if (!content || content->size() != sizeof(IdentityRecord)) return std::nullopt;
  const auto record = load_le<IdentityRecord>(content->data());
  const auto wanted = record_of(file, record.module);
  if (std::memcmp(&record, &wanted, sizeof record) != 0) return std::nullopt;
  return record.module;
}

Result<void> Cache::remember(const os::FileIdentity& file, const code::Hash& module) const {
  if (!file.is_regular || !is_settled(file)) return {};
  const IdentityRecord record = record_of(file, module);
  // Its checksum is looked at by every reader, and it may be written while a start waits.
  return os::write_file_unflushed(identity_path(file), {reinterpret_cast<const uint8_t*>(&record), sizeof record}, 0600);
}

void Cache::evict(const std::string& newest) const {
  struct Entry {
    std::string path;
    uint64_t size;
    int64_t used_ns;
  };
  const auto names = os::list_folder(folder_);
  if (!names) return;
  std::vector<Entry> entries;
  uint64_t total = 0;
  for (const std::string& name : *names) {
    if (!is_ours(name)) continue;
    const std::string path = folder_ + "/" + name;
    const auto identity = os::identity(path);
    if (!identity || !identity->is_regular) continue;  // another process removed it
    total += identity->size;
    if (path != newest) entries.push_back({path, identity->size, identity->modified_ns});
  }
  if (total <= size_bytes_) return;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used_ns < b.used_ns; });
  for (const Entry& entry : entries) {
    if (total <= size_bytes_) return;
    if (os::remove_file(entry.path)) total -= entry.size;
  }
}

}  // namespace mote::api
