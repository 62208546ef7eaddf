// The JSON Schema of manifests, made from the table that the parser checks by, and from that of policies. See manifest.h and
// keys.h.
#include "base/core/format.h"
#include "base/core/json.h"
#include "host/policy/policy.h"
#include "platform/manifest/keys.h"
#include "platform/manifest/manifest.h"

namespace mote::manifest {
namespace {

// [limits] of a policy, and a component's own beside them.
std::string limits_schema(std::vector<toml::Definition>& definitions) {
  std::string schema = policy::limits_schema();
  std::string own;
  for (const toml::Key& key : own_limit_keys()) {
    std::string one = toml::schema(*key.shape, definitions);
    one.insert(1, format(R"("description":{},)", json_string(format("{} (not said: {})", key.help, key.standard))));
    own += format("{}:{},", json_string(key.name), one);
  }
  constexpr std::string_view begin = R"("properties":{)";
  return schema.insert(schema.find(begin) + begin.size(), own);
}

}  // namespace

std::string schema() {
  std::vector<toml::Definition> definitions;
  std::string root = toml::schema(root_shape(), definitions);
  const policy::SchemaParts policy = policy::schema_parts();
  std::string all = policy.definitions + format(R"(,"policy":{},"limits":{})", policy.table, limits_schema(definitions));
  for (const toml::Definition& one : definitions) all += format(",{}:{}", json_string(one.name), one.schema);
  root.insert(1, R"("$schema":"https://json-schema.org/draft/2020-12/schema","title":"Mote manifest",)");
  root.insert(root.size() - 1, format(R"(,"$defs":{{{}}})", all));
  return root;
}

}  // namespace mote::manifest
