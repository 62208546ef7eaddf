// What a WAGI guest of a message wrote to stdout: headers, an empty line, the answer. `Topic` is where it goes instead of the
// trigger's `reply`, `Content-Type` goes with it, others become user properties (MQTT 5). Private to the room. Tested by
// mqtt_trigger_test.cpp.
#pragma once

#include "base/mqtt/message.h"

#include <mote/result.h>

namespace mote::trigger_mqtt {

// Changes topic, payload, content type and user properties of `answer`. Fails when there is no empty line, a line is no header, or
// the message could not be sent.
[[nodiscard]] Result<void> take_wagi(Bytes output, mqtt::Message& answer);

}  // namespace mote::trigger_mqtt
