// mote new NAME: a folder with a program, its manifest, and how it is built: what is there in a minute, to be changed from there.
// The files are in templates/. Tested by tests/cases/new*.case.
#include "apps/mote/commands.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/file.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#define MOTE_TEMPLATE(name) extern "C" const char mote_template_##name[], mote_template_##name##_end[]  // templates.S
MOTE_TEMPLATE(c_main);
MOTE_TEMPLATE(rust_main);
MOTE_TEMPLATE(rust_cargo);
MOTE_TEMPLATE(go_main);
MOTE_TEMPLATE(go_mod);
MOTE_TEMPLATE(http);
MOTE_TEMPLATE(mqtt);
MOTE_TEMPLATE(component);
#undef MOTE_TEMPLATE

namespace mote::cli {
namespace {

struct Text {
  const char *begin, *end;
};
struct TemplateFile {
  std::string_view path;
  Text text;
};
struct Language {
  std::string_view name;
  std::vector<TemplateFile> files;
  std::string_view build, watch;  // of TOML: texts with commas
};

std::vector<Language> languages() {
  // Which compiler, and for which target, the environment may say: names differ from one distribution to the next.
  constexpr std::string_view c = R"('${CC:-clang} --target=wasm32-wasi ${CFLAGS:--O2 -s} -o @NAME@.wasm main.c')",
                             rust = R"('cargo build --release --target ${RUST_TARGET:-wasm32-wasip1}',
  'cp target/${RUST_TARGET:-wasm32-wasip1}/release/@NAME@.wasm .')",
                             go = R"('GOOS=wasip1 GOARCH=wasm go build -o @NAME@.wasm .')";
  return {
      {"rust",
       {{"src/main.rs", {mote_template_rust_main, mote_template_rust_main_end}},
        {"Cargo.toml", {mote_template_rust_cargo, mote_template_rust_cargo_end}}},
       rust,
       R"("src/**/*.rs", "Cargo.toml")"},
      {"c", {{"main.c", {mote_template_c_main, mote_template_c_main_end}}}, c, R"("*.c", "*.h")"},
      {"go",
       {{"main.go", {mote_template_go_main, mote_template_go_main_end}},
        {"go.mod", {mote_template_go_mod, mote_template_go_mod_end}}},
       go,
       R"("*.go", "go.mod")"},
  };
}

std::string filled(Text text, const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string result(text.begin, text.end);
  for (const auto& [name, value] : values) {
    for (size_t at = 0; (at = result.find(name, at)) != result.npos; at += value.size()) result.replace(at, name.size(), value);
  }
  return result;
}

// Fit for a component's name, a package's and a file's.
Result<void> check_name(std::string_view name) {
  constexpr size_t most = 64;
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_fit = [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; };
  const bool is_good = !name.empty() && name.size() <= most && is_lower(name[0]) && std::ranges::all_of(name, is_fit) &&
                       !name.ends_with('-') && name.find("--") == name.npos;
  if (is_good) return {};
  return fail(ErrorKind::bad_input,
              format("\"{}\" cannot be a component's name: lower-case letters, digits, and - between them, as hello-world", name));
}

Result<void> write_new(const std::string& folder, std::string_view path, const std::string& text) {
  const std::string whole = format("{}/{}", folder, path);
  TRY(os::make_folder(whole.substr(0, whole.rfind('/'))));
  return os::write_file_unflushed(whole, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

Result<std::string> make(const Options& options) {
  if (options.words.size() != 1) return fail(ErrorKind::bad_input, "new takes the name of a folder to make: mote new hello");
  const std::string& folder = options.words[0];
  const std::string name = folder.substr(folder.rfind('/') + 1);
  TRY(check_name(name));
  const auto known = languages();
  const std::string wanted = options.language.empty() ? "rust" : options.language;
  const auto language = std::ranges::find(known, wanted, &Language::name);
  if (language == known.end()) return fail(ErrorKind::bad_input, format("--language is rust, c or go, not \"{}\"", wanted));
  if (!options.trigger.empty() && options.trigger != "http" && options.trigger != "mqtt")
    return fail(ErrorKind::bad_input, format("--trigger is http or mqtt, not \"{}\"", options.trigger));
  if (os::exists(folder)) return fail(ErrorKind::bad_input, format("{} is there already: name another folder", folder));
  const std::vector<std::pair<std::string_view, std::string_view>> values = {
      {"@BUILD@", language->build}, {"@WATCH@", language->watch}, {"@NAME@", name}};
  TRY(os::make_folder(folder));
  for (const TemplateFile& file : language->files) TRY(write_new(folder, file.path, filled(file.text, values)));
  const Text trigger = options.trigger == "mqtt" ? Text{mote_template_mqtt, mote_template_mqtt_end}
                                                 : Text{mote_template_http, mote_template_http_end};
  TRY(write_new(folder, "mote.toml",
                filled(trigger, values) + filled({mote_template_component, mote_template_component_end}, values)));
  return format("{} is made. Next: cd {}; mote build; mote up\n", folder, folder);
}

}  // namespace

int run_new(Options options) {
  const auto made = make(options);
  if (!made) return report("", made.error());
  print(*made);
  return 0;
}

}  // namespace mote::cli
