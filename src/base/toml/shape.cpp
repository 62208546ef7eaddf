// Checking values against shapes. See shape.h.
#include "base/toml/shape.h"

#include "base/core/format.h"
#include "base/core/nearest.h"
#include "base/toml/values.h"

#include <algorithm>

namespace mote::toml {
namespace {

using Kind = Shape::Kind;

std::string shown(std::string_view text) {
  return quoted(text.substr(0, 64));
}

// Whether a value is of the kind that a shape is about, right or wrong.
bool is_about(const Node& value, const Shape& shape) {
  switch (shape.kind) {
    case Kind::boolean:
      return value.kind == Node::Kind::boolean;
    case Kind::integer:
      return value.kind == Node::Kind::integer;
    case Kind::text:
    case Kind::choice:
    case Kind::duration:
      return value.kind == Node::Kind::text;
    case Kind::size:
      return value.kind == Node::Kind::text || value.kind == Node::Kind::integer;
    case Kind::list:
      return value.kind == Node::Kind::list;
    case Kind::map:
    case Kind::table:
    case Kind::elsewhere:
      return value.kind == Node::Kind::table;
    case Kind::anything:
    case Kind::refused:
      return true;
  }
  return false;
}

std::string words(const Shape& shape) {
  switch (shape.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "a whole number";
    case Kind::text:
      return "a text";
    case Kind::choice:
      return format("one of {}", shape.values);
    case Kind::size:
      return "a number of bytes or a text like \"64K\"";
    case Kind::duration:
      return "a time like \"500ms\"";
    case Kind::list:
      return "a list";
    case Kind::map:
    case Kind::table:
    case Kind::elsewhere:
      return "a table";
    case Kind::anything:
    case Kind::refused:
      return "anything";
  }
  return {};
}

class Checker {
 public:
  explicit Checker(Problems& problems) : problems_(problems) {}

  void check(const Node& value, std::string_view what, const Shape& shape) {
    for (const Shape* one = &shape; one != nullptr; one = one->or_else) {
      if (is_about(value, *one)) return check_one(value, what, *one);
    }
    std::string allowed;
    for (const Shape* one = &shape; one != nullptr; one = one->or_else) allowed += (allowed.empty() ? "" : " or ") + words(*one);
    add(value.at, format("{} is {}, not {}", what, allowed, toml::words(value.kind)));
  }
  [[nodiscard]] bool is_good() const { return is_good_; }

 private:
  void add(Position at, std::string_view message) {
    is_good_ = false;
    problems_.add(at, message);
  }
  void add(const Node& value, std::string_view what, const Result<void>& result) {
    if (!result) add(value.at, format("{} {}", what, result.error().message));
  }

  void check_one(const Node& value, std::string_view what, const Shape& shape) {
    switch (shape.kind) {
      case Kind::boolean:
      case Kind::anything:
      case Kind::elsewhere:
        return;
      case Kind::integer:
        if (value.integer < 0) return add(value.at, format("{} is at least {}", what, shape.least));
        return check_number(value, what, static_cast<uint64_t>(value.integer), shape, "");
      case Kind::text:
        if (shape.form != nullptr && shape.form->check != nullptr) add(value, what, shape.form->check(value.text));
        return;
      case Kind::choice:
        return check_choice(value, what, shape);
      case Kind::size:
        return check_measure(value, what, read_size(value), shape, " bytes");
      case Kind::duration:
        return check_measure(value, what, read_duration_ms(value), shape, " ms");
      case Kind::list:
        return check_list(value, what, shape);
      case Kind::map:
        return check_map(value, what, shape);
      case Kind::table:
        return check_table(value, what, shape);
      case Kind::refused: {
        const bool is_empty = (value.kind == Node::Kind::list || value.kind == Node::Kind::table) && value.members.empty();
        if (!is_empty) add(value.at, format("{}: {}", what, shape.why));
        return;
      }
    }
  }

  void check_number(const Node& value, std::string_view what, uint64_t number, const Shape& shape, std::string_view unit) {
    if (number < shape.least) add(value.at, format("{} is at least {}{}", what, shape.least, unit));
    if (number > shape.most) add(value.at, format("{} can be at most {}{}", what, shape.most, unit));
  }

  void check_measure(const Node& value, std::string_view what, const Result<uint64_t>& number, const Shape& shape,
                     std::string_view unit) {
    if (!number) return add(value.at, format("{} {}", what, number.error().message));
    check_number(value, what, *number, shape, unit);
  }

  void check_choice(const Node& value, std::string_view what, const Shape& shape) {
    const auto choices = split_choices(shape.values);
    if (std::ranges::find(choices, value.text) != choices.end()) return;
    add(value.at, format("{} is one of {}, not {}{}", what, shape.values, shown(value.text), did_you_mean(value.text, choices)));
  }

  void check_count(const Node& value, std::string_view what, const Shape& shape) {
    const size_t count = value.members.size();
    if (count < shape.least) add(value.at, format("{} has at least {}", what, shape.least));
    if (count > shape.most) add(value.at, format("{} has {}; it can have at most {}", what, count, shape.most));
  }

  void check_list(const Node& value, std::string_view what, const Shape& shape) {
    check_count(value, what, shape);
    for (const Member& member : value.members) check(member.value, format("{}[]", what), *shape.of);
  }

  void check_map(const Node& value, std::string_view what, const Shape& shape) {
    check_count(value, what, shape);
    for (const Member& member : value.members) {
      const std::string_view name = std::string_view(member.name).substr(0, 64);
      if (shape.form != nullptr && shape.form->check != nullptr) {
        if (const auto good = shape.form->check(member.name); !good)
          add(member.at, format("{} in {} {}", quoted(name), what, good.error().message));
      }
      check(member.value, what.empty() ? std::string(name) : format("{}.{}", what, name), *shape.of);
    }
  }

  void check_table(const Node& value, std::string_view what, const Shape& shape) {
    std::vector<std::string_view> names;
    for (const Key& key : shape.keys) names.push_back(key.name);
    const std::string place = what.empty() ? "" : format(" of {}", what);
    for (const Member& member : value.members) {
      const auto key = std::ranges::find(shape.keys, member.name, &Key::name);
      if (key != shape.keys.end()) {
        check(member.value, what.empty() ? std::string(key->name) : format("{}.{}", what, key->name), *key->shape);
        continue;
      }
      if (problems_.is_full()) {
        add(member.at, "");
        continue;
      }
      std::string list;
      for (const Key& one : shape.keys) {
        if (one.shape->kind != Kind::refused) list += (list.empty() ? "" : ", ") + std::string(one.name);
      }
      add(member.at,
          format("unknown key {}{}{} (there are: {})", shown(member.name), place, did_you_mean(member.name, names), list));
    }
    for (const Key& key : shape.keys) {
      if (!key.is_required || value.find(key.name) != nullptr) continue;
      const std::string subject = what.empty() ? "the file" : std::string(what);
      add(value.at, format("{} needs \"{}\": {}", subject, key.name, key.help));
    }
  }

  Problems& problems_;
  bool is_good_ = true;
};

}  // namespace

bool check(const Node& value, std::string_view what, const Shape& shape, Problems& problems) {
  Checker checker(problems);
  checker.check(value, what, shape);
  return checker.is_good();
}

}  // namespace mote::toml
