// The words of an Error. Tested by error_test.cpp.
#include "base/core/format.h"

#include <mote/error.h>

namespace mote {

std::string Error::text() const {
  return offset ? format("{} (at offset {:#x})", message, *offset) : message;
}

const char* name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return "bad input";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::not_found:
      return "not found";
    case ErrorKind::limit:
      return "limit";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::internal:
      return "internal";
  }
  return "unknown";
}

}  // namespace mote
