// What requests say: see exchange.h.
#include "base/http/exchange.h"

#include "base/http/text.h"

namespace mote::http {

std::string_view name(Version version) {
  switch (version) {
    case Version::http_1_0:
      return "HTTP/1.0";
    case Version::http_1_1:
      return "HTTP/1.1";
    case Version::http_2:
      return "HTTP/2";
  }
  return {};
}

const std::string_view* RequestHead::find(std::string_view name) const {
  for (const Header& header : headers) {
    if (header.name.size() == name.size() &&
        std::equal(name.begin(), name.end(), header.name.begin(), [](char a, char b) { return lower(a) == lower(b); })) {
      return &header.value;
    }
  }
  return nullptr;
}

}  // namespace mote::http
