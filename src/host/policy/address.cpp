// Addresses: reading, writing, and which class each belongs to. See network.h.
// Classes: RFC 6890 and its successors (IANA special-purpose address registries), RFC 4291, 6052, 3056, 4380.
#include "base/core/format.h"
#include "host/policy/network.h"

#include <algorithm>
#include <charconv>

namespace mote::policy {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<Address> parse_v4(std::string_view text) {
  Address address;
  for (size_t i = 0; i < 4; ++i) {
    size_t digits = 0;
    uint32_t value = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
      if (digits == 3) return std::nullopt;
      value = value * 10 + static_cast<uint32_t>(text[digits] - '0');
    }
    if (digits == 0 || value > 255 || (digits > 1 && text[0] == '0')) return std::nullopt;
    address.bytes[i] = static_cast<uint8_t>(value);
    text.remove_prefix(digits);
    if (i == 3) break;
    if (text.empty() || text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return text.empty() ? std::optional(address) : std::nullopt;
}

// Groups of one side of "::"; false when they are none.
bool parse_groups(std::string_view text, std::vector<uint16_t>& groups, bool may_end_with_v4) {
  while (!text.empty()) {
    const size_t colon = std::min(text.find(':'), text.size());
    const std::string_view part = text.substr(0, colon);
    if (colon == text.size() && may_end_with_v4 && part.find('.') != part.npos) {
      const auto v4 = parse_v4(part);
      if (!v4) return false;
      groups.push_back(static_cast<uint16_t>(v4->bytes[0] << 8 | v4->bytes[1]));
      groups.push_back(static_cast<uint16_t>(v4->bytes[2] << 8 | v4->bytes[3]));
      return groups.size() <= 8;
    }
    uint16_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.empty() || part.size() > 4 || error != std::errc() || end != part.data() + part.size()) return false;
    groups.push_back(value);
    if (groups.size() > 8) return false;
    if (colon == text.size()) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a single ':' at the end
  }
  return true;
}

std::optional<Address> parse_v6(std::string_view text) {
  std::vector<uint16_t> head, tail;
  const size_t gap = text.find("::");
  if (!parse_groups(text.substr(0, gap), head, gap == text.npos)) return std::nullopt;
  if (gap == text.npos && head.size() != 8) return std::nullopt;
  if (gap != text.npos) {
    if (!parse_groups(text.substr(gap + 2), tail, true) || head.size() + tail.size() > 7) return std::nullopt;
    head.resize(8 - tail.size());
    head.insert(head.end(), tail.begin(), tail.end());
  }
  Address address{.is_v6 = true};
  for (size_t i = 0; i < 8; ++i) {
    address.bytes[2 * i] = static_cast<uint8_t>(head[i] >> 8);
    address.bytes[2 * i + 1] = static_cast<uint8_t>(head[i]);
  }
  return address;
}

struct Special {
  std::string_view block;
  AddressClass address_class;
};
// The first that contains an address decides. Metadata services lie inside larger blocks and come first.
constexpr Special specials[] = {
    {"169.254.169.254", AddressClass::metadata},  // most clouds
    {"169.254.170.2", AddressClass::metadata},    // credentials of containers
    {"169.254.170.23", AddressClass::metadata},
    {"169.254.169.253", AddressClass::metadata},  // the name server beside it
    {"100.100.100.200", AddressClass::metadata},
    {"168.63.129.16", AddressClass::metadata},
    {"192.0.0.192", AddressClass::metadata},
    {"fd00:ec2::/32", AddressClass::metadata},
    {"fd20:ce::254", AddressClass::metadata},
    {"0.0.0.0/8", AddressClass::unspecified},
    {"::", AddressClass::unspecified},
    {"127.0.0.0/8", AddressClass::loopback},
    {"::1", AddressClass::loopback},
    {"169.254.0.0/16", AddressClass::link_local},
    {"fe80::/10", AddressClass::link_local},
    {"10.0.0.0/8", AddressClass::private_},
    {"172.16.0.0/12", AddressClass::private_},
    {"192.168.0.0/16", AddressClass::private_},
    {"100.64.0.0/10", AddressClass::private_},  // shared by carriers
    {"fc00::/7", AddressClass::private_},
    {"fec0::/10", AddressClass::private_},
    {"64:ff9b:1::/48", AddressClass::private_},  // translation inside one network
    {"224.0.0.0/4", AddressClass::multicast},
    {"ff00::/8", AddressClass::multicast},
    {"192.0.0.0/24", AddressClass::reserved},
    {"192.0.2.0/24", AddressClass::reserved},
    {"192.88.99.0/24", AddressClass::reserved},
    {"198.18.0.0/15", AddressClass::reserved},
    {"198.51.100.0/24", AddressClass::reserved},
    {"203.0.113.0/24", AddressClass::reserved},
    {"240.0.0.0/4", AddressClass::reserved},
    {"100::/64", AddressClass::reserved},
    {"2001:2::/48", AddressClass::reserved},
    {"2001:db8::/32", AddressClass::reserved},
    {"3fff::/20", AddressClass::reserved},
    {"5f00::/16", AddressClass::reserved},
};
struct SpecialBlock {
  Block block;
  AddressClass address_class;
};
const std::vector<SpecialBlock>& special_blocks() {
  static const std::vector<SpecialBlock> blocks = [] {
    std::vector<SpecialBlock> made;
    for (const Special& special : specials) {
      if (auto block = Block::parse(special.block)) made.push_back({*block, special.address_class});
    }
    return made;
  }();
  return blocks;
}

AddressClass own_class(const Address& address) {
  for (const SpecialBlock& special : special_blocks()) {
    if (special.block.contains(address)) return special.address_class;
  }
  return AddressClass::public_;
}

bool equal_bits(const Address& a, const Address& b, uint32_t bits) {
  const size_t whole = bits / 8;
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + static_cast<ptrdiff_t>(whole), b.bytes.begin())) return false;
  const uint32_t rest = bits % 8;
  return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.size() > 45) return std::nullopt;
  return text.find(':') == text.npos ? parse_v4(text) : parse_v6(text);
}

std::string Address::text() const {
  if (!is_v6) return format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]);
  const auto group = [&](size_t i) { return static_cast<uint32_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]); };
  size_t gap = 8, length = 1;  // the longest run of at least two zero groups, the first of equals (RFC 5952)
  for (size_t i = 0; i < 8; ++i) {
    size_t run = 0;
    while (i + run < 8 && group(i + run) == 0) ++run;
    if (run > length) {
      gap = i;
      length = run;
    }
  }
  std::string out;
  for (size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      out += "::";
      i += length - 1;
      continue;
    }
    if (!out.empty() && !out.ends_with("::")) out += ':';
    out += format("{:x}", group(i));
  }
  return out;
}

std::optional<Address> Address::inner_v4() const {
  if (!is_v6) return std::nullopt;
  const auto v4_at = [&](size_t at, uint8_t flip) {
    Address inner;
    for (size_t i = 0; i < 4; ++i) inner.bytes[i] = bytes[at + i] ^ flip;
    return inner;
  };
  const auto starts_with = [&](std::initializer_list<uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  if (starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return v4_at(12, 0);              // mapped
  if (starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return v4_at(12, 0);              // translated
  if (starts_with({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return v4_at(12, 0);           // NAT64
  if (starts_with({0x20, 0x02})) return v4_at(2, 0);                                             // 6to4
  if (starts_with({0x20, 0x01, 0, 0})) return v4_at(12, 0xff);                                   // Teredo
  const bool is_special = bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0 && bytes[15] <= 1;  // "::" and "::1"
  if (!is_special && starts_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})) return v4_at(12, 0);     // compatible
  return std::nullopt;
}

AddressClasses Address::classes() const {
  AddressClasses classes;
  if (const AddressClass own = own_class(*this); own != AddressClass::public_) classes.add(own);
  if (const auto inner = inner_v4()) {
    classes.add(AddressClass::mapped);
    if (const AddressClass own = own_class(*inner); own != AddressClass::public_) classes.add(own);
  }
  return classes;
}

Result<Block> Block::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = Address::parse(text.substr(0, slash));
  if (!base)
    return fail(ErrorKind::bad_input, format("\"{}\" is no address or block of addresses (\"10.0.0.0/8\")", text.substr(0, 64)));
  const uint8_t most = base->is_v6 ? 128 : 32;
  Block block{*base, most};
  if (slash == text.npos) return block;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), block.bits);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || block.bits > most) {
    return fail(ErrorKind::bad_input, format("\"{}\": the number behind / is 0 to {}", text.substr(0, 64), most));
  }
  for (uint32_t bit = block.bits; bit < most; ++bit) {
    block.base.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80u >> bit % 8));
  }
  if (!(block.base == *base)) {
    return fail(ErrorKind::bad_input, format("\"{}\" has bits behind its prefix: write \"{}\"", text, block.text()));
  }
  return block;
}

std::string Block::text() const {
  const bool is_one = bits == (base.is_v6 ? 128 : 32);
  return is_one ? base.text() : format("{}/{}", base.text(), bits);
}

bool Block::contains(const Address& address) const {
  return address.is_v6 == base.is_v6 && equal_bits(address, base, bits);
}

bool Block::contains(const Block& other) const {
  return other.bits >= bits && contains(other.base);
}

Address Block::last() const {
  Address address = base;
  for (uint32_t bit = bits; bit < (base.is_v6 ? 128u : 32u); ++bit) {
    address.bytes[bit / 8] |= static_cast<uint8_t>(0x80u >> bit % 8);
  }
  return address;
}

std::string_view name(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::public_:
      return "public";
    case AddressClass::unspecified:
      return "unspecified";
    case AddressClass::loopback:
      return "loopback";
    case AddressClass::link_local:
      return "link-local";
    case AddressClass::private_:
      return "private";
    case AddressClass::metadata:
      return "metadata";
    case AddressClass::multicast:
      return "multicast";
    case AddressClass::reserved:
      return "reserved";
    case AddressClass::mapped:
      return "mapped";
  }
  return "";
}

std::string AddressClasses::text() const {
  std::string out;
  for (unsigned i = 1; i <= static_cast<unsigned>(AddressClass::mapped); ++i) {
    const auto one = static_cast<AddressClass>(i);
    if (has(one)) out += format("{}{}", out.empty() ? "" : ", ", name(one));
  }
  return out;
}

}  // namespace mote::policy
