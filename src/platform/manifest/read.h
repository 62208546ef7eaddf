// From a checked document to plain data: one reader for each part of a manifest. Private to this room; see parse.cpp.
//
// The document was held against its shapes before (keys.h), and may be wrong all the same: what is read here leaves out what does
// not fit, so that one pass finds everything that is wrong.
#pragma once

#include "base/toml/document.h"
#include "platform/manifest/manifest.h"

#include <string_view>

namespace mote::manifest {

// Fields of a table, where they are there and of the right kind; else nothing happens.
struct Fields {
  const toml::Node& table;
  [[nodiscard]] const toml::Member* find(std::string_view name, toml::Node::Kind kind) const;
  [[nodiscard]] const toml::Member* list(std::string_view name) const { return find(name, toml::Node::Kind::list); }
  [[nodiscard]] const toml::Member* map(std::string_view name) const { return find(name, toml::Node::Kind::table); }
  bool read(std::string_view name, std::string& out) const;
  bool read(std::string_view name, bool& out) const;
  bool read(std::string_view name, std::vector<std::string>& out) const;
  bool read_count(std::string_view name, uint64_t& out) const;
  bool read_size(std::string_view name, uint64_t& out) const;
  bool read_ms(std::string_view name, uint64_t& out) const;
  bool read(std::string_view name, Template& out, Position* at = nullptr) const;
};

// The parts. Positions and problems are those of one file.
[[nodiscard]] Component read_component(std::string_view id, Position at, const toml::Node& table, const std::string& file,
                                       toml::Problems& problems);
[[nodiscard]] Server read_server(const toml::Node& table);
[[nodiscard]] Broker read_broker(const toml::Node& table, toml::Problems& problems);
void read_triggers(const toml::Node& table, Manifest& manifest, toml::Problems& problems);

// What holds only of the whole: references, ids, routes, variables. Problems only.
void check_whole(const Manifest& manifest, toml::Problems& problems);

}  // namespace mote::manifest
