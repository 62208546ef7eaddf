// Tables (table.h). The array is reserved for the table's largest size: in the process's ordinary memory where that is small, else
// as address space whose zero pages arrive on first use.
#include "engine/runtime/table.h"

#include "base/core/assert.h"
#include "base/core/format.h"
#include "engine/runtime/instance.h"

#include <mote/limits.h>

#include <algorithm>
#include <cstring>

namespace mote::runtime {

const code::FuncRef null_funcref = {.code = nullptr, .ctx = nullptr, .type = 0xffff'ffff, .id = 0, .host = nullptr};

namespace {

constexpr uint64_t small_size_bytes = 4096;  // below, an allocation is cheaper than a mapping (two system calls)

}  // namespace

Result<std::unique_ptr<Table>> Table::create(const wasm::TableType& type, bool is_func, uint64_t most_elements,
                                             code::TableDef* def) {
  const wasm::Limits& limits = type.limits;
  if (limits.min > most_elements) {
    return fail(ErrorKind::limit,
                format("a table of {} elements exceeds {} ({})", limits.min, limits::table_elements.name, most_elements));
  }
  auto table = std::make_unique<Table>(Key(), type, is_func);
  table->most_elements_ = std::min(limits.max.value_or(most_elements), most_elements);
  table->def_ = def != nullptr ? def : &table->own_def_;
  const uint64_t size = std::max<uint64_t>(table->most_elements_, 1) * (is_func ? sizeof(code::FuncRef*) : sizeof(uint32_t));
  if (size <= small_size_bytes) {
    table->small_.resize((size + 7) / 8);
    *table->def_ = {table->small_.data(), limits.min};
  } else {
    auto mapped = os::Mapping::anonymous(size);
    if (!mapped)
      return fail(ErrorKind::unavailable, format("no address space for a table of {} bytes ({})", size, mapped.error().message));
    table->reservation_ = std::move(*mapped);
    *table->def_ = {table->reservation_.data(), 0};
    (void)table->use_up_to(limits.min);
    table->def_->length = limits.min;
  }
  return table;
}

MutableBytes Table::array() const {
  auto* const base = static_cast<uint8_t*>(def_->base);
  return is_small() ? MutableBytes(base, small_.size() * sizeof(uint64_t)) : MutableBytes(base, used_bytes_);
}

Result<void> Table::watch() {
  ASSERT(!is_small());
  watch_ = TRY(os::WriteWatch::create(reservation_.data(), align_up(reservation_.size(), os::page_size)));
  return watch_->protect(0, used_bytes_);
}

// Notes how far a large array is in use. False: it cannot be watched so far.
bool Table::use_up_to(uint64_t elements) {
  const uint64_t bytes = align_up(elements * entry_size(), os::page_size);
  if (is_small() || bytes <= used_bytes_) return true;
  if (watch_ && !watch_->protect(used_bytes_, bytes - used_bytes_)) return false;
  used_bytes_ = bytes;
  return true;
}

void Table::set_lazy(Instance& owner, std::span<const wasm::FuncIndex> image) {
  lazy_owner_ = &owner;
  lazy_ = image;
}

const code::FuncRef* Table::raw(Ref value) const {
  if (value == 0 && !lazy_.empty()) return &null_funcref;
  return reinterpret_cast<const code::FuncRef*>(value);
}

Ref Table::get(uint64_t index) {
  ASSERT(index < size());
  if (!is_func_) return refs()[index];
  const code::FuncRef*& entry = funcs()[index];
  if (entry == nullptr && index < lazy_.size() && lazy_[index] != no_func) entry = lazy_owner_->func(lazy_[index]);
  return entry == &null_funcref ? 0 : reinterpret_cast<Ref>(entry);
}

void Table::set(uint64_t index, Ref value) {
  fill(index, value, 1);
}

void Table::fill(uint64_t index, Ref value, uint64_t count) {
  ASSERT(index <= size() && count <= size() - index);
  if (is_func_) {
    std::fill_n(funcs() + index, count, raw(value));
  } else {
    std::fill_n(refs() + index, count, static_cast<uint32_t>(value));
  }
}

// Entry by entry through get and set when either side is lazy: an unresolved entry means different functions in two tables.
void Table::copy_from(Table& source, uint64_t to, uint64_t from, uint64_t count) {
  ASSERT(to <= size() && count <= size() - to && from <= source.size() && count <= source.size() - from);
  if (!is_func_) {
    std::memmove(refs() + to, source.refs() + from, count * sizeof(uint32_t));
  } else if (lazy_.empty() && source.lazy_.empty()) {
    const code::FuncRef* const* begin = source.funcs() + from;
    if (funcs() + to <= begin) {
      std::copy_n(begin, count, funcs() + to);
    } else {
      std::copy_backward(begin, begin + count, funcs() + to + count);
    }
  } else if (to <= from) {
    for (uint64_t i = 0; i < count; ++i) set(to + i, source.get(from + i));
  } else {
    for (uint64_t i = count; i > 0; --i) set(to + i - 1, source.get(from + i - 1));
  }
}

std::optional<uint64_t> Table::grow(uint64_t delta, Ref value) {
  const uint64_t old = size();
  if (delta > most_elements_ - old || !use_up_to(old + delta)) return std::nullopt;
  def_->length = old + delta;
  if (value != 0) fill(old, value, delta);  // the array behind the old end is zero, and no image reaches there
  return old;
}

}  // namespace mote::runtime
