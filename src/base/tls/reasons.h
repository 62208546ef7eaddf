// Why OpenSSL refused: what lies in its queue of errors, as text. Private to the room.
#pragma once

#include <string>

namespace mote::tls {

[[nodiscard]] std::string take_reasons();  // empties the queue: what is next to fail has its own

}  // namespace mote::tls
