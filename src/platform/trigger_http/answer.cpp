// See answer.h.
#include "platform/trigger_http/answer.h"

#include "base/core/format.h"

#include <algorithm>
#include <string_view>

namespace mote::trigger_http {
namespace {

constexpr size_t most_headers = 1000;

bool is_named(const http::Header& header, std::string_view name) {
  return std::ranges::equal(header.name, name, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

Error wrong(std::string text) {
  return {ErrorKind::bad_input, "the guest's answer " + std::move(text)};
}

// Takes a line with its end from `text`; nothing when it has no end.
std::optional<std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

Result<int> parse_status(std::string_view value) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_number =
      value.size() >= 3 && std::ranges::all_of(value.substr(0, 3), is_digit) && (value.size() == 3 || value[3] == ' ');
  const int status = is_number ? (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0') : 0;
  if (status < 200 || status > 599) return std::unexpected(wrong("has a Status that is none: 200 to 599, then words"));
  return status;
}

}  // namespace

Result<CgiAnswer> parse_cgi(Bytes output, std::vector<http::Header>& headers) {
  headers.clear();
  CgiAnswer answer;
  std::string_view text(reinterpret_cast<const char*>(output.data()), output.size());
  bool has_status = false, has_location = false, has_type = false;
  for (;;) {
    const auto line = take_line(text);
    if (!line) return std::unexpected(wrong("has no empty line between its headers and its body"));
    if (line->empty()) break;
    const size_t colon = line->find(':');
    if (colon == line->npos || colon == 0)
      return std::unexpected(
          wrong(format("has a line before its body that is no header (line {})", headers.size() + has_status + 1)));
    const http::Header header{line->substr(0, colon), trimmed(line->substr(colon + 1))};
    if (is_named(header, "status")) {
      answer.status = TRY(parse_status(header.value));
      has_status = true;
      continue;
    }
    if (headers.size() == most_headers) return std::unexpected(wrong(format("has more than {} headers", most_headers)));
    has_location = has_location || is_named(header, "location");
    has_type = has_type || is_named(header, "content-type");
    headers.push_back(header);
  }
  if (!has_status && !has_location && !has_type)
    return std::unexpected(
        wrong("has neither Content-Type nor Status nor Location; executor = { type = \"stdio\" } takes all of "
              "stdout as the body"));
  if (has_location && !has_status) answer.status = 302;
  answer.body = output.last(text.size());
  return answer;
}

}  // namespace mote::trigger_http
