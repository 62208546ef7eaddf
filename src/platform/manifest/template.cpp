// See template.h.
#include "platform/manifest/template.h"

#include "base/core/format.h"
#include "base/toml/values.h"
#include "platform/manifest/limits.h"

namespace mote::manifest {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool is_variable_name(std::string_view text) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z' || text.back() == '_') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_plain = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9');
    if (!is_plain && (text[i] != '_' || text[i - 1] == '_')) return false;
  }
  return true;
}

Result<Template> Template::parse(std::string_view text) {
  Template made;
  made.text_ = text;
  while (!text.empty()) {
    const size_t begin = text.find("{{");
    if (begin != 0) made.pieces_.push_back({std::string(text.substr(0, begin)), false});
    if (begin == text.npos) break;
    const size_t end = text.find("}}", begin);
    if (end == text.npos) return fail(ErrorKind::bad_input, "has \"{{\" without \"}}\" behind it: a variable is {{ name }}");
    const std::string_view name = trimmed(text.substr(begin + 2, end - begin - 2));
    if (!is_variable_name(name)) {
      return fail(ErrorKind::bad_input,
                  format("has {} between \"{{{{\" and \"}}}}\", which is no name of a variable (lower_snake_case)",
                         toml::quoted(name.substr(0, 64))));
    }
    made.pieces_.push_back({std::string(name), true});
    text.remove_prefix(end + 2);
  }
  return made;
}

std::vector<std::string_view> Template::names() const {
  std::vector<std::string_view> names;
  for (const Piece& piece : pieces_) {
    if (piece.is_variable) names.push_back(piece.text);
  }
  return names;
}

Result<std::string> Template::render(const Lookup& lookup) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!piece.is_variable) {
      text += piece.text;
    } else if (const auto value = lookup(piece.text)) {
      text += *value;
    } else {
      return fail(ErrorKind::not_found,
                  format("the variable {} has no value: set MOTE_VARIABLE_… or give it a default", piece.text));
    }
    if (text.size() > limits::rendered_size.hard)
      return fail(ErrorKind::limit, format("{} has more than {} bytes with its variables put in", toml::quoted(text_.substr(0, 64)),
                                           limits::rendered_size.hard));
  }
  return text;
}

}  // namespace mote::manifest
