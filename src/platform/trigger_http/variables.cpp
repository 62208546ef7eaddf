// See variables.h.
#include "platform/trigger_http/variables.h"

#include "base/core/format.h"

#include <algorithm>

namespace mote::trigger_http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, {}, lower, lower);
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// "example.com", "8080" of "example.com:8080" and "[::1]:8080".
struct Authority {
  explicit Authority(const http::RequestHead& head) : name(head.authority), port(head.is_tls ? "443" : "80") {
    const size_t colon = name.rfind(':'), bracket = name.rfind(']');
    if (colon != name.npos && (bracket == name.npos || colon > bracket)) {
      port = name.substr(colon + 1);
      name = name.substr(0, colon);
    }
  }
  std::string_view name, port;
};

// "192.0.2.1" of "192.0.2.1:5000".
std::string_view address_of(std::string_view peer) {
  return peer.substr(0, peer.rfind(':'));
}

bool is_withheld(std::string_view header) {
  return is_word(header, "authorization") || is_word(header, "connection") || is_word(header, "proxy");
}
// Variables of their own.
bool is_told_otherwise(std::string_view header) {
  return is_word(header, "content-length") || is_word(header, "content-type");
}

// HTTP_X_A for x-a. A name with an underscore would be taken for one with a hyphen.
void append_name(std::string& to, std::string_view header) {
  for (const char c : header) to += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

void add_headers(const http::RequestHead& head, trigger::Variables& variables) {
  for (const http::Header& header : head.headers) {
    if (is_withheld(header.name) || is_told_otherwise(header.name) || header.name.find('_') != header.name.npos) continue;
    std::string& entry = variables.add("HTTP_");
    entry.pop_back();
    append_name(entry, header.name);
    entry += '=';
    entry += header.value;
  }
}

std::string_view route_without_rest(std::string_view route) {
  return route.ends_with("/...") ? route.substr(0, route.size() - 4) : route;
}

// Of the path what comes before path_info.
std::string_view script_name(const Request& request) {
  std::string_view path = request.head.path;
  path.remove_suffix(std::min(path.size(), request.match.path_info.size()));
  return path;
}

void add_route(const Request& request, trigger::Variables& variables) {
  const manifest::Match& match = request.match;
  const std::string_view base = request.base == "/" ? std::string_view() : request.base;
  const auto join = [&](std::string_view name, std::string_view route) {
    std::string& entry = variables.add(name);
    entry += base;
    entry += route;
  };
  join("X_MATCHED_ROUTE", match.route);
  variables.add("X_RAW_COMPONENT_ROUTE", match.route);
  variables.add("X_COMPONENT_ROUTE", route_without_rest(match.route));
  variables.add("X_BASE_PATH", request.base);
  variables.add("X_RAW_PATH_INFO", match.path_info);
  append_decoded(variables.add("PATH_INFO"), match.path_info);
  append_decoded(variables.add("PATH_TRANSLATED"), match.path_info);
  append_decoded(variables.add("SCRIPT_NAME"), script_name(request));
  for (uint8_t i = 0; i < match.parameter_count; ++i) {
    std::string& entry = variables.add("X_PATH_MATCH_");
    entry.pop_back();
    append_name(entry, match.parameters[i].name);
    entry += '=';
    append_decoded(entry, match.parameters[i].value);
  }
}

void append_number(std::string& to, uint64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  to.append(digits + at, sizeof digits - at);
}

}  // namespace

void append_decoded(std::string& to, std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_code = text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0;
    const int value = is_code ? hex(text[i + 1]) * 16 + hex(text[i + 2]) : 0;
    if (value != 0) {  // NUL stays a code: no variable can hold it
      to += static_cast<char>(value);
      i += 2;
    } else {
      to += text[i];
    }
  }
}

void describe(const Request& request, trigger::Variables& variables) {
  const http::RequestHead& head = request.head;
  const Authority authority(head);
  const std::string_view peer = address_of(head.peer);
  variables.add("GATEWAY_INTERFACE", "CGI/1.1");
  variables.add("SERVER_SOFTWARE", "WAGI/1");
  variables.add("SERVER_PROTOCOL", http::name(head.version));
  variables.add("SERVER_NAME", authority.name);
  variables.add("SERVER_PORT", authority.port);
  variables.add("REQUEST_METHOD", head.method);
  variables.add("QUERY_STRING", head.query);
  variables.add("REMOTE_ADDR", peer);
  variables.add("REMOTE_HOST", peer);
  variables.add("REMOTE_USER", "");
  variables.add("AUTH_TYPE", "");
  append_number(variables.add("CONTENT_LENGTH"), request.body_size);
  const std::string_view* const type = head.find("content-type");
  variables.add("CONTENT_TYPE", type != nullptr ? *type : std::string_view());
  variables.add("X_CLIENT_ADDR", head.peer);
  std::string& url = variables.add("X_FULL_URL");
  url += head.is_tls ? "https://" : "http://";
  url += head.authority;
  url += head.target;
  add_route(request, variables);
  add_headers(head, variables);
}

void fill_arguments(std::string_view argv, const Request& request, std::vector<std::string>& arguments) {
  arguments.clear();
  while (!argv.empty()) {
    const size_t end = std::min(argv.find(' '), argv.size());
    const std::string_view word = argv.substr(0, end);
    argv.remove_prefix(std::min(end + 1, argv.size()));
    if (word == "${SCRIPT_NAME}") {
      append_decoded(arguments.emplace_back(), script_name(request));
    } else if (word == "${ARGS}") {
      for (std::string_view query = request.head.query; !query.empty();) {
        const size_t pair = std::min(query.find('&'), query.size());
        if (pair != 0) append_decoded(arguments.emplace_back(), query.substr(0, pair));
        query.remove_prefix(std::min(pair + 1, query.size()));
      }
    } else if (!word.empty()) {
      arguments.emplace_back(word);
    }
  }
}

}  // namespace mote::trigger_http
