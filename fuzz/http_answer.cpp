// What another server answers to a request of ours, cut anywhere (the first byte says how): an answer, or none, whatever the cuts;
// bounded memory.
#include "base/http/answer_parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace mote;

constexpr uint64_t most = 1000;

std::string read(Bytes bytes, size_t piece) {
  http::AnswerParser parser(most);
  const auto result = [&] { return std::to_string(parser.status()) + " " + parser.body(); };
  while (!bytes.empty()) {
    const Bytes next = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(next.size());
    const auto added = parser.add(next);
    if (parser.body().size() > most) std::abort();
    if (!added) return "refused";
    if (*added) return result();
  }
  return parser.end() ? result() : "refused";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  if (read(bytes, SIZE_MAX) != read(bytes, size_t{1} + data[0] % 7)) std::abort();
  return 0;
}
