// The table itself: see aliases.h.
#include "apps/mote/aliases.h"

#include "base/core/format.h"

#include <algorithm>
#include <charconv>

namespace mote::cli {
namespace {

using Words = std::vector<std::string>;

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

Result<Words> folder(std::string_view host, std::string_view guest, std::string_view needs, std::string_view access = "") {
  if (host.empty() || guest.empty() || host.find("::") != host.npos || guest.find("::") != guest.npos)
    return refuse(format("needs {}", needs));
  return Words{"--dir", format("{}::{}{}", host, guest, access)};
}

Result<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.begin(), text.end(), value);
  if (error != std::errc() || rest != text.end()) return refuse(format("needs a number, not \"{}\"", text));
  return value;
}

Result<Words> milliseconds(std::string_view text) {
  return Words{"-W", format("timeout={}ms", TRY(number(text)))};
}

// Guest paths have no colon as a rule, host paths might: the last colon divides where the host comes first.
Result<Words> host_then_guest(std::string_view text, std::string_view needs, std::string_view access) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) return folder(text, text, needs, access);
  return folder(text.substr(0, colon), text.substr(colon + 1), needs, access);
}

Result<Words> wasmer_mapdir(std::string_view text) {
  constexpr std::string_view needs = "GUEST:HOST";
  const size_t colon = text.find(':');
  if (colon == text.npos) return refuse(format("needs {}", needs));
  return folder(text.substr(colon + 1), text.substr(0, colon), needs);
}

Result<Words> wamr_map_dir(std::string_view text) {
  constexpr std::string_view needs = "GUEST::HOST";
  const size_t colons = text.find("::");
  if (colons == text.npos) return refuse(format("needs {}", needs));
  return folder(text.substr(colons + 2), text.substr(0, colons), needs);
}

Result<Words> wazero_mount(std::string_view text) {
  constexpr std::string_view read_only = ":ro";
  const bool is_read_only = text.ends_with(read_only);
  if (is_read_only) text.remove_suffix(read_only.size());
  return host_then_guest(text, "HOST[:GUEST][:ro]", is_read_only ? read_only : "");
}

Result<Words> wasmedge_pages(std::string_view text) {
  constexpr uint64_t page_size = 64 << 10;
  const uint64_t pages = TRY(number(text));
  if (pages > UINT64_MAX / page_size) return refuse("is too large");
  return Words{"-W", format("max-memory-size={}", pages * page_size)};
}

constexpr Alias alias_table[] = {
    {"-v", "", "mote", "--verbose", [](std::string_view) -> Result<Words> { return Words{"--verbose"}; }},
    {"--mapdir", "GUEST:HOST", "Wasmer", "--dir HOST::GUEST", wasmer_mapdir},
    {"--volume", "HOST[:GUEST]", "Wasmer", "--dir HOST::GUEST",
     [](std::string_view text) { return host_then_guest(text, "HOST:GUEST", ""); }},
    {"-mount", "HOST[:GUEST][:ro]", "wazero", "--dir HOST::GUEST", wazero_mount},
    {"-env", "NAME=VALUE", "wazero", "--env NAME=VALUE",
     [](std::string_view text) -> Result<Words> { return Words{"--env", std::string(text)}; }},
    {"-env-inherit", "", "wazero", "-S inherit-env", [](std::string_view) -> Result<Words> { return Words{"-S", "inherit-env"}; }},
    {"-timeout", "TIME", "wazero", "-W timeout=TIME",
     [](std::string_view text) -> Result<Words> { return Words{"-W", format("timeout={}", text)}; }},
    {"-listen", "ADDRESS:PORT", "wazero", "-S tcplisten=ADDRESS:PORT",
     [](std::string_view text) -> Result<Words> { return Words{"-S", format("tcplisten={}", text)}; }},
    {"--time-limit", "MS", "WasmEdge", "-W timeout=MSms", milliseconds},
    {"--gas-limit", "N", "WasmEdge", "-W fuel=N",
     [](std::string_view text) -> Result<Words> { return Words{"-W", format("fuel={}", TRY(number(text)))}; }},
    {"--memory-page-limit", "PAGES", "WasmEdge", "-W max-memory-size=BYTES, in pages of 64K", wasmedge_pages},
    {"--map-dir", "GUEST::HOST", "WAMR", "--dir HOST::GUEST", wamr_map_dir},
    {"--stack-size", "BYTES", "WAMR", "-W max-wasm-stack=BYTES",
     [](std::string_view text) -> Result<Words> { return Words{"-W", format("max-wasm-stack={}", TRY(number(text)))}; }},
    {"--timeout", "MS", "WAMR", "-W timeout=MSms", milliseconds},
    {"-f", "NAME", "WAMR", "--invoke NAME",
     [](std::string_view text) -> Result<Words> { return Words{"--invoke", std::string(text)}; }},
};

}  // namespace

std::span<const Alias> aliases() {
  return alias_table;
}

const Alias* find_alias(std::string_view name) {
  const auto* const found = std::ranges::find(alias_table, name, &Alias::name);
  return found == std::end(alias_table) ? nullptr : found;
}

}  // namespace mote::cli
