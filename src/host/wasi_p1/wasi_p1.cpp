// The import table of preview 1: names, and bridges from registers to the functions of functions.h.
#include "host/wasi_p1/wasi_p1.h"

#include "host/wasi_p1/functions.h"

#include <string>

namespace mote::wasi_p1 {
namespace {

Guest guest_of(Caller& caller) {
  return {*static_cast<sandbox::Process*>(caller.data()), caller.memory()};
}

template <class... Args>
Result<void> define_one(Linker& linker, std::string_view name, Errno (*function)(Guest&, Args...)) {
  return linker.func(module_name, name, [function](Caller& caller, Args... args) -> uint32_t {
    Guest guest = guest_of(caller);
    return static_cast<uint32_t>(function(guest, args...));
  });
}

// Ends the guest without running any more of it.
Result<void> define_proc_exit(Linker& linker) {
  return linker.func(module_name, "proc_exit", [](Caller&, uint32_t code) -> std::expected<void, Failure> {
    return std::unexpected(Failure::exit(static_cast<int>(code)));
  });
}

struct Entry {
  std::string_view name;
  Result<void> (*define)(Linker& linker);
};
constexpr Entry entries[] = {
#define MOTE_WASI(name) {#name, [](Linker& linker) { return define_one(linker, #name, &name); }},
#include "host/wasi_p1/functions.def"
    {"proc_exit", define_proc_exit},
};
static_assert(std::size(entries) == 46, "preview 1 has 46 functions");

const Entry* find(std::string_view name) {
  for (const Entry& entry : entries) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace

bool has_function(std::string_view name) {
  return find(name) != nullptr;
}

Result<void> define_all(Linker& linker) {
  for (const Entry& entry : entries) TRY(entry.define(linker));
  return {};
}

Result<void> define_imported(Linker& linker, const Module& module) {
  for (const ImportInfo& import : module.imports()) {
    if (import.module != module_name) continue;
    if (const Entry* entry = find(import.name)) TRY(entry->define(linker));
  }
  return {};
}

}  // namespace mote::wasi_p1
