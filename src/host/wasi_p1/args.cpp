// Arguments and environment: two lists of strings in one layout (an array of pointers, and the strings with a NUL behind each).
#include "host/wasi_p1/functions.h"

#include <limits>
#include <string>
#include <vector>

namespace mote::wasi_p1 {
namespace {

uint64_t size_of(const std::vector<std::string>& strings) {
  uint64_t size = 0;
  for (const std::string& string : strings) size += string.size() + 1;
  return size;
}

// Most programs never ask: what an event adds is put together when one does.
sandbox::Process& completed(Guest& guest) {
  if (guest.process.complete) guest.process.complete();
  return guest.process;
}

Errno put_sizes(Guest& guest, const std::vector<std::string>& strings, uint32_t count_out, uint32_t size_out) {
  const MutableBytes count = NEED(guest.out(count_out, 4));
  const MutableBytes size = NEED(guest.out(size_out, 4));
  // The kernel bounds both far below; a list that an embedder made up may not be truncated silently.
  if (size_of(strings) > std::numeric_limits<uint32_t>::max()) return Errno::inval;
  store_le(count.data(), static_cast<uint32_t>(strings.size()));
  store_le(size.data(), static_cast<uint32_t>(size_of(strings)));
  return Errno::success;
}

Errno put_strings(Guest& guest, const std::vector<std::string>& strings, uint32_t pointers, uint32_t buffer) {
  const MutableBytes array = NEED(guest.out(pointers, strings.size() * 4));
  const MutableBytes text = NEED(guest.out(buffer, size_of(strings)));
  uint64_t at = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    store_le(array.data() + i * 4, static_cast<uint32_t>(buffer + at));
    std::memcpy(text.data() + at, strings[i].c_str(), strings[i].size() + 1);
    at += strings[i].size() + 1;
  }
  return Errno::success;
}

}  // namespace

Errno args_get(Guest& guest, uint32_t argv, uint32_t argv_buf) {
  return put_strings(guest, completed(guest).arguments, argv, argv_buf);
}
Errno args_sizes_get(Guest& guest, uint32_t count_out, uint32_t size_out) {
  return put_sizes(guest, completed(guest).arguments, count_out, size_out);
}
Errno environ_get(Guest& guest, uint32_t environ, uint32_t environ_buf) {
  return put_strings(guest, completed(guest).environment, environ, environ_buf);
}
Errno environ_sizes_get(Guest& guest, uint32_t count_out, uint32_t size_out) {
  return put_sizes(guest, completed(guest).environment, count_out, size_out);
}

}  // namespace mote::wasi_p1
