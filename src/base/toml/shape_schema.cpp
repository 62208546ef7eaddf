// The JSON Schema of a shape. See shape.h.
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/toml/shape.h"
#include "base/toml/values.h"

#include <algorithm>

namespace mote::toml {
namespace {

using Kind = Shape::Kind;

std::string bounds(const Shape& shape, std::string_view least, std::string_view most) {
  std::string text;
  if (shape.least != 0) text += format(",\"{}\":{}", least, shape.least);
  if (shape.most != INT64_MAX) text += format(",\"{}\":{}", most, shape.most);
  return text;
}

std::string integer_schema(const Shape& shape) {
  return format(R"({{"type":"integer","minimum":{},"maximum":{}}})", shape.least, shape.most);
}

std::string pattern(const Form* form) {
  return form == nullptr || form->pattern.empty() ? "" : format(R"(,"pattern":{})", json_string(form->pattern));
}

std::string choices(std::string_view values) {
  std::string list;
  for (const std::string_view value : split_choices(values)) list += (list.empty() ? "" : ",") + json_string(value);
  return list;
}

std::string in_place(const Shape& shape, std::vector<Definition>& definitions);

// {"type":"object","properties":{…},"required":[…],"additionalProperties":false}
std::string table_schema(const Shape& shape, std::vector<Definition>& definitions) {
  std::string properties, required;
  for (const Key& key : shape.keys) {
    std::string one = schema(*key.shape, definitions);
    if (!key.help.empty()) {
      const std::string help = key.standard.empty() ? std::string(key.help) : format("{} (not said: {})", key.help, key.standard);
      one.insert(1, format(R"("description":{}{})", json_string(help), one == "{}" ? "" : ","));
    }
    properties += format("{}{}:{}", properties.empty() ? "" : ",", json_string(key.name), one);
    if (key.is_required) required += (required.empty() ? "" : ",") + json_string(key.name);
  }
  const std::string needs = required.empty() ? "" : format(R"("required":[{}],)", required);
  return format(R"({{"type":"object","properties":{{{}}},{}"additionalProperties":false}})", properties, needs);
}

std::string map_schema(const Shape& shape, std::vector<Definition>& definitions) {
  const std::string names = shape.form == nullptr || shape.form->pattern.empty()
                                ? ""
                                : format(R"(,"propertyNames":{{"pattern":{}}})", json_string(shape.form->pattern));
  return format(R"({{"type":"object","additionalProperties":{}{}{}}})", schema(*shape.of, definitions), names,
                bounds(shape, "minProperties", "maxProperties"));
}

std::string in_place(const Shape& shape, std::vector<Definition>& definitions) {
  switch (shape.kind) {
    case Kind::boolean:
      return R"({"type":"boolean"})";
    case Kind::integer:
      return integer_schema(shape);
    case Kind::text:
      return format(R"({{"type":"string"{}}})", pattern(shape.form));
    case Kind::choice:
      return format(R"({{"type":"string","enum":[{}]}})", choices(shape.values));
    case Kind::size:
      return format(R"({{"anyOf":[{},{{"type":"string","pattern":"^[0-9]+[KMG]?$"}}]}})", integer_schema(shape));
    case Kind::duration:
      return R"({"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"})";
    case Kind::list:
      return format(R"({{"type":"array","items":{}{}}})", schema(*shape.of, definitions), bounds(shape, "minItems", "maxItems"));
    case Kind::map:
      return map_schema(shape, definitions);
    case Kind::table:
      return table_schema(shape, definitions);
    case Kind::anything:
    case Kind::elsewhere:
      return "{}";
    case Kind::refused:
      return R"({"anyOf":[{"type":"array","maxItems":0},{"type":"object","maxProperties":0}]})";
  }
  return {};
}

std::string one_schema(const Shape& shape, std::vector<Definition>& definitions) {
  if (shape.definition.empty()) return in_place(shape, definitions);
  if (shape.kind != Kind::elsewhere && std::ranges::find(definitions, shape.definition, &Definition::name) == definitions.end()) {
    definitions.push_back({std::string(shape.definition), {}});
    const size_t index = definitions.size() - 1;
    std::string made = in_place(shape, definitions);
    definitions[index].schema = std::move(made);
  }
  return format(R"({{"$ref":"#/$defs/{}"}})", shape.definition);
}

}  // namespace

std::string schema(const Shape& shape, std::vector<Definition>& definitions) {
  if (shape.or_else == nullptr) return one_schema(shape, definitions);
  std::string list;
  for (const Shape* one = &shape; one != nullptr; one = one->or_else)
    list += (list.empty() ? "" : ",") + one_schema(*one, definitions);
  return format(R"({{"anyOf":[{}]}})", list);
}

}  // namespace mote::toml
