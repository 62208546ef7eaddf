// Every limit of the MQTT client: name, unit, default and hard maximum, in the form of <mote/limits.h>. What a broker can make grow
// or make wait is bounded by one of these. What each does: docs/internals/mqtt.md.
#pragma once

#include <mote/limits.h>

#include <cstdint>

namespace mote::limits {

inline constexpr Limit mqtt_packet_size{"mqtt-packet-size", "bytes", 16 << 20,
                                        268'435'460};                                 // one that comes; larger ends the connection
inline constexpr Limit mqtt_properties{"mqtt-properties", "properties", 1000, 1000};  // of one packet
inline constexpr Limit mqtt_topic_size{"mqtt-topic-size", "bytes", 65'535, 65'535};
inline constexpr Limit mqtt_subscriptions{"mqtt-subscriptions", "filters", 1000, 1000};  // of one client
// Of what the broker sent, not acknowledged yet: how many a broker of MQTT 5 is told to send at most, and their bytes, which are
// bounded whatever it does.
inline constexpr Limit mqtt_deliveries{"mqtt-deliveries", "messages", 100, 65'535};
inline constexpr Limit mqtt_deliveries_size{"mqtt-deliveries-size", "bytes", 64 << 20, 4ull << 30};
// Of what is to be published: how many the broker has not acknowledged; how many wait for that or for a connection, and their
// bytes.
inline constexpr Limit mqtt_in_flight{"mqtt-in-flight", "messages", 100, 65'535};
// A broker of MQTT 3.1.1 cannot say how many it takes at once, and may end the connection of who sends more; mosquitto takes 20.
inline constexpr Limit mqtt_in_flight_3_1_1{"mqtt-in-flight-3.1.1", "messages", 20, 20};
inline constexpr Limit mqtt_waiting{"mqtt-waiting", "messages", 10'000, 10'000'000};
inline constexpr Limit mqtt_waiting_size{"mqtt-waiting-size", "bytes", 64 << 20, 4ull << 30};
inline constexpr Limit mqtt_output_size{"mqtt-output-size", "bytes", 256 << 10, 1 << 30};  // handed to the connection; others wait
inline constexpr Limit mqtt_keep_alive{"mqtt-keep-alive", "ms", 60'000, 65'535'000};
inline constexpr Limit mqtt_connect_time{"mqtt-connect-time", "ms", 10'000, 600'000};  // until the broker said who we are to it
inline constexpr Limit mqtt_answer_time{"mqtt-answer-time", "ms", 10'000, 600'000};    // of a ping
// Between two attempts to connect: doubled each time, and a random part of it less.
inline constexpr Limit mqtt_back_off{"mqtt-back-off", "ms", 250, 3'600'000};
inline constexpr Limit mqtt_most_back_off{"mqtt-most-back-off", "ms", 30'000, 3'600'000};

}  // namespace mote::limits
