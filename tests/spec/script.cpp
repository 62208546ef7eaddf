// See script.h. The JSON library throws; both public functions catch everything it throws.
#include "script.h"

#include "base/core/format.h"

#include <nlohmann/json.hpp>

#include <array>
#include <fstream>

namespace mote::spec {

namespace {

using Json = nlohmann::json;

constexpr std::pair<const char*, CommandType> command_types[] = {
    {"module", CommandType::module},
    {"module_definition", CommandType::module_definition},
    {"module_instance", CommandType::module_instance},
    {"register", CommandType::register_},
    {"action", CommandType::action},
    {"assert_return", CommandType::assert_return},
    {"assert_trap", CommandType::assert_trap},
    {"assert_exception", CommandType::assert_exception},
    {"assert_exhaustion", CommandType::assert_exhaustion},
    {"assert_malformed", CommandType::assert_malformed},
    {"assert_invalid", CommandType::assert_invalid},
    {"assert_malformed_custom", CommandType::assert_malformed_custom},
    {"assert_invalid_custom", CommandType::assert_invalid_custom},
    {"assert_unlinkable", CommandType::assert_unlinkable},
    {"assert_uninstantiable", CommandType::assert_uninstantiable},
    {"thread", CommandType::thread},
    {"wait", CommandType::wait},
};

[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error(why);
}

struct NumberType {
  ScriptKind kind;
  uint32_t bits;
  bool is_float;
};
std::optional<NumberType> number_type(std::string_view name) {
  if (name == "i8") return NumberType{ScriptKind::i32, 8, false};
  if (name == "i16") return NumberType{ScriptKind::i32, 16, false};
  if (name == "i32") return NumberType{ScriptKind::i32, 32, false};
  if (name == "i64") return NumberType{ScriptKind::i64, 64, false};
  if (name == "f32") return NumberType{ScriptKind::f32, 32, true};
  if (name == "f64") return NumberType{ScriptKind::f64, 64, true};
  return std::nullopt;
}

uint64_t low_bits(uint64_t value, uint32_t bits) {
  return bits == 64 ? value : value & ((1ull << bits) - 1);
}

Pattern::Lane lane(const std::string& word, const NumberType& type) {
  if (type.is_float && word == "nan:canonical") return {Pattern::canonical_nan, 0};
  if (type.is_float && word == "nan:arithmetic") return {Pattern::arithmetic_nan, 0};
  size_t used = 0;
  const bool is_negative = word.starts_with('-');
  const uint64_t value = is_negative ? static_cast<uint64_t>(std::stoll(word, &used)) : std::stoull(word, &used);
  if (used != word.size()) refuse("odd number " + word);
  return {Pattern::bits, low_bits(value, type.bits)};
}

Hierarchy hierarchy_of(std::string_view type) {
  if (type == "funcref" || type == "nullfuncref") return Hierarchy::func;
  if (type == "externref" || type == "nullexternref") return Hierarchy::extern_;
  if (type == "exnref" || type == "nullexnref") return Hierarchy::exn;
  return Hierarchy::any;
}

Pattern pattern(const Json& json) {
  const std::string type = json.at("type");
  Pattern result;
  if (type == "either") {
    result.kind = Pattern::either;
    for (const Json& one : json.at("values")) result.alternatives.push_back(pattern(one));
    return result;
  }
  if (const auto scalar = number_type(type)) {
    result.type = scalar->kind;
    result.lane_bits = scalar->bits;
    result.lanes.push_back(lane(json.at("value"), *scalar));
    return result;
  }
  if (type == "v128") {
    const auto of = number_type(std::string(json.at("lane_type")));
    if (!of) refuse("odd lane type");
    result.type = ScriptKind::v128;
    result.lane_bits = of->bits;
    for (const Json& word : json.at("value")) result.lanes.push_back(lane(word, *of));
    if (result.lanes.size() * of->bits != 128) refuse("odd number of lanes");
    return result;
  }
  result.type = ScriptKind::ref;
  result.hierarchy = hierarchy_of(type);
  if (type == "refnull" || type.starts_with("null") || (json.contains("value") && json["value"] == "null")) {
    result.kind = Pattern::null;
  } else if (json.contains("value")) {
    result.kind = Pattern::host;
    result.host_number = std::stoull(std::string(json["value"]));
  } else {
    result.kind = Pattern::a_ref;
    result.ref_type = type;
  }
  return result;
}

ScriptValue argument(const Json& json) {
  const Pattern exact = pattern(json);
  ScriptValue value{exact.type};
  if (exact.kind == Pattern::number) {
    uint64_t halves[2] = {0, 0};
    uint32_t at = 0;
    for (const Pattern::Lane& lane : exact.lanes) {
      if (lane.match != Pattern::bits) refuse("a pattern as argument");
      halves[at / 64] |= lane.value << at % 64;
      at += exact.lane_bits;
    }
    value.low = halves[0];
    value.high = halves[1];
    return value;
  }
  value.hierarchy = exact.hierarchy;
  if (exact.kind == Pattern::host) {
    value.ref = RefClass::host;
    value.low = exact.host_number;
  } else if (exact.kind != Pattern::null) {
    refuse("a pattern as argument");
  }
  return value;
}

std::optional<std::string> optional_string(const Json& json, const char* key) {
  if (!json.contains(key)) return std::nullopt;
  return json[key].get<std::string>();
}

Action action(const Json& json) {
  const std::string type = json.at("type");
  if (type != "invoke" && type != "get") refuse("unknown action " + type);
  Action result;
  result.is_get = type == "get";
  result.module = optional_string(json, "module");
  result.field = json.at("field");
  if (json.contains("args")) {
    for (const Json& one : json["args"]) result.args.push_back(argument(one));
  }
  return result;
}

Command command(const Json& json) {
  Command result;
  const std::string type = json.at("type");
  const auto* row = std::ranges::find(command_types, type, [](const auto& pair) { return std::string_view(pair.first); });
  if (row == std::end(command_types)) refuse("unknown command " + type);
  result.type = row->second;
  result.line = json.at("line");
  result.name = optional_string(json, result.type == CommandType::module_instance ? "instance"
                                      : result.type == CommandType::wait          ? "thread"
                                                                                  : "name");
  result.module = optional_string(json, result.type == CommandType::thread ? "shared_module" : "module");
  result.as = json.value("as", "");
  if (json.contains("filename")) {
    const bool is_text = json.value("module_type", "binary") == "text";
    result.is_text_only = is_text && !json.contains("binary_filename");
    if (!result.is_text_only) result.file = json.contains("binary_filename") ? json["binary_filename"] : json["filename"];
  }
  result.expected_text = json.value("text", "");
  if (json.contains("action")) result.action = action(json["action"]);
  if (json.contains("expected")) {
    for (const Json& one : json["expected"]) result.expected.push_back(pattern(one));
  }
  if (json.contains("commands")) {
    for (const Json& one : json["commands"]) result.nested.push_back(command(one));
  }
  return result;
}

Result<Json> read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::not_found, "cannot open " + path);
  try {
    return Json::parse(file);
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, format("{}: {}", path, error.what()));
  }
}

bool is_canonical_nan(uint64_t bits, uint32_t width) {
  return width == 32 ? (bits & 0x7fff'ffff) == 0x7fc0'0000 : (bits & 0x7fff'ffff'ffff'ffff) == 0x7ff8'0000'0000'0000;
}
bool is_arithmetic_nan(uint64_t bits, uint32_t width) {
  return width == 32 ? (bits & 0x7fc0'0000) == 0x7fc0'0000 : (bits & 0x7ff8'0000'0000'0000) == 0x7ff8'0000'0000'0000;
}

bool is_a(RefClass actual, Hierarchy hierarchy, std::string_view type) {
  if (actual == RefClass::null) return false;
  if (type == "funcref") return actual == RefClass::func;
  if (type == "externref") return hierarchy == Hierarchy::extern_;
  if (type == "anyref") return hierarchy == Hierarchy::any;
  if (type == "eqref") return actual == RefClass::i31 || actual == RefClass::struct_ || actual == RefClass::array;
  if (type == "i31ref") return actual == RefClass::i31;
  if (type == "structref") return actual == RefClass::struct_;
  if (type == "arrayref") return actual == RefClass::array;
  if (type == "exnref") return actual == RefClass::exn;
  return false;
}

}  // namespace

bool Pattern::matches(const ScriptValue& value) const {
  if (kind == either) return std::ranges::any_of(alternatives, [&](const Pattern& one) { return one.matches(value); });
  if (value.kind != type) return false;
  switch (kind) {
    case number:
      break;
    case null:
      return value.ref == RefClass::null;
    case host:
      return value.ref == RefClass::host && value.hierarchy == hierarchy && value.low == host_number;
    case a_ref:
      return is_a(value.ref, value.hierarchy, ref_type);
    case either:
      return false;
  }
  uint32_t at = 0;
  for (const Lane& lane : lanes) {
    const uint64_t actual = low_bits((at < 64 ? value.low : value.high) >> at % 64, lane_bits);
    at += lane_bits;
    if (lane.match == bits && actual != lane.value) return false;
    if (lane.match == canonical_nan && !is_canonical_nan(actual, lane_bits)) return false;
    if (lane.match == arithmetic_nan && !is_arithmetic_nan(actual, lane_bits)) return false;
  }
  return true;
}

const char* text(CommandType type) {
  for (const auto& [name, one] : command_types) {
    if (one == type) return name;
  }
  return "?";
}

std::string text(const ScriptValue& value) {
  constexpr const char* names[] = {"i32", "i64", "f32", "f64", "v128", "ref"};
  constexpr const char* classes[] = {"null", "func", "host", "i31", "struct", "array", "exn", "other"};
  const char* name = names[static_cast<int>(value.kind)];
  if (value.kind == ScriptKind::v128) return format("v128:{:016x}{:016x}", value.high, value.low);
  if (value.kind != ScriptKind::ref) return format("{}:{:#x}", name, value.low);
  const char* class_name = classes[static_cast<int>(value.ref)];
  return value.ref == RefClass::host ? format("ref:host {}", value.low) : format("ref:{}", class_name);
}

std::string text(const Pattern& pattern) {
  constexpr const char* names[] = {"i32", "i64", "f32", "f64", "v128", "ref"};
  std::string result;
  switch (pattern.kind) {
    case Pattern::null:
      return "ref:null";
    case Pattern::host:
      return format("ref:host {}", pattern.host_number);
    case Pattern::a_ref:
      return "a " + pattern.ref_type;
    case Pattern::either:
      for (const Pattern& one : pattern.alternatives) result += (result.empty() ? "" : " or ") + text(one);
      return result;
    case Pattern::number:
      break;
  }
  for (auto lane = pattern.lanes.rbegin(); lane != pattern.lanes.rend(); ++lane) {
    if (!result.empty()) result += '_';
    result += lane->match == Pattern::canonical_nan    ? "nan:canonical"
              : lane->match == Pattern::arithmetic_nan ? "nan:arithmetic"
                                                       : format("{:0{}x}", lane->value, pattern.lane_bits / 4);
  }
  return format("{}:{}", names[static_cast<int>(pattern.type)], result);
}

Result<Script> read_script(const std::string& folder) {
  const std::string path = format("{}/{}.json", folder, folder.substr(folder.rfind('/') + 1));
  const Json json = TRY(read_json(path));
  try {
    Script script{folder, {}};
    for (const Json& one : json.at("commands")) script.commands.push_back(command(one));
    return script;
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, format("{}: {}", path, error.what()));
  }
}

Result<std::vector<Group>> read_groups(const std::string& suite) {
  const std::string path = suite + "/groups.json";
  const Json json = TRY(read_json(path));
  try {
    std::vector<Group> groups;
    for (const Json& row : json.at("groups")) {
      Group group{row.at("number"), row.at("id"), {}};
      for (const Json& script : row.at("scripts")) group.scripts.push_back({script.at("path")});
      groups.push_back(std::move(group));
    }
    return groups;
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, format("{}: {}", path, error.what()));
  }
}

}  // namespace mote::spec
