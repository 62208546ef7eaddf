// Which library this is, and its limits. Tested by capi_test.c.
#include "engine/capi/handles.h"
#include "engine/capi/structs.h"

#include <mote/limits.h>

#include <array>
#include <string_view>

namespace {

#define MOTE_TEXT_OF(number) #number
#define MOTE_DOTTED(major, minor, patch) MOTE_TEXT_OF(major) "." MOTE_TEXT_OF(minor) "." MOTE_TEXT_OF(patch)
constexpr const char* version_text = MOTE_DOTTED(MOTE_VERSION_MAJOR, MOTE_VERSION_MINOR, MOTE_VERSION_PATCH);
static_assert(std::string_view(version_text) == MOTE_PROJECT_VERSION, "mote.h and CMakeLists.txt name different versions");

namespace limits = mote::limits;
constexpr std::array all_limits = {
    limits::memory_size,  limits::memory64_reservation, limits::dense_memory_size, limits::shared_memory_size,
    limits::waiters,      limits::externrefs,           limits::table_elements,    limits::instances,
    limits::wasm_stack,   limits::pool_memory_size,     limits::pool_sandboxes,    limits::pool_kept_each,
    limits::pool_kept,    limits::engine_kept,          limits::pooled_stacks,     limits::backtrace_frames,
    limits::code_size,    limits::function_code_size,   limits::descriptors,       limits::cache_size,
    limits::gc_heap_size, limits::engine_types};

}  // namespace

uint32_t mote_version(void) {
  return MOTE_VERSION;
}
mote_string_t mote_version_text(void) {
  return mote_string(version_text);
}
uint32_t mote_abi(void) {
  return MOTE_ABI;
}

bool mote_limit(size_t index, mote_limit_t* limit) {
  if (index >= all_limits.size()) return false;
  const limits::Limit& from = all_limits[index];
  mote_limit_t known = {};
  known.name = mote_string(from.name);
  known.unit = mote_string(from.unit);
  known.standard = from.standard;
  known.hard = from.hard;
  return mote::capi::write_struct(limit, known);
}
