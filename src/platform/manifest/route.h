// Which trigger an HTTP path belongs to. Routes are exact ("/a/b"), have parameters ("/users/:id") and may take all that follows
// ("/files/..."), as in Spin. They are compiled once; matching a path allocates nothing.
//
// Segment by segment an exact word wins over a parameter, and that over "/...". A final '/' of a path or a route means nothing.
// Paths are compared as they were sent: nothing in them is decoded. Private routes match nothing. Tested by route_test.cpp.
#pragma once

#include "platform/manifest/limits.h"

#include <mote/result.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mote::manifest {

struct Route {
  struct Segment {
    std::string text;  // the word, or the parameter's name
    bool is_parameter = false;
  };
  std::string text;  // as the file says it; empty when private
  bool is_private = false;
  std::vector<Segment> segments;
  bool takes_rest = false;  // "/..." at the end

  // Fails with what is wrong.
  [[nodiscard]] static Result<Route> parse(std::string_view text);
  // Equal for two routes that match the same paths.
  [[nodiscard]] std::string shape() const;
};

struct Match {
  struct Parameter {
    std::string_view name, value;
  };
  uint32_t index = 0;          // of the route
  std::string_view route;      // as the file says it, behind the base
  std::string_view path_info;  // what "/..." took, with its first '/'; else empty
  std::array<Parameter, limits::route_parameters.hard> parameters = {};
  uint8_t parameter_count = 0;
};

class Router {
 public:
  Router() = default;
  // `base` comes before every route: "/" or "/app". Of routes with the same shape the first one is matched; a manifest has none
  // such.
  Router(std::string_view base, std::span<const Route* const> routes);

  // A path without query: "/a/b". What it returns refers to `path` and to this router.
  [[nodiscard]] std::optional<Match> match(std::string_view path) const;

 private:
  static constexpr uint32_t none = UINT32_MAX;
  struct Node {
    std::vector<std::pair<std::string, uint32_t>> words;  // sorted
    uint32_t parameter = none;                            // the node behind a parameter
    uint32_t exact = none, rest = none;                   // routes that end here
  };
  struct Target {
    std::string text;
    std::vector<std::string> parameters;
  };
  uint32_t child(uint32_t node, std::string_view word);
  [[nodiscard]] bool walk(uint32_t node, std::string_view path, uint8_t depth, Match& match) const;
  [[nodiscard]] bool take(uint32_t target, std::string_view rest, Match& match) const;

  std::vector<Node> nodes_;
  std::vector<Target> targets_;
};

}  // namespace mote::manifest
