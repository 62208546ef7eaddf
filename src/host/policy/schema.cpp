// The JSON Schema of policy files, made from the table that the parser checks by. See policy.h and keys.h.
#include "base/core/format.h"
#include "host/policy/keys.h"
#include "host/policy/policy.h"
#include "host/policy/values.h"

namespace mote::policy {
namespace {

// Keys, patterns and help are ours and plain: quotes and backslashes are all there is to escape.
std::string json(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string choices_schema(std::string_view values) {
  std::string list;
  for (const std::string_view value : split_choices(values)) list += (list.empty() ? "" : ",") + json(value);
  return format(R"({{"type":"string","enum":[{}]}})", list);
}

std::string text_schema(TextFormat text_format) {
  return format(R"({{"type":"string","pattern":{}}})", json(pattern(text_format)));
}

std::string integer_schema(const Key& key) {
  return format(R"({{"type":"integer","minimum":{},"maximum":{}}})", key.least, key.most);
}

std::string object_schema(std::span<const Key> keys);

std::string type_schema(const Key& key) {
  switch (key.type) {
    case KeyType::boolean:
      return R"({"type":"boolean"})";
    case KeyType::choice:
      return choices_schema(key.values);
    case KeyType::choices:
      return format(R"({{"type":"array","items":{},"uniqueItems":true}})", choices_schema(key.values));
    case KeyType::size:
      return format(R"({{"anyOf":[{},{{"type":"string","pattern":"^[0-9]+[KMG]?$"}}]}})", integer_schema(key));
    case KeyType::count:
      return integer_schema(key);
    case KeyType::duration:
      return R"({"type":"string","pattern":"^[0-9]+(ms|s|m|h)$"})";
    case KeyType::time:
      return R"({"type":"string","format":"date-time"})";
    case KeyType::text:
      return text_schema(key.format);
    case KeyType::texts:
      return format(R"({{"type":"array","items":{}{}}})", text_schema(key.format),
                    key.format == TextFormat::plain ? "" : R"(,"uniqueItems":true)");
    case KeyType::ports:
      return R"({"anyOf":[{"$ref":"#/$defs/port"},{"type":"array","items":{"$ref":"#/$defs/port"},"minItems":1}]})";
    case KeyType::rules:
      return R"({"type":"array","items":{"$ref":"#/$defs/rule"},"uniqueItems":true})";
  }
  return {};
}

// {"type":"object","properties":{…},"required":[…],"additionalProperties":false}
std::string object_schema(std::span<const Key> keys) {
  std::string properties, required;
  for (const Key& key : keys) {
    std::string schema = type_schema(key);
    schema.insert(1, format(R"("description":{},)", json(key.help)));
    properties += format("{}{}:{}", properties.empty() ? "" : ",", json(key.name), schema);
    if (key.is_required) required += (required.empty() ? "" : ",") + json(key.name);
  }
  const std::string needs = required.empty() ? "" : format(R"("required":[{}],)", required);
  return format(R"({{"type":"object","properties":{{{}}},{}"additionalProperties":false}})", properties, needs);
}

std::string table_schema(const Table& table) {
  std::string schema = object_schema(table.keys);
  if (table.shape == TableShape::folders) {
    schema = format(R"({{"type":"object","propertyNames":{{"pattern":{}}},"additionalProperties":{}}})",
                    json(pattern(TextFormat::guest_path)), schema);
  }
  if (table.shape == TableShape::variables) {
    schema = format(R"({{"type":"object","propertyNames":{{"pattern":{}}},"additionalProperties":{{"anyOf":[{},{}]}}}})",
                    json(pattern(TextFormat::variable)), text_schema(TextFormat::plain), schema);
  }
  return schema.insert(1, format(R"("description":{},)", json(table.help)));
}

}  // namespace

SchemaParts schema_parts() {
  std::string root = object_schema(root_keys());
  std::string of_tables;
  for (const Table& table : tables()) of_tables += format(",{}:{}", json(table.name), table_schema(table));
  root.insert(root.rfind("},\"additionalProperties\""), of_tables);
  const std::string rule = object_schema(net_rule_keys());
  const std::string port =
      R"({"anyOf":[{"type":"integer","minimum":1,"maximum":65535},{"type":"string","pattern":"^(\\*|[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?)$"}]})";
  return {.table = root, .definitions = format(R"("port":{},"rule":{})", port, rule)};
}

std::string limits_schema() {
  for (const Table& table : tables()) {
    if (table.name == "limits") return table_schema(table);
  }
  return {};
}

std::string schema() {
  auto [root, definitions] = schema_parts();
  root.insert(1, R"("$schema":"https://json-schema.org/draft/2020-12/schema","title":"Mote capability policy",)");
  root.insert(root.size() - 1, format(R"(,"$defs":{{{}}})", definitions));
  return root;
}

}  // namespace mote::policy
