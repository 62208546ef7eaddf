// See grant.h.
#include "host/sandbox/grant.h"

#include "base/core/bytes.h"
#include "base/core/format.h"

#include <algorithm>
#include <utility>

namespace mote::sandbox {

std::string shown_name(std::string_view name) {
  constexpr size_t most = 200;
  std::string text = "\"";
  for (const char c : name.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
      text += format("\\x{:02x}", byte);
    } else {
      text += c;
    }
  }
  return text + (name.size() > most ? "\"..." : "\"");
}

std::string Grant::line(bool read, bool write, bool create) const {
  if (!is_of_policy) return format("--dir {}{}", host, guest == host ? "" : "::" + guest);
  std::string text = format("[fs] {} = {{ host = {}", shown_name(guest), shown_name(host));
  if (read) text += ", read = true";
  if (write || create) text += ", write = true";
  if (create) text += ", create = true";
  return text + " }";
}

Outcome<void> Grant::refuse(Refusal refusal, std::string_view kind, std::string_view what, std::string_view name,
                            std::string would_grant) const {
  if (denials != nullptr) {
    denials->note({.kind = kind,
                   .thing = format("{} {}", what, shown_name(name)),
                   .rule = rule,
                   .would_grant = std::move(would_grant),
                   .within = guest,
                   .subject = std::string(name),
                   .is_let_through = lets_through});
  }
  if (lets_through) return {};
  return std::unexpected(refusal);
}

Outcome<void> Grant::may_read(std::string_view what, std::string_view name) const {
  if (reads) return {};
  return refuse(Refusal::access_denied, "read", what, name, line(true, writes, creates));
}
Outcome<void> Grant::may_write(std::string_view what, std::string_view name) const {
  if (writes) return {};
  return refuse(Refusal::read_only, "write", what, name, line(reads, true, creates));
}
Outcome<void> Grant::may_create(std::string_view what, std::string_view name) const {
  if (creates) return {};
  return refuse(writes ? Refusal::access_denied : Refusal::read_only, "create", what, name, line(reads, true, true));
}

Refusal Grant::outside(std::string_view what, std::string_view name) const {
  if (denials != nullptr) {
    denials->note({.kind = "outside",
                   .thing = format("{} {}, which leads out of {}", what, shown_name(name), shown_name(guest)),
                   .rule = rule});
  }
  return Refusal::outside;
}

Refusal Grant::noted(Refusal refusal, std::string_view what, std::string_view name) const {
  if (refusal == Refusal::outside) return outside(what, name);
  if (refusal == Refusal::too_many_open && denials != nullptr) {
    denials->note({.kind = "limit",
                   .thing = format("{} {}", what, shown_name(name)),
                   .rule = "the host's limit of open files",
                   .would_grant = "a larger ulimit -n"});
  }
  return refusal;
}

uint64_t Grant::bytes_left() const {
  return bytes_most ? *bytes_most - std::min(*bytes_most, bytes_added_) : UINT64_MAX;
}

std::shared_ptr<KnownSize> Grant::known_size(const os::NodeStatus& file) const {
  if (!counts_bytes()) return nullptr;
  std::erase_if(*sizes, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<KnownSize>& place = (*sizes)[{file.device, file.inode}];
  std::shared_ptr<KnownSize> known = place.lock();
  if (!known) place = known = std::make_shared<KnownSize>();
  known->bytes = file.size;
  return known;
}

Outcome<void> Grant::refuse_bytes(std::string_view name) const {
  return refuse(Refusal::quota_exceeded, "quota", "make larger", name,
                format("a max_bytes larger than {}", bytes_most.value_or(0)));
}

Outcome<void> Grant::room_for_file(std::string_view name) const {
  if (!files_most || files_made_ < *files_most) return {};
  return refuse(Refusal::quota_exceeded, "quota", "make one more file,", name, format("a max_files larger than {}", *files_most));
}

}  // namespace mote::sandbox
