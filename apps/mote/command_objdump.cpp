// mote objdump: wasm instructions beside the machine code made from them, of a module (compiled as `run` would) or an artifact.
// The same code gives the same text on every machine. Tested by tests/cases.
#include "apps/mote/commands.h"
#include "apps/mote/engine_options.h"
#include "apps/mote/input.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/core/json.h"
#include "base/os/file.h"

#include <mote/listing.h>

#include <algorithm>

namespace mote::cli {
namespace {

std::string hex_bytes(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += format("{}{:02x}", text.empty() ? "" : " ", byte);
  return text;
}

std::string wasm_text(const WasmLine& wasm) {
  constexpr uint32_t deepest_shown = 20;
  if (wasm.text.empty()) return format("{:#08x}\n", wasm.offset);
  return format("{:#08x}  {}{}\n", wasm.offset, std::string(2 * std::min(wasm.depth, deepest_shown), ' '), wasm.text);
}

// "func[3] <fib> [i32] -> [i32]: 34 bytes at 0x5a, 87 bytes of code", then the wasm at the left margin and machine code indented.
std::string as_text(const FunctionListing& func) {
  std::string text = format("\nfunc[{}]{} {}: ", func.index, func.name.empty() ? "" : format(" <{}>", func.name), func.type);
  if (func.wasm_size != 0) text += format("{} bytes at {:#x}, ", func.wasm_size, func.wasm_offset);
  text += format("{} bytes of code\n", func.code_size);
  for (const MachineLine& line : func.lines) {
    for (const WasmLine& wasm : line.wasm) text += wasm_text(wasm);
    if (line.label) text += format("  L{}:\n", *line.label);
    std::string row = format("    {:5x}  {:<30}  {}", line.offset, hex_bytes(line.bytes), line.text);
    if (!line.note.empty()) row += "  ; " + line.note;
    text += row + "\n";
  }
  for (const WasmLine& wasm : func.rest) text += wasm_text(wasm);
  return text;
}

void write_wasm(JsonWriter& json, std::string_view name, const std::vector<WasmLine>& lines) {
  if (lines.empty()) return;
  json.name(name);
  json.begin('[');
  for (const WasmLine& wasm : lines) {
    json.begin('{');
    json.member("offset", format("{}", wasm.offset));
    json.member("depth", format("{}", wasm.depth));
    json.member("text", json_string(wasm.text));
    json.end('}');
  }
  json.end(']');
}

std::string as_json(const FunctionListing& func) {
  JsonWriter json;
  json.begin('{');
  json.member("index", format("{}", func.index));
  json.member("name", json_string(func.name));
  json.member("type", json_string(func.type));
  json.member("wasm_offset", format("{}", func.wasm_offset));
  json.member("wasm_size_bytes", format("{}", func.wasm_size));
  json.member("code_size_bytes", format("{}", func.code_size));
  json.name("code");
  json.begin('[');
  for (const MachineLine& line : func.lines) {
    json.begin('{');
    json.member("offset", format("{}", line.offset));
    json.member("bytes", json_string(hex_bytes(line.bytes)));
    json.member("text", json_string(line.text));
    if (!line.note.empty()) json.member("note", json_string(line.note));
    if (line.label) json.member("label", format("{}", *line.label));
    write_wasm(json, "wasm", line.wasm);
    json.end('}');
  }
  json.end(']');
  write_wasm(json, "rest", func.rest);
  json.end('}');
  return json.text();
}

// Prints function by function: listings of large modules do not fit into memory.
ListingOptions listing_options(const Options& options) {
  ListingOptions listing{.func = options.func};
  if (options.json) {
    listing.on_start = [](const CodeListing& code) {
      print(format("{{\"image\":{},\"code_size_bytes\":{},\"functions\":[", json_string(code.image), code.code_size));
    };
    listing.on_function = [is_first = true](const FunctionListing& func) mutable {
      print((is_first ? "\n" : ",\n") + as_json(func));
      is_first = false;
    };
    return listing;
  }
  listing.on_start = [](const CodeListing& code) {
    print(format("image: {}, {} functions, {} bytes\n", code.image, code.function_count, code.code_size));
  };
  listing.on_function = [](const FunctionListing& func) { print(as_text(func)); };
  return listing;
}

Result<void> list(const Options& options, const std::string& path) {
  Input input = TRY(read_input(path));
  const ListingOptions listing = listing_options(options);
  if (input.kind == InputKind::artifact) {
    const Input wasm = options.wasm.empty() ? Input() : TRY(read_input(options.wasm));
    return list_artifact(input.bytes, wasm.bytes, options.codegen.memory, listing);
  }
  if (!options.wasm.empty()) return fail(ErrorKind::bad_input, "is a module itself: --wasm goes with an artifact");
  EngineConfig config = engine_config(options, file_name(path));
  config.run_parallel = {};  // baseline code lies in the order in which it was made
  const Engine engine = TRY(Engine::create(std::move(config)));
  const Module module = TRY(Module::compile(engine, input.bytes, file_name(path)));
  return list_code(module, input.bytes, listing);
}

}  // namespace

int run_objdump(Options options) {
  if (options.words.size() != 1)
    return report("", Error{ErrorKind::bad_input, "objdump takes one file: mote objdump [FLAGS] FILE"});
  const std::string& path = options.words[0];
  if (auto done = list(options, path); !done) return report(path, done.error());
  if (options.json) print("\n]}\n");
  return 0;
}

}  // namespace mote::cli
