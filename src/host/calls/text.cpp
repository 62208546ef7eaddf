// See text.h.
#include "host/calls/text.h"

#include "base/core/format.h"
#include "base/core/json.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace mote::calls {
namespace {

std::optional<MutableBytes> bytes_at(const Call& call, uint64_t pointer, uint64_t size) {
  if (pointer > call.memory.size() || size > call.memory.size() - pointer) return std::nullopt;
  return call.memory.subspan(pointer, size);
}

std::string pointer_text(uint64_t pointer) {
  return format("{:#x}", pointer);
}

uint64_t load_number(const uint8_t* from, uint8_t size) {
  uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) value |= uint64_t{from[i]} << (8 * i);
  return value;
}

// Where the values of a parameter of the call's function begin.
size_t place_of(const Function& function, size_t index) {
  return value_count(function.parameters.first(index));
}

// How many bytes of an output were filled: what another output says, else all there is room for.
uint64_t filled(const Call& call, const Parameter& parameter) {
  if (parameter.filled_by < 0) return UINT64_MAX;
  const auto index = static_cast<size_t>(parameter.filled_by);
  return written_number(call, call.function.parameters[index], place_of(call.function, index)).value_or(0);
}

struct Piece {
  Bytes bytes;
  uint64_t size;  // as the guest says
};

// The first pieces of an array of (pointer, length), their content cut at `filled` bytes in all; nothing when the array cannot be
// read.
std::optional<std::vector<Piece>> pieces(const Call& call, size_t at, uint64_t filled) {
  const uint64_t count = std::min<uint64_t>(call.values[at + 1], shown_pieces);
  const auto array = bytes_at(call, call.values[at], count * 8);
  if (!array) return std::nullopt;
  std::vector<Piece> result;
  for (uint64_t i = 0; i < count; ++i) {
    const auto pointer = load_le<uint32_t>(array->data() + i * 8), size = load_le<uint32_t>(array->data() + i * 8 + 4);
    const auto bytes = bytes_at(call, pointer, size);
    const uint64_t used = std::min<uint64_t>(size, filled);
    filled -= used;
    result.push_back({bytes ? bytes->first(used) : MutableBytes(), size});
  }
  return result;
}

std::string pieces_text(const Call& call, size_t at, uint64_t filled) {
  const auto list = pieces(call, at, filled);
  if (!list) return format("{}, {}", pointer_text(call.values[at]), call.values[at + 1]);
  std::string text = "[";
  for (const Piece& piece : *list) {
    text += format("{}{{{}, {}}}", text.size() > 1 ? ", " : "", quoted(piece.bytes, shown_bytes), piece.size);
  }
  return format("{}{}], {}", text, call.values[at + 1] > shown_pieces ? ", ..." : "", call.values[at + 1]);
}

std::string pieces_json(const Call& call, size_t at, uint64_t filled) {
  const auto list = pieces(call, at, filled);
  JsonWriter json;
  json.begin('{');
  json.member("pointer", format("{}", call.values[at]));
  json.member("count", format("{}", call.values[at + 1]));
  uint64_t size = 0;
  std::string text;
  if (list) {
    for (const Piece& piece : *list) {
      size += piece.size;
      const Bytes used = piece.bytes.first(std::min(piece.bytes.size(), shown_bytes - std::min(shown_bytes, text.size())));
      text.append(reinterpret_cast<const char*>(used.data()), used.size());
    }
    json.member("size", format("{}", size));
    json.member("data", json_string(text));
  }
  json.end('}');
  return json.text();
}

std::string flags_json(uint64_t bits, std::span<const std::string_view> names) {
  JsonWriter json;
  json.begin('[');
  for (size_t i = 0; i < names.size(); ++i) {
    if ((bits >> i & 1) != 0) json.value(json_string(names[i]));
  }
  const uint64_t rest = names.size() >= 64 ? 0 : bits >> names.size() << names.size();
  if (rest != 0) json.value(json_string(pointer_text(rest)));
  json.end(']');
  return json.text();
}

std::string buffer_text(const Call& call, const Parameter& parameter, size_t at) {
  const auto bytes = bytes_at(call, call.values[at], std::min(call.values[at + 1], filled(call, parameter)));
  const std::string text = bytes ? quoted(*bytes, shown_bytes) : pointer_text(call.values[at]);
  return format("{}, {}", text, call.values[at + 1]);
}

std::string output_text(const Call& call, const Parameter& parameter, size_t at) {
  const uint64_t pointer = call.values[at];
  switch (parameter.kind) {
    case ParameterKind::pieces_out:
      return pieces_text(call, at, filled(call, parameter));
    case ParameterKind::buffer_out:
      return buffer_text(call, parameter, at);
    case ParameterKind::out_record:
    case ParameterKind::list_out:
      return parameter.show(call, pointer);
    default:
      break;
  }
  const auto number = written_number(call, parameter, at);
  return number ? format("[{}]", *number) : pointer_text(pointer);
}

}  // namespace

std::optional<uint64_t> written_number(const Call& call, const Parameter& parameter, size_t at) {
  const auto bytes = bytes_at(call, call.values[at], parameter.size);
  if (!bytes) return std::nullopt;
  return load_number(bytes->data(), parameter.size);
}

std::string path_text(const Call& call, size_t at) {
  const auto bytes = bytes_at(call, call.values[at], call.values[at + 1]);
  if (!bytes) return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

std::string shown(const Call& call, const Parameter& parameter, size_t at) {
  const uint64_t value = call.values[at];
  if (is_output(parameter.kind)) {
    if (call.has_succeeded()) return output_text(call, parameter, at);
    return value_count(parameter.kind) == 2 ? format("{}, {}", pointer_text(value), call.values[at + 1]) : pointer_text(value);
  }
  switch (parameter.kind) {
    case ParameterKind::signed_number:
      return format("{}", static_cast<int64_t>(value));
    case ParameterKind::choice:
      return choice_text(value, parameter.names);
    case ParameterKind::flags:
      return flags_text(value, parameter.names, parameter.essential);
    case ParameterKind::pointer:
      return pointer_text(value);
    case ParameterKind::path: {
      const auto bytes = bytes_at(call, value, call.values[at + 1]);
      return bytes ? quoted(*bytes, shown_path_bytes) : format("{}, {}", pointer_text(value), call.values[at + 1]);
    }
    case ParameterKind::pieces_in:
      return pieces_text(call, at, UINT64_MAX);
    case ParameterKind::list_in:
      return parameter.show(call, value);
    default:
      return format("{}", value);
  }
}

std::string json(const Call& call, const Parameter& parameter, size_t at) {
  const uint64_t value = call.values[at];
  switch (parameter.kind) {
    case ParameterKind::choice:
      return json_string(choice_text(value, parameter.names));
    case ParameterKind::flags:
      return flags_json(value, parameter.names);
    case ParameterKind::path:
      return json_string(path_text(call, at).substr(0, shown_path_bytes));
    case ParameterKind::pieces_in:
      return pieces_json(call, at, UINT64_MAX);
    case ParameterKind::pieces_out:
      return pieces_json(call, at, call.has_succeeded() ? filled(call, parameter) : 0);
    case ParameterKind::signed_number:
      return format("{}", static_cast<int64_t>(value));
    case ParameterKind::out_number:
    case ParameterKind::out_descriptor: {
      const auto number = call.has_succeeded() ? written_number(call, parameter, at) : std::nullopt;
      return number ? format("{}", *number) : "null";
    }
    case ParameterKind::out_record:
    case ParameterKind::list_out:
      return call.has_succeeded() ? json_string(parameter.show(call, value)) : "null";
    case ParameterKind::list_in:
      return json_string(parameter.show(call, value));
    case ParameterKind::buffer_out:
      return format("{{\"pointer\":{},\"size\":{}}}", value, call.values[at + 1]);
    case ParameterKind::descriptor:
    case ParameterKind::number:
    case ParameterKind::pointer:
      return format("{}", value);
  }
  return {};
}

const ErrorName* error_name(const Call& call) {
  const auto errors = call.function.interface.errors;
  const uint64_t value = call.ending.value;
  return call.ending.kind == Ending::Kind::returned && value != 0 && value < errors.size() ? &errors[value] : nullptr;
}

std::string result_text(const Call& call) {
  if (call.ending.kind != Ending::Kind::returned) return "?";
  const ErrorName* error = error_name(call);
  if (error == nullptr) return format("{}", call.ending.value);
  return format("{} {} ({})", call.ending.value, error->name, error->words);
}

std::string quoted(Bytes bytes, size_t most) {
  std::string text = "\"";
  for (const uint8_t byte : bytes.first(std::min(bytes.size(), most))) {
    switch (byte) {
      case '"':
      case '\\':
        text += {'\\', static_cast<char>(byte)};
        break;
      case '\n':
        text += "\\n";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\r':
        text += "\\r";
        break;
      default:
        if (byte >= 0x20 && byte != 0x7f && byte < 0x80) {
          text += static_cast<char>(byte);
        } else {
          text += format("\\x{:02x}", byte);
        }
    }
  }
  return text + (bytes.size() > most ? "\"..." : "\"");
}

std::string flags_text(uint64_t bits, std::span<const std::string_view> names, uint64_t essential) {
  std::string text;
  if (essential != 0 && std::popcount(bits) > shown_flags) return flags_text(bits & essential, names) + "|...";
  for (size_t i = 0; i < names.size(); ++i) {
    if ((bits >> i & 1) == 0) continue;
    if (!text.empty()) text += '|';
    text += names[i];
  }
  const uint64_t rest = names.size() >= 64 ? 0 : bits >> names.size() << names.size();
  if (rest != 0) text += (text.empty() ? "" : "|") + pointer_text(rest);
  return text.empty() ? "0" : text;
}

std::string choice_text(uint64_t value, std::span<const std::string_view> names) {
  return value < names.size() ? std::string(names[value]) : format("{}", value);
}

}  // namespace mote::calls
