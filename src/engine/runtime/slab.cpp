// Slabs (slab.h): a list of free places for each class, and one mapping that new ones are cut from.
#include "engine/runtime/slab.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "base/os/memory_file.h"

#include <algorithm>
#include <bit>

namespace mote::runtime {

uint64_t Slabs::size_class(uint64_t size) {
  return std::bit_ceil(std::max(size, smallest_bytes));
}

Slabs::Class& Slabs::class_of(uint64_t size) {
  const auto found = std::ranges::find(classes_, size, &Class::size);
  if (found != classes_.end()) return *found;
  return classes_.emplace_back(Class{.size = size, .free = {}, .slab = {}});
}

Result<Slabs::Place> Slabs::take(uint64_t size) {
  const uint64_t rounded = size_class(size);
  const std::lock_guard lock(mutex_);
  Class& from = class_of(rounded);
  if (!from.free.empty()) {
    uint8_t* const base = from.free.back();
    from.free.pop_back();
    ++taken_;
    return Place{base, rounded};
  }
  if (from.used + rounded > from.slab.size()) {
    auto mapped = os::Mapping::anonymous(std::max(slab_size_bytes, rounded));
    if (!mapped) {
      return fail(ErrorKind::unavailable,
                  format("no address space for pooled memories of {} bytes ({})", rounded, mapped.error().message));
    }
    mapped->refuse_huge_pages();  // one page that is touched must not become 2 MiB, nor two that are watched be merged
    if (from.slab) full_.push_back(std::move(from.slab));
    from.slab = std::move(*mapped);
    from.used = 0;
  }
  uint8_t* const base = from.slab.data() + from.used;
  from.used += rounded;
  ++taken_;
  return Place{base, rounded};
}

void Slabs::give(Place place) {
  // What cannot be made zeros is not given to the next.
  if (!os::discard(place.base, place.size) && !os::show_zeros(place.base, place.size)) return;
  const std::lock_guard lock(mutex_);
  class_of(place.size).free.push_back(place.base);
  --taken_;
}

Slabs::Count Slabs::count() const {
  const std::lock_guard lock(mutex_);
  uint64_t slabs = full_.size();
  for (const Class& one : classes_) slabs += one.slab ? 1 : 0;
  return {slabs, taken_};
}

}  // namespace mote::runtime
