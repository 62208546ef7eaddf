// See folder.h. Each change resolves the folder that a path's last component lies in, and then acts on that one name there without
// following a link: what others do meanwhile can change which of the granted things is met, never reach another.
#include "host/sandbox/folder.h"

#include "base/core/format.h"
#include "host/sandbox/refusal.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace mote::sandbox {
namespace {

std::unexpected<Refusal> refuse(Refusal refusal) {
  return std::unexpected(refusal);
}

uint32_t flags_of(const Opening& how) {
  using namespace os::opening;
  return (how.reads ? read : 0) | (how.writes ? write : 0) | (how.creates ? create : 0) | (how.is_exclusive ? exclusive : 0) |
         (how.truncates ? truncate : 0) | (how.wants_folder ? folder : 0) | (how.appends ? append : 0) | (how.syncs ? sync : 0) |
         (how.syncs_data ? data_sync : 0);
}

// Paths that end with a slash name folders. `found` is what lies there, if anything does.
Outcome<void> check_slash(const Place& place, bool may_be_missing) {
  if (!place.must_be_folder) return {};
  const auto found = os::status_in(place.folder, place.name);
  if (!found) return may_be_missing ? Outcome<void>() : refuse(refusal(found.error()));
  if (found->kind != NodeKind::folder) return refuse(Refusal::not_a_folder);
  return {};
}

// Where something that is no folder is to be made: a slash behind its name cannot be kept.
Outcome<void> check_no_slash(const Place& place) {
  if (!place.must_be_folder) return {};
  const auto found = os::status_in(place.folder, place.name);
  if (!found) return refuse(Refusal::not_found);
  return refuse(found->kind == NodeKind::folder ? Refusal::exists : Refusal::not_a_folder);
}

}  // namespace

Result<std::unique_ptr<Folder>> Folder::granted(std::shared_ptr<Grant> grant, Resolution resolution) {
  const std::string& host_path = grant->host;
  const auto refuse_grant = [&](int error_number) { return os::fail_errno(error_number, "cannot grant the folder " + host_path); };
  if (host_path.find('\0') != std::string::npos) return refuse_grant(EINVAL);
  auto folder = os::open_in(os::current_folder, host_path, os::opening::read | os::opening::folder);
  if (!folder) return refuse_grant(folder.error());
  const auto status = os::status(folder->descriptor());
  if (!status) return refuse_grant(status.error());
  const auto kind = os::file_system_kind(folder->descriptor());
  if (!kind) return refuse_grant(kind.error());
  if (*kind == os::FileSystemKind::processes) {
    return fail(ErrorKind::denied, format("cannot grant the folder {}: through it a guest would reach the memory and files of "
                                          "processes, its own host's too",
                                          host_path));
  }
  const Root root{folder->descriptor(), status->device, *kind, resolution};
  std::string name = grant->guest;
  return std::unique_ptr<Folder>(new Folder(std::move(*folder), root, std::move(grant), std::move(name)));
}

Outcome<os::File> Folder::find(std::string_view what, const std::string& path, Follow follow, uint32_t how) const {
  auto file = resolve(root_, path, follow, how);
  if (!file) return refuse(grant_->noted(file.error(), what, name_of(path)));
  return file;
}

Outcome<Place> Folder::place_for_change(std::string_view what, const std::string& path) const {
  if (auto allowed = grant_->may_create(what, name_of(path)); !allowed) return refuse(allowed.error());
  auto place = resolve_place(root_, path);
  if (!place) return refuse(grant_->noted(place.error(), what, name_of(path)));
  return place;
}

// With what the grant allows: what is there can be opened though nothing can be made.
Outcome<os::File> Folder::open_granted(const std::string& path, const Opening& how) {
  if (how.reads && !how.wants_folder) {
    if (auto allowed = grant_->may_read("read", name_of(path)); !allowed) return refuse(allowed.error());
  }
  if (how.writes || how.truncates) {
    if (auto allowed = grant_->may_write("write to", name_of(path)); !allowed) return refuse(allowed.error());
  }
  const Follow follow = how.creates && how.is_exclusive ? Follow::no : how.follow;
  const bool may_not_make = how.creates && !grant_->creates, makes_counted = how.creates && grant_->counts_files();
  const bool shortens_counted = how.truncates && grant_->counts_bytes();
  if (!may_not_make && !makes_counted && !shortens_counted) return find("open", path, follow, flags_of(how));

  Opening as_it_is = how;
  as_it_is.creates = as_it_is.is_exclusive = as_it_is.truncates = false;
  auto there = find("open", path, follow, flags_of(as_it_is));
  if (!there && how.creates && there.error() == Refusal::not_found) return make_granted(path, how);
  if (!there) return there;
  if (how.creates && how.is_exclusive) return refuse(Refusal::exists);
  if (!how.truncates) return there;
  const auto before = os::status(there->descriptor());
  as_it_is.truncates = true;
  auto shortened = find("open", path, follow, flags_of(as_it_is));
  if (shortened && before) grant_->give_back_bytes(before->size);
  return shortened;
}

Outcome<os::File> Folder::make_granted(const std::string& path, const Opening& how) {
  if (auto allowed = grant_->may_create("make", name_of(path)); !allowed) return refuse(allowed.error());
  if (auto room = grant_->room_for_file(name_of(path)); !room) return refuse(room.error());
  auto made = find("open", path, how.is_exclusive ? Follow::no : how.follow, flags_of(how));
  if (made) grant_->take_file();
  return made;
}

Outcome<Opened> Folder::open(const std::string& path, const Opening& how) {
  auto file = open_granted(path, how);
  if (!file) return refuse(file.error());
  const auto status = os::status(file->descriptor());
  if (!status) return refuse(refusal(status.error()));
  if (status->kind == NodeKind::regular) {
    auto size = grant_->known_size(*status);
    return Opened{.file = std::make_unique<File>(std::move(*file), grant_, name_of(path), how.appends, std::move(size)),
                  .folder = {}};
  }
  if (status->kind != NodeKind::folder) return refuse(grant_->outside("open the device or pipe", name_of(path)));
  Root root = root_;
  root.folder = file->descriptor();
  if (status->device != root_.device) {  // another file system below: what lies on it is judged by its own kind
    const auto kind = os::file_system_kind(file->descriptor());
    if (!kind) return refuse(refusal(kind.error()));
    root.device = status->device;
    root.file_system = *kind;
  }
  return Opened{.file = {}, .folder = std::unique_ptr<Folder>(new Folder(std::move(*file), root, grant_, name_of(path)))};
}

Outcome<NodeStatus> Folder::status_of(const std::string& path, Follow follow) const {
  if (auto allowed = grant_->may_read("look at", name_of(path)); !allowed) return refuse(allowed.error());
  const auto node = find("look at", path, follow, os::opening::path_only);
  if (!node) return refuse(node.error());
  return outcome(os::status(node->descriptor()));
}

Outcome<void> Folder::set_times_of(const std::string& path, Follow follow, NewTime accessed, NewTime modified) {
  if (auto allowed = grant_->may_write("set the times of", name_of(path)); !allowed) return allowed;
  const auto node = find("set the times of", path, follow, os::opening::path_only);
  if (!node) return refuse(node.error());
  return outcome(os::set_times(node->descriptor(), accessed, modified));
}

Outcome<std::string> Folder::target_of(const std::string& path) const {
  if (auto allowed = grant_->may_read("read the link", name_of(path)); !allowed) return refuse(allowed.error());
  const auto node = find("read the link", path, Follow::no, os::opening::path_only);
  if (!node) return refuse(node.error());
  const auto status = os::status(node->descriptor());
  if (!status) return refuse(refusal(status.error()));
  if (status->kind != NodeKind::symbolic_link) return refuse(Refusal::invalid);
  return outcome(os::link_target(node->descriptor(), ""));
}

// Whoever keeps it open or has another name for it keeps its bytes.
Folder::Gone Folder::what_would_go(const Place& place) const {
  if (!grant_->counts_bytes() && !grant_->counts_files()) return {};
  const auto found = os::status_in(place.folder, place.name);
  if (!found) return {};
  return {true, found->kind == NodeKind::regular && found->links == 1 ? found->size : 0};
}

void Folder::give_back(const Gone& gone) const {
  if (!gone.is_counted) return;
  grant_->give_back_file();
  grant_->give_back_bytes(gone.bytes);
}

Outcome<void> Folder::make_folder(const std::string& path) {
  const auto place = place_for_change("make the folder", path);
  if (!place) return refuse(place.error());
  if (auto room = grant_->room_for_file(name_of(path)); !room) return room;
  auto made = outcome(os::make_folder_in(place->folder, place->name));
  if (made) grant_->take_file();
  return made;
}

Outcome<void> Folder::remove_folder(const std::string& path) {
  const auto place = place_for_change("remove the folder", path);
  if (!place) return refuse(place.error());
  auto removed = outcome(os::remove_folder_in(place->folder, place->name));
  if (removed) grant_->give_back_file();
  return removed;
}

Outcome<void> Folder::unlink(const std::string& path) {
  const auto place = place_for_change("remove", path);
  if (!place) return refuse(place.error());
  if (auto allowed = check_slash(*place, false); !allowed) return allowed;
  const Gone gone = what_would_go(*place);
  auto removed = outcome(os::unlink_in(place->folder, place->name));
  if (removed) give_back(gone);
  return removed;
}

Outcome<void> Folder::rename(const std::string& path, Folder& to, const std::string& to_path) {
  const auto from = place_for_change("rename", path);
  if (!from) return refuse(from.error());
  const auto target = to.place_for_change("rename to", to_path);
  if (!target) return refuse(target.error());
  if (auto allowed = check_slash(*from, false); !allowed) return allowed;
  if (target->must_be_folder) {
    if (auto allowed = check_slash(*target, true); !allowed) return allowed;
    const auto moved = os::status_in(from->folder, from->name);
    if (!moved) return refuse(refusal(moved.error()));
    if (moved->kind != NodeKind::folder) return refuse(Refusal::not_a_folder);
  }
  const Gone replaced = to.what_would_go(*target);
  auto renamed = outcome(os::rename_in(from->folder, from->name, target->folder, target->name));
  if (renamed) to.give_back(replaced);
  return renamed;
}

// Both sides must be writable: a link in a writable folder to a file of a read-only one would make that file writable.
Outcome<void> Folder::link(const std::string& path, Folder& to, const std::string& to_path) {
  const auto from = place_for_change("link", path);
  if (!from) return refuse(from.error());
  const auto target = to.place_for_change("link to", to_path);
  if (!target) return refuse(target.error());
  if (auto allowed = check_slash(*from, false); !allowed) return allowed;
  if (auto allowed = check_no_slash(*target); !allowed) return allowed;
  if (auto room = to.grant_->room_for_file(to.name_of(to_path)); !room) return room;
  auto linked = outcome(os::link_in(from->folder, from->name, target->folder, target->name));
  if (linked) to.grant_->take_file();
  return linked;
}

Outcome<void> Folder::make_link(const std::string& target, const std::string& path) {
  if (target.front() == '/') return refuse(grant_->outside("make a link to", target));
  const auto place = place_for_change("make the link", path);
  if (!place) return refuse(place.error());
  if (auto allowed = check_no_slash(*place); !allowed) return allowed;
  if (auto room = grant_->room_for_file(name_of(path)); !room) return room;
  auto made = outcome(os::make_link_in(target, place->folder, place->name));
  if (made) grant_->take_file();
  return made;
}

Outcome<void> Folder::list(uint64_t from, uint64_t expected_size, const std::function<bool(const Entry&)>& take) const {
  constexpr uint64_t least = 1024, most = 32 << 10;
  if (auto allowed = grant_->may_read("list", name_ + "/"); !allowed) return allowed;
  const auto own = os::status(folder_.descriptor());
  if (!own) return refuse(refusal(own.error()));
  std::vector<uint64_t> buffer(std::clamp(expected_size, least, most) / sizeof(uint64_t));  // entries are aligned to 8 bytes
  const MutableBytes bytes(reinterpret_cast<uint8_t*>(buffer.data()), buffer.size() * sizeof(uint64_t));
  return outcome(os::list_entries(folder_.descriptor(), from, bytes, [&](const os::FolderEntry& found) {
    if (!is_utf8(found.name)) return true;
    Entry entry{found.inode, found.next, found.kind, found.name};
    if (found.name == "..") entry.inode = own->inode;
    if (found.kind == NodeKind::unknown) {
      if (const auto status = os::status_in(folder_.descriptor(), std::string(found.name))) entry.kind = status->kind;
    }
    return take(entry);
  }));
}

Outcome<NodeStatus> Folder::status() const {
  return outcome(os::status(folder_.descriptor()));
}
Outcome<void> Folder::set_times(NewTime accessed, NewTime modified) {
  if (auto allowed = grant_->may_write("set the times of", name_); !allowed) return allowed;
  return outcome(os::set_times(folder_.descriptor(), accessed, modified));
}
Outcome<void> Folder::flush(Flush what) {
  return outcome(os::flush(folder_.descriptor(), what));
}

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* const end = at + text.size();
  while (at != end) {
    const uint8_t first = *at++;
    if (first < 0x80) continue;
    if (first < 0xc2 || first > 0xf4) return false;
    const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    if (end - at < more) return false;
    const uint8_t second = *at;
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f)) {
      return false;
    }
    for (int i = 0; i < more; ++i) {
      if ((*at++ & 0xc0) != 0x80) return false;
    }
  }
  return true;
}

}  // namespace mote::sandbox
