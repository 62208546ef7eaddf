// mote inspect: what a module or an artifact contains, for people or as JSON. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/import_hints.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/inspect.h>

namespace mote::cli {
namespace {

bool is_provided(const ImportInfo& import) {
  return import.kind == ExternKind::func && wasi_p1::provides(import.module, import.name);
}

struct Count {
  std::string_view name;
  uint64_t value;
};
std::vector<Count> counts(const Inspection& found) {
  return {{"types", found.types},
          {"structure types", found.struct_types},
          {"array types", found.array_types},
          {"functions", found.funcs},
          {"tables", found.tables},
          {"memories", found.memories},
          {"globals", found.globals},
          {"tags", found.tags},
          {"element segments", found.element_segments},
          {"data segments", found.data_segments}};
}

std::string as_text(const std::string& path, const Inspection& found) {
  std::string text = format("{}: {}, {} bytes\n", path, found.is_artifact ? "artifact" : "WebAssembly module", found.size_bytes);
  if (found.is_artifact) text += format("  made from a module of {} bytes\n", found.module_size_bytes);
  text += format("  module sha256 {}\n", found.module_sha256);
  if (!found.module_name.empty()) text += format("  name \"{}\"\n", found.module_name);
  for (const std::string& producer : found.producers) text += format("  {}\n", producer);
  std::string list;
  for (const Count& count : counts(found)) {
    if (count.value != 0) list += format("{}{} {}", list.empty() ? "" : ", ", count.value, count.name);
  }
  if (found.start) list += format("; start function {}", *found.start);
  text += format("  {}\n", list.empty() ? "nothing in it" : list);
  for (const std::string& image : found.images) text += format("  image: {}\n", image);

  text += format("\nimports ({})\n", found.imports.size());
  for (const ImportInfo& import : found.imports) {
    text += format("  \"{}\" \"{}\" {}\n", import.module, import.name, import.type);
    if (!is_provided(import)) text += format("    missing: {}\n", import_hint(import.module, import.name));
  }
  text += format("\nexports ({})\n", found.exports.size());
  for (const ExportInfo& one : found.exports) text += format("  \"{}\" {}\n", one.name, one.type);
  if (!found.features.empty()) text += "\nfeatures beyond WebAssembly 1.0\n";
  for (const FeatureUse& use : found.features) {
    text += format("  {}: {} instruction{}, first in function {} at offset {:#x}\n", use.feature, use.count,
                   use.count == 1 ? "" : "s", use.func, use.offset);
  }
  if (!found.sections.empty()) text += "\nsections\n";
  for (const SectionInfo& section : found.sections) {
    text += format("  {:>10} bytes at {:#010x}  {}{}\n", section.size_bytes, section.offset, section.is_custom ? "custom " : "",
                   section.name);
  }
  return text;
}

void write_lists(JsonWriter& json, const Inspection& found) {
  json.name("imports");
  json.begin('[');
  for (const ImportInfo& import : found.imports) {
    json.begin('{');
    json.member("module", json_string(import.module));
    json.member("name", json_string(import.name));
    json.member("kind", json_string(name(import.kind)));
    json.member("type", json_string(import.type));
    json.member("provided", is_provided(import) ? "true" : "false");
    json.end('}');
  }
  json.end(']');
  json.name("exports");
  json.begin('[');
  for (const ExportInfo& one : found.exports) {
    json.begin('{');
    json.member("name", json_string(one.name));
    json.member("kind", json_string(name(one.kind)));
    json.member("type", json_string(one.type));
    json.end('}');
  }
  json.end(']');
  json.name("features");
  json.begin('[');
  for (const FeatureUse& use : found.features) {
    json.begin('{');
    json.member("feature", json_string(use.feature));
    json.member("instructions", format("{}", use.count));
    json.member("first_function", format("{}", use.func));
    json.member("first_offset", format("{}", use.offset));
    json.end('}');
  }
  json.end(']');
  json.name("sections");
  json.begin('[');
  for (const SectionInfo& section : found.sections) {
    json.begin('{');
    json.member("name", json_string(section.name));
    json.member("custom", section.is_custom ? "true" : "false");
    json.member("offset", format("{}", section.offset));
    json.member("size_bytes", format("{}", section.size_bytes));
    json.end('}');
  }
  json.end(']');
}

std::string as_json(const std::string& path, const Inspection& found) {
  JsonWriter json;
  json.begin('{');
  json.member("file", json_string(path));
  json.member("kind", found.is_artifact ? "\"artifact\"" : "\"module\"");
  json.member("size_bytes", format("{}", found.size_bytes));
  json.member("module_size_bytes", format("{}", found.module_size_bytes));
  json.member("module_sha256", json_string(found.module_sha256));
  json.member("module_name", json_string(found.module_name));
  json.name("counts");
  json.begin('{');
  for (const Count& count : counts(found)) json.member(count.name, format("{}", count.value));
  json.end('}');
  json.member("start", found.start ? format("{}", *found.start) : "null");
  for (const auto& [list_name, list] : {std::pair("producers", &found.producers), std::pair("images", &found.images)}) {
    json.name(list_name);
    json.begin('[');
    for (const std::string& item : *list) json.value(json_string(item));
    json.end(']');
  }
  write_lists(json, found);
  json.end('}');
  return json.text() + "\n";
}

}  // namespace

int run_inspect(Options options) {
  if (options.words.size() != 1)
    return report("", Error{ErrorKind::bad_input, "inspect takes one file: mote inspect [--json] FILE"});
  const std::string& path = options.words[0];
  const auto input = read_input(path);
  if (!input) return report(path, input.error());
  const auto found = inspect(input->bytes);
  if (!found) return report(path, found.error());
  print(options.json ? as_json(path, *found) : as_text(path, *found));
  return 0;
}

}  // namespace mote::cli
