// Heads of answers: see answer_head.h.
#include "base/http/answer_head.h"

#include "base/core/format.h"
#include "base/core/time.h"
#include "base/http/text.h"
#include "base/os/clock.h"

#include <array>
#include <charconv>

namespace mote::http {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};
// The registry of status codes, RFC 9110 and those who added to it.
constexpr Phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
};

void append_number(ByteQueue& to, uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  to.append(std::string_view(digits.data(), static_cast<size_t>(end - digits.data())));
}

// RFC 9110, 5.6.7.
std::string http_date(int64_t seconds) {
  constexpr std::string_view days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970 began on a Thursday
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int64_t seconds_a_day = 86'400, ns = 1'000'000'000;
  const std::string iso = utc_text(seconds * ns, 0);  // 2026-11-26T13:05:00Z
  const std::string_view all = iso, month = all.substr(5, 2);
  const int month_index = (month[0] - '0') * 10 + (month[1] - '0') - 1;
  return format("{}, {} {} {} {} GMT", days[seconds / seconds_a_day % 7], all.substr(8, 2), months[month_index], all.substr(0, 4),
                all.substr(11, 8));
}

}  // namespace

std::string_view reason_phrase(int status) {
  if (status == 200) return phrases[0].text;
  for (const Phrase& one : phrases) {
    if (one.status == status) return one.text;
  }
  return {};
}

Result<void> check_answer(int status, std::span<const Header> headers) {
  if (status < 200 || status > 599)
    return fail(ErrorKind::bad_input, format("status {}: an answer's is one of 200 to 599", status));
  for (const Header& header : headers) {
    if (!is_token(header.name)) {
      return fail(ErrorKind::bad_input, format("header \"{}\": its name is none: letters, digits and -_ are allowed", header.name));
    }
    if (!is_header_value(header.value)) {
      return fail(ErrorKind::bad_input,
                  format("header {}: its value holds an end of line or another control character", header.name));
    }
  }
  return {};
}

bool is_ours(std::string_view name) {
  switch (name.size()) {
    case 2:
      return is_named(name, "te");
    case 4:
      return is_named(name, "date");
    case 7:
      return is_named(name, "trailer") || is_named(name, "upgrade");
    case 10:
      return is_named(name, "connection") || is_named(name, "keep-alive");
    case 14:
      return is_named(name, "content-length");
    case 16:
      return is_named(name, "proxy-connection");
    case 17:
      return is_named(name, "transfer-encoding");
    default:
      return false;
  }
}

void append_head(ByteQueue& to, const AnswerHead& head, std::string_view date) {
  to.append("HTTP/1.1 ");
  append_number(to, static_cast<uint64_t>(head.status));
  to.append(" ");
  to.append(reason_phrase(head.status));
  to.append("\r\ndate: ");
  to.append(date);
  to.append("\r\n");
  for (const Header& header : head.headers) {
    if (is_ours(header.name)) continue;
    to.append(header.name);
    to.append(": ");
    to.append(header.value);
    to.append("\r\n");
  }
  if (head.length) {
    to.append("content-length: ");
    append_number(to, *head.length);
    to.append("\r\n");
  }
  if (head.is_chunked) to.append("transfer-encoding: chunked\r\n");
  if (head.closes) to.append("connection: close\r\n");
  if (head.says_it_stays) to.append("connection: keep-alive\r\n");
  to.append("\r\n");
}

std::string_view Date::text(uint64_t now_ns) {
  constexpr uint64_t second_ns = 1'000'000'000;
  if (now_ns >= until_ns_) {
    const uint64_t time_ns = os::now_ns(os::Clock::realtime);
    until_ns_ = now_ns + second_ns - time_ns % second_ns;
    text_ = http_date(static_cast<int64_t>(time_ns / second_ns));
  }
  return text_;
}

}  // namespace mote::http
