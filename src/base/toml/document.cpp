// See document.h. The TOML library is built without exceptions, and is handed only ASCII whose nesting cannot exhaust the stack: it
// bounds brackets itself; dots, each of which nests a table, are counted here. What fuzzing found it to stumble over does not reach
// it (Screen below; the finds are kept in fuzz/finds).
#include "base/toml/document.h"

#include "base/core/format.h"

#include <algorithm>
#include <optional>
#include <utility>

// NOLINTBEGIN(readability-identifier-naming): the library's own names
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
// The library asserts that a key begins with a letter before it reports that one does not, and with NDEBUG lets the compiler assume
// it. Both are off: its own error is what hostile bytes shall meet (fuzz/finds/policy-comma-in-a-header).
#define TOML_ASSERT(condition) static_cast<void>(0)
// NOLINTEND(readability-identifier-naming)
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace mote::toml {
namespace {

constexpr uint32_t most_dots_a_line = 200;  // each may nest a table, and tables are freed recursively

Position position(const ::toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

// Days since 1970 of a date of the Gregorian calendar.
int64_t days_since_1970(int64_t year, int64_t month, int64_t day) {
  year -= month <= 2 ? 1 : 0;  // years that begin in March: the leap day is their last
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

// Nanoseconds since 1970; nothing outside of the years that 64 bits can hold.
bool nanoseconds_of(const ::toml::date_time& time, int64_t& out) {
  if (!time.offset || time.date.year < 1970 || time.date.year > 2261) return false;
  const int64_t days = days_since_1970(time.date.year, time.date.month, time.date.day);
  const int64_t minutes = days * 1440 + int64_t{time.time.hour} * 60 + time.time.minute - time.offset->minutes;
  const int64_t seconds = minutes * 60 + time.time.second;
  out = seconds * 1'000'000'000 + time.time.nanosecond;
  return true;
}

// The length of the UTF-8 sequence at the start of `text`, and its code point; 0 when there is none.
size_t decode_utf8(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : byte(0) < 0xf5 ? 4 : 0;
  if (size == 0 || size > text.size()) return 0;
  code = size == 1 ? byte(0) : byte(0) & (0x7fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : size;
}

// Makes a text fit for the library, which is only sound for ASCII: characters beyond it become escapes in quotes and '?' in
// comments. Knows comments and the four kinds of quotes, nothing else. Refuses what the library stumbles over, and what no file
// needs: control characters, too many dots in one line, characters beyond ASCII elsewhere.
class Screen {
 public:
  explicit Screen(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);  // a byte order mark
  }

  // The text in ASCII; nothing and a problem when it is refused.
  std::optional<std::string> run(Problems& problems) {
    while (!text_.empty()) {
      if (const std::string_view wrong = what_is_wrong(text_); !wrong.empty()) {
        problems.add(at_, wrong);
        return std::nullopt;
      }
      step();
    }
    return std::move(out_);
  }

  // From a place in the ASCII text to the place in the file.
  [[nodiscard]] Position original(Position at) const {
    const auto behind = std::ranges::lower_bound(shifts_, std::pair(at.line, at.column), {},
                                                 [](const Shift& shift) { return std::pair(shift.line, shift.column); });
    if (behind == shifts_.begin() || std::prev(behind)->line != at.line) return at;
    return {at.line, at.column - std::prev(behind)->extra};
  }

 private:
  struct Shift {  // an escape in the ASCII text, and by how much it and those before it in its line are longer
    uint32_t line, column, extra;
  };

  std::string_view what_is_wrong(std::string_view text) {
    const auto byte = static_cast<uint8_t>(text[0]);
    uint32_t code = 0;
    if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f)
      return "a control character, which no TOML file has";
    if (decode_utf8(text, code) == 0) return "not UTF-8";
    if (byte >= 0x80 && !is_comment_ && (quote_.empty() || quote_[0] == '\''))
      return "a character beyond ASCII outside of double quotes";
    if (byte == '.' && ++dots_ > most_dots_a_line) return "too many dots in one line: break it into several";
    const bool is_escape = byte == '\\' && !quote_.empty() && quote_[0] == '"' && text.size() > 1;
    if (is_escape && static_cast<uint8_t>(text[1]) >= 0x80) return "an escape that does not exist";
    return {};
  }

  void take(size_t size) {
    out_ += text_.substr(0, size);
    at_.column += static_cast<uint32_t>(size);
    text_.remove_prefix(size);
  }

  void take_beyond_ascii() {
    uint32_t code = 0;
    text_.remove_prefix(decode_utf8(text_, code));
    const std::string shown = is_comment_ ? "?" : code < 0x10000 ? format("\\u{:04x}", code) : format("\\U{:08x}", code);
    const auto more = static_cast<uint32_t>(shown.size() - 1);
    if (more != 0) shifts_.push_back({at_.line, at_.column + extra_, extra_ + more});
    extra_ += more;
    out_ += shown;
    ++at_.column;
  }

  void step() {
    const char c = text_[0];
    if (c == '\n') {
      take(1);
      at_ = {at_.line + 1, 1};
      dots_ = extra_ = 0;
      is_comment_ = false;
      if (quote_.size() == 1) quote_ = {};
      return;
    }
    if (static_cast<uint8_t>(c) >= 0x80) return take_beyond_ascii();
    if (is_comment_) return take(1);
    if (quote_.empty()) {
      is_comment_ = c == '#';
      for (const std::string_view quote : {R"(""")", "'''", "\"", "'"}) {
        if (!text_.starts_with(quote)) continue;
        quote_ = quote;
        return take(quote.size());
      }
    } else if (c == '\\' && quote_[0] == '"' && text_.size() > 1 && (text_[1] == '"' || text_[1] == '\\')) {
      return take(2);
    } else if (text_.starts_with(quote_)) {
      const std::string_view quote = std::exchange(quote_, {});
      take(quote.size());
      // Up to two quotes before the three that end a text belong to it.
      for (int i = 0; i < 2 && quote.size() == 3 && text_.starts_with(quote[0]); ++i) take(1);
      return;
    }
    take(1);
  }

  std::string_view text_;
  std::string out_;
  Position at_{1, 1};  // in the file
  uint32_t extra_ = 0;
  std::vector<Shift> shifts_;
  std::string_view quote_;
  bool is_comment_ = false;
  uint32_t dots_ = 0;
};

class Copier {
 public:
  Copier(const Bounds& bounds, Problems& problems, const Screen& screen) : bounds_(bounds), problems_(problems), screen_(screen) {}

  bool copy(const ::toml::node& from, uint32_t depth, Node& out) {
    out.at = place(from.source());
    if (depth > bounds_.depth || ++count_ > bounds_.values) {
      problems_.add(out.at,
                    format("{} for {}", depth > bounds_.depth ? "is nested too deeply" : "has too many values", bounds_.what));
      return false;
    }
    if (const ::toml::table* table = from.as_table()) return copy_table(*table, depth, out);
    if (const ::toml::array* array = from.as_array()) {
      out.kind = Node::Kind::list;
      for (const ::toml::node& element : *array) {
        out.members.push_back({"", place(element.source()), {}});
        if (!copy(element, depth + 1, out.members.back().value)) return false;
      }
      return true;
    }
    copy_value(from, out);
    return true;
  }

 private:
  bool copy_table(const ::toml::table& table, uint32_t depth, Node& out) {
    out.kind = Node::Kind::table;
    for (const auto& [key, value] : table) {
      out.members.push_back({std::string(key.str()), place(key.source()), {}});
      if (!copy(value, depth + 1, out.members.back().value)) return false;
    }
    std::ranges::stable_sort(out.members, [](const Member& a, const Member& b) {
      return a.at.line != b.at.line ? a.at.line < b.at.line : a.at.column < b.at.column;
    });
    return true;
  }

  static void copy_value(const ::toml::node& from, Node& out) {
    if (const auto* boolean = from.as_boolean()) {
      out.kind = Node::Kind::boolean;
      out.boolean = boolean->get();
    } else if (const auto* integer = from.as_integer()) {
      out.kind = Node::Kind::integer;
      out.integer = integer->get();
    } else if (const auto* text = from.as_string()) {
      out.kind = Node::Kind::text;
      out.text = text->get();
    } else if (const auto* time = from.as_date_time()) {
      out.kind = nanoseconds_of(time->get(), out.integer) ? Node::Kind::time : Node::Kind::other_time;
    } else {
      out.kind = from.is_floating_point() ? Node::Kind::real : Node::Kind::other_time;
    }
  }

  [[nodiscard]] Position place(const ::toml::source_region& region) const { return screen_.original(position(region)); }

  const Bounds& bounds_;
  Problems& problems_;
  const Screen& screen_;
  uint32_t count_ = 0;
};

}  // namespace

const Member* Node::find(std::string_view name) const {
  for (const Member& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

std::string_view words(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::boolean:
      return "true or false";
    case Node::Kind::integer:
      return "a whole number";
    case Node::Kind::real:
      return "a number with a fraction";
    case Node::Kind::text:
      return "a text";
    case Node::Kind::time:
      return "a time";
    case Node::Kind::other_time:
      return "a date or time without an offset from UTC, or outside of 1970 to 2261";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::table:
      return "a table";
  }
  return "";
}

void Problems::add(Position at, std::string_view message) {
  if (++count_ <= most) all_.push_back({at, std::string(message)});
}

Error Problems::error() const {
  std::vector<One> sorted = all_;
  std::ranges::stable_sort(sorted, {}, [](const One& one) { return std::pair(one.at.line, one.at.column); });
  std::string text;
  for (const One& one : sorted) {
    if (!text.empty()) text += '\n';
    text += one.at.line == 0 ? format("{}: {}", file_, one.message)
                             : format("{}:{}:{}: {}", file_, one.at.line, one.at.column, one.message);
  }
  return {ErrorKind::bad_input, count_ > most ? format("{}\n{}: and {} more", text, file_, count_ - most) : text};
}

bool read_document(std::string_view text, const Bounds& bounds, Problems& problems, Node& root) {
  if (text.size() > bounds.size) {
    problems.add({}, format("has {} bytes; {} can have {}", text.size(), bounds.what, bounds.size));
    return false;
  }
  Screen screen(text);
  const auto ascii = screen.run(problems);
  if (!ascii) return false;
  const ::toml::parse_result parsed = ::toml::parse(std::string_view(*ascii));
  if (!parsed) {
    problems.add(screen.original(position(parsed.error().source())), parsed.error().description());
    return false;
  }
  return Copier(bounds, problems, screen).copy(parsed.table(), 0, root);
}

}  // namespace mote::toml
