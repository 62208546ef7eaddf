// See glob.h. A table of what matches what, filled row by row: at most pattern size times path size steps, whatever the pattern.
#include "platform/manifest/glob.h"

#include <vector>

namespace mote::manifest {
namespace {

struct Piece {
  enum class Kind : unsigned char { letter, any_letter, any_word, any_path } kind;
  char letter = 0;
};

// "**/" is any_path with its slash: any number of whole parts, none too.
std::vector<Piece> pieces_of(std::string_view pattern) {
  std::vector<Piece> pieces;
  while (!pattern.empty()) {
    size_t taken = 1;
    if (pattern.starts_with("**/")) {
      pieces.push_back({Piece::Kind::any_path});
      taken = 3;
    } else if (pattern == "**") {
      pieces.push_back({Piece::Kind::any_path});
      pieces.push_back({Piece::Kind::any_word});
      taken = 2;
    } else if (pattern[0] == '*') {
      pieces.push_back({Piece::Kind::any_word});
    } else if (pattern[0] == '?') {
      pieces.push_back({Piece::Kind::any_letter});
    } else {
      pieces.push_back({Piece::Kind::letter, pattern[0]});
    }
    pattern.remove_prefix(taken);
  }
  return pieces;
}

}  // namespace

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?") != text.npos;
}

bool matches_glob(std::string_view pattern, std::string_view path) {
  // reached[i]: the pieces so far match the first i letters.
  std::vector<char> reached(path.size() + 1, 0), next;
  reached[0] = 1;
  for (const Piece& piece : pieces_of(pattern)) {
    next.assign(path.size() + 1, 0);
    bool open = false;  // any_word, any_path: something before has been reached
    for (size_t i = 0; i <= path.size(); ++i) {
      const char before = i == 0 ? '\0' : path[i - 1];
      switch (piece.kind) {
        case Piece::Kind::letter:
          next[i] = i != 0 && reached[i - 1] != 0 && before == piece.letter ? 1 : 0;
          break;
        case Piece::Kind::any_letter:
          next[i] = i != 0 && reached[i - 1] != 0 && before != '/' ? 1 : 0;
          break;
        case Piece::Kind::any_word:
          open = (open && before != '/') || reached[i] != 0;
          next[i] = open ? 1 : 0;
          break;
        case Piece::Kind::any_path:
          next[i] = reached[i] != 0 || (open && before == '/') ? 1 : 0;
          open = open || reached[i] != 0;
          break;
      }
    }
    reached.swap(next);
  }
  return reached[path.size()] != 0;
}

std::string_view glob_folder(std::string_view pattern) {
  const size_t star = pattern.find_first_of("*?");
  const size_t slash = star == pattern.npos ? pattern.npos : pattern.rfind('/', star);
  return slash == pattern.npos ? std::string_view() : pattern.substr(0, slash);
}

}  // namespace mote::manifest
