// What a server and its cells say to each other: events one way, outcomes the other, and a cell's first word.
//
// A cell is not to be trusted: its guest may have become its master. Every decode takes any bytes and says what is wrong with them.
// Tested by wire_test.cpp.
#pragma once

#include "platform/trigger/event.h"

#include <mote/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mote::isolate {

using Frame = std::vector<uint8_t>;

struct EventFrame {
  uint64_t id = 0;
  trigger::Kind kind = trigger::Kind::http;
  uint32_t entry = 0;  // which of the component's functions
  std::vector<std::string> arguments = {}, environment = {};
  Bytes input = {};  // borrowed
};
void encode(const EventFrame& event, Frame& into);
[[nodiscard]] Result<EventFrame> decode_event(Bytes frame);

struct OutcomeFrame {
  uint64_t id = 0;
  trigger::Outcome outcome = {};  // borrows from the frame
};
void encode(const OutcomeFrame& outcome, Frame& into);
[[nodiscard]] Result<OutcomeFrame> decode_outcome(Bytes frame);

// What a cell says first.
struct Hello {
  std::string error = {};  // why it cannot serve; empty: it does
  std::string digest = {}, code = {};
  uint64_t code_size = 0;
};
void encode(const Hello& hello, Frame& into);
[[nodiscard]] Result<Hello> decode_hello(Bytes frame);

// What the server asks for.
struct Request {
  std::string component, manifest_digest;
  std::string module_digest = {};  // what it is to be; empty: whatever lies there now
};
void encode(const Request& request, Frame& into);
[[nodiscard]] Result<Request> decode_request(Bytes frame);

}  // namespace mote::isolate
