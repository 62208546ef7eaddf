// Before anything else of OpenSSL is used: see start.cpp. Private to the room.
#pragma once

namespace mote::tls {

void use_the_cpu();

}  // namespace mote::tls
