// The questions that a Policy answers, and the words of its values. See policy.h.
#include "host/policy/policy.h"

#include "base/core/format.h"

#include <algorithm>

namespace mote::policy {
namespace {

// Whether `path` is `folder` or lies below it, by components. "." stands for relative paths.
bool lies_in(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  if (folder == ".") return !path.empty() && !path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

const FolderGrant* Policy::folder(std::string_view guest_path) const {
  const FolderGrant* best = nullptr;
  for (const FolderGrant& grant : folders) {
    if (lies_in(guest_path, grant.guest) && (best == nullptr || grant.guest.size() > best->guest.size())) best = &grant;
  }
  return best;
}

std::string Policy::host_path(const FolderGrant& grant) const {
  const std::string& said_by = grant.at.file == 0 || grant.at.file > others.size() ? file : others[grant.at.file - 1];
  const size_t slash = said_by.rfind('/');
  if (grant.host.starts_with('/') || slash == said_by.npos) return grant.host;
  return said_by.substr(0, slash + 1) + grant.host;
}

const Variable* Policy::variable(std::string_view name) const {
  const auto found = std::ranges::find(environment, name, &Variable::name);
  return found == environment.end() ? nullptr : &*found;
}

std::optional<uint64_t> Policy::limit(std::string_view name) const {
  const auto found = std::ranges::find(limits, name, &LimitValue::name);
  return found == limits.end() ? std::nullopt : std::optional(found->value);
}

bool Policy::allows_import(std::string_view module, std::string_view name) const {
  const std::string import = format("{}.{}", module, name);
  return std::ranges::any_of(imports, [&](const std::string& pattern) { return matches_import(pattern, import); });
}

std::string Policy::place(Position at) const {
  const std::string& named = at.file == 0 || at.file > others.size() ? file : others[at.file - 1];
  return at.line == 0 ? named : format("{}:{}", named, at.line);
}

bool matches_import(std::string_view pattern, std::string_view import) {
  if (pattern.ends_with('*')) return import.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == import;
}

bool covers_import(std::string_view pattern, std::string_view other) {
  if (!other.ends_with('*')) return matches_import(pattern, other);
  return pattern.ends_with('*') && other.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string_view name(OnDeny on_deny) {
  switch (on_deny) {
    case OnDeny::errno_:
      return "errno";
    case OnDeny::trap:
      return "trap";
    case OnDeny::log:
      return "log";
  }
  return "";
}

std::string_view name(Clock::Mode mode) {
  switch (mode) {
    case Clock::Mode::none:
      return "none";
    case Clock::Mode::virtual_:
      return "virtual";
    case Clock::Mode::coarse:
      return "coarse";
    case Clock::Mode::real:
      return "real";
  }
  return "";
}

std::string_view name(Random::Mode mode) {
  switch (mode) {
    case Random::Mode::none:
      return "none";
    case Random::Mode::seeded:
      return "seeded";
    case Random::Mode::real:
      return "real";
  }
  return "";
}

std::string size_text(uint64_t bytes) {
  constexpr std::string_view units[] = {"KiB", "MiB", "GiB"};
  for (size_t i = std::size(units); i > 0; --i) {
    const size_t shift = 10 * i;
    if (bytes >> shift != 0 && (bytes & ((1ull << shift) - 1)) == 0) return format("{} {}", bytes >> shift, units[i - 1]);
  }
  return format("{} bytes", bytes);
}

std::string duration_text(uint64_t ms) {
  if (ms != 0 && ms % 3'600'000 == 0) return format("{} h", ms / 3'600'000);
  if (ms != 0 && ms % 1000 == 0) return format("{} s", ms / 1000);
  return format("{} ms", ms);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f)
      out += format("\\u{:04x}", static_cast<uint32_t>(static_cast<uint8_t>(c)));
    else
      out += c;
  }
  return out;
}

}  // namespace mote::policy
