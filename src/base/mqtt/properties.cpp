// Properties (properties.h).
#include "base/mqtt/properties.h"

#include "base/mqtt/limits.h"

#include <array>
#include <utility>

namespace mote::mqtt {

namespace {

enum class Form : uint8_t { flag, two, nonzero_two, four, nonzero_four, nonzero_variable, text, binary, pair };

struct Row {
  const char* name = nullptr;
  Form form = {};
  uint16_t packets = 0;
};

// By identifier.
constexpr auto rows = [] {
  using namespace packets;
  using enum Form;
  std::array<Row, 43> made = {};
#define MOTE_MQTT_PROPERTY(name, id, form, packets) made[id] = {#name, form, packets};
#include "base/mqtt/properties.def"
#undef MOTE_MQTT_PROPERTY
  return made;
}();

bool may_repeat(PropertyId id, uint16_t packet) {
  return id == PropertyId::user_property || (id == PropertyId::subscription_identifier && packet == packets::publish);
}

Result<void> read_value(Reader& reader, const Row& row, Property& into) {
  switch (row.form) {
    case Form::flag:
      into.number = TRY(reader.byte());
      if (into.number > 1) return reader.failure(format("{} is {}; it can be 0 or 1", row.name, into.number));
      return {};
    case Form::two:
    case Form::nonzero_two:
      into.number = TRY(reader.two());
      break;
    case Form::four:
    case Form::nonzero_four:
      into.number = TRY(reader.four());
      break;
    case Form::nonzero_variable:
      into.number = TRY(reader.variable());
      break;
    case Form::text:
      into.text = TRY(reader.text());
      return {};
    case Form::binary:
      into.text = TRY(reader.binary());
      return {};
    case Form::pair:
      into.text = TRY(reader.text());
      into.second = TRY(reader.text());
      return {};
  }
  const bool may_be_zero = row.form == Form::two || row.form == Form::four;
  if (into.number == 0 && !may_be_zero) return reader.failure(format("{} is 0, which it cannot be", row.name));
  return {};
}

void write_value(std::vector<uint8_t>& out, const Property& property) {
  switch (rows[std::to_underlying(property.id)].form) {
    case Form::flag:
      return out.push_back(static_cast<uint8_t>(property.number));
    case Form::two:
    case Form::nonzero_two:
      return put_two(out, static_cast<uint16_t>(property.number));
    case Form::four:
    case Form::nonzero_four:
      return put_four(out, property.number);
    case Form::nonzero_variable:
      return put_variable(out, property.number);
    case Form::text:
    case Form::binary:
      return put_text(out, property.text);
    case Form::pair:
      put_text(out, property.text);
      return put_text(out, property.second);
  }
}

}  // namespace

Result<Properties> read_properties(Reader& reader, uint16_t packet) {
  const uint32_t size = TRY(reader.variable());
  Reader part(TRY(reader.take(size, "as many bytes of properties as were announced")));
  Properties properties;
  uint64_t seen = 0;
  while (!part.at_end()) {
    const uint32_t id = TRY(part.variable());
    const Row* row = id < rows.size() && rows[id].name != nullptr ? &rows[id] : nullptr;
    if (row == nullptr) return part.failure(format("a property {} is not known", id));
    if ((row->packets & packet) == 0) return part.failure(format("{} has no place in this packet", row->name));
    const auto named = static_cast<PropertyId>(id);
    if ((seen >> id & 1) != 0 && !may_repeat(named, packet)) return part.failure(format("{} is there twice", row->name));
    seen |= uint64_t{1} << id;
    if (properties.size() == limits::mqtt_properties.standard)
      return fail(ErrorKind::limit, format("a packet with more than {} properties", properties.size()));
    TRY(read_value(part, *row, properties.emplace_back(named)));
  }
  return properties;
}

void write_properties(std::vector<uint8_t>& out, const Properties& properties) {
  if (properties.empty()) return out.push_back(0);
  std::vector<uint8_t> body;
  for (const Property& one : properties) {
    body.push_back(std::to_underlying(one.id));
    write_value(body, one);
  }
  put_variable(out, static_cast<uint32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
}

const Property* find(const Properties& properties, PropertyId id) {
  for (const Property& one : properties)
    if (one.id == id) return &one;
  return nullptr;
}

}  // namespace mote::mqtt
