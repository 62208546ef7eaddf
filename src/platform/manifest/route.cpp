// A trie of segments. Each of its nodes is reached by one way only, so a match visits none twice, whatever the path. See route.h.
#include "platform/manifest/route.h"

#include "base/core/format.h"
#include "base/toml/values.h"

#include <algorithm>

namespace mote::manifest {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// Characters that a request's path can have (RFC 3986, section 3.3).
bool is_path_text(std::string_view text) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:@%";
  return std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}

// Takes the first segment of a path that begins with '/', which is left with what follows.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

Result<Route::Segment> parse_segment(std::string_view text, const std::vector<Route::Segment>& earlier) {
  if (text.empty()) return refuse("has an empty part: \"//\"");
  if (text == "...") return refuse("has \"...\" in its middle: it takes all that follows, so it comes last");
  if (text[0] != ':') {
    if (is_path_text(text)) return Route::Segment{std::string(text), false};
    return refuse(format("has {}, with characters that no path has: write them as %XX", toml::quoted(text.substr(0, 64))));
  }
  const std::string_view name = text.substr(1);
  if (!is_name(name)) return refuse(format("has {}, which is no parameter: \":name\"", toml::quoted(text.substr(0, 64))));
  const bool is_twice =
      std::ranges::any_of(earlier, [&](const Route::Segment& one) { return one.is_parameter && one.text == name; });
  if (is_twice) return refuse(format("has the parameter {} twice", toml::quoted(text.substr(0, 64))));
  return Route::Segment{std::string(name), true};
}

}  // namespace

Result<Route> Route::parse(std::string_view text) {
  Route route{.text = std::string(text)};
  if (!text.starts_with('/')) return refuse("begins with '/': \"/\", \"/a/:name\", \"/files/...\"");
  size_t parameters = 0;
  while (!text.empty() && text != "/") {
    if (text == "/...") {
      route.takes_rest = true;
      return route;
    }
    route.segments.push_back(TRY(parse_segment(take_segment(text), route.segments)));
    if (route.segments.back().is_parameter) ++parameters;
    if (route.segments.size() > limits::route_segments.hard || parameters > limits::route_parameters.hard)
      return refuse(
          format("can have at most {} parts, {} of them parameters", limits::route_segments.hard, limits::route_parameters.hard));
  }
  return route;
}

std::string Route::shape() const {
  std::string shape;
  for (const Segment& segment : segments) shape += segment.is_parameter ? "/:" : "/" + segment.text;
  return shape + (takes_rest ? "/..." : "");
}

Router::Router(std::string_view base, std::span<const Route* const> routes) {
  nodes_.emplace_back();
  uint32_t start = 0;
  while (base.size() > 1 && base[0] == '/') {
    const std::string_view word = take_segment(base);
    if (!word.empty()) start = child(start, word);
  }
  for (const Route* route : routes) {
    const auto index = static_cast<uint32_t>(targets_.size());
    Target& target = targets_.emplace_back();
    if (route->is_private) continue;
    target.text = route->text;
    uint32_t node = start;
    for (const Route::Segment& segment : route->segments) {
      if (!segment.is_parameter) {
        node = child(node, segment.text);
        continue;
      }
      target.parameters.push_back(segment.text);
      if (nodes_[node].parameter == none) {
        nodes_.emplace_back();
        nodes_[node].parameter = static_cast<uint32_t>(nodes_.size() - 1);
      }
      node = nodes_[node].parameter;
    }
    uint32_t& end = route->takes_rest ? nodes_[node].rest : nodes_[node].exact;
    if (end == none) end = index;
  }
}

uint32_t Router::child(uint32_t node, std::string_view word) {
  const auto less = [](const auto& one, std::string_view other) { return one.first < other; };
  auto& words = nodes_[node].words;
  const auto place = std::lower_bound(words.begin(), words.end(), word, less);
  if (place != words.end() && place->first == word) return place->second;
  const auto made = static_cast<uint32_t>(nodes_.size());
  words.insert(place, {std::string(word), made});
  nodes_.emplace_back();
  return made;
}

std::optional<Match> Router::match(std::string_view path) const {
  if (nodes_.empty() || !path.starts_with('/')) return std::nullopt;
  std::optional<Match> match(std::in_place);
  if (!walk(0, path, 0, *match)) match.reset();
  return match;
}

bool Router::take(uint32_t target, std::string_view rest, Match& match) const {
  const Target& found = targets_[target];
  match.index = target;
  match.route = found.text;
  match.path_info = rest;
  match.parameter_count = static_cast<uint8_t>(found.parameters.size());
  for (size_t i = 0; i < found.parameters.size(); ++i) match.parameters[i].name = found.parameters[i];
  return true;
}

bool Router::walk(uint32_t index, std::string_view path, uint8_t depth, Match& match) const {
  const Node& node = nodes_[index];
  if (path.empty() || path == "/") {
    if (node.exact != none) return take(node.exact, {}, match);
    return node.rest != none && take(node.rest, path, match);
  }
  std::string_view behind = path;
  const std::string_view segment = take_segment(behind);
  const auto less = [](const auto& one, std::string_view other) { return one.first < other; };
  const auto word = std::lower_bound(node.words.begin(), node.words.end(), segment, less);
  if (word != node.words.end() && word->first == segment && walk(word->second, behind, depth, match)) return true;
  if (node.parameter != none && !segment.empty() && depth < match.parameters.size()) {
    match.parameters[depth].value = segment;
    if (walk(node.parameter, behind, static_cast<uint8_t>(depth + 1), match)) return true;
  }
  return node.rest != none && take(node.rest, path, match);
}

}  // namespace mote::manifest
