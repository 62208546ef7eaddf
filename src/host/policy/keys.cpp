// The table itself: see keys.h.
#include "host/policy/keys.h"

#include <array>

namespace mote::policy {
namespace {

constexpr Key root[] = {
    {.name = "version", .type = KeyType::count, .help = "of this format", .least = 1, .most = 1},
    {.name = "on_deny",
     .type = KeyType::choice,
     .help = "what a refused call does: it returns the errno that the interface names, or ends the guest with a trap; log lets it "
             "through and is for --allow-unsafe-policy only",
     .values = "errno|trap|log"},
    {.name = "require_kernel",
     .type = KeyType::boolean,
     .help = "refuse to run where the kernel cannot enforce this policy as a second wall"},
};

constexpr Key folder_keys[] = {
    {.name = "host",
     .type = KeyType::text,
     .help = "the folder on this machine; relative to the folder that the policy lies in",
     .format = TextFormat::folder,
     .is_required = true},
    {.name = "read", .type = KeyType::boolean, .help = "files and folders in it may be read and listed"},
    {.name = "write", .type = KeyType::boolean, .help = "the content of files in it may change"},
    {.name = "create", .type = KeyType::boolean, .help = "files and folders in it may be made, renamed and removed; needs write"},
    {.name = "max_bytes", .type = KeyType::size, .help = "the most bytes that a guest may add to its files; needs write"},
    {.name = "max_files", .type = KeyType::count, .help = "the most files and folders that a guest may make; needs create"},
};

constexpr Key net_keys[] = {
    {.name = "outbound", .type = KeyType::rules, .help = "whom the guest may connect or send to"},
    {.name = "listen", .type = KeyType::rules, .help = "where the guest may accept connections or receive"},
    {.name = "lookup",
     .type = KeyType::texts,
     .help = "host names that may be looked up, besides those of outbound rules",
     .format = TextFormat::host},
};

constexpr Key rule_keys[] = {
    {.name = "protocol", .type = KeyType::choice, .help = "of the connection", .values = "tcp|udp", .is_required = true},
    {.name = "host",
     .type = KeyType::text,
     .help = "a host name, or *.NAME for all names below it, or *; outbound only, instead of cidr",
     .format = TextFormat::host},
    {.name = "cidr",
     .type = KeyType::text,
     .help = "an address or a block of addresses, instead of host",
     .format = TextFormat::block},
    {.name = "ports",
     .type = KeyType::ports,
     .help = "a port, a range \"8000-8100\", a list of them, or \"*\"",
     .is_required = true},
    {.name = "classes",
     .type = KeyType::choices,
     .help = "addresses that are refused unless named here, whatever the host name resolves to",
     .values = "unspecified|loopback|link-local|private|metadata|multicast|reserved|mapped"},
};

constexpr Key variable_keys[] = {
    {.name = "value", .type = KeyType::text, .help = "its value; the same as writing the value alone"},
    {.name = "inherit", .type = KeyType::boolean, .help = "hand on this process's own value"},
    {.name = "allow", .type = KeyType::boolean, .help = "the command line may set it, to any value"},
};

constexpr Key args_keys[] = {
    {.name = "allow", .type = KeyType::boolean, .help = "the guest gets the arguments of the command line"},
    {.name = "fixed", .type = KeyType::texts, .help = "arguments that it always gets, before those"},
    {.name = "max_count", .type = KeyType::count, .help = "the most arguments of the command line", .most = 1'000'000},
    {.name = "max_bytes", .type = KeyType::size, .help = "the most bytes of all of them", .most = 1ull << 30},
};

constexpr Key clock_keys[] = {
    {.name = "mode",
     .type = KeyType::choice,
     .help = "none, one that starts at `start` and knows nothing of this machine, the real one in steps, or the real one",
     .values = "none|virtual|coarse|real",
     .is_required = true},
    {.name = "resolution",
     .type = KeyType::duration,
     .help = "the steps of a coarse clock (1ms when not said)",
     .least = 1,
     .most = 3'600'000},
    {.name = "start", .type = KeyType::time, .help = "where a virtual clock starts (1970 when not said)"},
};

constexpr Key random_keys[] = {
    {.name = "mode",
     .type = KeyType::choice,
     .help = "no random numbers, those that follow from `seed`, or real ones",
     .values = "none|seeded|real",
     .is_required = true},
    {.name = "seed", .type = KeyType::count, .help = "of mode seeded: the same numbers each time, so not for secrets"},
};

constexpr Key import_keys[] = {
    {.name = "allow",
     .type = KeyType::texts,
     .help = "imports that a module may have, as MODULE.NAME; * stands for any ending (WASI preview 1 when [imports] is not there)",
     .format = TextFormat::import,
     .is_required = true},
};

constexpr uint64_t unlimited = 0;
constexpr uint64_t longest_ms = 365ull * 24 * 3600 * 1000;
constexpr LimitKey limit_table[] = {
    {"fuel", KeyType::count, unlimited, INT64_MAX, "instructions until the guest ends with a trap"},
    {"timeout", KeyType::duration, unlimited, longest_ms, "time until the guest ends with a trap"},
    {"cpu-time", KeyType::duration, unlimited, longest_ms,
     "time that the guest may compute until it ends with a trap; waiting is not counted"},
    {limits::memory_size.name, KeyType::size, limits::memory_size.standard, limits::memory_size.hard,
     "the most bytes that one memory may grow to"},
    {limits::shared_memory_size.name, KeyType::size, limits::shared_memory_size.standard, limits::shared_memory_size.hard,
     "the most bytes that a shared memory may declare as its maximum"},
    {limits::waiters.name, KeyType::count, limits::waiters.standard, limits::waiters.hard,
     "the most threads that may wait on one shared memory"},
    {limits::wasm_stack.name, KeyType::size, limits::wasm_stack.standard, limits::wasm_stack.hard,
     "bytes of stack for the guest's calls"},
    {limits::gc_heap_size.name, KeyType::size, limits::gc_heap_size.standard, limits::gc_heap_size.hard,
     "the most bytes of garbage-collected objects and exceptions"},
    {limits::table_elements.name, KeyType::count, limits::table_elements.standard, limits::table_elements.hard,
     "the most elements of one table"},
    {limits::descriptors.name, KeyType::count, limits::descriptors.standard, limits::descriptors.hard,
     "the most files, folders and streams open at once"},
    {limits::host_call_bytes.name, KeyType::size, unlimited, limits::host_call_bytes.hard,
     "bytes that host calls may move in and out of the guest's memory until it ends with a trap"},
    {limits::instances.name, KeyType::count, limits::instances.standard, limits::instances.hard, "the most instances"},
};

constexpr auto limits_as_keys = [] {
  std::array<Key, std::size(limit_table)> keys{};
  for (size_t i = 0; i < keys.size(); ++i) {
    const LimitKey& limit = limit_table[i];
    keys[i] = {.name = limit.name, .type = limit.type, .help = limit.help, .most = limit.hard};
  }
  return keys;
}();

constexpr Table table_table[] = {
    {"fs", TableShape::folders, "folders of this machine, by the path under which the guest sees them", folder_keys},
    {"net", TableShape::keys, "the network", net_keys},
    {"env", TableShape::variables, "variables of the guest's environment", variable_keys},
    {"args", TableShape::keys, "the guest's arguments", args_keys},
    {"clock", TableShape::keys, "what the guest sees of time", clock_keys},
    {"random", TableShape::keys, "random numbers", random_keys},
    {"limits", TableShape::keys, "what the guest may use up, by the names of -W", limits_as_keys},
    {"imports", TableShape::keys, "what a module may import", import_keys},
};

}  // namespace

std::string_view pattern(TextFormat format) {
  switch (format) {
    case TextFormat::plain:
      return R"(^[^\u0000]*$)";
    case TextFormat::folder:
      return R"(^[^\u0000-\u001f]+$)";
    case TextFormat::guest_path:
      return R"(^(\.|/|(/(?!\.\.?(/|$))[^/\u0000-\u001f]+)+)$)";
    case TextFormat::variable:
      return R"(^[^=\u0000-\u001f]+$)";
    case TextFormat::block:
      return R"(^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(/[0-9]{1,3})?$)";
    case TextFormat::host:
      return R"(^(\*|(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*(?![0-9]+\.?$|0[xX])[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.?)$)";
    case TextFormat::import:
      return R"(^[^*\u0000-\u001f]+(\.[^*\u0000-\u001f]*\*?|\*)$)";
  }
  return {};
}

std::span<const Key> root_keys() {
  return root;
}
std::span<const Table> tables() {
  return table_table;
}
std::span<const Key> net_rule_keys() {
  return rule_keys;
}
std::span<const LimitKey> limit_keys() {
  return limit_table;
}

}  // namespace mote::policy
