// See lock.h.
#include "platform/manifest/lock.h"

#include "base/core/format.h"
#include "base/toml/shape.h"
#include "base/toml/values.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/limits.h"
#include "platform/manifest/read.h"

#include <algorithm>

namespace mote::manifest {
namespace {

using toml::Key;
using toml::Shape;
using Kind = Shape::Kind;

constexpr std::string_view algorithm = "sha256:";

Result<void> check_digest(std::string_view text) {
  const std::string_view digits = text.substr(std::min(text.size(), algorithm.size()));
  const bool is_hex = std::ranges::all_of(digits, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (text.starts_with(algorithm) && digits.size() == 64 && is_hex) return {};
  return fail(ErrorKind::bad_input, "is \"sha256:\" and 64 hexadecimal digits in lower case");
}

constexpr toml::Form digest_form{"", check_digest}, id_form{"", check_component_id};
constexpr Shape version{.kind = Kind::integer, .least = 1, .most = 1}, text{.kind = Kind::text},
    digest{.kind = Kind::text, .form = &digest_form};
constexpr Key entry_keys[] = {{"source", &text, "what the manifest named", "", true},
                              {"digest", &digest, "of its bytes", "", true}};
constexpr Shape entry{.kind = Kind::table, .keys = entry_keys};
constexpr Shape entries{.kind = Kind::map, .form = &id_form, .most = limits::components.hard, .of = &entry};
constexpr Key root_keys[] = {{"version", &version, "of this format: 1", "", true}, {"component", &entries}};
constexpr Shape lock_shape{.kind = Kind::table, .keys = root_keys};

}  // namespace

const Lock::Entry* Lock::find(std::string_view component) const {
  const auto found = std::ranges::find(entries, component, &Entry::component);
  return found == entries.end() ? nullptr : &*found;
}

Result<void> Lock::verify(std::string_view component, std::string_view digest) const {
  const Entry* locked = find(component);
  if (locked == nullptr) {
    return fail(ErrorKind::not_found, format("{} has no component {}: mote check --write-lock writes it anew", file,
                                             toml::quoted(component.substr(0, 64))));
  }
  if (locked->digest == digest) return {};
  return fail(ErrorKind::denied,
              format("{}:{}: component {} is another module than was locked (sha256 {}, and now {}): if it is meant, "
                     "mote check --write-lock locks the new one",
                     file, locked->at.line, component, locked->digest, digest));
}

Result<Lock> parse_lock(std::string_view text, std::string file) {
  toml::Problems problems(file);
  toml::Node root;
  if (!toml::read_document(text, {.what = "a lock file"}, problems, root)) return std::unexpected(problems.error());
  if (!toml::check(root, "", lock_shape, problems)) return std::unexpected(problems.error());
  Lock lock{.file = std::move(file)};
  const toml::Member* components = root.find("component");
  if (components == nullptr) return lock;
  for (const toml::Member& one : components->value.members) {
    Lock::Entry made{.component = one.name, .at = one.at};
    const Fields fields{one.value};
    fields.read("source", made.source);
    fields.read("digest", made.digest);
    made.digest.erase(0, algorithm.size());
    lock.entries.push_back(std::move(made));
  }
  return lock;
}

std::string write(const Lock& lock) {
  std::vector<Lock::Entry> sorted = lock.entries;
  std::ranges::sort(sorted, {}, &Lock::Entry::component);
  std::string text =
      "# Written by mote check --write-lock: which modules the manifest's components are. Belongs beside the manifest, under "
      "version control.\n"
      "version = 1\n";
  for (const Lock::Entry& one : sorted)
    text += format("\n[component.{}]\nsource = {}\ndigest = \"{}{}\"\n", one.component, toml::quoted(one.source), algorithm,
                   one.digest);
  return text;
}

}  // namespace mote::manifest
