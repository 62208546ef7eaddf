// OTLP over the network: a sender for observe::OtlpExporter, which waits for each answer. For a thread of its own. Tested by
// sender_test.cpp.
#pragma once

#include "base/tls/context.h"
#include "platform/observe/otlp.h"

namespace mote::otlp {

// `tls`: whom to believe, for https; outlives it. Fails with what the other side answered, where that is not 2xx.
[[nodiscard]] observe::OtlpSender network_sender(const tls::Context* tls);

}  // namespace mote::otlp
