// Properties of MQTT 5: read and written by one table (properties.def). Private to the room, with packet.h.
#pragma once

#include "base/core/bytes.h"
#include "base/mqtt/reader.h"

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mote::mqtt {

enum class PropertyId : uint8_t {
#define MOTE_MQTT_PROPERTY(name, id, form, packets) name = (id),
#include "base/mqtt/properties.def"
#undef MOTE_MQTT_PROPERTY
};

// Types of packets as a set, in the order of their numbers; `will` stands for the properties of a will, which are in CONNECT.
namespace packets {
inline constexpr uint16_t connect = 1 << 1, connack = 1 << 2, publish = 1 << 3, puback = 1 << 4, pubrec = 1 << 5, pubrel = 1 << 6,
                          pubcomp = 1 << 7, subscribe = 1 << 8, suback = 1 << 9, unsubscribe = 1 << 10, unsuback = 1 << 11,
                          disconnect = 1 << 14, auth = 1 << 15, will = 1 << 0;
inline constexpr uint16_t any = connect | connack | publish | puback | pubrec | pubrel | pubcomp | subscribe | suback |
                                unsubscribe | unsuback | disconnect | auth | will;
}  // namespace packets

struct Property {
  PropertyId id = {};
  uint32_t number = 0;
  std::string text = {};    // or binary; of a pair, its name
  std::string second = {};  // of a pair
};
using Properties = std::vector<Property>;

// The part of a packet that begins with the properties' length; `packet` is one of packets::.
[[nodiscard]] Result<Properties> read_properties(Reader& reader, uint16_t packet);
// With their length in front.
void write_properties(std::vector<uint8_t>& out, const Properties& properties);
[[nodiscard]] const Property* find(const Properties& properties, PropertyId id);

}  // namespace mote::mqtt
