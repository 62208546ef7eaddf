// A file system in memory, as preview 1 and Linux mean it, written without a look at src/: what a guest's calls must answer and
// leave behind. Names, kinds, contents, sizes, hard links, descriptors. fuzz/file_model.cpp compares it with the real thing, call
// by call.
//
// Every function returns an errno of preview 1. Rights are left out but for reading and writing; times and inode numbers too.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace model {

enum Errno : uint16_t {
  ok = 0,
  badf = 8,
  exist = 20,
  inval = 28,
  isdir = 31,
  loop = 32,
  noent = 44,
  notdir = 54,
  notempty = 55,
  perm = 63,
  busy = 10,
  mfile = 33
};
enum class Kind : uint8_t { folder = 3, file = 4, link = 7 };

struct Node {
  Kind kind;
  std::string text;  // of a file; of a link, where it leads
  std::map<std::string, std::shared_ptr<Node>> entries;
  Node* parent = nullptr;  // of a folder
  bool is_removed = false;
  uint64_t names = 1;
};
using NodePtr = std::shared_ptr<Node>;

struct Descriptor {
  NodePtr node;  // none: closed
  bool reads = false, writes = false, appends = false;
  uint64_t position = 0;
};

// What a path leads to: a node, or its absence in a folder that has room for it.
struct Found {
  Errno error = ok;
  NodePtr node;
  Node* folder = nullptr;  // that the last name was looked up in; none when the way ended by "." or ".."
  std::string name;
  bool must_be_folder = false;
};

struct Opening {
  bool follows, creates, excludes, truncates, wants_folder, reads, writes, appends;
};

class FileSystem {
 public:
  explicit FileSystem(uint32_t first) : first_(first) {
    root_ = std::make_shared<Node>(Node{Kind::folder, {}, {}, nullptr, false, 1});
    descriptors_.resize(first + 1);
    descriptors_[first].node = root_;
  }
  [[nodiscard]] const NodePtr& root() const { return root_; }
  Descriptor* find(uint32_t number) {
    return number < descriptors_.size() && descriptors_[number].node != nullptr ? &descriptors_[number] : nullptr;
  }
  Errno folder_at(uint32_t number, NodePtr& to) {
    Descriptor* found = find(number);
    if (found == nullptr) return badf;
    to = found->node;
    return to->kind == Kind::folder ? ok : notdir;
  }

  Errno close(uint32_t number) {
    Descriptor* found = find(number);
    if (found == nullptr) return badf;
    *found = {};
    return ok;
  }
  Errno renumber(uint32_t from, uint32_t to) {
    Descriptor *source = find(from), *target = find(to);
    if (source == nullptr || target == nullptr) return badf;
    if (source != target) {
      *target = *source;
      *source = {};
    }
    return ok;
  }

  Errno make_folder(uint32_t at, const std::string& path) {
    Place place;
    if (const Errno error = place_at(at, path, place); error != ok) return error;
    if (place.is_dot || place.node() != nullptr) return exist;
    if (place.folder->is_removed) return noent;
    auto made = std::make_shared<Node>(Node{Kind::folder, {}, {}, place.folder, false, 1});
    place.folder->entries[place.name] = made;
    return ok;
  }
  Errno remove_folder(uint32_t at, const std::string& path) {
    Place place;
    if (const Errno error = place_at(at, path, place); error != ok) return error;
    if (place.is_dot) return inval;
    const NodePtr node = place.node();
    if (node == nullptr) return noent;
    if (node->kind != Kind::folder) return notdir;
    if (!node->entries.empty()) return notempty;
    node->is_removed = true;
    place.folder->entries.erase(place.name);
    return ok;
  }
  Errno unlink(uint32_t at, const std::string& path) {
    Place place;
    if (const Errno error = place_at(at, path, place); error != ok) return error;
    if (place.is_dot) return isdir;
    const NodePtr node = place.node();
    if (node == nullptr) return noent;
    if (node->kind == Kind::folder) return isdir;
    if (place.has_slash) return notdir;
    --node->names;
    place.folder->entries.erase(place.name);
    return ok;
  }
  Errno symlink(const std::string& target, uint32_t at, const std::string& path) {
    NodePtr folder;
    if (const Errno error = folder_at(at, folder); error != ok) return error;
    if (target.empty()) return noent;
    if (path.empty()) return noent;
    if (target.front() == '/') return perm;
    Place place;
    if (const Errno error = place_at(at, path, place); error != ok) return error;
    if (const Errno error = no_slash(place); error != ok) return error;
    if (place.is_dot || place.node() != nullptr) return exist;
    if (place.folder->is_removed) return noent;
    place.folder->entries[place.name] = std::make_shared<Node>(Node{Kind::link, target, {}, nullptr, false, 1});
    return ok;
  }
  Errno link(uint32_t from_at, const std::string& path, uint32_t to_at, const std::string& to_path) {
    Place from, to;
    if (const Errno error = two_places(from_at, path, from, to_at, to_path, to); error != ok) return error;
    if (const Errno error = keeps_slash(from); error != ok) return error;
    if (const Errno error = no_slash(to); error != ok) return error;
    const NodePtr node = from.is_dot ? root_ : from.node();  // "." is a folder, whichever
    if (node == nullptr) return noent;
    if (to.is_dot || to.node() != nullptr) return exist;
    if (to.folder->is_removed) return noent;
    if (node->kind == Kind::folder) return perm;
    ++node->names;
    to.folder->entries[to.name] = node;
    return ok;
  }
  Errno rename(uint32_t from_at, const std::string& path, uint32_t to_at, const std::string& to_path) {
    Place from, to;
    if (const Errno error = two_places(from_at, path, from, to_at, to_path, to); error != ok) return error;
    if (const Errno error = keeps_slash(from); error != ok) return error;
    const NodePtr node = from.node(), target = to.node();
    if (to.has_slash) {
      if (!to.is_dot && target != nullptr && target->kind != Kind::folder) return notdir;
      if (!from.is_dot && node == nullptr) return noent;
      if (!from.is_dot && node->kind != Kind::folder) return notdir;
    }
    if (from.is_dot || to.is_dot) return busy;
    if (node == nullptr) return noent;
    if (is_above(*node, *to.folder)) return inval;
    if (target != nullptr && is_above(*target, *from.folder)) return notempty;
    if (target == node) return ok;
    if (target == nullptr && to.folder->is_removed) return noent;
    if (target != nullptr && node->kind == Kind::folder && target->kind != Kind::folder) return notdir;
    if (target != nullptr && node->kind != Kind::folder && target->kind == Kind::folder) return isdir;
    if (target != nullptr && !target->entries.empty()) return notempty;
    if (target != nullptr && target->kind == Kind::folder) target->is_removed = true;
    if (target != nullptr) --target->names;
    from.folder->entries.erase(from.name);
    to.folder->entries[to.name] = node;
    if (node->kind == Kind::folder) node->parent = to.folder;
    return ok;
  }
  Errno look_up(uint32_t at, const std::string& path, bool follows, NodePtr& node) {
    NodePtr folder;
    if (const Errno error = folder_at(at, folder); error != ok) return error;
    const Found found = walk(*folder, path, follows);
    if (found.error != ok) return found.error;
    node = found.node;
    return node != nullptr ? ok : noent;
  }
  Errno open(uint32_t at, const std::string& path, const Opening& how, uint32_t& number) {
    NodePtr folder;
    if (const Errno error = folder_at(at, folder); error != ok) return error;
    if (path.empty()) return noent;
    if (how.creates && how.wants_folder) return inval;
    Found found = walk(*folder, path, how.follows && !(how.creates && how.excludes), how.creates);
    if (found.error != ok) return found.error;
    NodePtr node = found.node;
    if (how.creates && found.folder != nullptr && found.must_be_folder) return isdir;
    const bool is_made = node == nullptr;
    if (is_made) {
      if (!how.creates || found.folder->is_removed) return noent;
      node = std::make_shared<Node>(Node{Kind::file, {}, {}, nullptr, false, 1});
    } else if (how.creates) {
      if (how.excludes) return exist;
      if (node->kind == Kind::folder) return isdir;
    }
    if (how.wants_folder && node->kind != Kind::folder) return notdir;
    if (node->kind == Kind::link) return loop;
    if (node->kind == Kind::folder && (how.writes || how.truncates)) return isdir;
    number = first_;
    while (find(number) != nullptr) ++number;
    if (is_made) found.folder->entries[found.name] = node;
    if (how.truncates) node->text.clear();
    if (number >= descriptors_.size()) descriptors_.resize(number + 1);
    const bool is_file = node->kind == Kind::file;
    descriptors_[number] = {node, is_file && how.reads, is_file && how.writes, how.appends, 0};
    return ok;
  }

  // `length` bytes of `from`, or into `to`; at an offset, or where the descriptor stands.
  Errno write(uint32_t number, const std::string& from, const uint64_t* at) {
    Descriptor* found = nullptr;
    if (const Errno error = file_at(number, found); error != ok) return error;
    if (!found->writes) return badf;
    if (at != nullptr && *at > INT64_MAX) return inval;
    std::string& text = found->node->text;
    const uint64_t place = found->appends ? text.size() : at != nullptr ? *at : found->position;
    if (!from.empty()) {
      text.resize(std::max<uint64_t>(text.size(), place + from.size()));
      text.replace(place, from.size(), from);
    }
    if (at == nullptr && !from.empty()) found->position = place + from.size();
    return ok;
  }
  Errno read(uint32_t number, uint64_t length, const uint64_t* at, std::string& to) {
    Descriptor* found = nullptr;
    if (const Errno error = file_at(number, found); error != ok) return error;
    if (!found->reads) return badf;
    if (at != nullptr && *at > INT64_MAX) return inval;
    const std::string& text = found->node->text;
    const uint64_t place = at != nullptr ? *at : found->position;
    to = place < text.size() ? text.substr(place, length) : "";
    if (at == nullptr) found->position += to.size();
    return ok;
  }
  Errno seek(uint32_t number, int64_t by, int whence, uint64_t& to) {
    Descriptor* found = nullptr;
    if (const Errno error = file_at(number, found); error != ok) return error;
    const int64_t from = whence == 0 ? 0 : static_cast<int64_t>(whence == 1 ? found->position : found->node->text.size());
    if (from + by < 0) return inval;
    to = found->position = static_cast<uint64_t>(from + by);
    return ok;
  }
  Errno set_size(uint32_t number, uint64_t size) {
    Descriptor* found = nullptr;
    if (const Errno error = file_at(number, found); error != ok) return error;
    if (!found->writes) return badf;
    found->node->text.resize(size);
    return ok;
  }
  Errno allocate(uint32_t number, uint64_t offset, uint64_t size) {
    Descriptor* found = nullptr;
    if (const Errno error = file_at(number, found); error != ok) return error;
    if (!found->writes) return badf;
    if (size == 0) return inval;
    found->node->text.resize(std::max<uint64_t>(found->node->text.size(), offset + size));
    return ok;
  }
  Errno file_at(uint32_t number, Descriptor*& found) {
    found = find(number);
    if (found == nullptr) return badf;
    return found->node->kind == Kind::folder ? isdir : ok;
  }

 private:
  // Where something is to be made, moved or removed: a name in a folder, or "." of one.
  struct Place {
    Node* folder = nullptr;
    NodePtr keeps;
    std::string name;
    bool has_slash = false, is_dot = false;
    [[nodiscard]] NodePtr node() const {
      if (is_dot) return nullptr;
      const auto found = folder->entries.find(name);
      return found != folder->entries.end() ? found->second : nullptr;
    }
  };

  Errno place_at(uint32_t at, const std::string& path, Place& place) {
    NodePtr folder;
    if (const Errno error = folder_at(at, folder); error != ok) return error;
    return place_in(folder, path, place);
  }
  Errno place_in(const NodePtr& folder, std::string path, Place& place) {
    if (path.empty()) return noent;
    if (path.front() == '/') return perm;
    while (path.back() == '/') {
      place.has_slash = true;
      path.pop_back();
    }
    const size_t slash = path.rfind('/');
    place.name = slash == std::string::npos ? path : path.substr(slash + 1);
    std::string above = slash == std::string::npos ? "" : path.substr(0, slash + 1);
    place.is_dot = place.name == "." || place.name == "..";
    if (place.is_dot) above = path + "/";
    place.keeps = folder;
    if (!above.empty()) {
      const Found found = walk(*folder, above, true);
      if (found.error != ok) return found.error;
      if (found.node == nullptr) return noent;
      if (found.node->kind != Kind::folder) return notdir;
      place.keeps = found.node;
    }
    place.folder = place.keeps.get();
    return ok;
  }
  Errno two_places(uint32_t from_at, const std::string& path, Place& from, uint32_t to_at, const std::string& to_path, Place& to) {
    NodePtr one, other;
    if (find(to_at) == nullptr) return badf;
    if (const Errno error = folder_at(from_at, one); error != ok) return error;
    if (const Errno error = folder_at(to_at, other); error != ok) return error;
    if (path.empty() || to_path.empty()) return noent;
    if (const Errno error = place_in(one, path, from); error != ok) return error;
    return place_in(other, to_path, to);
  }
  static Errno keeps_slash(const Place& place) {
    if (!place.has_slash || place.is_dot) return ok;
    const NodePtr node = place.node();
    if (node == nullptr) return noent;
    return node->kind == Kind::folder ? ok : notdir;
  }
  static Errno no_slash(const Place& place) {
    if (!place.has_slash) return ok;
    if (place.is_dot) return exist;
    const NodePtr node = place.node();
    if (node == nullptr) return noent;
    return node->kind == Kind::folder ? exist : notdir;
  }
  static bool is_above(const Node& node, const Node& folder) {
    for (const Node* at = &folder; at != nullptr; at = at->parent) {
      if (at == &node) return true;
    }
    return false;
  }

  Found walk(Node& root, const std::string& path, bool follows, bool creates = false) {
    if (path.empty()) return {.error = noent};
    if (path.front() == '/') return {.error = perm};
    std::string rest = path;
    Node* at = &root;
    NodePtr at_node;  // `at`, when it is not the root
    bool must_be_folder = false;
    for (int links = 0;;) {
      rest.erase(0, std::min(rest.find_first_not_of('/'), rest.size()));
      const size_t end = std::min(rest.find('/'), rest.size());
      const std::string name = rest.substr(0, end);
      rest.erase(0, end);
      const bool has_slash = !rest.empty();
      rest.erase(0, std::min(rest.find_first_not_of('/'), rest.size()));
      const bool is_last = rest.empty();
      must_be_folder = must_be_folder || (is_last && has_slash);
      if (name == "." || name == "..") {
        if (name == ".." && at == &root) return {.error = perm};
        if (name == "..") at = at->parent;
        at_node = shared(at);
        if (is_last) return {.error = ok, .node = at_node, .must_be_folder = must_be_folder};
        continue;
      }
      const auto entry = at->entries.find(name);
      if (entry == at->entries.end()) {
        if (!is_last || !creates) return {.error = noent};
        return {.error = must_be_folder ? isdir : ok, .folder = at, .name = name, .must_be_folder = must_be_folder};
      }
      const NodePtr node = entry->second;
      if (node->kind == Kind::link && (!is_last || follows || must_be_folder)) {
        if (is_last && must_be_folder && creates) return {.error = isdir};
        if (++links > 40) return {.error = loop};
        if (node->text.front() == '/') return {.error = perm};
        rest = is_last ? node->text : node->text + "/" + rest;
        continue;
      }
      if (!is_last || (must_be_folder && !creates)) {
        if (node->kind != Kind::folder) return {.error = notdir};
      }
      if (is_last) return {.error = ok, .node = node, .folder = at, .name = name, .must_be_folder = must_be_folder};
      at = node.get();
      at_node = node;
    }
  }
  // The shared pointer of a folder that is somewhere in the tree or open.
  NodePtr shared(Node* node) {
    if (node == root_.get()) return root_;
    if (node->parent != nullptr) {
      for (const auto& [name, child] : node->parent->entries) {
        if (child.get() == node) return child;
      }
    }
    for (const Descriptor& one : descriptors_) {
      if (one.node.get() == node) return one.node;
    }
    return nullptr;
  }

  uint32_t first_;
  NodePtr root_;
  std::vector<Descriptor> descriptors_;
};

}  // namespace model
